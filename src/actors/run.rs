//! One run: an agent's code in a task of its own, with a deadline, a way to stop it, and exactly one end.

use std::{sync::Arc, time::Duration};

use protocol::{Code, Seq};
use tokio::{
    sync::Semaphore,
    task::{AbortHandle, JoinError},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use super::guard::panic_text;
use crate::{
    agent::{
        HandOverNote, Outcome, PastMessage, RunError, Turn, UserMessage, WorkflowMemory,
        catalog::{AgentSlot, Catalog},
        sink::{RunEnd, RunPipe},
    },
    clock::Clock,
    context::{ContextStore, ScopedContext},
    conversation::RunOrder,
    store::{ConversationKey, InternalId, Store},
};

/// Bounds of what a run is told of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryBounds {
    /// Messages.
    pub history_messages_max: usize,
    /// Bytes of text.
    pub history_bytes_max: usize,
}

impl Default for HistoryBounds {
    fn default() -> Self {
        Self { history_messages_max: 50, history_bytes_max: 256 * 1024 }
    }
}

/// What every run needs.
#[derive(Debug, Clone)]
pub struct RunParts {
    /// Where the past is.
    pub store: Arc<dyn Store>,
    /// Where context and state are.
    pub context: Arc<dyn ContextStore>,
    /// Who else is there.
    pub catalog: Arc<Catalog>,
    /// Bounds of the past.
    pub history: HistoryBounds,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long what one agent hands to another can be read.
    pub hand_over_ttl: Duration,
    /// Cancelled when the process is about to end: whatever runs is stopped, and nobody is told how it ended.
    pub stopping: CancellationToken,
}

/// One run to be made.
#[derive(Debug)]
pub struct RunJob {
    /// What to do.
    pub order: RunOrder,
    /// Where to say it.
    pub ticket: Ticket,
    /// The conversation, as its owner names it.
    pub key: ConversationKey,
    /// The conversation, as tables name it.
    pub id: InternalId,
}

/// How a run went, for the agent's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunVerdict {
    /// It answered.
    Succeeded,
    /// It failed in itself; the operator's words.
    Failed(String),
    /// It ended with an error that says nothing about the agent: its model is away, a budget is spent, there was no room.
    /// Building it anew would mend nothing.
    Declined(String),
    /// It was stopped from outside: says nothing about the agent.
    Stopped,
}

/// Ends the run's pipe with `agent_crashed` unless it was ended before: whatever happens to the task that holds it, the
/// conversation hears one end.
#[derive(Debug)]
pub struct Ticket(Arc<RunPipe>);

impl Ticket {
    /// Whoever holds it owes the pipe an end.
    pub fn new(pipe: Arc<RunPipe>) -> Self {
        Self(pipe)
    }

    /// The pipe.
    pub fn pipe(&self) -> &Arc<RunPipe> {
        &self.0
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.end(failed(Code::AgentCrashed, "The agent was restarted before it could answer.", true, correlation()));
    }
}

/// Aborts a task when dropped: the code of an agent never outlives its run.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Makes the run and says how it went. Must be spawned on a multi-thread runtime. What is logged meanwhile, by the agent
/// too, names conversation, turn, run and agent.
pub async fn drive(job: RunJob, slot: Arc<AgentSlot>, permits: Arc<Semaphore>, parts: RunParts) -> RunVerdict {
    let span = tracing::info_span!(
        "run",
        conversation = %job.key.id,
        turn_id = %job.order.turn_id,
        run_id = %job.order.run_id,
        agent_id = %job.order.agent_id
    );
    make(job, slot, permits, parts).instrument(span).await
}

async fn make(job: RunJob, slot: Arc<AgentSlot>, permits: Arc<Semaphore>, parts: RunParts) -> RunVerdict {
    let pipe = Arc::clone(job.ticket.pipe());
    let time_max = slot.limits().execution_time_max;
    let (cancelled, stopping) = (pipe.cancelled().clone(), parts.stopping.clone());
    let work = async {
        let waits = slot.run_waits();
        let _permit = permits.acquire_owned().await.map_err(|_| closed())?;
        drop(waits);
        let turn = turn_of(&job, &parts, time_max).await?;
        let (agent, sink) = (slot.agent(), pipe.sink());
        let task = tokio::spawn(async move { agent.run(turn, sink).await }.in_current_span());
        let _abort = AbortOnDrop(task.abort_handle());
        // From here on: a run that waited for its place has all of its time. The turn's own deadline bounds the wait.
        let ended = tokio::time::timeout(time_max, task).await.map_err(|_| timed_out(time_max))?;
        ended.unwrap_or_else(|error| Err(crashed(error)))
    };
    let result = tokio::select! {
        () = cancelled.cancelled() => return RunVerdict::Stopped,
        () = stopping.cancelled() => {
            // Its sink refuses from here on, so no tool is called that it was about to call.
            pipe.cancel();
            return RunVerdict::Stopped;
        }
        result = work => result,
    };
    finish(&pipe, result)
}

