//! The ledger of tool effects.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, boolean, boolean_null, json_binary, json_binary_null, string_len, text, timestamp_with_time_zone,
        timestamp_with_time_zone_null, uuid,
    },
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("tool_effects")
            .col(uuid("id").primary_key())
            .col(uuid("conversation_id"))
            .col(text("tenant"))
            .col(uuid("turn_id"))
            .col(uuid("run_id"))
            .col(string_len("agent_id", 50))
            .col(string_len("tool_call_id", 255))
            .col(text("tool_name"))
            .col(json_binary("arguments"))
            .col(boolean("idempotent"))
            .col(text("idempotency_key"))
            .col(string_len("status", 20))
            .col(json_binary_null("result"))
            .col(boolean_null("is_error"))
            .col(boolean_null("truncated"))
            .col(big_integer("fence"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("finished_at"))
            .foreign_key(ForeignKey::create().from("tool_effects", "conversation_id").to("conversations", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let call = Index::create()
            .name("tool_effects_conversation_id_tool_call_id")
            .table("tool_effects")
            .col("conversation_id")
            .col("tool_call_id")
            .unique()
            .to_owned();
        manager.create_index(call).await?;
        let turn = Index::create().name("tool_effects_turn_id").table("tool_effects").col("turn_id").to_owned();
        manager.create_index(turn).await
    }
}
