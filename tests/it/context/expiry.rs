//! A row that expired reads as empty, and its version never goes back, whatever a cache still has.

use protocol::event::JsonObject;
use serde_json::json;
use switchboard::context::{ContextError, ContextKey, ContextScope, Versioned};
use uuid::Uuid;

use super::subjects::{Before, Subject, Truth, now};

fn document(version: u64) -> Versioned {
    let mut value = JsonObject::new();
    value.insert("n".to_owned(), json!(version));
    Versioned { version, value }
}

async fn check(truth: Truth, before: Before) {
    let subject = Subject::new(truth, before).await;
    let key = ContextKey { tenant: "default".into(), conversation: Uuid::now_v7(), scope: ContextScope::Shared };
    subject.store.compare_and_set(&key, 0, document(1).value).await.unwrap();
    subject.expire(protocol::Timestamp::from_millis(now().as_millis() + 1)).await;
    assert_eq!(subject.another().get(&key).await, Ok(document(1)));
    subject.clock.advance_millis(1);
    // Whoever starts now has no reason to believe what is still cached.
    let context = subject.another();
    let empty = Versioned { version: 1, value: JsonObject::new() };
    for _ in 0..2 {
        assert_eq!(context.get(&key).await, Ok(empty.clone()));
    }
    assert_eq!(context.compare_and_set(&key, 0, document(9).value).await, Err(ContextError::Conflict(empty)));
    assert_eq!(context.compare_and_set(&key, 1, document(2).value).await, Ok(2));
    assert_eq!(context.get(&key).await, Ok(document(2)));
    assert_eq!(subject.another().get(&key).await, Ok(document(2)));
    // Who knew the document before it expired loses nothing either: it is told what stands there.
    let late = subject.store.compare_and_set(&key, 1, document(9).value).await;
    assert_eq!(late, Err(ContextError::Conflict(document(2))));
    assert_eq!(subject.store.get(&key).await, Ok(document(2)));
}

macro_rules! expires {
    ($($name:ident: $truth:ident $before:ident,)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            check(Truth::$truth, Before::$before).await;
        })*
    };
}

expires! {
    an_expired_document_is_empty_at_its_version_on_sqlite: Sqlite Nothing,
    an_expired_document_is_empty_at_its_version_on_sqlite_behind_a_local_cache: Sqlite Local,
    an_expired_document_is_empty_at_its_version_on_sqlite_behind_redis: Sqlite Redis,
    an_expired_document_is_empty_at_its_version_on_postgres: Postgres Nothing,
    an_expired_document_is_empty_at_its_version_on_postgres_behind_a_local_cache: Postgres Local,
    an_expired_document_is_empty_at_its_version_on_postgres_behind_redis: Postgres Redis,
}
