//! The ledger of tool effects: the intent is committed before a call, what came of it with its result.

use sea_orm::entity::prelude::*;

/// One tool call. Its arguments and its result are in the log.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_effects")]
pub struct Model {
    /// Its turn.
    #[sea_orm(primary_key, auto_increment = false)]
    pub turn_id: Uuid,
    /// The call; unique within the turn.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tool_call_id: String,
    /// The conversation, by the internal id.
    pub conversation_id: Uuid,
    /// The tenant.
    pub tenant: String,
    /// The run that called.
    pub run_id: Uuid,
    /// The agent that called.
    pub agent_id: String,
    /// The tool.
    pub tool_name: String,
    /// `pure`, `idempotent` or `non_idempotent`.
    pub effect: String,
    /// What the tool gets as its `Idempotency-Key`: the same for every attempt of one call.
    pub idempotency_key: String,
    /// BLAKE3 over the arguments as JSON.
    pub arguments_hash: Vec<u8>,
    /// `intent`, `done` or `unknown`.
    pub status: String,
    /// Where its `tool_execution` stands.
    pub seq_intent: i64,
    /// Where its `tool_result` stands.
    pub seq_result: Option<i64>,
    /// When the intent was stored.
    pub created_at: DateTimeUtc,
    /// When the status changed last.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
