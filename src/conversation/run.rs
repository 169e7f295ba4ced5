//! What a run says, as the conversation hears it.

use protocol::{
    AgentId, Code, MessageId, ToolCallId,
    event::{JsonObject, Usage},
};
use serde_json::Value;

/// One thing that a run says.
#[derive(Debug, Clone, PartialEq)]
pub enum RunItem {
    /// A piece of text.
    Delta(String),
    /// The message so far is whole; the next text opens another.
    MessageEnd,
    /// A tool is about to be called.
    ToolStarted {
        /// Pairs it with its result.
        call_id: ToolCallId,
        /// The tool.
        name: String,
        /// With what.
        arguments: Value,
    },
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
    /// The last item.
    Ended(RunEnd),
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
