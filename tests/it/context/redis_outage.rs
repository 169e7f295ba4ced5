//! A Redis that is gone, held, slow, emptied, behind or full of something else costs time, and nothing else.

use std::{sync::Arc, time::Duration};

use faultproxy::Proxy;
use protocol::{Timestamp, event::JsonObject};
use redis::AsyncTypedCommands;
use secrecy::SecretString;
use serde_json::json;
use switchboard::context::{
    ContextKey, ContextScope, ContextStore, Versioned,
    cached::{Cache, CachedContext},
    memory::MemoryContext,
    redis::{RedisCache, RedisSettings},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::redis::OwnRedis;

/// One call waits for Redis at most this long (200 ms for a read and as much for a write), with room for a busy machine.
const CALL_MAX: Duration = Duration::from_millis(900);

/// A slow answer: less than the 200 ms that a call waits.
const LATENCY: Duration = Duration::from_millis(150);
const SLOW_ROUND_MAX: Duration = Duration::from_secs(3);

struct Bench {
    redis: OwnRedis,
    cache: Arc<RedisCache>,
    context: CachedContext<MemoryContext>,
    key: ContextKey,
}

impl Bench {
    async fn new() -> Self {
        let redis = OwnRedis::start().await;
        let url = redis.url();
        Self::at(redis, url)
    }

    fn at(redis: OwnRedis, url: String) -> Self {
        let cache = Arc::new(RedisCache::new(&SecretString::from(url), RedisSettings::default()).unwrap());
        let context = CachedContext::new(MemoryContext::new(10_000), Arc::clone(&cache) as Arc<dyn Cache>, 100);
        let key = ContextKey { tenant: "default".into(), conversation: Uuid::now_v7(), scope: ContextScope::Shared };
        Self { redis, cache, context, key }
    }

    fn name(&self) -> String {
        format!("switchboard:v1:default:{}:_shared", self.key.conversation)
    }

    /// Reads, writes the next version, reads again; all must be right and quick enough.
    async fn round(&self, version: u64) {
        self.round_within(version, CALL_MAX).await;
    }

    async fn round_within(&self, version: u64, time_max: Duration) {
        let began = Instant::now();
        assert_eq!(self.context.get(&self.key).await, Ok(document(version)));
        assert_eq!(
            self.context.compare_and_set(&self.key, version, document(version + 1).value).await,
            Ok(version + 1)
        );
        assert_eq!(self.context.get(&self.key).await, Ok(document(version + 1)));
        assert!(began.elapsed() < time_max, "round {version} took {:?}", began.elapsed());
    }

    /// Waits until Redis is asked again and has the document.
    async fn until_cached(&self, version: u64) {
        for _ in 0..100 {
            self.context.get(&self.key).await.unwrap();
            if self.cache.get(&self.key).await == Some(document(version).into()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("version {version} does not come into the cache");
    }
}

fn document(version: u64) -> Versioned {
    let mut value = JsonObject::new();
    if version > 0 {
        value.insert("n".to_owned(), json!(version));
    }
    Versioned { version, value }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_killed_and_comes_back_empty_loses_nothing() {
    let mut bench = Bench::new().await;
    bench.round(0).await;
    assert_eq!(bench.cache.get(&bench.key).await, Some(document(1).into()));
    bench.redis.kill();
    for version in 1..20 {
        bench.round(version).await;
    }
    let failures = bench.cache.failures();
    assert!((1..10).contains(&failures), "{failures} calls failed: the breaker should keep most back");
    bench.redis.restart().await;
    bench.until_cached(20).await;
    bench.round(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_does_not_answer_costs_one_time_out_and_then_nothing() {
    let bench = Bench::new().await;
    bench.round(0).await;
    bench.redis.hold(true);
    bench.round(1).await;
    let began = Instant::now();
    for version in 2..30 {
        bench.round(version).await;
    }
    assert!(began.elapsed() < CALL_MAX, "{:?} for 28 rounds", began.elapsed());
    bench.redis.hold(false);
    bench.until_cached(30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_not_there_at_the_start_is_used_once_it_is() {
    let mut bench = Bench::new().await;
    bench.redis.kill();
    bench.round(0).await;
    bench.redis.restart().await;
    bench.until_cached(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_redis_is_filled_again() {
    let bench = Bench::new().await;
    bench.round(0).await;
    redis::cmd("FLUSHALL").exec_async(&mut bench.redis.connection().await).await.unwrap();
    assert_eq!(bench.cache.get(&bench.key).await, None);
    bench.round(1).await;
    assert_eq!(bench.cache.get(&bench.key).await, Some(document(2).into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_else_stands_under_our_keys_is_written_over() {
    let bench = Bench::new().await;
    let mut redis = bench.redis.connection().await;
    let name = bench.name();
    bench.round(0).await;
    redis.del(&name).await.unwrap();
    redis.lpush(&name, "a list").await.unwrap();
    bench.round(1).await;
    for garbage in ["", "text", "9:[1]", "\u{0}", "99999999999999999999999999:{}"] {
        redis.set(&name, garbage).await.unwrap();
        assert_eq!(bench.context.get(&bench.key).await, Ok(document(2)), "{garbage:?}");
    }
    redis.del(&name).await.unwrap();
    redis.hset(&name, "field", "value").await.unwrap();
    bench.round(2).await;
    assert_eq!(bench.cache.failures(), 0);
    assert_eq!(bench.cache.get(&bench.key).await, Some(document(3).into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_fell_behind_shows_nothing_old() {
    let bench = Bench::new().await;
    for version in 0..3 {
        bench.round(version).await;
    }
    // As after a failover to a replica that missed the last writes.
    bench.redis.connection().await.set(bench.name(), r#"1:{"n":1}"#).await.unwrap();
    assert_eq!(bench.context.get(&bench.key).await, Ok(document(3)));
    bench.round(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_version_that_arrives_late_replaces_nothing_and_entries_end_by_themselves() {
    let (bench, now) = (Bench::new().await, Timestamp::from_millis(0));
    bench.cache.put(&bench.key, &document(10).into(), now).await;
    bench.cache.put(&bench.key, &document(9).into(), now).await;
    assert_eq!(bench.cache.get(&bench.key).await, Some(document(10).into()));
    let left: i64 =
        redis::cmd("PTTL").arg(bench.name()).query_async(&mut bench.redis.connection().await).await.unwrap();
    assert!((1..=3_600_000).contains(&left), "{left} ms left");
}

/// As after a failover that nobody told the old connections of: they stay, and nothing comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_fell_silent_is_given_up_for_a_new_one() {
    let redis = OwnRedis::start().await;
    let proxy = Proxy::before(&redis.url()).unwrap();
    let url = proxy.url(&redis.url());
    let bench = Bench::at(redis, url);
    bench.round(0).await;
    proxy.silence(false);
    bench.round(1).await;
    bench.until_cached(2).await;
    bench.round(2).await;
}

/// Redis answers, but takes no writes: each costs no more than an answer.
async fn check_refusing(refuse: &[&str], relent: &[&str]) {
    let bench = Bench::new().await;
    bench.round(0).await;
    let mut admin = bench.redis.connection().await;
    let mut tell = async |words: &[&str]| {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).exec_async(&mut admin).await.unwrap();
    };
    tell(refuse).await;
    for version in 1..10 {
        bench.round(version).await;
    }
    assert!((1..10).contains(&bench.cache.failures()), "{} calls failed", bench.cache.failures());
    tell(relent).await;
    bench.until_cached(10).await;
    bench.round(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_demoted_to_a_replica_costs_nothing_and_is_used_again_when_it_is_promoted() {
    check_refusing(&["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_whose_memory_is_full_costs_nothing_and_is_used_again_when_there_is_room() {
    check_refusing(&["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_wants_another_password_is_passed_by() {
    let redis = OwnRedis::start().await;
    let mut admin = redis.connection().await;
    redis::cmd("CONFIG").arg(&["SET", "requirepass", "open-sesame"]).exec_async(&mut admin).await.unwrap();
    let url = redis.url().replace("redis://", "redis://:wrong@");
    let bench = Bench::at(redis, url);
    bench.round(0).await;
    redis::cmd("CONFIG").arg(&["SET", "requirepass", ""]).exec_async(&mut admin).await.unwrap();
    bench.round(1).await;
}

/// Answers come just before their time is over: all is right, and a round takes no longer than its three calls may, with
/// room for a busy machine.
async fn check_slow(before_the_first_call: bool) -> (Bench, Proxy) {
    let redis = OwnRedis::start().await;
    let proxy = Proxy::before(&redis.url()).unwrap();
    let url = proxy.url(&redis.url());
    let bench = Bench::at(redis, url);
    if before_the_first_call {
        proxy.slow_down(LATENCY);
    }
    bench.round_within(0, SLOW_ROUND_MAX).await;
    proxy.slow_down(LATENCY);
    for version in 1..6 {
        bench.round_within(version, SLOW_ROUND_MAX).await;
    }
    (bench, proxy)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_became_slow_is_right_and_still_used() {
    let (bench, _proxy) = check_slow(false).await;
    bench.until_cached(6).await;
    bench.round_within(6, SLOW_ROUND_MAX).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_slow_from_the_start_is_right_and_used_all_the_same() {
    let (bench, _proxy) = check_slow(true).await;
    bench.until_cached(6).await;
    bench.round_within(6, SLOW_ROUND_MAX).await;
}
