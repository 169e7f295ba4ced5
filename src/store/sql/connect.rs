//! Opening a database: pools, what each connection is told, and the schema.

use std::{str::FromStr, sync::Arc, time::Duration};

use migration::MigrateError;
use sea_orm::{
    DatabaseConnection, DbBackend, DbErr, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        ConnectOptions, Connection, Error, Executor,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    CheckpointBounds, Connections, SqlStore,
    boot::{BootMark, boot_id},
    checkpoints::Checkpoints,
    patience::{Doubt, Patience},
};
use crate::{
    chaos::{self, Bug},
    store::Store,
};

/// How long a statement waits for another process that holds the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long emptying the write-ahead log waits for those who write or read. Whoever writes waits for that, so it is
/// short; where it was too short, it is tried again.
const SHED_BUSY_TIMEOUT: Duration = Duration::from_millis(5);
/// How long a PostgreSQL connection that may be dead has to show that it is not.
const PING_TIME_MAX: Duration = Duration::from_secs(1);
/// How large the write-ahead log of SQLite stays after a checkpoint.
const WAL_BYTES_KEPT: u32 = 64 << 20;
/// SQLite's own choice, made here because bounds are counted in pages.
const PAGE_BYTES: u32 = 4096;
/// Statements that a connection keeps prepared. Inserts of many rows come in a shape for each power of two.
const STATEMENTS_KEPT: usize = 256;
/// A PostgreSQL connection that was idle for longer is tried before it is used.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(10);

/// Whether a commit survives a power loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// It does: every commit waits for the disk.
    #[default]
    Full,
    /// It survives a `kill -9` alone; the latest commits may be lost with the power. SQLite only.
    Normal,
}

/// How to open a database.
#[derive(Debug, Clone)]
pub struct SqlOptions {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    pub url: SecretString,
    /// Whether a commit survives a power loss, on SQLite. PostgreSQL is always told that it must.
    pub synchronous: Synchronous,
    /// When its write-ahead log is moved into the file, on SQLite.
    pub checkpoints: CheckpointBounds,
    /// How many connections: on SQLite for reading, beside the one that writes.
    pub connections_max: u32,
    /// How long a call waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take. PostgreSQL ends it then by itself; a read that is not answered by then, and the
    /// wait for its connection, is given up.
    pub statement_timeout: Duration,
    /// How long a commit may take in all. Then nobody knows what became of it, and only trying again tells.
    pub commit_timeout: Duration,
    /// Which boot of the machine this is: a new one after [`Normal`](Synchronous::Normal) gives conversations new epochs.
    /// None: nobody can tell, and none changes.
    pub boot_id: Option<String>,
}

impl SqlOptions {
    /// These bounds of the time, which are the defaults of the config, for a database at `url`.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            synchronous: Synchronous::Full,
            checkpoints: CheckpointBounds::default(),
            connections_max: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            commit_timeout: Duration::from_secs(20),
            boot_id: boot_id(),
        }
    }

    fn patience(&self) -> Patience {
        Patience { read: self.acquire_timeout + self.statement_timeout, commit: self.commit_timeout }
    }
}

/// Why a database cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The URL makes no sense.
    #[error("`database.url` is `{url}`: {rule}")]
    Url {
        /// Without user and password.
        url: String,
        /// What it must be.
        rule: String,
    },
    /// The database cannot be reached, or the file cannot be opened.
    #[error("the database `{url}` cannot be opened: {reason}")]
    Open {
        /// Without user and password.
        url: String,
        /// In the database's words.
        reason: String,
    },
    /// A newer server was here.
    #[error(
        "the schema of the database `{url}` is newer than this server: it has the change `{found}`, this server knows \
         them up to `{known}`; run the newer server, or restore a backup from before it"
    )]
    NewerSchema {
        /// Without user and password.
        url: String,
        /// The newest change that this server does not know.
        found: String,
        /// The newest change that it knows.
        known: String,
    },
    /// The schema could not be brought up to date; nothing was changed.
    #[error(
        "the schema of the database `{url}` cannot be brought up to date: {reason}; nothing was changed: mend what it \
         says or restore a backup, then start again"
    )]
    Migrate {
        /// Without user and password.
        url: String,
        /// In the database's words.
        reason: String,
    },
}

