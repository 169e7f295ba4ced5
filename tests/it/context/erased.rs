//! What agents keep of a conversation is gone with it, for good: from the table and from every cache.

use std::{sync::Arc, time::Duration};

use entity::agent_conversation_data as row;
use faultproxy::Proxy;
use protocol::{AgentId, ConversationId, Timestamp, event::JsonObject};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use secrecy::SecretString;
use serde_json::json;
use switchboard::{
    clock::SystemClock,
    context::{
        ContextError, ContextKey, ContextScope, ContextStore, Versioned,
        cached::{Cache, CachedContext},
        redis::{RedisCache, RedisSettings},
        sql::SqlContext,
    },
    store::{
        ConversationKey, InternalId, NewConversation, Owner, Store, Write, Written,
        sql::{SqlOptions, SqlStore},
    },
};
use uuid::Uuid;

use super::subjects::{Before, Subject, Truth};
use crate::support::{
    client::new_id,
    redis::OwnRedis,
    server::{CONCIERGE, Starting},
    sql,
};

const FACTS: &str = "cost 500, commission 15%, logistics 60, tax 6%";

/// A log and a context on one database.
struct Bench {
    store: SqlStore,
    context: Arc<SqlContext>,
}

impl Bench {
    async fn at(url: String) -> Self {
        let store = SqlStore::connect(SqlOptions { connections_max: 4, ..SqlOptions::new(url.into()) }).await.unwrap();
        let context = Arc::new(SqlContext::new(store.connections(), Arc::new(SystemClock), 10_000));
        Self { store, context }
    }

    /// A conversation, with the write that erases it.
    async fn conversation(&self) -> (Uuid, Write) {
        let now = Timestamp::from_millis(1_795_437_919_000);
        let key = ConversationKey { owner: Owner::local(), id: ConversationId(Uuid::now_v7()) };
        let id = InternalId(Uuid::now_v7());
        let create = Some(NewConversation { id, epoch: "e".parse().unwrap(), metadata: JsonObject::new() });
        let opened = self.store.commit(&[Write::Open { key, create, now }]).await.unwrap().pop();
        let Some(Written::Opened(opened)) = opened else { panic!("{opened:?}") };
        (id.0, Write::Erase { conversation: id, fence: opened.fence, now })
    }

    async fn erase(&self, erase: Write) {
        assert_eq!(self.store.commit(&[erase]).await, Ok(vec![Written::Erased]));
    }

    async fn documents(&self, conversation: Uuid) -> u64 {
        let of_it = row::Entity::find().filter(row::Column::ConversationId.eq(conversation));
        of_it.count(&self.store.connections().writer()).await.unwrap()
    }
}

fn key(conversation: Uuid, agent: &str) -> ContextKey {
    let agent: AgentId = agent.parse().unwrap();
    ContextKey { tenant: "default".into(), conversation, scope: ContextScope::Agent(agent) }
}

fn value() -> JsonObject {
    JsonObject::from_iter([("cost".to_owned(), json!(500))])
}

async fn check_late_writes(bench: &Bench) {
    let (conversation, erase) = bench.conversation().await;
    let key = key(conversation, "pricing_agent");
    assert_eq!(bench.context.compare_and_set(&key, 0, value()).await, Ok(1));
    bench.erase(erase).await;
    let empty = Versioned::default();
    assert_eq!(bench.context.compare_and_set(&key, 1, value()).await, Err(ContextError::Conflict(empty.clone())));
    assert_eq!(bench.context.compare_and_set(&key, 0, value()).await, Err(ContextError::Gone));
    assert_eq!(bench.context.get(&key).await, Ok(empty));
    assert_eq!(bench.documents(conversation).await, 0);
    let foreign = ContextKey { tenant: "other".into(), conversation: bench.conversation().await.0, ..key };
    assert_eq!(bench.context.compare_and_set(&foreign, 0, value()).await, Err(ContextError::Gone));
    let nowhere = ContextKey { tenant: "default".into(), conversation: Uuid::now_v7(), ..foreign };
    assert_eq!(bench.context.compare_and_set(&nowhere, 0, value()).await, Err(ContextError::Gone));
}

