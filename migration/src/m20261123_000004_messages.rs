//! Messages of users, agents and tools.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, blob_null, json_binary_null, string_len, string_len_null, text, timestamp_with_time_zone, uuid,
    },
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("messages")
            .col(uuid("id").primary_key())
            .col(uuid("conversation_id"))
            .col(string_len_null("agent_id", 50))
            .col(string_len("role", 20))
            .col(text("content"))
            .col(json_binary_null("tool_calls"))
            .col(string_len_null("tool_call_id", 255))
            .col(string_len_null("tool_name", 100))
            .col(json_binary_null("metadata"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .col(text("tenant"))
            .col(uuid("turn_id"))
            .col(big_integer("seq"))
            .col(string_len("status", 20))
            .col(string_len_null("client_message_id", 128))
            .col(blob_null("body_hash"))
            .to_owned();
        manager.create_table(table).await?;
        let client = Index::create()
            .name("messages_conversation_id_client_message_id")
            .table("messages")
            .col("conversation_id")
            .col("client_message_id")
            .unique()
            .to_owned();
        manager.create_index(client).await?;
        let order = Index::create()
            .name("messages_conversation_id_seq")
            .table("messages")
            .col("conversation_id")
            .col("seq")
            .to_owned();
        manager.create_index(order).await
    }
}
