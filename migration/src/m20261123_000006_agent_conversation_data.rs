//! Documents of agents and conversations.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, json_binary, string_len, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("agent_conversation_data")
            .col(uuid("id").primary_key())
            .col(uuid("conversation_id"))
            .col(string_len("agent_id", 50))
            .col(string_len("data_type", 50))
            .col(json_binary("data"))
            .col(timestamp_with_time_zone_null("expires_at"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(text("tenant"))
            .col(big_integer("version"))
            .to_owned();
        manager.create_table(table).await?;
        let names = Index::create()
            .name("agent_conversation_data_conversation_id_agent_id_data_type")
            .table("agent_conversation_data")
            .col("conversation_id")
            .col("agent_id")
            .col("data_type")
            .unique()
            .to_owned();
        manager.create_index(names).await?;
        let expiry = Index::create()
            .name("agent_conversation_data_expires_at")
            .table("agent_conversation_data")
            .col("expires_at")
            .to_owned();
        manager.create_index(expiry).await
    }
}
