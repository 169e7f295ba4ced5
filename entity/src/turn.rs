//! Turns: one user message and everything until the agents are done with it.

use sea_orm::entity::prelude::*;

/// A turn. It is open while `seq_end` is empty.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "turns")]
pub struct Model {
    /// The turn.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its conversation, by the internal id.
    pub conversation_id: Uuid,
    /// The tenant.
    pub tenant: String,
    /// `queued`, `running`, `completed`, `waiting`, `failed` or `cancelled`.
    pub status: String,
    /// Where its first event stands.
    pub seq_accepted: i64,
    /// Where its `turn_end` stands.
    pub seq_end: Option<i64>,
    /// How many runs began in it.
    pub runs: i64,
    /// When it was accepted.
    pub created_at: DateTimeUtc,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
    /// Whether its events are kept; false once a sweep trimmed them.
    pub log_kept: bool,
}

impl ActiveModelBehavior for ActiveModel {}
