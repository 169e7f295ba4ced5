//! Sales, orders, stocks, the funnel and the search queries, and that they tell one story.

use std::{collections::HashSet, time::Duration};

use serde_json::{Value, json};

use crate::kit::{Kit, check_fields, mug, start, upload};

async fn rows(kit: &Kit, call: &str, query: &str) -> Vec<Value> {
    let got = kit.get(&format!("/api/v1/supplier/{call}?{query}")).await;
    assert_eq!(got.status, 200, "{}", got.body);
    got.body.as_array().unwrap().clone()
}

async fn funnel(kit: &Kit, body: Value) -> Vec<Value> {
    let got = kit.post("/api/analytics/v3/sales-funnel/products", &body).await;
    assert_eq!(got.status, 200, "{}", got.body);
    got.body["data"]["products"].as_array().unwrap().clone()
}

fn week() -> Value {
    json!({ "start": "2026-03-09", "end": "2026-03-15" })
}

const MOVEMENT: &[&str] = &[
    "date",
    "lastChangeDate",
    "warehouseName",
    "warehouseType",
    "countryName",
    "oblastOkrugName",
    "regionName",
    "supplierArticle",
    "nmId",
    "barcode",
    "category",
    "subject",
    "brand",
    "techSize",
    "incomeID",
    "isSupply",
    "isRealization",
    "totalPrice",
    "discountPercent",
    "spp",
    "finishedPrice",
    "priceWithDisc",
    "sticker",
    "gNumber",
    "srid",
];

#[tokio::test]
async fn rows_have_the_described_fields() {
    let kit = start().await;
    let order = rows(&kit, "orders", "dateFrom=2026-03-01").await.remove(0);
    check_fields(&order, &[MOVEMENT, &["isCancel", "cancelDate"]].concat());
    let sale = rows(&kit, "sales", "dateFrom=2026-03-01").await.remove(0);
    check_fields(&sale, &[MOVEMENT, &["paymentSaleAmount", "forPay", "saleID"]].concat());
    let stock = rows(&kit, "stocks", "dateFrom=2019-06-20").await.remove(0);
    check_fields(
        &stock,
        &[
            "lastChangeDate",
            "warehouseName",
            "supplierArticle",
            "nmId",
            "barcode",
            "quantity",
            "inWayToClient",
            "inWayFromClient",
            "quantityFull",
            "category",
            "subject",
            "brand",
            "techSize",
            "Price",
            "Discount",
            "isSupply",
            "isRealization",
            "SCCode",
        ],
    );
}

#[tokio::test]
async fn a_date_is_needed_and_must_be_one() {
    let kit = start().await;
    for call in ["sales", "orders", "stocks"] {
        for (query, errors) in [
            ("", json!(["dateFrom: field required"])),
            ("dateFrom=yesterday", json!("dateFrom: Value not validated")),
            ("dateFrom=2026-02-30", json!("dateFrom: Value not validated")),
            ("dateFrom=2026-03-01&flag=2", json!("flag: Value not validated")),
        ] {
            let got = kit.get(&format!("/api/v1/supplier/{call}?{query}")).await;
            assert_eq!((got.status, &got.body["errors"]), (400, &errors), "{call} {query}");
        }
    }
}

#[tokio::test]
async fn a_day_is_the_sellers_day_and_since_is_by_the_last_change() {
    let kit = start().await;
    let day = rows(&kit, "orders", "dateFrom=2026-03-15T14:00:00&flag=1").await;
    assert!(!day.is_empty() && day.iter().all(|row| row["date"].as_str().unwrap().starts_with("2026-03-15")));
    let since = rows(&kit, "orders", "dateFrom=2026-03-15T14:00:00").await;
    let changes: Vec<_> = since.iter().map(|row| row["lastChangeDate"].as_str().unwrap()).collect();
    assert!(changes.is_sorted() && changes[0] >= "2026-03-15T14:00:00");
    // The next page begins with the last row of this one.
    let last = changes[changes.len() - 1];
    assert_eq!(rows(&kit, "orders", &format!("dateFrom={last}")).await.last(), since.last());
    assert!(rows(&kit, "orders", "dateFrom=2026-03-19").await.is_empty());
    assert!(changes.iter().all(|change| *change <= "2026-03-18T12:00:00"), "an order from the future");
}

