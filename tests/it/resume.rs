//! Streams: WebSocket and SSE show one log, resume exactly, or say that they cannot.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    client::{assert_dense, new_id},
    embedded::{Embedded, three_agents},
};

#[tokio::test]
async fn a_websocket_a_second_one_and_an_event_stream_see_the_same_bytes() {
    let server = Embedded::start();
    let id = new_id();
    let mut first = server.ws(&id).await;
    first.send(json!({ "op": "subscribe", "ref": 1 })).await;
    let mut stream = server.sse(&format!("/api/stream/{id}"), &[]).await;
    first.send(json!({ "op": "message", "clientMessageId": "m1", "content": "count=50", "ref": "r" })).await;
    let seen = first.until("turn_end").await;
    assert_dense(&seen);
    let streamed: Vec<Value> = stream.until("turn_end").await.into_iter().map(|event| event.data).collect();
    assert_eq!(streamed, seen);
    let mut late = server.ws(&id).await;
    assert_eq!(late.subscribe(None).await["recovered"], true);
    assert_eq!(late.until("turn_end").await, seen);
    assert_eq!(server.events(&id).await, seen);
}

#[tokio::test]
async fn a_websocket_resumes_after_any_event() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "count=5 tool=1 say=end").await;
    let all = server.events(&id).await;
    for after in 0..all.len() {
        let mut ws = server.ws_at(&format!("/api/ws/{id}?after={after}")).await;
        let mut before = Vec::new();
        let subscribed = ws.op("subscribed", &mut before).await;
        assert_eq!((subscribed["recovered"].as_bool(), before.len()), (Some(true), 0));
        assert_eq!(ws.until("turn_end").await, all[after..]);
    }
}

#[tokio::test]
async fn an_event_stream_resumes_by_last_event_id_which_beats_the_query() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "say=1").await;
    let mut stream = server.sse(&format!("/api/stream/{id}"), &[]).await;
    assert_eq!(stream.headers()["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    let all = stream.until("turn_end").await;
    let third = all[2].id.clone().unwrap();
    let path = format!("/api/stream/{id}?after=0");
    let mut resumed = server.sse(&path, &[("last-event-id", &third)]).await;
    assert_eq!(resumed.until("turn_end").await, all[3..]);
}

#[tokio::test]
async fn a_position_that_cannot_be_resumed_is_told_with_a_snapshot() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "say=1").await;
    for (query, reason) in [("after=99".to_owned(), "future"), ("after=1&epoch=other".to_owned(), "epoch_mismatch")] {
        let head = server.events(&id).await.len();
        let mut ws = server.ws_at(&format!("/api/ws/{id}?{query}")).await;
        let subscribed = ws.op("subscribed", &mut Vec::new()).await;
        assert_eq!((&subscribed["recovered"], &subscribed["reason"]), (&json!(false), &json!(reason)));
        assert_eq!(subscribed["snapshot"]["messages"][1]["content"], "1");
        assert_eq!(subscribed["snapshot"]["currentAgent"], "alpha");
        let mut stream = server.sse(&format!("/api/stream/{id}?{query}"), &[]).await;
        let reset = stream.next().await.unwrap();
        assert_eq!((reset.name.as_deref(), &reset.data["reason"]), (Some("reset"), &json!(reason)));
        assert!(reset.id.unwrap().ends_with(&format!(":{head}")));
        server.get(&format!("/api/conversations/{id}/events?{query}")).await.expect_problem(410, reason);
        server.say(&id, "say=live").await;
        assert_eq!(ws.next().await["type"], "message_accepted");
        let next = stream.next().await.unwrap();
        assert_eq!(next.data["type"], "message_accepted");
    }
}

