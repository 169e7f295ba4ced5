//! Runs that go on from what is stored: an approval whose call was tried before a crash, and forms that are asked no more.

use std::sync::{Arc, Mutex};

use protocol::{
    AgentId, ApprovalId, ConversationId, Envelope, Event, RunId, Seq, Timestamp, TurnId,
    event::{ApprovalDecision, JsonObject},
};
use uuid::Uuid;

use super::{super::calls::key_of, *};
use crate::{
    agent::{
        Step, ToolOutcome, Turn, WorkflowMemory,
        sink::{Checkpoint, CheckpointStatus},
    },
    clock::SystemClock,
    conversation::{arguments_hash, run::ToolIntent},
    store::{
        ConversationKey, InternalId, NewConversation, Owner, Store, StoredEvent, Write, Written, memory::MemoryStore,
    },
    tools::{Effect, Grant, Tool, ToolContext, ToolError, ToolSpec},
};

/// The conversation of all runs here, as tables name it.
pub(super) const CONVERSATION: InternalId = InternalId(Uuid::from_u128(7));

/// Takes orders, and remembers under what each was made.
pub(super) struct Orders {
    spec: ToolSpec,
    pub(super) made: Mutex<Vec<ToolContext>>,
}

#[async_trait]
impl Tool for Orders {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _: Value, context: &ToolContext) -> Result<Value, ToolError> {
        self.made.lock().unwrap().push(context.clone());
        Ok(json!("done"))
    }
}

pub(super) fn ordering(effect: Effect, yaml: &str) -> (WorkflowAgent, Arc<Orders>) {
    let (name, description, parameters) = ("orders".to_owned(), String::new(), json!({ "type": "object" }));
    let spec = ToolSpec { name, description, parameters, effect };
    let orders = Arc::new(Orders { spec, made: Mutex::default() });
    let grant = Grant { tool: orders.clone(), time_max: Duration::from_secs(9), result_bytes_max: 1_000 };
    let (definition, toolbox) = (serde_saphyr::from_str(yaml).unwrap(), ToolBox::new(vec![grant]).unwrap());
    let agents = BTreeSet::new();
    let agent = WorkflowAgent::new(AgentCard::default(), definition, toolbox, Library::default(), agents);
    (agent.unwrap(), orders)
}

pub(super) fn checkpoint(agent: &WorkflowAgent, status: CheckpointStatus, progress: String) -> Checkpoint {
    Checkpoint { status, version: agent.graph.version().into(), progress: progress.into() }
}

/// A step of the workflow of the agent under test.
pub(super) fn step() -> Event {
    let (agent_id, run_id) = (tested(), RunId(Uuid::nil()));
    Event::StepComplete { agent_id, run_id, node: "a".to_owned(), passed: Vec::new(), steps: 1 }
}

fn tested() -> AgentId {
    "tested".parse().unwrap()
}

/// Lets a run go on from these events of a turn, each with the checkpoint that was stored beside it.
pub(super) async fn after(turn: &mut Turn, of: TurnId, events: Vec<(Event, Option<Checkpoint>)>) {
    let store = MemoryStore::default();
    let (now, conversation_id) = (Timestamp::from_millis(1), ConversationId(CONVERSATION.0));
    let owner = Owner { tenant: "t".into(), user: "u".into() };
    let new = NewConversation { id: CONVERSATION, epoch: "e1".parse().unwrap(), metadata: JsonObject::new() };
    let open = Write::Open { key: ConversationKey { owner, id: conversation_id }, create: Some(new), now };
    let Written::Opened(opened) = store.commit(&[open]).await.unwrap().remove(0) else { panic!("not opened") };
    let events: Arc<[StoredEvent]> = (1..)
        .zip(events)
        .map(|(seq, (event, checkpoint))| {
            let envelope = Envelope { seq: Seq(seq), event, conversation_id, turn_id: Some(of), at: now };
            let stored = StoredEvent::new(envelope, None).unwrap();
            checkpoint.into_iter().fold(stored, StoredEvent::with_checkpoint)
        })
        .collect();
    let append = Write::Append { conversation: CONVERSATION, fence: opened.fence, events };
    let written = store.commit(&[append]).await.unwrap().remove(0);
    assert!(matches!(written, Written::Appended { .. }), "{written:?}");
    turn.workflow = WorkflowMemory::new(Arc::new(store), Arc::new(SystemClock), CONVERSATION, tested());
}

const APPROVED: &str = "
start: both
nodes:
  both: { parallel: { branches: [order, talk] } }
  order: { approve: { tool: orders, arguments: { pieces: 3 } }, retry: { times: 2, wait: 1s } }
  talk: { say: One. }
";

