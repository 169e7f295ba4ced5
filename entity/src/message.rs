//! Messages: what users, agents and tools said.

use sea_orm::entity::prelude::*;

/// A message.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    /// The message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation, by the internal id.
    pub conversation_id: Uuid,
    /// Which agent; none for the user.
    pub agent_id: Option<String>,
    /// `user`, `assistant`, `tool` or `system`.
    pub role: String,
    /// The text; for a tool, its result as JSON.
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// For an assistant's call of a tool: `[{id, name, arguments}]`.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub tool_calls: Option<Json>,
    /// For a tool's result: the call.
    pub tool_call_id: Option<String>,
    /// For a tool's result: the tool, cut to 100 characters.
    pub tool_name: Option<String>,
    /// The client's own fields; for a tool's result `{isError, truncated}`.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub metadata: Option<Json>,
    /// When.
    pub created_at: DateTimeUtc,
    /// The same: a message does not change.
    pub updated_at: DateTimeUtc,
    /// The tenant.
    pub tenant: String,
    /// Its turn.
    pub turn_id: Uuid,
    /// Where it stands in the log.
    pub seq: i64,
    /// `complete`, `cancelled` or `interrupted`.
    pub status: String,
    /// The sender's own id of it: unique within the conversation.
    pub client_message_id: Option<String>,
    /// The hash of the content as it was sent.
    #[sea_orm(column_type = "VarBinary(StringLen::None)", nullable)]
    pub body_hash: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
