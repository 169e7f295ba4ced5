//! What only a database can get wrong: files, settings, faults.

mod documents;
mod finds;
mod growth;
mod ledger;
mod log;

use std::{sync::Arc, time::Duration};

use protocol::{
    ClientMessageId, ConversationId, Envelope, Event, MessageId, Seq, Timestamp, TurnId,
    event::{JsonObject, Role},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use uuid::Uuid;

use super::{
    ConnectError, SqlOptions, SqlStore, Synchronous,
    testing::{PostgresDatabase, SqliteFile, options},
};
use crate::store::{
    AcceptedNote, ConversationKey, Fence, Found, InternalId, NewConversation, Opened, Owner, PageRequest, Store,
    StoreError, StoredEvent, Write, Written,
};

fn key() -> ConversationKey {
    ConversationKey { owner: Owner::local(), id: ConversationId(Uuid::from_u128(1)) }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_437_919_031)
}

async fn open(store: &SqlStore) -> Opened {
    let id = InternalId(Uuid::from_u128(2));
    let create = NewConversation { id, epoch: "e".parse().unwrap(), metadata: JsonObject::new() };
    let answers = store.commit(&[Write::Open { key: key(), create: Some(create), now: now() }]).await.unwrap();
    match answers.into_iter().next() {
        Some(Written::Opened(opened)) => *opened,
        other => panic!("{other:?}"),
    }
}

fn accepted(seq: u64, content: &str) -> StoredEvent {
    let client_message_id: ClientMessageId = format!("c{seq}").parse().unwrap();
    let message_id = MessageId(Uuid::from_u128(1000 + u128::from(seq)));
    let event = Event::MessageAccepted { client_message_id, message_id, content: content.to_owned(), role: Role::User };
    let turn_id = Some(TurnId(Uuid::from_u128(3)));
    let envelope = Envelope { seq: Seq(seq), event, conversation_id: key().id, turn_id, at: now() };
    let note = AcceptedNote { metadata: JsonObject::new(), body_hash: [7; 32] };
    StoredEvent::new(envelope, Some(Arc::new(note))).unwrap()
}

async fn append(store: &SqlStore, opened: &Opened, seq: u64, content: &str) -> Result<Vec<Written>, StoreError> {
    let (conversation, fence) = (opened.id, opened.fence);
    let events = Arc::new([accepted(seq, content)]);
    store.commit(&[Write::Append { conversation, fence, events }]).await
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a commit is compared with")]
fn appended(seq: u64) -> Result<Vec<Written>, StoreError> {
    Ok(vec![Written::Appended { head: Seq(seq) }])
}

#[track_caller]
fn unavailable<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}

async fn setting(db: &DatabaseConnection, sql: &str) -> String {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    row.try_get_by_index::<i64>(0).map_or_else(|_| row.try_get_by_index(0).unwrap(), |number| number.to_string())
}

#[tokio::test]
async fn sqlite_is_told_what_durability_needs() {
    for (synchronous, expected) in [(Synchronous::Full, "2"), (Synchronous::Normal, "1")] {
        let file = SqliteFile::new();
        let store = SqlStore::connect(SqlOptions { synchronous, ..file.options() }).await.unwrap();
        for (pragma, expected) in [
            ("synchronous", expected),
            ("journal_mode", "wal"),
            ("foreign_keys", "1"),
            ("secure_delete", "1"),
            ("busy_timeout", "5000"),
        ] {
            assert_eq!(setting(&store.writer(), &format!("PRAGMA {pragma}")).await, expected, "{pragma}");
        }
        assert_eq!(setting(&store.reader(), "PRAGMA query_only").await, "1");
        store.close().await;
    }
}

