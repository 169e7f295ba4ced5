//! Approvals of a listing: too late, many at once, and after a restart.

use futures::future::join_all;
use serde_json::json;

use super::{Seller, UPLOAD, WHOLE, cards, decide, held::Held, requests};

#[tokio::test]
async fn a_listing_that_is_approved_after_a_day_is_not_published_and_can_be_asked_for_again() {
    let mut held = Held::open().await;
    held.say(WHOLE).await;
    let asked = held.say("publish").await;
    held.hours_go_by(25);
    let late = decide(&held.server, &held.id, asked.question(), "approved").await;
    assert_eq!(late.expect(409)["code"], "approval_expired");
    let told = held.heard().await;
    assert_eq!(told.find("approval_resolved").unwrap()["decision"], "expired");
    assert_eq!((told.status(), told.said().is_empty()), ("waiting", false), "the draft is shown again");
    assert_eq!(requests(&held.shop, UPLOAD), 0);
    let later = decide(&held.server, &held.id, asked.question(), "approved").await;
    assert_eq!(later.expect(409)["code"], "approval_expired");

    let anew = held.say("publish").await;
    assert_ne!(anew.question()["approvalId"], asked.question()["approvalId"]);
    assert_eq!(anew.question()["argumentsHash"], asked.question()["argumentsHash"]);
    decide(&held.server, &held.id, anew.question(), "approved").await.expect(202);
    assert_eq!(held.heard().await.status(), "completed");
    assert_eq!((cards(&held.shop).len(), requests(&held.shop, UPLOAD)), (1, 1));
}

#[tokio::test]
async fn a_listing_that_is_approved_eight_times_at_once_is_published_once() {
    let mut seller = Seller::open().await;
    seller.say(WHOLE).await;
    let asked = seller.say("publish").await;
    let decisions = (0..8).map(|_| decide(&seller.server, &seller.id, asked.question(), "approved"));
    let mut statuses: Vec<u16> = join_all(decisions).await.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 202]);
    assert_eq!(seller.ws.until("turn_end").await.last().unwrap()["status"], "completed");
    let rejected = decide(&seller.server, &seller.id, asked.question(), "rejected").await;
    assert_eq!(rejected.expect(409)["code"], "approval_decided");
    assert_eq!((cards(&seller.shop).len(), requests(&seller.shop, UPLOAD)), (1, 1));
}

#[tokio::test]
async fn a_listing_that_is_approved_after_a_restart_is_published_as_it_was_shown() {
    let mut seller = Seller::open().await;
    seller.say(WHOLE).await;
    let asked = seller.say("publish").await;
    seller.cut().await;
    let done = seller.decide(asked.question(), "approved").await;
    assert_eq!(done.status(), "completed", "{}", done.said());
    let cards = cards(&seller.shop);
    let shown = &asked.question()["arguments"]["cards"][0]["variants"][0];
    assert_eq!((cards.len(), &cards[0]["vendorCode"]), (1, &shown["vendorCode"]));
    assert_eq!(cards[0]["title"], shown["title"]);
    let again = decide(&seller.server, &seller.id, asked.question(), "approved").await.expect(200);
    assert_eq!(again["duplicate"], json!(true));
    assert_eq!(requests(&seller.shop, UPLOAD), 1);
}
