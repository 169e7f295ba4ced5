//! A cancel at each moment of a turn: it closes the model's socket, ends tools, and gives back the place of the run.

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use serde_json::{Value, json};

use crate::support::{
    client::{PATIENCE, WsClient, new_id, types},
    server::{CONCIERGE, TestServer},
};

/// One run at a time, so that a place that is not given back is noticed; and nothing that ends by itself within a test.
fn server(model: &FakeModel) -> TestServer {
    calling(model, model)
}

/// The same, whose tool may call there.
fn calling(model: &FakeModel, there: &FakeModel) -> TestServer {
    let host = there.url().trim_start_matches("http://").trim_end_matches("/v1");
    TestServer::with(&format!(
        "{CONCIERGE}  - id: talker
    kind: model
    model: fake
    intents: [talk]
    tools: [{{ name: http }}]
tools:
  http: {{ hosts_allowed: ['{host}'], private_addresses_allowed: [127.0.0.0/8], timeout: 1h }}
models:
  fake:
    base_url: '{}'
    model: m
    first_byte_timeout: 1h
    chunk_timeout: 1h
    call_timeout: 1h
    retries_max: 3
    retry_backoff_min: 1m
    retry_backoff_max: 1h
limits: {{ runs_concurrent_max: 1 }}
",
        model.url()
    ))
}

async fn begin(server: &TestServer, content: &str) -> (WsClient, String) {
    let id = new_id();
    let mut ws = server.ws_at(&format!("/api/ws/{id}?after=0")).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": content })).await;
    (ws, id)
}

async fn cancel(ws: &mut WsClient) {
    ws.send(json!({ "op": "cancel", "clientMessageId": "m" })).await;
}

/// Waits until something is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let seen = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, seen).await.is_ok(), "{what}");
}

/// The turn ends as cancelled, every message and call in it is closed, and its place is free for another run.
async fn check_cancelled(server: &TestServer, mut ws: WsClient, mut seen: Vec<Value>, model: &FakeModel) -> Vec<Value> {
    seen.extend(ws.until("turn_end").await);
    assert_eq!(seen.last().unwrap()["status"], "cancelled", "{seen:?}");
    let count = |kind: &str| types(&seen).iter().filter(|found| **found == kind).count();
    assert_eq!(count("tool_execution"), count("tool_result"), "{seen:?}");
    assert_eq!(count("agent_start"), count("agent_complete"), "{seen:?}");
    server.until_metric("switchboard_agent_runs_active{agent=\"talker\"}", 0).await;
    server.until_metric("switchboard_agent_runs_waiting{agent=\"talker\"}", 0).await;
    model.when("afterwards", Script::text("free"));
    assert_eq!(server.say(&new_id(), "talk afterwards").await["status"], "completed");
    seen
}

#[tokio::test]
async fn before_its_message_came() {
    let model = FakeModel::start(Vec::new()).await;
    let server = server(&model);
    let mut ws = server.ws_at(&format!("/api/ws/{}?after=0", new_id())).await;
    cancel(&mut ws).await;
    ws.op("ack", &mut Vec::new()).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "talk" })).await;
    let seen = check_cancelled(&server, ws, Vec::new(), &model).await;
    assert!(!types(&seen).contains(&"agent_start"), "{seen:?}");
    assert_eq!(model.requests().len(), 1, "the one afterwards");
}

#[tokio::test]
async fn while_it_waits_for_a_place() {
    let model = FakeModel::start(Vec::new()).await;
    model.when("hold", Script::endless("on ").tokens_every(Duration::from_millis(20)));
    let server = server(&model);
    let (mut holder, _) = begin(&server, "talk and hold").await;
    let held = holder.until("content_chunk").await;
    let (mut ws, _) = begin(&server, "talk too").await;
    let seen = ws.until("agent_start").await;
    server.until_metric("switchboard_agent_runs_waiting{agent=\"talker\"}", 1).await;
    cancel(&mut ws).await;
    let end = ws.until("turn_end").await;
    assert_eq!(end.last().unwrap()["status"], "cancelled", "{seen:?} {end:?}");
    assert_eq!(model.requests().len(), 1, "the model was not asked");
    cancel(&mut holder).await;
    check_cancelled(&server, holder, held, &model).await;
}

