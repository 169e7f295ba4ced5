//! Starts, switches, ends and errors of agents.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, json_binary_null, string_len, string_len_null, text, text_null, timestamp_with_time_zone, uuid,
        uuid_null,
    },
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("agent_interactions")
            .col(uuid("id").primary_key())
            .col(uuid("conversation_id"))
            .col(string_len("agent_id", 50))
            .col(string_len("action_type", 30))
            .col(string_len_null("from_agent", 50))
            .col(text_null("reason"))
            .col(json_binary_null("state_snapshot"))
            .col(timestamp_with_time_zone("created_at"))
            .col(text("tenant"))
            .col(uuid_null("turn_id"))
            .col(big_integer("seq"))
            .to_owned();
        manager.create_table(table).await?;
        let order = Index::create()
            .name("agent_interactions_conversation_id_seq")
            .table("agent_interactions")
            .col("conversation_id")
            .col("seq")
            .to_owned();
        manager.create_index(order).await
    }
}
