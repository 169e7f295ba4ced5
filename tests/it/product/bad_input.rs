//! What goes wrong: with what the user writes, with the shop's token, with the marketplace, with approvals.

use sandbox::{Fault, FaultRule};
use serde_json::json;

use super::{Listing, has};

#[tokio::test]
async fn a_price_that_is_none_is_refused_with_what_to_do() {
    let mut it = Listing::open().await;
    it.say("sell a ceramic mug").await;
    has(&it.say("abc").await, &["Price “abc”: is not a number", "price 900"]);
    has(&it.say("−5").await, &["must be above 0"]);
    has(&it.say("1e400").await, &["above 100000000"]);
    has(&it.say("900 rub or 10 $").await, &["in more than one currency"]);
    has(&it.say("900 rub").await, &["dimensions"]);
}

const WHOLE: &str = "sell a ceramic mug, color: white; material: ceramic; price 900, 12x9x10 cm, 400 g";

#[tokio::test]
async fn a_title_that_is_too_long_or_not_allowed_is_not_published() {
    let mut it = Listing::open().await;
    it.say(WHOLE).await;
    let long = format!("title: {}", "a".repeat(300));
    has(&it.say(&long).await, &["Title “300”: characters; at most 60"]);
    has(&it.say("publish").await, &["at most 60"]);
    has(&it.say("title: The cheap mug").await, &["Title “cheap”: is a word that the marketplace does not allow"]);
    has(&it.say("publish").await, &["does not allow"]);
    assert_eq!(it.uploads(), 0);
    has(&it.say("title: The mug").await, &["write “publish”"]);
}

async fn trouble(fault: Fault, times: u32, words: &str) {
    let mut it = Listing::open().await;
    it.shop.shop().add_faults(vec![FaultRule::new("/content/v2/object", times, fault)]).unwrap();
    has(&it.say(WHOLE).await, &[words, "Your draft is kept", "go on"]);
    it.shop.shop().clear_faults();
    assert_eq!(it.cards().len(), 0);
}

#[tokio::test]
async fn a_token_that_is_refused_says_so_and_the_draft_is_kept() {
    trouble(Fault::Unauthorized, 5, "does not accept the token").await;
}

#[tokio::test]
async fn too_many_requests_for_ten_minutes_say_when_to_come_back() {
    trouble(Fault::TooManyRequests { retry_seconds: 600 }, 5, "takes no more requests").await;
}

#[tokio::test]
async fn after_trouble_the_listing_goes_on_where_it_was() {
    let mut it = Listing::open().await;
    it.shop.shop().add_faults(vec![FaultRule::new("/content/v2/object", 9, Fault::Status { status: 503 })]).unwrap();
    has(&it.say(WHOLE).await, &["does not answer"]);
    it.shop.shop().clear_faults();
    has(&it.say("go on").await, &["Category: Mugs"]);
}

#[tokio::test]
async fn an_approval_counts_once() {
    let mut it = Listing::open().await;
    it.say(WHOLE).await;
    it.say("publish").await;
    let question = it.question().await;
    has(&it.decide("approved").await, &["Published"]);
    let path = format!("/api/conversations/{}/approvals/{}", it.id, question["approvalId"].as_str().unwrap());
    let body = json!({ "decision": "rejected", "argumentsHash": question["argumentsHash"] });
    it.server.post(&path, body).await.expect(409);
    assert_eq!((it.cards().len(), it.uploads()), (1, 1));
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_card() {
    let mut it = Listing::open().await;
    it.say(WHOLE).await;
    it.say("publish").await;
    it.shop.shop().add_faults(vec![FaultRule::new("/content/v2/cards/upload", 1, Fault::CutAfter)]).unwrap();
    has(&it.decide("approved").await, &["Published"]);
    assert_eq!((it.cards().len(), it.uploads()), (1, 1));
}
