//! A cache in this process, bounded by bytes. Right where one process owns all conversations (`context.url: memory:`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use super::{ContextKey, Versioned, cached::Cache, lru::Lru};

/// What an entry costs beside its document.
const OVERHEAD_BYTES: usize = 256;

/// Remembers documents until their total is over a bound; then the least recently used go.
#[derive(Debug)]
pub struct LocalCache(Mutex<Lru<ContextKey, Versioned>>);

impl LocalCache {
    /// Holds at most `bytes_max` bytes, by the length of the documents as JSON.
    pub fn new(bytes_max: usize) -> Self {
        Self(Mutex::new(Lru::new(bytes_max)))
    }

    fn lock(&self) -> MutexGuard<'_, Lru<ContextKey, Versioned>> {
        // A panic inside could at worst lose entries, which a cache may.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Cache for LocalCache {
    async fn get(&self, key: &ContextKey) -> Option<Versioned> {
        self.lock().get(key).cloned()
    }

    async fn put(&self, key: &ContextKey, document: &Versioned) {
        let mut documents = self.lock();
        if documents.get(key).is_none_or(|present| present.version <= document.version) {
            insert(&mut documents, key, document);
        }
    }

    async fn replace(&self, key: &ContextKey, document: &Versioned) {
        insert(&mut self.lock(), key, document);
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

fn insert(documents: &mut Lru<ContextKey, Versioned>, key: &ContextKey, document: &Versioned) {
    if let Ok(json) = serde_json::to_string(&document.value) {
        documents.insert(key.clone(), document.clone(), json.len() + OVERHEAD_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::context::ContextScope;

    fn key(number: u128) -> ContextKey {
        ContextKey { tenant: "t".into(), conversation: Uuid::from_u128(number), scope: ContextScope::Shared }
    }

    fn document(version: u64, length: usize) -> Versioned {
        let mut value = protocol::event::JsonObject::new();
        value.insert("text".to_owned(), json!("x".repeat(length)));
        Versioned { version, value }
    }

    #[tokio::test]
    async fn an_older_version_does_not_replace_a_newer_one() {
        let cache = LocalCache::new(10_000);
        cache.put(&key(1), &document(2, 1)).await;
        cache.put(&key(1), &document(1, 1)).await;
        assert_eq!(cache.get(&key(1)).await.unwrap().version, 2);
    }

    #[tokio::test]
    async fn a_conversation_is_forgotten_with_all_its_agents_and_no_other() {
        let cache = LocalCache::new(10_000);
        let agent = ContextKey { scope: ContextScope::Agent("zeta".parse().unwrap()), ..key(2) };
        let foreign = ContextKey { tenant: "u".into(), ..key(2) };
        for key in [&key(1), &key(2), &agent, &key(3), &foreign] {
            cache.put(key, &document(1, 1)).await;
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
            cache.put(&key(number), &document(1, 1_000)).await;
        }
        assert!(cache.get(&key(0)).await.is_none());
        assert!(cache.get(&key(99)).await.is_some());
    }
}
