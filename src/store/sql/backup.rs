//! Backups of SQLite: made while a server writes, and looked at before they are put in place. And new epochs for what was
//! restored: whatever was stored since the backup is gone, and other events get its numbers.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sea_orm::sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Error, Executor, SqliteConnection, query_scalar,
    sqlite::SqliteConnectOptions,
};

use super::{SqlStore, boot::give_new_epochs};
use crate::store::StoreError;

/// How long others may hold the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What a database of this server has had from its beginning on.
const TABLES: &str = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' \
     AND name IN ('seaql_migrations', 'conversations', 'events')";
const TABLES_COUNT: i64 = 3;

/// Why a file is no backup, or none could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// It is no database of this server.
    #[error("`{path}` is no database of switchboard: {reason}")]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It is one, and damaged.
    #[error("the database in `{path}` is damaged: {reason}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// In SQLite's words.
        reason: String,
    },
    /// The database could not be copied.
    #[error("the database `{path}` cannot be copied: {reason}")]
    Copy {
        /// Which file.
        path: PathBuf,
        /// In SQLite's words.
        reason: String,
    },
}

/// The file of a `sqlite://` URL; none of any other URL.
pub fn file_of(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url).ok()).flatten()?;
    Some(options.get_filename().to_owned())
}

/// The `sqlite://` URL of a file.
pub fn url_of(file: &Path) -> String {
    let path = file.display().to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}

/// Reads all of a file, and says whether it is a whole database of this server. Of which version is not looked at.
///
/// # Errors
/// [`BackupError::Foreign`], [`BackupError::Damaged`].
pub async fn check_file(path: &Path) -> Result<(), BackupError> {
    let foreign = |reason: String| BackupError::Foreign { path: path.to_owned(), reason };
    let mut connection = open(path).await.map_err(|error| foreign(error.to_string()))?;
    let tables: i64 =
        query_scalar(TABLES).fetch_one(&mut connection).await.map_err(|error| foreign(error.to_string()))?;
    if tables != TABLES_COUNT {
        return Err(foreign("its tables are not there".to_owned()));
    }
    let damaged = |reason: String| BackupError::Damaged { path: path.to_owned(), reason };
    let said = query_scalar::<_, String>("PRAGMA integrity_check(1)").fetch_one(&mut connection).await;
    match said.map_err(|error| damaged(error.to_string()))?.as_str() {
        "ok" => close(connection).await.map_err(|error| damaged(error.to_string())),
        reason => Err(damaged(reason.to_owned())),
    }
}

/// Moves what stands in the write-ahead log alone into the file, so that the file is the whole database.
///
/// # Errors
/// [`BackupError::Damaged`]: it cannot be read, or somebody else holds it.
pub async fn make_one_file(path: &Path) -> Result<(), BackupError> {
    let moved = async {
        let mut connection = open(path).await?;
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        close(connection).await
    };
    moved.await.map_err(|error| BackupError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

/// Copies a database as it is at this moment, while others may write it, into a file that is empty or not there.
///
/// # Errors
/// [`BackupError::Copy`].
pub async fn copy(database: &Path, to: &Path) -> Result<(), BackupError> {
    let copied = async {
        let mut connection = open(database).await?;
        // A name is no value that SQLite would take as a parameter everywhere; a quote in it is doubled.
        let name = to.display().to_string().replace('\'', "''");
        connection.execute(AssertSqlSafe(format!("VACUUM INTO '{name}'"))).await?;
        close(connection).await
    };
    copied.await.map_err(|error| BackupError::Copy { path: database.to_owned(), reason: error.to_string() })
}

async fn open(path: &Path) -> Result<SqliteConnection, Error> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false).busy_timeout(BUSY_TIMEOUT);
    options.disable_statement_logging().connect().await
}

async fn close(connection: SqliteConnection) -> Result<(), Error> {
    connection.close().await
}

impl SqlStore {
    /// Makes another history of every conversation that has not ended: clients with an older position get a snapshot and are
    /// told why. Answers how many. No server may run on this database meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_epochs(&self) -> Result<u64, StoreError> {
        Ok(give_new_epochs(&self.writer()).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql::testing::SqliteFile;

    async fn made() -> (SqliteFile, PathBuf) {
        let file = SqliteFile::new();
        file.open().await.close().await;
        let path = file.0.path().join("test.sqlite");
        (file, path)
    }

    #[tokio::test]
    async fn a_backup_is_a_whole_database_of_this_server_or_is_refused() {
        let (file, path) = made().await;
        check_file(&path).await.unwrap();
        let copied = file.0.path().join("it's a 100% copy?.db");
        copy(&path, &copied).await.unwrap();
        check_file(&copied).await.unwrap();
        assert_eq!(file_of(&url_of(&copied)), Some(copied.clone()));
        assert!(matches!(copy(&path, &copied).await, Err(BackupError::Copy { .. })), "it is there already");
        for (name, bytes) in [("empty", Vec::new()), ("text", b"no database at all, but long enough".repeat(99))] {
            let other = file.0.path().join(name);
            std::fs::write(&other, bytes).unwrap();
            assert!(matches!(check_file(&other).await, Err(BackupError::Foreign { .. })), "{name}");
        }
        assert!(matches!(check_file(&file.0.path().join("nowhere")).await, Err(BackupError::Foreign { .. })));
    }

    #[tokio::test]
    async fn a_damaged_backup_is_refused() {
        let (_file, path) = made().await;
        let mut bytes = std::fs::read(&path).unwrap();
        // Pages behind the one with the list of tables.
        for page in bytes.chunks_mut(4096).skip(2) {
            page[..64].fill(0xAA);
        }
        std::fs::write(&path, bytes).unwrap();
        let refused = check_file(&path).await;
        assert!(matches!(refused, Err(BackupError::Damaged { .. } | BackupError::Foreign { .. })), "{refused:?}");
    }
}