impl SqlStore {
    /// Opens a database and brings its schema up to date. A SQLite file is made if there is none; its folder is not.
    ///
    /// # Errors
    /// [`ConnectError`]; nothing of it names a password.
    pub async fn connect(options: SqlOptions) -> Result<Self, ConnectError> {
        let url = options.url.expose_secret();
        let store = if url.starts_with("sqlite:") {
            sqlite(&options).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres(&options).await?
        } else {
            let rule = "it must begin with `sqlite://` or `postgres://`".to_owned();
            return Err(ConnectError::Url { url: redacted(url), rule });
        };
        store.ping().await.map_err(|error| ConnectError::Open { url: redacted(url), reason: error.to_string() })?;
        let writer = store.writer();
        let migrated = tokio::time::timeout(migration::TIME_MAX, migration::migrate(&writer)).await;
        let late = |_| Err(MigrateError::Database(DbErr::Custom(format!("no end after {:?}", migration::TIME_MAX))));
        migrated.unwrap_or_else(late).map_err(|error| migrate_error(redacted(url), error))?;
        store
            .marked(&options)
            .await
            .map_err(|error| ConnectError::Open { url: redacted(url), reason: error.to_string() })
    }
}

impl SqlStore {
    /// With the mark of this boot, on SQLite.
    async fn marked(mut self, options: &SqlOptions) -> Result<Self, DbErr> {
        if let (DbBackend::Sqlite, Some(boot_id)) = (self.backend, options.boot_id.clone()) {
            let path = SqliteConnectOptions::from_str(options.url.expose_secret());
            let path = path.map_err(|error| DbErr::Custom(error.to_string()))?;
            let path = path.get_filename().to_string_lossy().into_owned();
            self.boot = Some(BootMark::set(&path, &self.writer(), options.synchronous, boot_id).await?);
        }
        Ok(self)
    }
}

/// One connection writes, so that writers never meet; the others read, and in WAL mode they never wait for it.
async fn sqlite(options: &SqlOptions) -> Result<SqlStore, ConnectError> {
    let url = options.url.expose_secret();
    let parsed = SqliteConnectOptions::from_str(url)
        .map_err(|error| ConnectError::Url { url: redacted(url), rule: error.to_string() })?;
    let path = parsed.get_filename().to_string_lossy().into_owned();
    if path.is_empty() || path.starts_with("file:") || url.contains("mode=memory") {
        let rule = "it must name a file: a database in memory cannot be shared by connections".to_owned();
        return Err(ConnectError::Url { url: redacted(url), rule });
    }
    let common = parsed
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging();
    let checkpoint_options = common.clone().journal_mode(SqliteJournalMode::Wal).busy_timeout(SHED_BUSY_TIMEOUT);
    let write_options = common
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("journal_size_limit", WAL_BYTES_KEPT.to_string())
        .page_size(PAGE_BYTES)
        .pragma("wal_autocheckpoint", options.checkpoints.log_pages_max(PAGE_BYTES).to_string())
        .synchronous(match options.synchronous {
            _ if chaos::plants(Bug::NoFsync) => SqliteSynchronous::Off,
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
        });
    let pool = sqlite_pool(options).max_connections(1).connect_with(write_options).await;
    let writer = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.map_err(|error| open_error(url, &error))?);
    let pool = sqlite_pool(options)
        .max_connections(options.connections_max.max(1))
        .connect_with(common.pragma("query_only", "ON"))
        .await;
    let reader = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.map_err(|error| open_error(url, &error))?);
    let (patience, doubt) = (options.patience(), Arc::default());
    let pool = sqlite_pool(options).max_connections(1).connect_with(checkpoint_options).await;
    let own = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.map_err(|error| open_error(url, &error))?);
    let connections = Connections::new(writer, reader);
    let checkpoints = Some(Checkpoints::start(own, &path, options.checkpoints));
    Ok(SqlStore { connections, backend: DbBackend::Sqlite, patience, doubt, checkpoints, boot: None })
}

fn sqlite_pool(options: &SqlOptions) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        // After some errors (a full disk, say) SQLite has rolled back by itself, the ROLLBACK that follows fails, and
        // the driver would believe for ever that a transaction is open. Such a connection is closed.
        .after_release(|connection, _| {
            let is_clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_clean) })
        })
}

