//! The picture of a graph, with the way that a run took.

use reqwest::Method;
use serde_json::{Value, json};

use super::{config, find, follow, say};
use crate::support::{client::new_id, server::TestServer, shop::Shop};

const PATH: &str = "/api/admin/agents/seller/graph";

async fn picture(server: &TestServer, path: &str) -> Value {
    let bearer = format!("Bearer {}", server.admin_token);
    let headers = [("authorization", bearer.as_str()), ("accept", "application/json")];
    server.call(Method::GET, path, None, &headers).await.expect(200)
}

fn visited(picture: &Value) -> Vec<&str> {
    let nodes = picture["nodes"].as_array().unwrap().iter().filter(|node| node["visited"] == true);
    nodes.map(|node| node["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_operator_sees_the_graph_and_the_way_that_the_latest_run_took() {
    let shop = Shop::open(true).await;
    let server = TestServer::with(&config(&shop, "idempotent"));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    let plain = server.admin(Method::GET, PATH, None).await.expect(200);
    let mermaid = plain.as_str().unwrap();
    assert!(mermaid.starts_with("flowchart TD\n  START([\"start\"]) --> S_ask\n"), "{mermaid}");
    assert!(!mermaid.contains("visited"), "{mermaid}");

    say(&mut ws, "sell it").await;
    let path = format!("{PATH}?conversation={id}");
    assert_eq!(visited(&picture(&server, &path).await), [""; 0]);
    let events = say(&mut ws, "500").await;
    let step = find(&events, "step_complete");
    assert_eq!((&step["node"], &step["passed"]), (&json!("ask"), &json!(["sum"])));
    let shown = picture(&server, &path).await;
    assert_eq!(visited(&shown), ["ask", "sum", "tell"]);
    assert_eq!((&shown["agentId"], shown["version"].as_str().unwrap().len()), (&json!("seller"), 32));
    assert_eq!(shown["nodes"][0], json!({ "id": "ask", "kind": "collect", "visited": true }));
    assert!(shown["mermaid"].as_str().unwrap().contains("  class S_sum visited\n"), "{shown}");
}

#[tokio::test]
async fn an_agent_without_a_graph_and_an_unknown_conversation_are_told() {
    let shop = Shop::open(true).await;
    let server = TestServer::with(&config(&shop, "idempotent"));
    server.get(PATH).await.expect_problem(401, "unauthorized");
    let none = server.admin(Method::GET, "/api/admin/agents/concierge/graph", None).await;
    let problem = none.expect_problem(404, "not_found");
    assert_eq!(problem["detail"], "the agent `concierge` follows no graph; those that do: seller");
    let unknown = format!("{PATH}?conversation={}", new_id());
    server.admin(Method::GET, &unknown, None).await.expect_problem(404, "not_found");
    let wrong = format!("{PATH}?conversation=x");
    server.admin(Method::GET, &wrong, None).await.expect_problem(400, "invalid_field");
}
