//! A cache in front of the truth.
//!
//! The cache is believed only where that cannot show an agent less than this process knows already: for each document it
//! remembers the newest version that it saw in the truth (the floor). A document that it never saw, or whose last write
//! had no clear answer, is read from the truth; a cached one below the floor counts as absent. So a cache that lost
//! writes, was restored from a replica or was out of reach for a while costs a read and nothing else. Writes go to the
//! truth first, which alone decides about versions.
//!
//! An entry carries its end, and one whose end has come counts as absent, by the clock that the truth goes by.
//!
//! What remains: where another process wrote a document, and the cache missed that write, this process may read the
//! document as it was before, until the cache's own time to live is over. A write on that ground is a conflict, never a
//! lost update. One conversation has one owner at a time, so this takes a lost write and two changes of owner.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use protocol::{Timestamp, event::JsonObject};
use uuid::Uuid;

use super::{ContextError, ContextKey, ContextStore, Entry, Versioned, lru::Lru, without_nul};
use crate::clock::{Clock, SystemClock};

/// Remembers documents for a while. It has no errors: what it cannot answer, it does not have.
#[async_trait]
pub trait Cache: Send + Sync + std::fmt::Debug + 'static {
    /// The entry as it was put, if it is still there, also where its end has come.
    async fn get(&self, key: &ContextKey) -> Option<Entry>;

    /// Remembers an entry, at most until its end, unless a newer version of it is there.
    async fn put(&self, key: &ContextKey, entry: &Entry, now: Timestamp);

    /// Remembers an entry, at most until its end, in place of whatever is there.
    async fn replace(&self, key: &ContextKey, entry: &Entry, now: Timestamp);

    /// Forgets a document.
    async fn remove(&self, key: &ContextKey);

    /// Forgets every document of a conversation, whoever put it there; `known` are those that the caller has seen. False
    /// where something may be left.
    async fn forget(&self, tenant: &Arc<str>, conversation: Uuid, known: &[ContextKey]) -> bool;

    /// How many calls failed so far; none where no call can.
    fn failures(&self) -> Option<u64> {
        None
    }
}

/// A store whose reads are answered by a cache where that is safe.
#[derive(Debug)]
pub struct CachedContext<T> {
    truth: T,
    cache: Arc<dyn Cache>,
    /// The newest version of each document that this process saw in the truth.
    floors: Mutex<Lru<ContextKey, u64>>,
    clock: Arc<dyn Clock>,
}

impl<T: ContextStore> CachedContext<T> {
    /// Puts `cache` before `truth`, for at most `documents_max` documents at a time (about 150 bytes each, beside what
    /// the cache itself holds).
    pub fn new(truth: T, cache: Arc<dyn Cache>, documents_max: usize) -> Self {
        Self { truth, cache, floors: Mutex::new(Lru::new(documents_max)), clock: Arc::new(SystemClock) }
    }

    /// With another clock than the machine's: that of the truth.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    fn floors(&self) -> MutexGuard<'_, Lru<ContextKey, u64>> {
        // A panic inside cannot leave a wrong floor; at worst one is missing, which costs a read of the truth.
        self.floors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn floor(&self, key: &ContextKey) -> Option<u64> {
        self.floors().get(key).copied()
    }

    fn raise_floor(&self, key: &ContextKey, version: u64) {
        let mut floors = self.floors();
        let floor = floors.get(key).copied().unwrap_or(0).max(version);
        floors.insert(key.clone(), floor, 1);
    }

    async fn cached(&self, key: &ContextKey) -> Option<Entry> {
        let floor = self.floor(key)?;
        let entry = self.cache.get(key).await.filter(|entry| entry.document.version >= floor)?;
        self.raise_floor(key, entry.document.version);
        (!entry.is_over(self.clock.now())).then_some(entry)
    }

    /// Takes over what the truth says. Where this process did not know the document, the cache may be *ahead* of the
    /// truth: a database that was restored from a backup goes back. Then the truth replaces it.
    async fn learn(&self, key: &ContextKey, entry: Entry) {
        let now = self.clock.now();
        let entry = entry.at(now);
        let known = self.floor(key).is_some();
        self.raise_floor(key, entry.document.version);
        if known { self.cache.put(key, &entry, now).await } else { self.cache.replace(key, &entry, now).await }
    }
}