#[tokio::test]
async fn sessions_stay_attached_while_an_idle_conversation_is_put_away_and_comes_back() {
    let server = Embedded::with(three_agents(), |options| {
        options.conversations.conversation_idle = Duration::from_millis(200);
    });
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    server.say(&id, "say=1").await;
    let first = ws.until("turn_end").await;
    for _ in 0..100 {
        let live = server.admin(reqwest::Method::GET, "/api/admin/conversations", None).await.expect(200);
        if live["count"] == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let live = server.admin(reqwest::Method::GET, "/api/admin/conversations", None).await.expect(200);
    assert_eq!(live["count"], 0);
    server.say(&id, "past").await;
    let second = ws.until("turn_end").await;
    let all: Vec<Value> = first.into_iter().chain(second).collect();
    assert_dense(&all);
    assert_eq!(server.events(&id).await, all);
}

#[tokio::test]
async fn a_stream_that_is_opened_before_its_conversation_waits_for_it() {
    let server = Embedded::start();
    let id = new_id();
    let mut stream = server.sse(&format!("/api/stream/{id}"), &[]).await;
    server.say(&id, "say=1").await;
    assert_eq!(stream.until("turn_end").await[0].data["type"], "message_accepted");
}

#[tokio::test]
async fn a_stream_of_an_ended_conversation_ends_and_then_answers_204() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "say=1").await;
    let mut open = server.sse(&format!("/api/stream/{id}"), &[]).await;
    open.until("turn_end").await;
    server.post(&format!("/api/conversations/{id}/end"), json!({})).await.expect(200);
    let last = open.next().await.unwrap();
    assert_eq!(last.data["type"], "conversation_end");
    assert_eq!(open.next().await, None);
    let position = last.id.unwrap();
    let mut late = server.sse(&format!("/api/stream/{id}"), &[]).await;
    late.until("conversation_end").await;
    assert_eq!(late.next().await, None);
    let headers = [("last-event-id", position.as_str())];
    let answer = server.call(reqwest::Method::GET, &format!("/api/stream/{id}"), None, &headers).await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn whoever_joins_while_the_end_is_stored_and_not_yet_shown_sees_it_like_everybody_else() {
    let server = Embedded::start();
    let id = new_id();
    server.say(&id, "say=1").await;
    let mut early = server.ws(&id).await;
    early.subscribe(None).await;
    let seen = early.until("turn_end").await;
    server.store.lose_answers(true);
    let (api, path) = (server.api(), format!("/api/conversations/{id}/end"));
    let ending = tokio::spawn(async move { api.post(&path, json!({})).await.expect(200) });
    let mut behind = server.ws(&id).await;
    // Stored, as a read of the log shows, but its writer has not heard so.
    while server.events(&id).await.len() == seen.len() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    behind.subscribe(Some(1)).await;
    let mut joined = server.sse(&format!("/api/stream/{id}"), &[]).await;
    let joined = joined.until("conversation_end").await;
    server.store.lose_answers(false);
    ending.await.unwrap();
    let all = server.events(&id).await;
    assert_eq!(joined.into_iter().map(|event| event.data).collect::<Vec<_>>(), all);
    assert_eq!(behind.until("conversation_end").await, all[1..]);
    assert_eq!(early.until("conversation_end").await, all[seen.len()..]);
}

#[tokio::test]
async fn a_snapshot_is_of_its_head_also_while_a_turn_runs() {
    let server = Embedded::with(three_agents(), |options| options.conversations.core.chunk_bytes_max = 8);
    let id = new_id();
    server.say(&id, "say=1").await;
    let mut watcher = server.ws(&id).await;
    watcher.subscribe(None).await;
    watcher.until("turn_end").await;
    watcher.send(json!({ "op": "message", "clientMessageId": "m1", "content": "count=500 say=end" })).await;
    let mut snapshots = 0;
    loop {
        let mut ws = server.ws_at(&format!("/api/ws/{id}?after=1&epoch=other")).await;
        let subscribed = ws.op("subscribed", &mut Vec::new()).await;
        let head = subscribed["head"].as_u64().unwrap();
        let messages = subscribed["snapshot"]["messages"].as_array().unwrap();
        assert!(messages.iter().all(|message| message["seq"].as_u64().unwrap() <= head), "{subscribed}");
        snapshots += 1;
        let open = server.get(&format!("/api/conversations/{id}")).await.expect(200);
        if snapshots > 5 && open["openTurn"].is_null() {
            break;
        }
    }
    watcher.until("turn_end").await;
}

#[tokio::test]
async fn a_stream_of_a_conversation_that_ended_long_ago_ends_too() {
    let server = Embedded::with(three_agents(), |options| {
        options.conversations.conversation_idle = Duration::from_millis(100);
    });
    let id = new_id();
    server.say(&id, "say=1").await;
    server.post(&format!("/api/conversations/{id}/end"), json!({})).await.expect(200);
    while server.admin(reqwest::Method::GET, "/api/admin/conversations", None).await.expect(200)["count"] != 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut late = server.sse(&format!("/api/stream/{id}"), &[]).await;
    late.until("conversation_end").await;
    assert_eq!(late.next().await, None);
}

#[tokio::test]
async fn a_reader_far_behind_gets_everything_from_the_store() {
    let server = Embedded::with(three_agents(), |options| {
        options.tail.ring_events_max = 4;
        options.conversations.core.chunk_bytes_max = 8;
    });
    let id = new_id();
    let mut behind = server.ws(&id).await;
    behind.send(json!({ "op": "subscribe" })).await;
    server.say(&id, "count=3000").await;
    let seen = behind.until("turn_end").await;
    assert_dense(&seen);
    assert!(seen.len() > 1000, "{}", seen.len());
}
