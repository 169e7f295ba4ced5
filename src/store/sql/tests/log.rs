//! The write-ahead log of SQLite: moved into the file beside the writer, and never long.

use std::{path::PathBuf, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, Statement, TransactionTrait,
    sqlx::{ConnectOptions, Connection, query_scalar, sqlite::SqliteConnectOptions},
};

use super::{append, appended, growth::Writer, holds, now, open};
use crate::store::{
    Store, Write, Written,
    sql::{CheckpointBounds, SqlOptions, SqlStore, testing::SqliteFile},
};

const LOG_BYTES_MAX: usize = 256 * 1024;

fn options(file: &SqliteFile) -> SqlOptions {
    let checkpoints = CheckpointBounds { checkpoint_interval: Duration::from_millis(20), log_bytes_max: LOG_BYTES_MAX };
    SqlOptions { checkpoints, ..file.options() }
}

fn path(file: &SqliteFile, suffix: &str) -> PathBuf {
    file.0.path().join(format!("test.sqlite{suffix}"))
}

fn bytes_of(write: &Write) -> u64 {
    let Write::Append { events, .. } = write else { return 0 };
    events.iter().map(|event| event.body.len() as u64).sum()
}

/// Commits of ten turns without a pause; answers all bytes that went through the log, at least, and its greatest length.
async fn write(store: &SqlStore, file: &SqliteFile, commits: i64) -> (u64, u64) {
    let mut writer = Writer::new(store).await;
    let (mut written, mut longest) = (0, 0);
    for number in 0..commits {
        let group: Vec<_> = (0..10).map(|turn| writer.turn(number * 10 + turn)).collect();
        written += group.iter().map(bytes_of).sum::<u64>();
        store.commit(&group).await.unwrap();
        longest = longest.max(std::fs::metadata(path(file, "-wal")).unwrap().len());
    }
    (written, longest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stays_short_while_somebody_writes_without_a_pause() {
    let file = SqliteFile::new();
    let store = SqlStore::connect(options(&file)).await.unwrap();
    let (mut written, mut longest) = (0, 0);
    // Much more than its bound, and on a busy machine, where the two that move it meet more often, more than that: a log
    // without a bound is always as long as what was written.
    while written < 40 * LOG_BYTES_MAX as u64 || longest > written / 4 {
        let (more, length) = write(&store, &file, 50).await;
        (written, longest) = (written + more, longest.max(length));
        assert!(written < 1000 * LOG_BYTES_MAX as u64, "{written} bytes were written, the log was {longest} long");
    }
    store.close().await;
    assert!(!path(&file, "-wal").exists(), "the last one to close moves what is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_is_in_the_file_itself_a_moment_later() {
    let file = SqliteFile::new();
    let store = SqlStore::connect(options(&file)).await.unwrap();
    write(&store, &file, 3).await;
    let alone = file.0.path().join("copy.sqlite");
    let moved = async {
        loop {
            // What a try before left beside its copy belongs to another one.
            for suffix in ["-wal", "-shm"] {
                std::fs::remove_file(file.0.path().join(format!("copy.sqlite{suffix}"))).ok();
            }
            std::fs::copy(path(&file, ""), &alone).unwrap();
            if turns_in(&alone).await == Some(30) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), moved).await.expect("moved without another write");
    store.close().await;
}

/// None where the copy was taken in the middle of a move.
async fn turns_in(file: &std::path::Path) -> Option<i64> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.ok()?;
    let count = query_scalar("SELECT COUNT(*) FROM turns").fetch_one(&mut connection).await.ok();
    connection.close().await.ok();
    count
}

const CANARY: &[u8] = b"canary-4711";

/// The conversation and its canary, in the log or in the file.
async fn with_canary(store: &SqlStore, file: &SqliteFile) -> Write {
    let opened = open(store).await;
    assert_eq!(append(store, &opened, 1, &"canary-4711-".repeat(2000)).await, appended(1));
    let found = async {
        // Whoever looks into the file and then into the log sees it nowhere where it was moved in between.
        while !holds(file, CANARY) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("the canary");
    Write::Erase { conversation: opened.id, fence: opened.fence, now: now() }
}

/// Somebody who reads, and needs what the log has now.
async fn reading(store: &SqlStore) -> DatabaseTransaction {
    let snapshot = store.reader().begin().await.unwrap();
    let read = Statement::from_string(DbBackend::Sqlite, "SELECT COUNT(*) FROM messages");
    assert_eq!(snapshot.query_one_raw(read).await.unwrap().unwrap().try_get_by_index::<i64>(0), Ok(1));
    snapshot
}

async fn until_gone(file: &SqliteFile) {
    let gone = async {
        while holds(file, CANARY) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the bytes go without another write");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_while_somebody_read_it_leaves_the_log_once_they_are_done() {
    let file = SqliteFile::new();
    let store = SqlStore::connect(options(&file)).await.unwrap();
    let erase = with_canary(&store, &file).await;
    let snapshot = reading(&store).await;
    assert_eq!(store.commit(&[erase]).await, Ok(vec![Written::Erased]));
    // Some ticks pass, and whoever reads keeps what they read.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(holds(&file, CANARY), "the reader was not in the way, so this shows nothing");
    snapshot.rollback().await.unwrap();
    until_gone(&file).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_right_before_a_kill_leaves_the_log_after_the_next_start() {
    let (file, left) = (SqliteFile::new(), SqliteFile::new());
    let store = SqlStore::connect(options(&file)).await.unwrap();
    let erase = with_canary(&store, &file).await;
    let snapshot = reading(&store).await;
    assert_eq!(store.commit(&[erase]).await, Ok(vec![Written::Erased]));
    for suffix in ["", "-wal"] {
        std::fs::copy(path(&file, suffix), path(&left, suffix)).unwrap();
    }
    assert!(holds(&left, CANARY), "the kill came after the log was emptied, so this shows nothing");
    let survivor = SqlStore::connect(options(&left)).await.unwrap();
    until_gone(&left).await;
    survivor.close().await;
    snapshot.rollback().await.unwrap();
    store.close().await;
}
