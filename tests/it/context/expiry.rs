//! A row that expired reads as empty, and its version never goes back.

use std::sync::Arc;

use entity::agent_conversation_data as row;
use protocol::{Timestamp, event::JsonObject};
use sea_orm::{DatabaseConnection, EntityTrait, prelude::Expr};
use serde_json::json;
use switchboard::{
    clock::ManualClock,
    context::{ContextError, ContextKey, ContextScope, ContextStore, Versioned, sql::SqlContext},
};
use uuid::Uuid;

use crate::support::sql;

const END_MS: i64 = 1_800_000_000_000;

async fn expire_at_end(database: &DatabaseConnection) {
    let end = Timestamp::from_millis(END_MS).to_datetime();
    let update = row::Entity::update_many().col_expr(row::Column::ExpiresAt, Expr::value(Some(end)));
    assert_eq!(update.exec(database).await.unwrap().rows_affected, 1);
}

fn document(version: u64) -> Versioned {
    let mut value = JsonObject::new();
    value.insert("n".to_owned(), json!(version));
    Versioned { version, value }
}

async fn check(database: DatabaseConnection) {
    let clock = ManualClock::at(Timestamp::from_millis(END_MS - 1));
    let context = SqlContext::new(database.clone(), Arc::new(clock.clone()), 1_000);
    let key = ContextKey { tenant: "default".into(), conversation: Uuid::now_v7(), scope: ContextScope::Shared };
    sql::make_conversation(&database, &key.tenant, key.conversation).await;
    context.compare_and_set(&key, 0, document(1).value).await.unwrap();
    expire_at_end(&database).await;
    assert_eq!(context.get(&key).await, Ok(document(1)));
    clock.advance_millis(1);
    let empty = Versioned { version: 1, value: JsonObject::new() };
    assert_eq!(context.get(&key).await, Ok(empty.clone()));
    assert_eq!(context.compare_and_set(&key, 0, document(9).value).await, Err(ContextError::Conflict(empty)));
    assert_eq!(context.compare_and_set(&key, 1, document(2).value).await, Ok(2));
    assert_eq!(context.get(&key).await, Ok(document(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_document_is_empty_at_its_version_on_sqlite() {
    let (database, _folder) = sql::sqlite().await;
    check(database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expired_document_is_empty_at_its_version_on_postgres() {
    check(sql::postgres().await).await;
}
