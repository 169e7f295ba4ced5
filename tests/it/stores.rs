//! The production stores by address alone: the same server over PostgreSQL and Redis.

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tokio::time::Instant;

use crate::support::{
    client::{assert_dense, new_id, said},
    redis::OwnRedis,
    server::{CONCIERGE, Starting},
    sql::empty_postgres,
};

const FACTS: &str = "cost 500, commission 15%, logistics 60, tax 6%";

#[tokio::test]
async fn a_conversation_lives_in_postgresql_and_redis_and_survives_a_kill_and_an_empty_cache() {
    let mut redis = OwnRedis::start().await;
    let database = empty_postgres().await;
    let mut server = Starting::with(CONCIERGE)
        .env("SWITCHBOARD_DATABASE__URL", &database)
        .env("SWITCHBOARD_CONTEXT__URL", &redis.url())
        .start();
    assert!(server.banner().contains("postgres://") && server.banner().contains("redis://"), "{}", server.banner());
    let id = new_id();
    server.say(&id, FACTS).await;
    let before = server.events(&id).await;
    server.kill();
    redis.restart().await;
    server.restart(None).await;
    assert_eq!(server.events(&id).await, before);
    // What the agent knows stands in the database; the cache was emptied.
    let turn = server.say(&id, "margin 25%").await;
    assert!(said(&turn).contains("1,037.04"), "{turn}");
    redis.kill();
    let turn = server.say(&id, "margin 30%").await;
    assert_eq!(turn["status"], "completed", "without Redis it only takes longer: {turn}");
    assert_dense(&server.events(&id).await);
    assert!(!server.data().join("switchboard.db").exists(), "`database.url` wins over the data folder");
}

#[tokio::test]
async fn an_erased_conversation_is_gone_from_every_table_and_from_redis() {
    let redis = OwnRedis::start().await;
    let database = empty_postgres().await;
    let server = Starting::with(CONCIERGE)
        .env("SWITCHBOARD_DATABASE__URL", &database)
        .env("SWITCHBOARD_CONTEXT__URL", &redis.url())
        .start();
    let (erased, kept) = (new_id(), new_id());
    for id in [&erased, &kept] {
        server.say(id, FACTS).await;
    }
    let before = redis.keys().await;
    assert!(!before.is_empty() && before.len() % 2 == 0, "both conversations are cached: {before:?}");
    server.call(Method::DELETE, &format!("/api/conversations/{erased}"), None, &[]).await.expect(204);
    assert_eq!(redis.keys().await.len(), before.len() / 2);
    let database = Database::connect(&database).await.unwrap();
    for table in ["events", "messages", "turns", "agent_interactions", "agent_conversation_data"] {
        let sql = format!("SELECT COUNT(DISTINCT conversation_id) FROM {table}");
        let row = database.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 1, "{table}");
    }
    server.get(&format!("/api/conversations/{erased}/messages")).await.expect_problem(410, "erased");
}

#[tokio::test]
async fn words_of_a_moment_share_a_commit() {
    const INTERVAL: Duration = Duration::from_millis(100);
    let tokens = Script::stamped_tokens(200).tokens_every(Duration::from_millis(5));
    let model = FakeModel::start(vec![tokens]).await;
    let config = format!(
        "{CONCIERGE}  - {{ id: talker, kind: model, model: fake, intents: [talk] }}\nmodels:\n  fake: {{ base_url: '{}', \
         model: m }}\nlimits: {{ commit_interval_min: 100ms }}\n",
        model.url()
    );
    let server = Starting::with(&config).start();
    let began = Instant::now();
    server.say(&new_id(), "talk").await;
    let commits = server.metric("switchboard_commits_total").await;
    let most = began.elapsed().as_millis() / INTERVAL.as_millis() + 5;
    assert!(u128::from(commits) <= most, "{commits} commits, at most {most} fit");
    assert!(commits >= 5, "one commit for all would show the words late: {commits}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let (status, said) = Starting::with(CONCIERGE)
        .env("SWITCHBOARD_DATABASE__URL", "postgres://someone:hunter2hunter2@127.0.0.1:1/nothing")
        .fail();
    assert_eq!(status.code(), Some(69), "{said}");
    assert!(said.contains("127.0.0.1:1") && said.contains("database.url"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
