//! Branches side by side when a crash comes: what one of them is doing is not forgotten because another went on.

use serde_json::Value;

use super::{follow, orders, say, send, words};
use crate::support::{
    client::{assert_dense, new_id},
    server::{CONCIERGE, TestServer},
    shop::Shop,
};

/// Orders in one branch, and talks in the other one meanwhile.
fn config(shop: &Shop, effect: &str) -> String {
    let port = shop.port();
    format!(
        "{CONCIERGE}
  - id: seller
    kind: workflow
    name: Seller
    intents: [sell]
    tools: [{{ name: orders }}]
    workflow:
      type: graph
      start: both
      nodes:
        both: {{ parallel: {{ branches: [order, talk] }}, then: done }}
        order:
          tool: {{ name: orders, arguments: {{ url: 'http://127.0.0.1:{port}/orders', method: POST }} }}
          then: ordered
          on_error: failed
        ordered: {{ say: Ordered. }}
        failed: {{ say: 'It failed: {{{{ error.code }}}}.' }}
        talk: {{ say: One., then: more }}
        more: {{ say: Two. }}
        done: {{ say: Done. }}
{}",
        orders(port, effect)
    )
}

/// Kills the server while the shop has an order that it does not answer, and the other branch has come to its end. Answers
/// what was said in all, and the keys of the orders.
async fn killed_while_one_branch_is_ahead(effect: &str) -> (Vec<String>, Vec<String>) {
    let shop = Shop::open(false).await;
    let mut server = TestServer::with(&config(&shop, effect));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    send(&mut ws, "sell it").await;
    while ws.until("step_complete").await.last().unwrap()["node"] != "more" {}
    shop.until_orders(1).await;
    server.kill();
    shop.answer();
    server.restart(None).await;
    follow(&server, &id).await.until("turn_end").await;
    let events: Vec<Value> = server.events(&id).await;
    assert_dense(&events);
    (words(&events).into_iter().map(str::to_owned).collect(), shop.orders())
}

#[tokio::test]
async fn an_order_under_way_in_one_branch_is_not_made_again_because_the_other_went_on() {
    let (said, orders) = killed_while_one_branch_is_ahead("non_idempotent").await;
    assert_eq!(said, ["One.", "Two.", "It failed: tool_outcome_unknown.", "Done."]);
    assert_eq!(orders.len(), 1);
}

#[tokio::test]
async fn a_branch_that_fails_is_for_the_step_around_it_once_the_other_has_ended() {
    let shop = Shop::open(false).await;
    let config = config(&shop, "non_idempotent")
        .replace("          on_error: failed\n", "          timeout: 300ms\n")
        .replace("[order, talk] }, then: done }", "[order, talk] }, then: done, on_error: failed }");
    let server = TestServer::with(&config);
    let mut ws = follow(&server, &new_id()).await;
    let events = say(&mut ws, "sell it").await;
    assert_eq!(words(&events), ["One.", "Two.", "It failed: tool_failed."], "{events:#?}");
    assert_eq!(events.last().unwrap()["status"], "completed");
}

#[tokio::test]
async fn an_order_that_may_be_made_again_has_its_first_key_whatever_the_other_branch_did() {
    let (said, mut orders) = killed_while_one_branch_is_ahead("idempotent").await;
    assert_eq!(said, ["One.", "Two.", "Ordered.", "Done."]);
    assert_eq!(orders.len(), 2);
    orders.dedup();
    assert_eq!(orders.len(), 1, "two keys");
}
