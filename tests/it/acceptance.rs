//! Acceptance: durable before it is answered, once however often it is sent.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    client::{Api, PATIENCE, assert_dense, new_id, said, types},
    embedded::Embedded,
};

async fn send(server: &Api, conversation: &str, body: Value) -> crate::support::client::Reply {
    server.post(&format!("/api/conversations/{conversation}/messages"), body).await
}

#[tokio::test]
async fn fifty_copies_at_once_are_one_message_and_one_turn() {
    let server = Embedded::start();
    let id = new_id();
    let body = json!({ "content": "sleep=50 say=once", "clientMessageId": "same" });
    let copies = (0..50).map(|_| send(&server, &id, body.clone()));
    let answers: Vec<Value> =
        futures::future::join_all(copies).await.into_iter().map(|reply| reply.expect(202)).collect();
    assert_eq!(answers.iter().filter(|answer| answer["duplicate"] == false).count(), 1);
    for answer in &answers {
        assert_eq!(
            (&answer["turnId"], &answer["messageId"], &answer["seq"]),
            (&answers[0]["turnId"], &answers[0]["messageId"], &answers[0]["seq"])
        );
    }
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    let events = ws.until("turn_end").await;
    assert_eq!(types(&events).iter().filter(|kind| **kind == "message_accepted").count(), 1);
}

#[tokio::test]
async fn the_same_id_with_another_content_is_a_conflict() {
    let server = Embedded::start();
    let id = new_id();
    send(&server, &id, json!({ "content": "say=1", "clientMessageId": "m" })).await.expect(202);
    send(&server, &id, json!({ "content": "say=2", "clientMessageId": "m" }))
        .await
        .expect_problem(409, "idempotency_conflict");
    let other = new_id();
    send(&server, &other, json!({ "content": "say=2", "clientMessageId": "m" })).await.expect(202);
}

#[tokio::test]
async fn a_duplicate_is_recognised_after_hundreds_of_messages() {
    let server = Embedded::start();
    let id = new_id();
    let first = send(&server, &id, json!({ "content": "x", "clientMessageId": "first" })).await.expect(202);
    for number in 0..300 {
        let path = format!("/api/conversations/{id}/messages?wait=true");
        let body = json!({ "content": "x", "clientMessageId": format!("m{number}") });
        server.post(&path, body).await.expect(200);
    }
    let again = send(&server, &id, json!({ "content": "x", "clientMessageId": "first" })).await.expect(202);
    assert_eq!((&again["turnId"], &again["duplicate"]), (&first["turnId"], &json!(true)));
    send(&server, &id, json!({ "content": "y", "clientMessageId": "first" }))
        .await
        .expect_problem(409, "idempotency_conflict");
}

#[tokio::test]
async fn an_idempotency_key_serves_as_the_id() {
    let server = Embedded::start();
    let id = new_id();
    let path = format!("/api/conversations/{id}/messages");
    let body = json!({ "content": "say=1" }).to_string();
    let headers = [("idempotency-key", "key-1")];
    let first = server.call(Method::POST, &path, Some(&body), &headers).await.expect(202);
    let again = server.call(Method::POST, &path, Some(&body), &headers).await.expect(202);
    assert_eq!((&again["turnId"], &again["duplicate"]), (&first["turnId"], &json!(true)));
    let differing = json!({ "content": "say=1", "clientMessageId": "other" }).to_string();
    server.call(Method::POST, &path, Some(&differing), &headers).await.expect_problem(400, "invalid_field");
}

#[tokio::test]
async fn a_store_that_takes_no_writes_acknowledges_nothing_and_goes_on_by_itself() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "say=before").await;
    let running = send(&server, &id, json!({ "content": "sleep=300 say=through" })).await.expect(202);
    server.store.fail_commits(true);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    send(&server, &id, json!({ "content": "say=refused" })).await.expect_problem(503, "storage_unavailable");
    assert_eq!(server.get("/readyz").await.status, 503);
    assert_eq!(server.get("/healthz").await.status, 200);
    server.store.fail_commits(false);
    let mut ws = server.ws(&id).await;
    ws.subscribe(None).await;
    loop {
        let end = ws.until("turn_end").await.pop().unwrap();
        if end["turnId"] == running["turnId"] {
            assert_eq!(end["status"], "completed");
            break;
        }
    }
    assert_eq!(server.get("/readyz").await.status, 200);
    server.say(&id, "say=after").await;
}

#[tokio::test]
async fn a_message_whose_stored_commit_was_never_answered_is_accepted_once() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "say=before").await;
    server.store.lose_answers(true);
    let (api, path) = (server.api(), format!("/api/conversations/{id}/messages?wait=true"));
    let body = json!({ "content": "say=once", "clientMessageId": "m" });
    let sent = tokio::spawn(async move { api.post(&path, body).await });
    let noticed = async {
        while server.get("/readyz").await.status != 503 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, noticed).await.expect("a server that knows that it got no answer");
    server.store.lose_answers(false);
    assert_eq!(said(&sent.await.unwrap().expect(200)), "once");
    let events = server.events(&id).await;
    assert_dense(&events);
    let accepted = events.iter().filter(|event| event["type"] == "message_accepted");
    assert_eq!(accepted.filter(|event| event["clientMessageId"] == "m").count(), 1, "{events:?}");
}

#[tokio::test]
async fn a_conversation_can_be_made_first_and_has_its_metadata() {
    let server = Embedded::start();
    let id = new_id();
    let body = json!({ "conversationId": id, "metadata": { "shop": 7 } });
    let made = server.post("/api/conversations", body.clone()).await;
    assert_eq!(made.headers["location"], format!("/api/conversations/{id}").as_str());
    let made = made.expect(201);
    assert_eq!((&made["status"], &made["head"], &made["metadata"]["shop"]), (&json!("open"), &json!(0), &json!(7)));
    server.post("/api/conversations", body).await.expect(200);
    let named = server.post("/api/conversations", json!({})).await.expect(201);
    assert_ne!(named["conversationId"], made["conversationId"]);
    server.say(&id, "say=1").await;
    let read = server.get(&format!("/api/conversations/{id}")).await.expect(200);
    assert_eq!(
        (&read["currentAgent"], &read["openTurn"], &read["firstSeq"]),
        (&json!("alpha"), &Value::Null, &json!(1))
    );
    let list = server.get("/api/conversations?limit=1").await.expect(200);
    assert_eq!(list["items"][0]["conversationId"], json!(id));
    let next = list["next"].as_str().unwrap();
    let rest = server.get(&format!("/api/conversations?cursor={next}")).await.expect(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
}
