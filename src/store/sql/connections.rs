//! The connections of a database, shared by all who use it, and made anew where they are lost.
//!
//! A pool tries each connection that comes back to it, without an end. One that falls silent in that moment takes its
//! place until the operating system gives it up, which is a quarter of an hour, or never where something between us and
//! the database keeps it up. Nobody can end that from outside; but once every place is taken so, the pool can be left.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use sea_orm::DatabaseConnection;
use tokio::time::Instant;
use tracing::warn;

/// The connections of one database. Clones share them.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Changed as one, and each call takes what is there when it begins.
    pools: ArcSwap<Pools>,
    anew: Option<Anew>,
    /// Since when no call was answered.
    silent_since: Mutex<Option<Instant>>,
}

#[derive(Debug)]
struct Pools {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

/// How to leave a pool.
struct Anew {
    /// By then every call that was under way had its end, and gave its connection back.
    after: Duration,
    /// Whether each of its places is taken.
    is_full: fn(&DatabaseConnection) -> bool,
    make: Box<dyn Fn() -> DatabaseConnection + Send + Sync>,
}

impl fmt::Debug for Anew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anew").field("after", &self.after).finish_non_exhaustive()
    }
}

/// One pool for writing and reading.
impl From<DatabaseConnection> for Connections {
    fn from(both: DatabaseConnection) -> Self {
        Self::new(both.clone(), both)
    }
}

impl Connections {
    /// Pools that are never left: SQLite has nobody who could fall silent.
    pub(super) fn new(writer: DatabaseConnection, reader: DatabaseConnection) -> Self {
        let pools = ArcSwap::from_pointee(Pools { writer, reader });
        Self(Arc::new(Shared { pools, anew: None, silent_since: Mutex::default() }))
    }

    /// The pool that `make` makes, for writing and reading; left for another where it has no place and nothing was
    /// answered for `after`, which is longer than any call may take.
    pub(super) fn renewed(
        first: DatabaseConnection,
        after: Duration,
        is_full: fn(&DatabaseConnection) -> bool,
        make: impl Fn() -> DatabaseConnection + Send + Sync + 'static,
    ) -> Self {
        let pools = ArcSwap::from_pointee(Pools { reader: first.clone(), writer: first });
        let anew = Some(Anew { after, is_full, make: Box::new(make) });
        Self(Arc::new(Shared { pools, anew, silent_since: Mutex::default() }))
    }

    /// The connections that write: on SQLite the only one. For one call; the next takes them again.
    pub fn writer(&self) -> DatabaseConnection {
        self.0.pools.load().writer.clone()
    }

    /// The connections that read. For one call; the next takes them again.
    pub fn reader(&self) -> DatabaseConnection {
        self.0.pools.load().reader.clone()
    }

    /// A call ended, with an answer of the database or without.
    pub(super) fn note(&self, answered: bool) {
        let Some(anew) = &self.0.anew else { return };
        // A panic cannot leave a wrong time.
        let mut silent_since = self.0.silent_since.lock().unwrap_or_else(PoisonError::into_inner);
        if answered {
            *silent_since = None;
            return;
        }
        let silence = silent_since.get_or_insert_with(Instant::now).elapsed();
        if silence < anew.after || !(anew.is_full)(&self.writer()) {
            return;
        }
        *silent_since = None;
        warn!(?silence, "every connection to the database is lost: leaving them for new ones");
        let both = (anew.make)();
        self.0.pools.store(Arc::new(Pools { reader: both.clone(), writer: both }));
    }
}
