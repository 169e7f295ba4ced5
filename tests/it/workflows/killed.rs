//! A server that is killed after every single step, and a graph that is edited while a run waits.

use serde_json::{Value, json};

use super::{config, find, follow, say, send, words};
use crate::support::{
    client::{assert_dense, new_id},
    kills::Kills,
    server::TestServer,
    shop::Shop,
};

#[tokio::test]
async fn a_workflow_that_is_killed_after_every_step_says_everything_and_orders_once() {
    let shop = Shop::open(true).await;
    let mut server = TestServer::with(&config(&shop, "idempotent"));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    let mut kills = Kills::default();
    for message in ["sell it", "500"] {
        send(&mut ws, message).await;
        kills.until_turn_end(&mut server, &id, &mut ws).await;
    }
    let events = server.events(&id).await;
    let question = find(&events, "approval_request");
    let path = format!("/api/conversations/{id}/approvals/{}", question["approvalId"].as_str().unwrap());
    let body = json!({ "decision": "approved", "argumentsHash": question["argumentsHash"] });
    server.post(&path, body).await.expect(202);
    kills.until_turn_end(&mut server, &id, &mut ws).await;
    let events = server.events(&id).await;
    assert_dense(&events);
    assert!(kills.moments.len() > 8, "{kills:?}");
    let said = ["What does it cost you?", "I would ask 1000 for it.", "Order at 1000?", "Ordered."];
    assert_eq!(words(&events), said, "{events:#?}");
    let mut keys = shop.orders();
    keys.dedup();
    assert_eq!(keys.len(), 1, "each attempt has the same key: {:?}", shop.orders());
    assert_eq!(events.iter().filter(|event| event["type"] == "approval_request").count(), 1);
}

#[tokio::test]
async fn a_call_of_which_nobody_knows_whether_it_took_effect_is_for_the_graph() {
    let shop = Shop::open(false).await;
    let mut server = TestServer::with(&config(&shop, "non_idempotent"));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    say(&mut ws, "sell it").await;
    let events = say(&mut ws, "500").await;
    let question = find(&events, "approval_request");
    ws.send(json!({ "op": "approve", "approvalId": question["approvalId"], "decision": "approved",
                    "argumentsHash": question["argumentsHash"] }))
        .await;
    shop.until_orders(1).await;
    server.kill();
    shop.answer();
    server.restart(None).await;
    let mut ws = follow(&server, &id).await;
    let mut all = Vec::new();
    while words(&all).last() != Some(&"It failed: tool_outcome_unknown.") {
        all.extend(ws.until("turn_end").await);
    }
    assert_eq!(shop.orders().len(), 1);
}

#[tokio::test]
async fn a_run_that_waits_stays_on_its_graph_and_the_next_one_takes_the_new() {
    let shop = Shop::open(true).await;
    let old = config(&shop, "idempotent");
    let mut server = TestServer::with(&old);
    let (waits, fresh) = (new_id(), new_id());
    say(&mut follow(&server, &waits).await, "sell it").await;
    server.kill();
    server.restart(Some(&old.replace("cost * 2", "cost * 3"))).await;
    let turn = async |id: &str, content: &str| server.say(id, content).await["messages"].clone();
    let text = |messages: Value| messages.to_string();
    assert!(text(turn(&waits, "500").await).contains("I would ask 1000 for it."));
    turn(&fresh, "sell it").await;
    assert!(text(turn(&fresh, "500").await).contains("I would ask 1500 for it."));
}

#[tokio::test]
async fn a_run_whose_graph_names_what_is_gone_says_so_and_the_next_message_begins_anew() {
    let shop = Shop::open(true).await;
    let old = config(&shop, "idempotent");
    let mut server = TestServer::with(&old);
    let id = new_id();
    say(&mut follow(&server, &id).await, "sell it").await;
    let new =
        old.replace("      start: ask\n", "      start: tell\n").replace("tools: [{ name: orders }]", "tools: []");
    let begin = new.find("        ask:").unwrap();
    let (nodes, rest) = new.split_at(begin);
    let tools = &rest[rest.find("tools:\n").unwrap()..];
    let new = format!("{nodes}        tell: {{ say: Something else. }}\n{tools}");
    server.kill();
    server.restart(Some(&new)).await;
    let changed = server.say(&id, "500").await;
    assert_eq!(changed["error"]["code"], "workflow_changed", "{changed}");
    let anew = server.say(&id, "sell it").await;
    assert!(anew["messages"].to_string().contains("Something else."), "{anew}");
}
