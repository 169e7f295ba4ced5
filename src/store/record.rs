//! What the store answers: rows and pages.

use std::sync::Arc;

use protocol::{
    AgentId, ApprovalId, ConversationId, Epoch, MessageId, Seq, Timestamp, ToolCallId, TurnId,
    event::{ApprovalDecision, JsonObject, MessageStatus, Role, TurnStatus},
};
use serde_json::Value;

use super::{Checkpoint, ConversationStatus, EffectNote};

/// A conversation's row.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationRecord {
    /// As its owner names it.
    pub conversation_id: ConversationId,
    /// Whether it takes messages.
    pub status: ConversationStatus,
    /// Who answers.
    pub current_agent: Option<AgentId>,
    /// Names this history.
    pub epoch: Epoch,
    /// The oldest event that is kept; 1 where nothing was trimmed yet.
    pub first_seq: Seq,
    /// The newest event; 0 where there is none.
    pub head: Seq,
    /// The turn that runs or waits to, oldest first.
    pub open_turn: Option<TurnId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something happened in it beside text that was streamed: a message, a switch, the begin or end of a run or a turn.
    pub updated_at: Timestamp,
    /// The client's own fields.
    pub metadata: JsonObject,
}

/// Stored events in order, as their exact bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The current history.
    pub epoch: Epoch,
    /// The oldest event that is kept.
    pub first_seq: Seq,
    /// The newest event.
    pub head: Seq,
    /// Dense, beginning right after the position asked for.
    pub events: Vec<(Seq, Arc<str>)>,
}

/// A message as the history shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRecord {
    /// Its id.
    pub message_id: MessageId,
    /// Its turn.
    pub turn_id: TurnId,
    /// Where it stands in the log: its `message_accepted`, `message_complete`, `tool_execution` or `tool_result`.
    pub seq: Seq,
    /// Who spoke.
    pub role: Role,
    /// Which agent; none for the user.
    pub agent_id: Option<AgentId>,
    /// The text; for a tool, its result as JSON.
    pub content: String,
    /// Whether it is whole.
    pub status: MessageStatus,
    /// For an assistant's call of a tool, a message without text of its own: `[{id, name, arguments}]`.
    pub tool_calls: Option<Value>,
    /// For a tool's result: its call and its name.
    pub tool_call_id: Option<String>,
    /// For a tool's result: the tool.
    pub tool_name: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A line of the ledger of effects.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRecord {
    /// The turn.
    pub turn_id: TurnId,
    /// The call; unique within the turn.
    pub call_id: ToolCallId,
    /// The line.
    pub note: EffectNote,
}

/// Where the workflow of an agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRecord {
    /// The turn that it was written in.
    pub turn_id: TurnId,
    /// The event that it was stored with.
    pub seq: Seq,
    /// Where it is.
    pub checkpoint: Checkpoint,
}

/// A question about a tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRecord {
    /// Names it.
    pub approval_id: ApprovalId,
    /// Who wants to call.
    pub agent_id: AgentId,
    /// The id that the call will have.
    pub call_id: ToolCallId,
    /// The tool.
    pub tool_name: String,
    /// What it would be called with.
    pub arguments: Value,
    /// Binds the decision to them.
    pub arguments_hash: String,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
    /// None while it is open.
    pub decision: Option<ApprovalDecision>,
    /// The turn that goes on from the decision, or in which it was settled.
    pub turn_resolved: Option<TurnId>,
}

/// A turn's row.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRecord {
    /// Which.
    pub turn_id: TurnId,
    /// How it ended; none while it runs or waits to.
    pub ended: Option<TurnStatus>,
    /// Its runs so far.
    pub runs: u32,
    /// Where its first `message_accepted` stands.
    pub seq_accepted: Seq,
    /// Where its `turn_end` stands.
    pub seq_end: Option<Seq>,
}

/// A start, switch, end or error of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionRecord {
    /// Where it stands in the log.
    pub seq: Seq,
    /// Which turn; none outside a turn.
    pub turn_id: Option<TurnId>,
    /// The agent, or `router`.
    pub agent_id: String,
    /// `start`, `switch`, `complete` or `error`.
    pub action_type: String,
    /// The agent before, for a switch.
    pub from_agent: Option<String>,
    /// Why: the reason of a switch, the status of an end, the code of an error.
    pub reason: Option<String>,
    /// What the agent published at its end.
    pub state_snapshot: Option<Value>,
    /// When.
    pub at: Timestamp,
}

/// A page of a list. Pass `next` as the cursor to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// The `next` of the page before; none for the first.
    pub cursor: Option<String>,
    /// How many at most.
    pub limit: u32,
}
