//! Who is let in, and how often.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::kit::{check_fields, got, start_with};

const PROBLEM: &[&str] = &["title", "detail", "code", "requestId", "origin", "status", "statusText", "timestamp"];

#[tokio::test]
async fn only_the_seller_s_token_is_let_in() {
    let kit = start_with(|options| options.token = Some("s3cret".to_owned().into())).await;
    let path = "/content/v2/object/parent/all";
    for (token, status) in [("", 401), ("other", 401), ("s3cret", 200), ("Bearer s3cret", 200)] {
        let url = format!("{}{path}", kit.sandbox.base_url());
        let answer = got(kit.client.get(url).header("Authorization", token)).await;
        assert_eq!(answer.status, status, "{token:?}");
        if status == 401 {
            check_fields(&answer.body, PROBLEM);
            assert_eq!((&answer.body["title"], &answer.body["status"]), (&json!("unauthorized"), &json!(401)));
        }
    }
    let url = format!("{}{path}", kit.sandbox.base_url());
    assert_eq!(got(kit.client.get(url)).await.status, 401);
}

#[tokio::test]
async fn a_call_too_many_is_told_when_to_come_again() {
    let kit = start_with(|_| ()).await;
    for remaining in ["1", "0"] {
        let answer = kit.get("/api/v1/tariffs/commission").await;
        assert_eq!((answer.status, answer.header("X-Ratelimit-Remaining")), (200, remaining));
    }
    let answer = kit.get("/api/v1/tariffs/commission").await;
    assert_eq!(answer.status, 429);
    check_fields(&answer.body, PROBLEM);
    let headers = ["X-Ratelimit-Remaining", "X-Ratelimit-Limit", "X-Ratelimit-Retry", "X-Ratelimit-Reset"];
    assert_eq!(headers.map(|name| answer.header(name)), ["0", "2", "60", "120"]);
    // Another category, and another token, have buckets of their own.
    assert_eq!(kit.get("/api/v1/tariffs/box?date=2026-03-18").await.status, 200);
    let url = format!("{}/api/v1/tariffs/commission", kit.sandbox.base_url());
    assert_eq!(got(kit.client.get(url).header("Authorization", "another")).await.status, 200);
    kit.advance(Duration::from_mins(1));
    assert_eq!(kit.get("/api/v1/tariffs/commission").await.status, 200);
    let calls = kit.sandbox.shop().state()["calls"]["/api/v1/tariffs/commission"].clone();
    assert_eq!(calls, json!({ "requests": 5, "effects": 0, "faults": 0, "limited": 1 }));
}

#[tokio::test]
async fn content_methods_share_one_bucket_and_uploads_have_their_own() {
    let kit = start_with(|_| ()).await;
    for path in ["object/parent/all", "object/all", "directory/colors", "directory/kinds", "cards/limits"] {
        assert_eq!(kit.get(&format!("/content/v2/{path}")).await.status, 200, "{path}");
    }
    assert_eq!(kit.get("/content/v2/object/all").await.status, 429);
    assert_eq!(kit.post("/content/v2/cards/upload", &json!([])).await.status, 400);
    kit.advance(Duration::from_millis(600));
    assert_eq!(kit.get("/content/v2/object/all").await.status, 200);
}

#[tokio::test]
async fn two_sandboxes_of_one_seed_are_alike_and_of_two_seeds_are_not() {
    let seeded = async |seed| {
        let kit = start_with(|options| {
            options.seed = seed;
            options.limit_interval_percent = 0;
        })
        .await;
        let mut all = Vec::new();
        for path in ["orders", "sales", "stocks"] {
            all.push(kit.get(&format!("/api/v1/supplier/{path}?dateFrom=2025-01-01")).await.body);
        }
        all.push(kit.sandbox.shop().state()["cards"].clone());
        kit.sandbox.stop().await;
        all
    };
    let (first, again, other) = (seeded(7).await, seeded(7).await, seeded(8).await);
    assert!(first == again, "one seed gave two shops");
    assert!((0..4).all(|at| first[at] != other[at]), "two seeds gave one shop");
}

#[tokio::test]
async fn the_state_is_shown_and_a_stopped_sandbox_is_gone() {
    let kit = start_with(|_| ()).await;
    let url = format!("{}/sandbox/state", kit.sandbox.base_url());
    let state = got(kit.client.request(Method::GET, &url)).await.body;
    check_fields(
        &state,
        &["seed", "openedAt", "cards", "prices", "queue", "errors", "uploads", "orders", "calls", "faults"],
    );
    assert_eq!(state["cards"].as_array().unwrap().len(), 20);
    kit.sandbox.stop().await;
    assert!(kit.client.get(&url).send().await.is_err());
}
