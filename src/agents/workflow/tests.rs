//! Runs of graphs without a server: branches, tries, times, hand-offs, and the words of the server.

mod older;
mod stored;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use protocol::Code;
use serde_json::{Map, Value, json};

use super::{Library, Native, NativeCall, WorkflowAgent, words};
use crate::{
    agent::{
        AgentCard, Outcome,
        sink::RunItem,
        testing::{Played, Rehearsal},
    },
    tools::ToolBox,
    workflow::{Definition, work::Failure},
};

/// Fails as often as it is told, then writes its input; takes its time where that says so.
struct Flaky(AtomicU32);

#[async_trait]
impl Native for Flaky {
    async fn call(&self, call: NativeCall<'_>) -> Result<Map<String, Value>, Failure> {
        if let Some(millis) = call.input.get("millis").and_then(Value::as_u64) {
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => Err(Failure::new("flaky", "not yet")),
            Err(_) => Ok(call.input.into_iter().filter(|(key, _)| key != "millis").collect()),
        }
    }
}

fn agent(failures: u32, yaml: &str) -> WorkflowAgent {
    let definition: Definition = serde_saphyr::from_str(yaml).unwrap();
    let library = Library::default().with_native("flaky", Flaky(AtomicU32::new(failures)));
    let agents = BTreeSet::from(["buyer".to_owned()]);
    WorkflowAgent::new(AgentCard::default(), definition, ToolBox::empty(), library, agents).unwrap()
}

fn steps(played: &Played) -> Vec<&str> {
    let step = |item: &'_ RunItem| matches!(item, RunItem::StepComplete { .. });
    let steps = played.items.iter().filter(|item| step(item));
    steps.map(|item| if let RunItem::StepComplete { node, .. } = item { node.as_str() } else { "" }).collect()
}

#[tokio::test(start_paused = true)]
async fn branches_run_side_by_side_and_what_they_wrote_adds_up_in_their_order() {
    let yaml = "
start: both
publish: [seen]
state: { seen: { default: [], reduce: append } }
nodes:
  both: { parallel: { branches: [slow, quick] }, then: tell }
  slow: { native: { name: flaky, input: { millis: 900, seen: slow } } }
  quick: { native: { name: flaky, input: { millis: 10, seen: quick } } }
  tell: { say: '{{ seen | join(\", \") }}' }
";
    let began = tokio::time::Instant::now();
    let played = Rehearsal::of("go").run(&agent(0, yaml)).await;
    assert_eq!(began.elapsed().as_millis() / 100, 9, "not one after the other");
    assert_eq!(steps(&played), ["quick", "slow", "tell"]);
    assert_eq!(played.text(), "slow, quick");
    let Ok(Outcome::Completed { final_state, .. }) = played.outcome else { panic!("{:?}", played.outcome) };
    assert_eq!(Value::Object(final_state), json!({ "seen": ["slow", "quick"] }));
}

#[tokio::test(start_paused = true)]
async fn a_step_is_tried_again_after_twice_the_wait_and_then_the_graph_takes_care() {
    let yaml = "
start: try
state: { ok: {} }
nodes:
  try: { native: { name: flaky, input: { ok: true } }, retry: { times: 2, wait: 1s }, then: tell, on_error: sorry }
  tell: { say: done }
  sorry: { say: 'no: {{ error.code }}' }
";
    for (failures, text, seconds) in [(0, "done", 0), (2, "done", 3), (3, "no: flaky", 3)] {
        let began = tokio::time::Instant::now();
        let played = Rehearsal::of("go").run(&agent(failures, yaml)).await;
        assert_eq!((played.text().as_str(), began.elapsed().as_secs()), (text, seconds), "{failures}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_over_its_time_has_failed_and_without_a_way_on_the_run_has() {
    let yaml = "
start: slow
state: { ok: {} }
nodes:
  slow: { native: { name: flaky, input: { millis: 60000, ok: true } }, timeout: 2s }
";
    let played = Rehearsal::of("go").run(&agent(0, yaml)).await;
    let error = played.outcome.as_ref().unwrap_err();
    assert_eq!(error.code, Code::WorkflowFailed);
    assert_eq!(error.safe, "The step `slow` failed: it took longer than 2s.");
    assert_eq!(steps(&played), ["slow"]);
}

#[tokio::test]
async fn a_circle_ends_at_the_budget_of_steps() {
    let yaml = "
start: a
steps_max: 50
nodes:
  a: { say: x, then: b }
  b: { say: y, then: a }
";
    let played = Rehearsal::of("go").run(&agent(0, yaml)).await;
    assert_eq!(played.outcome.as_ref().unwrap_err().code, Code::BudgetSteps);
    assert_eq!(played.text().len(), 51);
}

#[tokio::test]
async fn what_a_graph_knows_has_a_limit() {
    let yaml = "
start: grow
state: { text: { default: '0123456789' } }
nodes:
  grow: { set: { text: '= text ~ text' }, then: tell }
  tell: { say: x, then: grow }
";
    let played = Rehearsal::of("go").run(&agent(0, yaml)).await;
    let error = played.outcome.unwrap_err();
    assert!(error.code == Code::BudgetState && error.safe.contains("262144"), "{error:?}");
}

#[tokio::test]
async fn a_hand_off_goes_to_a_colleague_that_is_there_and_is_an_error_otherwise() {
    let yaml = "
start: hand
state: { cost: { default: 7 } }
nodes:
  hand: { handoff: { to: buyer, reason: 'a price for {{ cost }}', data: { cost: '= cost' } }, on_error: sorry }
  sorry: { say: '{{ error.code }}' }
";
    let gone = Rehearsal::of("go").run(&agent(0, yaml)).await;
    assert_eq!(gone.text(), "agent_unavailable");
    let buyer = "buyer".parse().unwrap();
    let there = Rehearsal::of("go").beside(buyer, AgentCard::default()).run(&agent(0, yaml)).await;
    let Ok(Outcome::HandOver { to, detail, .. }) = there.outcome else { panic!("{:?}", there.outcome) };
    assert_eq!((to.as_str(), detail.as_deref()), ("buyer", Some("a price for 7")));
}

#[tokio::test]
async fn a_long_text_comes_whole() {
    let yaml = "
start: tell
nodes: { tell: { say: '{{ \"0123456789abcdef\" * 30000 }}' } }
";
    let yaml = yaml.replace("\\\"", "\"");
    let played = Rehearsal::of("go").run(&agent(0, &yaml)).await;
    assert_eq!(played.text().len(), 480_000, "{:?}", played.outcome);
}

#[test]
fn the_server_speaks_the_language_of_the_user() {
    assert!(words::stopped(&json!({ "language": "ru" })).starts_with("Хорошо"));
    assert!(words::stopped(&json!({ "language": "en" })).starts_with("All right"));
    assert!(words::undecided(&json!({})).contains("approve or reject"));
}

#[test]
fn a_whole_message_says_to_stop() {
    for (message, stops) in [("Отмена!", true), (" stop ", true), ("stop the music", false), ("500", false)] {
        assert_eq!(words::is_stop(message), stops, "{message}");
    }
}
