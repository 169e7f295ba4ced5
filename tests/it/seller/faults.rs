//! What the marketplace does to a seller in the middle of a conversation: the turn ends, the user reads in their language what
//! to do, and it goes on afterwards.

use std::time::Duration;

use sandbox::{Fault, FaultRule};
use serde_json::{Value, json};
use switchboard::{
    clock::{Clock as _, SystemClock},
    config::DEFAULT_CONFIG,
};

use super::{SEEDED, Turn, UPLOAD, WHOLE, WHOLE_RU, decide, say, subscribed};
use crate::support::{
    client::{WsClient, client, new_id},
    server::{Starting, TestServer},
};

/// A seller who speaks a language.
struct Speaks {
    is_russian: bool,
    whole: &'static str,
    publish: &'static str,
    go_on: &'static str,
    sales: &'static str,
}

const LANGUAGES: [Speaks; 2] = [
    Speaks {
        is_russian: false,
        whole: WHOLE,
        publish: "publish",
        go_on: "go on",
        sales: "Show the sales of last week",
    },
    Speaks {
        is_russian: true,
        whole: WHOLE_RU,
        publish: "опубликуй",
        go_on: "продолжай",
        sales: "Покажи продажи за прошлую неделю",
    },
];

/// What goes wrong, and how long it is remembered after it is over: a shop that said "not before" is not asked before.
fn faults() -> [(Fault, Duration); 2] {
    let short = Fault::TooManyRequests { retry_seconds: 1 };
    [(short, Duration::from_millis(1_100)), (Fault::Unauthorized, Duration::ZERO)]
}

const TEN_MINUTES: Fault = Fault::TooManyRequests { retry_seconds: 600 };

/// A seller whose shop is played in the server's own process, as in the example, and whose tools wait for nobody: what a user
/// reads of a wait of ten minutes is read after one of a second, too.
struct Seller {
    server: TestServer,
    ws: WsClient,
    id: String,
    /// Where the shop is.
    sandbox: String,
}

impl Seller {
    async fn open() -> Self {
        let patience = DEFAULT_CONFIG.replace("    timeout: 1m\n", "    timeout: 1m\n    wait_max: 100ms\n");
        assert_ne!(patience, DEFAULT_CONFIG, "the config has other times");
        let server = Starting::with(&patience)
            .env("SWITCHBOARD_SERVER__PORT", "0")
            .env("SWITCHBOARD_SANDBOX__LIMIT_INTERVAL_PERCENT", "0")
            .env("SWITCHBOARD_SANDBOX__WORK_DELAY", "100ms")
            .start();
        let id = new_id();
        let ws = subscribed(&server, &id).await;
        let words = server.banner().lines().filter(|line| line.contains("sandbox")).flat_map(str::split_whitespace);
        let sandbox = words.into_iter().find(|word| word.starts_with("http://")).expect("the banner says where it is");
        let sandbox = sandbox.trim_end_matches('/').to_owned();
        Self { server, ws, id, sandbox }
    }

    async fn say(&mut self, content: &str) -> Turn {
        say(&mut self.ws, content).await
    }

    async fn decide(&mut self, question: &Value, decision: &str) -> Turn {
        decide(&self.server, &self.id, question, decision).await.expect(202);
        Turn(self.ws.until("turn_end").await)
    }

