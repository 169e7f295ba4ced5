//! The changes of the schema, one a file, never edited once landed.
//!
//! They go one way: an older server refuses a newer schema, so going back means restoring a backup.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

mod m20261123_000001_conversations;
mod m20261123_000002_turns;
mod m20261123_000003_events;
mod m20261123_000004_messages;
mod m20261123_000005_agent_interactions;
mod m20261123_000006_agent_conversation_data;
mod m20261123_000007_agent_switches;
mod m20261123_000008_tool_effects;
mod m20261123_000009_approvals;
mod m20261123_000010_retention;
mod m20261123_000011_plain_appends;
mod m20261123_000012_hand_overs;
mod m20261128_000013_effects_ledger;
mod m20261128_000014_steers_taken;
mod m20261128_000015_lists_alone;
mod m20261128_000016_workflows;

/// The advisory lock that servers take while they change the schema: "switchbd" in ASCII.
const LOCK: i64 = 0x7377_6974_6368_6264;

/// How long the schema may take to be brought up to date, the wait for another server that does so included. A change of
/// a large table takes longer than any other statement may.
pub const TIME_MAX: Duration = Duration::from_mins(10);

/// Why the schema could not be brought up to date. Nothing was changed.
#[derive(Debug)]
pub enum MigrateError {
    /// A newer server changed this database.
    Newer {
        /// The newest change that this server does not know.
        found: String,
        /// The newest change that it knows.
        known: String,
    },
    /// The database said no.
    Database(DbErr),
}

impl From<DbErr> for MigrateError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

/// Knows every change.
#[derive(Debug)]
struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_conversations::Migration),
            Box::new(m20261123_000002_turns::Migration),
            Box::new(m20261123_000003_events::Migration),
            Box::new(m20261123_000004_messages::Migration),
            Box::new(m20261123_000005_agent_interactions::Migration),
            Box::new(m20261123_000006_agent_conversation_data::Migration),
            Box::new(m20261123_000007_agent_switches::Migration),
            Box::new(m20261123_000008_tool_effects::Migration),
            Box::new(m20261123_000009_approvals::Migration),
            Box::new(m20261123_000010_retention::Migration),
            Box::new(m20261123_000011_plain_appends::Migration),
            Box::new(m20261123_000012_hand_overs::Migration),
            Box::new(m20261128_000013_effects_ledger::Migration),
            Box::new(m20261128_000014_steers_taken::Migration),
            Box::new(m20261128_000015_lists_alone::Migration),
            Box::new(m20261128_000016_workflows::Migration),
        ]
    }
}

/// Brings the schema up to date, all or nothing. Servers that start together take turns.
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate(db: &DatabaseConnection) -> Result<(), MigrateError> {
    let transaction = begin(db).await?;
    refuse_newer(&transaction).await?;
    for change in Migrator::get_pending_migrations(&transaction).await? {
        let begun = |error| DbErr::Migration(format!("the change `{}`: {error}", change.name()));
        Migrator::up(&transaction, Some(1)).await.map_err(begun)?;
    }
    transaction.commit().await?;
    Ok(())
}

/// The lock lives in the transaction that changes the schema: a pool could take it on one connection and migrate on
/// another. SQLite has one writer anyway.
async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = db.begin_with_options(options).await?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        let patience = TIME_MAX.as_millis();
        transaction.execute_unprepared(&format!("SET LOCAL statement_timeout = {patience}")).await?;
        transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    Ok(transaction)
}

async fn refuse_newer(transaction: &DatabaseTransaction) -> Result<(), MigrateError> {
    let known: Vec<String> = Migrator::migrations().iter().map(|change| change.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(transaction).await?;
    match applied.into_iter().map(|row| row.version).filter(|version| !known.contains(version)).max() {
        Some(found) => Err(MigrateError::Newer { found, known: known.last().cloned().unwrap_or_default() }),
        None => Ok(()),
    }
}
