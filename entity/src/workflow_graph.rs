//! The graphs that workflows follow.

use sea_orm::entity::prelude::*;

/// A graph, under its version.
#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workflow_graphs")]
pub struct Model {
    /// 32 hexadecimal digits of BLAKE3 over the definition as JSON.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    /// The definition as JSON.
    #[sea_orm(column_type = "Text")]
    pub definition: String,
    /// When it was first used.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
