//! Documents of agents that a sweep lets go of.

use entity::agent_conversation_data as row;
use protocol::Timestamp;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{now, open};
use crate::store::{
    InternalId, Store, Sweep, Swept, Write, Written,
    sql::{
        SqlStore,
        testing::{PostgresDatabase, SqliteFile},
    },
};

const HOUR_MILLIS: i64 = 3_600_000;

fn after(millis: i64) -> Timestamp {
    Timestamp::from_millis(now().as_millis() + millis)
}

/// Beside the statements of the context: what is swept is what stands in the table, however it came there.
async fn insert(store: &SqlStore, conversation: InternalId, agent: &str, expires_at: Option<Timestamp>) {
    let model = row::ActiveModel {
        id: Set(Uuid::now_v7()),
        conversation_id: Set(conversation.0),
        agent_id: Set(agent.to_owned()),
        data_type: Set("state".to_owned()),
        data: Set(json!({ "secret": agent })),
        expires_at: Set(expires_at.map(Timestamp::to_datetime)),
        created_at: Set(now().to_datetime()),
        updated_at: Set(now().to_datetime()),
        tenant: Set("default".to_owned()),
        version: Set(7),
    };
    row::Entity::insert(model).exec_without_returning(&store.writer()).await.unwrap();
}

/// Agent, version, document and whether it has an end.
async fn documents(store: &SqlStore) -> Vec<(String, i64, Value, bool)> {
    let rows = row::Entity::find().order_by_asc(row::Column::AgentId).all(&store.writer()).await.unwrap();
    rows.into_iter().map(|row| (row.agent_id, row.version, row.data, row.expires_at.is_some())).collect()
}

async fn sweep_at(store: &SqlStore, millis: i64) -> u64 {
    let long_ago = Timestamp::from_millis(0);
    let sweep = Sweep { now: after(millis), events_before: long_ago, tombstones_before: long_ago };
    let swept = store.sweep(&sweep).await.unwrap();
    assert_eq!(swept, Swept { documents: swept.documents, ..Swept::default() });
    swept.documents
}

async fn check(store: &SqlStore) {
    let opened = open(store).await;
    insert(store, opened.id, "ends_now", Some(after(HOUR_MILLIS))).await;
    insert(store, opened.id, "ends_then", Some(after(HOUR_MILLIS + 1))).await;
    insert(store, opened.id, "stays", None).await;
    let full = |agent: &str, ends| (agent.to_owned(), 7, json!({ "secret": agent }), ends);
    let empty = |agent: &str| (agent.to_owned(), 7, json!({}), false);
    assert_eq!(sweep_at(store, HOUR_MILLIS - 1).await, 0);
    assert_eq!(documents(store).await, [full("ends_now", true), full("ends_then", true), full("stays", false)]);
    assert_eq!(sweep_at(store, HOUR_MILLIS).await, 1);
    assert_eq!(documents(store).await, [empty("ends_now"), full("ends_then", true), full("stays", false)]);
    assert_eq!(sweep_at(store, HOUR_MILLIS).await, 0, "it is emptied once");
    let erase = Write::Erase { conversation: opened.id, fence: opened.fence, now: now() };
    assert_eq!(store.commit(&[erase]).await, Ok(vec![Written::Erased]));
    assert_eq!(documents(store).await, []);
    // As an older server may have left them. More than one statement takes.
    for number in 0..501 {
        insert(store, opened.id, &format!("late_{number}"), None).await;
    }
    assert_eq!(sweep_at(store, HOUR_MILLIS).await, 501);
    assert_eq!(documents(store).await, []);
}

#[tokio::test]
async fn expired_documents_are_emptied_and_those_of_erased_conversations_go_on_sqlite() {
    let file = SqliteFile::new();
    let store = file.open().await;
    check(&store).await;
    store.close().await;
}

#[tokio::test]
async fn expired_documents_are_emptied_and_those_of_erased_conversations_go_on_postgres() {
    let database = PostgresDatabase::create().await;
    let store = database.open().await;
    check(&store).await;
    store.close().await;
    database.drop().await;
}
