//! What event streams have alone: a browser that comes back by itself must not be turned away for good.

use std::time::Duration;

use protocol::Timestamp;
use serde_json::{Value, json};
use switchboard::{actors::retention::RetentionBounds, app::Stopped, clock::ManualClock};

use crate::support::{
    browser::Browser,
    client::{Api, SseClient, new_id},
    embedded::{Embedded, three_agents},
    scripted::Gate,
};

const AS_A_BROWSER: (&str, &str) = ("accept", "text/event-stream");

/// The number behind `retry: ` in a block that has one.
fn retry(block: &str) -> Option<u64> {
    block.lines().find_map(|line| line.strip_prefix("retry: ")).map(|number| number.parse().unwrap())
}

/// A browser is told when to come back and why, and a program that asks for no event stream gets the problem.
async fn assert_put_off(server: &Api, id: &str, status: u16, code: &str) {
    let path = format!("/api/stream/{id}");
    let mut hints = std::collections::HashSet::new();
    for _ in 0..20 {
        let mut stream = server.sse(&path, &[]).await;
        let told = stream.block().await.expect("a hint");
        let hint = retry(&told).unwrap_or_else(|| panic!("no hint in {told}"));
        assert!((250..2250).contains(&hint), "{told}");
        assert!(told.lines().any(|line| line.starts_with(&format!(": {code}: "))), "{told}");
        assert_eq!(stream.block().await, None);
        hints.insert(hint);
    }
    // Of 2,000 values, 20 that fall on 10 or fewer are no chance.
    assert!(hints.len() > 10, "{hints:?}");
    server.get(&path).await.expect_problem(status, code);
}

#[tokio::test]
async fn a_browser_that_comes_while_the_server_goes_down_is_told_to_come_again() {
    let (server, gate, id) = (Embedded::start(), Gate::closed(), new_id());
    let mut open = server.sse(&format!("/api/stream/{id}"), &[]).await;
    let path = format!("/api/conversations/{id}/messages");
    server.post(&path, json!({ "content": format!("{} say=1", gate.word()) })).await.expect(202);
    let going = server.go_down();
    until_draining(&server).await;
    assert_put_off(&server, &id, 503, "draining").await;
    gate.open();
    open.until("turn_end").await;
    let told = open.block().await.expect("a hint to those who follow");
    assert!((250..2250).contains(&retry(&told).unwrap_or_default()), "{told}");
    assert_eq!(open.block().await, None);
    assert_eq!(going.await, Stopped::Drained);
}

async fn until_draining(server: &Api) {
    let draining = async {
        while server.get("/readyz").await.body["status"] != "draining" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::support::client::PATIENCE, draining).await.expect("a server that drains");
}

#[tokio::test]
async fn a_browser_that_finds_no_room_or_asks_too_often_is_told_to_come_again() {
    let server = Embedded::with(three_agents(), |options| options.sessions.sessions_max = 1);
    let _taken = server.ws(&new_id()).await;
    server.until_metric("switchboard_sessions", 1).await;
    assert_put_off(&server, &new_id(), 429, "busy").await;
    let server = Embedded::with(three_agents(), |options| {
        options.callers.calls = switchboard::actors::rate::Rate { per_second: 1, burst: 1 };
    });
    let put_off = async {
        loop {
            let mut stream = server.sse(&format!("/api/stream/{}", new_id()), &[]).await;
            let told = stream.block().await.unwrap();
            if told.contains(": rate_limited: ") {
                return retry(&told);
            }
        }
    };
    assert!(tokio::time::timeout(crate::support::client::PATIENCE, put_off).await.unwrap().is_some());
}

#[tokio::test]
async fn what_a_browser_cannot_mend_by_coming_again_is_an_error_to_it_too() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "say=1").await;
    let path = format!("/api/stream/{id}");
    let wrong = [AS_A_BROWSER, ("last-event-id", "nonsense")];
    server.call(reqwest::Method::GET, &path, None, &wrong).await.expect_problem(400, "invalid_field");
    server.call(reqwest::Method::DELETE, &format!("/api/conversations/{id}"), None, &[]).await.expect(204);
    server.call(reqwest::Method::GET, &path, None, &[AS_A_BROWSER]).await.expect_problem(410, "erased");
}

