//! A server that is killed after every single step of a listing: one card in the shop at the end.

use std::collections::BTreeSet;

use sandbox::{Fault, FaultRule};

use super::{Listing, frame, has, send, words};
use crate::support::client::{PATIENCE, assert_dense};

/// Events after which the server is killed.
const KILLED_AFTER: [&str; 6] =
    ["message_accepted", "agent_start", "step_complete", "tool_execution", "tool_result", "approval_resolved"];

/// Reads until the end of the turn; the server is killed after each event of [`KILLED_AFTER`], once for each.
async fn turn(it: &mut Listing, seen: &mut u64, kills: &mut BTreeSet<String>) {
    loop {
        let Ok(event) = tokio::time::timeout(PATIENCE * 2, it.ws.next()).await else {
            panic!("nothing comes after {seen}")
        };
        if event["op"].is_string() {
            continue;
        }
        *seen = event["seq"].as_u64().unwrap();
        let kind = event["type"].as_str().unwrap();
        if kind == "turn_end" {
            return;
        }
        // What tells a step from the others of its turn, and is the same when a crash repeats it.
        let moment = ["turnId", "node", "steps", "toolName", "arguments"].map(|key| event[key].to_string()).join(" ");
        if KILLED_AFTER.contains(&kind) && kills.insert(format!("{kind} {moment}")) {
            it.server.kill();
            it.server.restart(None).await;
            it.ws = it.server.ws(&it.id).await;
            it.ws.subscribe(Some(*seen)).await;
        }
    }
}

async fn listing(messages: &[&str], rejections: &[&str], repairs: &[&str], told: &str) {
    let mut it = Listing::open().await;
    let faults = rejections.iter().map(|error| FaultRule::new("", 1, Fault::RejectCard { error: (*error).to_owned() }));
    it.shop.shop().add_faults(faults.collect()).unwrap();
    let (mut seen, mut kills) = (0, BTreeSet::new());
    for messages in std::iter::once(messages).chain((!repairs.is_empty()).then_some(repairs)) {
        for message in messages {
            send(&mut it.ws, message).await;
            turn(&mut it, &mut seen, &mut kills).await;
        }
        let question = it.question().await;
        it.ws.send(frame(&question, "approved")).await;
        turn(&mut it, &mut seen, &mut kills).await;
    }
    let events = it.server.events(&it.id).await;
    assert_dense(&events);
    has(&words(&events), &[told]);
    assert_eq!(it.cards().len(), 1, "{:#?}", it.cards());
    assert!(kills.len() > 20, "{kills:?}");
}

#[tokio::test]
async fn an_english_listing_that_is_killed_after_every_step_makes_one_card() {
    let messages = [
        "I want to sell a red ceramic mug, brand Norvik, price 900 rub, 12x9x10 cm, weight 400 g",
        "ceramic",
        "publish",
    ];
    listing(&messages, &[], &[], "Published: article").await;
}

#[tokio::test]
async fn a_russian_listing_that_is_rejected_repaired_and_killed_after_every_step_makes_one_card() {
    let messages = ["Хочу продать красную кружку, цена 900 руб, 12х9х10 см, 400 г", "керамика", "опубликуй"];
    let repairs = ["Кружка для чая", "опубликуй"];
    let error = "Поле Наименование не должно содержать запрещенные символы: ★";
    listing(&messages, &[error], &repairs, "Опубликовано: артикул").await;
}
