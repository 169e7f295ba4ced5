//! Runs that go on from what an older program stored, and on graphs of an older version.

use protocol::ToolCallId;

use super::{
    stored::{CONVERSATION, after, checkpoint, ordering, step},
    *,
};
use crate::{
    agent::{Step, sink::CheckpointStatus},
    conversation::run::ToolIntent,
    tools::Effect,
};

const BRANCHES: &str = "
start: both
nodes:
  both: { parallel: { branches: [order, talk] }, then: done }
  order: { tool: { name: orders, arguments: {} }, then: ordered, on_error: failed }
  ordered: { say: Ordered. }
  failed: { say: 'It failed: {{ error.code }}.' }
  talk: { say: One., then: more }
  more: { say: Two. }
  done: { say: Done. }
";
/// As the older program stored it once `talk` had spoken: no step says since when the run stands there.
const BRANCHES_STORED: &str = r#"{"version":"VERSION","id":"r1","user":{"message":"sell","language":"en"},"steps":2,"top":{
    "at":{"branches":{"node":"both","frames":[
        {"at":{"node":{"node":"order"}},"state":{},"is_branch":true},
        {"at":{"node":{"node":"more"}},"state":{},"is_branch":true}]}},
    "state":{}}}"#;

const CIRCLE: &str = "
start: order
nodes:
  order: { tool: { name: orders, arguments: {} }, then: tell, on_error: failed }
  tell: { say: Ordered., then: [ { when: 'user.message == \"more\"', to: order }, { to: end } ] }
  failed: { say: 'It failed: {{ error.code }}.' }
";
/// The second time at the step that the graph begins with.
const CIRCLE_STORED: &str = r#"{"version":"VERSION","id":"r1","user":{"message":"sell","language":"en"},"steps":2,
    "top":{"at":{"node":{"node":"order"}},"state":{}}}"#;

/// The key of a call as the older program worked it out: from all steps that had been taken when it was made.
fn old_key(steps: u32, place: &[u64]) -> ToolCallId {
    let mut hash = blake3::Hasher::new_derive_key("switchboard workflow call");
    hash.update(CONVERSATION.0.as_bytes()).update(b"r1").update(&steps.to_be_bytes()).update(b"order");
    for index in place {
        hash.update(&index.to_be_bytes());
    }
    format!("step_{}", &hash.finalize().to_hex()[..32]).parse().unwrap()
}

/// A call that was made before the crash, and has no outcome.
fn open(key: ToolCallId, effect: Effect) -> Step {
    let intent = ToolIntent::new("call-1".parse().unwrap(), "orders", json!({}));
    Step::Called { intent: ToolIntent { effect, idempotency_key: key, ..intent }, outcome: None }
}

/// What is said, and the keys of the orders that are made, where the older program had an order open under a key.
async fn goes_on(graph: &str, stored: &str, effect: Effect, opened: Option<ToolCallId>) -> (String, Vec<ToolCallId>) {
    let (agent, orders) = ordering(effect, graph);
    let progress = stored.replace("VERSION", agent.graph.version());
    let running = checkpoint(&agent, CheckpointStatus::Running, progress);
    let mut rehearsal = Rehearsal::of("sell").going_on_from(opened.map(|key| open(key, effect)).into_iter().collect());
    let of = rehearsal.turn.turn_id;
    after(&mut rehearsal.turn, of, vec![(step(), Some(running))]).await;
    let played = rehearsal.run(&agent).await;
    assert!(played.outcome.is_ok(), "{:?}", played.outcome);
    let made = orders.made.lock().unwrap();
    (played.text(), made.iter().map(|made| made.idempotency_key.clone()).collect())
}

