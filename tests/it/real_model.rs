//! A real language model behind the server: real streams, real cancels, and tools for a model that has none of its own.
//!
//! What the model says is never compared with expected words, only with what it said on its own socket.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::{
    client::{assert_dense, new_id, said},
    real_model::{Heard, OwnModel, Relay},
    required,
    server::{CONCIERGE, TestServer},
};

/// How soon a cancel must be through on a machine that is busy with other tests. The answer itself would take far longer.
const CANCELLED_WITHIN: Duration = Duration::from_secs(5);

/// A server with two agents on the model at this address: `talker` has no tools, `counter` has the calculator.
fn server(url: &str, output_tokens_max: u32) -> TestServer {
    TestServer::with(&format!(
        "{CONCIERGE}  - id: talker
    kind: model
    model: small
    name: Talker
    description: Talks.
    intents: [talk]
    temperature: 0
    output_tokens_max: {output_tokens_max}
  - id: counter
    kind: model
    model: small
    name: Counter
    description: Calculates.
    intents: [calculate]
    temperature: 0
    output_tokens_max: {output_tokens_max}
    tools: [{{ name: calculator }}]
tools:
  calculator: {{}}
models:
  small:
    base_url: \"{url}\"
    model: smollm2
    tool_mode: json
    retries_max: 0
    first_byte_timeout: 60s
"
    ))
}

fn all<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

#[track_caller]
fn only<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    let found = all(events, kind);
    assert_eq!(found.len(), 1, "`{kind}` in {events:?}");
    found[0]
}

/// The text of the pieces, in their order.
fn text(events: &[Value]) -> String {
    all(events, "content_chunk").iter().map(|piece| piece["content"].as_str().unwrap()).collect()
}

