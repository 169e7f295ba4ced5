//! Each operation: the request that it makes and the answer that it reads, in the shapes of the description.

use super::*;

/// Calls an operation; `expected` is the request, `answer` what the marketplace says, `told` what the caller gets.
#[track_caller]
fn check(arguments: Value, expected: &str, answer: Value, told: Value) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let market = Market::new(move |_| ok(&answer));
    let result = runtime.block_on(call(market.tool(), arguments.clone()));
    assert_eq!(market.heard(), [expected], "{arguments}");
    let result = result.unwrap_or_else(|error| panic!("{arguments}: {error}"));
    assert!(holds(&result, &told), "{arguments} gives {result}, which does not hold {told}");
}

/// Whether all that is in `part` is in `whole`.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| holds(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| holds(whole, part))
        }
        _ => whole == part,
    }
}

fn enveloped(data: Value) -> Value {
    json!({"data": data, "error": false, "errorText": "", "additionalErrors": null})
}

#[test]
fn categories_characteristics_and_directories() {
    let subject = json!([{"subjectID": 2560, "parentID": 479, "subjectName": "3D очки", "parentName": "Электроника"}]);
    check(
        json!({"operation": "categories", "name": "очки", "limit": 10, "locale": "ru"}),
        "GET Content /content/v2/object/all?name=очки&limit=10&locale=ru",
        enveloped(subject.clone()),
        subject,
    );
    check(
        json!({"operation": "parent_categories"}),
        "GET Content /content/v2/object/parent/all",
        enveloped(json!([{"name": "Электроника", "id": 479, "isVisible": true}])),
        json!([{"name": "Электроника", "id": 479, "isVisible": true}]),
    );
    let charc = json!([{"charcID": 54337, "subjectName": "Кроссовки", "subjectID": 105, "name": "Размер", "required": false,
        "unitName": "", "maxCount": 0, "popular": false, "charcType": 4}]);
    check(
        json!({"operation": "characteristics", "subjectID": 105}),
        "GET Content /content/v2/object/charcs/105",
        enveloped(charc.clone()),
        charc,
    );
    check(
        json!({"operation": "directory", "directory": "tnved", "subjectID": 105, "search": 6106}),
        "GET Content /content/v2/directory/tnved?subjectID=105&search=6106",
        enveloped(json!([{"tnved": "6106903000", "isKiz": true}])),
        json!([{"tnved": "6106903000", "isKiz": true}]),
    );
    check(
        json!({"operation": "directory", "directory": "vat"}),
        "GET Content /content/v2/directory/vat",
        enveloped(json!(["0", "10", "20"])),
        json!(["0", "10", "20"]),
    );
    check(
        json!({"operation": "brands", "subjectID": 105, "next": 7}),
        "GET Content /api/content/v1/brands?subjectId=105&next=7",
        json!({"brands": [{"id": 1, "logoUrl": "x", "name": "Нёхло"}], "next": 9, "total": 30}),
        json!({"brands": [{"id": 1, "name": "Нёхло"}], "next": 9, "total": 30}),
    );
}

