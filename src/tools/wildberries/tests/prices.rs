//! Setting prices: read first, sent once.

use super::*;

/// A shop whose articles have these prices and discounts, which takes uploads at once.
fn priced(loses_answers: bool, goods: &[(u64, u64, u64)]) -> Arc<Market> {
    let goods: Mutex<std::collections::BTreeMap<u64, (u64, u64)>> =
        Mutex::new(goods.iter().map(|(nm_id, price, discount)| (*nm_id, (*price, *discount))).collect());
    Market::new(move |request| {
        let mut goods = goods.lock().unwrap();
        if request.path == "/api/v2/list/goods/filter" {
            let list = goods.iter().map(|(nm_id, (price, discount))| {
                json!({"nmID": nm_id, "sizes": [{"sizeID": 1, "price": price, "discountedPrice": 1, "clubDiscountedPrice": 1}], "discount": discount})
            });
            return data(json!({"listGoods": list.collect::<Vec<_>>()}));
        }
        for change in posted(request)["data"].as_array().unwrap() {
            let now = goods.get_mut(&change["nmID"].as_u64().unwrap()).unwrap();
            now.0 = change["price"].as_u64().unwrap_or(now.0);
            now.1 = change["discount"].as_u64().unwrap_or(now.1);
        }
        if loses_answers { Err(SendError::Broken) } else { data(json!({"id": 77, "alreadyExists": false})) }
    })
}

fn upload(prices: Value) -> Value {
    json!({"operation": "price_upload", "prices": prices})
}

#[tokio::test(start_paused = true)]
async fn only_what_differs_is_sent() {
    let market = priced(false, &[(1, 500, 10), (2, 700, 20), (3, 900, 0)]);
    let prices =
        json!([{"nmID": 1, "price": 500, "discount": 10}, {"nmID": 2, "price": "650"}, {"nmID": 3, "discount": 5}]);
    let outcome = call(market.tool(), upload(prices)).await.unwrap();
    let expected = json!({"state": "queued", "uploadID": 77, "alreadyExists": false, "sent": [2, 3], "unchanged": [1]});
    assert_eq!(outcome, expected);
    let sent = r#"POST Prices /api/v2/upload/task {"data":[{"nmID":2,"price":650},{"discount":5,"nmID":3}]}"#;
    assert_eq!(market.heard()[1], sent);
}

#[tokio::test(start_paused = true)]
async fn an_equal_price_is_done_already() {
    let market = priced(false, &[(1, 500, 10)]);
    let outcome = call(market.tool(), upload(json!([{"nmID": 1, "price": "500"}]))).await.unwrap();
    assert_eq!(outcome, json!({"state": "already", "unchanged": [1]}));
    assert_eq!(market.count("upload/task"), 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_answer_a_repeat_finds_the_price_set() {
    let market = priced(true, &[(1, 500, 10)]);
    let change = upload(json!([{"nmID": 1, "price": 450}]));
    let lost = call(market.tool(), change.clone()).await.unwrap_err().to_string();
    assert!(lost.starts_with("outcome_unknown: ") && lost.contains("calling it again is safe"), "{lost}");
    assert_eq!(call(market.tool(), change).await.unwrap(), json!({"state": "already", "unchanged": [1]}));
    assert_eq!(market.count("upload/task"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_the_marketplace_has_is_told() {
    let market = Market::steps(vec![
        data(json!({"listGoods": []})),
        status(
            208,
            json!({"data": {"id": 5, "alreadyExists": true}, "error": false, "errorText": "This task already exists"}),
        ),
    ]);
    let outcome = call(market.tool(), upload(json!([{"nmID": 1, "price": 450}]))).await.unwrap();
    assert_eq!((&outcome["uploadID"], &outcome["alreadyExists"]), (&json!(5), &json!(true)));
}
