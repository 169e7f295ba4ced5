//! Starting while the database or the cache is not as it should be.

use std::time::Duration;

use faultproxy::Proxy;
use tokio::time::Instant;

use super::{assert_recovers, impatient, model};
use crate::support::{
    client::{new_id, said},
    redis::OwnRedis,
    server::{CONCIERGE, Starting},
    sql::empty_postgres,
};

/// It does not start: in time, with this exit code, and says all of this.
#[track_caller]
fn check_refused(mut starting: Starting, code: i32, says: &[&str]) {
    let began = Instant::now();
    let (status, said) = starting.fail();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}: {said}", began.elapsed());
    assert_eq!(status.code(), Some(code), "{said}");
    for words in says {
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }
}

#[tokio::test]
async fn a_database_that_is_gone_or_silent_at_the_start_is_told_and_the_next_start_works() {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    let model = model(1, 1).await;
    let url = proxy.url(&database);
    proxy.go_away();
    check_refused(impatient(&url, &model), 69, &["cannot be used", "refused", "database.url"]);
    proxy.come_back();
    proxy.silence(true);
    check_refused(impatient(&url, &model), 69, &["cannot be used", "timed out", "database.url"]);
    proxy.speak();
    assert_recovers(&impatient(&url, &model).start()).await;
}

#[tokio::test]
async fn a_database_that_comes_a_moment_later_is_waited_for() {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    proxy.go_away();
    let starting = Starting::with(CONCIERGE).env("SWITCHBOARD_DATABASE__URL", &proxy.url(&database));
    let started = tokio::task::spawn_blocking(|| starting.start());
    tokio::time::sleep(Duration::from_secs(1)).await;
    proxy.come_back();
    assert_recovers(&started.await.unwrap()).await;
}

const DEGRADED: &str = "redis does not answer, the context is read from the database";

fn with_context(url: &str) -> Starting {
    Starting::with(CONCIERGE).env("SWITCHBOARD_CONTEXT__URL", url)
}

/// It starts, remembers between turns, and its log says that Redis is passed by.
async fn check_degraded(url: &str) {
    let server = with_context(url).start();
    let id = new_id();
    server.say(&id, "cost 500, commission 15%, logistics 60, tax 6%").await;
    let turn = server.say(&id, "margin 25%").await;
    assert!(said(&turn).contains("1,037.04"), "{url}: {turn}");
    let log = server.log();
    assert!(log.contains(DEGRADED), "{url}: {log}");
    assert!(!log.contains("hunter2") && !server.banner().contains("hunter2"), "the password is shown: {log}");
}

#[tokio::test]
async fn what_is_no_redis_address_is_told() {
    for url in ["http://127.0.0.1:6379", "redis://127.0.0.1:99999/0", "redis://127.0.0.1:6379/first"] {
        check_refused(with_context(url), 2, &["context.url"]);
    }
}

#[tokio::test]
async fn a_redis_that_is_not_there_costs_time_only() {
    check_degraded("redis://someone:hunter2hunter2@127.0.0.1:1/0").await;
}

#[tokio::test]
async fn another_protocol_behind_the_redis_address_costs_time_only() {
    let model = model(1, 1).await;
    let place = model.url().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    check_degraded(&format!("redis://:hunter2hunter2@{place}/0")).await;
}

#[tokio::test]
async fn a_redis_database_that_does_not_exist_costs_time_only() {
    let redis = OwnRedis::start().await;
    check_degraded(&format!("{}99", redis.url())).await;
    assert!(redis.keys().await.is_empty(), "it went into another database");
}

#[tokio::test]
async fn a_redis_without_tls_where_tls_was_asked_for_costs_time_only() {
    let redis = OwnRedis::start().await;
    check_degraded(&redis.url().replace("redis://", "rediss://")).await;
    assert!(redis.keys().await.is_empty(), "it went there in the clear");
}
