//! `switchboard backup` and `switchboard restore`: a copy of the database, and one in its place again.
//!
//! After a restore other events get the numbers of those that are gone. So a restore is another history: every conversation
//! that has not ended gets a new epoch, and no client takes what comes for what it saw.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use tokio::runtime::Builder;

use super::{
    DataDir, DataDirError,
    serve::{database_url, open, shown},
};
use crate::{
    clock::{Clock, SystemClock},
    config::{Config, ConnectionKind},
    store::{
        StoreError,
        sql::{
            ConnectError,
            backup::{self, BackupError},
            boot_id,
        },
    },
};

/// Why nothing was backed up or restored. What was there before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The data folder; a server that runs holds it.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The database is another one.
    #[error("the database is `{url}`, not SQLite: {instead}")]
    NotSqlite {
        /// Which, without its password.
        url: String,
        /// What to do.
        instead: &'static str,
    },
    /// The database, or the backup as one.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The backup is newer than this program, or cannot be brought up to date; or the database cannot be had.
    #[error("{0}")]
    Connect(#[from] ConnectError),
    /// The database did not take the new epochs.
    #[error("the database took no new epochs: {0}")]
    Store(#[from] StoreError),
    /// A file.
    #[error("`{path}`: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is the database.
    #[error("`{0}` is the database itself; if you put a backup there by hand, run `switchboard restore --epochs-only`")]
    Itself(PathBuf),
    /// The system, or standard output.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
}

impl RestoreError {
    /// The exit code, in the words of sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotSqlite { .. } | Self::Itself(_) => 2,
            Self::Backup(BackupError::Foreign { .. } | BackupError::Damaged { .. })
            | Self::Connect(ConnectError::NewerSchema { .. }) => 65,
            Self::Backup(BackupError::Copy { .. }) | Self::Connect(_) | Self::Store(_) => 69,
            Self::DataDir(_) => 73,
            Self::File { .. } | Self::System(_) => 1,
        }
    }
}

/// Copies the SQLite database into a new file, while a server may write it. Says where it is.
///
/// # Errors
/// [`RestoreError`]; then there is no such file.
pub fn run_backup(config: &Config, data: &Path, to: &Path, out: &mut impl Write) -> Result<(), RestoreError> {
    let url = database_url(config, &DataDir::database_in(data));
    let instead = "make a backup with `pg_dump`";
    let database =
        backup::file_of(&url).ok_or_else(|| RestoreError::NotSqlite { url: shown(config, &url), instead })?;
    let of = |source| RestoreError::File { path: to.to_owned(), source };
    // SQLite takes an empty file too: so it is its owner's alone, and none that is there is written over.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(of)?;
    let copied = block_on(backup::copy(&database, to))?.map_err(RestoreError::from);
    let copied = copied.and_then(|()| File::open(to).and_then(|file| file.sync_all()).map_err(of));
    if copied.is_err() {
        fs::remove_file(to).ok();
    }
    copied?;
    writeln!(out, "{} is a backup of {}", to.display(), database.display())?;
    writeln!(out, "next: put it on another machine; `switchboard restore {}` brings it back", to.display())?;
    Ok(())
}

/// Puts a backup in the place of the SQLite database, as another history. Says what it did and what is to be done.
///
/// # Errors
/// [`RestoreError`]; then the database is as it was.
pub fn run_restore(config: &Config, data: &Path, file: &Path, out: &mut impl Write) -> Result<(), RestoreError> {
    let data = DataDir::open(data)?;
    let url = database_url(config, &data.database());
    let instead = "restore it with `pg_restore`, then run `switchboard restore --epochs-only`";
    let database =
        backup::file_of(&url).ok_or_else(|| RestoreError::NotSqlite { url: shown(config, &url), instead })?;
    if same_file(file, &database) {
        return Err(RestoreError::Itself(file.to_owned()));
    }
    let partial = database.with_added_extension("restoring");
    let prepared = block_on(prepare(config, file, &partial)).map_err(RestoreError::from).and_then(|prepared| prepared);
    if prepared.is_err() {
        remove(&partial);
    }
    let epochs = prepared?;
    let kept = put_in_place(&partial, &database)?;
    writeln!(out, "{} is in the place of {}", file.display(), database.display())?;
    if let Some(kept) = kept {
        writeln!(out, "what was there is kept as {}; delete it when you are sure", kept.display())?;
    }
    tell_epochs(config, epochs, out)
}

