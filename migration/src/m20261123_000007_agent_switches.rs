//! What operators said about agents.

use sea_orm_migration::{
    prelude::*,
    schema::{boolean, string_len, timestamp_with_time_zone},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("agent_switches")
            .col(string_len("agent_id", 50).primary_key())
            .col(boolean("enabled"))
            .col(timestamp_with_time_zone("updated_at"))
            .to_owned();
        manager.create_table(table).await
    }
}