#[async_trait]
impl<T: ContextStore> ContextStore for CachedContext<T> {
    async fn read(&self, key: &ContextKey) -> Result<Entry, ContextError> {
        if let Some(entry) = self.cached(key).await {
            return Ok(entry);
        }
        let entry = self.truth.read(key).await?;
        self.learn(key, entry.clone()).await;
        Ok(entry)
    }

    async fn write(
        &self,
        key: &ContextKey,
        expected: u64,
        value: JsonObject,
        expires_at: Option<Timestamp>,
    ) -> Result<u64, ContextError> {
        let value = without_nul(value);
        match self.truth.write(key, expected, value.clone(), expires_at).await {
            Ok(version) => {
                self.learn(key, Entry { document: Versioned { version, value }, expires_at }).await;
                Ok(version)
            }
            Err(ContextError::Conflict(current)) => {
                // What the caller read was wrong, and it may have come from the cache. The answer does not say when the
                // current one ends, so the next read asks the truth.
                self.raise_floor(key, current.version);
                self.cache.remove(key).await;
                Err(ContextError::Conflict(current))
            }
            Err(error @ ContextError::TooLarge { .. }) => Err(error),
            Err(ContextError::Gone) => {
                self.floors().remove(key);
                self.cache.remove(key).await;
                Err(ContextError::Gone)
            }
            Err(error @ ContextError::Unavailable(_)) => {
                // It may be written all the same: only the truth knows.
                self.floors().remove(key);
                Err(error)
            }
        }
    }

    async fn forget(&self, tenant: &Arc<str>, conversation: Uuid) -> Result<(), ContextError> {
        let first = ContextKey::first_of(tenant, conversation);
        let known = self.floors().remove_run(&first, |key| key.is_of(tenant, conversation));
        let is_gone = self.cache.forget(tenant, conversation, &known).await;
        self.truth.forget(tenant, conversation).await?;
        if is_gone { Ok(()) } else { Err(ContextError::Unavailable("the cache does not answer".to_owned())) }
    }

