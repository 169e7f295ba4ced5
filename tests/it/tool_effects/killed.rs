//! A server that is killed while an agent uses a tool, before and after what the tool answered was stored.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fakemodel::{FakeModel, Request, Script};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};

use crate::support::{
    client::{WsClient, assert_dense, new_id, types},
    server::{CONCIERGE, TestServer},
    shop::{PLACED, Shop},
};

const ANSWER: &str = "Your order is placed.";

/// A model that orders once, and answers when it sees what came of it. While `hesitates`, the answer does not come.
async fn model(shop: &Shop, hesitates: &Arc<AtomicBool>) -> FakeModel {
    let order = json!({ "url": format!("http://127.0.0.1:{}/orders", shop.port()), "method": "POST" }).to_string();
    let hesitates = Arc::clone(hesitates);
    let answer = move |request: &Request| match results(request).len() {
        0 => Script::tool_call("c", "orders", &order),
        _ if hesitates.load(Ordering::SeqCst) => Script::text(ANSWER).first_byte_after(Duration::from_mins(10)),
        _ => Script::text(ANSWER),
    };
    FakeModel::start_on(0, answer).await.unwrap()
}

/// The results of tools that a request tells the model.
fn results(request: &Request) -> Vec<&str> {
    let messages = request.body["messages"].as_array().unwrap().iter();
    messages.filter(|message| message["role"] == "tool").map(|message| message["content"].as_str().unwrap()).collect()
}

fn config(model: &FakeModel, shop: &Shop, effect: &str) -> String {
    format!(
        "{CONCIERGE}  - {{ id: buyer, kind: model, model: fake, intents: [buy], tools: [{{ name: orders }}] }}
models:
  fake: {{ base_url: '{}', model: m, retries_max: 0, first_byte_timeout: 10m, call_timeout: 10m }}
tools:
  orders:
    kind: http
    hosts_allowed: ['127.0.0.1:{}']
    private_addresses_allowed: [127.0.0.0/8]
    methods: [POST]
    effect: {effect}
",
        model.url(),
        shop.port()
    )
}

/// A turn whose server was killed and started again.
struct Recovered {
    events: Vec<Value>,
    keys: Vec<String>,
    /// Effect and status of each line of the ledger, in order.
    ledger: Vec<(String, String)>,
    requests: Vec<Request>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The tool took effect, and its answer is still to come.
    BeforeTheResult,
    /// The answer is stored, and the model has not said what it makes of it.
    AfterTheResult,
}

async fn killed(effect: &str, moment: Moment) -> Recovered {
    let shop = Shop::open(moment == Moment::AfterTheResult).await;
    let hesitates = Arc::new(AtomicBool::new(true));
    let model = model(&shop, &hesitates).await;
    let mut server = TestServer::with(&config(&model, &shop, effect));
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "buy it" })).await;
    match moment {
        Moment::BeforeTheResult => shop.until_orders(1).await,
        Moment::AfterTheResult => drop(ws.until("tool_result").await),
    }
    server.kill();
    shop.answer();
    hesitates.store(false, Ordering::SeqCst);
    let (events, _) = back(&mut server, &id).await;
    let ledger = ledger(&server.database_url()).await;
    Recovered { events, keys: shop.orders(), ledger, requests: model.requests() }
}

/// Starts a killed server again: the conversation up to the end of its turn, and the client that follows it.
async fn back(server: &mut TestServer, id: &str) -> (Vec<Value>, WsClient) {
    server.restart(None).await;
    let mut ws = server.ws(id).await;
    ws.subscribe(None).await;
    let events = ws.until("turn_end").await;
    assert_dense(&events);
    assert_paired(&events);
    (events, ws)
}

/// Each call has exactly one result, before the end of its run.
#[track_caller]
fn assert_paired(events: &[Value]) {
    let ids = |kind: &str| {
        let of_kind = events.iter().filter(|event| event["type"] == kind);
        of_kind.map(|event| event["toolCallId"].as_str().unwrap()).collect::<Vec<_>>()
    };
    let mut calls = ids("tool_execution");
    assert_eq!(calls, ids("tool_result"));
    calls.dedup();
    assert_eq!(calls.len(), ids("tool_execution").len(), "an id was given twice");
}

async fn ledger(url: &str) -> Vec<(String, String)> {
    let database = Database::connect(url).await.unwrap();
    let sql = "SELECT effect, status FROM tool_effects ORDER BY seq_intent";
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
    let lines = rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect();
    database.close().await.unwrap();
    lines
}

fn lines(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(effect, status)| ((*effect).to_owned(), (*status).to_owned())).collect()
}

/// The answer came, and the model was told of the order once.
#[track_caller]
fn assert_answered(turn: &Recovered) {
    let end = turn.events.last().unwrap();
    assert_eq!((&end["status"], &end["runs"]), (&json!("completed"), &json!(2)), "{:?}", turn.events);
    let told = results(turn.requests.last().unwrap());
    assert!(told.len() == 1 && told[0].contains(PLACED), "{told:?}");
    let said = turn.events.iter().filter(|event| event["type"] == "message_complete");
    assert_eq!(said.map(|event| &event["content"]).collect::<Vec<_>>(), [ANSWER]);
}

