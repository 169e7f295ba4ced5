//! What is kept, and for how long.

use std::{sync::Arc, time::Duration};

use protocol::Timestamp;
use reqwest::Method;
use serde_json::json;
use switchboard::{actors::retention::RetentionBounds, clock::ManualClock};

use crate::support::{
    client::{new_id, said},
    embedded::{Embedded, three_agents},
};

const DAY_MILLIS: i64 = 24 * 3600 * 1000;

fn server() -> (Embedded, ManualClock) {
    let clock = ManualClock::at(Timestamp::from_millis(1_795_437_919_000));
    let theirs = Arc::new(clock.clone());
    let server = Embedded::with(three_agents(), |options| {
        options.clock = theirs;
        options.retention = RetentionBounds { sweep_interval: Duration::from_millis(50), ..RetentionBounds::default() };
    });
    (server, clock)
}

async fn until_first_seq(server: &Embedded, id: &str, wanted: u64) {
    let seen = async {
        loop {
            let record = server.get(&format!("/api/conversations/{id}")).await.expect(200);
            if record["firstSeq"] == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), seen).await;
    assert!(in_time.is_ok(), "the log of {id} does not begin at {wanted}");
}

#[tokio::test]
async fn events_go_after_a_week_and_a_client_that_comes_back_later_gets_a_snapshot() {
    let (server, clock) = server();
    let id = new_id();
    server.say(&id, "say=old").await;
    let old = server.events(&id).await.len() as u64;
    let mut follows = server.ws(&id).await;
    assert_eq!(follows.subscribe(Some(old)).await["firstSeq"], 1);
    clock.advance_millis(6 * DAY_MILLIS);
    server.say(&id, "say=young").await;
    clock.advance_millis(2 * DAY_MILLIS);
    until_first_seq(&server, &id, old + 1).await;
    let path = format!("/api/conversations/{id}");
    server.get(&format!("{path}/events?after=3")).await.expect_problem(410, "expired");
    let kept = server.get(&format!("{path}/events?after={old}")).await.expect(200);
    assert_eq!((&kept["firstSeq"], &kept["items"][0]["seq"]), (&json!(old + 1), &json!(old + 1)));
    let messages = server.get(&format!("{path}/messages")).await.expect(200);
    assert_eq!(messages["items"].as_array().unwrap().len(), 4);
    let mut late = server.ws(&id).await;
    let subscribed = late.subscribe(Some(3)).await;
    assert_eq!((&subscribed["recovered"], &subscribed["reason"]), (&json!(false), &json!("expired")));
    assert_eq!(subscribed["snapshot"]["messages"][1]["content"], "old");
    let mut fresh = server.ws(&id).await;
    assert_eq!(fresh.subscribe(None).await["recovered"], true);
    assert_eq!(fresh.next().await["seq"], json!(old + 1));
    assert_eq!(follows.until("turn_end").await[0]["seq"], json!(old + 1));
    assert_eq!(said(&server.say(&id, "past").await), "user:say=old|assistant:old|user:say=young|assistant:young");
    assert_eq!(late.until("turn_end").await[0]["type"], "message_accepted");
}

#[tokio::test]
async fn a_turn_that_runs_is_not_trimmed_however_long_it_takes() {
    let (server, clock) = server();
    let id = new_id();
    server.say(&id, "say=1").await;
    let old = server.events(&id).await.len() as u64;
    let body = json!({ "content": "say=half sleep=1500 say=done" });
    server.post(&format!("/api/conversations/{id}/messages"), body).await.expect(202);
    clock.advance_millis(30 * DAY_MILLIS);
    until_first_seq(&server, &id, old + 1).await;
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    let seen = ws.until("turn_end").await;
    assert_eq!((&seen[0]["seq"], &seen.last().unwrap()["status"]), (&json!(old + 1), &json!("completed")));
}

#[tokio::test]
async fn an_erased_conversation_is_known_for_a_month_and_its_id_is_free_after() {
    let (server, clock) = server();
    let id = new_id();
    server.say(&id, "share=x say=secret").await;
    let path = format!("/api/conversations/{id}");
    server.call(Method::DELETE, &path, None, &[]).await.expect(204);
    clock.advance_millis(29 * DAY_MILLIS);
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.get(&path).await.expect_problem(410, "erased");
    clock.advance_millis(2 * DAY_MILLIS);
    let gone = async {
        while server.get(&path).await.status != 404 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("a tombstone that goes");
}
