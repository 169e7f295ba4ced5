//! Where workflows are, and the graphs that they follow.
//!
//! A conversation has one checkpoint for each agent that is a workflow; each step takes the place of the one before. A graph
//! is kept under its version as long as the database, so that a run that waits stays on the one that it began with.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string_len, text, timestamp_with_time_zone, uuid, uuid_null},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let checkpoints = Table::create()
            .table("workflow_checkpoints")
            .col(uuid("conversation_id"))
            .col(string_len("agent_id", 50))
            .col(text("tenant"))
            .col(uuid("turn_id"))
            .col(big_integer("seq"))
            .col(string_len("status", 20))
            .col(string_len("graph_version", 32))
            .col(text("progress"))
            .col(timestamp_with_time_zone("updated_at"))
            .primary_key(Index::create().col("conversation_id").col("agent_id"))
            .foreign_key(ForeignKey::create().from("workflow_checkpoints", "conversation_id").to("conversations", "id"))
            .to_owned();
        manager.create_table(checkpoints).await?;
        let graphs = Table::create()
            .table("workflow_graphs")
            .col(string_len("version", 32).primary_key())
            .col(text("definition"))
            .col(timestamp_with_time_zone("created_at"))
            .to_owned();
        manager.create_table(graphs).await?;
        let resolved = Table::alter().table("approvals").add_column(uuid_null("turn_resolved")).to_owned();
        manager.alter_table(resolved).await
    }
}
