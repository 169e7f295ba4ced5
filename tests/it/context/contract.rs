//! What every context store promises.

use std::sync::Arc;

use serde_json::json;
use switchboard::{
    agent::sink::RunPipe,
    context::{ContextError, ContextKey, ContextScope, ContextStore, ScopedContext, Versioned},
};
use uuid::Uuid;

use super::subjects::{BYTES_MAX, Subject, object, on_every_store};

on_every_store!(
    a_document_that_nobody_wrote_is_empty_at_version_0,
    each_write_takes_the_version_that_it_read,
    of_two_first_writes_one_wins,
    documents_of_others_are_not_seen,
    a_document_over_the_limit_is_refused_and_changes_nothing,
    any_text_comes_back_as_it_was,
    nul_is_left_out,
    fifty_updates_at_once_lose_nothing,
    null_removes_a_key,
    what_is_forgotten_with_its_conversation_is_gone_and_others_stay,
);

fn key(conversation: Uuid, scope: ContextScope) -> ContextKey {
    ContextKey { tenant: "default".into(), conversation, scope }
}

fn shared() -> ContextKey {
    key(Uuid::now_v7(), ContextScope::Shared)
}

async fn a_document_that_nobody_wrote_is_empty_at_version_0(Subject { store, .. }: Subject) {
    assert_eq!(store.get(&shared()).await, Ok(Versioned::default()));
}

async fn each_write_takes_the_version_that_it_read(Subject { store, .. }: Subject) {
    let key = shared();
    for version in 0..3 {
        assert_eq!(store.compare_and_set(&key, version, object(json!({ "n": version }))).await, Ok(version + 1));
    }
    let current = Versioned { version: 3, value: object(json!({ "n": 2 })) };
    for wrong in [0, 2, 4] {
        let refused = store.compare_and_set(&key, wrong, object(json!({ "lost": true }))).await;
        assert_eq!(refused, Err(ContextError::Conflict(current.clone())), "expected {wrong}");
    }
    assert_eq!(store.get(&key).await, Ok(current));
}

