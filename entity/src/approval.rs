//! Questions to people about tool calls, and what they decided.

use sea_orm::entity::prelude::*;

/// A question about one tool call.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "approvals")]
pub struct Model {
    /// Names the question.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation, by the internal id.
    pub conversation_id: Uuid,
    /// The tenant.
    pub tenant: String,
    /// The turn that asked.
    pub turn_id: Uuid,
    /// Who wants to call.
    pub agent_id: String,
    /// The call in question.
    pub tool_call_id: String,
    /// The tool.
    pub tool_name: String,
    /// What it would be called with.
    #[sea_orm(column_type = "JsonBinary")]
    pub arguments: Json,
    /// Binds the decision to exactly these arguments.
    pub arguments_hash: String,
    /// Until when it can be decided.
    pub expires_at: DateTimeUtc,
    /// `approved`, `rejected` or `expired`; none while it is open.
    pub decision: Option<String>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// In that person's words.
    #[sea_orm(column_type = "Text", nullable)]
    pub comment: Option<String>,
    /// Where its `approval_request` stands in the log.
    pub seq_requested: i64,
    /// Where its `approval_resolved` stands in the log.
    pub seq_resolved: Option<i64>,
    /// The turn that `approval_resolved` stands in.
    pub turn_resolved: Option<Uuid>,
    /// When it was asked.
    pub created_at: DateTimeUtc,
    /// When it was decided.
    pub decided_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
