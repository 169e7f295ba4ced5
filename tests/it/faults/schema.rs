//! A schema that is half made, or newer than the server.

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
};

use faultproxy::{End, Proxy, Way};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use switchboard::store::sql::{ConnectError, SqlOptions, SqlStore};

use crate::support::{
    server::{CONCIERGE, Starting, TestServer},
    sql::empty_postgres,
};

/// The kernel refuses to let a file grow.
const SIGXFSZ: i32 = 25;

async fn count(database: &DatabaseConnection, of: &str) -> i64 {
    let sql = Statement::from_string(database.get_database_backend(), format!("SELECT COUNT(*) FROM {of}"));
    database.query_one_raw(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn cut_anywhere_while_the_schema_is_made_there_is_all_of_it_or_nothing() {
    let url = empty_postgres().await;
    let (proxy, direct) = (Proxy::before(&url).unwrap(), Database::connect(&url).await.unwrap());
    let tables = "information_schema.tables WHERE table_schema = 'public'";
    let mut cuts = 0;
    for bytes in (50..).step_by(1_500) {
        proxy.end_after(Way::ToServer, bytes, End::Cut);
        let connected = SqlStore::connect(SqlOptions::new(proxy.url(&url).into())).await;
        if !proxy.disarm() {
            connected.unwrap().close().await;
            break;
        }
        if let Err(error) = connected {
            assert!(matches!(error, ConnectError::Open { .. } | ConnectError::Migrate { .. }), "{bytes}: {error}");
            assert_eq!(count(&direct, tables).await, 0, "{bytes}");
            cuts += 1;
        }
    }
    assert!(cuts >= 5, "only {cuts} cuts");
    assert_eq!(count(&direct, "seaql_migrations").await, 16);
}

/// The kernel ends the server at the first byte that makes a file longer than this, whatever it is doing.
fn killed_at(kilobytes: u64) -> Starting {
    // In blocks of 512 bytes.
    let script = format!(r#"ulimit -c 0; ulimit -f {}; exec "$@""#, kilobytes * 2);
    Starting::with(CONCIERGE).inside(&["sh", "-c", &script, "sh"])
}

/// Looks at a copy: whoever opens the file mends it.
async fn tables_in_copy(file: &Path) -> i64 {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    for end in ["", "-wal"] {
        let original = PathBuf::from(format!("{}{end}", file.display()));
        if original.exists() {
            std::fs::copy(original, format!("{}{end}", copy.display())).unwrap();
        }
    }
    let database = Database::connect(format!("sqlite://{}?mode=rwc", copy.display())).await.unwrap();
    let tables = count(&database, "sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").await;
    database.close().await.unwrap();
    tables
}

#[tokio::test]
async fn killed_anywhere_while_the_schema_is_made_in_a_file_the_next_start_makes_it() {
    let mut whole = TestServer::with(CONCIERGE);
    whole.terminate().await;
    // All of it went through the log, which takes a little more for each page.
    let kilobytes = std::fs::metadata(whole.data().join("switchboard.db")).unwrap().len() / 1024;
    drop(whole);
    assert!(kilobytes > 100, "the schema takes only {kilobytes} kB");
    for kilobytes in (8..kilobytes).step_by(24) {
        let mut starting = killed_at(kilobytes);
        let (status, said) = starting.fail();
        assert_eq!(status.signal(), Some(SIGXFSZ), "{kilobytes} kB: {status}: {said}");
        assert_eq!(tables_in_copy(&starting.file()).await, 0, "{kilobytes} kB");
        super::assert_recovers(&starting.inside(&[]).start()).await;
    }
}

/// A change of the schema is there, but not written down: as after a backup that was put back in parts.
async fn check_half_made(mut server: TestServer, url: &str) {
    server.terminate().await;
    let database = Database::connect(url).await.unwrap();
    let change = "m20261123_000010_retention";
    let forget = format!("DELETE FROM seaql_migrations WHERE version = '{change}'");
    database.execute_unprepared(&forget).await.unwrap();
    let (status, said) = server.restart_fails();
    assert_eq!(status.code(), Some(69), "{said}");
    for words in [change, "cannot be brought up to date", "nothing was changed", "restore a backup"] {
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }
    let remember = |change: &str| format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{change}', 1)");
    database.execute_unprepared(&remember(change)).await.unwrap();
    server.restart(None).await;
    super::assert_recovers(&server).await;
    server.terminate().await;
    database.execute_unprepared(&remember("m99990101_000001_future")).await.unwrap();
    let (status, said) = server.restart_fails();
    assert_eq!(status.code(), Some(69), "{said}");
    assert!(said.contains("m99990101_000001_future") && said.contains("run the newer server"), "{said}");
}

#[tokio::test]
async fn a_half_made_or_newer_schema_on_sqlite_is_named_with_what_to_do() {
    let server = TestServer::with(CONCIERGE);
    let url = format!("sqlite://{}", server.data().join("switchboard.db").display());
    check_half_made(server, &url).await;
}

#[tokio::test]
async fn a_half_made_or_newer_schema_on_postgresql_is_named_with_what_to_do() {
    let url = empty_postgres().await;
    let server = Starting::with(CONCIERGE).env("SWITCHBOARD_DATABASE__URL", &url).start();
    check_half_made(server, &url).await;
}
