//! Where workflows are.

use sea_orm::entity::prelude::*;

/// Where the workflow of one agent is in one conversation.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workflow_checkpoints")]
pub struct Model {
    /// The conversation, by the internal id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: Uuid,
    /// Whose workflow.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_id: String,
    /// The tenant.
    pub tenant: String,
    /// The turn that it was written in.
    pub turn_id: Uuid,
    /// The event that it was stored with.
    pub seq: i64,
    /// `running`, `waiting` or `over`.
    pub status: String,
    /// The version of the graph.
    pub graph_version: String,
    /// The progress as JSON; empty where it is over.
    #[sea_orm(column_type = "Text")]
    pub progress: String,
    /// When.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
