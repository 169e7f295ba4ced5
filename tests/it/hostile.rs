//! Clients that ask too much, too often, or drip: each has a bound, and harms only itself.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::json;
use switchboard::{actors::rate::Rate, app::Options};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    client::{PATIENCE, WsClient, new_id},
    embedded::{Embedded, three_agents},
    raw::RawWs,
};

fn server(tweak: impl FnOnce(&mut Options)) -> Embedded {
    Embedded::with(three_agents(), tweak)
}

async fn close_code(ws: &mut WsClient) -> u16 {
    u16::from(ws.closed().await.expect("a close frame").code)
}

#[tokio::test]
async fn who_says_too_much_is_told_and_who_goes_on_is_closed() {
    let server = server(|options| options.sessions.messages = Rate { per_second: 1, burst: 3 });
    let mut ws = server.ws(&new_id()).await;
    for number in 0..60 {
        let ping = json!({ "op": "ping", "ref": number }).to_string();
        ws.socket.feed(Message::text(ping)).await.unwrap();
    }
    ws.socket.flush().await.unwrap();
    for number in 0..3 {
        assert_eq!(ws.next().await, json!({ "op": "pong", "ref": number }));
    }
    let reject = ws.next().await;
    assert_eq!((&reject["code"], &reject["ref"]), (&json!("rate_limited"), &json!(3)), "{reject}");
    assert_eq!(close_code(&mut ws).await, 4429);
}

#[tokio::test]
async fn a_flood_of_pings_closes_the_socket() {
    let server = server(|options| options.http.frames = Rate { per_second: 1, burst: 10 });
    let mut ws = server.ws(&new_id()).await;
    for _ in 0..60 {
        ws.socket.feed(Message::Ping("?".into())).await.unwrap();
    }
    ws.socket.flush().await.unwrap();
    assert_eq!(close_code(&mut ws).await, 4429);
}

#[tokio::test]
async fn a_flood_of_tiny_pieces_closes_the_socket_also_of_a_client_that_answers_no_goodbye() {
    let server = server(|options| {
        options.http.frames = Rate { per_second: 1, burst: 10 };
        options.http.websocket_pong_timeout = Duration::from_millis(300);
    });
    let mut ws = RawWs::open(&server, &new_id()).await;
    ws.send(0x01, b"{").await.unwrap();
    // The socket may be closed before the last of them.
    while ws.send(0x00, b" ").await.is_ok() {
        tokio::task::yield_now().await;
    }
    let frames = ws.until_closed().await;
    let [.., close] = &frames[..] else { panic!("no farewell") };
    let reason = String::from_utf8_lossy(&close[4..]);
    assert_eq!((close[0], &close[2..4]), (0x88, &4429u16.to_be_bytes()[..]), "{frames:?}");
    assert!(reason.contains("reconnect later"), "{reason}");
}

