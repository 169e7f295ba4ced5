//! SIGTERM to a server whose store is well: turns end, or are taken up by the next start, and nothing is lost.

use std::{process::Command, time::Duration};

use fakemodel::{FakeModel, Script};
use serde_json::{Value, json};

use crate::support::{
    client::{WsClient, assert_dense, new_id},
    server::{CONCIERGE, Starting, TestServer},
};

const TOKENS: u64 = 40;
/// For an exit that waits neither for the turn, which takes minutes, nor for the time to drain, where that is long.
const SOON: Duration = Duration::from_secs(40);

/// About a second.
fn brisk() -> Script {
    Script::stamped_tokens(TOKENS).tokens_every(Duration::from_millis(25))
}

/// Ten minutes.
fn slow() -> Script {
    Script::stamped_tokens(600).tokens_every(Duration::from_secs(1))
}

/// A server whose agent `talker` says these, one after the other.
async fn server(drain_timeout: &str, scripts: Vec<Script>) -> (TestServer, FakeModel) {
    let model = FakeModel::start(scripts).await;
    let config = format!(
        "{CONCIERGE}  - {{ id: talker, kind: model, model: fake, intents: [talk] }}\nmodels:\n  fake: {{ base_url: \
         '{}', model: m }}\nlimits: {{ drain_timeout: {drain_timeout} }}\n",
        model.url()
    );
    (Starting::with(&config).start(), model)
}

/// A client that follows a turn, in the middle of its answer; with what it saw.
async fn in_the_middle(server: &TestServer, id: &str) -> (WsClient, Vec<Value>) {
    let mut ws = server.ws_at(&format!("/api/ws/{id}?after=0")).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "talk" })).await;
    let seen = ws.until("content_chunk").await;
    (ws, seen)
}

fn signal(server: &TestServer) {
    let status = Command::new("kill").args(["-TERM", &server.pid().to_string()]).status().unwrap();
    assert!(status.success());
}

async fn until_draining(server: &TestServer) {
    let draining = async {
        while server.get("/readyz").await.body["status"] != "draining" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, draining).await.expect("a server that drains");
}

/// Reads from the beginning to the end of so many turns; what is seen is what is stored.
async fn turns(server: &TestServer, id: &str, count: usize) -> Vec<Value> {
    let mut ws = server.ws_at(&format!("/api/ws/{id}?after=0")).await;
    let mut events = Vec::new();
    for _ in 0..count {
        events.extend(ws.until("turn_end").await);
    }
    assert_dense(&events);
    assert_eq!(events, server.events(id).await);
    events
}

/// Status and number of runs of each turn, in order.
fn ends(events: &[Value]) -> Vec<(&str, u64)> {
    let ends = events.iter().filter(|event| event["type"] == "turn_end");
    ends.map(|end| (end["status"].as_str().unwrap(), end["runs"].as_u64().unwrap())).collect()
}

#[tokio::test]
async fn a_turn_that_runs_is_finished_before_the_server_leaves_with_0() {
    let (mut server, _model) = server("30s", vec![brisk()]).await;
    let id = new_id();
    let (mut ws, mut seen) = in_the_middle(&server, &id).await;
    let (status, rest) = tokio::join!(server.terminate(), ws.until("turn_end"));
    assert_eq!(status.code(), Some(0), "{}", server.log());
    seen.extend(rest);
    assert_eq!(ends(&seen), [("completed", 1)]);
    server.restart(None).await;
    assert_eq!(turns(&server, &id, 1).await, seen);
}

#[tokio::test]
async fn a_turn_longer_than_the_time_to_drain_is_left_with_0_and_taken_up_by_the_next_start() {
    let (mut server, _model) = server("500ms", vec![slow(), brisk()]).await;
    let id = new_id();
    let (_ws, seen) = in_the_middle(&server, &id).await;
    assert_eq!(server.terminate().await.code(), Some(0), "{}", server.log());
    server.restart(None).await;
    let events = turns(&server, &id, 1).await;
    assert_eq!(events[..seen.len()], seen, "what was shown is there");
    assert_eq!(ends(&events), [("completed", 2)]);
}

#[tokio::test]
async fn clients_are_told_each_another_time_to_come_back_and_are_closed() {
    let (mut server, _model) = server("30s", Vec::new()).await;
    let id = new_id();
    server.post("/api/conversations", json!({ "conversationId": id })).await.expect(201);
    let mut clients = Vec::new();
    for _ in 0..40 {
        let mut ws = server.ws(&id).await;
        ws.subscribe(None).await;
        clients.push(ws);
    }
    signal(&server);
    let mut hints = Vec::new();
    for client in &mut clients {
        let draining = client.op("draining", &mut Vec::new()).await;
        hints.push(draining["reconnectAfterMs"].as_u64().unwrap());
        assert_eq!(u16::from(client.closed().await.expect("a close frame").code), 4012);
    }
    assert_eq!(server.wait(SOON).await.code(), Some(0), "{}", server.log());
    assert!(hints.iter().all(|hint| (250..2250).contains(hint)), "{hints:?}");
    let different: std::collections::HashSet<_> = hints.iter().collect();
    // Of 2,000 values, 40 that fall on 20 or fewer are no chance.
    assert!(different.len() > 20, "{hints:?}");
}

#[tokio::test]
async fn a_second_signal_leaves_at_once_and_what_was_acknowledged_is_stored() {
    let (mut server, _model) = server("30m", vec![slow(), brisk(), brisk()]).await;
    let id = new_id();
    let (_ws, seen) = in_the_middle(&server, &id).await;
    let path = format!("/api/conversations/{id}/messages");
    let second = server.post(&path, json!({ "content": "talk more" })).await.expect(202);
    signal(&server);
    until_draining(&server).await;
    signal(&server);
    assert_eq!(server.wait(SOON).await.code(), Some(143), "{}", server.log());
    server.restart(None).await;
    let events = turns(&server, &id, 2).await;
    assert_eq!(events[..seen.len()], seen, "what was shown is there");
    assert_eq!(ends(&events), [("completed", 2), ("completed", 1)]);
    assert_eq!(events.last().unwrap()["turnId"], second["turnId"], "the message that was acknowledged is answered");
}