#[tokio::test]
async fn orders_sales_and_returns_belong_together() {
    let kit = start().await;
    let orders = rows(&kit, "orders", "dateFrom=2025-01-01").await;
    let sales = rows(&kit, "sales", "dateFrom=2025-01-01").await;
    let ids: HashSet<_> = orders.iter().map(|row| row["srid"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), orders.len());
    let cancelled: HashSet<_> =
        orders.iter().filter(|row| row["isCancel"] == true).map(|row| row["srid"].as_str().unwrap()).collect();
    assert!(!cancelled.is_empty());
    let (mut sold, mut back) = (0, 0);
    for sale in &sales {
        let srid = sale["srid"].as_str().unwrap();
        assert!(ids.contains(srid) && !cancelled.contains(srid), "{sale}");
        let pay = sale["forPay"].as_f64().unwrap();
        match sale["saleID"].as_str().unwrap().as_bytes()[0] {
            b'S' => sold += i32::from(pay > 0.0),
            _ => back += i32::from(pay < 0.0),
        }
    }
    assert!(sold > 10 * back && back > 20, "{sold} sold, {back} back");
    assert_eq!(usize::try_from(sold + back).unwrap(), sales.len());
}

#[tokio::test]
async fn ninety_days_of_orders_show_a_week_and_a_trend() {
    let kit = start().await;
    let orders = rows(&kit, "orders", "dateFrom=2025-01-01").await;
    let count =
        |wanted: &dyn Fn(&str) -> bool| orders.iter().filter(|row| wanted(row["date"].as_str().unwrap())).count();
    assert!(orders.iter().all(|row| row["date"].as_str().unwrap() >= "2025-12-18T12:00:00"));
    // Two Saturdays against two Wednesdays; the month before against the month that is over.
    let saturdays = count(&|date| ["2026-03-14", "2026-03-07", "2026-02-28"].iter().any(|day| date.starts_with(day)));
    let wednesdays = count(&|date| ["2026-03-11", "2026-03-04", "2026-02-25"].iter().any(|day| date.starts_with(day)));
    assert!(saturdays * 10 > wednesdays * 11, "{saturdays} on Saturdays, {wednesdays} on Wednesdays");
    let of = |article: &str, month: &str| {
        orders
            .iter()
            .filter(|row| row["supplierArticle"] == article && row["date"].as_str().unwrap().starts_with(month))
            .count()
    };
    assert!(of("SB-192-04", "2026-02") > of("SB-69-08", "2026-02") * 2);
}

#[tokio::test]
async fn stock_runs_down_as_days_go_by_and_never_below_nothing() {
    let kit = start().await;
    let left = async |article: &str| {
        let rows = rows(&kit, "stocks", "dateFrom=2019-06-20").await;
        rows.iter()
            .filter(|row| row["supplierArticle"] == article)
            .map(|row| row["quantity"].as_u64().unwrap())
            .sum::<u64>()
    };
    let (shirts, dresses) = (left("SB-192-04").await, left("SB-69-08").await);
    assert!(shirts > 20 && dresses > 100, "{shirts} shirts, {dresses} dresses");
    assert_eq!(left("SB-855-20").await, 0);
    kit.advance(Duration::from_hours(48));
    let later = left("SB-192-04").await;
    assert!(0 < later && later < shirts, "{later} of {shirts}");
    kit.advance(Duration::from_hours(28 * 24));
    assert_eq!(left("SB-192-04").await, 0);
    let sold_out = rows(&kit, "orders", "dateFrom=2026-04-16&flag=1").await;
    assert!(!sold_out.is_empty() && sold_out.iter().all(|row| row["supplierArticle"] != "SB-192-04"));
}

#[tokio::test]
async fn the_funnel_narrows_and_agrees_with_the_orders() {
    let kit = start().await;
    let products = funnel(&kit, json!({ "selectedPeriod": week() })).await;
    assert_eq!(products.len(), 20);
    let orders = rows(&kit, "orders", "dateFrom=2025-01-01").await;
    for product in &products {
        let selected = &product["statistic"]["selected"];
        let number = |name: &str| selected[name].as_i64().unwrap();
        assert!(
            number("openCount") >= number("cartCount") && number("cartCount") >= number("orderCount"),
            "{selected}"
        );
        assert!(number("orderCount") >= number("buyoutCount") + number("cancelCount"), "{selected}");
        let in_week = |row: &&Value| {
            let date = &row["date"].as_str().unwrap()[..10];
            row["nmId"] == product["product"]["nmId"] && ("2026-03-09"..="2026-03-15").contains(&date)
        };
        assert_eq!(usize::try_from(number("orderCount")).unwrap(), orders.iter().filter(in_week).count());
    }
    let past = &products[0]["statistic"]["past"]["period"];
    assert_eq!(*past, json!({ "start": "2026-03-02", "end": "2026-03-08" }));
    check_fields(&products[0], &["product", "statistic"]);
    check_fields(&products[0]["statistic"], &["selected", "past", "comparison"]);
    check_fields(
        &products[0]["statistic"]["selected"],
        &[
            "period",
            "openCount",
            "cartCount",
            "orderCount",
            "orderSum",
            "buyoutCount",
            "buyoutSum",
            "cancelCount",
            "cancelSum",
            "avgPrice",
            "avgOrdersCountPerDay",
            "shareOrderPercent",
            "addToWishlist",
            "timeToReady",
            "localizationPercent",
            "wbClub",
            "conversions",
        ],
    );
}

