//! Appends of text alone, in one statement on SQLite: a view whose trigger compares the fence, moves the head and adds the
//! row. One that does not fit undoes the whole statement. PostgreSQL does the same with a statement of two parts.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const VIEW: &str = "CREATE VIEW plain_appends (conversation_id, fence, seq_first, seq_last, body, created_at) AS \
     SELECT conversation_id, fence, seq_first, seq_last, body, created_at FROM events";

const TRIGGER: &str = "CREATE TRIGGER plain_appends_insert INSTEAD OF INSERT ON plain_appends BEGIN \
     UPDATE conversations SET head = NEW.seq_last \
     WHERE id = NEW.conversation_id AND fence = NEW.fence AND head = NEW.seq_first - 1; \
     SELECT RAISE(ABORT, 'fenced') WHERE changes() = 0; \
     INSERT INTO events (conversation_id, seq_first, seq_last, tenant, fence, body, created_at) \
     SELECT NEW.conversation_id, NEW.seq_first, NEW.seq_last, tenant, NEW.fence, NEW.body, NEW.created_at \
     FROM conversations WHERE id = NEW.conversation_id; END";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != sea_orm::DbBackend::Sqlite {
            return Ok(());
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(VIEW).await?;
        connection.execute_unprepared(TRIGGER).await?;
        Ok(())
    }
}
