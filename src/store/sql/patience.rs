//! How long a database may be silent. A connection can be cut without a word, and then nothing ever comes.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::SqlStore;
use crate::store::StoreError;

/// A connection whose call was given up comes back to its pool within this time, however busy the machine is.
const DOUBT_LASTS: Duration = Duration::from_mins(1);

/// How long calls may take, the wait for a connection included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// One read.
    pub(super) read: Duration,
    /// One commit.
    pub(super) commit: Duration,
}

impl Patience {
    /// No call takes longer.
    pub(super) fn longest(self) -> Duration {
        self.read.max(self.commit)
    }
}

/// What is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    /// Changes nothing, or may be done twice.
    Read,
    /// Whether it was done shows when it is tried again.
    Commit,
}

/// When a call was last given up: connections that come back to the pool right after that may be silent.
#[derive(Debug, Default)]
pub(super) struct Doubt(Mutex<Option<Instant>>);

impl Doubt {
    fn arise(&self) {
        // A panic cannot leave a wrong time.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a call was given up a moment ago.
    pub(super) fn is_fresh(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|since| since.elapsed() < DOUBT_LASTS)
    }
}

/// A call that is under way. Dropped with it, it says that the call was given up.
struct UnderWay<'a>(Option<&'a Doubt>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.map(Doubt::arise);
    }
}

impl SqlStore {
    /// Waits for a call as long as its kind may take. It is given up by dropping it: what PostgreSQL has of it by then
    /// is carried out or not, and a transaction that it holds open ends with its `idle_in_transaction_session_timeout`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it was given up, or the call's own.
    pub(super) async fn in_time<T>(
        &self,
        kind: Call,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let (time_max, key) = match kind {
            Call::Read => (self.patience.read, "acquire_timeout` and `database.statement_timeout"),
            Call::Commit => (self.patience.commit, "commit_timeout"),
        };
        let call = std::pin::pin!(call);
        // Dropped before the call, which gives its connection back then.
        let mut under_way = UnderWay(Some(&self.doubt));
        let answer = match tokio::time::timeout(time_max, call).await {
            Ok(answer) => {
                under_way.0 = None;
                answer
            }
            Err(_) => {
                Err(StoreError::Unavailable(format!("the database was silent for {time_max:?} (`database.{key}`)")))
            }
        };
        drop(under_way);
        self.connections.note(!matches!(answer, Err(StoreError::Unavailable(_))));
        answer
    }
}
