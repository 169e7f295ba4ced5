//! The database goes away in the middle of a turn: the turn waits and goes on, new messages are refused meanwhile.

use std::time::Duration;

use super::{UnderWay, assert_recovers, assert_refuses, assert_whole, impatient, model};
use crate::support::sql::empty_postgres;
use faultproxy::Proxy;

const TOKENS: usize = 60;
const SILENT: &str = "the database was silent for 3s (`database.commit_timeout`)";
const NOT_REACHED: &str = "no connection within `database.acquire_timeout`: the database cannot be reached";

#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Connections are refused.
    Gone,
    /// Connections stay and nothing comes, then what was held back comes.
    Silent,
    /// Those who were there stay silent, new ones are heard: as after a failover.
    Moved,
}

async fn check(fault: Fault, reasons: &[&str]) {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    let model = model(TOKENS as u64, 1).await;
    let server = impatient(&proxy.url(&database), &model).start();
    let turn = UnderWay::begin(&server).await;
    match fault {
        Fault::Gone => proxy.go_away(),
        Fault::Silent | Fault::Moved => proxy.silence(true),
    }
    assert_refuses(&server).await;
    match fault {
        Fault::Gone => proxy.come_back(),
        Fault::Silent => proxy.speak(),
        Fault::Moved => proxy.silence(false),
    }
    assert_whole(&turn.end(&server).await, TOKENS);
    assert_recovers(&server).await;
    let log = server.log();
    assert!(reasons.iter().any(|reason| log.contains(reason)), "{fault:?}: the log says none of {reasons:?}: {log}");
    for words in ["the store does not take writes, trying again", "the store is back"] {
        assert!(log.contains(words), "{fault:?}: the log does not say `{words}`");
    }
}

#[tokio::test]
async fn a_turn_waits_for_a_database_that_is_gone() {
    check(Fault::Gone, &[NOT_REACHED, "error communicating with database"]).await;
}

#[tokio::test]
async fn a_turn_waits_for_a_database_that_is_silent() {
    check(Fault::Silent, &[NOT_REACHED, SILENT]).await;
}

#[tokio::test]
async fn a_turn_goes_on_where_another_database_server_takes_over() {
    check(Fault::Moved, &[NOT_REACHED, SILENT]).await;
}

#[tokio::test]
async fn a_turn_whose_connections_are_cut_again_and_again_is_whole() {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    let model = model(TOKENS as u64, 1).await;
    let server = impatient(&proxy.url(&database), &model).start();
    let turn = UnderWay::begin(&server).await;
    for pause in [3, 41, 7, 90, 11, 23, 57, 5, 77, 31] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        proxy.cut();
    }
    assert_whole(&turn.end(&server).await, TOKENS);
    assert_recovers(&server).await;
}