/// Eight agents write for the first time while their conversation is erased, again and again.
async fn check_writes_at_the_same_time(bench: &Bench) {
    let mut refused = 0;
    for round in 0..40_u64 {
        let (conversation, erase) = bench.conversation().await;
        let writes: Vec<_> = (0..8_u64)
            .map(|number| {
                let (context, key) = (Arc::clone(&bench.context), key(conversation, &format!("agent_{number}")));
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_micros(number * 300)).await;
                    context.compare_and_set(&key, 0, value()).await
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_micros(round * 100)).await;
        bench.erase(erase).await;
        for write in writes {
            match write.await.unwrap() {
                Ok(1) => {}
                Err(ContextError::Gone) => refused += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(bench.documents(conversation).await, 0, "round {round}");
    }
    assert!((1..320).contains(&refused), "{refused} of 320 writes came after the erasure: they never met it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_writes_after_the_erasure_stores_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::at(format!("sqlite://{}", folder.path().join("test.sqlite").display())).await;
    check_late_writes(&bench).await;
    check_writes_at_the_same_time(&bench).await;
    bench.store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_writes_after_the_erasure_stores_nothing_on_postgres() {
    let bench = Bench::at(sql::empty_postgres().await).await;
    check_late_writes(&bench).await;
    check_writes_at_the_same_time(&bench).await;
    bench.store.close().await;
}

fn cache(url: String) -> Arc<RedisCache> {
    Arc::new(RedisCache::new(&SecretString::from(url), RedisSettings::default()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_of_agents_that_are_not_plugged_in_any_more_go_with_the_conversation() {
    let redis = OwnRedis::start().await;
    let subject = Subject::new(Truth::Sqlite, Before::Nothing).await;
    let context = || CachedContext::new(subject.table(), cache(redis.url()), 100);
    let (erased, kept) = (Uuid::now_v7(), Uuid::now_v7());
    let before = context();
    for key in [key(erased, "unplugged_since"), key(erased, "pricing_agent"), key(kept, "pricing_agent")] {
        before.compare_and_set(&key, 0, value()).await.unwrap();
    }
    assert!(redis.keys().await.iter().any(|name| name.ends_with(":unplugged_since")));
    // A process that has seen nothing of it, as after a restart.
    assert_eq!(context().forget(&"default".into(), erased).await, Ok(()));
    let mut left = redis.keys().await;
    left.sort_unstable();
    let name = |end| format!("switchboard:v1:default:{kept}:{end}");
    assert_eq!(left, [name("_keys"), name("pricing_agent")]);
}

async fn until_gone(redis: &OwnRedis) {
    let gone = async {
        while !redis.keys().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), gone).await.expect("the sweep tells Redis again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_away_during_the_erasure_forgets_it_with_a_later_sweep() {
    let redis = OwnRedis::start().await;
    let proxy = Proxy::before(&redis.url()).unwrap();
    let server = Starting::with(&format!("{CONCIERGE}retention: {{ sweep_interval: 1s }}\n"))
        .env("SWITCHBOARD_CONTEXT__URL", &proxy.url(&redis.url()))
        .start();
    let id = new_id();
    server.say(&id, FACTS).await;
    let copies = redis.keys().await;
    proxy.go_away();
    server.call(Method::DELETE, &format!("/api/conversations/{id}"), None, &[]).await.expect(204);
    assert!(!copies.is_empty() && redis.keys().await.len() == copies.len(), "nothing could be told to Redis");
    proxy.come_back();
    until_gone(&redis).await;
    // And one that was on its way meanwhile.
    let internal = copies[0].split(':').nth(3).unwrap().parse().unwrap();
    let late = Versioned { version: 9, value: value() }.into();
    cache(redis.url()).put(&key(internal, "pricing_agent"), &late, Timestamp::from_millis(0)).await;
    until_gone(&redis).await;
}
