//! Turns. The writer's fence guards every insert, so no foreign key checks the conversation a second time.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, string_len, text, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
    },
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("turns")
            .col(uuid("id").primary_key())
            .col(uuid("conversation_id"))
            .col(text("tenant"))
            .col(string_len("status", 20))
            .col(big_integer("seq_accepted"))
            .col(big_integer_null("seq_end"))
            .col(big_integer("runs"))
            .col(timestamp_with_time_zone("created_at"))
            .col(timestamp_with_time_zone_null("ended_at"))
            .to_owned();
        manager.create_table(table).await?;
        let order = Index::create()
            .name("turns_conversation_id_seq_accepted")
            .table("turns")
            .col("conversation_id")
            .col("seq_accepted")
            .to_owned();
        manager.create_index(order).await?;
        let open = Index::create()
            .name("turns_open")
            .table("turns")
            .col("conversation_id")
            .col("seq_accepted")
            .cond_where(Expr::col("seq_end").is_null())
            .to_owned();
        manager.create_index(open).await
    }
}
