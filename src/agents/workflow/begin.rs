//! Where a run begins: anew, after a wait, or where a crash cut the run before.

use std::sync::{Arc, atomic::Ordering};

use protocol::Code;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{WorkflowAgent, older, words};
use crate::{
    agent::{
        EventSink, RunError, Turn,
        sink::{Checkpoint, CheckpointStatus, RunItem},
    },
    agents::language,
    store::CheckpointRecord,
    workflow::{Definition, Graph, Progress},
};

/// What a run goes on from.
pub(super) struct Begun {
    pub(super) graph: Arc<Graph>,
    pub(super) progress: Progress,
    /// The user's message, for a step that waits for one; none where it was taken into account before, or there is none.
    pub(super) message: Option<String>,
    /// There is a checkpoint of this turn.
    pub(super) is_marked: bool,
    /// A decision opened the turn, and nothing waits for one.
    pub(super) is_idle: bool,
}

pub(super) async fn begin(agent: &WorkflowAgent, turn: &Turn, sink: &EventSink) -> Result<Begun, RunError> {
    let record = turn.workflow.checkpoint().await?;
    let is_of_turn = record.as_ref().is_some_and(|record| record.turn_id == turn.turn_id);
    match record {
        Some(record) if goes_on(&record, is_of_turn) => resumed(agent, turn, sink, record, is_of_turn).await,
        _ => anew(agent, turn).await,
    }
}

/// A run that was cancelled or failed left its checkpoint in the middle of another turn: that one is over.
fn goes_on(record: &CheckpointRecord, is_of_turn: bool) -> bool {
    match record.checkpoint.status {
        CheckpointStatus::Waiting => true,
        CheckpointStatus::Running => is_of_turn,
        CheckpointStatus::Over => false,
    }
}

async fn anew(agent: &WorkflowAgent, turn: &Turn) -> Result<Begun, RunError> {
    let graph = Arc::clone(&agent.graph);
    if !agent.is_kept.load(Ordering::Relaxed) {
        let definition = serde_json::to_string(graph.definition()).map_err(|error| unreadable(error.to_string()))?;
        turn.workflow.keep_graph(graph.version(), &definition).await?;
        agent.is_kept.store(true, Ordering::Relaxed);
    }
    let mut user = user(turn, &Value::Null);
    if let Some(note) = &turn.handed_over
        && let Some(handed) = turn.context.shared_by(&note.from).await.map_err(|error| unreadable(error.to_string()))?
    {
        user["handed"] = Value::Object(handed);
    }
    let progress = Progress::new(&graph, Uuid::now_v7().simple().to_string(), user);
    let is_idle = turn.message.content.is_empty();
    Ok(Begun { graph, progress, message: None, is_marked: false, is_idle })
}

async fn resumed(
    agent: &WorkflowAgent,
    turn: &Turn,
    sink: &EventSink,
    record: CheckpointRecord,
    is_of_turn: bool,
) -> Result<Begun, RunError> {
    let read: Result<Progress, _> = serde_json::from_str(&record.checkpoint.progress);
    let Ok(mut progress) = read else {
        return Err(changed(sink, &record, "what was stored of it cannot be read"));
    };
    older::date(&mut progress, turn);
    let graph = match graph_of(agent, turn, &progress.version).await? {
        Ok(graph) => graph,
        Err(why) => return Err(changed(sink, &record, &why)),
    };
    // In the turn of the checkpoint the message was taken into account before.
    let message = Some(turn.message.content.clone()).filter(|content| !is_of_turn && !content.is_empty());
    if message.is_some() {
        progress.user = user(turn, &progress.user);
    }
    Ok(Begun { graph, progress, message, is_marked: is_of_turn, is_idle: false })
}

/// The graph that a run began with: today's, or the one of its time where everything that it names is there still.
async fn graph_of(agent: &WorkflowAgent, turn: &Turn, version: &str) -> Result<Result<Arc<Graph>, String>, RunError> {
    if agent.graph.version() == version {
        return Ok(Ok(Arc::clone(&agent.graph)));
    }
    let Some(stored) = turn.workflow.graph(version).await? else {
        return Ok(Err("the graph that it began with is gone".to_owned()));
    };
    let definition: Definition = match serde_json::from_str(&stored) {
        Ok(definition) => definition,
        Err(error) => return Ok(Err(format!("the graph that it began with cannot be read: {error}"))),
    };
    let built = Graph::build(definition, &agent.around);
    Ok(built.map(Arc::new).map_err(|problems| {
        let lines: Vec<String> = problems.iter().take(3).map(ToString::to_string).collect();
        format!("the graph that it began with names what is gone: {}", lines.join("; "))
    }))
}

/// The next message begins anew.
fn changed(sink: &EventSink, record: &CheckpointRecord, why: &str) -> RunError {
    let checkpoint = Checkpoint { status: CheckpointStatus::Over, progress: "".into(), ..record.checkpoint.clone() };
    let over = RunItem::StepComplete { node: END.to_owned(), passed: Vec::new(), steps: 0, checkpoint };
    if let Err(closed) = sink.at_the_end(vec![over]) {
        return closed.into();
    }
    let safe = "The workflow was changed while it waited, and cannot go on. Please begin again.";
    RunError::lasting(Code::WorkflowChanged, safe, why.to_owned())
}

const END: &str = crate::workflow::definition::END;

/// What expressions see as `user`. A text without letters goes by the language of the one before.
fn user(turn: &Turn, before: &Value) -> Value {
    let language = match before["language"].as_str() {
        Some(known) if language::of(&turn.message.content).is_none() => known.to_owned(),
        _ => words::code(language::of_turn(&turn.message.content, &turn.history)).to_owned(),
    };
    let mut user = json!({ "message": turn.message.content, "language": language });
    if let Some(handed) = before.get("handed") {
        user["handed"] = handed.clone();
    }
    user
}

fn unreadable(why: String) -> RunError {
    RunError::retryable(Code::StorageUnavailable, "The workflow could not begin. Please try again.", why)
}
