//! A listing that was begun: it is there after a restart, and next week.

use super::{Seller, Turn, held::Held};

/// What is asked is about this field, and is asked of somebody.
#[track_caller]
fn asks(turn: &Turn) {
    assert_eq!(turn.status(), "waiting", "{}", turn.said());
    assert!(turn.find("input_request").is_some(), "{}", turn.said());
}

#[tokio::test]
async fn a_listing_under_way_goes_on_after_a_restart_with_what_was_said_before() {
    let mut seller = Seller::open().await;
    asks(&seller.say("sell a ceramic mug, price 900, color: white; material: ceramic").await);
    seller.cut().await;
    asks(&seller.say("12x9x10 cm, 400 g").await);
    let asked = seller.say("publish").await;
    let card = &asked.question()["arguments"]["cards"][0]["variants"][0];
    assert_eq!(card["sizes"][0]["price"], 900);
    assert!(card["title"].as_str().unwrap().contains("mug"), "{card}");
}

#[tokio::test]
async fn a_price_that_the_listing_asked_for_is_no_question_for_the_pricing_agent() {
    for (first, answer) in [
        ("sell a ceramic mug", "price 900"),
        ("sell a ceramic mug", "price 900, 12x9x10 cm, 400 g"),
        ("Хочу продать кружку", "цена 900, 12х9х10 см, 400 г"),
    ] {
        let mut seller = Seller::open().await;
        asks(&seller.say(first).await);
        let answered = seller.say(answer).await;
        asks(&answered);
        assert_eq!(answered.find("agent_start").unwrap()["agentId"], "product_agent", "{answer}");
        // Who asks for a price to be worked out, or set, means the other one all the same.
        let other = seller.say("What price gives a margin of 25%, cost 500, commission 15%?").await;
        assert_eq!(other.find("agent_start").unwrap()["agentId"], "pricing_agent", "{answer}");
    }
}

#[tokio::test]
async fn a_listing_that_was_left_is_offered_after_a_restart() {
    let mut seller = Seller::open().await;
    asks(&seller.say("sell a ceramic mug, price 950").await);
    assert_eq!(seller.say("stop").await.status(), "completed");
    seller.cut().await;
    let offered = seller.say("I want to sell something").await;
    asks(&offered);
    assert!(offered.said().contains("ceramic mug"), "{}", offered.said());
    asks(&seller.say("go on").await);
    asks(&seller.say("12x9x10 cm, 400 g, color: white; material: ceramic").await);
    let card = seller.say("publish").await.question()["arguments"]["cards"][0].clone();
    assert_eq!(card["variants"][0]["sizes"][0]["price"], 950, "what was said before is kept");
}

#[tokio::test]
async fn a_listing_under_way_goes_on_next_week_though_its_events_are_gone() {
    let mut held = Held::open().await;
    asks(&held.say("sell a ceramic mug, color: white; material: ceramic").await);
    held.a_week_goes_by().await;
    asks(&held.say("price 900, 12x9x10 cm, 400 g").await);
    let asked = held.say("publish").await;
    let card = &asked.question()["arguments"]["cards"][0]["variants"][0];
    assert!(card["title"].as_str().unwrap().contains("mug"), "{card}");
}

#[tokio::test]
async fn a_listing_that_was_left_is_offered_next_week() {
    let mut held = Held::open().await;
    asks(&held.say("Хочу продать керамическую кружку, цена 950 руб").await);
    assert_eq!(held.say("отмена").await.status(), "completed");
    held.a_week_goes_by().await;
    let offered = held.say("Хочу продать").await;
    asks(&offered);
    assert!(offered.said().contains("керамическая кружка"), "{}", offered.said());
    asks(&held.say("продолжай").await);
}
