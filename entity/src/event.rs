//! The log: a row holds a run of events.

use sea_orm::entity::prelude::*;

/// Events that were stored together.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// The conversation, by the internal id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    /// The first event of the row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq_first: i64,
    /// The last event of the row.
    pub seq_last: i64,
    /// The tenant.
    pub tenant: String,
    /// The fence of the writer that stored it.
    pub fence: i64,
    /// The exact bytes that are sent, one event a line.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// The time of the last event.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
