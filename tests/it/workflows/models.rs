//! Steps that ask a model: text as it comes, JSON that fits a schema, and models that do not keep to it.

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use serde_json::json;

use super::{find, follow, say, send, words};
use crate::support::{
    client::{PATIENCE, assert_dense, new_id, types},
    server::{CONCIERGE, TestServer},
};

/// Reads a product out of a message, writes about it, and says that it is done.
fn config(model: &FakeModel) -> String {
    format!(
        "{CONCIERGE}
  - id: writer
    kind: workflow
    intents: [write]
    model: fake
    temperature: 0
    workflow:
      type: graph
      start: read
      state: {{ product: {{}}, text: {{}} }}
      nodes:
        read:
          model:
            system: You read.
            prompt: 'Read: {{{{ user.message }}}}'
            schema: {{ type: object, required: [title], properties: {{ title: {{ type: string }} }} }}
            into: product
          then: write
          on_error: sorry
        write:
          model: {{ prompt: 'Describe {{{{ product.title }}}}', into: text, show: true }}
          then: done
          on_error: sorry
        done: {{ say: 'Done: {{{{ product.title }}}}, {{{{ text | length }}}} letters.' }}
        sorry: {{ say: 'No: {{{{ error.code }}}}.' }}
models:
  fake: {{ base_url: '{}', model: m, retries_max: 1, retry_backoff_min: 50ms, chunk_timeout: 1h, call_timeout: 1h }}
",
        model.url()
    )
}

const BALL: &str = r#"{"title":"Ball"}"#;

#[tokio::test]
async fn an_answer_that_is_shown_comes_in_pieces_and_one_with_a_schema_is_data() {
    let model = FakeModel::start(vec![
        Script::text(BALL).usage(10, 2),
        Script::text("A fine ball.").tokens_every(Duration::from_millis(20)).usage(5, 3),
    ])
    .await;
    let server = TestServer::with(&config(&model));
    let mut ws = follow(&server, &new_id()).await;
    let events = say(&mut ws, "write about a ball").await;
    assert_eq!(words(&events), ["A fine ball.", "Done: Ball, 12 letters."]);
    assert!(types(&events).iter().filter(|kind| **kind == "content_chunk").count() > 2, "{events:?}");
    let usage = &find(&events, "agent_complete")["usage"];
    assert_eq!((&usage["inputTokens"], &usage["outputTokens"]), (&json!(15), &json!(5)));
    let [read, write] = &model.requests()[..] else { panic!("two questions") };
    let expected = json!([{ "role": "system", "content": "You read." },
                          { "role": "user", "content": "Read: write about a ball" }]);
    assert_eq!((&read.body["messages"], &read.body["temperature"]), (&expected, &json!(0.0)));
    assert_eq!(read.body["response_format"]["json_schema"]["schema"]["required"], json!(["title"]));
    assert_eq!(write.body["response_format"], json!(null));
}

#[tokio::test]
async fn what_does_not_fit_is_told_to_the_model_twice() {
    let model = FakeModel::start(vec![
        Script::text("I would call it Ball."),
        Script::text(r#"{"title": 5}"#),
        Script::text(BALL),
        Script::text("Fine."),
    ])
    .await;
    let server = TestServer::with(&config(&model));
    let mut ws = follow(&server, &new_id()).await;
    assert_eq!(words(&say(&mut ws, "write").await), ["Fine.", "Done: Ball, 5 letters."]);
    let requests = model.requests();
    let last = |at: usize| requests[at].body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    assert!(last(1).contains("it is no JSON"), "{}", last(1));
    assert!(last(2).contains("at `/title`"), "{}", last(2));
}

#[tokio::test]
async fn a_model_that_never_fits_is_for_the_graph_and_else_ends_the_turn() {
    let model = FakeModel::start((0..6).map(|_| Script::text("[]")).collect()).await;
    let server = TestServer::with(&config(&model));
    let mut ws = follow(&server, &new_id()).await;
    assert_eq!(words(&say(&mut ws, "write").await), ["No: model_bad_output."]);
    assert_eq!(model.requests().len(), 3);
    let careless =
        config(&model).replace("\n          then: write\n          on_error: sorry", "\n          then: write");
    let server = TestServer::with(&careless);
    let turn = server.say(&new_id(), "write").await;
    assert_eq!((&turn["status"], &turn["error"]["code"]), (&json!("failed"), &json!("model_bad_output")));
}

#[tokio::test]
async fn a_server_that_refuses_the_schema_is_asked_in_words() {
    let model = FakeModel::start(vec![
        Script::status(400),
        Script::text(&format!("Here you are:\n```json\n{BALL}\n```")),
        Script::text("Fine."),
    ])
    .await;
    let server = TestServer::with(&config(&model));
    let mut ws = follow(&server, &new_id()).await;
    assert_eq!(words(&say(&mut ws, "write").await), ["Fine.", "Done: Ball, 5 letters."]);
    let second = &model.requests()[1].body;
    assert_eq!(second["response_format"], json!(null));
    assert!(second["messages"][0]["content"].as_str().unwrap().contains("\"required\":[\"title\"]"), "{second}");
}

#[tokio::test]
async fn a_model_that_is_not_there_is_for_the_graph() {
    let model = FakeModel::start(vec![]).await;
    let nowhere = config(&model).replace(model.url(), &FakeModel::refused_url().await);
    let server = TestServer::with(&nowhere);
    let mut ws = follow(&server, &new_id()).await;
    assert_eq!(words(&say(&mut ws, "write").await), ["No: model_unavailable."]);
}

#[tokio::test]
async fn a_question_that_a_crash_cut_is_asked_again_and_those_before_it_are_not() {
    let half = Script::text("A fine ball.").tokens_every(Duration::from_millis(1)).stall_after(2);
    let model = FakeModel::start(vec![Script::text(BALL), half, Script::text("A fine ball.")]).await;
    let mut server = TestServer::with(&config(&model));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    send(&mut ws, "write").await;
    ws.until("content_chunk").await;
    server.kill();
    server.restart(None).await;
    let mut ws = follow(&server, &id).await;
    ws.until("turn_end").await;
    let events = server.events(&id).await;
    assert_dense(&events);
    assert_eq!(words(&events), ["A fine ball.", "Done: Ball, 12 letters."], "{events:#?}");
    assert_eq!(model.requests().len(), 3);
}

#[tokio::test]
async fn a_cancel_closes_the_models_socket() {
    let model =
        FakeModel::start(vec![Script::text(BALL), Script::endless("ball ").tokens_every(Duration::from_millis(20))])
            .await;
    let server = TestServer::with(&config(&model));
    let mut ws = follow(&server, &new_id()).await;
    send(&mut ws, "write").await;
    let begun = ws.until("content_chunk").await;
    ws.send(json!({ "op": "cancel", "turnId": begun[0]["turnId"] })).await;
    let ended = ws.until("turn_end").await;
    assert_eq!(ended.last().unwrap()["status"], "cancelled");
    let closed = async {
        while model.dropped_clients().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("the socket is closed");
}
