//! Every connection is in use: ours, because nothing is answered, or the database's, because others have them.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, TransactionTrait};
use serde_json::json;
use uuid::Uuid;

use super::{assert_recovers, assert_refuses, assert_stored_once, impatient, model};
use crate::support::{
    client::{assert_dense, new_id},
    sql::empty_postgres,
};

#[tokio::test]
async fn a_pool_whose_connections_all_wait_refuses_and_goes_on_when_they_are_free() {
    let url = empty_postgres().await;
    let server = std::sync::Arc::new(impatient(&url, &model(1, 1).await).start());
    let id = new_id();
    server.say(&id, "hello").await;
    let other = Database::connect(&url).await.unwrap();
    let lock = other.begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE").await.unwrap();
    // More than there are connections, some of them on one conversation.
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..20 {
        let (server, id) = (server.clone(), if number % 4 == 0 { id.clone() } else { new_id() });
        waiting.spawn(async move {
            let client = format!("m{number}");
            let body = json!({ "content": "hello", "clientMessageId": client });
            let answer = server.post(&format!("/api/conversations/{id}/messages"), body).await;
            (id, client, answer)
        });
    }
    assert_refuses(&server).await;
    lock.rollback().await.unwrap();
    let mut accepted: BTreeMap<String, Vec<String>> = BTreeMap::from([(id, Vec::new())]);
    while let Some(answer) = waiting.join_next().await {
        let (id, client, answer) = answer.unwrap();
        match answer.status {
            202 => accepted.entry(id).or_default().push(client),
            _ => drop(answer.expect_problem(503, "storage_unavailable")),
        }
    }
    assert_recovers(&server).await;
    for (id, clients) in accepted {
        let events = server.events(&id).await;
        assert_dense(&events);
        assert_stored_once(&events, &clients);
    }
}

#[tokio::test]
async fn a_database_without_a_free_connection_refuses_and_goes_on_when_there_is_one() {
    let url = empty_postgres().await;
    let admin = Database::connect(&url).await.unwrap();
    let role = format!("crowded_{}", Uuid::new_v4().simple());
    let name = url.rsplit('/').next().unwrap();
    for sql in [
        format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 2"),
        format!("ALTER DATABASE {name} OWNER TO {role}"),
        format!("ALTER SCHEMA public OWNER TO {role}"),
    ] {
        admin.execute_unprepared(&sql).await.unwrap();
    }
    let theirs = url.replacen("switchboard@", &format!("{role}@"), 1);
    let server = impatient(&theirs, &model(1, 1).await).env("SWITCHBOARD_DATABASE__CONNECTIONS_MAX", "2").start();
    server.say(&new_id(), "hello").await;
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'");
    admin.execute_unprepared(&cut).await.unwrap();
    let mut others = Vec::new();
    while others.len() < 2 {
        match Database::connect(ConnectOptions::new(&theirs).max_connections(1).to_owned()).await {
            Ok(other) => others.push(other),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    assert_refuses(&server).await;
    let told = async {
        while !server.log().contains("no connection within `database.acquire_timeout`") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), told).await.expect("a reason in the log");
    for other in others {
        other.close().await.unwrap();
    }
    assert_recovers(&server).await;
}