    async fn breaks(&self, call: &str, fault: &Fault) {
        let rules = json!([FaultRule::new(call, 9, fault.clone())]).to_string();
        let request = client().post(format!("{}/sandbox/faults", self.sandbox)).body(rules);
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// The fault is over; what was said to be waited for is over, too.
    async fn mends(&self, remembered: Duration) {
        let answer = client().delete(format!("{}/sandbox/faults", self.sandbox)).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        tokio::time::sleep(remembered).await;
    }

    async fn state(&self) -> Value {
        let answer = client().get(format!("{}/sandbox/state", self.sandbox)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn cards(&self) -> usize {
        self.state().await["cards"].as_array().unwrap().len() - SEEDED
    }

    async fn requests(&self, call: &str) -> u64 {
        self.state().await["calls"][call]["requests"].as_u64().unwrap_or_default()
    }
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

/// The first sentence is in the user's language.
#[track_caller]
fn is_in(turn: &Turn, speaks: &Speaks) {
    let said = turn.said();
    let letters: Vec<char> = said.chars().filter(|c| c.is_alphabetic()).take(20).collect();
    assert_eq!(letters.len(), 20, "too little was said: {said}");
    let cyrillic = letters.iter().filter(|c| is_cyrillic(**c)).count();
    assert_eq!(cyrillic > 10, speaks.is_russian, "{said}");
}

/// The listing tells of trouble, waits, and names the words that go on.
#[track_caller]
fn troubled(turn: &Turn, speaks: &Speaks) {
    assert_eq!(turn.status(), "waiting", "{}", turn.said());
    assert!(turn.find("input_request").is_some(), "{}", turn.said());
    assert!(turn.find("error").is_none(), "{:?}", turn.0);
    is_in(turn, speaks);
    assert!(turn.said().contains(speaks.go_on), "the next step is not named: {}", turn.said());
}

#[tokio::test]
async fn a_listing_that_cannot_read_the_categories_says_so_and_goes_on_later() {
    for speaks in LANGUAGES {
        for (fault, remembered) in faults() {
            let mut seller = Seller::open().await;
            seller.breaks("/content/v2/object", &fault).await;
            troubled(&seller.say(speaks.whole).await, &speaks);
            // Once more while it lasts: nothing hangs, and nothing is lost.
            troubled(&seller.say(speaks.go_on).await, &speaks);
            seller.mends(remembered).await;
            seller.say(speaks.go_on).await;
            let asked = seller.say(speaks.publish).await;
            let done = seller.decide(asked.question(), "approved").await;
            assert_eq!(done.status(), "completed", "{fault:?}: {}", done.said());
            assert_eq!(seller.cards().await, 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_listing_that_was_approved_and_is_not_taken_says_so_and_is_published_once_later() {
    for speaks in LANGUAGES {
        for (fault, remembered) in faults() {
            let mut seller = Seller::open().await;
            seller.say(speaks.whole).await;
            let asked = seller.say(speaks.publish).await;
            seller.breaks(UPLOAD, &fault).await;
            troubled(&seller.decide(asked.question(), "approved").await, &speaks);
            assert_eq!(seller.cards().await, 0);
            seller.mends(remembered).await;
            seller.say(speaks.go_on).await;
            let anew = seller.say(speaks.publish).await;
            let done = seller.decide(anew.question(), "approved").await;
            assert_eq!(done.status(), "completed", "{fault:?}: {}", done.said());
            assert_eq!(seller.cards().await, 1, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn who_must_wait_for_ten_minutes_reads_until_when_and_the_shop_is_left_alone_meanwhile() {
    for speaks in LANGUAGES {
        let mut seller = Seller::open().await;
        seller.breaks("/content/v2/object", &TEN_MINUTES).await;
        seller.breaks("/api/", &TEN_MINUTES).await;
        let told = seller.say(speaks.whole).await;
        troubled(&told, &speaks);
        let year = SystemClock.now().to_datetime().format("%Y-").to_string();
        assert!(told.said().contains(&year), "the time is not told: {}", told.said());
        let asked = seller.requests("/content/v2/object/all").await;
        assert_eq!(asked, 1, "{}", seller.state().await["calls"]);
        // Though the shop would answer again.
        seller.mends(Duration::ZERO).await;
        troubled(&seller.say(speaks.go_on).await, &speaks);
        assert_eq!(seller.requests("/content/v2/object/all").await, asked, "it was asked before its time");
    }
}

#[tokio::test]
async fn a_card_that_is_rejected_after_it_was_accepted_is_told_in_the_users_language_and_repaired() {
    for speaks in LANGUAGES {
        let mut seller = Seller::open().await;
        let error = "Поле Наименование не должно содержать запрещенные символы: ★".to_owned();
        seller.breaks("", &Fault::RejectCard { error }).await;
        seller.say(speaks.whole).await;
        let asked = seller.say(speaks.publish).await;
        let told = seller.decide(asked.question(), "approved").await;
        assert_eq!((told.status(), told.find("input_request").is_some()), ("waiting", true), "{}", told.said());
        is_in(&told, &speaks);
        assert_eq!((seller.cards().await, seller.requests(UPLOAD).await), (0, 1));
        seller.mends(Duration::ZERO).await;
        seller.say(if speaks.is_russian { "Кружка для чая" } else { "Tea mug" }).await;
        let anew = seller.say(speaks.publish).await;
        assert_ne!(anew.question()["argumentsHash"], asked.question()["argumentsHash"], "changed, so asked for anew");
        assert_eq!(seller.decide(anew.question(), "approved").await.status(), "completed");
        assert_eq!(seller.cards().await, 1);
    }
}

#[tokio::test]
async fn numbers_that_cannot_be_read_are_said_in_the_users_language_and_there_when_asked_again() {
    for speaks in LANGUAGES {
        for (fault, remembered) in faults() {
            let mut seller = Seller::open().await;
            seller.breaks("/api/", &fault).await;
            let told = seller.say(speaks.sales).await;
            assert_eq!(told.status(), "completed", "{}", told.said());
            assert!(told.find("error").is_none(), "{:?}", told.0);
            is_in(&told, &speaks);
            let state = |turn: &Turn| turn.find("agent_complete").unwrap()["finalState"]["sales"]["totals"].clone();
            assert!(state(&told)["orders"].is_null(), "{}", state(&told));
            seller.mends(remembered).await;
            let read = seller.say(speaks.sales).await;
            assert!(state(&read)["orders"].as_u64() > Some(0), "{fault:?}: {}", read.said());
        }
    }
}
