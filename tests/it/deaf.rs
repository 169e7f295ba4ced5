//! What a client costs that never reads: measured from outside, at the process and in the kernel.

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use serde_json::json;
use tokio::net::TcpStream;

use crate::support::{
    client::{PATIENCE, new_id},
    raw::{UPGRADE, never_reading},
    server::{CONCIERGE, TestServer},
};

/// So many that what is there once, such as the caches of the database, hardly counts.
const CLIENTS: usize = 100;
/// Heap and kernel of one.
const BYTES_MAX: usize = 512 * 1024;

/// A server whose agent says a mebibyte, as fast as it goes.
async fn server() -> (TestServer, FakeModel) {
    let model = FakeModel::start(Vec::new()).await;
    model.when("flood", Script::endless(&"on and on ".repeat(100)));
    let config = format!(
        "{CONCIERGE}  - {{ id: talker, kind: model, model: fake, intents: [flood] }}\nmodels:\n  fake: {{ base_url: \
         '{}', model: m }}\nlimits: {{ write_deadline: 3s }}\n",
        model.url()
    );
    (TestServer::with(&config), model)
}

async fn flood(server: &TestServer, id: &str) {
    let path = format!("/api/conversations/{id}/messages");
    server.post(&path, json!({ "content": "flood" })).await.expect(202);
}

fn heap(server: &TestServer) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

/// Bytes that the kernel holds for clients of the server because they do not take them. Twice, because it does not count
/// what it needs around them.
fn kernel(server: &TestServer) -> usize {
    let port: u16 = server.url.rsplit(':').next().unwrap().parse().unwrap();
    let local = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let queued = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (sending, _) = fields[4].split_once(':').filter(|_| fields[1].ends_with(&local))?;
        usize::from_str_radix(sending, 16).ok()
    });
    2 * queued.sum::<usize>()
}

async fn check(path: &str, headers: &str) {
    let (server, _model) = server().await;
    let [warm, id] = [new_id(), new_id()];
    for id in [&warm, &id] {
        server.post("/api/conversations", json!({ "conversationId": id })).await.expect(201);
    }
    // What one flood costs by itself is no matter of the clients.
    let mut reading = server.ws_at(&format!("/api/ws/{warm}?after=0")).await;
    flood(&server, &warm).await;
    reading.until("turn_end").await;
    drop(reading);
    server.until_metric("switchboard_sessions", 0).await;
    let before = heap(&server) + kernel(&server);
    let mut deaf: Vec<TcpStream> = Vec::new();
    for _ in 0..CLIENTS {
        deaf.push(never_reading(&server, &path.replace("ID", &id), headers).await);
    }
    server.until_metric("switchboard_sessions", CLIENTS as u64).await;
    flood(&server, &id).await;
    let (mut most, mut queued) = (0, 0);
    let cut = async {
        while server.metric("switchboard_sessions").await > 0 {
            queued = queued.max(kernel(&server));
            most = most.max(heap(&server) + kernel(&server));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(2 * PATIENCE, cut).await.expect("clients that are cut off");
    let each = most.saturating_sub(before) / CLIENTS;
    println!("{path}: {each} bytes for each, {} of them in the kernel", queued / CLIENTS);
    assert!(queued > 0, "the clients did not take everything");
    assert!(each <= BYTES_MAX, "{each} bytes for each client");
}

#[tokio::test]
async fn a_websocket_that_never_reads_costs_little_until_it_is_cut_off() {
    check("/api/ws/ID?after=0", UPGRADE).await;
}

#[tokio::test]
async fn an_event_stream_that_never_reads_costs_little_until_it_is_cut_off() {
    check("/api/stream/ID?after=0", "").await;
}
