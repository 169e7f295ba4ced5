//! What whoever watches the server reads at `/metrics`.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use switchboard::{actors::policy::RestartPolicy, agent::catalog::AgentLimits};

use crate::support::{
    client::{Api, new_id},
    embedded::Embedded,
    redis::OwnRedis,
    scripted::scripted,
    server::{CONCIERGE, Starting, TestServer},
};

const AVAILABLE: &str = "switchboard_store_available";

async fn post(server: &Api, id: &str, content: &str) {
    server.post(&format!("/api/conversations/{id}/messages"), json!({ "content": content })).await.expect(202);
}

#[tokio::test]
async fn events_commits_and_writes_are_counted_as_they_are_stored() {
    let server = TestServer::with(CONCIERGE);
    let id = new_id();
    server.say(&id, "hello").await;
    let events = server.events(&id).await.len() as u64;
    server.until_metric("switchboard_events_total", events).await;
    let commits = server.metric("switchboard_commits_total").await;
    assert!(commits > 0);
    assert_eq!(server.metric("switchboard_commit_seconds_count").await, commits);
    assert!(server.metric("switchboard_writes_total").await >= commits);
}

#[tokio::test]
async fn an_agent_that_is_built_anew_is_counted() {
    let limits = AgentLimits { failure_streak_max: 2, ..AgentLimits::default() };
    let server = Embedded::with(vec![scripted("alpha", limits)], |options| {
        let quick = Duration::from_millis(20);
        options.restarts = RestartPolicy { backoff_min: quick, backoff_max: quick, ..RestartPolicy::default() };
    });
    for _ in 0..2 {
        server.say(&new_id(), "panic").await;
    }
    server.until_metric("switchboard_agent_restarts_total{agent=\"alpha\"}", 1).await;
    assert_eq!(server.metric("switchboard_agent_failures_total{agent=\"alpha\"}").await, 2);
}

#[tokio::test]
async fn what_waits_is_told_until_it_waits_no_more() {
    let limits = AgentLimits { runs_concurrent_max: 1, ..AgentLimits::default() };
    let server = Embedded::with(vec![scripted("alpha", limits)], |_| {});
    let (first, second) = (new_id(), new_id());
    for _ in 0..3 {
        post(&server, &first, "hang").await;
    }
    server.until_metric("switchboard_turns_waiting", 2).await;
    let (active, waiting) =
        ("switchboard_agent_runs_active{agent=\"alpha\"}", "switchboard_agent_runs_waiting{agent=\"alpha\"}");
    server.until_metric(active, 1).await;
    post(&server, &second, "hang").await;
    server.until_metric(waiting, 1).await;
    assert_eq!(server.metric(active).await, 1);
    assert_eq!(server.metric("switchboard_turns_waiting").await, 2);
    for id in [&first, &second] {
        server.call(Method::DELETE, &format!("/api/conversations/{id}"), None, &[]).await.expect(204);
    }
    for name in [active, waiting, "switchboard_turns_waiting"] {
        server.until_metric(name, 0).await;
    }
}

/// The alert must fire, and stop, on a server that nobody writes to.
#[tokio::test]
async fn a_database_that_goes_away_and_comes_back_is_told_where_nobody_writes() {
    let server = Embedded::start();
    assert_eq!(server.metric(AVAILABLE).await, 1);
    for _ in 0..2 {
        server.store.fail_commits(true);
        assert_eq!(server.metric(AVAILABLE).await, 0);
        let ready = server.get("/readyz").await;
        assert_eq!((ready.status, &ready.body["status"]), (503, &json!("storage_unavailable")));
        server.store.fail_commits(false);
        server.get("/readyz").await.expect(200);
        assert_eq!(server.metric(AVAILABLE).await, 1);
    }
    assert_eq!(server.metric("switchboard_commits_total").await, 0, "nobody wrote");
    assert_eq!(server.say(&new_id(), "say=well").await["status"], "completed");
}

/// Whoever asks only once must not have switched it off.
#[tokio::test]
async fn an_outage_that_a_probe_saw_does_not_outlast_the_next_message() {
    let server = Embedded::start();
    server.store.fail_commits(true);
    assert_eq!(server.get("/readyz").await.status, 503);
    server.store.fail_commits(false);
    assert_eq!(server.say(&new_id(), "say=well").await["status"], "completed");
}

#[tokio::test]
async fn figures_come_also_while_the_database_is_silent() {
    let server = Embedded::start();
    server.store.stall_commits(true);
    assert_eq!(server.metric("switchboard_draining").await, 0);
}

#[tokio::test]
async fn failures_of_redis_are_counted_where_there_is_one() {
    const FAILURES: &str = "switchboard_redis_failures_total";
    let mut redis = OwnRedis::start().await;
    let server = Starting::with(CONCIERGE).env("SWITCHBOARD_CONTEXT__URL", &redis.url()).start();
    let id = new_id();
    server.say(&id, "cost 500, commission 15%, logistics 60, tax 6%").await;
    assert_eq!(server.metric(FAILURES).await, 0);
    redis.kill();
    assert_eq!(server.say(&id, "margin 25%").await["status"], "completed");
    assert!(server.metric(FAILURES).await > 0);
    let without = Starting::with(CONCIERGE).env("SWITCHBOARD_CONTEXT__URL", "memory:").start();
    let without = without.get("/metrics").await.expect(200);
    assert!(!without.as_str().unwrap().contains(FAILURES), "{without}");
}
