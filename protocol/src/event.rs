//! The events of a conversation's log, as every client sees them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    AgentId, ApprovalId, ClientMessageId, Code, ConversationId, MessageId, RunId, Seq, Timestamp, ToolCallId, TurnId,
};

/// A JSON object.
pub type JsonObject = Map<String, Value>;

/// One event at its place in the log. Its JSON is flat: the fields of the envelope and of the event side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Dense from 1 within the conversation.
    pub seq: Seq,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// The conversation, as its owner names it.
    pub conversation_id: ConversationId,
    /// The turn that it belongs to; absent outside a turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// When the server numbered it.
    pub at: Timestamp,
}

/// What happened. Clients ignore a `type` that they do not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Event {
    /// The user's message is stored; other tabs see it too.
    MessageAccepted {
        /// The sender's own id of it.
        client_message_id: ClientMessageId,
        /// The server's id of it.
        message_id: MessageId,
        /// Its text.
        content: String,
        /// Always `user`.
        role: Role,
    },
    /// Another agent answers from here on.
    AgentSwitch {
        /// The agent before; `none` at first.
        from_agent: String,
        /// The agent from here on.
        to_agent: AgentId,
        /// Why.
        reason: SwitchReason,
        /// The handing agent's own words, or what kept the expected agent from answering.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// An agent begins; one per run.
    AgentStart {
        /// The agent.
        agent_id: AgentId,
        /// Its name for people.
        agent_name: String,
        /// The version that runs.
        agent_version: String,
        /// The run.
        run_id: RunId,
    },
    /// A piece of a message; the pieces of one `messageId` concatenated give the message exactly.
    ContentChunk {
        /// The piece.
        content: String,
        /// Who speaks.
        agent_id: AgentId,
        /// The message that it continues.
        message_id: MessageId,
    },
    /// An agent's message is whole, or will not go on.
    MessageComplete {
        /// The message.
        message_id: MessageId,
        /// Who spoke.
        agent_id: AgentId,
        /// The whole text.
        content: String,
        /// Whether it is all of it.
        status: MessageStatus,
    },
    /// A tool is called.
    ToolExecution {
        /// The tool.
        tool_name: String,
        /// Who calls.
        agent_id: AgentId,
        /// Pairs the call with its result.
        tool_call_id: ToolCallId,
        /// What it is called with.
        arguments: Value,
    },
    /// What came of a tool call; exactly one per call.
    ToolResult {
        /// The result, or what went wrong in words for the model.
        result: Value,
        /// The tool.
        tool_name: String,
        /// Who called.
        agent_id: AgentId,
        /// Pairs the call with its result.
        tool_call_id: ToolCallId,
        /// The call failed.
        is_error: bool,
        /// The result was longer than may be stored and was cut.
        truncated: bool,
    },
    /// A run came to its end without an error.
    AgentComplete {
        /// The agent.
        agent_id: AgentId,
        /// The run.
        run_id: RunId,
        /// How it ended.
        status: RunStatus,
        /// What the agent publishes on purpose, at most 64 KiB; never its state, prompt or context.
        final_state: JsonObject,
        /// What the run used.
        usage: Usage,
    },
    /// Something went wrong. With `runId` it ends that run; without, it concerns the turn.
    Error {
        /// In words for people; never an internal message, path or secret.
        error: String,
        /// The stable code.
        code: Code,
        /// The agent, or `router` where there is none.
        agent_id: String,
        /// The run that it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run_id: Option<RunId>,
        /// Whether the same message may succeed later.
        retryable: bool,
        /// Finds the operator's words in the log.
        correlation_id: String,
    },
    /// The turn is over; exactly one per turn.
    TurnEnd {
        /// How it ended.
        status: TurnStatus,
        /// How many runs it took.
        runs: u32,
        /// From acceptance to here.
        milliseconds: u64,
    },
    /// A person must decide about a tool call.
    ApprovalRequest {
        /// Names the question.
        approval_id: ApprovalId,
        /// The call in question.
        tool_call_id: ToolCallId,
        /// The tool.
        tool_name: String,
        /// What it would be called with.
        arguments: Value,
        /// Binds the decision to exactly these arguments.
        arguments_hash: String,
        /// Who wants to call.
        agent_id: AgentId,
        /// Until when it can be decided.
        expires_at: Timestamp,
    },
    /// A person decided, or nobody did in time. Where it is the first event of its turn, that turn goes on from what was
    /// asked.
    ApprovalResolved {
        /// Names the question.
        approval_id: ApprovalId,
        /// The decision.
        decision: ApprovalDecision,
        /// Who decided: the user's name, or `server` where nobody did.
        by: String,
        /// Who had asked.
        agent_id: AgentId,
        /// In the words of whoever decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
    /// A workflow asks the user for something.
    InputRequest {
        /// Who asks.
        agent_id: AgentId,
        /// The question.
        prompt: String,
        /// The fields that are missing.
        fields: Vec<String>,
    },
    /// A workflow took a step; what it said and called in this step stands before it.
    StepComplete {
        /// Whose workflow.
        agent_id: AgentId,
        /// The run.
        run_id: RunId,
        /// The step, by its name in the graph; of a graph within, `GRAPH/STEP`.
        node: String,
        /// Steps that needed nobody and were taken on the way since the step before, in their order; the latest 100.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed: Vec<String>,
        /// How many steps this workflow has taken by now, over all its runs.
        steps: u32,
    },
    /// The context that the agents of this conversation share was changed.
    ContextUpdated {
        /// The version from here on.
        version: u64,
        /// The keys that changed.
        changed: Vec<String>,
    },
    /// The conversation is over; nothing follows.
    ConversationEnd {
        /// Why.
        reason: String,
    },
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    other => Err(format!(concat!("`{}` is not one of", $(" `", $word, "`"),*), other)),
                }
            }
        }
    };
}

