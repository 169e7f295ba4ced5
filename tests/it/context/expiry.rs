//! A document that expired reads as empty wherever it is read from, and its version never goes back.

use std::{sync::Arc, time::Duration};

use protocol::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use switchboard::{
    clock::ManualClock,
    context::{
        ContextError, ContextKey, ContextScope, ContextStore, Entry, Versioned,
        cached::{Cache, CachedContext},
        memory::MemoryContext,
        redis::{RedisCache, RedisSettings},
    },
};
use uuid::Uuid;

use super::subjects::{Subject, beginning, object, on_every_store};
use crate::support::redis::OwnRedis;

on_every_store!(
    a_document_is_empty_at_its_version_from_its_end_on,
    a_document_that_is_written_without_an_end_stays,
    a_write_that_comes_too_late_sees_the_expired_document_as_empty,
);

const HOUR_MILLIS: i64 = 3_600_000;

fn key() -> ContextKey {
    ContextKey { tenant: "default".into(), conversation: Uuid::now_v7(), scope: ContextScope::Shared }
}

fn end() -> Timestamp {
    Timestamp::from_millis(beginning().as_millis() + HOUR_MILLIS)
}

fn document(version: u64) -> Versioned {
    Versioned { version, value: object(json!({ "n": version })) }
}

fn empty(version: u64) -> Versioned {
    Versioned { version, ..Versioned::default() }
}

async fn a_document_is_empty_at_its_version_from_its_end_on(Subject { store, clock, .. }: Subject) {
    let key = key();
    assert_eq!(store.write(&key, 0, document(1).value, Some(end())).await, Ok(1));
    clock.advance_millis(HOUR_MILLIS - 1);
    // Twice: the second one may come out of a cache.
    for _ in 0..2 {
        assert_eq!(store.read(&key).await, Ok(Entry { document: document(1), expires_at: Some(end()) }));
    }
    clock.advance_millis(1);
    for _ in 0..2 {
        assert_eq!(store.get(&key).await, Ok(empty(1)));
    }
    assert_eq!(store.compare_and_set(&key, 1, document(2).value).await, Ok(2));
    assert_eq!(store.get(&key).await, Ok(document(2)));
}

async fn a_document_that_is_written_without_an_end_stays(Subject { store, clock, .. }: Subject) {
    let key = key();
    assert_eq!(store.write(&key, 0, document(1).value, Some(end())).await, Ok(1));
    assert_eq!(store.compare_and_set(&key, 1, document(2).value).await, Ok(2));
    clock.advance_millis(1_000 * HOUR_MILLIS);
    assert_eq!(store.read(&key).await, Ok(document(2).into()));
}

async fn a_write_that_comes_too_late_sees_the_expired_document_as_empty(Subject { store, clock, .. }: Subject) {
    let key = key();
    assert_eq!(store.write(&key, 0, document(1).value, Some(end())).await, Ok(1));
    clock.advance_millis(HOUR_MILLIS);
    let refused = store.compare_and_set(&key, 0, document(9).value).await;
    assert_eq!(refused, Err(ContextError::Conflict(empty(1))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_keeps_a_document_no_longer_than_until_its_end() {
    let redis = OwnRedis::start().await;
    let settings = RedisSettings { time_to_live: Duration::from_hours(24), ..RedisSettings::default() };
    let cache = Arc::new(RedisCache::new(&SecretString::from(redis.url()), settings).unwrap());
    let clock = Arc::new(ManualClock::at(beginning()));
    let truth = MemoryContext::new(1_000).with_clock(clock.clone());
    let context = CachedContext::new(truth, Arc::clone(&cache) as Arc<dyn Cache>, 100).with_clock(clock.clone());
    let (ends, stays) = (key(), key());
    context.write(&ends, 0, document(1).value, Some(end())).await.unwrap();
    context.write(&stays, 0, document(1).value, None).await.unwrap();
    let left = async |key: &ContextKey, what: &str| -> i64 {
        let name = format!("switchboard:v1:default:{}:{what}", key.conversation);
        redis::cmd("PTTL").arg(name).query_async(&mut redis.connection().await).await.unwrap()
    };
    let day = 24 * HOUR_MILLIS;
    assert!((1..=HOUR_MILLIS).contains(&left(&ends, "_shared").await));
    assert!((HOUR_MILLIS + 1..=day).contains(&left(&stays, "_shared").await));
    assert!((HOUR_MILLIS + 1..=day).contains(&left(&ends, "_keys").await), "what finds it stays longer");
    // It is still there when its end has come by the clock that counts, and is not believed any more.
    clock.advance_millis(HOUR_MILLIS);
    assert_eq!(cache.get(&ends).await.map(|entry| entry.document), Some(document(1)));
    assert_eq!(context.get(&ends).await, Ok(empty(1)));
    assert_eq!(cache.get(&ends).await, Some(empty(1).into()), "the cache was put right");
}
