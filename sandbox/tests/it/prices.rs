//! Prices: refused at once, set later, kept in quarantine.

use serde_json::{Value, json};

use crate::kit::{Kit, LATER, check_fields, start};

const UPLOAD: &str = "/api/v2/upload/task";

async fn price(kit: &Kit, nm: u64) -> (u64, u64) {
    let data = kit.data(&format!("/api/v2/list/goods/filter?limit=10&filterNmID={nm}")).await;
    let goods = &data["listGoods"][0];
    (goods["sizes"][0]["price"].as_u64().unwrap(), goods["discount"].as_u64().unwrap())
}

async fn change(kit: &Kit, items: Value) -> u64 {
    let got = kit.post(UPLOAD, &json!({ "data": items })).await;
    assert_eq!((got.status, &got.body["data"]["alreadyExists"]), (200, &json!(false)), "{}", got.body);
    got.body["data"]["id"].as_u64().unwrap()
}

#[tokio::test]
async fn goods_are_shown_with_the_described_fields_and_paged() {
    let kit = start().await;
    let data = kit.data("/api/v2/list/goods/filter?limit=15&offset=10").await;
    assert_eq!(data["listGoods"].as_array().unwrap().len(), 10);
    check_fields(
        &data["listGoods"][0],
        &["nmID", "vendorCode", "sizes", "currencyIsoCode4217", "discount", "clubDiscount", "editableSizePrice"],
    );
    check_fields(
        &data["listGoods"][0]["sizes"][0],
        &["sizeID", "price", "discountedPrice", "clubDiscountedPrice", "techSizeName"],
    );
    for bad in ["", "limit=1001", "limit=x", "limit=10&offset=-1"] {
        let got = kit.get(&format!("/api/v2/list/goods/filter?{bad}")).await;
        assert_eq!((got.status, got.body["errorText"].as_str()), (400, Some("Invalid request parameters")), "{bad}");
    }
}

#[tokio::test]
async fn prices_of_some_articles_are_asked_for_by_their_list() {
    let kit = start().await;
    let nm_ids = kit.sandbox.shop().nm_ids();
    let ask = async |list: Value| kit.post("/api/v2/list/goods/filter", &json!({ "nmList": list })).await;
    let got = ask(json!([nm_ids[3], 7, nm_ids[1]])).await;
    let found: Vec<_> = got.body["data"]["listGoods"].as_array().unwrap().iter().map(|goods| &goods["nmID"]).collect();
    assert_eq!(found, [&json!(nm_ids[1]), &json!(nm_ids[3])]);
    for bad in [json!([]), json!(["x"]), Value::Null, json!(vec![1; 1_001])] {
        assert_eq!(ask(bad).await.status, 400);
    }
}

#[tokio::test]
async fn a_price_is_set_after_the_upload_was_looked_at() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[0];
    assert_eq!(price(&kit, nm).await, (5_990, 35));
    let id = change(&kit, json!([{ "nmID": nm, "price": 6_100, "discount": 30 }])).await;
    assert_eq!(kit.data(&format!("/api/v2/history/tasks?uploadID={id}")).await, Value::Null);
    assert_eq!(price(&kit, nm).await, (5_990, 35));
    kit.advance(LATER);
    assert_eq!(price(&kit, nm).await, (6_100, 30));
    let task = kit.data(&format!("/api/v2/history/tasks?uploadID={id}")).await;
    check_fields(
        &task,
        &["uploadID", "status", "uploadDate", "activationDate", "overAllGoodsNumber", "successGoodsNumber"],
    );
    assert_eq!((&task["status"], &task["successGoodsNumber"]), (&json!(3), &json!(1)));
    assert_eq!(kit.sandbox.shop().effects(UPLOAD), 1);
}

