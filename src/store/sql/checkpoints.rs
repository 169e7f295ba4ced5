//! Moves the write-ahead log of SQLite into the file, beside the writer instead of within its commits.
//!
//! By itself SQLite does that in every commit that finds a thousand pages in the log, and whoever waits for that commit
//! waits for it too. Here a connection of its own does it every now and then, which disturbs nobody. But it never sees
//! the end of the log while somebody writes, and only a log that was moved to its end begins anew: so SQLite does it in a
//! commit after all where the log has become long, and then little is left to be moved.
//!
//! After an erasure the log is emptied as well, since it still has what was erased. That needs a moment in which nobody
//! reads what was before; SQLite answers "busy" where there is none, which is no error. Then every tick tries again
//! until it is done, and so does the first one after a start, for whoever was killed in between.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::{task::JoinHandle, time::MissedTickBehavior};
use tracing::{debug, warn};

const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Moves the log to its end and cuts the file to nothing.
const EMPTY: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// When the write-ahead log of SQLite is moved into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointBounds {
    /// How often, where something was written. With [`Normal`](super::Synchronous::Normal) a power loss may take the
    /// commits of about this long.
    pub checkpoint_interval: Duration,
    /// From this length on the log is moved to its end, within a commit. It grows beyond by no more than that commit, or
    /// by what comes while somebody reads what was before.
    pub log_bytes_max: usize,
}

impl CheckpointBounds {
    /// The length of the log in pages, as SQLite takes it; at least one, because none would mean no bound.
    pub(super) fn log_pages_max(self, page_bytes: u32) -> usize {
        (self.log_bytes_max / page_bytes.max(1) as usize).max(1)
    }
}

impl Default for CheckpointBounds {
    fn default() -> Self {
        Self { checkpoint_interval: Duration::from_secs(1), log_bytes_max: 32 << 20 }
    }
}

/// Moves the log as long as it lives.
#[derive(Debug, Clone)]
pub(super) struct Checkpoints(Arc<Running>);

#[derive(Debug)]
struct Running {
    task: JoinHandle<()>,
    shedding: Arc<Shedding>,
}

/// Emptying the log, over the connection that moves it: two that move it at once refuse each other.
#[derive(Debug)]
struct Shedding {
    own: DatabaseConnection,
    /// How often it was asked for; the start counts as once.
    asked: AtomicU64,
    /// How often it had been asked for when the log was last emptied.
    done: AtomicU64,
}

impl Shedding {
    fn is_due(&self) -> bool {
        self.done.load(Ordering::Acquire) < self.asked.load(Ordering::Acquire)
    }

    /// Tries once. Answers whether the log is empty now.
    async fn attempt(&self) -> Result<bool, DbErr> {
        let asked = self.asked.load(Ordering::Acquire);
        let row = self.own.query_one_raw(Statement::from_string(DbBackend::Sqlite, EMPTY)).await?;
        // The first column says whether somebody was in the way.
        let is_empty = row.map_or(Ok(true), |row| row.try_get_by_index::<i64>(0).map(|busy| busy == 0))?;
        if is_empty {
            self.done.fetch_max(asked, Ordering::AcqRel);
        }
        Ok(is_empty)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Checkpoints {
    /// `own` is a connection of its own to the file at `path`. Whoever writes waits for it where it empties the log while
    /// somebody reads: its `busy_timeout` must be short.
    pub(super) fn start(own: DatabaseConnection, path: &str, bounds: CheckpointBounds) -> Self {
        let log = PathBuf::from(format!("{path}-wal"));
        let shedding = Arc::new(Shedding { own, asked: AtomicU64::new(1), done: AtomicU64::new(0) });
        let task = tokio::spawn(keep_moving(Arc::clone(&shedding), log, bounds));
        Self(Arc::new(Running { task, shedding }))
    }

    /// Empties the log of what was erased: now, or with the first tick that finds nobody in the way.
    pub(super) async fn shed(&self) {
        // Before it is tried, so that it is not lost with a caller who does not wait for the end.
        self.0.shedding.asked.fetch_add(1, Ordering::AcqRel);
        match self.0.shedding.attempt().await {
            Ok(true) => {}
            Ok(false) => debug!("somebody reads what was erased, the write-ahead log is emptied after them"),
            Err(error) => warn!(%error, "the write-ahead log could not be emptied of what was erased, trying again"),
        }
    }

    /// Ends it, with its connection: the last one that closes moves what is left.
    pub(super) async fn close(&self) {
        self.0.task.abort();
        // Closing a pool cannot fail, although its type says so.
        self.0.shedding.own.close_by_ref().await.ok();
    }
}

async fn keep_moving(shedding: Arc<Shedding>, log: PathBuf, bounds: CheckpointBounds) {
    let mut interval = tokio::time::interval(bounds.checkpoint_interval);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut moved_at = None;
    loop {
        interval.tick().await;
        if shedding.is_due() {
            shed_later(&shedding).await;
        }
        // None where there is no log, which is a reason to look again.
        let written_at = tokio::fs::metadata(&log).await.and_then(|log| log.modified()).ok();
        if written_at.is_some() && written_at == moved_at {
            continue;
        }
        match move_log(&shedding.own).await {
            Ok(true) => moved_at = written_at,
            Ok(false) => moved_at = None,
            // The disk is full, say: the log keeps everything, and the writer tells those who have to know.
            Err(error) => debug!(%error, "the write-ahead log could not be moved, trying again"),
        }
    }
}

async fn shed_later(shedding: &Shedding) {
    match shedding.attempt().await {
        Ok(true) => debug!("the write-ahead log is empty"),
        Ok(false) => debug!("the write-ahead log cannot be emptied yet, somebody reads what was before"),
        Err(error) => debug!(%error, "the write-ahead log cannot be emptied yet"),
    }
}

/// Moves the log as far as nobody reads what was before. Answers whether that was its end.
async fn move_log(own: &DatabaseConnection) -> Result<bool, DbErr> {
    let row = own.query_one_raw(Statement::from_string(DbBackend::Sqlite, MOVE)).await?;
    // Pages in the log, and those of them that were moved; -1 each where the file has no log.
    let pages = row.map(|row| Ok::<(i64, i64), DbErr>((row.try_get_by_index(1)?, row.try_get_by_index(2)?)));
    Ok(pages.transpose()?.is_none_or(|(pages, moved)| pages == moved))
}