words! {
    /// Who speaks.
    Role {
        /// The person.
        User = "user",
        /// An agent.
        Assistant = "assistant",
        /// A tool's result.
        Tool = "tool",
        /// Instructions.
        System = "system",
    }
}
words! {
    /// Why the conversation went to another agent.
    SwitchReason {
        /// The first message of the conversation.
        FirstMessage = "first_message",
        /// The message is clearly another agent's.
        IntentChange = "intent_change",
        /// The agent before handed over.
        Handoff = "handoff",
        /// The agent that should answer is disabled.
        AgentDisabled = "agent_disabled",
        /// The agent that should answer fails or has no room.
        AgentUnavailable = "agent_unavailable",
        /// No agent matched.
        Fallback = "fallback",
    }
}
words! {
    /// Whether a message is whole.
    MessageStatus {
        /// All of it.
        Complete = "complete",
        /// Cut by a cancel.
        Cancelled = "cancelled",
        /// Cut by a failure or a crash.
        Interrupted = "interrupted",
    }
}
words! {
    /// How a run ended, where it did not end with an error.
    RunStatus {
        /// The agent was done.
        Completed = "completed",
        /// It waits for a person.
        Waiting = "waiting",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// A crash or a restart cut it; another run may follow.
        Interrupted = "interrupted",
    }
}
words! {
    /// How a turn ended.
    TurnStatus {
        /// Answered.
        Completed = "completed",
        /// It waits for a person; the next message or decision opens the turn that goes on.
        Waiting = "waiting",
        /// Ended by an error.
        Failed = "failed",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}
words! {
    /// What was decided about a tool call.
    ApprovalDecision {
        /// Go on.
        Approved = "approved",
        /// Do not.
        Rejected = "rejected",
        /// Nobody decided in time.
        Expired = "expired",
    }
}
words! {
    /// What happens to a message that comes while a turn runs.
    Policy {
        /// It waits for its turn.
        Enqueue = "enqueue",
        /// It is refused.
        Reject = "reject",
        /// The running turn is cancelled, then this one starts.
        Interrupt = "interrupt",
        /// It is handed to the running agent if that can take it; else it waits.
        Steer = "steer",
    }
}

/// What a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens read by models, as they said.
    pub input_tokens: u64,
    /// Tokens written by models, as they said.
    pub output_tokens: u64,
    /// Tool calls made.
    pub tool_calls: u32,
    /// From start to end of the run.
    pub milliseconds: u64,
}
