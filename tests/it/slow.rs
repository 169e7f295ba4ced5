//! A client that reads slowly, or not at all, harms only itself.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use switchboard::agent::catalog::AgentLimits;
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::support::{
    client::{PATIENCE, assert_dense, new_id},
    embedded::Embedded,
    raw::{UPGRADE, never_reading},
    scripted::scripted,
};

/// Far more than the kernel takes for a client that does not read.
const FLOOD: &str = "alpha flood";

fn server(write_deadline: Duration) -> Embedded {
    Embedded::with(vec![scripted("alpha", AgentLimits::default())], |options| {
        options.sessions.write_deadline = write_deadline;
        options.server.write_deadline = write_deadline;
    })
}

async fn sessions(server: &Embedded) -> u64 {
    server.metric("switchboard_sessions").await
}

async fn until_sessions(server: &Embedded, wanted: u64) {
    let seen = async {
        while sessions(server).await != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the sessions that were left");
}

async fn check_cut_off(path: &str, headers: &str) {
    let server = server(Duration::from_millis(500));
    let id = new_id();
    server.post("/api/conversations", json!({ "conversationId": id })).await.expect(201);
    let mut deaf = never_reading(&server, &path.replace("ID", &id), headers).await;
    until_sessions(&server, 1).await;
    let mut other = server.ws(&id).await;
    other.subscribe(None).await;
    other.send(json!({ "op": "message", "clientMessageId": "m", "content": FLOOD })).await;
    let seen = other.until("turn_end").await;
    assert_dense(&seen);
    until_sessions(&server, 1).await;
    // What the kernel had taken comes, and then the end: the server closed it.
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), deaf.read_to_end(&mut rest)).await;
    read.expect("a socket that is closed").ok();
}

#[tokio::test]
async fn a_websocket_that_reads_nothing_is_cut_off_and_the_others_get_everything() {
    check_cut_off("/api/ws/ID?after=0", UPGRADE).await;
}

#[tokio::test]
async fn an_event_stream_that_reads_nothing_is_cut_off_and_the_others_get_everything() {
    check_cut_off("/api/stream/ID?after=0", "").await;
}

#[tokio::test]
async fn a_slow_reader_gets_every_event_once_in_order_however_late() {
    let server = server(Duration::from_secs(10));
    let id = new_id();
    let mut slow = never_reading(&server, &format!("/api/stream/{id}"), "").await;
    until_sessions(&server, 1).await;
    server.say(&id, FLOOD).await;
    server.call(Method::POST, &format!("/api/conversations/{id}/end"), None, &[]).await.expect(200);
    let mut text = Vec::new();
    let mut piece = vec![0; 16 * 1024];
    let read = async {
        loop {
            let taken = slow.read(&mut piece).await.unwrap();
            text.extend_from_slice(&piece[..taken]);
            if taken == 0 || text.ends_with(b"0\r\n\r\n") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), read).await.expect("the end of the stream");
    let seen: Vec<u64> = ids(&String::from_utf8_lossy(&text));
    let stored = server.events(&id).await;
    assert_eq!(seen, (1..=stored.len() as u64).collect::<Vec<_>>());
    assert_eq!(stored.last().unwrap()["type"], "conversation_end");
}

#[tokio::test]
async fn a_client_that_caught_up_after_it_read_nothing_follows_what_comes_then_and_hears_of_the_end() {
    let server = server(Duration::from_mins(1));
    let id = new_id();
    let mut slow = never_reading(&server, &format!("/api/stream/{id}"), "").await;
    until_sessions(&server, 1).await;
    server.say(&id, FLOOD).await;
    let mut text = Vec::new();
    for turns in 1..=2 {
        read_until(&mut slow, &mut text, |text| text.matches("\"turn_end\"").count() == turns).await;
        if turns == 1 {
            server.say(&id, "alpha say=more").await;
        }
    }
    server.call(Method::DELETE, &format!("/api/conversations/{id}"), None, &[]).await.expect(204);
    read_until(&mut slow, &mut text, |text| text.ends_with("0\r\n\r\n")).await;
}

/// Reads on until what came is so.
async fn read_until(from: &mut TcpStream, text: &mut Vec<u8>, is_so: impl Fn(&str) -> bool) {
    let read = async {
        while !is_so(&String::from_utf8_lossy(text)) {
            assert!(from.read_buf(text).await.unwrap() > 0, "the stream ended too early");
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("what was waited for");
}

/// The `seq` of each event. A chunk's border may stand inside a line, so lines are told by how they begin.
fn ids(text: &str) -> Vec<u64> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("id: "));
    lines.filter_map(|id| id.rsplit_once(':')?.1.parse().ok()).collect()
}
