//! Which messages that joined a turn a run took into account, and where in the log. The wire does not say it.

use sea_orm::entity::prelude::*;

/// One such message: until it has a row, nobody took it.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "steers_taken")]
pub struct Model {
    /// The conversation, by the internal id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    /// The event before which it was taken: stored in the same transaction.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    /// The tenant.
    pub tenant: String,
    /// When.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
