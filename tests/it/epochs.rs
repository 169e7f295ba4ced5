//! A history that may have lost something is another one, and one that lost nothing is not.

use serde_json::{Value, json};

use crate::support::{
    client::new_id,
    server::{CONCIERGE, TestServer},
};

const PRICE: &str = "cost 500, commission 15%, logistics 60, tax 6%, margin 25%";

fn config(synchronous: &str) -> String {
    format!("{CONCIERGE}database: {{ url: 'sqlite://data/switchboard.db', synchronous: {synchronous} }}\n")
}

/// As if the machine had started anew: what the server noted is of another boot.
fn another_boot(server: &TestServer) {
    let path = server.data().join("switchboard.db-boot");
    let mut mark: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    mark["boot_id"] = json!("another");
    std::fs::write(path, mark.to_string()).unwrap();
}

/// What a client is told that comes back with what it saw before.
async fn come_back(server: &TestServer, id: &str, epoch: &str) -> Value {
    let mut ws = server.ws_at(&format!("/api/ws/{id}?after=3&epoch={epoch}")).await;
    ws.op("subscribed", &mut Vec::new()).await
}

async fn epoch(server: &TestServer, id: &str) -> String {
    server.get(&format!("/api/conversations/{id}")).await.expect(200)["epoch"].as_str().unwrap().to_owned()
}

async fn check(synchronous: &str, loses_power: bool, recovers: bool) {
    let mut server = TestServer::with(&config(synchronous));
    let id = new_id();
    server.say(&id, PRICE).await;
    let before = epoch(&server, &id).await;
    server.kill();
    if loses_power {
        another_boot(&server);
    }
    server.restart(None).await;
    let subscribed = come_back(&server, &id, &before).await;
    assert_eq!(subscribed["recovered"], recovers, "{subscribed}");
    if !recovers {
        assert_eq!(subscribed["reason"], "epoch_mismatch");
        assert_eq!(subscribed["snapshot"]["messages"][0]["content"], PRICE);
        let now = epoch(&server, &id).await;
        assert_eq!(come_back(&server, &id, &now).await["recovered"], true);
        server.say(&id, PRICE).await;
    }
}

#[tokio::test]
async fn a_power_loss_with_normal_is_another_history() {
    check("normal", true, false).await;
}

#[tokio::test]
async fn a_kill_with_normal_loses_nothing() {
    check("normal", false, true).await;
}

#[tokio::test]
async fn a_power_loss_with_full_loses_nothing() {
    check("full", true, true).await;
}

#[tokio::test]
async fn a_new_boot_after_an_end_in_order_loses_nothing_with_normal_either() {
    let mut server = TestServer::with(&config("normal"));
    let id = new_id();
    server.say(&id, PRICE).await;
    let before = epoch(&server, &id).await;
    assert!(server.terminate().await.success());
    another_boot(&server);
    server.restart(None).await;
    assert_eq!(come_back(&server, &id, &before).await["recovered"], true);
}
