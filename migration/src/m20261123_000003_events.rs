//! The log: a row holds a run of events, one a line.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, text, timestamp_with_time_zone, uuid},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("events")
            .col(uuid("conversation_id"))
            .col(big_integer("seq_first"))
            .col(big_integer("seq_last"))
            .col(text("tenant"))
            .col(big_integer("fence"))
            .col(text("body"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("conversation_id").col("seq_first"))
            .to_owned();
        manager.create_table(table).await
    }
}
