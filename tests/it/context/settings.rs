//! What the configuration says of the cache is what the server does.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::{
    client::{new_id, said},
    redis::OwnRedis,
    server::{CONCIERGE, Starting},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_redis_is_waited_for_as_long_as_was_said_and_then_passed_by() {
    let redis = OwnRedis::start().await;
    let server = Starting::with(&format!("{CONCIERGE}context: {{ redis_timeout: 2s }}\n"))
        .env("SWITCHBOARD_CONTEXT__URL", &redis.url())
        .start();
    let took = async |content: &str| {
        let began = Instant::now();
        let turn = server.say(&new_id(), content).await;
        assert!(said(&turn).contains("1,037.04"), "{turn}");
        began.elapsed()
    };
    let words = "cost 500, commission 15%, logistics 60, tax 6%, margin 25%";
    took(words).await;
    redis.hold(true);
    let waited = took(words).await;
    redis.hold(false);
    assert!(waited >= Duration::from_secs(2), "it waited {waited:?}");
}
