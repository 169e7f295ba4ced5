//! Signs of life, both ways.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use crate::support::{
    client::{PATIENCE, new_id},
    embedded::{Embedded, three_agents},
    raw::RawWs,
};

fn server() -> Embedded {
    Embedded::with(three_agents(), |options| {
        options.http.websocket_ping_interval = Duration::from_millis(300);
        options.http.websocket_pong_timeout = Duration::from_millis(300);
    })
}

#[tokio::test]
async fn a_ping_of_the_client_is_answered_with_its_own_bytes() {
    let server = Embedded::start();
    let mut ws = server.ws(&new_id()).await;
    ws.socket.send(Message::Ping("are you there".into())).await.unwrap();
    let next = tokio::time::timeout(PATIENCE, ws.socket.next()).await.expect("a pong in time");
    assert_eq!(next.unwrap().unwrap(), Message::Pong("are you there".into()));
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_let_go_after_the_time_to_answer_and_not_after_the_next_ping() {
    let server = Embedded::with(three_agents(), |options| {
        options.http.websocket_ping_interval = Duration::from_secs(2);
        options.http.websocket_pong_timeout = Duration::from_millis(300);
    });
    let mut silent = RawWs::open(&server, &new_id()).await;
    let began = tokio::time::Instant::now();
    let frames = silent.until_closed().await;
    let pings = frames.iter().filter(|frame| frame[0] == 0x89).count();
    assert_eq!((pings, frames.last().unwrap()[0]), (1, 0x88), "{frames:?}");
    assert!(began.elapsed() >= Duration::from_millis(2_300), "not before its time was over");
}

#[tokio::test]
async fn a_client_that_answers_pings_stays_and_one_that_does_not_is_let_go() {
    let server = server();
    // The library answers pings while it is read from.
    let mut alive = server.ws(&new_id()).await;
    let mut silent = RawWs::open(&server, &new_id()).await;
    let beats = async {
        let mut pings = 0;
        while pings < 5 {
            let next = tokio::time::timeout(PATIENCE, alive.socket.next()).await.expect("a ping in time");
            pings += usize::from(matches!(next.unwrap().unwrap(), Message::Ping(_)));
        }
    };
    let (frames, ()) = tokio::join!(silent.until_closed(), beats);
    let pings = frames.iter().filter(|frame| frame[0] == 0x89).count();
    let close = frames.last().unwrap();
    assert_eq!((pings, close[0], &close[2..4]), (1, 0x88, &u16::from(CloseCode::Away).to_be_bytes()[..]), "{frames:?}");
    alive.send(json!({ "op": "ping", "ref": 1 })).await;
    assert_eq!(alive.op("pong", &mut Vec::new()).await["ref"], 1);
}

#[tokio::test]
async fn an_event_stream_whose_client_leaves_is_let_go_without_waiting_for_a_heartbeat() {
    let server = Embedded::with(three_agents(), |options| options.http.sse_heartbeat = Duration::from_hours(1));
    let (left, stays) = (new_id(), new_id());
    let leaving = server.sse(&format!("/api/stream/{left}"), &[]).await;
    let mut staying = server.sse(&format!("/api/stream/{stays}"), &[]).await;
    server.until_metric("switchboard_sessions", 2).await;
    drop(leaving);
    server.until_metric("switchboard_sessions", 1).await;
    server.say(&stays, "hello").await;
    staying.until("turn_end").await;
}
