//! Limits, refusals and failures: how long is waited, what is tried again, and what a caller is told.

use super::*;

fn refused(shop_answer: Result<impl std::fmt::Debug, WildberriesError>) -> (&'static str, String) {
    let error = shop_answer.unwrap_err();
    (error.code(), error.to_string())
}

#[tokio::test(start_paused = true)]
async fn requests_keep_to_the_pace_of_their_family() {
    let market = Market::new(|_| data(json!({"freeLimits": 1, "paidLimits": 0})));
    let shop = market.shop();
    for _ in 0..8 {
        shop.cards_limits().await.unwrap();
    }
    assert_eq!(market.times(), [0, 0, 0, 0, 0, 600, 1200, 1800]);
}

#[tokio::test(start_paused = true)]
async fn two_agents_of_one_account_share_its_pace_and_another_account_does_not() {
    let market = Market::new(|_| ok("[]"));
    let client = market.client();
    let today = RowsQuery { date_from: "2025-12-10".into(), whole_day: false };
    client.shop("acme").unwrap().sales(&today).await.unwrap();
    let (code, words) = refused(client.shop("acme").unwrap().sales(&today).await);
    assert_eq!(code, "rate_limited");
    assert!(words.contains("`sales`") && words.contains("try again at 2025-12-10T20:31:01.000Z"), "{words}");
    client.shop("another").unwrap().sales(&today).await.unwrap();
    assert_eq!(*market.tokens.lock().unwrap(), ["token-of-acme", "token-of-others"]);
}

#[tokio::test(start_paused = true)]
async fn a_429_is_waited_for_as_long_as_it_says() {
    let market = Market::steps(vec![too_many(Some(7)), too_many(None), data(json!({"freeLimits": 1}))]);
    let limits = market.shop().cards_limits().await.unwrap();
    assert_eq!(limits.free_limits, 1);
    assert_eq!(market.times(), [0, 7_000, 7_600]);
}

#[tokio::test(start_paused = true)]
async fn a_429_for_ten_minutes_is_told_at_once_and_nobody_asks_before_its_end() {
    let market = Market::steps(vec![too_many(Some(600)), data(json!({"freeLimits": 1}))]);
    let (shop, start) = (market.shop(), Instant::now());
    for _ in 0..3 {
        let (code, words) = refused(shop.cards_limits().await);
        assert_eq!(code, "rate_limited");
        assert!(words.contains("2025-12-10T20:40:01.000Z"), "{words}");
    }
    assert_eq!((start.elapsed(), market.heard().len()), (Duration::ZERO, 1));
    tokio::time::advance(Duration::from_mins(10)).await;
    shop.cards_limits().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_429_without_end_is_given_up() {
    let market = Market::new(|_| too_many(Some(0)));
    let (code, _) = refused(market.shop().cards_limits().await);
    assert_eq!((code, market.heard().len()), ("rate_limited", 5));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_little_time_does_not_wait_beyond_it() {
    let market = Market::new(|_| too_many(Some(3)));
    let shop = market.shop().until(Instant::now() + Duration::from_secs(2));
    let start = Instant::now();
    assert_eq!(refused(shop.cards_limits().await).0, "rate_limited");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_says_what_to_do_and_is_never_shown() {
    let body = json!({"title": "unauthorized", "detail": "token problem; token is malformed", "status": 401});
    let market = Market::new(move |_| status(401, body.clone()));
    let (code, words) = refused(market.shop().cards_limits().await);
    assert_eq!((code, market.heard().len()), ("token_refused", 1));
    assert!(words.contains("token is malformed") && words.contains("create a new one"), "{words}");
    let shown = format!("{words} {:?} {:?}", market.shop(), market.tool());
    assert!(!shown.contains("token-of"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_token_without_the_right_category_is_told_which() {
    let market = Market::new(|_| status(403, json!({"error": true, "errorText": "Access denied"})));
    let (code, words) = refused(market.shop().prices_get(&PricesQuery::default()).await);
    assert_eq!(code, "access_denied");
    assert!(words.contains("Access denied") && words.contains("`Цены и скидки`"), "{words}");
}

#[tokio::test]
async fn a_tenant_without_a_token_is_told_what_to_set() {
    let market = Market::new(|request| panic!("sent: {}", line(request)));
    let tokens = Tokens { by_tenant: [("other".to_owned(), Secret::new("x"))].into(), for_others: None };
    let tool = WildberriesTool::new("wb", None, &[Operation::CardsLimits], market.client_with(tokens));
    let error = call(tool, json!({"operation": "cards_limits"})).await.unwrap_err().to_string();
    assert!(error.starts_with("no_token: ") && error.contains("`tokens: { acme: env:NAME }`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_read_is_tried_again_and_then_given_up() {
    let broken = || Err(SendError::Broken);
    let market = Market::steps(vec![broken(), status(503, json!({})), data(json!({"freeLimits": 1}))]);
    market.shop().cards_limits().await.unwrap();
    assert_eq!(market.times(), [0, 500, 1500]);
    let market = Market::new(|_| status(502, json!({})));
    let (code, words) = refused(market.shop().cards_limits().await);
    assert_eq!((code, market.heard().len()), ("unavailable", 3));
    assert!(words.contains("it answers 502") && words.contains("tried 3 times"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn a_change_is_never_sent_twice_unless_it_did_not_leave() {
    let update =
        CardUpdate { cards: vec![serde_json::from_value(json!({"nmID": 1, "vendorCode": "a", "sizes": []})).unwrap()] };
    for lost in [Err(SendError::Broken), status(500, json!({})), ok("<html>"), Err(SendError::TooLarge(10))] {
        let market = Market::steps(vec![lost]);
        let (code, words) = refused(market.shop().card_update(&update).await);
        assert_eq!((code, market.heard().len()), ("outcome_unknown", 1));
        assert!(words.contains("calling it again is safe"), "{words}");
    }
    let market = Market::steps(vec![Err(SendError::NotSent), too_many(Some(1)), ok(json!({"error": false}))]);
    market.shop().card_update(&update).await.unwrap();
    assert_eq!(market.heard().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_as_described_is_told_with_its_place() {
    let market = Market::new(|_| data(json!([{"subjectID": "x"}])));
    let (code, words) = refused(market.shop().categories(&CategoriesQuery::default()).await);
    assert_eq!(code, "not_understood");
    assert!(words.contains("/content/v2/object/all") && words.contains("data[0].subjectID"), "{words}");
    let market = Market::new(|_| ok("<html>"));
    assert_eq!(refused(market.shop().cards_limits().await).0, "not_understood");
    let market = Market::new(|_| Err(SendError::TooLarge(10)));
    assert_eq!(refused(market.shop().cards_limits().await).0, "answer_too_large");
}
