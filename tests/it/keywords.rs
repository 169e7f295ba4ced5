//! Keywords that are learnt from a shop: its cards and its search report, through the tool of the marketplace that config names.

use std::time::Duration;

use sandbox::{Fault, FaultRule, Running};
use serde_json::{Value, json};

use crate::support::{
    client::new_id,
    played,
    server::{CONCIERGE, Starting, TestServer},
};

const CARDS: &str = "/content/v2/get/cards/list";
const REPORT: &str = "/api/v2/search-report/product/search-texts";

/// Asks the tool for one subject, and publishes what it answers.
fn config(base_url: &str, subject: &str, token: &str, timeout: &str) -> String {
    format!(
        "{CONCIERGE}
  - id: seeker
    kind: workflow
    name: Seeker
    intents: [keywords]
    tools: [{{ name: keyword_research }}]
    workflow:
      type: graph
      start: find
      publish: [found]
      state: {{ found: {{}} }}
      nodes:
        find: {{ tool: {{ name: keyword_research, arguments: {{ subject: {subject}, limit: 20 }}, into: found }}, then: tell }}
        tell: {{ say: Found. }}
tools:
  keyword_research: {{ marketplace: reports, timeout: {timeout} }}
  reports:
    kind: wildberries_api
    base_url: {base_url}
    {token}
    wait_max: 100ms
    operations: [cards_list, search_texts]
"
    )
}

struct Learning {
    sandbox: Running,
    server: TestServer,
}

impl Learning {
    async fn of(subject: &str, timeout: &str) -> Self {
        Self::with(subject, "token: env:SHOP_TOKEN", timeout).await
    }

    async fn with(subject: &str, token: &str, timeout: &str) -> Self {
        let sandbox = played::sandbox(|options| options.token = Some("the-sellers-token".to_owned().into())).await;
        let config = config(sandbox.base_url(), subject, token, timeout);
        let server = Starting::with(&config).env("SHOP_TOKEN", "the-sellers-token").start();
        Self { sandbox, server }
    }

    fn fault(&self, call: &str, fault: Fault) {
        self.sandbox.shop().add_faults(vec![FaultRule::new(call, 100, fault)]).unwrap();
    }

    /// What the tool answers.
    async fn found(&self) -> Value {
        let mut ws = self.server.ws(&new_id()).await;
        ws.send(json!({ "op": "subscribe" })).await;
        ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": "keywords" })).await;
        let events = ws.until("turn_end").await;
        let end = events.iter().find(|event| event["type"] == "agent_complete");
        end.unwrap_or_else(|| panic!("no end in {events:?}"))["finalState"]["found"].clone()
    }
}

/// Where the keywords were found, each place once.
fn sources(found: &Value) -> Vec<&str> {
    let keywords = found["keywords"].as_array().unwrap_or_else(|| panic!("no keywords in {found}"));
    let mut sources: Vec<&str> =
        keywords.iter().flat_map(|it| it["sources"].as_array().unwrap()).map(|it| it.as_str().unwrap()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

#[tokio::test]
async fn keywords_come_from_the_search_report_and_the_cards_of_the_same_subject() {
    let found = Learning::of("Кружки", "30s").await.found().await;
    assert_eq!((sources(&found), &found["notes"]), (vec!["own_cards", "search_report", "text"], &json!([])));
    let best = &found["keywords"][0];
    assert!(best["phrase"].as_str().unwrap().contains("круж") && best["frequency"].as_u64() > Some(0), "{found}");
    assert!(!found.to_string().contains("кроссовк"), "cards of other subjects are left out: {found}");
}

#[tokio::test]
async fn an_english_subject_finds_its_cards_by_their_names_in_english() {
    let found = Learning::of("Mugs", "30s").await.found().await;
    assert_eq!((&found["language"], &found["notes"]), (&json!("en"), &json!([])), "{found}");
    assert!(found["keywords"].as_array().is_some_and(|all| !all.is_empty()), "{found}");
}

#[tokio::test]
async fn a_subject_that_the_shop_does_not_sell_is_answered_from_the_bundled_list() {
    let found = Learning::of("Dog leash", "30s").await.found().await;
    assert!(sources(&found).contains(&"bundled_list"), "{found}");
}

#[tokio::test]
async fn a_report_over_its_limit_costs_its_own_part_and_is_told() {
    let learning = Learning::of("Кружки", "30s").await;
    learning.fault(REPORT, Fault::TooManyRequests { retry_seconds: 600 });
    let found = learning.found().await;
    assert_eq!(sources(&found), ["own_cards", "text"], "{found}");
    let notes = found["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{found}");
    let note = notes[0].as_str().unwrap();
    assert!(
        note.starts_with("the search report could not be read: rate_limited: ") && note.contains("try again at"),
        "{note}"
    );
}

#[tokio::test]
async fn a_report_that_is_slow_is_not_waited_for_to_the_end() {
    let learning = Learning::of("Кружки", "2s").await;
    learning.fault(REPORT, Fault::Slow { millis: 60_000 });
    let found = learning.found().await;
    assert_eq!(sources(&found), ["own_cards", "text"], "{found}");
    assert_eq!(found["notes"], json!(["the search report could not be read: no answer within 800ms"]));
}

#[tokio::test]
async fn cards_that_cannot_be_read_leave_the_bundled_list_and_both_are_told() {
    let learning = Learning::of("Кружки", "30s").await;
    learning.fault(CARDS, Fault::Unauthorized);
    let found = learning.found().await;
    assert_eq!(sources(&found), ["bundled_list", "text"], "{found}");
    let notes: Vec<&str> = found["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
    assert!(notes[0].starts_with("the own cards could not be read: token_refused: "), "{notes:?}");
    assert!(notes[1].starts_with("the search report could not be read: it is told by the articles"), "{notes:?}");
    assert_eq!(notes.len(), 2, "{notes:?}");
}

/// A tenant without a token of its own must never read the shop of another.
#[tokio::test]
async fn a_tenant_without_a_token_reads_nobodys_shop() {
    let learning = Learning::with("Кружки", "tokens: { acme: env:SHOP_TOKEN }", "30s").await;
    let found = learning.found().await;
    assert_eq!(sources(&found), ["bundled_list", "text"], "{found}");
    assert!(found["notes"][0].as_str().unwrap().contains("no_token: "), "{found}");
    assert_eq!(learning.sandbox.shop().state()["calls"].as_object().map(serde_json::Map::len), Some(0));
}

/// What a tool cannot do is told when the server starts, with the way to mend it.
#[tokio::test]
async fn a_tool_that_keywords_cannot_be_learnt_through_is_told_at_the_start() {
    let config = config("sandbox", "mug", "", "30s").replace("[cards_list, search_texts]", "[cards_list]");
    let (status, said) = Starting::with(&config).fail();
    assert!(!status.success());
    let words = "which lacks the operation `search_texts`; add to `tools.reports.operations`";
    assert!(said.contains(words), "{said}");
}

/// Time for a slow source is bounded by the call's own, whatever it is.
#[tokio::test]
async fn a_shop_that_is_silent_altogether_is_answered_in_the_time_of_the_call() {
    let learning = Learning::of("Кружки", "1s").await;
    learning.fault("", Fault::Slow { millis: 60_000 });
    let found = tokio::time::timeout(Duration::from_mins(1), learning.found()).await.expect("an answer in time");
    assert_eq!((sources(&found), found["notes"].as_array().map(Vec::len)), (vec!["bundled_list", "text"], Some(2)));
}
