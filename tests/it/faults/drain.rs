//! A termination has an end, whatever the database does.

use std::{process::Command, time::Duration};

use faultproxy::Proxy;
use tokio::time::Instant;

use super::{UnderWay, assert_whole, impatient, model};
use crate::support::{
    client::{client, new_id},
    server::{CONCIERGE, Starting},
    sql::empty_postgres,
};

const TOKENS: usize = 200;
/// `limits.drain_timeout` is 1 s here; 5 s for requests under way, 3 s for the last writes.
const ENDS_WITHIN: Duration = Duration::from_secs(11);

async fn check(take: fn(&Proxy), give_back: fn(&Proxy)) {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    let model = model(TOKENS as u64, 2).await;
    let mut server = impatient(&proxy.url(&database), &model).start();
    let turn = UnderWay::begin(&server).await;
    take(&proxy);
    let began = Instant::now();
    let status = server.terminate().await;
    assert!(began.elapsed() < ENDS_WITHIN, "{:?}:\n{}", began.elapsed(), server.log());
    assert_eq!(status.code(), Some(74), "{}", server.log());
    assert!(server.log().contains("the store took no writes until the end"), "{}", server.log());
    give_back(&proxy);
    server.restart(None).await;
    let mut ws = server.ws_at(&format!("/api/ws/{}?after=0", turn.id)).await;
    let events = ws.until("turn_end").await;
    assert_eq!(events[..turn.seen.len()], turn.seen, "what was shown is there");
    assert_eq!(events, server.events(&turn.id).await);
    assert_whole(&events, TOKENS);
}

#[tokio::test]
async fn a_termination_with_a_silent_database_has_an_end_and_the_next_start_goes_on() {
    check(|proxy| proxy.silence(true), Proxy::speak).await;
}

#[tokio::test]
async fn a_termination_with_a_database_that_is_gone_has_an_end_and_the_next_start_goes_on() {
    check(Proxy::go_away, Proxy::come_back).await;
}

#[tokio::test]
async fn a_termination_with_nothing_to_store_is_in_order_also_without_a_database() {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    let mut server = impatient(&proxy.url(&database), &model(1, 1).await).start();
    proxy.silence(true);
    let began = Instant::now();
    assert!(server.terminate().await.success(), "{}", server.log());
    assert!(began.elapsed() < ENDS_WITHIN, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_second_signal_leaves_at_once_also_where_only_the_database_is_waited_for() {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    // A read under way holds its connection far longer than this test lasts.
    let config = format!(
        "{CONCIERGE}limits: {{ drain_timeout: 1s }}\ndatabase: {{ statement_timeout: 4m, commit_timeout: 5m }}\n"
    );
    let mut server = Starting::with(&config).env("SWITCHBOARD_DATABASE__URL", &proxy.url(&database)).start();
    proxy.silence(true);
    let read = tokio::spawn(client().get(format!("{}/api/conversations/{}", server.url, new_id())).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!read.is_finished());
    let signal = || Command::new("kill").args(["-TERM", &server.pid().to_string()]).status().unwrap();
    assert!(signal().success());
    let closes = async {
        while !server.log().contains("closing the database") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(ENDS_WITHIN, closes).await.expect("a server that has drained");
    assert!(signal().success());
    assert_eq!(server.wait(ENDS_WITHIN).await.code(), Some(143), "{}", server.log());
}
