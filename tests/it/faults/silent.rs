//! The database falls silent: the connection is there and nothing comes. That has an end, and the next try finds out.

use std::time::Duration;

use faultproxy::{End, Way};
use switchboard::store::{Store, StoreError, sql::SqlOptions};
use tokio::{task::JoinSet, time::Instant};

use super::writer::{Bench, Shape, Writer};
use crate::support::sql::empty_postgres;

const COMMIT_TIME_MAX: Duration = Duration::from_millis(400);
/// Far more than any of these waits may take, and far less than for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// As many at once: a new connection has to come about within its time on a busy machine too.
const PLACES_AT_ONCE: usize = 6;

fn tight(options: &mut SqlOptions) {
    options.connections_max = 2;
    options.acquire_timeout = Duration::from_millis(300);
    options.statement_timeout = Duration::from_millis(300);
    options.commit_timeout = COMMIT_TIME_MAX;
}

/// Tries each place.
async fn all<P, F: Future<Output = ()> + Send + 'static>(places: impl Iterator<Item = P>, attempt: impl Fn(P) -> F) {
    let mut running = JoinSet::new();
    for place in places {
        if running.len() == PLACES_AT_ONCE {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(attempt(place));
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

/// Silent from this byte of an append on; only that connection, and at the end what was held back is delivered late.
async fn silent_at(database: String, way: Way, shape: Shape, bytes: usize) {
    let bench = Bench::on(&database, tight).await;
    let mut writer = Writer::on(&bench).await;
    assert_eq!(bench.commit(&writer.next(shape)).await, writer.appended());
    let group = writer.next(shape);
    bench.proxy.end_after(way, bytes, End::Silence);
    let began = Instant::now();
    let answer = bench.store.commit(&group).await;
    assert!(bench.proxy.disarm(), "{way:?} {bytes}: it was not silenced");
    let Err(StoreError::Unavailable(why)) = answer else { panic!("{way:?} {bytes}: {answer:?}") };
    // On a busy machine it may be a connection that does not come about in its time.
    assert!(why.contains("database.commit_timeout") || why.contains("database.acquire_timeout"), "{why}");
    // What the first try left open in the database holds the row until the database ends it.
    assert_eq!(bench.commit(&group).await, writer.appended(), "{way:?} {bytes}: the second try");
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
    let places = [
        (Shape::Plain, Way::ToServer, 250, 3),
        (Shape::Plain, Way::ToClient, 20, 3),
        (Shape::Message, Way::ToServer, 800, 4),
        (Shape::Message, Way::ToClient, 50, 4),
        (Shape::Transaction, Way::ToServer, 900, 8),
        (Shape::Transaction, Way::ToClient, 170, 8),
    ];
    let places = places
        .into_iter()
        .flat_map(|(shape, way, end, tries)| (0..=end).step_by(end / tries).map(move |bytes| (shape, way, bytes)));
    all(places, |(shape, way, bytes)| silent_at(database.clone(), way, shape, bytes)).await;
}

/// Silent from this byte on, but only until the append was given up: its connection is sound again and in the pool, with
/// whatever the append had begun on it.
async fn late_at(database: String, way: Way, shape: Shape, bytes: usize) {
    let place = format!("{way:?} {shape:?} {bytes}");
    let bench = Bench::on(&database, |options| {
        tight(options);
        options.connections_max = 1;
    })
    .await;
    let (mut writer, mut other) = (Writer::on(&bench).await, Writer::on(&bench).await);
    assert_eq!(bench.commit(&writer.next(shape)).await, writer.appended());
    let group = writer.next(shape);
    bench.proxy.end_after(way, bytes, End::Silence);
    let answer = bench.store.commit(&group).await;
    assert!(bench.proxy.disarm(), "{place}: it was not silenced");
    bench.proxy.speak();
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{place}: {answer:?}");
    assert_eq!(bench.commit(&other.next(Shape::Plain)).await, other.appended(), "{place}");
    // Somebody else sees only what is committed.
    let somebody = Bench::on(&database, |_| ()).await;
    other.check(&somebody).await;
    assert_eq!(bench.commit(&group).await, writer.appended(), "{place}: the second try");
    writer.check(&somebody).await;
}

/// Silent from this byte of the answers on, with which the only connection goes back to its pool.
async fn lost_at(database: String, bytes: usize) {
    let bench = Bench::on(&database, |options| {
        tight(options);
        options.connections_max = 1;
    })
    .await;
    let mut writer = Writer::on(&bench).await;
    bench.proxy.end_after(Way::ToClient, bytes, End::Silence);
    for _ in 0..3 {
        assert_eq!(bench.commit(&writer.next(Shape::Plain)).await, writer.appended(), "{bytes}");
    }
    assert!(bench.proxy.disarm(), "{bytes}: it was not silenced");
    writer.check(&bench).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_connections_fall_silent_on_their_way_back_gets_new_ones() {
    let database = empty_postgres().await;
    all((0..120).step_by(3), |bytes| lost_at(database.clone(), bytes)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_after_a_late_answer_is_committed() {
    let database = empty_postgres().await;
    let answers = (0..170).step_by(7).map(|bytes| (Way::ToClient, Shape::Transaction, bytes));
    let message = (0..55).step_by(7).map(|bytes| (Way::ToClient, Shape::Message, bytes));
    let plain = (0..25).step_by(7).map(|bytes| (Way::ToClient, Shape::Plain, bytes));
    let asked = (0..60).step_by(4).chain((60..900).step_by(75)).map(|bytes| (Way::ToServer, Shape::Transaction, bytes));
    all(answers.chain(message).chain(plain).chain(asked), |(way, shape, bytes)| {
        late_at(database.clone(), way, shape, bytes)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_read_and_ping_has_an_end_and_silent_connections_do_not_fill_the_pool() {
    let database = empty_postgres().await;
    let bench = Bench::on(&database, tight).await;
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
