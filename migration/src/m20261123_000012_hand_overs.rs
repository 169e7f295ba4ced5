//! Room for what one agent hands to another: its data type names the agent that it is from.

use sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema::string_len};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// SQLite does not count letters, and cannot change a column.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            return Ok(());
        }
        let wider =
            Table::alter().table("agent_conversation_data").modify_column(string_len("data_type", 80)).to_owned();
        manager.alter_table(wider).await
    }
}