#[tokio::test]
async fn a_ping_gets_its_pong_while_its_client_says_too_much() {
    let server = server(|options| options.sessions.messages = Rate { per_second: 1, burst: 3 });
    let mut ws = server.ws(&new_id()).await;
    for _ in 0..5 {
        ws.socket.feed(Message::text(r#"{"op":"ping"}"#)).await.unwrap();
    }
    ws.socket.feed(Message::Ping("still there".into())).await.unwrap();
    ws.socket.flush().await.unwrap();
    let mut refusals = 0;
    loop {
        let next = tokio::time::timeout(PATIENCE, ws.socket.next()).await.expect("a pong in time");
        match next.expect("an open socket").unwrap() {
            Message::Pong(bytes) => break assert_eq!(bytes, "still there"),
            Message::Text(text) => refusals += usize::from(text.contains("rate_limited")),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refusals, 2);
}

#[tokio::test]
async fn a_caller_that_asks_too_much_gets_429_and_another_one_does_not() {
    let server = server(|options| options.callers.calls = Rate { per_second: 1, burst: 5 });
    let path = format!("/api/conversations/{}", new_id());
    let mut ws = server.ws(&new_id()).await;
    ws.send(json!({ "op": "subscribe" })).await;
    let refused = async {
        loop {
            let reply = server.get(&path).await;
            if reply.status == 429 {
                return reply;
            }
        }
    };
    let refused = tokio::time::timeout(PATIENCE, refused).await.expect("an end of the patience");
    assert_eq!(refused.headers["retry-after"], "1");
    refused.expect_problem(429, "rate_limited");
    let bearer = format!("Bearer {}", server.admin_token);
    let behind = [("authorization", bearer.as_str()), ("x-forwarded-for", "203.0.113.7, 198.51.100.2")];
    server.call(Method::GET, &path, None, &behind).await.expect_problem(404, "not_found");
    for number in 0..10 {
        ws.send(json!({ "op": "cancel", "clientMessageId": "m", "ref": number })).await;
    }
    let answers = async {
        loop {
            let answer = ws.next().await;
            if answer["op"] == "reject" {
                return answer;
            }
        }
    };
    let answer = tokio::time::timeout(PATIENCE, answers).await.expect("a command that is refused");
    assert_eq!(answer["code"], "rate_limited", "{answer}");
}

#[tokio::test]
async fn a_caller_has_so_many_sessions_and_a_place_is_free_again_when_one_ends() {
    let server = server(|options| options.callers.sessions_max = 2);
    let stream = format!("/api/stream/{}", new_id());
    let _one = server.ws(&new_id()).await;
    let two = server.ws(&new_id()).await;
    server.get(&stream).await.expect_problem(429, "busy");
    let bearer = format!("Bearer {}", server.admin_token);
    let behind = [("authorization", bearer.as_str()), ("x-forwarded-for", "203.0.113.7")];
    let _another = server.sse(&stream, &behind).await;
    server.until_metric("switchboard_sessions", 3).await;
    drop(two);
    server.until_metric("switchboard_sessions", 2).await;
    server.sse(&stream, &[]).await;
}

/// Sends the beginning of a request and then a byte now and then; what comes until the server closes the connection.
async fn dripped(server: &Embedded, beginning: &str) -> String {
    let socket = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let (mut reader, mut writer) = socket.into_split();
    writer.write_all(beginning.as_bytes()).await.unwrap();
    let drip = async {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut answer));
    tokio::select! {
        read = read => { read.expect("a connection that is closed").ok(); }
        () = drip => {}
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request whose body has begun.
const BEGUN: &str = "POST /api/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
     Content-Length: 100000\r\n\r\n{\"";

#[tokio::test]
async fn a_head_that_drips_is_cut_off() {
    let server = server(|options| options.server.head_timeout = Duration::from_millis(500));
    let answer = dripped(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_body_that_drips_is_refused_and_its_connection_closed() {
    let server = server(|options| options.http.body_timeout = Duration::from_millis(500));
    let answer = dripped(&server, BEGUN).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("did not come within"), "{answer}");
}

#[tokio::test]
async fn a_body_slower_than_the_least_rate_is_refused_and_its_connection_closed() {
    let server = server(|options| options.http.body_timeout = Duration::from_hours(1));
    let answer = dripped(&server, BEGUN).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("less than 512 bytes a second"), "{answer}");
    assert!(answer.contains("send it again, faster") && answer.contains("invalid_json"), "{answer}");
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off_long_before_its_time_is_over() {
    let server = server(|options| options.server.head_timeout = Duration::from_hours(1));
    let socket = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
    let (mut reader, mut writer) = socket.into_split();
    let endless = async {
        writer.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n").await?;
        loop {
            writer.write_all(&b"X-More: of the same, and no end of it\r\n".repeat(100)).await?;
        }
    };
    let mut answer = Vec::new();
    let (written, _) = tokio::time::timeout(PATIENCE, async {
        let written: std::io::Result<()> = endless.await;
        (written, reader.read_to_end(&mut answer).await)
    })
    .await
    .expect("a connection that is closed");
    assert!(written.is_err());
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    server.get("/healthz").await.expect(200);
}