#[test]
fn cards_and_their_errors() {
    let photo =
        json!({"big": "https://x/b.webp", "c246x328": "x", "c516x688": "x", "square": "x", "tm": "https://x/t.webp"});
    let card = json!({"nmID": 12_345_678, "imtID": 1, "subjectID": 105, "subjectName": "Кроссовки", "vendorCode": "a-1", "brand": "B",
        "title": "T", "description": "D", "photos": [photo], "dimensions": {"length": 1, "isValid": true},
        "characteristics": [{"id": 5, "name": "Цвет", "value": ["красный"]}],
        "sizes": [{"chrtID": 3, "techSize": "0", "wbSize": "", "skus": ["88000"]}], "createdAt": "c", "updatedAt": "u"});
    let cursor = json!({"updatedAt": "2025-12-09T10:00:00Z", "nmID": 12_345_678, "total": 1});
    check(
        json!({"operation": "cards_list", "search": "a-1", "limit": 1, "cursor": {"updatedAt": "2025-12-10T00:00:00Z", "nmID": 9}}),
        r#"POST Content /content/v2/get/cards/list {"settings":{"cursor":{"limit":1,"nmID":9,"updatedAt":"2025-12-10T00:00:00Z"},"filter":{"textSearch":"a-1","withPhoto":-1},"sort":{"ascending":false}}}"#,
        json!({"cards": [card], "cursor": cursor}),
        json!({"cards": [{"nmID": 12_345_678, "vendorCode": "a-1", "title": "T", "sizes": [{"chrtID": 3, "skus": ["88000"]}]}],
            "cursor": {"updatedAt": "2025-12-09T10:00:00Z", "nmID": 12_345_678}}),
    );
    check(
        json!({"operation": "cards_list"}),
        r#"POST Content /content/v2/get/cards/list {"settings":{"cursor":{"limit":100},"filter":{"withPhoto":-1},"sort":{"ascending":false}}}"#,
        json!({"cards": [{"nmID": 1, "vendorCode": "b", "photos": null, "sizes": null}], "cursor": cursor}),
        json!({"cards": [{"nmID": 1}], "cursor": null}),
    );
    let batch = json!({"batchUUID": "b15f", "subjects": {"a-1": {"id": 1, "name": "n"}}, "brands": {}, "vendorCodes": ["a-1"],
        "errors": {"a-1": ["Запрещено использовать E-Mail в поле Описание"]}});
    check(
        json!({"operation": "card_errors"}),
        r#"POST Content /content/v2/cards/error/list {"cursor":{"limit":100},"order":{"ascending":false}}"#,
        enveloped(json!({"items": [batch], "cursor": {"next": true, "updatedAt": "u", "batchUUID": "b15f"}})),
        json!([{"batchUUID": "b15f", "vendorCodes": ["a-1"], "errors": {"a-1": ["Запрещено использовать E-Mail в поле Описание"]}}]),
    );
    check(
        json!({"operation": "cards_limits"}),
        "GET Content /content/v2/cards/limits",
        enveloped(json!({"freeLimits": 1500, "paidLimits": 10})),
        json!({"freeLimits": 1500, "paidLimits": 10}),
    );
    check(
        json!({"operation": "card_update", "cards": [{"nmID": 7, "vendorCode": "a-1", "title": "T", "sizes": [{"chrtID": 3, "skus": ["1"]}]}]}),
        r#"POST Content /content/v2/cards/update [{"nmID":7,"sizes":[{"chrtID":3,"skus":["1"]}],"title":"T","vendorCode":"a-1"}]"#,
        json!({"data": null, "error": false, "errorText": "", "additionalErrors": {}}),
        json!({"state": "queued"}),
    );
}

#[test]
fn media_and_barcodes() {
    check(
        json!({"operation": "media_save", "nmID": 7, "links": ["https://shop.example/a.jpg"]}),
        r#"POST Content /content/v3/media/save {"data":["https://shop.example/a.jpg"],"nmId":7}"#,
        enveloped(json!({})),
        json!({"state": "saved"}),
    );
    check(
        json!({"operation": "barcodes", "count": 2}),
        r#"POST Content /content/v2/barcodes {"count":2}"#,
        enveloped(json!(["5032781145187", "5032781145188"])),
        json!(["5032781145187", "5032781145188"]),
    );
}