fn finish(pipe: &RunPipe, result: Result<Outcome, RunError>) -> RunVerdict {
    match result {
        Ok(Outcome::Completed { final_state, usage }) => pipe.end(RunEnd::Completed { final_state, usage }),
        Ok(Outcome::Waiting { final_state, usage }) => pipe.end(RunEnd::Waiting { final_state, usage }),
        Ok(Outcome::HandOver { to, detail, usage }) => pipe.end(RunEnd::HandOver { to, detail, usage }),
        Err(_) if pipe.cancelled().is_cancelled() => return RunVerdict::Stopped,
        Err(error) => {
            let correlation_id = correlation();
            tracing::warn!(correlation_id, code = %error.code, why = error.operator, "run failed");
            pipe.end(failed(error.code, &error.safe, error.retryable, correlation_id));
            let why = error.to_string();
            return if blames_the_agent(error.code) { RunVerdict::Failed(why) } else { RunVerdict::Declined(why) };
        }
    }
    RunVerdict::Succeeded
}

/// Whether an agent that ends like this again and again may be mended by building it anew.
fn blames_the_agent(code: Code) -> bool {
    matches!(code, Code::AgentCrashed | Code::AgentTimeout | Code::Internal)
}

async fn turn_of(job: &RunJob, parts: &RunParts, time_max: Duration) -> Result<Turn, RunError> {
    let order = &job.order;
    for steer in &order.steers {
        job.ticket.pipe().steer(UserMessage { id: steer.id, content: steer.content.clone() });
    }
    let agent_id = order.agent_id.clone();
    let tenant = Arc::clone(&job.key.owner.tenant);
    Ok(Turn {
        conversation_id: job.key.id,
        turn_id: order.turn_id,
        run_id: order.run_id,
        attempt: order.attempt,
        agent_id: agent_id.clone(),
        message: UserMessage { id: order.message.id, content: order.message.content.clone() },
        history: history(job, parts).await?,
        workflow: WorkflowMemory::new(Arc::clone(&parts.store), Arc::clone(&parts.clock), job.id, agent_id.clone()),
        context: ScopedContext::new(Arc::clone(&parts.context), tenant, job.id.0, agent_id)
            .with_hand_overs(Arc::clone(&parts.clock), parts.hand_over_ttl),
        colleagues: parts.catalog.colleagues_of(&order.agent_id),
        steps: order.steps.clone(),
        handed_over: order.handed_over.clone().map(|(from, detail)| HandOverNote { from, detail }),
        cancel: job.ticket.pipe().cancelled().clone(),
        time_max,
    })
}

async fn history(job: &RunJob, parts: &RunParts) -> Result<Vec<PastMessage>, RunError> {
    if job.order.history_before == Seq::ZERO {
        return Ok(Vec::new());
    }
    let HistoryBounds { history_messages_max, history_bytes_max } = parts.history;
    let skip = &job.order.not_history;
    // Those that are left out must not cost the others their place.
    let limit = history_messages_max + skip.len();
    let read = parts.store.history(job.id, job.order.history_before, limit, history_bytes_max).await;
    let read = read.map_err(|error| {
        RunError::retryable(
            Code::Internal,
            "What was said before could not be read. Please try again.",
            error.to_string(),
        )
    })?;
    let mut past: Vec<_> = read.into_iter().filter(|message| !skip.contains(&message.id)).collect();
    past.drain(..past.len().saturating_sub(history_messages_max));
    Ok(past)
}

fn crashed(error: JoinError) -> RunError {
    let why = match error.try_into_panic() {
        Ok(panic) => format!("panicked: {}", panic_text(panic.as_ref())),
        Err(error) => error.to_string(),
    };
    RunError::retryable(Code::AgentCrashed, "The agent failed while it answered. Please try again.", why)
}

fn timed_out(time_max: Duration) -> RunError {
    let safe = format!("The agent did not answer within {} s.", time_max.as_secs_f64());
    RunError::retryable(Code::AgentTimeout, safe, format!("over its max_execution_time of {time_max:?}"))
}

fn closed() -> RunError {
    RunError::retryable(Code::AgentUnavailable, "The agent is not available.", "its permits are closed")
}

/// The end of a run that failed.
pub fn failed(code: Code, safe: &str, retryable: bool, correlation_id: String) -> RunEnd {
    RunEnd::Failed { code, safe: safe.to_owned(), retryable, correlation_id }
}

/// A new id that finds an error in the log.
pub fn correlation() -> String {
    Uuid::now_v7().simple().to_string()
}
