//! A cancel while the database is silent: what runs is stopped at once, and what is acknowledged is stored first.

use std::time::Duration;

use fakemodel::{FakeModel, Script};
use faultproxy::Proxy;
use serde_json::{Value, json};

use super::UnderWay;
use crate::support::{
    client::{Api, PATIENCE},
    server::{CONCIERGE, Starting},
    sql::empty_postgres,
};

/// A server that waits for its database far longer than this test for anything, and whose agent does not end by itself.
fn patient(database: &str, model: &FakeModel) -> Starting {
    let config = format!(
        "{CONCIERGE}  - {{ id: talker, kind: model, model: fake, intents: [talk] }}\nmodels:\n  fake: {{ base_url: \
         '{}', model: m, first_byte_timeout: 1h, chunk_timeout: 1h, call_timeout: 1h }}\ndatabase: {{ acquire_timeout: \
         2m, statement_timeout: 4m, commit_timeout: 5m }}\n",
        model.url()
    );
    Starting::with(&config).env("SWITCHBOARD_DATABASE__URL", database)
}

/// How a turn is cancelled.
#[derive(Debug, Clone, Copy)]
enum Over {
    Http,
    WebSocket,
}

async fn until_left(model: &FakeModel) {
    let left = async {
        while model.dropped_clients().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, left).await.is_ok(), "the model's socket is still open");
}

async fn check(over: Over, target: impl Fn(&UnderWay) -> Value) {
    let database = empty_postgres().await;
    let proxy = Proxy::before(&database).unwrap();
    let model = FakeModel::start(vec![Script::text("one two three").stall_after(3)]).await;
    let server = patient(&proxy.url(&database), &model).start();
    let mut turn = UnderWay::begin(&server).await;
    let target = target(&turn);
    proxy.silence(true);
    let asked = match over {
        Over::Http => {
            let (api, path) = (Api::clone(&server), format!("/api/conversations/{}/cancel", turn.id));
            Some(tokio::spawn(async move { api.post(&path, target).await }))
        }
        Over::WebSocket => {
            let mut frame = target;
            frame["op"] = json!("cancel");
            turn.ws.send(frame).await;
            None
        }
    };
    until_left(&model).await;
    server.until_metric("switchboard_agent_runs_active{agent=\"talker\"}", 0).await;
    if let Some(asked) = &asked {
        assert!(!asked.is_finished(), "it was acknowledged before it was stored");
    }
    proxy.speak();
    if let Some(asked) = asked {
        assert_eq!(asked.await.unwrap().expect(202)["status"], "cancelled");
    }
    assert_eq!(turn.end(&server).await.last().unwrap()["status"], "cancelled");
}

fn turn_id(turn: &UnderWay) -> Value {
    json!({ "turnId": turn.seen.last().unwrap()["turnId"] })
}

fn message_id(_: &UnderWay) -> Value {
    json!({ "clientMessageId": "m" })
}

#[tokio::test]
async fn a_cancel_of_a_turn_closes_the_models_socket_though_the_database_is_silent() {
    check(Over::Http, turn_id).await;
}

#[tokio::test]
async fn so_does_one_over_a_websocket() {
    check(Over::WebSocket, turn_id).await;
}

#[tokio::test]
async fn so_does_one_of_a_message() {
    check(Over::Http, message_id).await;
}
