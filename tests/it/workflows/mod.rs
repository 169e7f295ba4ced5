//! Workflows: they ask, wait, ask for approval, and go on after whatever happened meanwhile.

mod approvals;
mod branches;
mod docs;
mod edited;
mod figures;
mod forms;
mod growth;
mod killed;
mod models;
mod picture;
mod tries;

use serde_json::{Value, json};

use crate::support::{
    client::{Api, Reply, WsClient, new_id},
    server::{CONCIERGE, TestServer},
    shop::Shop,
};

/// Asks what a thing costs, works out a price, and orders once that is approved.
fn config(shop: &Shop, effect: &str) -> String {
    let port = shop.port();
    format!(
        "{CONCIERGE}
  - id: seller
    kind: workflow
    name: Seller
    intents: [sell, продать]
    tools: [{{ name: orders }}]
    workflow:
      type: graph
      start: ask
      publish: [price]
      state:
        cost: {{ schema: {{ type: number, exclusiveMinimum: 0 }} }}
        price: {{ schema: {{ type: number }} }}
        card: {{}}
      nodes:
        ask: {{ collect: {{ fields: {{ cost: {{ ask: \"What does it cost you?\" }} }} }}, then: sum }}
        sum: {{ set: {{ price: '= cost * 2' }}, then: tell }}
        tell: {{ say: 'I would ask {{{{ price }}}} for it.', then: order }}
        order:
          approve:
            tool: orders
            arguments: {{ url: 'http://127.0.0.1:{port}/orders', method: POST }}
            say: 'Order at {{{{ price }}}}?'
            into: card
            rejected: no_order
            expires: 1h
          then: done
          on_error: failed
        done: {{ say: Ordered. }}
        no_order: {{ say: 'Not ordered: {{{{ error.code }}}}.' }}
        failed: {{ say: 'It failed: {{{{ error.code }}}}.' }}
{}",
        orders(port, effect)
    )
}

/// The tool that orders from the shop at this port.
fn orders(port: u16, effect: &str) -> String {
    format!(
        "tools:
  orders:
    kind: http
    hosts_allowed: ['127.0.0.1:{port}']
    private_addresses_allowed: [127.0.0.0/8]
    methods: [POST]
    effect: {effect}
"
    )
}

async fn follow(server: &Api, id: &str) -> WsClient {
    let mut ws = server.ws(id).await;
    // A conversation that is not there yet answers once its first message makes it.
    ws.send(json!({ "op": "subscribe" })).await;
    ws
}

async fn send(ws: &mut WsClient, content: &str) {
    ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": content })).await;
}

/// Sends a message, and reads the events of its turn.
async fn say(ws: &mut WsClient, content: &str) -> Vec<Value> {
    send(ws, content).await;
    ws.until("turn_end").await
}

/// What was said, in order.
fn words(events: &[Value]) -> Vec<&str> {
    let said = events.iter().filter(|event| event["type"] == "message_complete" && event["status"] == "complete");
    said.map(|event| event["content"].as_str().unwrap()).collect()
}

fn find<'a>(events: &'a [Value], kind: &str) -> &'a Value {
    events.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("no {kind} in {events:?}"))
}

/// Decides about a question over HTTP.
async fn decide(api: &Api, id: &str, question: &Value, decision: &str) -> Reply {
    let path = format!("/api/conversations/{id}/approvals/{}", question["approvalId"].as_str().unwrap());
    api.post(&path, json!({ "decision": decision, "argumentsHash": question["argumentsHash"] })).await
}

fn server(shop: &Shop, effect: &str) -> TestServer {
    TestServer::with(&config(shop, effect))
}
