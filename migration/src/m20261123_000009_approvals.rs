//! Questions to people about tool calls.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, json_binary, string_len, string_len_null, text, text_null,
        timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("approvals")
            .col(uuid("id").primary_key())
            .col(uuid("conversation_id"))
            .col(text("tenant"))
            .col(uuid("turn_id"))
            .col(string_len("agent_id", 50))
            .col(string_len("tool_call_id", 255))
            .col(text("tool_name"))
            .col(json_binary("arguments"))
            .col(text("arguments_hash"))
            .col(timestamp_with_time_zone("expires_at"))
            .col(string_len_null("decision", 20))
            .col(text_null("decided_by"))
            .col(text_null("comment"))
            .col(big_integer("seq_requested"))
            .col(big_integer_null("seq_resolved"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("decided_at"))
            .foreign_key(ForeignKey::create().from("approvals", "conversation_id").to("conversations", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let order = Index::create()
            .name("approvals_conversation_id_seq_requested")
            .table("approvals")
            .col("conversation_id")
            .col("seq_requested")
            .to_owned();
        manager.create_index(order).await?;
        let expiry = Index::create().name("approvals_expires_at").table("approvals").col("expires_at").to_owned();
        manager.create_index(expiry).await
    }
}
