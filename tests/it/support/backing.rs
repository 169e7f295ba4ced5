//! What the servers of tests stand on: `TEST_STORE` and `TEST_CONTEXT` choose, so that one suite runs over every
//! combination. Each server has a database, and a database of Redis, of its own; both go when it goes.

use std::sync::Arc;

use redis::Commands;
use switchboard::{
    clock::Clock,
    context::{
        ContextStore,
        cached::{Cache, CachedContext},
        local::LocalCache,
        memory::MemoryContext,
        redis::{RedisCache, RedisSettings},
        sql::SqlContext,
    },
    store::{
        Store,
        memory::MemoryStore,
        sql::{SqlOptions, SqlStore},
    },
};
use tempfile::TempDir;

use super::{
    required,
    sql::{drop_postgres, empty_postgres},
};

/// The same as the server's own default.
const ENTRY_BYTES_MAX: usize = 256 * 1024;
/// On PostgreSQL: two that commit, and two for everything else.
const CONNECTIONS_MAX: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// In the test's process alone: a server of its own takes SQLite instead.
    Memory,
    Sqlite,
    Postgres,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContextKind {
    Memory,
    Redis,
}

/// What `TEST_STORE` says; memory where it says nothing.
pub(crate) fn store_kind() -> StoreKind {
    match std::env::var("TEST_STORE").as_deref() {
        Err(_) | Ok("memory") => StoreKind::Memory,
        Ok("sqlite") => StoreKind::Sqlite,
        Ok("postgres") => StoreKind::Postgres,
        Ok(other) => panic!("TEST_STORE is `{other}`; it must be memory, sqlite or postgres"),
    }
}

/// What `TEST_CONTEXT` says; memory where it says nothing.
pub(crate) fn context_kind() -> ContextKind {
    match std::env::var("TEST_CONTEXT").as_deref() {
        Err(_) | Ok("memory") => ContextKind::Memory,
        Ok("redis") => ContextKind::Redis,
        Ok(other) => panic!("TEST_CONTEXT is `{other}`; it must be memory or redis"),
    }
}

/// An empty PostgreSQL database that no other test sees, until this is dropped.
#[derive(Debug)]
pub(crate) struct OwnPostgres(String);

impl OwnPostgres {
    pub(crate) fn create() -> Self {
        Self(apart(empty_postgres))
    }

    pub(crate) fn url(&self) -> &str {
        &self.0
    }

    /// Its name on the server.
    pub(crate) fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap()
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        apart(|| drop_postgres(&self.0));
    }
}

/// A numbered database of the shared Redis, empty before and after.
#[derive(Debug)]
pub(crate) struct OwnRedisDatabase(String);

impl OwnRedisDatabase {
    pub(crate) fn create() -> Self {
        let server = required("TEST_REDIS_URL");
        let mut connection = redis::Client::open(server.as_str()).unwrap().get_connection().unwrap();
        let (_, databases): (String, u64) =
            redis::cmd("CONFIG").arg(&["GET", "databases"]).query(&mut connection).unwrap();
        // The server counts, so that processes which share it do not meet. Database 0 has the counter.
        let taken: u64 = connection.incr("switchboard-tests:databases", 1).unwrap();
        let own = Self(format!("{}/{}", server.trim_end_matches('/'), 1 + taken % (databases - 1)));
        own.flush().unwrap();
        own
    }

    pub(crate) fn url(&self) -> &str {
        &self.0
    }

    fn flush(&self) -> redis::RedisResult<()> {
        redis::cmd("FLUSHDB").exec(&mut redis::Client::open(self.url())?.get_connection()?)
    }
}

impl Drop for OwnRedisDatabase {
    fn drop(&mut self) {
        // Nobody else reads it, and whoever gets it next empties it first.
        self.flush().ok();
    }
}

/// Runs something to its end on a thread of its own: inside a runtime nobody may block on another one.
fn apart<T: Send, F: Future<Output = T>>(work: impl FnOnce() -> F + Send) -> T {
    let run = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work());
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// What a server inside the test's process stands on. Dropped after the server, it takes everything with it.
#[derive(Debug)]
pub(crate) struct Backing {
    folder: Option<TempDir>,
    postgres: Option<OwnPostgres>,
    redis: Option<OwnRedisDatabase>,
}

/// The two ports, open.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) context: Arc<dyn ContextStore>,
    sql: Option<SqlStore>,
}

impl Backing {
    pub(crate) fn of_environment() -> Self {
        Self::of(store_kind(), (context_kind() == ContextKind::Redis).then(OwnRedisDatabase::create))
    }

    pub(crate) fn of(store: StoreKind, redis: Option<OwnRedisDatabase>) -> Self {
        let folder = (store == StoreKind::Sqlite).then(|| TempDir::new().unwrap());
        let postgres = (store == StoreKind::Postgres).then(OwnPostgres::create);
        Self { folder, postgres, redis }
    }

    /// How many may write at once: half of the connections, as the server has it, and one on SQLite.
    pub(crate) fn store_shards(&self) -> usize {
        if self.postgres.is_some() { CONNECTIONS_MAX as usize / 2 } else { 1 }
    }

    fn database(&self) -> Option<String> {
        let file = self.folder.as_ref().map(|folder| format!("sqlite://{}/test.db", folder.path().display()));
        file.or_else(|| self.postgres.as_ref().map(|database| database.url().to_owned()))
    }

    /// Opens both as the server does: the context writes through the connections of the log, and a cache stands before
    /// it. Must be called inside the runtime that is to use them.
    pub(crate) async fn open(&self, clock: Arc<dyn Clock>) -> Opened {
        let cache: Arc<dyn Cache> = match &self.redis {
            Some(redis) => Arc::new(RedisCache::new(&redis.url().into(), RedisSettings::default()).unwrap()),
            None => Arc::new(LocalCache::new(16 << 20)),
        };
        let Some(url) = self.database() else {
            let truth = MemoryContext::new(ENTRY_BYTES_MAX);
            let context: Arc<dyn ContextStore> = match &self.redis {
                Some(_) => Arc::new(CachedContext::new(truth, cache, 10_000)),
                None => Arc::new(truth),
            };
            return Opened { store: Arc::new(MemoryStore::default()), context, sql: None };
        };
        let options = SqlOptions { connections_max: CONNECTIONS_MAX, ..SqlOptions::new(url.into()) };
        let store = SqlStore::connect(options).await.unwrap();
        let truth = SqlContext::new(store.connections(), clock, ENTRY_BYTES_MAX);
        let context = Arc::new(CachedContext::new(truth, cache, 10_000));
        Opened { store: Arc::new(store.clone()), context, sql: Some(store) }
    }
}

impl Opened {
    /// Closes the connections, after what they are doing.
    pub(crate) async fn close(self) {
        if let Some(store) = self.sql {
            store.close().await;
        }
    }
}