#[tokio::test]
async fn postgres_is_told_what_durability_needs() {
    let database = PostgresDatabase::create().await;
    let store = database.open().await;
    assert_eq!(setting(&store.writer(), "SHOW synchronous_commit").await, "on");
    assert_eq!(setting(&store.writer(), "SHOW statement_timeout").await, "10s");
    assert_eq!(setting(&store.writer(), "SHOW idle_in_transaction_session_timeout").await, "20s");
    store.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_reopened_file_has_everything() {
    let file = SqliteFile::new();
    let store = file.open().await;
    let opened = open(&store).await;
    assert_eq!(append(&store, &opened, 1, "before").await, appended(1));
    store.close().await;
    let store = file.open().await;
    let reopened = open(&store).await;
    assert_eq!((reopened.fence, reopened.record.head), (Fence(opened.fence.0 + 1), Seq(1)));
    assert_eq!(reopened.replay, [accepted(1, "before").envelope]);
    assert_eq!(append(&store, &opened, 2, "late").await, Ok(vec![Written::Fenced]));
    assert_eq!(append(&store, &reopened, 2, "after").await, appended(2));
    store.close().await;
}

/// The file is copied while the store still has it open, as a kill would leave it: this proves the order of writes and
/// not that the disk has them.
#[tokio::test]
async fn a_file_left_by_a_kill_has_everything_that_was_answered() {
    let (file, left) = (SqliteFile::new(), SqliteFile::new());
    let store = file.open().await;
    let opened = open(&store).await;
    for seq in 1..=20 {
        assert_eq!(append(&store, &opened, seq, "words").await, appended(seq));
    }
    for name in ["test.sqlite", "test.sqlite-wal"] {
        std::fs::copy(file.0.path().join(name), left.0.path().join(name)).unwrap();
    }
    let survivor = left.open().await;
    assert_eq!(open(&survivor).await.record.head, Seq(20));
    survivor.close().await;
    store.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let file = SqliteFile::new();
    let store = file.open().await;
    let sql = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99990101_000001_future', 1)";
    store.writer().execute_unprepared(sql).await.unwrap();
    store.close().await;
    let error = file.try_open().await.unwrap_err();
    assert!(matches!(&error, ConnectError::NewerSchema { found, .. } if found == "m99990101_000001_future"), "{error}");
    assert!(error.to_string().contains("run the newer server"), "{error}");
}

#[tokio::test]
async fn servers_that_start_together_migrate_once() {
    let database = PostgresDatabase::create().await;
    let connects = (0..4).map(|_| SqlStore::connect(options(&database.url())));
    let stores: Vec<_> = futures::future::try_join_all(connects).await.unwrap();
    assert_eq!(setting(&stores[0].reader(), "SELECT COUNT(*) FROM seaql_migrations").await, "16");
    for store in stores {
        store.close().await;
    }
    database.drop().await;
}

#[tokio::test]
async fn a_url_that_makes_no_sense_says_what_it_must_be() {
    for (url, says) in [
        ("mysql://u:secret@h/d", "must begin with `sqlite://` or `postgres://`"),
        ("sqlite::memory:", "must name a file"),
        ("sqlite://", "must name a file"),
        ("sqlite:///nowhere/at/all/x.sqlite", "cannot be opened"),
        ("postgres://u:secret@127.0.0.1:1/d", "cannot be opened"),
    ] {
        let short = SqlOptions { acquire_timeout: Duration::from_millis(300), ..options(url) };
        let error = match SqlStore::connect(short).await {
            Ok(_) => panic!("`{url}` was taken"),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(says) && !error.contains("secret"), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_goes_on_when_there_is_room() {
    let file = SqliteFile::new();
    let store = file.open().await;
    let opened = open(&store).await;
    assert_eq!(append(&store, &opened, 1, "fits").await, appended(1));
    let pages: i64 = setting(&store.writer(), "PRAGMA page_count").await.parse().unwrap();
    let large = "x".repeat(100_000);
    for _ in 0..3 {
        // A connection that met the full disk may have been replaced: each one has its own limit.
        setting(&store.writer(), &format!("PRAGMA max_page_count = {}", pages + 4)).await;
        unavailable(append(&store, &opened, 2, &large).await);
        let Found::Here(page) = store.events(opened.id, Seq::ZERO, 10, 1000).await.unwrap() else { panic!() };
        assert_eq!(page.head, Seq(1));
    }
    setting(&store.writer(), "PRAGMA max_page_count = 1000000").await;
    assert_eq!(append(&store, &opened, 2, &large).await, appended(2));
    store.close().await;
}

#[tokio::test]
async fn a_file_that_may_not_be_written_is_unavailable_and_still_read() {
    let file = SqliteFile::new();
    let store = file.open().await;
    let opened = open(&store).await;
    store.writer().execute_unprepared("PRAGMA query_only = ON").await.unwrap();
    unavailable(append(&store, &opened, 1, "no").await);
    unavailable(store.set_agent_switch(&"a".parse().unwrap(), true, now()).await);
    assert!(matches!(store.conversation(&key()).await, Ok(Found::Here(_))));
    store.writer().execute_unprepared("PRAGMA query_only = OFF").await.unwrap();
    assert_eq!(append(&store, &opened, 1, "yes").await, appended(1));
    store.close().await;
}

#[tokio::test]
async fn readers_do_not_wait_for_the_writer_and_the_writer_s_wait_has_an_end() {
    use sea_orm::TransactionTrait;
    let file = SqliteFile::new();
    let short = SqlOptions { acquire_timeout: Duration::from_millis(200), ..file.options() };
    let store = SqlStore::connect(short).await.unwrap();
    let opened = open(&store).await;
    let transaction = store.writer().begin().await.unwrap();
    transaction.execute_unprepared("UPDATE conversations SET head = 99").await.unwrap();
    let read = tokio::time::timeout(Duration::from_secs(1), store.conversation(&key())).await.unwrap();
    assert!(matches!(read, Ok(Found::Here((_, record))) if record.head == Seq::ZERO));
    unavailable(append(&store, &opened, 1, "waits").await);
    transaction.rollback().await.unwrap();
    assert_eq!(append(&store, &opened, 1, "goes on").await, appended(1));
    store.close().await;
}

#[tokio::test]
async fn a_lost_connection_is_unavailable_and_comes_back() {
    let database = PostgresDatabase::create().await;
    let store = database.open().await;
    let opened = open(&store).await;
    assert_eq!(append(&store, &opened, 1, "before").await, appended(1));
    database.cut().await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(append(&store, &opened, 2, "after").await);
    }
    assert_eq!(answers.last(), Some(&appended(2)), "{answers:?}");
    let lost = answers.iter().filter(|answer| matches!(answer, Err(StoreError::Unavailable(_)))).count();
    assert!(lost > 0, "the connections were not cut");
    store.close().await;
    unavailable(append(&store, &opened, 3, "closed").await);
    database.drop().await;
}

#[tokio::test]
async fn rows_that_do_not_read_are_damaged() {
    let file = SqliteFile::new();
    let store = file.open().await;
    let opened = open(&store).await;
    append(&store, &opened, 1, "words").await.unwrap();
    let page = PageRequest { cursor: None, limit: 10 };
    store.writer().execute_unprepared("UPDATE messages SET role = 'robot'").await.unwrap();
    assert!(matches!(store.messages(opened.id, &page).await, Err(StoreError::Damaged(_))));
    store.writer().execute_unprepared("UPDATE messages SET body_hash = x'00'").await.unwrap();
    assert!(matches!(store.accepted(opened.id, &"c1".parse().unwrap()).await, Err(StoreError::Damaged(_))));
    for sql in ["UPDATE events SET seq_last = 2", "UPDATE events SET seq_first = 2", "DELETE FROM events"] {
        store.writer().execute_unprepared(sql).await.unwrap();
        assert!(matches!(store.events(opened.id, Seq::ZERO, 10, 1000).await, Err(StoreError::Damaged(_))), "{sql}");
    }
    // One that cannot be opened does not keep others from being stored.
    let other = ConversationKey { owner: Owner::local(), id: ConversationId(Uuid::from_u128(9)) };
    let create = Some(NewConversation {
        id: InternalId(Uuid::from_u128(10)),
        epoch: "e".parse().unwrap(),
        metadata: JsonObject::new(),
    });
    let group = [Write::Open { key: key(), create: None, now: now() }, Write::Open { key: other, create, now: now() }];
    let answers = store.commit(&group).await.unwrap();
    assert!(matches!(&answers[..], [Written::Refused(_), Written::Opened(_)]), "{answers:?}");
    store.close().await;
}

#[tokio::test]
async fn what_was_erased_is_not_in_the_file() {
    let file = SqliteFile::new();
    let store = file.open().await;
    let opened = open(&store).await;
    let canary = "canary-4711-".repeat(2000);
    assert_eq!(append(&store, &opened, 1, &canary).await, appended(1));
    assert!(holds(&file, b"canary-4711"));
    let erase = Write::Erase { conversation: opened.id, fence: opened.fence, now: now() };
    assert_eq!(store.commit(&[erase]).await, Ok(vec![Written::Erased]));
    assert!(!holds(&file, b"canary-4711"));
    store.close().await;
}

fn holds(file: &SqliteFile, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(file.0.path()).unwrap();
    files
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .any(|text| text.windows(bytes.len()).any(|window| window == bytes))
}

#[tokio::test]
async fn every_entity_fits_its_table() {
    use entity::{
        agent_conversation_data, agent_interaction, agent_switch, approval, conversation, event, message, tool_effect,
        turn,
    };
    use sea_orm::EntityTrait;
    async fn check<E: EntityTrait>(store: &SqlStore) {
        assert!(E::find().one(&store.reader()).await.is_ok(), "{:?}", E::default());
    }
    let (file, database) = (SqliteFile::new(), PostgresDatabase::create().await);
    for store in [file.open().await, database.open().await] {
        let opened = open(&store).await;
        append(&store, &opened, 1, "words").await.unwrap();
        store.set_agent_switch(&"a".parse().unwrap(), true, now()).await.unwrap();
        check::<conversation::Entity>(&store).await;
        check::<turn::Entity>(&store).await;
        check::<event::Entity>(&store).await;
        check::<message::Entity>(&store).await;
        check::<agent_interaction::Entity>(&store).await;
        check::<agent_conversation_data::Entity>(&store).await;
        check::<agent_switch::Entity>(&store).await;
        check::<tool_effect::Entity>(&store).await;
        check::<approval::Entity>(&store).await;
        store.close().await;
    }
    database.drop().await;
}