    fn cache_failures(&self) -> Option<u64> {
        self.cache.failures()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::context::{ContextScope, local::LocalCache, memory::MemoryContext};

    /// A truth that counts reads, and that loses its answers to writes when told to.
    #[derive(Debug, Clone)]
    struct Watched(Arc<(MemoryContext, AtomicUsize, AtomicBool)>);

    #[async_trait]
    impl ContextStore for Watched {
        async fn read(&self, key: &ContextKey) -> Result<Entry, ContextError> {
            self.0.1.fetch_add(1, Ordering::SeqCst);
            self.0.0.read(key).await
        }

        async fn write(
            &self,
            key: &ContextKey,
            at: u64,
            value: JsonObject,
            end: Option<Timestamp>,
        ) -> Result<u64, ContextError> {
            let written = self.0.0.write(key, at, value, end).await;
            if self.0.2.load(Ordering::SeqCst) { Err(ContextError::Unavailable("lost".to_owned())) } else { written }
        }

        async fn forget(&self, tenant: &Arc<str>, conversation: Uuid) -> Result<(), ContextError> {
            self.0.0.forget(tenant, conversation).await
        }
    }

    /// A cache that answers what the test put there, whatever it is told.
    #[derive(Debug, Default)]
    struct Stubborn(Mutex<Option<Versioned>>);

    #[async_trait]
    impl Cache for Stubborn {
        async fn get(&self, _: &ContextKey) -> Option<Entry> {
            self.0.lock().unwrap().clone().map(Entry::from)
        }

        async fn put(&self, _: &ContextKey, _: &Entry, _: Timestamp) {}

        async fn replace(&self, _: &ContextKey, _: &Entry, _: Timestamp) {}

        async fn remove(&self, _: &ContextKey) {}

        async fn forget(&self, _: &Arc<str>, _: Uuid, _: &[ContextKey]) -> bool {
            false
        }
    }

    fn truth() -> Watched {
        Watched(Arc::new((MemoryContext::new(1024), AtomicUsize::new(0), AtomicBool::new(false))))
    }

    fn key() -> ContextKey {
        ContextKey { tenant: "t".into(), conversation: Uuid::from_u128(7), scope: ContextScope::Shared }
    }

    fn document(version: u64) -> Versioned {
        Versioned { version, value: value(version) }
    }

    fn value(number: u64) -> JsonObject {
        let mut value = JsonObject::new();
        value.insert("n".to_owned(), json!(number));
        value
    }

    #[tokio::test]
    async fn reads_the_truth_once() {
        let truth = truth();
        let context = CachedContext::new(truth.clone(), Arc::new(LocalCache::new(4096)), 16);
        for _ in 0..3 {
            assert_eq!(context.get(&key()).await, Ok(Versioned::default()));
        }
        assert_eq!(context.compare_and_set(&key(), 0, value(1)).await, Ok(1));
        assert_eq!(context.get(&key()).await, Ok(document(1)));
        assert_eq!(truth.0.1.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_cache_that_missed_a_write_is_not_believed() {
        let cache = Arc::new(Stubborn::default());
        let context = CachedContext::new(truth(), Arc::clone(&cache) as Arc<dyn Cache>, 16);
        context.compare_and_set(&key(), 0, value(1)).await.unwrap();
        context.compare_and_set(&key(), 1, value(2)).await.unwrap();
        *cache.0.lock().unwrap() = Some(document(1));
        assert_eq!(context.get(&key()).await, Ok(document(2)));
    }

    #[tokio::test]
    async fn a_document_that_this_process_never_saw_comes_from_the_truth() {
        let truth = truth();
        truth.compare_and_set(&key(), 0, value(1)).await.unwrap();
        let cache = Arc::new(Stubborn(Mutex::new(Some(Versioned { version: 1, value: value(99) }))));
        let context = CachedContext::new(truth, cache, 16);
        assert_eq!(context.get(&key()).await, Ok(document(1)));
    }

    #[tokio::test]
    async fn a_stale_read_ends_in_a_conflict_that_refreshes() {
        let truth = truth();
        let context = CachedContext::new(truth.clone(), Arc::new(LocalCache::new(4096)), 16);
        context.compare_and_set(&key(), 0, value(1)).await.unwrap();
        // Another process writes, and this one does not hear of it.
        truth.compare_and_set(&key(), 1, value(2)).await.unwrap();
        assert_eq!(context.get(&key()).await, Ok(document(1)));
        assert_eq!(context.compare_and_set(&key(), 1, value(9)).await, Err(ContextError::Conflict(document(2))));
        assert_eq!(context.get(&key()).await, Ok(document(2)));
    }

    #[tokio::test]
    async fn a_cache_that_is_ahead_of_a_restored_truth_is_put_right() {
        let cache = Arc::new(LocalCache::new(4096));
        cache.put(&key(), &document(9).into(), Timestamp::from_millis(0)).await;
        let truth = truth();
        truth.compare_and_set(&key(), 0, value(1)).await.unwrap();
        let context = CachedContext::new(truth, cache, 16);
        for _ in 0..2 {
            assert_eq!(context.get(&key()).await, Ok(document(1)));
        }
    }

    #[tokio::test]
    async fn after_a_write_without_an_answer_the_truth_is_asked() {
        let truth = truth();
        let context = CachedContext::new(truth.clone(), Arc::new(LocalCache::new(4096)), 16);
        context.compare_and_set(&key(), 0, value(1)).await.unwrap();
        truth.0.2.store(true, Ordering::SeqCst);
        context.compare_and_set(&key(), 1, value(2)).await.unwrap_err();
        assert_eq!(context.get(&key()).await, Ok(document(2)));
    }

    #[tokio::test]
    async fn after_an_erasure_nothing_comes_into_the_cache_any_more() {
        let cache = Arc::new(LocalCache::new(4096));
        let context = CachedContext::new(truth(), Arc::clone(&cache) as Arc<dyn Cache>, 16);
        context.compare_and_set(&key(), 0, value(1)).await.unwrap();
        assert_eq!(context.forget(&key().tenant, key().conversation).await, Ok(()));
        for version in [0, 1] {
            context.compare_and_set(&key(), version, value(9)).await.unwrap_err();
            assert_eq!(cache.get(&key()).await, None, "a run that read version {version} came late");
        }
    }

    #[tokio::test]
    async fn a_cache_that_cannot_be_told_of_an_erasure_is_an_error() {
        let context = CachedContext::new(truth(), Arc::new(Stubborn::default()), 16);
        let left = context.forget(&key().tenant, key().conversation).await;
        assert!(matches!(left, Err(ContextError::Unavailable(_))), "{left:?}");
    }
}