#[tokio::test]
async fn an_idempotent_call_without_a_result_is_made_again_with_its_key() {
    let turn = killed("idempotent", Moment::BeforeTheResult).await;
    assert_answered(&turn);
    assert!(turn.keys.len() == 2 && turn.keys[0] == turn.keys[1] && !turn.keys[0].is_empty(), "{:?}", turn.keys);
    let kinds: Vec<_> = types(&turn.events).into_iter().filter(|kind| *kind != "content_chunk").collect();
    let expected = [
        ["message_accepted", "agent_switch", "agent_start", "tool_execution", "tool_result", "agent_complete"]
            .as_slice(),
        &["agent_start", "tool_execution", "tool_result", "message_complete", "agent_complete", "turn_end"],
    ];
    assert_eq!(kinds, expected.concat());
    let failed: Vec<_> = turn.events.iter().filter_map(|event| event["isError"].as_bool()).collect();
    assert_eq!(failed, [true, false]);
    assert_eq!(turn.events[5]["status"], "interrupted");
    assert_eq!(turn.ledger, lines(&[("idempotent", "unknown"), ("idempotent", "done")]));
    assert_eq!(turn.requests.len(), 2, "the model is not asked before the call was made again");
}

#[tokio::test]
async fn a_call_that_may_happen_only_once_is_not_made_again_and_the_turn_says_so() {
    let turn = killed("non_idempotent", Moment::BeforeTheResult).await;
    assert_eq!(turn.events.last().unwrap()["status"], "failed");
    let error = turn.events.iter().find(|event| event["type"] == "error").unwrap();
    assert_eq!(error["code"], "tool_outcome_unknown", "{error}");
    assert_eq!((turn.keys.len(), turn.requests.len()), (1, 1));
    assert_eq!(turn.ledger, lines(&[("non_idempotent", "unknown")]));
}

#[tokio::test]
async fn a_result_that_is_stored_is_told_to_the_model_and_its_tool_is_not_called_again() {
    for effect in ["idempotent", "non_idempotent"] {
        let turn = killed(effect, Moment::AfterTheResult).await;
        assert_answered(&turn);
        assert_eq!(turn.keys.len(), 1, "{effect}: the order was placed once");
        assert_eq!(turn.ledger, lines(&[(effect, "done")]));
    }
}

/// Orders once for the user's message and once more for the one that joins the turn; then hesitates.
async fn twice(shop: &Shop, hesitates: &Arc<AtomicBool>) -> FakeModel {
    let order = json!({ "url": format!("http://127.0.0.1:{}/orders", shop.port()), "method": "POST" }).to_string();
    let hesitates = Arc::clone(hesitates);
    let answer = move |request: &Request| match (results(request).len(), said(request, ANOTHER)) {
        (0, _) | (1, 1) => Script::tool_call("c", "orders", &order),
        (1, _) => Script::text("One moment."),
        _ if hesitates.load(Ordering::SeqCst) => Script::text(ANSWER).first_byte_after(Duration::from_mins(10)),
        _ => Script::text(ANSWER),
    };
    FakeModel::start_on(0, answer).await.unwrap()
}

const ANOTHER: &str = "and another one";

/// How often a request tells the model these words of the user.
fn said(request: &Request, words: &str) -> usize {
    let messages = request.body["messages"].as_array().unwrap().iter();
    messages.filter(|message| message["role"] == "user" && message["content"] == words).count()
}

#[tokio::test]
async fn a_message_that_joined_is_not_acted_upon_a_second_time_after_a_kill() {
    let (shop, hesitates) = (Shop::open(false).await, Arc::new(AtomicBool::new(true)));
    let model = twice(&shop, &hesitates).await;
    let mut server = TestServer::with(&config(&model, &shop, "non_idempotent"));
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "buy it" })).await;
    shop.until_orders(1).await;
    let steer = json!({ "op": "message", "clientMessageId": "s", "content": ANOTHER, "policy": "steer" });
    ws.send(steer.clone()).await;
    ws.until("message_accepted").await;
    ws.until("message_accepted").await;
    shop.answer();
    ws.until("tool_result").await;
    ws.until("tool_result").await;
    server.kill();
    hesitates.store(false, Ordering::SeqCst);
    let (events, mut ws) = back(&mut server, &id).await;
    assert_eq!(events.last().unwrap()["status"], "completed", "{events:?}");
    assert_eq!(shop.orders().len(), 2, "each message was acted upon once");
    let requests = model.requests();
    let last = requests.last().unwrap();
    assert_eq!((results(last).len(), said(last, ANOTHER)), (2, 1), "{:?}", last.body);
    // Sent again by a client that does not know: the same turn, and nothing more.
    ws.send(steer).await;
    let ack = ws.op("ack", &mut Vec::new()).await;
    assert_eq!(ack["duplicate"], true, "{ack}");
    assert_eq!(shop.orders().len(), 2);
}
