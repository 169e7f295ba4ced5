//! Databases, disks and caches that are gone, silent, full, crowded or half made: a clear message, nothing acknowledged
//! that is not stored, nothing lost or doubled, and everything goes on by itself.

mod cancel;
mod crowded;
mod cut;
mod disk;
mod drain;
mod schema;
mod silent;
mod start;
mod turn;
mod writer;

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use serde_json::{Value, json};

use crate::support::{
    client::{Api, WsClient, new_id},
    server::{CONCIERGE, Starting},
};

/// How long a client waits at most for a refusal: the server answers commands within 10 s.
const REFUSED_WITHIN: Duration = Duration::from_secs(12);

/// A model that says so many tokens, once for each of `turns`.
async fn model(tokens: u64, turns: usize) -> FakeModel {
    let script = || Script::stamped_tokens(tokens).tokens_every(Duration::from_millis(20));
    FakeModel::start((0..turns).map(|_| script()).collect()).await
}

/// A server on this database whose agent `talker` has that model, and who is quick to give up.
fn impatient(database: &str, model: &FakeModel) -> Starting {
    let config = format!(
        "{CONCIERGE}  - {{ id: talker, kind: model, model: fake, intents: [talk] }}\nmodels:\n  fake: {{ base_url: \
         '{}', model: m, retries_max: 0 }}\nlimits: {{ drain_timeout: 1s }}\ndatabase: {{ acquire_timeout: 2s, \
         statement_timeout: 500ms, commit_timeout: 3s, connections_max: 4 }}\n",
        model.url()
    );
    Starting::with(&config).env("SWITCHBOARD_DATABASE__URL", database)
}

/// A turn that was begun, with a client that follows it.
struct UnderWay {
    id: String,
    ws: WsClient,
    seen: Vec<Value>,
}

impl UnderWay {
    /// Begins a turn and waits until the agent speaks.
    async fn begin(server: &Api) -> Self {
        let id = new_id();
        let mut ws = server.ws(&id).await;
        ws.send(json!({ "op": "subscribe" })).await;
        ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "talk" })).await;
        let mut seen = Vec::new();
        while seen.last().is_none_or(|event: &Value| event["type"] != "content_chunk") {
            let next = ws.next().await;
            if next["op"].is_null() {
                seen.push(next);
            }
        }
        Self { id, ws, seen }
    }

    /// Reads the rest of the turn. The client has seen exactly what is stored; answers it.
    async fn end(mut self, server: &Api) -> Vec<Value> {
        self.seen.extend(self.ws.until("turn_end").await);
        assert_eq!(self.seen, server.events(&self.id).await);
        crate::support::client::assert_dense(&self.seen);
        self.seen
    }
}

/// The pieces of text are the whole message, each once and in order, and it has so many tokens.
#[track_caller]
fn assert_whole(events: &[Value], tokens: usize) {
    let last = events.iter().rfind(|event| event["type"] == "message_complete").unwrap();
    assert_eq!(last["status"], "complete", "{last}");
    let pieces =
        events.iter().filter(|event| event["type"] == "content_chunk" && event["messageId"] == last["messageId"]);
    let text: String = pieces.map(|event| event["content"].as_str().unwrap()).collect();
    assert_eq!(last["content"], json!(text));
    let numbers: Vec<_> = text.split_whitespace().map(|token| fakemodel::stamp(token).unwrap().0).collect();
    assert_eq!(numbers, (0..tokens as u64).collect::<Vec<_>>());
}

/// Each message that was accepted, by its client's id, is stored. What was refused may have been stored later, but no
/// message twice.
#[track_caller]
fn assert_stored_once(events: &[Value], accepted: &[String]) {
    let stored = events.iter().filter(|event| event["type"] == "message_accepted");
    let mut stored: Vec<_> = stored.map(|event| event["clientMessageId"].as_str().unwrap()).collect();
    stored.sort_unstable();
    let twice: Vec<_> = stored.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "stored twice: {twice:?}");
    let lost: Vec<_> = accepted.iter().filter(|id| stored.binary_search(&id.as_str()).is_err()).collect();
    assert!(lost.is_empty(), "accepted and lost: {lost:?}; stored: {stored:?}");
}

/// New messages are refused with the stable code, and the server says that it is not ready.
async fn assert_refuses(server: &Api) {
    // A write that fails tells the server; its sender waits for as long as it may yet be stored.
    let (first, path) = (server.clone(), format!("/api/conversations/{}/messages", new_id()));
    let first = tokio::spawn(async move { first.post(&path, json!({ "content": "hello" })).await });
    until_unavailable(server).await;
    first.abort();
    let path = format!("/api/conversations/{}/messages", new_id());
    let began = tokio::time::Instant::now();
    server.post(&path, json!({ "content": "hello" })).await.expect_problem(503, "storage_unavailable");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

/// Waits until a write failed, and so nothing more is taken.
async fn until_unavailable(server: &Api) {
    // A store that is tried again and again: the next failure comes within two seconds.
    let before = server.metric("switchboard_commit_failures_total").await;
    let failed = async {
        loop {
            if server.metric("switchboard_commit_failures_total").await > before {
                let ready = server.get("/readyz").await;
                if ready.status == 503 {
                    return assert_eq!(ready.body["status"], "storage_unavailable");
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(REFUSED_WITHIN, failed).await.expect("a server that knows that it is not ready");
}

/// New messages are taken again.
async fn assert_recovers(server: &Api) {
    let recovered = async {
        while server.get("/readyz").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), recovered).await.expect("a server that is ready again");
    assert_eq!(server.say(&new_id(), "What can you do?").await["status"], "completed");
}
