//! Stored records as HTTP and the WebSocket's snapshot show them.

use protocol::{
    AgentId, ConversationId, Epoch, MessageId, Seq, Timestamp, TurnId,
    event::{JsonObject, MessageStatus, Role},
};
use serde::Serialize;
use serde_json::Value;

use super::{ConversationRecord, InteractionRecord, MessageRecord};

/// A conversation.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationView {
    /// As its owner names it.
    pub conversation_id: ConversationId,
    /// `open` or `ended`.
    pub status: &'static str,
    /// Who answers; none before the first message.
    pub current_agent: Option<AgentId>,
    /// Names this history.
    pub epoch: Epoch,
    /// The oldest event that is kept.
    pub first_seq: Seq,
    /// The newest event; 0 where there is none.
    pub head: Seq,
    /// The turn that runs or waits to.
    pub open_turn: Option<TurnId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its last event was stored.
    pub updated_at: Timestamp,
    /// The client's own fields.
    #[schema(value_type = Object)]
    pub metadata: JsonObject,
}

impl From<ConversationRecord> for ConversationView {
    fn from(record: ConversationRecord) -> Self {
        Self {
            conversation_id: record.conversation_id,
            status: record.status.as_str(),
            current_agent: record.current_agent,
            epoch: record.epoch,
            first_seq: record.first_seq,
            head: record.head,
            open_turn: record.open_turn,
            created_at: record.created_at,
            updated_at: record.updated_at,
            metadata: record.metadata,
        }
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// Its id.
    pub message_id: MessageId,
    /// Its turn.
    pub turn_id: TurnId,
    /// Where it stands in the log.
    pub seq: Seq,
    /// Who spoke.
    pub role: Role,
    /// Which agent; none for the user.
    pub agent_id: Option<AgentId>,
    /// The text.
    pub content: String,
    /// Whether it is whole.
    pub status: MessageStatus,
    /// The calls that the agent made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub tool_calls: Option<Value>,
    /// For a tool's result: its call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// For a tool's result: the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_name: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl From<MessageRecord> for MessageView {
    fn from(record: MessageRecord) -> Self {
        Self {
            message_id: record.message_id,
            turn_id: record.turn_id,
            seq: record.seq,
            role: record.role,
            agent_id: record.agent_id,
            content: record.content,
            status: record.status,
            tool_calls: record.tool_calls,
            tool_call_id: record.tool_call_id,
            tool_name: record.tool_name,
            at: record.at,
        }
    }
}

/// A start, switch, end or error of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InteractionView {
    /// Where it stands in the log.
    pub seq: Seq,
    /// Which turn.
    pub turn_id: Option<TurnId>,
    /// The agent, or `router`.
    pub agent_id: String,
    /// `start`, `switch`, `complete` or `error`.
    pub action_type: String,
    /// The agent before, for a switch.
    pub from_agent: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What the agent published at its end.
    #[schema(value_type = Option<Object>)]
    pub state_snapshot: Option<Value>,
    /// When.
    pub at: Timestamp,
}

impl From<InteractionRecord> for InteractionView {
    fn from(record: InteractionRecord) -> Self {
        Self {
            seq: record.seq,
            turn_id: record.turn_id,
            agent_id: record.agent_id,
            action_type: record.action_type,
            from_agent: record.from_agent,
            reason: record.reason,
            state_snapshot: record.state_snapshot,
            at: record.at,
        }
    }
}
