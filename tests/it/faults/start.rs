//! Starting while the database or the cache is not as it should be.

use std::time::Duration;

use tokio::time::Instant;

use super::{assert_recovers, impatient, model};
use crate::support::{
    client::new_id,
    proxy::Proxy,
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
    let proxy = Proxy::before(&database);
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
    let proxy = Proxy::before(&database);
    proxy.go_away();
    let starting = Starting::with(CONCIERGE).env("SWITCHBOARD_DATABASE__URL", &proxy.url(&database));
    let started = tokio::task::spawn_blocking(|| starting.start());
    tokio::time::sleep(Duration::from_secs(1)).await;
    proxy.come_back();
    assert_recovers(&started.await.unwrap()).await;
}

#[tokio::test]
async fn a_wrong_redis_address_is_told_and_a_redis_that_is_not_there_costs_time_only() {
    let at = |url: &str| Starting::with(CONCIERGE).env("SWITCHBOARD_CONTEXT__URL", url);
    check_refused(at("http://127.0.0.1:6379"), 2, &["context.url"]);
    check_refused(at("redis://127.0.0.1:99999/0"), 2, &["context.url"]);
    let server = at("redis://someone:hunter2hunter2@127.0.0.1:1/0").start();
    let id = new_id();
    server.say(&id, "cost 500, commission 15%, logistics 60, tax 6%").await;
    assert_eq!(server.say(&id, "margin 25%").await["status"], "completed");
    let log = server.log();
    assert!(log.contains("redis does not answer, the context is read from the database"), "{log}");
    assert!(!log.contains("hunter2") && !server.banner().contains("hunter2"), "the password is shown: {log}");
}