#[tokio::test]
async fn a_call_that_counts_and_was_open_when_an_older_program_died_is_not_made_again() {
    for (graph, stored, key) in
        [(BRANCHES, BRANCHES_STORED, old_key(1, &[0])), (CIRCLE, CIRCLE_STORED, old_key(2, &[]))]
    {
        let (text, made) = goes_on(graph, stored, Effect::NonIdempotent, Some(key)).await;
        assert!(text.contains("It failed: tool_outcome_unknown."), "{text}");
        assert_eq!(made, []);
    }
}

#[tokio::test]
async fn a_call_that_may_be_made_again_keeps_the_key_of_an_older_program() {
    // A branch that went on meanwhile; none that did; and what was made of the same checkpoint by the program that hashed
    // nought for it.
    for (graph, stored, key) in [
        (BRANCHES, BRANCHES_STORED, old_key(1, &[0])),
        (BRANCHES, BRANCHES_STORED, old_key(2, &[0])),
        (CIRCLE, CIRCLE_STORED, old_key(2, &[])),
        (CIRCLE, CIRCLE_STORED, old_key(0, &[])),
    ] {
        let (text, made) = goes_on(graph, stored, Effect::Idempotent, Some(key.clone())).await;
        assert!(text.contains("Ordered."), "{text}");
        assert_eq!(made, [key]);
    }
}

#[tokio::test]
async fn a_call_that_an_older_program_never_made_has_a_key_of_its_own() {
    // The first time at this step had the key of no steps.
    let (_, made) = goes_on(CIRCLE, CIRCLE_STORED, Effect::Idempotent, None).await;
    assert_eq!(made, [old_key(2, &[])]);
}

const TODAY: &str = "
start: look
state: { text: {}, again: { default: false } }
nodes:
  look: { native: { name: flaky, input: { text: new, again: '= 1 > 0' } }, then: tell }
  tell: { say: '{{ text }} {{ again }}' }
";

/// What comes of a function of today's program in a graph of an older version without `again`, where it writes this to it.
async fn check(writes: &str, expected: Result<&str, &str>) {
    let today = agent(0, TODAY);
    let yaml = format!(
        "
start: look
state: {{ text: {{}} }}
nodes:
  look: {{ native: {{ name: flaky, input: {{ text: old, {writes} }} }}, then: tell }}
  tell: {{ say: '{{{{ text }}}}' }}
"
    );
    let before = agent(0, &yaml);
    let at = json!({ "node": { "node": "look" } });
    let top = json!({ "at": at, "state": { "text": null } });
    let progress =
        json!({ "version": before.graph.version(), "id": "r", "user": { "message": "" }, "steps": 0, "top": top });
    let running = checkpoint(&before, CheckpointStatus::Running, progress.to_string());
    let mut rehearsal = Rehearsal::of("go");
    let of = rehearsal.turn.turn_id;
    after(&mut rehearsal.turn, of, vec![(step(), Some(running))]).await;
    let kept = serde_json::to_string(before.graph.definition()).unwrap();
    rehearsal.turn.workflow.keep_graph(before.graph.version(), &kept).await.unwrap();
    let played = rehearsal.run(&today).await;
    let text = played.text();
    let came = played.outcome.as_ref().map(|_| text.as_str()).map_err(|error| error.safe.as_str());
    assert_eq!(came, expected, "{writes}");
}

#[tokio::test]
async fn what_a_function_writes_to_a_key_that_an_older_graph_has_not_is_left_out_where_it_says_nothing() {
    check("again: false", Ok("old")).await;
    let lost = "The step `look` failed: `again` is no key of the state.";
    check("again: true", Err(lost)).await;
    check("gain: false", Err("The step `look` failed: `gain` is no key of the state.")).await;
}

#[tokio::test]
async fn a_function_that_writes_a_key_which_todays_graph_has_not_fails_whatever_it_writes() {
    let yaml = TODAY.replace("again: { default: false }", "gone: { default: false }").replace(" {{ again }}", "");
    let error = Rehearsal::of("go").run(&agent(0, &yaml)).await.outcome.unwrap_err();
    assert_eq!(error.safe, "The step `look` failed: `again` is no key of the state.");
}
