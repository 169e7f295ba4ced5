//! The tour of the documentation: what a new user says to the default config in both languages, and what is answered.
//!
//! `docs/tour.md` is made by this test where `SWITCHBOARD_WRITE_TOUR` is set (`cargo xtask tour`), and held by it elsewhere,
//! so the documentation never says what the server does not.

mod page;
mod routes;
mod scripts;

use std::{path::PathBuf, sync::Arc};

use protocol::Timestamp;
use serde_json::{Value, json};
use switchboard::{
    clock::{Clock, SystemClock},
    config::{Config, DEFAULT_CONFIG, Source},
};

use self::{
    page::Page,
    scripts::{Chapter, Step},
};
use crate::support::{
    client::{WsClient, assert_dense, new_id},
    embedded::Embedded,
};

/// Tuesday, 24 November 2026, 12:00 in Moscow: the shop's history hangs on the day.
const NOON: i64 = 1_795_510_800_000;

/// The machine's clock, moved to [`NOON`]: it goes on, because the shop looks at cards some time after they came.
#[derive(Debug)]
struct ThatDay {
    moved_by: i64,
}

impl ThatDay {
    fn new() -> Self {
        Self { moved_by: NOON - SystemClock.now().as_millis() }
    }
}

impl Clock for ThatDay {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().as_millis() + self.moved_by)
    }
}

/// A user with one conversation.
struct Visitor {
    server: Embedded,
    id: String,
    ws: WsClient,
    /// What waits for a decision since the last turn.
    asked: Option<Value>,
}

impl Visitor {
    async fn come() -> Self {
        let loaded = Config::from_text(DEFAULT_CONFIG, Source::BuiltIn, std::iter::empty()).unwrap();
        let server = Embedded::of_config(loaded.config, Arc::new(ThatDay::new()));
        let id = new_id();
        let mut ws = server.ws(&id).await;
        ws.send(json!({ "op": "subscribe" })).await;
        Self { server, id, ws, asked: None }
    }

    /// What was seen until the turn was over.
    async fn takes(&mut self, step: &Step) -> Vec<Value> {
        let frame = match step {
            Step::Say(content) => json!({ "op": "message", "clientMessageId": new_id(), "content": content }),
            Step::Decide(decision) => {
                let question = self.asked.as_ref().expect("an approval was asked for");
                json!({ "op": "approve", "approvalId": question["approvalId"], "decision": decision,
                        "argumentsHash": question["argumentsHash"] })
            }
        };
        self.ws.send(frame).await;
        let events = self.ws.until("turn_end").await;
        self.asked = events.iter().rfind(|event| event["type"] == "approval_request").cloned();
        events
    }
}

async fn walk(chapter: &Chapter, page: &mut Page) {
    let mut visitor = Visitor::come().await;
    page.begin(chapter);
    for (at, step) in chapter.steps.iter().enumerate() {
        let events = visitor.takes(step).await;
        let status = events.last().and_then(|end| end["status"].as_str()).unwrap_or_default();
        assert!(["completed", "waiting"].contains(&status), "{step:?}: {events:#?}");
        page.add(step, &events);
        let asked_next = matches!(chapter.steps.get(at + 1), Some(Step::Decide(_)));
        assert_eq!(visitor.asked.is_some(), asked_next, "{step:?}: {events:#?}");
    }
    assert_dense(&visitor.server.events(&visitor.id).await);
}

#[tokio::test]
async fn the_tour_of_the_documentation_is_what_a_new_user_sees() {
    let mut page = Page::default();
    for chapter in scripts::CHAPTERS {
        walk(chapter, &mut page).await;
    }
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/tour.md");
    let seen = page.text();
    if std::env::var_os("SWITCHBOARD_WRITE_TOUR").is_some() {
        std::fs::write(&file, seen).unwrap();
        return;
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    if let Some((at, (said, wrote))) = (1..).zip(lines(&seen, &written)).find(|(_, (said, wrote))| said != wrote) {
        panic!(
            "docs/tour.md:{at} is not what is said now; `cargo xtask tour` writes it anew\n written: {wrote}\n     now: {said}"
        );
    }
}

/// The lines of both, side by side, to the end of the longer one.
fn lines<'a>(one: &'a str, other: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let count = one.lines().count().max(other.lines().count());
    let padded = |text: &'a str| text.lines().chain(std::iter::repeat("(the page ends)")).take(count);
    padded(one).zip(padded(other))
}
