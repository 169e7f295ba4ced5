//! Every context store as production builds it: a truth in memory, on SQLite or on PostgreSQL, alone, behind a cache of
//! this process, or behind Redis.

use std::sync::Arc;

use protocol::{ConversationId, Timestamp, event::JsonObject};
use serde_json::Value;
use switchboard::{
    clock::ManualClock,
    context::{
        ContextStore,
        cached::{Cache, CachedContext},
        local::LocalCache,
        memory::MemoryContext,
        redis::{RedisCache, RedisSettings},
        sql::SqlContext,
    },
    store::{
        ConversationKey, Fence, InternalId, NewConversation, Owner, Store, Write, Written,
        sql::{SqlOptions, SqlStore},
    },
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::{
    backing::{OwnPostgres, OwnRedisDatabase},
    sql,
};

pub(super) const BYTES_MAX: usize = 4_096;

/// When every test begins.
pub(super) fn beginning() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

/// Where the truth is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Memory,
    Sqlite,
    Postgres,
}

/// What stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    Local,
    Redis,
}

/// A store, with whatever must live as long as it does.
pub(super) struct Subject {
    pub(super) store: Arc<dyn ContextStore>,
    pub(super) clock: ManualClock,
    log: Option<SqlStore>,
    before: Before,
    redis: Option<OwnRedisDatabase>,
    _folder: Option<TempDir>,
    _postgres: Option<OwnPostgres>,
}

/// A conversation that its writer can erase.
pub(super) struct Conversation {
    pub(super) id: Uuid,
    fence: Fence,
}

impl Subject {
    pub(super) async fn new(truth: Truth, before: Before) -> Self {
        let folder = (truth == Truth::Sqlite).then(|| TempDir::new().unwrap());
        let postgres = (truth == Truth::Postgres).then(OwnPostgres::create);
        let file = folder.as_ref().map(|folder| format!("sqlite://{}/test.db", folder.path().display()));
        let log = match file.or_else(|| postgres.as_ref().map(|database| database.url().to_owned())) {
            Some(url) => Some(SqlStore::connect(SqlOptions::new(url.into())).await.unwrap()),
            None => None,
        };
        let redis = (before == Before::Redis).then(OwnRedisDatabase::create);
        let clock = ManualClock::at(beginning());
        let mut subject = Self {
            store: Arc::new(MemoryContext::new(BYTES_MAX)),
            clock,
            log,
            before,
            redis,
            _folder: folder,
            _postgres: postgres,
        };
        subject.store = subject.build();
        subject
    }

    fn build(&self) -> Arc<dyn ContextStore> {
        if self.log.is_some() { self.behind(self.table()) } else { self.behind(self.in_memory()) }
    }

    fn in_memory(&self) -> MemoryContext {
        MemoryContext::new(BYTES_MAX).with_clock(Arc::new(self.clock.clone()))
    }

    /// The truth alone, where it is a table.
    pub(super) fn table(&self) -> sql::Furnished {
        let connections = self.log.as_ref().expect("a truth in a table").connections();
        let database = connections.writer();
        sql::Furnished { truth: SqlContext::new(connections, Arc::new(self.clock.clone()), BYTES_MAX), database }
    }

    fn behind(&self, truth: impl ContextStore) -> Arc<dyn ContextStore> {
        let cache: Arc<dyn Cache> = match self.before {
            Before::Nothing => return Arc::new(truth),
            Before::Local => Arc::new(LocalCache::new(100_000)),
            Before::Redis => {
                let url = self.redis.as_ref().unwrap().url();
                Arc::new(RedisCache::new(&url.into(), RedisSettings::default()).unwrap())
            }
        };
        Arc::new(CachedContext::new(truth, cache, 1_000).with_clock(Arc::new(self.clock.clone())))
    }

    /// A conversation of the log, where there is one.
    pub(super) async fn conversation(&self) -> Conversation {
        let id = Uuid::now_v7();
        let Some(log) = &self.log else { return Conversation { id, fence: Fence(0) } };
        let key = ConversationKey { owner: Owner::local(), id: ConversationId(Uuid::new_v4()) };
        let create = NewConversation { id: InternalId(id), epoch: "e".parse().unwrap(), metadata: JsonObject::new() };
        match log.commit(&[Write::Open { key, create: Some(create), now: beginning() }]).await.unwrap().pop() {
            Some(Written::Opened(opened)) => Conversation { id: opened.id.0, fence: opened.fence },
            other => panic!("{other:?}"),
        }
    }

    /// Erases a conversation with its rows, where there are any.
    pub(super) async fn erase(&self, conversation: &Conversation) {
        let Some(log) = &self.log else { return };
        let erase =
            Write::Erase { conversation: InternalId(conversation.id), fence: conversation.fence, now: beginning() };
        assert_eq!(log.commit(&[erase]).await, Ok(vec![Written::Erased]));
    }

    /// How many keys Redis has, where it is asked at all.
    pub(super) fn in_redis(&self) -> Option<usize> {
        let redis = redis::Client::open(self.redis.as_ref()?.url()).unwrap();
        Some(redis::cmd("DBSIZE").query(&mut redis.get_connection().unwrap()).unwrap())
    }
}

/// Makes each promise a test of every store.
macro_rules! on_every_store {
    ($($promise:ident),* $(,)?) => {
        $crate::context::subjects::on_every_store!(@each [
            in_memory: Memory Nothing,
            in_memory_behind_a_local_cache: Memory Local,
            in_memory_behind_redis: Memory Redis,
            on_sqlite: Sqlite Nothing,
            on_sqlite_behind_a_local_cache: Sqlite Local,
            on_sqlite_behind_redis: Sqlite Redis,
            on_postgres: Postgres Nothing,
            on_postgres_behind_a_local_cache: Postgres Local,
            on_postgres_behind_redis: Postgres Redis,
        ] ($($promise),*));
    };
    (@each [$($store:ident: $truth:ident $before:ident,)*] $promises:tt) => {
        $($crate::context::subjects::on_every_store!(@one $store $truth $before $promises);)*
    };
    (@one $store:ident $truth:ident $before:ident ($($promise:ident),*)) => {
        mod $store {
            use $crate::context::subjects::{Before, Subject, Truth};

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                super::$promise(Subject::new(Truth::$truth, Before::$before).await).await;
            })*
        }
    };
}
pub(super) use on_every_store;

pub(super) fn object(value: Value) -> JsonObject {
    let Value::Object(object) = value else { panic!("{value} is no object") };
    object
}
