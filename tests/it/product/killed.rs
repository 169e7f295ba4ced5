//! A server that is killed after every single step of a listing: one card in the shop at the end.

use sandbox::{Fault, FaultRule};

use super::{Listing, frame, has, send, words};
use crate::support::{client::assert_dense, kills::Kills};

async fn listing(messages: &[&str], rejections: &[&str], repairs: &[&str], told: &str) {
    let mut it = Listing::open().await;
    let faults = rejections.iter().map(|error| FaultRule::new("", 1, Fault::RejectCard { error: (*error).to_owned() }));
    it.shop.shop().add_faults(faults.collect()).unwrap();
    let mut kills = Kills::default();
    for messages in std::iter::once(messages).chain((!repairs.is_empty()).then_some(repairs)) {
        for message in messages {
            send(&mut it.ws, message).await;
            kills.until_turn_end(&mut it.server, &it.id, &mut it.ws).await;
        }
        let question = it.question().await;
        it.ws.send(frame(&question, "approved")).await;
        kills.until_turn_end(&mut it.server, &it.id, &mut it.ws).await;
    }
    let events = it.server.events(&it.id).await;
    assert_dense(&events);
    has(&words(&events), &[told]);
    assert_eq!(it.cards().len(), 1, "{:#?}", it.cards());
    assert!(kills.moments.len() > 20, "{kills:?}");
}

#[tokio::test]
async fn an_english_listing_that_is_killed_after_every_step_makes_one_card() {
    let messages =
        ["I want to sell a red mug, brand Norvik, price 900 rub, 12x9x10 cm, weight 400 g", "ceramic", "publish"];
    listing(&messages, &[], &[], "Published: article").await;
}

#[tokio::test]
async fn a_russian_listing_that_is_rejected_repaired_and_killed_after_every_step_makes_one_card() {
    let messages = ["Хочу продать красную кружку, цена 900 руб, 12х9х10 см, 400 г", "керамика", "опубликуй"];
    let repairs = ["Кружка для чая", "опубликуй"];
    let error = "Поле Наименование не должно содержать запрещенные символы: ★";
    listing(&messages, &[error], &repairs, "Опубликовано: артикул").await;
}
