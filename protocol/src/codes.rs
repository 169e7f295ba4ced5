//! The closed list of codes that the wire knows. A later version may add codes; none changes its meaning.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:expr;)*) => {
        /// A stable code of an error or a refusal, on HTTP, in a `reject` frame or in an `error` event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The HTTP status of an answer with this code; 500 for codes that only stand in a turn.
            pub fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }
        }
    };
}

codes! {
    /// The text is not JSON, or is nested more than 64 levels deep.
    InvalidJson = "invalid_json", 400;
    /// A field is missing, unknown, of another type or out of range.
    InvalidField = "invalid_field", 400;
    /// A text holds what cannot be stored: U+0000, or nothing but white space.
    InvalidText = "invalid_text", 400;
    /// The `op` of a frame is not one of the protocol.
    UnknownOp = "unknown_op", 400;
    /// Another op came before `subscribe`.
    SubscribeFirst = "subscribe_first", 400;
    /// The token is missing or wrong.
    Unauthorized = "unauthorized", 401;
    /// The caller may not do this.
    Forbidden = "forbidden", 403;
    /// There is no such thing, or it is somebody else's.
    NotFound = "not_found", 404;
    /// The address is there, but not for this method; `Allow` names the methods.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The same client message id came with another content.
    IdempotencyConflict = "idempotency_conflict", 409;
    /// A turn runs, and the policy of the message is `reject`.
    TurnRunning = "turn_running", 409;
    /// The conversation was ended.
    ConversationEnded = "conversation_ended", 409;
    /// The approval's time is over.
    ApprovalExpired = "approval_expired", 409;
    /// The approval was decided the other way.
    ApprovalDecided = "approval_decided", 409;
    /// The position is older than what is kept.
    Expired = "expired", 410;
    /// The position is of another history.
    EpochMismatch = "epoch_mismatch", 410;
    /// The position is past the head.
    Future = "future", 410;
    /// The conversation was erased.
    Erased = "erased", 410;
    /// A frame, a body or a text is over its limit.
    TooLarge = "too_large", 413;
    /// Too many messages wait in this conversation.
    Busy = "busy", 429;
    /// The caller sends too fast.
    RateLimited = "rate_limited", 429;
    /// A fault of the server; the correlation id finds it in the log.
    Internal = "internal", 500;
    /// Nothing can be stored at the moment.
    StorageUnavailable = "storage_unavailable", 503;
    /// The server is going down; reconnect.
    Draining = "draining", 503;
    /// No agent is enabled that could answer.
    NoAgent = "no_agent", 500;
    /// The agent is disabled, quarantined or has no room.
    AgentUnavailable = "agent_unavailable", 500;
    /// The agent failed in a way that it did not foresee.
    AgentCrashed = "agent_crashed", 500;
    /// The agent took longer than it may.
    AgentTimeout = "agent_timeout", 500;
    /// The model behind the agent does not answer.
    ModelUnavailable = "model_unavailable", 500;
    /// The model's answer is not what its protocol says.
    ModelBadOutput = "model_bad_output", 500;
    /// The agent was not granted this tool.
    ToolDenied = "tool_denied", 500;
    /// The arguments do not fit the tool's schema.
    ToolBadArguments = "tool_bad_arguments", 500;
    /// The tool failed.
    ToolFailed = "tool_failed", 500;
    /// A tool was called before a crash and nobody knows whether it took effect.
    ToolOutcomeUnknown = "tool_outcome_unknown", 500;
    /// The workflow was changed under a waiting turn.
    WorkflowChanged = "workflow_changed", 500;
    /// A step of the workflow failed, and nothing in its graph takes care of that.
    WorkflowFailed = "workflow_failed", 500;
    /// The turn was recovered as often as it may be.
    RecoveryExhausted = "recovery_exhausted", 500;
    /// Over the time budget.
    BudgetTime = "budget_time", 500;
    /// Over the token budget.
    BudgetTokens = "budget_tokens", 500;
    /// Over the budget of model calls.
    BudgetModelCalls = "budget_model_calls", 500;
    /// Over the budget of a workflow's steps.
    BudgetSteps = "budget_steps", 500;
    /// Over the budget of what a workflow may know.
    BudgetState = "budget_state", 500;
    /// Over the budget of tool calls.
    BudgetToolCalls = "budget_tool_calls", 500;
    /// Over the budget of hand-offs, or in a circle of them.
    BudgetHandoffs = "budget_handoffs", 500;
    /// The same call again and again.
    BudgetRepetition = "budget_repetition", 500;
    /// Over the budget of output bytes.
    BudgetOutput = "budget_output", 500;
    /// Over the memory budget.
    BudgetMemory = "budget_memory", 500;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_code_is_the_word_on_the_wire() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }
}