#[tokio::test]
async fn the_funnel_is_filtered_sorted_and_paged() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[3];
    assert_eq!(funnel(&kit, json!({ "selectedPeriod": week(), "nmIds": [nm] })).await.len(), 1);
    assert_eq!(funnel(&kit, json!({ "selectedPeriod": week(), "subjectIds": [1229] })).await.len(), 2);
    assert_eq!(funnel(&kit, json!({ "selectedPeriod": week(), "limit": 15, "offset": 10 })).await.len(), 10);
    let order = json!({ "field": "orderSum", "mode": "asc" });
    let sorted = funnel(&kit, json!({ "selectedPeriod": week(), "orderBy": order })).await;
    assert!(sorted.is_sorted_by_key(|product| product["statistic"]["selected"]["orderSum"].as_i64()));
    for bad in [
        json!({}),
        json!({ "selectedPeriod": { "start": "2026-03-15", "end": "2026-03-09" } }),
        json!({ "selectedPeriod": { "start": "2026-03-15", "end": "2026-03-30" } }),
        json!({ "selectedPeriod": { "start": "2024-03-15", "end": "2026-03-09" } }),
        json!({ "selectedPeriod": week(), "limit": 1_001 }),
        json!({ "selectedPeriod": week(), "orderBy": { "field": "x", "mode": "asc" } }),
    ] {
        let got = kit.post("/api/analytics/v3/sales-funnel/products", &bad).await;
        assert_eq!(got.status, 400, "{bad}");
        check_fields(&got.body, &["title", "detail", "requestId", "origin"]);
    }
}

#[tokio::test]
async fn search_queries_bring_no_more_orders_than_there_were() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[0];
    let ask = |limit: u64| {
        json!({
            "currentPeriod": week(), "nmIds": [nm], "topOrderBy": "orders", "limit": limit,
            "orderBy": { "field": "orders", "mode": "desc" },
        })
    };
    let got = kit.post("/api/v2/search-report/product/search-texts", &ask(30)).await;
    let items = got.body["data"]["items"].as_array().unwrap().clone();
    assert_eq!(items[0]["text"], "кроссовки мужские");
    check_fields(
        &items[0],
        &[
            "text",
            "nmId",
            "subjectName",
            "brandName",
            "vendorCode",
            "name",
            "isCardRated",
            "rating",
            "feedbackRating",
            "price",
            "frequency",
            "weekFrequency",
            "medianPosition",
            "avgPosition",
            "openCard",
            "addToCart",
            "openToCart",
            "orders",
            "cartToOrder",
            "visibility",
        ],
    );
    let searched: i64 = items.iter().map(|item| item["orders"]["current"].as_i64().unwrap()).sum();
    let all = funnel(&kit, json!({ "selectedPeriod": week(), "nmIds": [nm] })).await;
    let all = all[0]["statistic"]["selected"]["orderCount"].as_i64().unwrap();
    assert!(0 < searched && searched < all, "{searched} of {all}");
    assert_eq!(
        kit.post("/api/v2/search-report/product/search-texts", &ask(1)).await.body["data"]["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    for (place, value) in [
        ("limit", json!(101)),
        ("limit", json!(0)),
        ("nmIds", Value::Null),
        ("topOrderBy", json!("x")),
        ("orderBy", json!({ "field": "orders" })),
        ("currentPeriod", json!({ "start": "2026-03-09" })),
        ("nmIds", json!(vec![1; 51])),
    ] {
        let mut bad = ask(5);
        bad[place] = value;
        assert_eq!(kit.post("/api/v2/search-report/product/search-texts", &bad).await.status, 400, "{place}");
    }
}

#[tokio::test]
async fn a_new_card_sells_nothing_yet() {
    let kit = start().await;
    kit.post("/content/v2/cards/upload", &upload(&[mug("fresh")])).await;
    kit.advance(Duration::from_hours(24));
    let nm = kit.found("fresh").await[0]["nmID"].clone();
    let products = funnel(&kit, json!({ "selectedPeriod": week(), "nmIds": [nm] })).await;
    assert_eq!(products[0]["statistic"]["selected"]["openCount"], 0);
    assert!(rows(&kit, "stocks", "dateFrom=2019-06-20").await.iter().all(|row| row["nmId"] != nm));
}