#[tokio::test]
async fn each_senseless_upload_is_refused_in_the_described_words() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[0];
    let many: Vec<_> = (1..=1_001).map(|nm| json!({ "nmID": nm, "price": 5 })).collect();
    for (data, text) in [
        (json!([]), "Empty data"),
        (Value::Null, "Empty data"),
        (json!("x"), "Invalid data format"),
        (json!([{ "nmID": nm, "price": "abc" }]), "Invalid data format"),
        (json!([{ "nmID": nm, "price": 9.5 }]), "Price should be a whole number"),
        (json!([{ "nmID": nm, "price": 0 }]), "Invalid price value"),
        (json!([{ "nmID": nm, "price": -5 }]), "Invalid price value"),
        (json!([{ "nmID": nm, "discount": 96 }]), "Invalid discount value"),
        (json!([{ "nmID": nm, "discount": -1 }]), "Invalid discount value"),
        (json!([{ "nmID": 0, "price": 5 }]), "Invalid item No."),
        (json!([{ "nmID": nm }]), "Price and discount not specified"),
        (json!([{ "nmID": nm, "price": 5 }, { "nmID": nm, "price": 6 }]), "Duplicate item Nos."),
        (json!([{ "nmID": nm, "price": 5_990, "discount": 35 }]), "The specified prices and discounts are already set"),
        (
            json!([{ "nmID": 77, "price": 5 }]),
            "All item Nos. are specified incorrectly, or the specified prices and discounts are already set",
        ),
        (json!(many), "Upload limit exceeded: You can upload a maximum of 1 000 items"),
    ] {
        let got = kit.post(UPLOAD, &json!({ "data": data })).await;
        assert_eq!((got.status, got.body["errorText"].as_str()), (400, Some(text)));
        check_fields(&got.body, &["data", "error", "errorText"]);
    }
    let overflow =
        kit.request(reqwest::Method::POST, UPLOAD).body(format!(r#"{{"data":[{{"nmID":{nm},"price":1e400}}]}}"#));
    assert_eq!(crate::kit::got(overflow).await.status, 400);
}

#[tokio::test]
async fn a_fall_to_a_third_lies_in_quarantine_and_the_rest_is_set() {
    let kit = start().await;
    let ids = kit.sandbox.shop().nm_ids();
    // 4990 less 30 percent is 3493; a third of it is 1164.33.
    let id =
        change(&kit, json!([{ "nmID": ids[1], "price": 1_164, "discount": 0 }, { "nmID": ids[2], "discount": 30 }]))
            .await;
    kit.advance(LATER);
    assert_eq!(price(&kit, ids[1]).await, (4_990, 30));
    assert_eq!(price(&kit, ids[2]).await, (3_490, 30));
    assert_eq!(kit.data(&format!("/api/v2/history/tasks?uploadID={id}")).await["status"], 5);
    let goods = kit.data(&format!("/api/v2/history/goods/task?uploadID={id}&limit=10")).await;
    check_fields(
        &goods["historyGoods"][0],
        &[
            "nmID",
            "vendorCode",
            "sizeID",
            "techSizeName",
            "price",
            "currencyIsoCode4217",
            "discount",
            "clubDiscount",
            "status",
            "errorText",
        ],
    );
    let shown = &goods["historyGoods"];
    assert_eq!((&shown[0]["status"], &shown[1]["status"]), (&json!(3), &json!(2)));
    assert!(shown[0]["errorText"].as_str().unwrap().contains("moved to Price Quarantine"));
    let waiting = kit.data("/api/v2/quarantine/goods?limit=10&offset=0").await["quarantineGoods"].clone();
    let expected = json!([{
        "nmID": ids[1], "sizeID": null, "techSizeName": "", "currencyIsoCode4217": "RUB", "newPrice": 1_164, "oldPrice": 4_990,
        "newDiscount": 0, "oldDiscount": 30, "priceDiff": -2_329.0,
    }]);
    assert_eq!(waiting, expected);
    assert_eq!(kit.get("/api/v2/quarantine/goods?limit=0").await.status, 400);
    let enough = change(&kit, json!([{ "nmID": ids[1], "price": 1_165, "discount": 0 }])).await;
    kit.advance(LATER);
    assert_eq!(kit.data(&format!("/api/v2/history/tasks?uploadID={enough}")).await["status"], 3);
    assert_eq!(kit.data("/api/v2/quarantine/goods?limit=10").await, json!({ "quarantineGoods": [] }));
}

#[tokio::test]
async fn the_same_upload_again_is_the_first_one() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[0];
    let items = json!([{ "nmID": nm, "price": 6_000 }]);
    let id = change(&kit, items.clone()).await;
    let again = kit.post(UPLOAD, &json!({ "data": items })).await;
    assert_eq!(again.status, 208);
    assert_eq!(again.body["data"], json!({ "id": id, "alreadyExists": true }));
    assert_eq!(again.body["errorText"], "This task already exists");
    kit.advance(LATER);
    assert_eq!(price(&kit, nm).await.0, 6_000);
    assert_eq!(kit.sandbox.shop().effects(UPLOAD), 1);
}

#[tokio::test]
async fn tariffs_are_told_by_category_and_warehouse() {
    let kit = start().await;
    let report = kit.get("/api/v1/tariffs/commission?locale=en").await.body;
    assert_eq!(report["report"].as_array().unwrap().len(), 12);
    check_fields(
        &report["report"][0],
        &[
            "kgvpBooking",
            "kgvpMarketplace",
            "kgvpPickup",
            "kgvpSupplier",
            "kgvpSupplierExpress",
            "paidStorageKgvp",
            "parentID",
            "parentName",
            "subjectID",
            "subjectName",
        ],
    );
    assert_eq!(report["report"][0]["subjectName"], "Sneakers");
    let boxes = kit.get("/api/v1/tariffs/box?date=2026-03-18").await.body;
    let first = &boxes["response"]["data"]["warehouseList"][0];
    check_fields(&boxes["response"]["data"], &["dtNextBox", "dtTillMax", "warehouseList"]);
    check_fields(
        first,
        &[
            "boxDeliveryBase",
            "boxDeliveryCoefExpr",
            "boxDeliveryLiter",
            "boxDeliveryMarketplaceBase",
            "boxDeliveryMarketplaceCoefExpr",
            "boxDeliveryMarketplaceLiter",
            "boxStorageBase",
            "boxStorageCoefExpr",
            "boxStorageLiter",
            "geoName",
            "warehouseName",
        ],
    );
    assert_eq!((&first["boxDeliveryBase"], &first["boxDeliveryLiter"]), (&json!("48"), &json!("11,2")));
    assert_eq!(kit.get("/api/v1/tariffs/box?date=18.03.2026").await.status, 400);
    assert_eq!(kit.get("/api/v1/tariffs/box").await.status, 400);
}
