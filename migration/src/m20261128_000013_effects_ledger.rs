//! The ledger of tool effects, anew: no server ever wrote into the one before. A call's arguments and result are in the log;
//! here is what the log does not say, and how far the call is.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, blob, string_len, text, timestamp_with_time_zone, uuid},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("tool_effects").to_owned()).await?;
        let table = Table::create()
            .table("tool_effects")
            .col(uuid("turn_id"))
            .col(string_len("tool_call_id", 255))
            .col(uuid("conversation_id"))
            .col(text("tenant"))
            .col(uuid("run_id"))
            .col(string_len("agent_id", 50))
            .col(string_len("tool_name", 100))
            .col(string_len("effect", 20))
            .col(string_len("idempotency_key", 255))
            .col(blob("arguments_hash"))
            .col(string_len("status", 20))
            .col(big_integer("seq_intent"))
            .col(big_integer_null("seq_result"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .primary_key(Index::create().col("turn_id").col("tool_call_id"))
            .foreign_key(ForeignKey::create().from("tool_effects", "conversation_id").to("conversations", "id"))
            .to_owned();
        manager.create_table(table).await?;
        let order = Index::create()
            .name("tool_effects_conversation_id_seq_intent")
            .table("tool_effects")
            .col("conversation_id")
            .col("seq_intent")
            .to_owned();
        manager.create_index(order).await
    }
}
