//! A few threads for the many actors, on one runtime.
//!
//! By default every arbiter has a runtime of its own, and a socket belongs to the runtime that opened it: an arbiter
//! that is busy for a second then stalls the database calls of all others. Ours share one multi-thread runtime, so
//! sockets and timers are driven by whoever is free.

use std::hash::{DefaultHasher, Hash, Hasher};

use actix::{Arbiter, ArbiterHandle};
use tokio::runtime::Runtime;

/// A pool of arbiters; what lives on which is chosen by hash.
#[derive(Debug)]
pub struct Arbiters {
    handles: Vec<ArbiterHandle>,
}

impl Arbiters {
    /// Starts `count` arbiters (at least one) on a runtime.
    pub fn start(count: usize, runtime: &'static Runtime) -> Self {
        let handles = (0..count.max(1)).map(|_| Arbiter::with_tokio_rt(move || runtime).handle()).collect();
        Self { handles }
    }

    /// The arbiter for a key: always the same.
    pub fn of<K: Hash>(&self, key: &K) -> &ArbiterHandle {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % self.handles.len() as u64).unwrap_or(0);
        &self.handles[place]
    }
}
