//! Steps that take too long and are tried again: over a tool, over a model, with an approval, and through a crash.

use std::time::Duration;

use fakemodel::{FakeModel, Script};

use super::{find, follow, orders, say, send, words};
use crate::support::{
    client::{assert_dense, new_id},
    server::{CONCIERGE, TestServer},
    shop::Shop,
};

/// Orders by the step `order`, whose kind and time the test says.
fn config(shop: &Shop, effect: &str, order: &str) -> String {
    let (port, url) = (shop.port(), format!("http://127.0.0.1:{}/orders", shop.port()));
    format!(
        "{CONCIERGE}
  - id: seller
    kind: workflow
    name: Seller
    intents: [sell]
    tools: [{{ name: orders }}]
    workflow:
      type: graph
      start: order
      nodes:
        order: {{ {order}, then: done, on_error: failed }}
        done: {{ say: Ordered. }}
        failed: {{ say: 'It failed: {{{{ error.code }}}}.' }}
{}",
        orders(port, effect)
    )
    .replace("ARGUMENTS", &format!("arguments: {{ url: '{url}', method: POST }}"))
}

const CALL: &str = "tool: { name: orders, ARGUMENTS }, timeout: 300ms";

/// What is said of orders that the shop never answers, and how many there were under how many keys.
async fn check(effect: &str, retry: &str, orders: usize) {
    let shop = Shop::open(false).await;
    let server = TestServer::with(&config(&shop, effect, &format!("{CALL}{retry}")));
    let mut ws = follow(&server, &new_id()).await;
    let events = say(&mut ws, "sell it").await;
    assert_eq!(words(&events), ["It failed: tool_failed."], "{effect}{retry}: {events:#?}");
    let result = find(&events, "tool_result").to_string();
    assert!(result.contains("did not answer within 300ms"), "{result}");
    let mut keys = shop.orders();
    assert_eq!(keys.len(), orders, "{effect}{retry}");
    keys.dedup();
    assert_eq!(keys.len(), 1, "{effect}{retry}: each try has the key of the first");
}

#[tokio::test]
async fn a_tool_that_takes_too_long_is_tried_as_often_as_the_step_says_unless_a_call_counts() {
    check("idempotent", "", 1).await;
    check("idempotent", ", retry: { times: 2, wait: 10ms }", 3).await;
    // It may have been done although no answer came: another try could do it twice.
    check("non_idempotent", ", retry: { times: 2, wait: 10ms }", 1).await;
}

#[tokio::test]
async fn a_try_that_a_crash_cut_short_of_is_made_after_it() {
    let shop = Shop::open(false).await;
    let order = format!("{CALL}, retry: {{ times: 1, wait: 2s }}");
    let mut server = TestServer::with(&config(&shop, "idempotent", &order));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    send(&mut ws, "sell it").await;
    ws.until("tool_result").await;
    server.kill();
    shop.answer();
    server.restart(None).await;
    follow(&server, &id).await.until("turn_end").await;
    let events = server.events(&id).await;
    assert_dense(&events);
    assert_eq!(words(&events), ["Ordered."], "{events:#?}");
    let mut keys = shop.orders();
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

#[tokio::test]
async fn a_call_that_was_approved_is_tried_again_without_another_question() {
    let shop = Shop::open(false).await;
    let order = "approve: { tool: orders, ARGUMENTS, say: 'Order?' }, timeout: 300ms, retry: { times: 1, wait: 2s }";
    let server = TestServer::with(&config(&shop, "idempotent", order));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    let asked = say(&mut ws, "sell it").await;
    let question = find(&asked, "approval_request");
    super::decide(&server, &id, question, "approved").await.expect(202);
    ws.until("tool_result").await;
    shop.answer();
    let events = ws.until("turn_end").await;
    assert_eq!(words(&events), ["Ordered."], "{events:#?}");
    let events = server.events(&id).await;
    assert_eq!(events.iter().filter(|event| event["type"] == "approval_request").count(), 1);
    let mut keys = shop.orders();
    keys.dedup();
    assert_eq!(keys.len(), 1);
}

/// Asks a model for a text; `step` says how long it may take and how often.
fn asking(model: &FakeModel, step: &str) -> String {
    format!(
        "{CONCIERGE}
  - id: writer
    kind: workflow
    intents: [write]
    model: fake
    workflow:
      type: graph
      start: write
      state: {{ text: {{}} }}
      nodes:
        write: {{ model: {{ prompt: Write., into: text }}, {step}, then: done, on_error: sorry }}
        done: {{ say: '{{{{ text }}}}' }}
        sorry: {{ say: 'No: {{{{ error.code }}}}.' }}
models:
  fake: {{ base_url: '{}', model: m, retries_max: 0, chunk_timeout: 1h, call_timeout: 1h }}
",
        model.url()
    )
}

#[tokio::test]
async fn a_model_that_takes_too_long_is_asked_as_often_as_the_step_says() {
    let slow = || Script::text("Too late.").tokens_every(Duration::from_millis(1)).stall_after(1);
    for (step, said, questions) in [
        ("timeout: 300ms", "No: timeout.", 1),
        ("timeout: 300ms, retry: { times: 1, wait: 10ms }", "No: timeout.", 2),
        ("timeout: 300ms, retry: { times: 2, wait: 10ms }", "In time.", 3),
    ] {
        let model = FakeModel::start(vec![slow(), slow(), Script::text("In time.")]).await;
        let server = TestServer::with(&asking(&model, step));
        let mut ws = follow(&server, &new_id()).await;
        let events = say(&mut ws, "write").await;
        assert_eq!(words(&events), [said], "{step}: {events:#?}");
        assert_eq!(model.requests().len(), questions, "{step}");
    }
}
