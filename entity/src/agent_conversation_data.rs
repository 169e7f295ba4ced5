//! Documents of agents and conversations.

use sea_orm::entity::prelude::*;

/// A document of an agent in a conversation.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_conversation_data")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The conversation, by the internal id.
    pub conversation_id: Uuid,
    /// Whose; empty for what all agents share.
    pub agent_id: String,
    /// What kind of document: `shared_context`, `state`, or `hand_over:` with the agent that it is from. Unique with
    /// conversation and agent.
    pub data_type: String,
    /// The document.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// Reads as empty from then on.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was first written.
    pub created_at: DateTimeUtc,
    /// When it was last written.
    pub updated_at: DateTimeUtc,
    /// The tenant.
    pub tenant: String,
    /// Goes up by one with each write.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