/// Makes another history of a database that was restored by other means.
///
/// # Errors
/// [`RestoreError`].
pub fn run_epochs(config: &Config, data: &Path, out: &mut impl Write) -> Result<(), RestoreError> {
    let data = DataDir::open(data)?;
    let url = database_url(config, &data.database());
    let (shown, database) = (shown(config, &url), config.database.clone());
    if let Some(file) = backup::file_of(&url).filter(|file| !file.exists()) {
        return Err(RestoreError::File { path: file, source: io::ErrorKind::NotFound.into() });
    }
    let epochs = block_on(async move {
        let store = open(database, url, boot_id()).await?;
        let epochs = store.renew_epochs().await;
        store.close().await;
        Ok::<_, RestoreError>(epochs?)
    })??;
    writeln!(out, "{shown} counts as another history now")?;
    tell_epochs(config, epochs, out)
}

fn tell_epochs(config: &Config, epochs: u64, out: &mut impl Write) -> Result<(), RestoreError> {
    writeln!(out, "{epochs} conversations have a new epoch: clients are told `epoch_mismatch` and get a snapshot")?;
    if config.context.url.kind() == ConnectionKind::Redis {
        writeln!(
            out,
            "next: empty the Redis of `context.url`, which may know what the backup does not; then start the server"
        )?;
    } else {
        writeln!(out, "next: start the server")?;
    }
    Ok(())
}

fn block_on<T>(work: impl Future<Output = T>) -> io::Result<T> {
    // Fails only if a provider is in place already, which then is this one.
    rustls::crypto::ring::default_provider().install_default().ok();
    Ok(Builder::new_current_thread().enable_all().build()?.block_on(work))
}

/// A whole, current and synced database with new epochs, beside the place where it is to be. The backup stays as it is.
async fn prepare(config: &Config, file: &Path, partial: &Path) -> Result<u64, RestoreError> {
    remove(partial);
    copy(file, partial)?;
    let log = beside(file, "-wal");
    if log.exists() {
        // Of a folder that was copied: its last commits may stand there alone.
        copy(&log, &beside(partial, "-wal"))?;
    }
    backup::check_file(partial).await.map_err(|error| of_the_backup(error, file))?;
    let store = open(config.database.clone(), backup::url_of(partial), None).await?;
    let epochs = store.renew_epochs().await;
    store.close().await;
    backup::make_one_file(partial).await?;
    File::open(partial).and_then(|copy| copy.sync_all()).map_err(|source| of(partial, source))?;
    Ok(epochs?)
}

/// The operator knows the backup, not its copy.
fn of_the_backup(error: BackupError, file: &Path) -> BackupError {
    let path = file.to_owned();
    match error {
        BackupError::Foreign { reason, .. } => BackupError::Foreign { path, reason },
        BackupError::Damaged { reason, .. } | BackupError::Copy { reason, .. } => BackupError::Damaged { path, reason },
    }
}

/// At any moment a whole database has the name, the old one or the new one. Answers where the old one is now.
fn put_in_place(partial: &Path, database: &Path) -> Result<Option<PathBuf>, RestoreError> {
    let kept = database.exists().then(|| keep(database)).transpose()?;
    fs::rename(partial, database).map_err(|source| of(database, source))?;
    // What was noted of the old one says nothing of this one, whose bytes are all on the disk.
    let mark = beside(database, "-boot");
    if let (true, Some(kept)) = (mark.exists(), &kept) {
        fs::rename(&mark, beside(kept, "-boot")).map_err(|source| of(&mark, source))?;
    }
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| of(folder, source))?;
    Ok(kept)
}

/// A second name for the database that is to give way. Its write-ahead log must not stay: it would be taken for the new one's.
fn keep(database: &Path) -> Result<PathBuf, RestoreError> {
    let now = SystemClock.now().to_string().replace([':', '.'], "-");
    let kept = database.with_added_extension(format!("before-restore-{now}"));
    // A database that is damaged keeps its log, beside it under the new name.
    let is_one_file = block_on(backup::make_one_file(database))?.is_ok();
    let log = beside(database, "-wal");
    fs::hard_link(database, &kept).map_err(|source| of(&kept, source))?;
    if log.exists() && !(is_one_file && fs::metadata(&log).is_ok_and(|log| log.len() == 0)) {
        fs::rename(&log, beside(&kept, "-wal")).map_err(|source| of(&log, source))?;
    }
    fs::remove_file(log).ok();
    fs::remove_file(beside(database, "-shm")).ok();
    Ok(kept)
}

fn copy(from: &Path, to: &Path) -> Result<(), RestoreError> {
    let mut source = File::open(from).map_err(|source| of(from, source))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut target = made.map_err(|source| of(to, source))?;
    io::copy(&mut source, &mut target).map(drop).map_err(|source| of(to, source))
}

/// What a try before, or this one, left.
fn remove(partial: &Path) {
    for path in [partial.to_owned(), beside(partial, "-wal"), beside(partial, "-shm")] {
        fs::remove_file(path).ok();
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}

/// `switchboard.db-wal` beside `switchboard.db`.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn of(path: &Path, source: io::Error) -> RestoreError {
    RestoreError::File { path: path.to_owned(), source }
}
