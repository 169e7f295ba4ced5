//! Every fault of a model's server: what it is called, whether it may pass, what was said, how often it was tried.

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use protocol::Code::{self, ModelBadOutput, ModelUnavailable};
use tokio::time::Instant;

use super::{agent, calculator, config, endpoint, ms, play};
use crate::{
    agent::testing::{Played, Rehearsal},
    agents::model::ModelAgent,
    tools::ToolBox,
};

/// Nobody outside may learn where the model is, with what key, or what exactly it said.
#[track_caller]
fn check_words(name: &str, played: &Played) {
    let error = played.outcome.as_ref().unwrap_err();
    for secret in ["127.0.0.1", "http", "sk-secret", "scripted", "<!doctype", "oops"] {
        assert!(!error.safe.contains(secret), "{name}: {}", error.safe);
    }
    assert!(error.operator.contains("127.0.0.1"), "{name}: the operator learns where: {}", error.operator);
    assert!(!error.operator.contains("sk-secret"), "{name}: {}", error.operator);
}

/// Every try gets the same script.
async fn check(name: &str, script: Script, code: Code, retryable: bool, text: &str, requests: usize) {
    let (played, model) = play(vec![script; 3]).await;
    let error = played.outcome.as_ref().unwrap_err();
    assert_eq!((error.code, error.retryable), (code, retryable), "{name}: {error:?}");
    assert_eq!(played.text(), text, "{name}");
    assert_eq!(model.requests().len(), requests, "{name}");
    check_words(name, &played);
}

/// The first try fails like this, the second answers.
async fn check_passes(name: &str, script: Script) {
    let (played, model) = play(vec![script, Script::text("Hi")]).await;
    assert!(played.outcome.is_ok(), "{name}: {:?}", played.outcome);
    assert_eq!((played.text().as_str(), model.requests().len()), ("Hi", 2), "{name}");
}

#[tokio::test]
async fn statuses_are_tried_again_where_they_may_pass() {
    for status in [408, 429, 500, 502, 503, 504, 529] {
        check(&status.to_string(), Script::status(status), ModelUnavailable, true, "", 3).await;
        check_passes(&status.to_string(), Script::status(status)).await;
    }
    for status in [302, 401, 403, 404] {
        check(&status.to_string(), Script::status(status), ModelUnavailable, false, "", 1).await;
    }
    for status in [400, 413, 422] {
        check(&status.to_string(), Script::status(status), ModelBadOutput, false, "", 1).await;
    }
}

