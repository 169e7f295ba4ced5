//! A language model behind the server: streaming, tools, failures and cancels, over a model server with scripted faults.

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use serde_json::{Value, json};

use crate::support::{
    client::{assert_dense, new_id, said, types},
    server::{CONCIERGE, TestServer},
};

/// A server whose agent `talker` has a model at this address and the calculator.
fn server(url: &str) -> TestServer {
    TestServer::with(&format!(
        "{CONCIERGE}  - id: talker
    kind: model
    model: fake
    intents: [talk, calculate]
    system_prompt: \"You are {{{{ agent.name }}}}.\"
    tools: [{{ name: calculator }}]
tools:
  calculator: {{}}
models:
  fake:
    base_url: \"{url}\"
    model: m
    retries_max: 1
    retry_backoff_min: 50ms
    chunk_timeout: 500ms
"
    ))
}

fn find<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    events.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("no `{kind}` in {events:?}"))
}

#[tokio::test]
async fn a_models_words_are_streamed_and_its_tools_are_run() {
    let model = FakeModel::start(vec![
        Script::tool_call("call_1", "calculator", r#"{"expression":"17 * 3"}"#),
        Script::text("That makes 51.").tokens_every(Duration::from_millis(20)).usage(12, 5),
    ])
    .await;
    let server = server(model.url());
    let id = new_id();
    let turn = server.say(&id, "calculate 17 * 3").await;
    assert_eq!(said(&turn), "That makes 51.");
    let events = server.events(&id).await;
    assert_dense(&events);
    assert_eq!(find(&events, "tool_execution")["arguments"], json!({ "expression": "17 * 3" }));
    assert!(find(&events, "tool_result")["result"].to_string().contains("51"));
    let usage = &find(&events, "agent_complete")["usage"];
    assert_eq!(
        (&usage["inputTokens"], &usage["outputTokens"], &usage["toolCalls"]),
        (&json!(12), &json!(5), &json!(1))
    );
    let requests = model.requests();
    assert_eq!(requests[0].body["messages"][0], json!({ "role": "system", "content": "You are talker." }));
    assert!(requests[1].body["messages"].to_string().contains("51"), "the model is told the result");
    assert!(types(&events).iter().filter(|kind| **kind == "content_chunk").count() >= 2, "it came in pieces");
}

#[tokio::test]
async fn a_model_that_cannot_be_reached_is_an_error_and_the_conversation_goes_on() {
    let server = server("http://127.0.0.1:1/v1");
    let id = new_id();
    let turn = server.say(&id, "talk to me").await;
    assert_eq!((turn["status"].as_str(), turn["error"]["code"].as_str()), (Some("failed"), Some("model_unavailable")));
    assert_eq!(turn["error"]["retryable"], true);
    assert!(!turn["error"].to_string().contains("127.0.0.1"), "an address is shown: {turn}");
    let turn = server.say(&id, "cost 500, commission 15%, logistics 60, tax 6%, margin 25%").await;
    assert_eq!(turn["status"], "completed");
}

#[tokio::test]
async fn a_tool_that_was_not_granted_is_denied_and_the_model_is_told() {
    let model = FakeModel::start(vec![
        Script::tool_call("c", "http", r#"{"url":"http://127.0.0.1/"}"#),
        Script::text("I cannot do that."),
    ])
    .await;
    let server = server(model.url());
    let id = new_id();
    assert_eq!(said(&server.say(&id, "talk to me").await), "I cannot do that.");
    let events = server.events(&id).await;
    let result = find(&events, "tool_result");
    assert_eq!((&result["isError"], &result["result"]["error"]), (&json!(true), &json!("tool_denied")));
}

#[tokio::test]
async fn a_model_that_stops_in_the_middle_ends_the_turn_with_its_half_message_marked() {
    let model = FakeModel::start(vec![Script::text("one two three four").stall_after(3)]).await;
    let server = server(model.url());
    let id = new_id();
    let turn = server.say(&id, "talk to me").await;
    assert_eq!(turn["error"]["code"], "model_unavailable");
    let events = server.events(&id).await;
    let message = find(&events, "message_complete");
    assert_eq!((&message["content"], &message["status"]), (&json!("one two "), &json!("interrupted")));
    assert_eq!(model.requests().len(), 1, "nothing is tried again once text was shown");
}

#[tokio::test]
async fn a_cancel_closes_the_models_socket() {
    let model = FakeModel::start(vec![Script::endless("more ").tokens_every(Duration::from_millis(10))]).await;
    let server = server(model.url());
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "talk for ever" })).await;
    ws.until("content_chunk").await;
    let asked = tokio::time::Instant::now();
    ws.send(json!({ "op": "cancel", "clientMessageId": "m" })).await;
    let events = ws.until("turn_end").await;
    assert_eq!(events.last().unwrap()["status"], "cancelled");
    assert_eq!(find(&events, "message_complete")["status"], "cancelled");
    for _ in 0..200 {
        if let Some(left) = model.dropped_clients().first() {
            assert!(left.duration_since(asked) < Duration::from_secs(2), "the model's socket stayed open");
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the model's socket was not closed");
}
