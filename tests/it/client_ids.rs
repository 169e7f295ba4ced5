//! What a client's own id of a message does after long, ahead of its message, and again.

use std::{sync::Arc, time::Duration};

use protocol::Timestamp;
use serde_json::{Value, json};
use switchboard::{app::Options, clock::ManualClock};

use crate::support::{
    client::{PATIENCE, new_id, types},
    embedded::{Embedded, three_agents},
};

/// More messages than a conversation remembers.
const MANY: usize = 257;

async fn send(server: &Embedded, conversation: &str, body: Value) -> Value {
    server.post(&format!("/api/conversations/{conversation}/messages"), body).await.expect(202)
}

async fn cancel(server: &Embedded, conversation: &str, client: &str) -> Value {
    let path = format!("/api/conversations/{conversation}/cancel");
    server.post(&path, json!({ "clientMessageId": client })).await.body
}

/// Messages that are accepted and over at once: each was cancelled ahead of it.
async fn many(server: &Embedded, conversation: &str) {
    for number in 0..MANY {
        let client = format!("n{number}");
        cancel(server, conversation, &client).await;
        send(server, conversation, json!({ "content": "say=never", "clientMessageId": client })).await;
    }
}

async fn until_end_of(server: &Embedded, conversation: &str, turn: &Value) -> Value {
    let seen = async {
        loop {
            let events = server.events(conversation).await;
            let is_end = |event: &&Value| event["type"] == "turn_end" && event["turnId"] == *turn;
            if let Some(end) = events.iter().find(is_end) {
                return end.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let end = tokio::time::timeout(PATIENCE, seen).await;
    assert!(end.is_ok(), "the turn {turn} does not end");
    end.unwrap_or_default()
}

#[tokio::test]
async fn a_cancel_by_an_id_reaches_its_turn_however_many_messages_came_since() {
    let server = Embedded::start();
    let id = new_id();
    let old = send(&server, &id, json!({ "content": "say=on hang", "clientMessageId": "old" })).await;
    many(&server, &id).await;
    let answer = cancel(&server, &id, "old").await;
    assert_eq!((&answer["status"], &answer["turnId"]), (&json!("cancelled"), &old["turnId"]), "{answer}");
    assert_eq!(until_end_of(&server, &id, &old["turnId"]).await["status"], "cancelled");
    let again = cancel(&server, &id, "old").await;
    assert_eq!((&again["status"], &again["turnId"]), (&json!("cancelled"), &old["turnId"]), "{again}");
}

#[tokio::test]
async fn a_cancel_does_not_wait_for_a_look_up_that_hangs() {
    let server = Embedded::start();
    let id = new_id();
    many(&server, &id).await;
    let running = send(&server, &id, json!({ "content": "say=on hang", "clientMessageId": "running" })).await;
    let before = server.store.looked_up();
    server.store.stall_look_ups(true);
    let (api, path) = (server.api(), format!("/api/conversations/{id}/messages"));
    let body = json!({ "content": "say=next", "clientMessageId": "next" });
    let next = tokio::spawn(async move { api.post(&path, body).await.expect(202) });
    server.store.until_looked_up(before + 1).await;
    assert_eq!(cancel(&server, &id, "running").await["status"], "cancelled");
    assert_eq!(until_end_of(&server, &id, &running["turnId"]).await["status"], "cancelled");
    assert!(!next.is_finished(), "the look-up hangs still");
    server.store.stall_look_ups(false);
    let next = next.await.unwrap();
    assert_eq!(until_end_of(&server, &id, &next["turnId"]).await["status"], "completed");
}

/// A server that puts conversations away at once, under a clock that stands.
fn forgetful() -> (Embedded, ManualClock) {
    let clock = ManualClock::at(Timestamp::from_millis(1_795_437_919_000));
    let theirs = Arc::new(clock.clone());
    let tweak = |options: &mut Options| {
        options.clock = theirs;
        options.conversations.conversation_idle = Duration::from_millis(50);
    };
    (Embedded::with(three_agents(), tweak), clock)
}

const LIVE: &str = "switchboard_conversations_live";

#[tokio::test]
async fn a_cancel_ahead_of_its_message_outlives_the_idleness_of_its_conversation() {
    let (server, _clock) = forgetful();
    // Of a conversation that exists, and of one that does not yet.
    let (known, unmade) = (new_id(), new_id());
    server.say(&known, "say=1").await;
    cancel(&server, &known, "early").await;
    cancel(&server, &unmade, "early").await;
    // What came after them and has nothing to wait for is put away.
    server.say(&new_id(), "say=1").await;
    server.until_metric(LIVE, 2).await;
    for id in [known, unmade] {
        let turn = send(&server, &id, json!({ "content": "say=never", "clientMessageId": "early" })).await;
        assert_eq!(until_end_of(&server, &id, &turn["turnId"]).await["status"], "cancelled");
    }
    server.until_metric(LIVE, 0).await;
}

#[tokio::test]
async fn a_cancel_ahead_of_its_message_is_kept_for_a_minute_and_no_longer() {
    let (server, clock) = forgetful();
    let (made, left) = (new_id(), new_id());
    for id in [&made, &left] {
        cancel(&server, id, "early").await;
    }
    clock.advance_millis(59_000);
    // That the conversation is made meanwhile changes nothing.
    server.say(&made, "say=1").await;
    clock.advance_millis(1_000);
    let turn = send(&server, &made, json!({ "content": "say=2", "clientMessageId": "early" })).await;
    assert_eq!(until_end_of(&server, &made, &turn["turnId"]).await["status"], "completed");
    server.until_metric(LIVE, 0).await;
}

#[tokio::test]
async fn a_message_that_interrupted_is_the_same_when_it_comes_again() {
    let server = Embedded::start();
    let id = new_id();
    let first = send(&server, &id, json!({ "content": "say=some hang" })).await;
    let body = json!({ "content": "say=on hang", "clientMessageId": "i", "policy": "interrupt" });
    let second = send(&server, &id, body.clone()).await;
    assert_eq!(until_end_of(&server, &id, &first["turnId"]).await["status"], "cancelled");
    let again = server.post(&format!("/api/conversations/{id}/messages"), body).await.body;
    assert_eq!((&again["duplicate"], &again["turnId"]), (&json!(true), &second["turnId"]), "{again}");
    let events = server.events(&id).await;
    assert_eq!(types(&events).iter().filter(|kind| **kind == "turn_end").count(), 1, "it interrupts once: {events:?}");
    cancel(&server, &id, "i").await;
}

#[tokio::test]
async fn a_message_that_joined_is_the_same_when_it_comes_again() {
    let server = Embedded::start();
    let id = new_id();
    let turn = send(&server, &id, json!({ "content": "say=on steer" })).await;
    let body = json!({ "content": "to_the_left", "clientMessageId": "s", "policy": "steer" });
    let joined = send(&server, &id, body.clone()).await;
    assert_eq!(joined["turnId"], turn["turnId"]);
    until_end_of(&server, &id, &turn["turnId"]).await;
    let again = server.post(&format!("/api/conversations/{id}/messages"), body).await.body;
    assert_eq!((&again["duplicate"], &again["seq"]), (&json!(true), &joined["seq"]), "{again}");
    let steered = "steered by to_the_left";
    let events = server.events(&id).await;
    let said = events.iter().filter(|event| event["content"].as_str().is_some_and(|text| text.ends_with(steered)));
    assert_eq!(said.filter(|event| event["type"] == "message_complete").count(), 1, "{events:?}");
}

#[tokio::test]
async fn a_message_that_was_rejected_is_new_when_it_comes_again() {
    let server = Embedded::start();
    let id = new_id();
    send(&server, &id, json!({ "content": "hang", "clientMessageId": "first" })).await;
    let body = json!({ "content": "say=now", "clientMessageId": "r", "policy": "reject" });
    let path = format!("/api/conversations/{id}/messages");
    server.post(&path, body.clone()).await.expect_problem(409, "turn_running");
    cancel(&server, &id, "first").await;
    let taken = send(&server, &id, body).await;
    assert_eq!(taken["duplicate"], false, "{taken}");
    assert_eq!(until_end_of(&server, &id, &taken["turnId"]).await["status"], "completed");
}
