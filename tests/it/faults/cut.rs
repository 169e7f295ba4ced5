//! The connection is cut at every byte of an append, both ways.

use faultproxy::{End, Way};
use switchboard::store::{Store, StoreError};
use tokio::task::JoinSet;

use super::writer::{Bench, Shape, Writer};
use crate::support::sql::empty_postgres;

/// They share the bytes among them.
const WORKERS: usize = 8;

/// Cuts at the bytes `first`, `first + WORKERS`, … until a commit comes through whole. Answers how many cuts there were,
/// and how many of them came after the commit was stored.
async fn cut_at_bytes(database: String, way: Way, shape: Shape, first: usize) -> (usize, usize) {
    let bench = Bench::on(&database, |_| {}).await;
    let mut writer = Writer::on(&bench).await;
    let (mut cuts, mut unknown) = (0, 0);
    for bytes in (first..).step_by(WORKERS) {
        // The connection is there and its statements are prepared: what is cut is the append alone.
        assert_eq!(bench.commit(&writer.next(shape)).await, writer.appended());
        let group = writer.next(shape);
        bench.proxy.end_after(way, bytes, End::Cut);
        let answer = bench.store.commit(&group).await;
        let was_cut = bench.proxy.disarm();
        match answer {
            Ok(answers) => assert_eq!(answers.last(), Some(&writer.appended()), "{way:?} {bytes}"),
            Err(StoreError::Unavailable(_)) => {
                assert!(was_cut, "{way:?} {bytes}: nothing was cut");
                cuts += 1;
                unknown += usize::from(writer.is_stored(&bench).await);
            }
            Err(other) => panic!("{way:?} {bytes}: {other}"),
        }
        assert_eq!(bench.commit(&group).await, writer.appended(), "{way:?} {bytes}: the second try");
        if !was_cut {
            break;
        }
    }
    writer.check(&bench).await;
    (cuts, unknown)
}

async fn check(way: Way, shape: Shape, cuts_min: usize) {
    let database = empty_postgres().await;
    let mut workers = JoinSet::new();
    for first in 0..WORKERS {
        workers.spawn(cut_at_bytes(database.clone(), way, shape, first));
    }
    let (mut cuts, mut unknown) = (0, 0);
    while let Some(done) = workers.join_next().await {
        let (more, found) = done.unwrap();
        (cuts, unknown) = (cuts + more, unknown + found);
    }
    println!("{way:?} {shape:?}: {cuts} cuts, {unknown} of them after the commit");
    assert!(cuts >= cuts_min, "{way:?} {shape:?}: only {cuts} cuts");
    // A cut on the way back always hides some commits that were stored.
    assert!(way == Way::ToServer || unknown > 0, "no commit was in doubt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_every_byte_of_a_message_on_its_way_to_the_database_it_is_stored_once() {
    check(Way::ToServer, Shape::Message, 800).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_every_byte_of_the_answer_to_a_message_it_is_stored_once() {
    check(Way::ToClient, Shape::Message, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_every_byte_of_a_transaction_on_its_way_to_the_database_it_is_stored_once() {
    check(Way::ToServer, Shape::Transaction, 1000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_every_byte_of_the_answers_to_a_transaction_it_is_stored_once() {
    check(Way::ToClient, Shape::Transaction, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_every_byte_of_text_on_its_way_to_the_database_it_is_stored_once() {
    check(Way::ToServer, Shape::Plain, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_at_every_byte_of_the_answer_to_text_it_is_stored_once() {
    check(Way::ToClient, Shape::Plain, 20).await;
}
