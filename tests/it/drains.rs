//! What a server that goes down lets end, and what it leaves open for the next start.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::app::Stopped;

use crate::support::{
    client::{PATIENCE, WsClient, new_id, types},
    embedded::{Embedded, three_agents},
    scripted::Gate,
};

/// Long enough for a server that thinks that all is over to close everybody's sessions. A server that knows better
/// waits, however long that is.
const A_WHILE: Duration = Duration::from_millis(300);

async fn say(ws: &mut WsClient, content: &str) {
    ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": content })).await;
}

/// Reads until the agent of the last run that was begun is named so.
async fn until_runs(ws: &mut WsClient, agent: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    loop {
        seen.extend(ws.until("agent_start").await);
        if seen.last().unwrap()["agentId"] == agent {
            return seen;
        }
    }
}

/// A conversation with a client that follows it.
async fn follower(server: &Embedded) -> WsClient {
    let id = new_id();
    server.post("/api/conversations", json!({ "conversationId": id })).await.expect(201);
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    ws
}

/// Goes down while the store is slow to say that `first` is over, and looks whether what comes `next` is let end too.
async fn check(server: Embedded, mut ws: WsClient, first: Gate, agent: &str, next: Gate) {
    server.store.stall_commits(true);
    let going = server.go_down();
    first.open();
    tokio::time::sleep(A_WHILE).await;
    server.store.stall_commits(false);
    until_runs(&mut ws, agent).await;
    tokio::time::sleep(A_WHILE).await;
    next.open();
    let events = ws.until("turn_end").await;
    assert_eq!(events.last().unwrap()["status"], "completed", "{events:?}");
    ws.op("draining", &mut Vec::new()).await;
    assert_eq!(going.await, Stopped::Drained);
}

#[tokio::test]
async fn a_turn_that_is_handed_over_while_the_server_goes_down_is_finished() {
    let (server, first, next) = (Embedded::start(), Gate::closed(), Gate::closed());
    let mut ws = follower(&server).await;
    say(&mut ws, &format!("beta beta:{} beta:handover=gamma gamma:{} say=done", first.word(), next.word())).await;
    until_runs(&mut ws, "beta").await;
    check(server, ws, first, "gamma", next).await;
}

#[tokio::test]
async fn a_turn_that_waits_when_the_server_goes_down_is_finished_too() {
    let (server, first, next) = (Embedded::start(), Gate::closed(), Gate::closed());
    let mut ws = follower(&server).await;
    say(&mut ws, &format!("beta {} say=one", first.word())).await;
    until_runs(&mut ws, "beta").await;
    say(&mut ws, &format!("gamma {} say=two", next.word())).await;
    ws.until("message_accepted").await;
    check(server, ws, first, "gamma", next).await;
}

#[tokio::test]
async fn a_message_that_is_being_stored_when_the_server_goes_down_is_answered() {
    let (server, next) = (Embedded::start(), Gate::closed());
    let mut ws = follower(&server).await;
    server.store.stall_commits(true);
    say(&mut ws, &format!("beta {} say=one", next.word())).await;
    server.until_metric("switchboard_conversations_busy", 1).await;
    check(server, ws, Gate::closed(), "beta", next).await;
}

#[tokio::test]
async fn many_streams_that_do_not_end_are_left_in_order_and_open() {
    const STREAMS: usize = 40;
    let server = Embedded::with(three_agents(), |options| {
        options.drain_timeout = Duration::from_secs(1);
        // Others wait while these are written: the queue is never empty.
        options.group.commit_group_writes_max = STREAMS / 4;
    });
    server.store.slow_commits(Duration::from_millis(5));
    let mut clients = Vec::new();
    for _ in 0..STREAMS {
        let mut ws = follower(&server).await;
        say(&mut ws, "drip").await;
        ws.until("content_chunk").await;
        clients.push(ws);
    }
    assert_eq!(server.go_down().await, Stopped::Drained);
    for ws in &mut clients {
        let rest = ws.until_closed().await;
        assert!(!types(&rest).iter().any(|kind| ["turn_end", "agent_complete", "error"].contains(kind)), "{rest:?}");
    }
}

#[tokio::test]
async fn a_tool_is_not_called_in_the_last_moment() {
    let server = Embedded::with(three_agents(), |options| options.drain_timeout = Duration::from_millis(500));
    let (gate, called) = (Gate::closed(), Gate::closed());
    let mut ws = follower(&server).await;
    say(&mut ws, &format!("{} tool=late touch={}", gate.word(), called.path().display())).await;
    ws.until("agent_start").await;
    server.store.stall_commits(true);
    gate.open();
    let (going, stopping) = (server.go_down(), server.stopping.clone());
    tokio::time::timeout(PATIENCE, stopping.cancelled()).await.expect("runs that are stopped");
    server.store.stall_commits(false);
    assert_eq!(going.await, Stopped::Drained);
    assert!(!called.path().exists(), "the tool was called");
}
