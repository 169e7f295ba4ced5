//! Every store of the context, by a clock that the test holds.

use std::{any::Any, sync::Arc};

use protocol::{Timestamp, event::JsonObject};
use secrecy::SecretString;
use serde_json::Value;
use switchboard::{
    clock::{Clock, ManualClock},
    context::{
        ContextStore,
        cached::{Cache, CachedContext},
        local::LocalCache,
        memory::MemoryContext,
        redis::{RedisCache, RedisSettings},
    },
};

use crate::support::{required, sql};

pub(super) const BYTES_MAX: usize = 4_096;

/// A store, its clock, and whatever must live as long as it does.
pub(super) struct Timed {
    pub(super) store: Arc<dyn ContextStore>,
    pub(super) clock: ManualClock,
    _guard: Box<dyn Any>,
}

/// When each test begins.
pub(super) fn beginning() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn clock() -> (ManualClock, Arc<dyn Clock>) {
    let clock = ManualClock::at(beginning());
    (clock.clone(), Arc::new(clock))
}

fn cached(truth: impl ContextStore, cache: Arc<dyn Cache>, clock: Arc<dyn Clock>) -> Arc<dyn ContextStore> {
    Arc::new(CachedContext::new(truth, cache, 1_000).with_clock(clock))
}

fn redis() -> Arc<dyn Cache> {
    let url = SecretString::from(required("TEST_REDIS_URL"));
    Arc::new(RedisCache::new(&url, RedisSettings::default()).unwrap())
}

pub(super) async fn in_memory() -> Timed {
    let (clock, theirs) = clock();
    Timed { store: Arc::new(MemoryContext::new(BYTES_MAX).with_clock(theirs)), clock, _guard: Box::new(()) }
}

pub(super) async fn on_sqlite() -> Timed {
    let ((clock, theirs), (database, folder)) = (clock(), sql::sqlite().await);
    Timed { store: Arc::new(sql::context_at(database, BYTES_MAX, theirs)), clock, _guard: Box::new(folder) }
}

pub(super) async fn on_postgres() -> Timed {
    let ((clock, theirs), database) = (clock(), sql::postgres().await);
    Timed { store: Arc::new(sql::context_at(database, BYTES_MAX, theirs)), clock, _guard: Box::new(()) }
}

pub(super) async fn behind_a_local_cache() -> Timed {
    let ((clock, theirs), (database, folder)) = (clock(), sql::sqlite().await);
    let truth = sql::context_at(database, BYTES_MAX, Arc::clone(&theirs));
    Timed { store: cached(truth, Arc::new(LocalCache::new(100_000)), theirs), clock, _guard: Box::new(folder) }
}

pub(super) async fn behind_redis_on_sqlite() -> Timed {
    let ((clock, theirs), (database, folder)) = (clock(), sql::sqlite().await);
    let truth = sql::context_at(database, BYTES_MAX, Arc::clone(&theirs));
    Timed { store: cached(truth, redis(), theirs), clock, _guard: Box::new(folder) }
}

pub(super) async fn behind_redis_on_postgres() -> Timed {
    let ((clock, theirs), database) = (clock(), sql::postgres().await);
    let truth = sql::context_at(database, BYTES_MAX, Arc::clone(&theirs));
    Timed { store: cached(truth, redis(), theirs), clock, _guard: Box::new(()) }
}

/// Makes each promise a test of every store.
macro_rules! on_every_store {
    ($($promise:ident),* $(,)?) => {
        $crate::context::timed::on_every_store!(@each
            [in_memory, on_sqlite, on_postgres, behind_a_local_cache, behind_redis_on_sqlite, behind_redis_on_postgres]
            ($($promise),*));
    };
    (@each [$($store:ident),*] $promises:tt) => {
        $($crate::context::timed::on_every_store!(@one $store $promises);)*
    };
    (@one $store:ident ($($promise:ident),*)) => {
        mod $store {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise($crate::context::timed::$store().await).await;
            })*
        }
    };
}
pub(super) use on_every_store;

pub(super) fn object(value: Value) -> JsonObject {
    let Value::Object(object) = value else { panic!("{value} is no object") };
    object
}
