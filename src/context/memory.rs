//! The twin in memory: the same promises as the table, without a database. For tests.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use protocol::{Timestamp, event::JsonObject};
use uuid::Uuid;

use super::{ContextError, ContextKey, ContextStore, Entry, Versioned, storable};
use crate::clock::{Clock, SystemClock};

/// Keeps documents as long as it lives. Every conversation exists until it is forgotten, and never again after that.
#[derive(Debug)]
pub struct MemoryContext {
    state: Mutex<State>,
    entry_bytes_max: usize,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct State {
    documents: HashMap<ContextKey, Entry>,
    erased: HashSet<(Arc<str>, Uuid)>,
}

impl MemoryContext {
    /// An empty store of documents with at most `entry_bytes_max` bytes of JSON each.
    pub fn new(entry_bytes_max: usize) -> Self {
        Self { state: Mutex::default(), entry_bytes_max, clock: Arc::new(SystemClock) }
    }

    /// With another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while this is held cannot leave half a change: each one is a single call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ContextStore for MemoryContext {
    async fn read(&self, key: &ContextKey) -> Result<Entry, ContextError> {
        Ok(self.state().documents.get(key).cloned().unwrap_or_default().at(self.clock.now()))
    }

    async fn write(
        &self,
        key: &ContextKey,
        expected: u64,
        value: JsonObject,
        expires_at: Option<Timestamp>,
    ) -> Result<u64, ContextError> {
        let value = storable(value, self.entry_bytes_max)?;
        let mut state = self.state();
        if state.erased.contains(&(Arc::clone(&key.tenant), key.conversation)) {
            return Err(ContextError::Gone);
        }
        let current = state.documents.entry(key.clone()).or_default();
        if current.document.version != expected {
            return Err(ContextError::Conflict(current.clone().at(self.clock.now()).document));
        }
        let version = expected + 1;
        *current = Entry { document: Versioned { version, value }, expires_at };
        Ok(version)
    }

    async fn forget(&self, tenant: &Arc<str>, conversation: Uuid) -> Result<(), ContextError> {
        let mut state = self.state();
        state.documents.retain(|key, _| !key.is_of(tenant, conversation));
        state.erased.insert((Arc::clone(tenant), conversation));
        Ok(())
    }
}
