//! Every context store as production builds it: a truth in memory, on SQLite or on PostgreSQL, alone, behind a cache of
//! this process, or behind Redis.

use std::sync::Arc;

use protocol::{ConversationId, Timestamp, event::JsonObject};
use sea_orm::{ConnectionTrait, Statement};
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

use crate::support::backing::{OwnPostgres, OwnRedisDatabase};

pub(super) const BYTES_MAX: usize = 4_096;

/// When every test begins.
pub(super) fn now() -> Timestamp {
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
        let clock = ManualClock::at(now());
        let mut subject = Self {
            store: Arc::new(MemoryContext::new(BYTES_MAX)),
            clock,
            log,
            before,
            redis,
            _folder: folder,
            _postgres: postgres,
        };
        subject.store = subject.another();
        subject
    }

    /// As a process that starts now has it: nothing is known, but what Redis has is there. Where the truth is in memory,
    /// it is another one.
    pub(super) fn another(&self) -> Arc<dyn ContextStore> {
        match &self.log {
            None => self.behind(MemoryContext::new(BYTES_MAX)),
            Some(log) => self.behind(SqlContext::new(log.connections(), Arc::new(self.clock.clone()), BYTES_MAX)),
        }
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
        Arc::new(CachedContext::new(truth, cache, 1_000))
    }

    /// A conversation of the log, where there is one.
    pub(super) async fn conversation(&self) -> Conversation {
        let id = Uuid::now_v7();
        let Some(log) = &self.log else { return Conversation { id, fence: Fence(0) } };
        let key = ConversationKey { owner: Owner::local(), id: ConversationId(Uuid::new_v4()) };
        let create = NewConversation { id: InternalId(id), epoch: "e".parse().unwrap(), metadata: JsonObject::new() };
        match log.commit(&[Write::Open { key, create: Some(create), now: now() }]).await.unwrap().pop() {
            Some(Written::Opened(opened)) => Conversation { id: opened.id.0, fence: opened.fence },
            other => panic!("{other:?}"),
        }
    }

    /// Erases a conversation with its rows, where there are any.
    pub(super) async fn erase(&self, conversation: &Conversation) {
        let Some(log) = &self.log else { return };
        let erase = Write::Erase { conversation: InternalId(conversation.id), fence: conversation.fence, now: now() };
        assert_eq!(log.commit(&[erase]).await, Ok(vec![Written::Erased]));
    }

    /// Lets the one document that is stored expire at `end`. Memory knows no ends.
    pub(super) async fn expire(&self, end: Timestamp) {
        let writer = self.log.as_ref().expect("a truth in a table").connections().writer();
        let sql = match writer.get_database_backend() {
            sea_orm::DbBackend::Postgres => "UPDATE agent_conversation_data SET expires_at = $1",
            _ => "UPDATE agent_conversation_data SET expires_at = ?",
        };
        let update = Statement::from_sql_and_values(writer.get_database_backend(), sql, [end.to_datetime().into()]);
        assert_eq!(writer.execute_raw(update).await.unwrap().rows_affected(), 1);
    }

    /// How many documents Redis has, where it is asked at all.
    pub(super) fn in_redis(&self) -> Option<usize> {
        let redis = redis::Client::open(self.redis.as_ref()?.url()).unwrap();
        Some(redis::cmd("DBSIZE").query(&mut redis.get_connection().unwrap()).unwrap())
    }
}
