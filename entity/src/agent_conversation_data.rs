//! Documents of agents: the shared context of a conversation and each agent's own state, with versions.

use sea_orm::entity::prelude::*;

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_conversation_data")]
pub struct Model {
    /// The server's id of the row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub tenant: String,
    /// Which conversation, by the id that tables use.
    #[sea_orm(unique_key = "document")]
    pub conversation_id: Uuid,
    /// Whose state; empty for what all agents share.
    #[sea_orm(unique_key = "document")]
    pub agent_id: String,
    /// `shared_context` or `state`.
    #[sea_orm(unique_key = "document")]
    pub data_type: String,
    /// The document.
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    /// Goes up by one with each write.
    pub version: i64,
    /// From then on it reads as empty; none: it stays.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was first written.
    pub created_at: DateTimeUtc,
    /// When it was last written.
    pub updated_at: DateTimeUtc,
}

/// It refers to nothing: a document is found by its conversation's id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
