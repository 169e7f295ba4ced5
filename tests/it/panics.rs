//! A conversation's actor that panics in the middle of its work is built anew from what is stored.

use std::{
    backtrace::Backtrace,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use protocol::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::{
    actors::{policy::RestartPolicy, retention::RetentionBounds},
    clock::{Clock, SystemClock},
};

use crate::support::{
    client::{PATIENCE, assert_dense, new_id, said, types},
    embedded::{Embedded, three_agents},
    scripted::Gate,
};

/// A clock that panics when it is told to. Whoever decides in a conversation asks it.
#[derive(Debug, Clone)]
struct Tripwire {
    panics: Arc<Mutex<VecDeque<()>>>,
    /// Only the questions of this part of the server count.
    of: &'static str,
}

const CONVERSATION: &str = "switchboard::actors::conversation::";
const RETENTION: &str = "switchboard::actors::retention::";

impl Tripwire {
    fn of(of: &'static str) -> Self {
        Self { panics: Arc::default(), of }
    }

    /// So many of the next questions end in a panic.
    fn trip(&self, times: usize) {
        *self.panics() = std::iter::repeat_n((), times).collect();
    }

    async fn tripped(&self) {
        while !self.panics().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Others ask for the time too, on threads of their own.
    fn is_touched(&self) -> bool {
        let armed = !self.panics().is_empty();
        let asks = || Backtrace::force_capture().to_string().contains(self.of);
        armed && asks() && self.panics().pop_front().is_some()
    }

    fn panics(&self) -> MutexGuard<'_, VecDeque<()>> {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Tripwire {
    fn now(&self) -> Timestamp {
        assert!(!self.is_touched(), "the tripwire was touched");
        SystemClock.now()
    }
}

fn server(restarts_max: usize) -> (Embedded, Tripwire) {
    server_with(Tripwire::of(CONVERSATION), restarts_max)
}

fn server_with(tripwire: Tripwire, restarts_max: usize) -> (Embedded, Tripwire) {
    let clock = Arc::new(tripwire.clone());
    let server = Embedded::with(three_agents(), |options| {
        let quick = Duration::from_millis(20);
        options.restarts =
            RestartPolicy { restarts_max, backoff_min: quick, backoff_max: quick, ..RestartPolicy::default() };
        options.clock = clock;
        options.retention = RetentionBounds { sweep_interval: quick, ..RetentionBounds::default() };
    });
    (server, tripwire)
}

#[tokio::test]
async fn a_panic_while_a_message_is_decided_is_not_seen_by_its_sender() {
    let (server, tripwire) = server(5);
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    assert_eq!(said(&server.say(&id, "say=1").await), "1");
    tripwire.trip(1);
    assert_eq!(said(&server.say(&id, "say=2").await), "2");
    let mut seen = Vec::new();
    ws.op("subscribed", &mut seen).await;
    for _ in 0..2 {
        seen.extend(ws.until("turn_end").await);
    }
    assert_dense(&seen);
    assert_eq!(seen, server.events(&id).await);
    server.until_metric("switchboard_actor_restarts_total{actor=\"conversation\"}", 1).await;
}

#[tokio::test]
async fn a_sweep_that_panics_is_counted_and_the_next_ones_come_all_the_same() {
    let (server, tripwire) = server_with(Tripwire::of(RETENTION), 5);
    tripwire.trip(2);
    server.until_metric("switchboard_actor_restarts_total{actor=\"retention\"}", 2).await;
    let before = server.metric("switchboard_sweeps_total").await;
    let swept = async {
        while server.metric("switchboard_sweeps_total").await == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, swept).await.expect("sweeps that go on");
    assert_eq!(server.metric("switchboard_actor_restarts_total{actor=\"conversation\"}").await, 0);
}

#[tokio::test]
async fn a_panic_in_the_middle_of_a_turn_lets_the_run_begin_again() {
    let (server, tripwire) = server(5);
    let id = new_id();
    let body = json!({ "content": "say=before sleep=1000 say=after" });
    server.post(&format!("/api/conversations/{id}/messages"), body).await.expect(202);
    let mut begun = server.ws(&id).await;
    begun.subscribe(None).await;
    begun.until("content_chunk").await;
    tripwire.trip(1);
    tripwire.tripped().await;
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    let seen = ws.until("turn_end").await;
    assert_dense(&seen);
    let kinds = types(&seen);
    assert_eq!(kinds.iter().filter(|kind| **kind == "agent_start").count(), 2, "{kinds:?}");
    let whole: Vec<&Value> = seen.iter().filter(|event| event["type"] == "message_complete").collect();
    assert_eq!((&whole[0]["content"], &whole[0]["status"]), (&json!("before"), &json!("interrupted")));
    assert_eq!((&whole[1]["content"], &whole[1]["status"]), (&json!("beforeafter"), &json!("complete")));
}

#[tokio::test]
async fn what_was_on_its_way_to_the_store_when_the_actor_fell_reaches_who_listens() {
    let (server, tripwire) = server(5);
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    server.say(&id, "say=1").await;
    let mut seen = Vec::new();
    ws.op("subscribed", &mut seen).await;
    seen.extend(ws.until("turn_end").await);
    server.store.stall_commits(true);
    let path = format!("/api/conversations/{id}/messages");
    let say = |content: &'static str| {
        let (api, path) = (server.api(), path.clone());
        tokio::spawn(async move { api.post(&path, json!({ "content": content })).await.expect(202) })
    };
    let first = say("say=2");
    tokio::time::sleep(Duration::from_millis(150)).await;
    tripwire.trip(1);
    let second = say("say=3");
    tripwire.tripped().await;
    server.store.stall_commits(false);
    first.await.unwrap();
    second.await.unwrap();
    for _ in 0..2 {
        seen.extend(ws.until("turn_end").await);
    }
    assert_dense(&seen);
    assert_eq!(seen, server.events(&id).await);
}

#[tokio::test]
async fn a_conversation_that_keeps_panicking_is_given_up_alone_and_comes_back_when_it_is_asked_again() {
    let (server, tripwire) = server(1);
    let root = children_of_root(&server).await;
    let (broken, other) = (new_id(), new_id());
    server.say(&broken, "say=1").await;
    server.say(&other, "say=1").await;
    // When it decides, and when it opens again.
    tripwire.trip(2);
    let path = format!("/api/conversations/{broken}/messages");
    let problem = server.post(&path, json!({ "content": "say=2" })).await.expect_problem(500, "internal");
    assert!(!problem.to_string().contains("tripwire"), "an internal text is shown: {problem}");
    tripwire.tripped().await;
    assert_eq!(said(&server.say(&other, "say=fine").await), "fine");
    assert_eq!(said(&server.say(&broken, "say=back").await), "back");
    assert_dense(&server.events(&broken).await);
    assert_eq!(children_of_root(&server).await, root);
}

#[tokio::test]
async fn the_open_turn_of_a_conversation_that_was_given_up_ends_though_nobody_asks() {
    let tripwire = Tripwire::of(CONVERSATION);
    let clock = Arc::new(tripwire.clone());
    let server = Embedded::with(three_agents(), |options| {
        let quick = Duration::from_millis(20);
        options.restarts = RestartPolicy { restarts_max: 0, restart_window: quick, ..RestartPolicy::default() };
        options.clock = clock;
    });
    let (id, gate) = (new_id(), Gate::closed());
    let path = format!("/api/conversations/{id}/messages");
    server.post(&path, json!({ "content": format!("say=before {} say=after", gate.word()) })).await.expect(202);
    let mut begun = server.ws(&id).await;
    begun.subscribe(None).await;
    begun.until("content_chunk").await;
    // When it decides, when it is asked once more, and when it is woken for the first time.
    tripwire.trip(3);
    let cancel = format!("/api/conversations/{id}/cancel");
    let body = json!({ "clientMessageId": "another" });
    server.post(&cancel, body).await.expect_problem(500, "internal");
    gate.open();
    let over = async {
        while !types(&server.events(&id).await).contains(&"turn_end") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, over).await.expect("a turn that ends");
    assert!(tripwire.panics().is_empty());
    let events = server.events(&id).await;
    assert_dense(&events);
    assert_eq!(events.last().unwrap()["status"], "completed", "{events:?}");
    assert_eq!(types(&events).iter().filter(|kind| **kind == "agent_start").count(), 2, "{events:?}");
}

async fn children_of_root(server: &Embedded) -> Vec<Value> {
    let tree = server.admin(Method::GET, "/api/admin/supervision", None).await.expect(200);
    let root = tree["levels"].as_array().unwrap().iter().find(|level| level["name"] == "root").unwrap();
    root["children"].as_array().unwrap().iter().map(|child| child["name"].clone()).collect()
}
