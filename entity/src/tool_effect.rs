//! The ledger of tool effects: the intent is committed before a call, the result after it.

use sea_orm::entity::prelude::*;

/// One tool call, as far as it is known to have had an effect.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_effects")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation, by the internal id.
    pub conversation_id: Uuid,
    /// The tenant.
    pub tenant: String,
    /// Its turn.
    pub turn_id: Uuid,
    /// The run that called.
    pub run_id: Uuid,
    /// The agent that called.
    pub agent_id: String,
    /// The call; unique within the conversation.
    pub tool_call_id: String,
    /// The tool.
    pub tool_name: String,
    /// What it was called with.
    #[sea_orm(column_type = "JsonBinary")]
    pub arguments: Json,
    /// Whether the same call with the same key may be made again.
    pub idempotent: bool,
    /// What the tool gets as its `Idempotency-Key`.
    pub idempotency_key: String,
    /// `intent`, `done` or `unknown`.
    pub status: String,
    /// What came of it.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// Whether the call failed.
    pub is_error: Option<bool>,
    /// Whether the result was cut.
    pub truncated: Option<bool>,
    /// The fence of the writer that stored the intent.
    pub fence: i64,
    /// When the intent was stored.
    pub created_at: DateTimeUtc,
    /// When the result was stored.
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