async fn postgres(options: &SqlOptions) -> Result<SqlStore, ConnectError> {
    let url = options.url.expose_secret();
    let connect = PgConnectOptions::from_str(url)
        .map_err(|error| ConnectError::Url { url: redacted(url), rule: error.to_string() })?
        .application_name("switchboard")
        .options([
            ("synchronous_commit", "on".to_owned()),
            ("statement_timeout", options.statement_timeout.as_millis().to_string()),
            // A transaction whose client fell silent holds its rows: nobody else can go on with the conversation.
            ("idle_in_transaction_session_timeout", options.commit_timeout.as_millis().to_string()),
        ])
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging();
    let doubt = Arc::new(Doubt::default());
    let pool = match postgres_pool(options, &doubt).connect_with(connect.clone()).await {
        Ok(pool) => pool,
        Err(error) => return Err(open_error(url, &why_not(&connect, error).await)),
    };
    let patience = options.patience();
    let first: DatabaseConnection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    let make = {
        let (options, doubt) = (options.clone(), Arc::clone(&doubt));
        move || {
            let pool = postgres_pool(&options, &doubt).connect_lazy_with(connect.clone());
            SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
        }
    };
    let connections = Connections::renewed(first, patience.longest() + PING_TIME_MAX, is_full, make);
    Ok(SqlStore { connections, backend: DbBackend::Postgres, patience, doubt, checkpoints: None, boot: None })
}

/// Whether every place is taken by a connection that is not free.
fn is_full(postgres: &DatabaseConnection) -> bool {
    let pool = postgres.get_postgres_connection_pool();
    pool.num_idle() == 0 && pool.size() >= pool.options().get_max_connections()
}

fn postgres_pool(options: &SqlOptions, doubt: &Arc<Doubt>) -> PgPoolOptions {
    let doubt = Arc::clone(doubt);
    PgPoolOptions::new()
        .acquire_timeout(options.acquire_timeout)
        .max_connections(options.connections_max.max(1))
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for >= IDLE_BEFORE_PING {
                    in_ping_time(connection.ping()).await?;
                }
                Ok(true)
            })
        })
        // A call that was given up gives its connection back in the middle of it. One that fell silent would take its
        // place for ever, because the pool waits for it without an end. And the driver does not count a transaction
        // whose BEGIN nobody saw answered: whatever came next on that connection would belong to it, and be answered,
        // and never be committed. A ROLLBACK finds out the one and ends the other.
        .after_release(move |connection, _| {
            let doubted = doubt.is_fresh();
            Box::pin(async move {
                if doubted {
                    in_ping_time(connection.execute("ROLLBACK")).await?;
                }
                Ok(true)
            })
        })
}

async fn in_ping_time<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Err(Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "the connection is silent")));
    tokio::time::timeout(PING_TIME_MAX, call).await.unwrap_or_else(late)
}

/// The pool tries until its time is over and then says only that; the reason is what one more try says.
async fn why_not(connect: &PgConnectOptions, error: Error) -> Error {
    if !matches!(error, Error::PoolTimedOut) {
        return error;
    }
    match tokio::time::timeout(PING_TIME_MAX, connect.connect()).await {
        Ok(Err(reason)) => reason,
        _ => error,
    }
}

fn open_error(url: &str, error: &Error) -> ConnectError {
    ConnectError::Open { url: redacted(url), reason: error.to_string() }
}

fn migrate_error(url: String, error: MigrateError) -> ConnectError {
    match error {
        MigrateError::Newer { found, known } => ConnectError::NewerSchema { url, found, known },
        MigrateError::Database(error) => ConnectError::Migrate { url, reason: error.to_string() },
    }
}

/// A URL as it may be shown: without user, password and parameters.
fn redacted(url: &str) -> String {
    let shown = url.split_once('?').map_or(url, |(before, _)| before);
    match (shown.split_once("://"), shown.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_no_secret() {
        for (url, shown) in [
            ("postgres://u:p@db.example:5432/chat?sslmode=require&password=p", "postgres://db.example:5432/chat"),
            ("postgres://u:p@x@db/chat", "postgres://db/chat"),
            ("sqlite://data/chat.sqlite", "sqlite://data/chat.sqlite"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }
}
