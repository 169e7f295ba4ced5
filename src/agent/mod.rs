//! What an agent is to the rest: a card, a say in who answers, and one function that runs a turn.
//!
//! An agent never sees a socket, an actor's address or the database. It reads its [`Turn`] and pushes into its
//! [`EventSink`]; what it pushes is numbered, stored and shown by others. Its code runs in a task of its own, so a panic,
//! a loop or a hang harms that run alone.

pub mod catalog;
pub mod sink;
pub mod testing;
pub mod workflow;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use protocol::{
    AgentId, Code, ConversationId, MessageId, RunId, Seq, TurnId,
    event::{JsonObject, Role, Usage},
};
use tokio_util::sync::CancellationToken;

pub use self::sink::{EventSink, SinkClosed, ToolEffect, ToolIntent, ToolOutcome};
pub use self::workflow::WorkflowMemory;
pub use crate::conversation::run::Step;
pub use crate::routing::{AgentCard, Ask, Claim};
use crate::{context::ScopedContext, workflow::Graph};

/// A kind of assistant that can be plugged in.
///
/// # Example
/// ```
/// use async_trait::async_trait;
/// use switchboard::agent::{Agent, AgentCard, EventSink, Outcome, RunError, Turn};
///
/// struct Echo(AgentCard);
///
/// #[async_trait]
/// impl Agent for Echo {
///     fn card(&self) -> &AgentCard {
///         &self.0
///     }
///     async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
///         sink.text(&turn.message.content).await?;
///         Ok(Outcome::completed())
///     }
/// }
/// ```
#[async_trait]
pub trait Agent: Send + Sync + 'static {
    /// What it says of itself.
    fn card(&self) -> &AgentCard;

    /// Whether a message is for it. Must be quick and without I/O: it is asked for every message.
    fn can_handle(&self, ask: &Ask<'_>) -> Claim {
        let _ = ask;
        Claim::ByIntents
    }

    /// The graph that it follows; none for an agent that follows none.
    fn workflow(&self) -> Option<&Graph> {
        None
    }

    /// Answers one message. Dropping the future must cancel everything that it started.
    ///
    /// # Errors
    /// A [`RunError`] ends the run with one `error` event. A panic ends it with `agent_crashed`.
    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError>;
}

/// The message that a run answers.
#[derive(Debug, Clone, PartialEq)]
pub struct UserMessage {
    /// Its id.
    pub id: MessageId,
    /// Its text.
    pub content: String,
}

/// A message of the past, oldest first in [`Turn::history`].
#[derive(Debug, Clone, PartialEq)]
pub struct PastMessage {
    /// Its id.
    pub id: MessageId,
    /// Where it stands in the log.
    pub seq: Seq,
    /// The turn that it belongs to.
    pub turn_id: TurnId,
    /// Who spoke.
    pub role: Role,
    /// The agent that spoke; none for the user.
    pub agent_id: Option<AgentId>,
    /// The text.
    pub content: String,
}

/// Another agent that could answer: what a hand-over or the concierge may know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Colleague {
    /// Its id.
    pub id: AgentId,
    /// What it says of itself.
    pub card: Arc<AgentCard>,
}

/// The note that goes with a hand-over.
#[derive(Debug, Clone, PartialEq)]
pub struct HandOverNote {
    /// Who handed over.
    pub from: AgentId,
    /// Why, in its own words.
    pub detail: Option<String>,
}

/// Everything that a run may know.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The conversation, as its owner names it.
    pub conversation_id: ConversationId,
    /// The turn.
    pub turn_id: TurnId,
    /// The run.
    pub run_id: RunId,
    /// 1 for the first run of this turn by this agent; more after a recovery.
    pub attempt: u32,
    /// The agent that runs.
    pub agent_id: AgentId,
    /// What to answer.
    pub message: UserMessage,
    /// What was said before, oldest first, within `limits.history_messages_max`; without [`Turn::message`].
    pub history: Vec<PastMessage>,
    /// Where this agent's workflow is in the conversation, and what was decided.
    pub workflow: WorkflowMemory,
    /// The shared context of the conversation and this agent's own state in it.
    pub context: ScopedContext,
    /// The other agents that are enabled, by id, without this one.
    pub colleagues: Arc<[Colleague]>,
    /// Set if another agent handed over.
    pub handed_over: Option<HandOverNote>,
    /// What the runs of this turn that a crash cut did: go on from there. Only an agent whose card says that it replays gets
    /// any; results that are known must not be asked for again, and calls without a result are made again first, under a new
    /// id and with the same key.
    pub steps: Vec<Step>,
    /// Cancelled when the run must stop. The future is dropped as well: needed only for blocking work.
    pub cancel: CancellationToken,
    /// How long the run may take in all.
    pub time_max: Duration,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Answered.
    Completed {
        /// What the agent publishes on purpose; at most 64 KiB.
        final_state: JsonObject,
        /// What the models said it cost; tool calls and time are counted by the server.
        usage: Usage,
    },
    /// It waits for a person; the next message or decision opens the turn that goes on. The checkpoint from which it does
    /// was said together with what it asks.
    Waiting {
        /// What the agent publishes on purpose; at most 64 KiB.
        final_state: JsonObject,
        /// What the models said it cost.
        usage: Usage,
    },
    /// Another agent should go on with this turn.
    HandOver {
        /// Who.
        to: AgentId,
        /// Why, for the user and the next agent.
        detail: Option<String>,
        /// What the models said it cost.
        usage: Usage,
    },
}

impl Outcome {
    /// Answered, with nothing to publish.
    pub fn completed() -> Self {
        Self::Completed { final_state: JsonObject::new(), usage: Usage::default() }
    }
}

/// Why a run failed: one text for the user, one for the operator.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {operator}")]
pub struct RunError {
    /// The stable code.
    pub code: Code,
    /// In words for people; never an internal message, path or secret.
    pub safe: String,
    /// Everything that helps to find the cause; goes to the log alone.
    pub operator: String,
    /// Whether the same message may succeed later.
    pub retryable: bool,
}

impl RunError {
    /// An error that may go away by itself.
    pub fn retryable(code: Code, safe: impl Into<String>, operator: impl Into<String>) -> Self {
        Self { code, safe: safe.into(), operator: operator.into(), retryable: true }
    }

    /// An error that will come again.
    pub fn lasting(code: Code, safe: impl Into<String>, operator: impl Into<String>) -> Self {
        Self { code, safe: safe.into(), operator: operator.into(), retryable: false }
    }
}

impl From<SinkClosed> for RunError {
    /// The run was cancelled or replaced; nobody will read this error.
    fn from(_: SinkClosed) -> Self {
        Self::lasting(Code::Internal, "The run was stopped.", "the sink is closed: the run was cancelled or replaced")
    }
}
