//! A graph that is edited while a run waits in a node that the new one does not have.

use serde_json::Value;

use super::{config, decide, find, follow, say, words};
use crate::support::{client::new_id, server::TestServer, shop::Shop};

/// The graph with one node alone, and what the agent may use as it was.
fn with_one_node(config: &str) -> String {
    let (begin, rest) = (config.find("      start: ask\n").unwrap(), config.find("tools:\n  orders:").unwrap());
    let graph = "      start: fresh\n      nodes: { fresh: { say: Something else. } }\n";
    format!("{}{graph}{}", &config[..begin], &config[rest..])
}

/// What is said after the restart, by a run that waits and by a new one.
async fn edited(shop: &Shop, messages: &[&str]) -> (TestServer, String, Vec<Value>) {
    let old = config(shop, "idempotent");
    let mut server = TestServer::with(&old);
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    let mut last = Vec::new();
    for message in messages {
        last = say(&mut ws, message).await;
    }
    server.kill();
    server.restart(Some(&with_one_node(&old))).await;
    let fresh = server.say(&new_id(), "sell it").await;
    assert!(fresh["messages"].to_string().contains("Something else."), "{fresh}");
    (server, id, last)
}

#[tokio::test]
async fn a_form_whose_node_is_gone_from_the_new_graph_goes_on_in_the_old_one() {
    let shop = Shop::open(true).await;
    let (server, id, _) = edited(&shop, &["sell it"]).await;
    let answered = server.say(&id, "500").await;
    assert_eq!(answered["status"], "waiting", "{answered}");
    assert!(answered["messages"].to_string().contains("I would ask 1000 for it."), "{answered}");
}

#[tokio::test]
async fn an_approval_whose_node_is_gone_from_the_new_graph_is_for_what_was_shown() {
    let shop = Shop::open(true).await;
    let (server, id, asked) = edited(&shop, &["sell it", "500"]).await;
    let mut ws = server.ws(&id).await;
    ws.subscribe(Some(server.events(&id).await.len() as u64)).await;
    decide(&server, &id, find(&asked, "approval_request"), "approved").await.expect(202);
    assert_eq!(words(&ws.until("turn_end").await), ["Ordered."]);
    assert_eq!(shop.orders().len(), 1);
    let anew = server.say(&id, "sell it").await;
    assert!(anew["messages"].to_string().contains("Something else."), "{anew}");
}