async fn of_two_first_writes_one_wins(Subject { store, .. }: Subject) {
    let key = shared();
    let write = |name: &'static str| {
        let (store, key) = (Arc::clone(&store), key.clone());
        tokio::spawn(async move { store.compare_and_set(&key, 0, object(json!({ "by": name }))).await })
    };
    let writes = [write("a"), write("b"), write("c"), write("d")];
    let mut won = 0;
    for answer in writes {
        match answer.await.unwrap() {
            Ok(version) => won += version,
            Err(ContextError::Conflict(current)) => assert_eq!(current.version, 1),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(won, 1);
}

async fn documents_of_others_are_not_seen(Subject { store, .. }: Subject) {
    let conversation = Uuid::now_v7();
    let agent = |name: &str| ContextScope::Agent(name.parse().unwrap());
    let own = key(conversation, agent("pricing_agent"));
    store.compare_and_set(&own, 0, object(json!({ "secret": 1 }))).await.unwrap();
    let mut foreign_tenant = own.clone();
    foreign_tenant.tenant = "other".into();
    let others = [
        key(conversation, agent("concierge")),
        key(conversation, ContextScope::Shared),
        key(Uuid::now_v7(), agent("pricing_agent")),
        foreign_tenant,
    ];
    for other in others {
        assert_eq!(store.get(&other).await, Ok(Versioned::default()), "{other:?}");
    }
}

async fn a_document_over_the_limit_is_refused_and_changes_nothing(Subject { store, .. }: Subject) {
    let key = shared();
    let frame = json!({ "text": "" }).to_string().len();
    let fits = object(json!({ "text": "x".repeat(BYTES_MAX - frame) }));
    assert_eq!(store.compare_and_set(&key, 0, fits.clone()).await, Ok(1));
    let over = object(json!({ "text": "x".repeat(BYTES_MAX - frame + 1) }));
    let refused = store.compare_and_set(&key, 1, over).await;
    assert_eq!(refused, Err(ContextError::TooLarge { bytes: BYTES_MAX + 1, bytes_max: BYTES_MAX }));
    assert_eq!(store.get(&key).await, Ok(Versioned { version: 1, value: fits }));
}

async fn any_text_comes_back_as_it_was(Subject { store, .. }: Subject) {
    let key = shared();
    let value = object(json!({
        "язык": "русский", "中文": ["语言", "\u{1F9D1}\u{200D}\u{1F680}"], "عربى": "\u{202E}x", "": null,
        "escapes": "\u{1}\u{7f}\"\\\n\\u0000 ’; DROP TABLE x --", "deep": { "a": [[[{}]]], "b": false },
        "numbers": [0, -1, u64::MAX, i64::MIN, 0.5, 1e-7],
    }));
    store.compare_and_set(&key, 0, value.clone()).await.unwrap();
    assert_eq!(store.get(&key).await, Ok(Versioned { version: 1, value }));
}

async fn nul_is_left_out(Subject { store, .. }: Subject) {
    let key = shared();
    store.compare_and_set(&key, 0, object(json!({ "a\0b": ["x\0", { "y": "\0" }] }))).await.unwrap();
    let clean = object(json!({ "ab": ["x", { "y": "" }] }));
    assert_eq!(store.get(&key).await, Ok(Versioned { version: 1, value: clean }));
}

fn scoped(store: &Arc<dyn ContextStore>, conversation: Uuid, agent: &str) -> ScopedContext {
    ScopedContext::new(Arc::clone(store), "default".into(), conversation, agent.parse().unwrap())
}

async fn fifty_updates_at_once_lose_nothing(Subject { store, .. }: Subject) {
    let conversation = Uuid::now_v7();
    let pipe = RunPipe::new(100, Box::new(|| {}));
    let updates: Vec<_> = (0..50)
        .map(|number| {
            let (context, sink) = (scoped(&store, conversation, "writer"), pipe.sink());
            let changes = object(json!({ format!("key_{number}"): number }));
            tokio::spawn(async move { context.update_shared(changes, &sink).await })
        })
        .collect();
    for update in updates {
        update.await.unwrap().unwrap();
    }
    let current = scoped(&store, conversation, "reader").shared().await.unwrap();
    assert_eq!((current.version, current.value.len()), (50, 50));
    assert_eq!(pipe.take().len(), 50);
}

async fn null_removes_a_key(Subject { store, .. }: Subject) {
    let context = scoped(&store, Uuid::now_v7(), "writer");
    let pipe = RunPipe::new(10, Box::new(|| {}));
    context.update_shared(object(json!({ "a": 1, "b": 2 })), &pipe.sink()).await.unwrap();
    context.update_shared(object(json!({ "a": null })), &pipe.sink()).await.unwrap();
    assert_eq!(context.shared().await.unwrap().value, object(json!({ "b": 2 })));
}

async fn what_is_forgotten_with_its_conversation_is_gone_and_others_stay(subject: Subject) {
    let (erased, kept) = (subject.conversation().await, subject.conversation().await);
    let agent = || ContextScope::Agent("pricing_agent".parse().unwrap());
    let keys = |conversation| [key(conversation, ContextScope::Shared), key(conversation, agent())];
    let written = Versioned { version: 1, value: object(json!({ "secret": 1 })) };
    for key in keys(erased.id).iter().chain(&keys(kept.id)) {
        assert_eq!(subject.store.compare_and_set(key, 0, written.value.clone()).await, Ok(1));
        assert_eq!(subject.store.get(key).await, Ok(written.clone()));
    }
    assert!(matches!(subject.in_redis(), None | Some(6)), "{:?}", subject.in_redis());
    subject.erase(&erased).await;
    subject.store.forget(&"default".into(), erased.id).await.unwrap();
    assert!(matches!(subject.in_redis(), None | Some(3)), "{:?}", subject.in_redis());
    for key in &keys(erased.id) {
        assert_eq!(subject.store.get(key).await, Ok(Versioned::default()), "{key:?}");
    }
    for key in &keys(kept.id) {
        assert_eq!(subject.store.get(key).await, Ok(written.clone()), "{key:?}");
    }
}
