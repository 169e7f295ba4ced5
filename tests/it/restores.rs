//! A backup, and a database that it takes the place of: no client is shown other events under numbers that it knows.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{
    client::new_id,
    server::{CONCIERGE, Said, Starting, TestServer},
    sql::empty_postgres,
};

const PRICE: &str = "cost 500, commission 15%, logistics 60, tax 6%, margin 25%";

fn server() -> TestServer {
    TestServer::with(&format!("{CONCIERGE}database: {{ url: 'sqlite://data/switchboard.db' }}\n"))
}

/// A position as a client keeps it.
async fn position(server: &TestServer, id: &str) -> (String, u64) {
    let record = server.get(&format!("/api/conversations/{id}")).await.expect(200);
    (record["epoch"].as_str().unwrap().to_owned(), record["head"].as_u64().unwrap())
}

async fn come_back(server: &TestServer, id: &str, (epoch, after): &(String, u64)) -> Value {
    let mut ws = server.ws_at(&format!("/api/ws/{id}?after={after}&epoch={epoch}")).await;
    ws.op("subscribed", &mut Vec::new()).await
}

fn backup(server: &TestServer) -> PathBuf {
    let file = server.data().with_file_name("backup.db");
    let said = server.command(&["backup", file.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
    file
}

fn restore(server: &TestServer, file: &Path) -> Said {
    server.command(&["restore", file.to_str().unwrap()])
}

/// The file that the text says was kept.
fn kept(server: &TestServer) -> PathBuf {
    let files = std::fs::read_dir(server.data()).unwrap().map(|entry| entry.unwrap().path());
    let is_kept = |path: &PathBuf| {
        let path = path.to_str().unwrap();
        path.contains("before-restore") && !path.ends_with("-boot")
    };
    let kept: Vec<_> = files.filter(is_kept).collect();
    let [kept] = &kept[..] else { panic!("{kept:?}") };
    kept.clone()
}

#[tokio::test]
async fn a_client_that_saw_what_a_restore_took_back_is_told_and_never_shown_others_for_it() {
    let mut server = server();
    let id = new_id();
    server.say(&id, PRICE).await;
    let file = backup(&server);
    server.say(&id, PRICE).await;
    let seen = position(&server, &id).await;
    // What came last stands in the write-ahead log alone.
    server.kill();
    let said = restore(&server, &file);
    assert_eq!(said.code, Some(0), "{said:?}");
    for expected in ["1 conversations have a new epoch", "before-restore", "next: start the server"] {
        assert!(said.text.contains(expected), "`{expected}` is not in {said:?}");
    }
    server.restart(None).await;
    let restored = position(&server, &id).await;
    assert!(restored.1 < seen.1, "{restored:?} {seen:?}");
    for _ in 0..2 {
        server.say(&id, "What can you do?").await;
    }
    assert!(position(&server, &id).await.1 >= seen.1, "others have its numbers");
    let subscribed = come_back(&server, &id, &seen).await;
    assert_eq!((&subscribed["recovered"], &subscribed["reason"]), (&json!(false), &json!("epoch_mismatch")));
    assert_eq!(subscribed["snapshot"]["messages"][0]["content"], PRICE);
    let mut stream =
        server.sse(&format!("/api/stream/{id}"), &[("last-event-id", &format!("{}:{}", seen.0, seen.1))]).await;
    assert_eq!(stream.next().await.unwrap().data["reason"], "epoch_mismatch");
    assert_eq!(come_back(&server, &id, &restored).await["recovered"], true, "the new history is one as any");
}

#[tokio::test]
async fn what_gives_way_to_a_backup_is_kept_whole() {
    let mut server = server();
    let id = new_id();
    let file = backup(&server);
    server.say(&id, PRICE).await;
    let before = server.events(&id).await;
    server.kill();
    assert_eq!(restore(&server, &file).code, Some(0));
    let old = server.data().with_file_name("old.db");
    std::fs::rename(kept(&server), &old).unwrap();
    server.restart(None).await;
    server.get(&format!("/api/conversations/{id}")).await.expect_problem(404, "not_found");
    assert!(server.terminate().await.success());
    assert_eq!(restore(&server, &old).code, Some(0));
    server.restart(None).await;
    assert_eq!(server.events(&id).await, before);
}

#[tokio::test]
async fn a_folder_that_was_copied_after_a_kill_is_a_backup_with_what_stands_in_its_log() {
    let mut server = server();
    let id = new_id();
    server.say(&id, PRICE).await;
    let before = server.events(&id).await;
    server.kill();
    let copied = server.data().with_file_name("copied");
    std::fs::create_dir(&copied).unwrap();
    for name in ["switchboard.db", "switchboard.db-wal"] {
        std::fs::copy(server.data().join(name), copied.join(name)).unwrap();
    }
    std::fs::remove_dir_all(server.data()).unwrap();
    assert_eq!(restore(&server, &copied.join("switchboard.db")).code, Some(0));
    server.restart(None).await;
    assert_eq!(server.events(&id).await, before);
}

#[tokio::test]
async fn what_cannot_be_restored_is_named_and_the_database_stays() {
    let mut server = server();
    let id = new_id();
    let file = backup(&server);
    server.say(&id, PRICE).await;
    let (before, seen) = (server.events(&id).await, position(&server, &id).await);
    let refused = |server: &TestServer, file: &Path, code: i32, words: &str| {
        let said = restore(server, file);
        assert_eq!(said.code, Some(code), "{said:?}");
        assert!(said.text.contains(words) && said.text.contains("did nothing"), "{said:?}");
    };
    refused(&server, &file, 73, "held by another running switchboard");
    let again = server.command(&["backup", file.to_str().unwrap()]);
    assert_eq!(again.code, Some(1), "a file that is there: {again:?}");
    assert!(server.terminate().await.success());
    let text = server.data().with_file_name("text");
    std::fs::write(&text, b"no database at all, but long enough".repeat(99)).unwrap();
    refused(&server, &text, 65, "is no database of switchboard");
    refused(&server, &text.with_file_name("nowhere"), 1, "nowhere");
    refused(&server, &server.data().join("switchboard.db"), 2, "is the database itself");
    server.restart(None).await;
    assert_eq!((server.events(&id).await, position(&server, &id).await), (before, seen));
    let left: Vec<_> = std::fs::read_dir(server.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_str().unwrap().contains("restor")), "{left:?}");
}

/// After the database was restored by other means.
async fn check_epochs_only(mut server: TestServer) {
    let id = new_id();
    server.say(&id, PRICE).await;
    let seen = position(&server, &id).await;
    assert_eq!(server.command(&["restore", "--epochs-only"]).code, Some(73), "while it runs");
    assert!(server.terminate().await.success());
    let said = server.command(&["restore", "--epochs-only"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.text.contains("1 conversations have a new epoch"), "{said:?}");
    server.restart(None).await;
    let subscribed = come_back(&server, &id, &seen).await;
    assert_eq!((&subscribed["recovered"], &subscribed["reason"]), (&json!(false), &json!("epoch_mismatch")));
}

#[tokio::test]
async fn a_database_that_was_restored_by_other_means_counts_as_another_history() {
    check_epochs_only(server()).await;
}

#[tokio::test]
async fn a_postgresql_that_was_restored_counts_as_another_history() {
    let url = empty_postgres().await;
    let server = Starting::with(CONCIERGE).env("SWITCHBOARD_DATABASE__URL", &url).start();
    for (words, instead) in [(["backup", "file"], "pg_dump"), (["restore", "file"], "pg_restore")] {
        let folder = tempfile::tempdir().unwrap();
        let said = server.command(&[words[0], words[1], "--data", folder.path().to_str().unwrap()]);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.text.contains(instead), "{said:?}");
    }
    check_epochs_only(server).await;
}
