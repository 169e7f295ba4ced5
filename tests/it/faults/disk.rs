//! The disk is full.

use std::{fs, path::PathBuf, process::Command};

use serde_json::json;

use super::{assert_recovers, assert_refuses, assert_stored_once};
use crate::support::{
    client::{assert_dense, new_id},
    server::{CONCIERGE, Starting, TestServer},
};

/// What makes the disk full.
enum Disk {
    /// 4 MB of memory as a file system that the server alone sees.
    Small,
    /// Where nothing may be mounted: the kernel refuses to let any file of the server grow beyond 1 MiB.
    Limited,
}

impl Disk {
    fn new() -> Self {
        let script = "mount -t tmpfs -o size=4m tmpfs /mnt";
        if Command::new("unshare").args(["-rm", "sh", "-c", script]).status().is_ok_and(|status| status.success()) {
            return Self::Small;
        }
        eprintln!("this machine mounts nothing for us: a limit on the size of files stands in for a 4 MB disk");
        Self::Limited
    }

    fn start(&self) -> TestServer {
        let script = match self {
            Self::Small => r#"mkdir data && mount -t tmpfs -o size=4m tmpfs data && exec "$@""#,
            // In blocks of 512 bytes. Without the trap the kernel ends the process instead of refusing.
            Self::Limited => r#"trap '' XFSZ; ulimit -S -f 2048; exec "$@""#,
        };
        let shell = ["sh", "-c", script, "sh"];
        let around = match self {
            Self::Small => ["unshare", "-rm"].iter().chain(&shell).copied().collect(),
            Self::Limited => shell.to_vec(),
        };
        Starting::with(CONCIERGE).inside(&around).start()
    }

    /// Takes what is left of the disk, as somebody else's file would.
    fn fill(&self, server: &TestServer) {
        if matches!(self, Self::Small) {
            let rest = vec![0; 8 << 20];
            // It takes what fits.
            fs::write(stuffing(server), rest).unwrap_err();
        }
    }

    fn make_room(&self, server: &TestServer) {
        match self {
            Self::Small => fs::remove_file(stuffing(server)).unwrap(),
            Self::Limited => {
                let pid = server.pid().to_string();
                let raised = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:"]).status();
                assert!(raised.unwrap().success());
            }
        }
    }
}

/// As the server sees it.
fn stuffing(server: &TestServer) -> PathBuf {
    PathBuf::from(format!("/proc/{}/cwd/data/stuffing", server.pid()))
}

#[tokio::test]
async fn a_full_disk_refuses_loses_nothing_and_goes_on_when_there_is_room() {
    let disk = Disk::new();
    let server = disk.start();
    let id = new_id();
    let path = format!("/api/conversations/{id}/messages");
    let first = json!({ "content": "hello", "clientMessageId": "hello" });
    server.post(&format!("{path}?wait=true"), first).await.expect(200);
    disk.fill(&server);
    let words = "words ".repeat(5_000);
    let mut accepted = vec!["hello".to_owned()];
    // Until it is full, each is accepted or refused, and nothing in between.
    for number in 0..500 {
        let body = json!({ "content": format!("{number} {words}"), "clientMessageId": format!("m{number}") });
        let answer = tokio::select! {
            answer = server.post(&path, body) => answer,
            () = super::until_unavailable(&server) => break,
        };
        if answer.status == 503 {
            answer.expect_problem(503, "storage_unavailable");
            break;
        }
        assert!([202, 429].contains(&answer.status), "{}", answer.body);
        if answer.status == 202 {
            accepted.push(format!("m{number}"));
        }
    }
    assert_refuses(&server).await;
    let log = server.log();
    assert!(log.contains("the store does not take writes"), "{log}");
    assert!(log.contains("full") || log.contains("disk I/O error"), "{log}");
    let head = server.events(&id).await.len();
    disk.make_room(&server);
    assert_recovers(&server).await;
    let events = server.events(&id).await;
    assert_dense(&events);
    assert!(events.len() >= head);
    assert_stored_once(&events, &accepted);
}