/// Goes on after a crash in the turn in which the call `k` was approved, from a checkpoint that knows of so many failed tries,
/// where the log knows these steps.
async fn approved(failed: u32, steps: Vec<Step>) -> (Played, Arc<Orders>) {
    let (agent, orders) = ordering(Effect::Idempotent, APPROVED);
    let approval_id = ApprovalId(Uuid::from_u128(3));
    let arguments = json!({ "pieces": 3 });
    let asked = Event::ApprovalRequest {
        approval_id,
        tool_call_id: "k".parse().unwrap(),
        tool_name: "orders".to_owned(),
        arguments_hash: arguments_hash(&arguments),
        arguments,
        agent_id: tested(),
        expires_at: Timestamp::from_millis(i64::MAX),
    };
    let decision = ApprovalDecision::Approved;
    let (by, comment) = ("u".to_owned(), None);
    let decided = Event::ApprovalResolved { approval_id, decision, by, agent_id: tested(), comment };
    let waits = json!({ "approval": approval_id, "call": "k" });
    let order = json!({ "node": "order", "since": 1, "failed": failed, "waits": waits });
    let frame = |at: Value| json!({ "at": { "node": at }, "state": {}, "is_branch": true });
    let frames = json!([frame(order), frame(json!({ "node": "talk", "since": 1 }))]);
    let top = json!({ "at": { "branches": { "node": "both", "frames": frames } }, "state": {} });
    let progress =
        json!({ "version": agent.graph.version(), "id": "r1", "user": { "message": "" }, "steps": 2, "top": top });
    let running = checkpoint(&agent, CheckpointStatus::Running, progress.to_string());
    let mut rehearsal = Rehearsal::of("").going_on_from(steps);
    let of = rehearsal.turn.turn_id;
    after(&mut rehearsal.turn, of, vec![(asked, None), (decided, None), (step(), Some(running))]).await;
    (rehearsal.run(&agent).await, orders)
}

/// Under what id the approved call is made then, and whether the tool is told that it may be a repeat.
async fn check(failed: u32, expected_is_approved: bool) {
    let (played, orders) = approved(failed, Vec::new()).await;
    assert!(played.outcome.is_ok(), "{:?}", played.outcome);
    let made = orders.made.lock().unwrap();
    let made: Vec<_> = made.iter().map(|made| (made.call_id.as_str() == "k", made.is_repeat)).collect();
    assert_eq!(made, [(expected_is_approved, !expected_is_approved)], "{failed} tries failed");
}

#[tokio::test(start_paused = true)]
async fn a_try_that_failed_before_a_crash_is_in_the_next_checkpoint_whichever_branch_stores_it() {
    let key = key_of(CONVERSATION, "r1", (&[0], &serde_json::from_value(json!("order")).unwrap(), 1));
    let intent = ToolIntent::new("k".parse().unwrap(), "orders", json!({ "pieces": 3 }));
    let intent = ToolIntent { effect: Effect::Idempotent, idempotency_key: key, ..intent };
    let outcome = ToolOutcome { result: json!({ "error": "tool_failed" }), is_error: true, truncated: false };
    let began = tokio::time::Instant::now();
    let (played, orders) = approved(0, vec![Step::Called { intent, outcome: Some(outcome) }]).await;
    let stored = played.items.iter().find_map(|item| match item {
        RunItem::StepComplete { node, checkpoint, .. } => Some((node.as_str(), checkpoint.progress.to_string())),
        _ => None,
    });
    let (node, progress) = stored.unwrap();
    assert!(node == "talk" && progress.contains(r#""failed":1"#), "{node}: {progress}");
    assert_eq!(orders.made.lock().unwrap().len(), 1);
    assert_eq!(began.elapsed().as_secs(), 1, "the next try waits as it would have");
}

#[tokio::test]
async fn an_approved_call_that_was_tried_before_a_crash_is_a_repeat_under_an_id_of_its_own() {
    check(0, true).await;
    check(1, false).await;
}

/// What is said in answer to "stop" by the form of a graph, and how the run ends.
async fn stopped(yaml: &str) -> (String, Vec<Code>) {
    let agent = agent(0, yaml);
    let asked = Rehearsal::of("go").run(&agent).await;
    let (prompt, fields, waits) = asked
        .items
        .into_iter()
        .find_map(|item| match item {
            RunItem::InputRequest { prompt, fields, checkpoint } => Some((prompt, fields, checkpoint)),
            _ => None,
        })
        .unwrap();
    let mut rehearsal = Rehearsal::of("stop");
    let request = Event::InputRequest { agent_id: tested(), prompt, fields };
    after(&mut rehearsal.turn, TurnId(Uuid::from_u128(1)), vec![(request, Some(waits))]).await;
    let played = rehearsal.run(&agent).await;
    (played.text(), played.outcome.err().into_iter().map(|error| error.code).collect())
}

#[tokio::test]
async fn who_stops_a_form_is_for_the_nearest_step_around_it_that_takes_care() {
    let form = "collect: { fields: { cost: { ask: How much? } } }";
    let state = "state: { cost: { schema: { type: number } } }";
    let sorry = "sorry: { say: 'Not done: {{ error.code }}.' }";
    let alone = |ask: &str| format!("start: ask\n{state}\nnodes: {{ ask: {{ {form}{ask} }} }}");
    let branches = |all: &str| {
        let all = format!("all: {{ parallel: {{ branches: [ask, talk] }}{all} }}");
        format!("start: all\n{state}\nnodes: {{ {all}, ask: {{ {form} }}, talk: {{ say: One. }} }}")
    };
    let within = |inner: &str| {
        let graph = format!("{{ start: ask, {state}, nodes: {{ ask: {{ {form} }} }} }}");
        format!("start: in\ngraphs: {{ inner: {graph} }}\nnodes: {{ in: {{ graph: {{ name: inner }}{inner} }} }}")
    };
    for graph in [&alone as &dyn Fn(&str) -> String, &branches, &within] {
        let cared_for = graph(", on_error: sorry");
        let cared_for = format!("{}, {sorry} }}", cared_for.strip_suffix(" }").unwrap());
        for (yaml, expected) in [(cared_for, "Not done: cancelled."), (graph(""), "All right")] {
            let (text, errors) = stopped(&yaml).await;
            assert!(text.starts_with(expected) && errors.is_empty(), "{yaml}: {text} {errors:?}");
        }
    }
}
