//! Starts, switches, ends and errors of agents.

use sea_orm::entity::prelude::*;

/// What an agent did, in the large.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_interactions")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation, by the internal id.
    pub conversation_id: Uuid,
    /// The agent, or `router`.
    pub agent_id: String,
    /// `start`, `switch`, `complete` or `error`.
    pub action_type: String,
    /// The agent before, for a switch.
    pub from_agent: Option<String>,
    /// Why: the reason of a switch, the status of an end, the code of an error.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// What the agent published at its end.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub state_snapshot: Option<Json>,
    /// When.
    pub created_at: DateTimeUtc,
    /// The tenant.
    pub tenant: String,
    /// Its turn; none outside a turn.
    pub turn_id: Option<Uuid>,
    /// Where it stands in the log.
    pub seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