#[test]
fn prices_tasks_and_tariffs() {
    // The digits that a float would lose.
    let answer = r#"{"data": {"listGoods": [{"nmID": 98486, "vendorCode": "07326060", "sizes": [{"sizeID": 3123515574,
        "price": 500, "discountedPrice": 349.99999999999999999, "clubDiscountedPrice": 332.5, "techSizeName": "42"}],
        "currencyIsoCode4217": "RUB", "discount": 30, "clubDiscount": 5, "editableSizePrice": true}]}, "error": false, "errorText": ""}"#;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let market = Market::new(move |_| ok(answer));
    let goods = runtime.block_on(call(market.tool(), json!({"operation": "prices_get", "nmIDs": [98486]}))).unwrap();
    assert_eq!(market.heard(), [r#"POST Prices /api/v2/list/goods/filter {"nmList":[98486]}"#]);
    assert_eq!(goods[0]["sizes"][0]["discountedPrice"], "349.99999999999999999");
    check(
        json!({"operation": "prices_get", "limit": 5, "offset": 10}),
        "GET Prices /api/v2/list/goods/filter?limit=5&offset=10",
        enveloped(json!({"listGoods": []})),
        json!([]),
    );
    check(
        json!({"operation": "price_status", "uploadID": 77}),
        "GET Prices /api/v2/history/tasks?uploadID=77",
        enveloped(json!({"uploadID": 77, "status": 5, "overAllGoodsNumber": 2, "successGoodsNumber": 1})),
        json!({"uploadID": 77, "status": 5, "overAllGoodsNumber": 2, "successGoodsNumber": 1}),
    );
    check(
        json!({"operation": "price_status", "uploadID": 77}),
        "GET Prices /api/v2/history/tasks?uploadID=77",
        enveloped(Value::Null),
        Value::Null,
    );
    check(
        json!({"operation": "price_goods", "uploadID": 77}),
        "GET Prices /api/v2/history/goods/task?uploadID=77&limit=100",
        json!({"data": {"uploadID": 77, "historyGoods": [{"nmID": 1, "price": 1500, "discount": 25, "clubDiscount": null, "status": 3,
            "currencyIsoCode4217": "RUB", "errorText": "The new price is several times lower"}]}}),
        json!([{"nmID": 1, "price": "1500", "status": 3, "errorText": "The new price is several times lower"}]),
    );
    check(
        json!({"operation": "price_quarantine", "offset": 100}),
        "GET Prices /api/v2/quarantine/goods?limit=100&offset=100",
        enveloped(
            json!({"quarantineGoods": [{"nmID": 206_025_152, "sizeID": null, "techSizeName": "", "currencyIsoCode4217": "RUB",
            "newPrice": 134, "oldPrice": 4000, "newDiscount": 25, "oldDiscount": 25, "priceDiff": -2899.5}]}),
        ),
        json!([{"nmID": 206_025_152, "newPrice": "134", "oldPrice": "4000", "newDiscount": 25, "priceDiff": "-2899.5"}]),
    );
    check(
        json!({"operation": "price_quarantine"}),
        "GET Prices /api/v2/quarantine/goods?limit=100&offset=0",
        enveloped(Value::Null),
        json!([]),
    );
    check(
        json!({"operation": "tariffs_commission", "locale": "en"}),
        "GET Common /api/v1/tariffs/commission?locale=en",
        json!({"report": [{"kgvpMarketplace": 15.5, "paidStorageKgvp": 15.5, "parentID": 657, "subjectID": 6461, "subjectName": "Оборудование"}]}),
        json!([{"subjectID": 6461, "kgvpMarketplace": "15.5", "kgvpPickup": null}]),
    );
    check(
        json!({"operation": "tariffs_box", "date": "2025-12-31"}),
        "GET Common /api/v1/tariffs/box?date=2025-12-31",
        json!({"response": {"data": {"dtNextBox": "", "dtTillMax": "2026-01-07", "warehouseList": [{"warehouseName": "Коледино",
            "boxDeliveryBase": "48", "boxDeliveryLiter": "11,2", "boxStorageBase": "0,1", "boxStorageLiter": "-"}]}}}),
        json!({"dtTillMax": "2026-01-07", "warehouseList": [{"warehouseName": "Коледино", "boxDeliveryLiter": "11.2", "boxStorageLiter": null}]}),
    );
}

#[test]
fn the_funnel_and_search_queries() {
    let period = json!({"start": "2025-12-01", "end": "2025-12-07"});
    let numbers = json!({"period": period, "openCount": 45, "cartCount": 34, "orderCount": 19, "orderSum": 1262, "buyoutCount": 19,
        "buyoutSum": 1262, "cancelCount": 0, "cancelSum": 0, "avgPrice": 66, "avgOrdersCountPerDay": 2.7, "conversions": {"buyoutPercent": 100}});
    check(
        json!({"operation": "funnel", "period": period, "pastPeriod": {"start": "2025-11-24", "end": "2025-11-30"}, "nmIDs": [7]}),
        r#"POST Analytics /api/analytics/v3/sales-funnel/products {"limit":50,"nmIds":[7],"offset":0,"pastPeriod":{"end":"2025-11-30","start":"2025-11-24"},"selectedPeriod":{"end":"2025-12-07","start":"2025-12-01"},"skipDeletedNm":true}"#,
        json!({"data": {"products": [{"product": {"nmId": 7, "vendorCode": "a", "stocks": {"wb": 3, "mp": 0, "balanceSum": 99}},
            "statistic": {"selected": numbers}}], "currency": "RUB"}}),
        json!([{"product": {"nmId": 7, "stocks": {"wb": 3, "balanceSum": "99"}}, "statistic": {"selected":
            {"orderSum": "1262", "avgOrdersCountPerDay": "2.7", "conversions": {"buyoutPercent": "100"}}, "past": null}}]),
    );
    check(
        json!({"operation": "search_texts", "period": period, "nmIDs": [7, 8], "topBy": "openCard", "limit": 10}),
        r#"POST Analytics /api/v2/search-report/product/search-texts {"currentPeriod":{"end":"2025-12-07","start":"2025-12-01"},"limit":10,"nmIds":[7,8],"orderBy":{"field":"openCard","mode":"desc"},"topOrderBy":"openCard"}"#,
        json!({"data": {"items": [{"text": "костюм", "nmId": 7, "frequency": {"current": 5, "dynamics": 50}, "weekFrequency": 140,
            "orders": {"current": 2, "dynamics": 1, "percentile": 50}, "avgPosition": {"current": 6}}]}}),
        json!([{"text": "костюм", "nmId": 7, "weekFrequency": 140, "orders": {"current": "2", "percentile": "50"}}]),
    );
}

#[test]
fn sales_orders_and_stocks() {
    let sale = json!({"date": "2025-12-08T10:00:00", "lastChangeDate": "2025-12-08T11:00:00", "nmId": 7, "supplierArticle": "a",
        "totalPrice": 1887, "discountPercent": 18, "spp": 26, "forPay": 1284.01, "finishedPrice": 1145, "priceWithDisc": 1547,
        "saleID": "S9993700024", "srid": "11.r1"});
    check(
        json!({"operation": "sales", "dateFrom": "2025-12-08"}),
        "GET Statistics /api/v1/supplier/sales?dateFrom=2025-12-08&flag=0",
        json!([sale]),
        json!({"rows": [{"nmId": 7, "forPay": "1284.01", "saleID": "S9993700024"}], "next": null}),
    );
    check(
        json!({"operation": "orders", "dateFrom": "2025-12-08T10:00:00", "wholeDay": true}),
        "GET Statistics /api/v1/supplier/orders?dateFrom=2025-12-08T10:00:00&flag=1",
        json!([{"srid": "x", "isCancel": true, "cancelDate": "2025-12-09T00:00:00", "priceWithDisc": 0.1}]),
        json!({"rows": [{"srid": "x", "isCancel": true, "priceWithDisc": "0.1"}], "next": null}),
    );
    check(
        json!({"operation": "stocks", "dateFrom": "2019-06-20"}),
        "GET Statistics /api/v1/supplier/stocks?dateFrom=2019-06-20",
        json!([{"lastChangeDate": "2025-12-08T11:00:00", "warehouseName": "Краснодар", "nmId": 7, "barcode": "b", "quantity": 33,
            "inWayToClient": 1, "inWayFromClient": 0, "quantityFull": 34, "Price": 185, "Discount": 0}]),
        json!({"rows": [{"warehouseName": "Краснодар", "quantity": 33, "Price": "185"}], "next": null}),
    );
}
