//! The way out of a run: bell, credits, cancel, end, and what becomes of a text.

use std::sync::atomic::AtomicUsize;

use futures::FutureExt as _;
use protocol::{Code, MessageId, event::Usage};
use uuid::Uuid;

use super::*;

fn pipe(credits: usize) -> (Arc<RunPipe>, Arc<AtomicUsize>) {
    let rings = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&rings);
    let bell = Box::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    (RunPipe::new(credits, bell), rings)
}

fn delta(text: &str) -> RunItem {
    RunItem::Delta(text.to_owned())
}

fn completed() -> RunEnd {
    RunEnd::Completed { final_state: serde_json::Map::new(), usage: Usage::default() }
}

fn failed() -> RunEnd {
    let (safe, correlation_id) = (String::new(), String::new());
    RunEnd::Failed { code: Code::AgentTimeout, safe, retryable: true, correlation_id }
}

#[tokio::test]
async fn the_bell_rings_once_until_the_pipe_is_emptied() {
    let (pipe, rings) = pipe(10);
    let sink = pipe.sink();
    sink.text("a").await.unwrap();
    sink.text("b").await.unwrap();
    sink.end_message().await.unwrap();
    assert_eq!(rings.load(Ordering::SeqCst), 1);
    assert_eq!(pipe.take(), [delta("a"), delta("b"), RunItem::MessageEnd]);
    sink.text("c").await.unwrap();
    pipe.end(completed());
    assert_eq!(rings.load(Ordering::SeqCst), 2);
    assert_eq!(pipe.take(), [delta("c"), RunItem::Ended(completed())]);
    assert_eq!(pipe.take(), []);
}

#[tokio::test]
async fn a_run_without_credit_waits_until_some_come_back() {
    let (pipe, _) = pipe(2);
    let sink = pipe.sink();
    sink.text("a").await.unwrap();
    sink.text("b").await.unwrap();
    let mut third = Box::pin(sink.text("c"));
    assert_eq!(third.as_mut().now_or_never(), None);
    assert_eq!(pipe.take().len(), 2);
    assert_eq!(third.as_mut().now_or_never(), None, "taken is not stored");
    pipe.give_back(1);
    third.await.unwrap();
    assert_eq!(sink.text("d").now_or_never(), None);
    assert_eq!(pipe.take(), [delta("c")]);
}

#[tokio::test]
async fn a_cancel_refuses_and_wakes_who_waits() {
    let (pipe, rings) = pipe(1);
    let sink = pipe.sink();
    sink.text("a").await.unwrap();
    let mut waits = Box::pin(sink.text("b"));
    assert_eq!(waits.as_mut().now_or_never(), None);
    pipe.cancel();
    assert_eq!(waits.await, Err(SinkClosed));
    assert_eq!(sink.end_message().await, Err(SinkClosed));
    assert!(pipe.cancelled().is_cancelled());
    pipe.give_back(1);
    assert_eq!(sink.text("c").await, Err(SinkClosed));
    assert_eq!(pipe.take(), [delta("a")]);
    assert_eq!(rings.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_run_ends_once_and_needs_no_credit_for_it() {
    let (pipe, _) = pipe(0);
    pipe.end(failed());
    pipe.end(completed());
    assert_eq!(pipe.take(), [RunItem::Ended(failed())]);
    pipe.end(completed());
    assert_eq!(pipe.take(), []);
}

#[tokio::test]
async fn nothing_is_said_after_the_end() {
    let (pipe, _) = pipe(1);
    let sink = pipe.sink();
    sink.text("a").await.unwrap();
    let mut waits = Box::pin(sink.text("b"));
    assert_eq!(waits.as_mut().now_or_never(), None);
    pipe.end(completed());
    assert_eq!(waits.await, Err(SinkClosed), "who waits for a credit would wait for ever");
    assert_eq!(sink.text("c").await, Err(SinkClosed));
    assert_eq!(pipe.take(), [delta("a"), RunItem::Ended(completed())]);
}

#[track_caller]
fn says(text: &str, expect: &[String]) {
    let (pipe, _) = pipe(100);
    pipe.sink().text(text).now_or_never().unwrap().unwrap();
    let expect: Vec<RunItem> = expect.iter().cloned().map(RunItem::Delta).collect();
    assert!(pipe.take() == expect, "{} bytes of text", text.len());
}

#[test]
fn a_long_text_is_cut_between_characters() {
    says("", &[]);
    says("hi", &["hi".to_owned()]);
    says(&"a".repeat(TEXT_BYTES_MAX), &["a".repeat(TEXT_BYTES_MAX)]);
    says(&"a".repeat(TEXT_BYTES_MAX + 1), &["a".repeat(TEXT_BYTES_MAX), "a".to_owned()]);
    let last = TEXT_BYTES_MAX - 1;
    says(&format!("{}€b", "a".repeat(last)), &["a".repeat(last), "€b".to_owned()]);
}

#[test]
fn u_0000_is_left_out() {
    says("a\0b\0", &["ab".to_owned()]);
    says("\0", &[]);
}

#[tokio::test]
async fn a_steer_is_taken_in_order_and_said_so() {
    let (pipe, _) = pipe(10);
    let sink = pipe.sink();
    let message = |number| UserMessage { id: MessageId(Uuid::from_u128(number)), content: "hi".to_owned() };
    assert_eq!(sink.take_steer().await, Ok(None));
    pipe.steer(message(1));
    pipe.steer(message(2));
    assert_eq!(sink.take_steer().await, Ok(Some(message(1))));
    assert_eq!(pipe.take(), [RunItem::SteerTaken(message(1).id)]);
    pipe.cancel();
    assert_eq!(sink.take_steer().await, Err(SinkClosed));
}
