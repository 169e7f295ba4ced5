//! Which messages that joined a turn were taken into account, and where in the log: a run after a crash is offered the
//! others alone. The same message may be taken once more, by a run that begins again.

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
            .table("steers_taken")
            .col(uuid("conversation_id"))
            .col(big_integer("seq"))
            .col(uuid("message_id"))
            .col(text("tenant"))
            .col(timestamp_with_time_zone("created_at"))
            .primary_key(Index::create().col("conversation_id").col("seq").col("message_id"))
            .foreign_key(ForeignKey::create().from("steers_taken", "conversation_id").to("conversations", "id"))
            .to_owned();
        manager.create_table(table).await
    }
}