#[tokio::test]
async fn while_the_models_first_byte_is_waited_for() {
    let model = FakeModel::start(Vec::new()).await;
    model.when("slowly", Script::text("late").first_byte_after(Duration::from_hours(1)));
    let server = server(&model);
    let (mut ws, _) = begin(&server, "talk slowly").await;
    until("the model is asked", || model.requests().len() == 1).await;
    cancel(&mut ws).await;
    check_cancelled(&server, ws, Vec::new(), &model).await;
    until("the model's socket is closed", || !model.dropped_clients().is_empty()).await;
}

#[tokio::test]
async fn while_the_answer_comes() {
    let model = FakeModel::start(Vec::new()).await;
    model.when("hold", Script::text("one two three").stall_after(3));
    let server = server(&model);
    let (mut ws, _) = begin(&server, "talk and hold").await;
    let seen = ws.until("content_chunk").await;
    cancel(&mut ws).await;
    let seen = check_cancelled(&server, ws, seen, &model).await;
    let message = seen.iter().find(|event| event["type"] == "message_complete").unwrap();
    assert_eq!(message["status"], "cancelled");
    until("the model's socket is closed", || !model.dropped_clients().is_empty()).await;
}

#[tokio::test]
async fn while_a_tool_runs() {
    let tool =
        FakeModel::start(vec![Script::raw(200, "text/plain", b"late").first_byte_after(Duration::from_hours(1))]);
    let (model, tool) = tokio::join!(FakeModel::start(Vec::new()), tool);
    let arguments = json!({ "url": format!("{}/prices", tool.url()) }).to_string();
    model.when("look", Script::tool_call("c", "http", &arguments));
    let server = calling(&model, &tool);
    let (mut ws, _) = begin(&server, "talk and look").await;
    let seen = ws.until("tool_execution").await;
    until("the tool is called", || tool.requests().len() == 1).await;
    cancel(&mut ws).await;
    let seen = check_cancelled(&server, ws, seen, &model).await;
    let result = seen.iter().find(|event| event["type"] == "tool_result").unwrap();
    assert_eq!(result["isError"], true, "{result}");
    until("the tool's socket is closed", || !tool.dropped_clients().is_empty()).await;
}

#[tokio::test]
async fn while_the_model_is_to_be_tried_again_later() {
    let model = FakeModel::start(Vec::new()).await;
    model.when("again", Script::status(503));
    let server = server(&model);
    let (mut ws, _) = begin(&server, "talk again").await;
    until("the model is asked", || model.requests().len() == 1).await;
    cancel(&mut ws).await;
    check_cancelled(&server, ws, Vec::new(), &model).await;
    assert_eq!(model.requests().len(), 2, "the failed one, and the one afterwards");
}

#[tokio::test]
async fn behind_another_turn_of_its_conversation() {
    let model = FakeModel::start(Vec::new()).await;
    model.when("hold", Script::endless("on ").tokens_every(Duration::from_millis(20)));
    let server = server(&model);
    let (mut ws, id) = begin(&server, "talk and hold").await;
    let held = ws.until("content_chunk").await;
    let path = format!("/api/conversations/{id}");
    let waiting = server.post(&format!("{path}/messages"), json!({ "content": "talk too" })).await.expect(202);
    let target = json!({ "turnId": waiting["turnId"] });
    let answer = server.post(&format!("{path}/cancel"), target).await.expect(202);
    assert_eq!((&answer["status"], &answer["turnId"]), (&json!("cancelled"), &waiting["turnId"]));
    let first_end = ws.until("turn_end").await.pop().unwrap();
    assert_eq!((&first_end["turnId"], &first_end["status"]), (&waiting["turnId"], &json!("cancelled")));
    assert_eq!(model.requests().len(), 1, "the model was asked for the other one alone");
    cancel(&mut ws).await;
    drop(held);
    let end = ws.until("turn_end").await.pop().unwrap();
    assert_eq!(end["status"], "cancelled");
}
