//! Runs that go on from what an older program stored.

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
