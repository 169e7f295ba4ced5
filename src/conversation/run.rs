//! What a run says, as the conversation hears it.

use protocol::{
    AgentId, ApprovalId, Code, MessageId, Timestamp, ToolCallId,
    event::{ApprovalDecision, JsonObject, Usage},
};
use serde_json::Value;

pub use super::note::{Checkpoint, CheckpointStatus};

/// One thing that a run says.
#[derive(Debug, Clone, PartialEq)]
pub enum RunItem {
    /// A piece of text.
    Delta(String),
    /// The message so far is whole; the next text opens another.
    MessageEnd,
    /// A tool is about to be called.
    ToolStarted(ToolIntent),
    /// The tool answered.
    ToolFinished {
        /// Which call.
        call_id: ToolCallId,
        /// What it answered.
        outcome: ToolOutcome,
    },
    /// The shared context was changed.
    ContextUpdated {
        /// The version from here on.
        version: u64,
        /// The keys that changed.
        changed: Vec<String>,
    },
    /// A message that came while the run was under way was taken into account.
    SteerTaken(MessageId),
    /// A workflow took a step.
    StepComplete {
        /// The step.
        node: String,
        /// Steps that needed nobody, on the way since the step before.
        passed: Vec<String>,
        /// Steps by now.
        steps: u32,
        /// Where the workflow is from here on.
        checkpoint: Checkpoint,
    },
    /// A workflow asks the user for something.
    InputRequest {
        /// The question.
        prompt: String,
        /// The fields that are missing.
        fields: Vec<String>,
        /// Where the workflow waits.
        checkpoint: Checkpoint,
    },
    /// A workflow asks for a decision about a tool call.
    ApprovalRequest {
        /// The question.
        question: ApprovalQuestion,
        /// Where the workflow waits.
        checkpoint: Checkpoint,
    },
    /// A question of this agent has an answer without anybody deciding: it expired, or was taken back.
    ApprovalSettled {
        /// Which.
        approval_id: ApprovalId,
        /// `rejected` or `expired`.
        decision: ApprovalDecision,
        /// Why, in words for people.
        comment: String,
    },
    /// The last item.
    Ended(RunEnd),
}

/// What a tool call may change in the world; decides whether it may be made again after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolEffect {
    /// Nothing: it only reads.
    Pure,
    /// The same call twice, with the same key, has the effect of one.
    Idempotent,
    /// Every call counts.
    NonIdempotent,
}

impl ToolEffect {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pure => "pure",
            Self::Idempotent => "idempotent",
            Self::NonIdempotent => "non_idempotent",
        }
    }
}

impl std::str::FromStr for ToolEffect {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = [Self::Pure, Self::Idempotent, Self::NonIdempotent];
        all.into_iter().find(|effect| effect.as_str() == word).ok_or_else(|| format!("`{word}` is no effect of a tool"))
    }
}

/// A tool call that is about to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolIntent {
    /// Pairs it with its result.
    pub call_id: ToolCallId,
    /// The tool.
    pub name: String,
    /// With what.
    pub arguments: Value,
    /// What it may change.
    pub effect: ToolEffect,
    /// The same for every attempt of one call: the id of the first.
    pub idempotency_key: ToolCallId,
}

impl ToolIntent {
    /// A call that is made for the first time and of which nothing is known: it counts as one that is never made again.
    pub fn new(call_id: ToolCallId, name: impl Into<String>, arguments: Value) -> Self {
        let idempotency_key = call_id.clone();
        Self { call_id, name: name.into(), arguments, effect: ToolEffect::NonIdempotent, idempotency_key }
    }
}

/// A tool call that a person must decide about.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalQuestion {
    /// Names the question.
    pub approval_id: ApprovalId,
    /// The id that the call will have.
    pub call_id: ToolCallId,
    /// The tool.
    pub tool_name: String,
    /// What it would be called with.
    pub arguments: Value,
    /// [`super::arguments_hash`] of the arguments: binds the decision to them.
    pub arguments_hash: String,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
}

/// What the runs of a turn did before a crash cut them, in order: what a new run goes on from.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A message of the user that came while the run was under way was taken into account.
    Heard {
        /// Its id.
        message_id: MessageId,
        /// Its text.
        content: String,
    },
    /// A message that was said and closed.
    Said {
        /// Its id.
        message_id: MessageId,
        /// Its text.
        content: String,
    },
    /// A tool was called.
    Called {
        /// The call.
        intent: ToolIntent,
        /// What came of it. None where nobody knows: the call is then not of the kind that may happen only once, and is made
        /// again, with the same key, before anything else.
        outcome: Option<ToolOutcome>,
    },
}

/// A tool's answer as a run records it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolOutcome {
    /// The result, or what went wrong in words for the model.
    pub result: Value,
    /// The call failed.
    pub is_error: bool,
    /// The result was cut.
    pub truncated: bool,
}

/// How a run ended, as the conversation hears it.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEnd {
    /// Answered.
    Completed {
        /// What the agent publishes.
        final_state: JsonObject,
        /// What it used.
        usage: Usage,
    },
    /// It waits for a person: the next message or decision opens the turn that goes on.
    Waiting {
        /// What the agent publishes.
        final_state: JsonObject,
        /// What it used.
        usage: Usage,
    },
    /// Another agent goes on.
    HandOver {
        /// Who.
        to: AgentId,
        /// Why.
        detail: Option<String>,
        /// What it used.
        usage: Usage,
    },
    /// An operator stopped it.
    Cancelled,
    /// It failed.
    Failed {
        /// The stable code.
        code: Code,
        /// In words for people.
        safe: String,
        /// Whether it may succeed later.
        retryable: bool,
        /// Finds the operator's words in the log.
        correlation_id: String,
    },
}
