//! Approvals: for these arguments, once, and in time.

use serde_json::{Value, json};

use super::{decide, find, follow, say, send, words};
use crate::support::{
    client::{WsClient, new_id},
    server::TestServer,
    shop::Shop,
};

struct Asked {
    shop: Shop,
    server: TestServer,
    id: String,
    ws: WsClient,
    /// The `approval_request`.
    question: Value,
}

async fn asked(config: impl Fn(String) -> String) -> Asked {
    let shop = Shop::open(true).await;
    let server = TestServer::with(&config(super::config(&shop, "idempotent")));
    let id = new_id();
    let mut ws = follow(&server, &id).await;
    say(&mut ws, "sell").await;
    let events = say(&mut ws, "500").await;
    let question = find(&events, "approval_request").clone();
    Asked { shop, server, id, ws, question }
}

#[tokio::test]
async fn an_approval_over_http_makes_the_call_once_and_the_same_again_has_the_same_answer() {
    let mut asked = asked(|config| config).await;
    let taken = decide(&asked.server, &asked.id, &asked.question, "approved").await.expect(202);
    let turn = asked.ws.until("turn_end").await;
    assert_eq!(turn[0]["type"], "approval_resolved");
    assert_eq!((&turn[0]["by"], &turn[0]["turnId"]), (&json!("local"), &taken["turnId"]));
    assert_eq!(find(&turn, "tool_execution")["toolCallId"], asked.question["toolCallId"]);
    assert_eq!(words(&turn), ["Ordered."]);
    let again = decide(&asked.server, &asked.id, &asked.question, "approved").await.expect(200);
    assert_eq!((&again["turnId"], &again["duplicate"]), (&taken["turnId"], &json!(true)));
    let other = decide(&asked.server, &asked.id, &asked.question, "rejected").await;
    assert_eq!(other.expect(409)["code"], "approval_decided");
    assert_eq!(asked.shop.orders().len(), 1);
}

#[tokio::test]
async fn a_rejection_over_websocket_makes_no_call() {
    let mut asked = asked(|config| config).await;
    let (approval, hash) = (&asked.question["approvalId"], &asked.question["argumentsHash"]);
    asked
        .ws
        .send(json!({ "op": "approve", "approvalId": approval, "decision": "rejected", "argumentsHash": hash,
                      "comment": "too dear", "ref": 7 }))
        .await;
    let turn = asked.ws.until("turn_end").await;
    assert_eq!(turn[0]["comment"], "too dear");
    assert_eq!(words(&turn), ["Not ordered: rejected."]);
    assert_eq!(asked.shop.orders().len(), 0);
}

#[tokio::test]
async fn other_arguments_an_unknown_question_and_a_wrong_word_are_refused() {
    let asked = asked(|config| config).await;
    let mut other = asked.question.clone();
    other["argumentsHash"] = json!("0".repeat(64));
    let refused = decide(&asked.server, &asked.id, &other, "approved").await.expect(400);
    assert_eq!(refused["code"], "invalid_field");
    other["approvalId"] = json!(new_id());
    assert_eq!(decide(&asked.server, &asked.id, &other, "approved").await.expect(404)["code"], "not_found");
    let expired = decide(&asked.server, &asked.id, &asked.question, "expired").await;
    assert_eq!(expired.expect(400)["code"], "invalid_field");
    assert_eq!(asked.shop.orders().len(), 0);
}

#[tokio::test]
async fn a_decision_after_its_time_is_refused_and_the_workflow_goes_on_without() {
    let mut asked = asked(|config| config.replace("expires: 1h", "expires: 1s")).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let late = decide(&asked.server, &asked.id, &asked.question, "approved").await;
    assert_eq!(late.expect(409)["code"], "approval_expired");
    let turn = asked.ws.until("turn_end").await;
    assert_eq!((&turn[0]["decision"], &turn[0]["by"]), (&json!("expired"), &json!("server")));
    assert_eq!(words(&turn), ["Not ordered: expired."]);
    let later = decide(&asked.server, &asked.id, &asked.question, "approved").await;
    assert_eq!(later.expect(409)["code"], "approval_expired");
    assert_eq!(asked.shop.orders().len(), 0);
}

#[tokio::test]
async fn a_message_in_place_of_a_decision_is_reminded_of_it() {
    let mut asked = asked(|config| config).await;
    let reminded = say(&mut asked.ws, "yes").await;
    assert_eq!(words(&reminded), ["Order at 1000?"]);
    assert_eq!(reminded.last().unwrap()["status"], "waiting");
    decide(&asked.server, &asked.id, &asked.question, "approved").await.expect(202);
    assert_eq!(words(&asked.ws.until("turn_end").await), ["Ordered."]);
}

#[tokio::test]
async fn a_message_takes_the_question_back_where_the_graph_says_so() {
    let mut asked = asked(|config| config.replace("expires: 1h", "withdraw: true")).await;
    send(&mut asked.ws, "no, cheaper").await;
    let turn = asked.ws.until("turn_end").await;
    assert_eq!(words(&turn), ["Not ordered: message."]);
    let late = decide(&asked.server, &asked.id, &asked.question, "approved").await;
    assert_eq!(late.expect(409)["code"], "approval_decided");
    assert_eq!(asked.shop.orders().len(), 0);
}
