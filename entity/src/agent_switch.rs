//! What operators said about agents.

use sea_orm::entity::prelude::*;

/// An agent that was enabled or disabled by an operator.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_switches")]
pub struct Model {
    /// The agent.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: String,
    /// Whether it may answer.
    pub enabled: bool,
    /// When that was said.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
