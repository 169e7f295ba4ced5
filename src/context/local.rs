//! A cache in this process, bounded by bytes. Right where one process owns all conversations (`context.url: memory:`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use protocol::Timestamp;
use uuid::Uuid;

use super::{ContextKey, Entry, cached::Cache, lru::Lru};

/// What an entry costs beside its document.
const OVERHEAD_BYTES: usize = 256;

/// Remembers documents until their total is over a bound; then the least recently used go.
#[derive(Debug)]
pub struct LocalCache(Mutex<Lru<ContextKey, Entry>>);

impl LocalCache {
    /// Holds at most `bytes_max` bytes, by the length of the documents as JSON.
    pub fn new(bytes_max: usize) -> Self {
        Self(Mutex::new(Lru::new(bytes_max)))
    }

    fn lock(&self) -> MutexGuard<'_, Lru<ContextKey, Entry>> {
        // A panic inside could at worst lose entries, which a cache may.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Cache for LocalCache {
    async fn get(&self, key: &ContextKey) -> Option<Entry> {
        self.lock().get(key).cloned()
    }

    async fn put(&self, key: &ContextKey, entry: &Entry, _now: Timestamp) {
        let mut entries = self.lock();
        if entries.get(key).is_none_or(|present| present.document.version <= entry.document.version) {
            insert(&mut entries, key, entry);
        }
    }

    async fn replace(&self, key: &ContextKey, entry: &Entry, _now: Timestamp) {
        insert(&mut self.lock(), key, entry);
    }

    async fn remove(&self, key: &ContextKey) {
        self.lock().remove(key);
    }

    async fn forget(&self, tenant: &Arc<str>, conversation: Uuid, _known: &[ContextKey]) -> bool {
        let first = ContextKey::first_of(tenant, conversation);
        self.lock().remove_run(&first, |key| key.is_of(tenant, conversation));
        true
    }
}

fn insert(entries: &mut Lru<ContextKey, Entry>, key: &ContextKey, entry: &Entry) {
    if let Ok(json) = serde_json::to_string(&entry.document.value) {
        entries.insert(key.clone(), entry.clone(), json.len() + OVERHEAD_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::context::{ContextScope, Versioned};

    fn now() -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn key(number: u128) -> ContextKey {
        ContextKey { tenant: "t".into(), conversation: Uuid::from_u128(number), scope: ContextScope::Shared }
    }

    fn entry(version: u64, length: usize) -> Entry {
        let mut value = protocol::event::JsonObject::new();
        value.insert("text".to_owned(), json!("x".repeat(length)));
        Versioned { version, value }.into()
    }

    #[tokio::test]
    async fn an_older_version_does_not_replace_a_newer_one() {
        let cache = LocalCache::new(10_000);
        cache.put(&key(1), &entry(2, 1), now()).await;
        cache.put(&key(1), &entry(1, 1), now()).await;
        assert_eq!(cache.get(&key(1)).await.unwrap().document.version, 2);
    }

    #[tokio::test]
    async fn a_conversation_is_forgotten_with_all_its_agents_and_no_other() {
        let cache = LocalCache::new(10_000);
        let agent = ContextKey { scope: ContextScope::Agent("zeta".parse().unwrap()), ..key(2) };
        let foreign = ContextKey { tenant: "u".into(), ..key(2) };
        for key in [&key(1), &key(2), &agent, &key(3), &foreign] {
            cache.put(key, &entry(1, 1), now()).await;
        }
        assert!(cache.forget(&"t".into(), Uuid::from_u128(2), &[]).await);
        for (key, is_there) in [(key(1), true), (key(2), false), (agent, false), (key(3), true), (foreign, true)] {
            assert_eq!(cache.get(&key).await.is_some(), is_there, "{key:?}");
        }
    }

    #[tokio::test]
    async fn holds_no_more_than_its_bytes() {
        let cache = LocalCache::new(10_000);
        for number in 0..100 {
            cache.put(&key(number), &entry(1, 1_000), now()).await;
        }
        assert!(cache.get(&key(0)).await.is_none());
        assert!(cache.get(&key(99)).await.is_some());
    }
}