#[tokio::test]
async fn answers_that_are_no_stream_are_not_tried_again() {
    let garbage: Vec<u8> = (0..=255).collect();
    for (name, script) in [
        ("html", Script::html()),
        ("json", Script::raw(200, "application/json", br#"{"oops":1}"#)),
        ("no type", Script::raw(200, "", b"oops")),
        ("garbage", Script::raw(200, "text/event-stream", &[b"data: ", garbage.as_slice(), b"\n\n"].concat())),
        ("no JSON", Script::data(&["oops"])),
        ("a wrong shape", Script::data(&[r#"{"choices":"oops"}"#])),
        ("a line without end", Script::raw(200, "text/event-stream", &vec![b'x'; 2 * 1024 * 1024])),
    ] {
        check(name, script, ModelBadOutput, true, "", 1).await;
    }
}

#[tokio::test]
async fn a_stream_that_breaks_before_text_is_tried_again() {
    for (name, script) in [
        ("cut at once", Script::text("Hi").cut_after(0)),
        ("cut in a line", Script::text("Hi").cut_after(20)),
        ("an empty stream", Script::data(&[]).without_done()),
        ("an error object", Script::text("").then_error("oops, overloaded")),
        ("no first byte", Script::text("Hi").first_byte_after(Duration::from_secs(9))),
        ("no first piece", Script::text("Hi").stall_after(0)),
        ("silence", Script::text("Hi").stall_after(1)),
    ] {
        check(name, script.clone(), ModelUnavailable, true, "", 3).await;
        check_passes(name, script).await;
    }
}

#[tokio::test]
async fn a_stream_that_breaks_after_text_is_not_tried_again() {
    let said = || Script::text("one two three");
    for (name, script, text) in [
        ("cut", said().cut_after(500), "one two "),
        ("stalled", said().stall_after(3), "one two "),
        ("an error object", said().then_error("oops"), "one two three"),
        ("cut in a character", Script::text("one два три").cut_within_a_character(), "one "),
    ] {
        check(name, script, ModelUnavailable, true, text, 1).await;
    }
    check(
        "garbage",
        Script::data(&[r#"{"choices":[{"delta":{"content":"one"}}]}"#, "oops"]),
        ModelBadOutput,
        true,
        "one",
        1,
    )
    .await;
}

#[tokio::test]
async fn a_cut_at_any_byte_ends_the_run_in_words_or_not_at_all() {
    // A few bytes more than there are.
    const BYTES: usize = 700;
    let model = FakeModel::start((0..BYTES).map(|at| Script::text("a ж").cut_after(at)).collect()).await;
    let once = super::ModelEndpoint { retries_max: 0, ..endpoint(model.url()) };
    let tested = ModelAgent::new(config(), once, ToolBox::empty()).unwrap();
    let mut whole = 0;
    for at in 0..BYTES {
        let played = Rehearsal::of("Hello?").run(&tested).await;
        assert!("a ж".starts_with(&played.text()), "cut at {at}: {}", played.text());
        match &played.outcome {
            Ok(_) => whole += 1,
            Err(error) => assert_eq!(error.code, ModelUnavailable, "cut at {at}: {error:?}"),
        }
    }
    assert_eq!(model.requests().len(), BYTES);
    assert!(whole > 0 && whole < BYTES / 2, "some cuts fall behind the end: {whole}");
}

#[tokio::test]
async fn nobody_at_the_address_is_a_failure_that_may_pass() {
    let tested = ModelAgent::new(config(), endpoint(&FakeModel::refused_url().await), calculator()).unwrap();
    let played = Rehearsal::of("Hello?").run(&tested).await;
    let error = played.outcome.as_ref().unwrap_err();
    assert_eq!((error.code, error.retryable), (ModelUnavailable, true));
    check_words("refused", &played);
}

#[tokio::test]
async fn retry_after_is_waited_for_within_bounds() {
    let started = Instant::now();
    check_passes("seconds", Script::status(429).retry_after("1")).await;
    assert!(started.elapsed() >= Duration::from_secs(1));
    check_passes("a date that is over", Script::status(503).retry_after("Wed, 21 Oct 2015 07:28:00 GMT")).await;
    check("too long", Script::status(429).retry_after("3600"), ModelUnavailable, true, "", 1).await;
    check(
        "a date far off",
        Script::status(429).retry_after("Wed, 21 Oct 2099 07:28:00 GMT"),
        ModelUnavailable,
        true,
        "",
        1,
    )
    .await;
    // No wait goes beyond the time of the run.
    let model = FakeModel::start(vec![Script::status(429).retry_after("2")]).await;
    let played = Rehearsal::of("Hello?").within(ms(500)).run(&agent(&model, config(), calculator())).await;
    assert!(played.outcome.is_err());
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test]
async fn a_call_that_takes_too_long_in_all_is_given_up() {
    let model = FakeModel::start(vec![Script::endless("x ").tokens_every(ms(20))]).await;
    let impatient = super::ModelEndpoint { call_timeout: ms(300), ..endpoint(model.url()) };
    let tested = ModelAgent::new(config(), impatient, calculator()).unwrap();
    let played = Rehearsal::of("Hello?").run(&tested).await;
    let error = played.outcome.as_ref().unwrap_err();
    assert!(error.operator.contains("call_timeout"), "{error:?}");
    assert_eq!((error.code, model.requests().len()), (ModelUnavailable, 1));
    assert!(played.text().starts_with("x x "));
}

#[tokio::test]
async fn what_ends_well_in_an_odd_way_is_an_answer() {
    for (name, script) in [
        ("no [DONE]", Script::text("Hi").without_done()),
        ("silence after the end", Script::text("Hi").without_done().usage(1, 1).stall_after(3)),
        (
            "garbage after the end",
            Script::data(&[r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#, "oops"]),
        ),
        ("[DONE] alone", Script::data(&[r#"{"choices":[{"delta":{"content":"Hi"}}]}"#])),
        ("a length that is used up", Script::text("Hi").finish("length")),
        ("a refusal", Script::data(&[r#"{"choices":[{"delta":{"refusal":"Hi"},"finish_reason":"stop"}]}"#])),
        (
            "unknown fields",
            Script::data(&[
                r#"{"x":1,"choices":[{"delta":{"content":"Hi","reasoning":"hm"},"finish_reason":"stop","logprobs":null}]}"#,
            ]),
        ),
    ] {
        let (played, model) = play(vec![script]).await;
        assert!(played.outcome.is_ok(), "{name}: {:?}", played.outcome);
        assert_eq!((played.text().as_str(), model.requests().len()), ("Hi", 1), "{name}");
    }
}

#[tokio::test]
async fn a_filtered_and_an_empty_answer_are_said_to_be_so() {
    for (script, retryable, words) in [
        (Script::text("Well").finish("content_filter"), false, "content filter"),
        (Script::text(""), true, "empty answer"),
    ] {
        let (played, _model) = play(vec![script]).await;
        let error = played.outcome.unwrap_err();
        assert_eq!((error.code, error.retryable), (ModelBadOutput, retryable));
        assert!(error.safe.contains(words), "{}", error.safe);
    }
}

#[tokio::test]
async fn an_answer_that_is_whole_does_not_wait_long_for_a_connection_that_stays_open() {
    // All pieces but the usage and `[DONE]`.
    let model = FakeModel::start(vec![Script::text("Hi").usage(1, 1).stall_after(3)]).await;
    let patient = super::ModelEndpoint { chunk_timeout: Duration::from_secs(30), ..endpoint(model.url()) };
    let tested = ModelAgent::new(config(), patient, calculator()).unwrap();
    let started = Instant::now();
    let played = Rehearsal::of("Hello?").run(&tested).await;
    assert_eq!((played.text().as_str(), played.outcome.is_ok()), ("Hi", true));
    assert!(started.elapsed() < Duration::from_secs(4));
}
