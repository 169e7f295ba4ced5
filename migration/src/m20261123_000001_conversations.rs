//! Conversations.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, json_binary, string_len, string_len_null, text, text_null, timestamp_with_time_zone, uuid},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("conversations")
            .col(uuid("id").primary_key())
            .col(text("tenant"))
            .col(text("owner"))
            .col(uuid("public_id"))
            .col(string_len("status", 20))
            .col(string_len_null("current_agent", 50))
            .col(string_len("epoch", 64))
            .col(big_integer("first_seq"))
            .col(big_integer("head"))
            .col(big_integer("fence"))
            .col(text_null("lease_owner"))
            .col(json_binary("metadata"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        manager.create_table(table).await?;
        let names = Index::create()
            .name("conversations_tenant_owner_public_id")
            .table("conversations")
            .col("tenant")
            .col("owner")
            .col("public_id")
            .unique()
            .to_owned();
        manager.create_index(names).await?;
        let newest = Index::create()
            .name("conversations_tenant_owner_updated_at")
            .table("conversations")
            .col("tenant")
            .col("owner")
            .col("updated_at")
            .col("id")
            .to_owned();
        manager.create_index(newest).await
    }
}
