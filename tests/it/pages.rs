//! What pages in a browser may do, and who counts as being on this machine.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    client::{client, new_id, said},
    embedded::{Embedded, three_agents},
};

const SHOP: &str = "https://shop.example";

fn with_shop() -> Embedded {
    Embedded::with(three_agents(), |options| options.cors_origins = vec![SHOP.to_owned()])
}

#[tokio::test]
async fn a_page_of_another_origin_may_not_call() {
    let server = with_shop();
    let id = new_id();
    let path = format!("/api/conversations/{id}/messages");
    let body = json!({ "content": "say=1" }).to_string();
    let evil = [("origin", "https://evil.example")];
    server.call(Method::POST, &path, Some(&body), &evil).await.expect_problem(403, "forbidden");
    server.call(Method::GET, &format!("/api/stream/{id}"), None, &evil).await.expect_problem(403, "forbidden");
    server.call(Method::GET, &format!("/api/ws/{id}"), None, &evil).await.expect_problem(403, "forbidden");
    server.call(Method::POST, &path, Some(&body), &[("origin", SHOP)]).await.expect(202);
    let own = server.url.clone();
    server.call(Method::POST, &path, Some(&body), &[("origin", &own)]).await.expect(202);
    assert_eq!(said(&server.say(&id, "say=fine").await), "fine");
}

#[tokio::test]
async fn a_page_of_a_named_origin_is_allowed_and_may_read_the_answer() {
    let server = with_shop();
    let id = new_id();
    server.say(&id, "say=fine").await;
    for path in [format!("/api/conversations/{id}"), format!("/api/stream/{id}?after=0"), "/nowhere".to_owned()] {
        let answer = client().get(format!("{}{path}", server.url)).header("origin", SHOP).send().await.unwrap();
        assert_eq!(answer.headers().get("access-control-allow-origin").unwrap(), SHOP, "{path}");
    }
    let own = client().get(format!("{}/api/agents", server.url)).header("origin", &server.url).send().await.unwrap();
    assert_eq!(own.status(), 200);
    assert!(own.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn a_browser_that_asks_first_is_told_what_a_page_may_send() {
    let server = with_shop();
    let ask = |origin: &'static str, method: &'static str| {
        let url = format!("{}/api/conversations/{}/messages", server.url, new_id());
        let asked = client().request(Method::OPTIONS, url).header("origin", origin);
        let asked = asked.header("access-control-request-method", method);
        asked.header("access-control-request-headers", "content-type,authorization,idempotency-key").send()
    };
    let allowed = ask(SHOP, "POST").await.unwrap();
    assert!(allowed.status().is_success(), "{}", allowed.status());
    assert_eq!(allowed.headers().get("access-control-allow-origin").unwrap(), SHOP);
    assert!(allowed.headers().get("access-control-allow-methods").unwrap().to_str().unwrap().contains("POST"));
    for (origin, method) in [("https://evil.example", "POST"), (SHOP, "PATCH")] {
        let refused = ask(origin, method).await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{origin} {method}");
        assert!(refused.headers().get("access-control-allow-origin").is_none(), "{origin} {method}");
    }
}

/// A name that resolves to this machine (DNS rebinding) and a proxy on it both make a stranger's connection come from here.
#[tokio::test]
async fn who_comes_by_a_foreign_name_or_through_a_proxy_is_not_local() {
    let server = Embedded::start();
    let cases = [
        ("host", "evil.example", 401),
        ("host", "127.0.0.1.evil.example:8080", 401),
        ("x-forwarded-for", "203.0.113.7", 401),
        ("forwarded", "for=203.0.113.7", 401),
        ("x-real-ip", "203.0.113.7", 401),
        ("host", "localhost:1234", 200),
        ("host", "[::1]", 200),
    ];
    for (name, value, status) in cases {
        let answer = server.call(Method::GET, "/api/agents", None, &[(name, value)]).await;
        assert_eq!(answer.status, status, "{name}: {value}: {}", answer.body);
        let token = ("authorization", "Bearer admin-token-of-this-test");
        server.call(Method::GET, "/api/agents", None, &[(name, value), token]).await.expect(200);
    }
    let rebound = [("host", "evil.example"), ("origin", "http://evil.example")];
    let path = format!("/api/conversations/{}/messages", new_id());
    let body = json!({ "content": "say=1" }).to_string();
    server.call(Method::POST, &path, Some(&body), &rebound).await.expect_problem(401, "unauthorized");
    server
        .call(Method::GET, &format!("/api/ws/{}", new_id()), None, &rebound)
        .await
        .expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let server = Embedded::start();
    let id = new_id();
    let cases = [
        (Method::PUT, "/api/conversations".to_owned(), "GET, POST"),
        (Method::GET, format!("/api/conversations/{id}/end"), "POST"),
        (Method::PATCH, format!("/api/conversations/{id}"), "GET, DELETE"),
        (Method::POST, format!("/api/ws/{id}"), "GET"),
        (Method::DELETE, "/api/admin/agents/alpha".to_owned(), "GET"),
    ];
    for (method, path, allowed) in cases {
        let answer = client().request(method.clone(), format!("{}{path}", server.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(answer.headers().get("allow").unwrap(), allowed, "{method} {path}");
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["code"], "method_not_allowed");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(client().head(format!("{}{path}", server.url)).send().await.unwrap().status(), 200, "{path}");
    }
}