#[tokio::test]
async fn an_event_source_gets_in_once_there_is_room() {
    let server = Embedded::with(three_agents(), |options| options.sessions.sessions_max = 1);
    let browser = Browser::start().await;
    browser.go(&format!("{}/healthz", server.url)).await;
    let (id, mut taken) = (new_id(), server.ws(&new_id()).await);
    server.until_metric("switchboard_sessions", 1).await;
    server.say(&id, "say=1").await;
    let opens = r"
        const [id, done] = arguments;
        window.seen = [];
        const source = new EventSource(`/api/stream/${id}`);
        source.onmessage = event => seen.push(JSON.parse(event.data).type);
        source.onerror = () => done(source.readyState === EventSource.CONNECTING);";
    assert_eq!(browser.run(opens, &[json!(id)]).await, json!(true), "it gave up");
    taken.socket.close(None).await.unwrap();
    let follows = r"
        const [done] = arguments, look = () => seen.includes('turn_end') ? done(seen) : setTimeout(look, 20);
        look();";
    assert_eq!(browser.run(follows, &[]).await[0], json!("message_accepted"));
}

/// What a browser is told that comes back with this `Last-Event-ID`.
async fn reset_of(server: &Api, id: &str, last: &str) -> (Value, SseClient) {
    // A position of the URL, which would be a good one, does not help.
    let mut stream = server.sse(&format!("/api/stream/{id}?after=0"), &[("last-event-id", last)]).await;
    let reset = stream.next().await.unwrap();
    assert_eq!(reset.name.as_deref(), Some("reset"), "{reset:?}");
    assert!(reset.data["snapshot"]["messages"].is_array(), "{reset:?}");
    (reset.data, stream)
}

#[tokio::test]
async fn a_last_event_id_that_cannot_be_resumed_is_told_and_what_comes_next_follows() {
    const DAY_MILLIS: i64 = 24 * 3600 * 1000;
    let clock = ManualClock::at(Timestamp::from_millis(1_795_437_919_000));
    let theirs = std::sync::Arc::new(clock.clone());
    let server = Embedded::with(three_agents(), |options| {
        options.clock = theirs;
        options.retention = RetentionBounds { sweep_interval: Duration::from_millis(50), ..RetentionBounds::default() };
    });
    let id = new_id();
    server.say(&id, "say=old").await;
    let old = server.events(&id).await.len() as u64;
    clock.advance_millis(8 * DAY_MILLIS);
    server.say(&id, "say=young").await;
    let path = format!("/api/conversations/{id}");
    let swept = async {
        while server.get(&path).await.expect(200)["firstSeq"] != old + 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::support::client::PATIENCE, swept).await.expect("a log that was swept");
    let epoch = server.get(&path).await.expect(200)["epoch"].as_str().unwrap().to_owned();
    for (last, reason) in [
        (format!("{epoch}:3"), "expired"),
        (format!("{epoch}:9999"), "future"),
        (format!("another:{old}"), "epoch_mismatch"),
    ] {
        let (reset, mut stream) = reset_of(&server, &id, &last).await;
        assert_eq!(reset["reason"], reason, "{last}: {reset}");
        let head = server.get(&path).await.expect(200)["head"].as_u64().unwrap();
        server.say(&id, "say=next").await;
        let next = stream.next().await.unwrap();
        assert_eq!(next.data["seq"], json!(head + 1), "{last}");
    }
    let mut stream = server.sse(&format!("/api/stream/{id}"), &[("last-event-id", &format!("{epoch}:{old}"))]).await;
    assert_eq!(stream.next().await.unwrap().data["seq"], json!(old + 1), "one that can be resumed");
}

#[tokio::test]
async fn a_quiet_stream_shows_signs_of_life() {
    let server = Embedded::with(three_agents(), |options| options.http.sse_heartbeat = Duration::from_millis(50));
    let id = new_id();
    let mut stream = server.sse(&format!("/api/stream/{id}"), &[]).await;
    assert_eq!(stream.block().await.as_deref(), Some(": open"));
    for _ in 0..3 {
        assert_eq!(stream.block().await.as_deref(), Some(": heartbeat"));
    }
    server.say(&id, "say=1").await;
    assert_eq!(stream.until("turn_end").await[0].data["seq"], 1);
}
