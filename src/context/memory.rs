//! The twin in memory: the same promises as the table, without a database. For tests.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use protocol::event::JsonObject;

use super::{ContextError, ContextKey, ContextStore, Versioned, storable};

/// Keeps documents as long as it lives.
#[derive(Debug)]
pub struct MemoryContext {
    documents: Mutex<HashMap<ContextKey, Versioned>>,
    entry_bytes_max: usize,
}

impl MemoryContext {
    /// An empty store of documents with at most `entry_bytes_max` bytes of JSON each.
    pub fn new(entry_bytes_max: usize) -> Self {
        Self { documents: Mutex::default(), entry_bytes_max }
    }
}

#[async_trait]
impl ContextStore for MemoryContext {
    async fn get(&self, key: &ContextKey) -> Result<Versioned, ContextError> {
        let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(documents.get(key).cloned().unwrap_or_default())
    }

    async fn compare_and_set(&self, key: &ContextKey, expected: u64, value: JsonObject) -> Result<u64, ContextError> {
        let value = storable(value, self.entry_bytes_max)?;
        // A panic while this is held cannot leave half a change: the only one is a single assignment.
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let current = documents.entry(key.clone()).or_default();
        if current.version != expected {
            return Err(ContextError::Conflict(current.clone()));
        }
        *current = Versioned { version: expected + 1, value };
        Ok(current.version)
    }

    async fn forget(&self, keys: &[ContextKey]) {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            documents.remove(key);
        }
    }
}
