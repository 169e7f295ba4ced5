//! Conversations: who owns which, who answers, and where its log stands.

use sea_orm::entity::prelude::*;

/// A conversation. An erased one stays as a tombstone without content.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub struct Model {
    /// How the other tables name it. Never shown.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant.
    pub tenant: String,
    /// The user within the tenant.
    pub owner: String,
    /// How its owner names it: unique within tenant and owner.
    pub public_id: Uuid,
    /// `open`, `ended` or `erased`.
    pub status: String,
    /// Who answers.
    pub current_agent: Option<String>,
    /// Names this history.
    pub epoch: String,
    /// The oldest event that is kept.
    pub first_seq: i64,
    /// The newest event; 0 where there is none.
    pub head: i64,
    /// Goes up with each new writer.
    pub fence: i64,
    /// The node that owns it; none on a single node.
    pub lease_owner: Option<String>,
    /// The client's own fields.
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When its last event was stored, or when it was erased.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
