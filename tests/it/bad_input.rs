//! Bad input gets a clear answer with a stable code and loses nothing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::new_id,
    embedded::{Embedded, three_agents},
};

#[tokio::test]
async fn a_frame_that_makes_no_sense_is_rejected_and_the_socket_stays() {
    let server = Embedded::start();
    let mut ws = server.ws(&new_id()).await;
    let content = "x".repeat(33 * 1024);
    let long = json!({ "op": "message", "clientMessageId": "m", "content": content, "ref": 5 }).to_string();
    let cases = [
        ("{", "invalid_json", Value::Null),
        (r#"{"op":"shout","ref":"r"}"#, "unknown_op", json!("r")),
        (r#"{"op":"message","clientMessageId":"m","content":"x"}"#, "subscribe_first", Value::Null),
        (r#"{"op":"cancel","turnId":"17"}"#, "invalid_field", Value::Null),
        (r#"{"op":"subscribe","after":-1}"#, "invalid_field", Value::Null),
        (r#"{"op":"subscribe"}"#, "", Value::Null),
        (r#"{"op":"subscribe"}"#, "invalid_field", Value::Null),
        (r#"{"op":"message","content":"x"}"#, "invalid_field", Value::Null),
        (r#"{"op":"message","clientMessageId":"m","content":"a\u0000b","ref":1}"#, "invalid_text", json!(1)),
        (r#"{"op":"message","clientMessageId":"m","content":" "}"#, "invalid_text", Value::Null),
        (
            r#"{"op":"message","clientMessageId":"m","content":"x","metadata":{"a":"\u0000"}}"#,
            "invalid_text",
            Value::Null,
        ),
        (r#"{"op":"message","clientMessageId":"m","content":"x","policy":"never"}"#, "invalid_field", Value::Null),
        (r#"{"op":"cancel"}"#, "invalid_field", Value::Null),
        (
            r#"{"op":"approve","approvalId":"0191e4c0-7d1c-7cc3-9a55-0f4f7a1c2b3d","decision":"approved","argumentsHash":"h"}"#,
            "not_found",
            Value::Null,
        ),
        (long.as_str(), "too_large", json!(5)),
    ];
    for (frame, code, reference) in cases {
        ws.send_text(frame).await;
        if code.is_empty() {
            continue;
        }
        let shown: String = frame.chars().take(80).collect();
        let reject = ws.op("reject", &mut Vec::new()).await;
        assert_eq!((reject["code"].as_str(), &reject["ref"]), (Some(code), &reference), "{shown}: {reject}");
        assert!(!reject["message"].as_str().unwrap().is_empty());
    }
    ws.send_text(&format!(r#"{{"op":"ping","ref":"{}"}}"#, "x".repeat(65 * 1024))).await;
    assert_eq!(ws.op("reject", &mut Vec::new()).await["code"], "too_large");
    ws.send_binary(vec![1, 2, 3]).await;
    assert_eq!(ws.op("reject", &mut Vec::new()).await["code"], "invalid_json");
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "say=fine" })).await;
    let mut seen = Vec::new();
    while seen.last().is_none_or(|event: &Value| event["type"] != "turn_end") {
        seen.push(ws.next().await);
    }
    assert!(seen.iter().any(|event| event["content"] == "fine"), "{seen:?}");
}

#[tokio::test]
async fn a_frame_over_a_mebibyte_closes_the_socket() {
    let server = Embedded::start();
    let mut ws = server.ws(&new_id()).await;
    ws.send_text(&"x".repeat(1024 * 1024 + 1)).await;
    assert_eq!(u16::from(ws.closed().await.unwrap().code), 4413);
}

#[tokio::test]
async fn a_socket_without_a_subscribe_is_closed() {
    let server = Embedded::with(three_agents(), |options| {
        options.sessions.subscribe_timeout = std::time::Duration::from_millis(200);
        options.sessions.wait_for_conversation = std::time::Duration::from_millis(300);
    });
    let mut ws = server.ws(&new_id()).await;
    assert_eq!(u16::from(ws.closed().await.unwrap().code), 4400);
    let mut ws = server.ws(&new_id()).await;
    ws.send(json!({ "op": "subscribe" })).await;
    assert_eq!(u16::from(ws.closed().await.unwrap().code), 4404);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_gets_a_problem() {
    let server = Embedded::start();
    let id = new_id();
    let messages = format!("/api/conversations/{id}/messages");
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    let cases: [(&str, &str, u16, &str); 11] = [
        (&messages, "{", 400, "invalid_json"),
        (&messages, &deep, 400, "invalid_json"),
        (&messages, "{}", 400, "invalid_field"),
        (&messages, r#"{"content":1}"#, 400, "invalid_field"),
        (&messages, r#"{"content":"x","surprise":1}"#, 400, "invalid_field"),
        (&messages, r#"{"content":"\u0000"}"#, 400, "invalid_text"),
        (&messages, r#"{"content":"  "}"#, 400, "invalid_text"),
        (&messages, r#"{"content":"x","metadata":{"a":[{"\u0000":1}]}}"#, 400, "invalid_text"),
        ("/api/conversations", r#"{"metadata":{"a":"\u0000"}}"#, 400, "invalid_text"),
        (&messages, r#"{"content":"x","clientMessageId":"a b"}"#, 400, "invalid_field"),
        ("/api/conversations/17/messages", r#"{"content":"x"}"#, 400, "invalid_field"),
    ];
    for (path, body, status, code) in cases {
        server.call(Method::POST, path, Some(body), &[]).await.expect_problem(status, code);
    }
    let long = json!({ "content": "x".repeat(32 * 1024 + 1) });
    server.post(&messages, long).await.expect_problem(413, "too_large");
    let longer = json!({ "content": "x".repeat(300 * 1024) });
    server.post(&messages, longer).await.expect_problem(413, "too_large");
    let exact = json!({ "content": "x".repeat(32 * 1024) });
    server.post(&messages, exact).await.expect(202);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let server = Embedded::start();
    let unknown = new_id();
    server.get("/nowhere").await.expect_problem(404, "not_found");
    server.get("/api/conversations/a/b/c").await.expect_problem(404, "not_found");
    for path in ["", "/messages", "/interactions", "/events"] {
        server.get(&format!("/api/conversations/{unknown}{path}")).await.expect_problem(404, "not_found");
    }
    server.post(&format!("/api/conversations/{unknown}/end"), json!({})).await.expect_problem(404, "not_found");
    server
        .call(Method::DELETE, &format!("/api/conversations/{unknown}"), None, &[])
        .await
        .expect_problem(404, "not_found");
    server.get("/api/conversations?limit=0").await.expect_problem(400, "invalid_field");
    server.get("/api/conversations?limit=501").await.expect_problem(400, "invalid_field");
    server.get("/api/conversations?cursor=nonsense").await.expect_problem(400, "invalid_field");
    server.get("/api/conversations?surprise=1").await.expect_problem(400, "invalid_field");
    server.get(&format!("/api/conversations/{unknown}/events?limit=10001")).await.expect_problem(400, "invalid_field");
    let headers = [("last-event-id", "nonsense")];
    server
        .call(Method::GET, &format!("/api/stream/{unknown}"), None, &headers)
        .await
        .expect_problem(400, "invalid_field");
}

#[tokio::test]
async fn the_admin_api_asks_for_its_token() {
    let server = Embedded::start();
    for path in ["/api/admin/agents", "/api/admin/supervision", "/api/admin/conversations"] {
        server.get(path).await.expect_problem(401, "unauthorized");
        let wrong = [("authorization", "Bearer wrong")];
        server.call(Method::GET, path, None, &wrong).await.expect_problem(401, "unauthorized");
        server.admin(Method::GET, path, None).await.expect(200);
    }
    server.post("/api/admin/agents/beta/disable", json!({})).await.expect_problem(401, "unauthorized");
    let problem = server.admin(Method::GET, "/api/admin/agents/nobody", None).await.expect_problem(404, "not_found");
    assert!(problem["detail"].as_str().unwrap().contains("alpha, beta, gamma"));
    let mode = json!({ "mode": "sideways" });
    server.admin(Method::POST, "/api/admin/agents/beta/disable", Some(mode)).await.expect_problem(400, "invalid_field");
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let server = Embedded::start();
    let client = crate::support::client::client();
    let path = format!("{}/api/conversations/{}/messages", server.url, new_id());
    let response =
        client.post(path).header("content-type", "text/plain").body(r#"{"content":"x"}"#).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], "invalid_json");
}
