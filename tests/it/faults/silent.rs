//! The database falls silent: the connection is there and nothing comes. That has an end, and the next try finds out.

use std::time::Duration;

use switchboard::store::{Store, StoreError};
use tokio::{task::JoinSet, time::Instant};

use super::writer::{Bench, Shape, Writer};
use crate::support::{
    proxy::{End, Way},
    sql::empty_postgres,
};

const COMMIT_TIME_MAX: Duration = Duration::from_millis(400);
/// Far more than any of these waits may take, and far less than for ever.
const PATIENCE: Duration = Duration::from_secs(30);

async fn bench(database: &str) -> Bench {
    Bench::on(database, |options| {
        options.connections_max = 2;
        options.acquire_timeout = Duration::from_millis(300);
        options.statement_timeout = Duration::from_millis(300);
        options.commit_timeout = COMMIT_TIME_MAX;
    })
    .await
}

/// Silent from this byte of an append on; only that connection, and at the end what was held back is delivered late.
async fn silent_at(database: String, way: Way, shape: Shape, bytes: usize) {
    let bench = bench(&database).await;
    let mut writer = Writer::on(&bench).await;
    assert_eq!(bench.commit(&writer.next(shape)).await, writer.appended());
    let write = writer.next(shape);
    bench.proxy.end_after(way, bytes, End::Silence);
    let began = Instant::now();
    let answer = bench.store.commit(std::slice::from_ref(&write)).await;
    assert!(bench.proxy.disarm(), "{way:?} {bytes}: it was not silenced");
    let Err(StoreError::Unavailable(why)) = answer else { panic!("{way:?} {bytes}: {answer:?}") };
    // On a busy machine it may be a connection that does not come about in its time.
    assert!(why.contains("database.commit_timeout") || why.contains("database.acquire_timeout"), "{why}");
    // What the first try left open in the database holds the row until the database ends it.
    assert_eq!(bench.commit(&write).await, writer.appended(), "{way:?} {bytes}: the second try");
    assert!(began.elapsed() < PATIENCE, "{way:?} {bytes}: {:?}", began.elapsed());
    assert_eq!(bench.commit(&writer.next(shape)).await, writer.appended());
    bench.proxy.speak();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.commit(&writer.next(shape)).await, writer.appended());
    writer.check(&bench).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_is_given_up_and_the_next_try_finds_out_what_became_of_it() {
    let database = empty_postgres().await;
    let mut places = JoinSet::new();
    for (way, shape, bytes) in [(Way::ToServer, Shape::Message, 900), (Way::ToClient, Shape::Message, 170)]
        .into_iter()
        .flat_map(|(way, shape, end)| (0..end).step_by(end / 8).map(move |bytes| (way, shape, bytes)))
        .chain([0, 100, 250].map(|bytes| (Way::ToServer, Shape::Plain, bytes)))
        .chain([0, 10, 20].map(|bytes| (Way::ToClient, Shape::Plain, bytes)))
    {
        places.spawn(silent_at(database.clone(), way, shape, bytes));
    }
    while let Some(done) = places.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_and_ping_has_an_end_and_silent_connections_do_not_fill_the_pool() {
    let database = empty_postgres().await;
    let bench = bench(&database).await;
    let mut writer = Writer::on(&bench).await;
    assert_eq!(bench.commit(&writer.next(Shape::Message)).await, writer.appended());
    bench.proxy.silence(true);
    for _ in 0..3 {
        let began = Instant::now();
        let (pinged, unfinished, page) =
            tokio::join!(bench.store.ping(), bench.store.unfinished(), bench.store.agent_switches(),);
        assert!(pinged.is_err() && unfinished.is_err() && page.is_err(), "somebody answered");
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    }
    // Those who were silent stay so; only whoever comes now is heard.
    bench.proxy.silence(false);
    let began = Instant::now();
    assert_eq!(bench.commit(&writer.next(Shape::Message)).await, writer.appended());
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    writer.check(&bench).await;
}