/// Sends a message and reads the turn to its end, as a client that is there all the time.
async fn listen(server: &TestServer, id: &str, content: &str) -> Vec<Value> {
    let mut ws = server.ws(id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": content })).await;
    ws.until("turn_end").await
}

/// A turn that came through whole: dense, in several pieces that make up its message, and stored as it was shown.
async fn check_whole(server: &TestServer, id: &str, shown: &[Value]) {
    assert_dense(shown);
    assert_eq!(only(shown, "turn_end")["status"], "completed", "{shown:?}");
    assert!(all(shown, "content_chunk").len() >= 3, "it did not come in pieces: {shown:?}");
    assert_eq!(only(shown, "message_complete")["content"], json!(text(shown)));
    assert_eq!(server.events(id).await, shown);
}

#[tokio::test]
async fn a_real_models_words_are_streamed_whole_and_stored_as_they_were_shown() {
    let model = Relay::before(required("TEST_MODEL_URL")).await;
    let server = server(model.url(), 100);
    let id = new_id();
    let shown = listen(&server, &id, "Let us talk: tell me a long story about a lighthouse.").await;
    check_whole(&server, &id, &shown).await;
    let heard = model.heard();
    assert_eq!(text(&shown), heard[0].words(), "what was shown is what the model said");
    assert!(heard[0].asked["tools"].is_null() && heard[0].asked["response_format"].is_null());
    let usage = &only(&shown, "agent_complete")["usage"];
    assert!(usage["inputTokens"].as_u64() > Some(0) && usage["outputTokens"].as_u64() > Some(2), "{usage}");
}

#[tokio::test]
async fn a_cancel_ends_a_real_stream_and_frees_the_model() {
    let model = OwnModel::endless().await;
    let server = server(&model.url(), 100_000);
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    for number in 1..=2 {
        let message = format!("m{number}");
        // The second begins only because the one slot is free again.
        ws.send(json!({ "op": "message", "clientMessageId": message, "content": "talk for ever" })).await;
        let mut events = ws.until("content_chunk").await;
        assert!(model.is_busy().await, "the model is at work");
        let asked = Instant::now();
        ws.send(json!({ "op": "cancel", "clientMessageId": message })).await;
        events.extend(ws.until("turn_end").await);
        assert!(asked.elapsed() < CANCELLED_WITHIN, "the cancel took {:?}", asked.elapsed());
        assert_eq!(only(&events, "turn_end")["status"], "cancelled");
        let half = only(&events, "message_complete");
        assert_eq!((&half["status"], &half["content"]), (&json!("cancelled"), &json!(text(&events))));
        while model.is_busy().await {
            assert!(asked.elapsed() < CANCELLED_WITHIN, "the model goes on without anybody who listens");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_model_without_tools_calls_one_by_json_and_is_told_the_result() {
    let model = Relay::before(required("TEST_MODEL_URL")).await;
    let server = server(model.url(), 200);
    // So small a model may get one wrong; each is held to the shape all the same.
    for sum in ["17 * 3", "250 / 5", "12 + 30"] {
        let id = new_id();
        let turn = server.say(&id, &format!("calculate {sum}")).await;
        let events = server.events(&id).await;
        check_turn_with_tools(&turn, &events);
        if all(&events, "tool_result").iter().any(|result| result["isError"] == false) {
            return check_constrained(&model.heard());
        }
    }
    panic!("the model got no call right: {:?}", model.heard());
}

/// Calls have the tool's arguments, words are words, and what so small a model cannot do ends in bounds.
fn check_turn_with_tools(turn: &Value, events: &[Value]) {
    for call in all(events, "tool_execution") {
        assert!(call["toolName"] == "calculator" && call["arguments"]["expression"].is_string(), "{call}");
    }
    if turn["status"] == "completed" {
        assert!(!said(turn).is_empty() && !said(turn).contains("\"arguments\""), "{turn}");
    } else {
        let code = turn["error"]["code"].as_str().unwrap();
        assert!(code.starts_with("budget_") || code == "model_bad_output", "{turn}");
    }
    assert_eq!(all(events, "turn_end").len(), 1);
}

/// Each whole answer is JSON of a shape that was asked for, and a result comes back with the next call.
fn check_constrained(heard: &[Heard]) {
    for call in heard {
        assert!(call.asked["tools"].is_null(), "the model has no tools of its own");
        assert!(call.asked["response_format"]["json_schema"]["schema"]["anyOf"].is_array());
    }
    let whole: Vec<Value> = heard.iter().filter_map(|call| serde_json::from_str(&call.words()).ok()).collect();
    assert!(whole.iter().any(|answer| answer["name"] == "calculator"), "{heard:?}");
    let has_shape = |answer: &Value| {
        matches!(answer["name"].as_str(), Some("calculator" | "reply")) && answer["arguments"].is_object()
    };
    assert!(whole.iter().all(has_shape), "{whole:?}");
    let last_of = |call: &Heard| call.asked["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    assert!(heard.iter().any(|call| last_of(call).contains("`calculator` answered")), "no result went back: {heard:?}");
}

#[tokio::test]
async fn a_model_server_that_dies_in_the_middle_ends_the_turn_once_and_other_agents_go_on() {
    let mut model = OwnModel::endless().await;
    let server = server(&model.url(), 100_000);
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "talk for ever" })).await;
    let mut events = ws.until("content_chunk").await;
    model.kill();
    events.extend(ws.until("turn_end").await);
    let end = only(&events, "turn_end");
    assert_eq!(
        (end["status"].as_str(), only(&events, "error")["code"].as_str()),
        (Some("failed"), Some("model_unavailable"))
    );
    let half = only(&events, "message_complete");
    assert_eq!((&half["status"], &half["content"]), (&json!("interrupted"), &json!(text(&events))));
    let turn = server.say(&id, "cost 500, commission 15%, logistics 60, tax 6%, margin 25%").await;
    assert_eq!(turn["status"], "completed");
    let turn = server.say(&id, "talk to me again").await;
    assert_eq!((turn["status"].as_str(), turn["error"]["code"].as_str()), (Some("failed"), Some("model_unavailable")));
    let events = server.events(&id).await;
    assert_dense(&events);
    assert_eq!(all(&events, "turn_end").len(), 3, "each turn ended once");
}

#[tokio::test]
async fn two_conversations_at_once_do_not_mix() {
    let model = Relay::before(required("TEST_MODEL_URL")).await;
    let server = server(model.url(), 100);
    let asked = ["Let us talk: tell me a long story about a lighthouse.", "Let us talk: how is bread made?"];
    let ids = [new_id(), new_id()];
    let (first, second) = tokio::join!(listen(&server, &ids[0], asked[0]), listen(&server, &ids[1], asked[1]));
    for (place, shown) in [first, second].iter().enumerate() {
        check_whole(&server, &ids[place], shown).await;
        assert!(shown.iter().all(|event| event["conversationId"] == json!(ids[place])), "{shown:?}");
        let turn = &shown[0]["turnId"];
        assert!(shown.iter().all(|event| event["turnId"] == *turn), "{shown:?}");
        let heard = model.heard();
        let own = heard.iter().find(|call| call.asked.to_string().contains(asked[place])).unwrap();
        assert!(!own.asked.to_string().contains(asked[1 - place]), "one is told of the other: {}", own.asked);
        assert_eq!(text(shown), own.words());
    }
}
