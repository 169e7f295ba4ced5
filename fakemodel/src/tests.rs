//! The server as a client's socket sees it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{FakeModel, Script, stamp};

async fn ask(model: &FakeModel, body: &Value) -> TcpStream {
    let address = model.url().trim_start_matches("http://").trim_end_matches("/v1");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let body = body.to_string();
    let head = format!("POST /v1/chat/completions HTTP/1.1\r\nX-Mark: 1\r\ncontent-length: {}\r\n\r\n", body.len());
    socket.write_all((head + &body).as_bytes()).await.unwrap();
    socket
}

/// The whole answer, as far as it came, without the marks between its chunks.
async fn read(mut socket: TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(Duration::from_secs(5), socket.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn says(content: &str) -> Value {
    json!({ "stream": true, "messages": [{ "role": "user", "content": content }] })
}

#[tokio::test]
async fn scripts_go_by_a_word_first_and_then_in_order_and_then_fail() {
    let model = FakeModel::start(vec![Script::text("first")]).await;
    model.when("weather", Script::text("sunny"));
    model.then(Script::text("second"));
    for (content, expected) in
        [("hi", "first"), ("the weather?", "sunny"), ("hi", "second"), ("weather", "sunny"), ("hi", "scripted 500")]
    {
        let answer = read(ask(&model, &says(content)).await).await;
        assert!(answer.contains(expected), "{content}: {answer}");
    }
    let requests = model.requests();
    assert_eq!(requests.len(), 5);
    assert_eq!(requests[1].last_user_message(), "the weather?");
    assert_eq!(requests[0].header("x-mark"), Some("1"));
    assert!(model.dropped_clients().is_empty());
}

#[tokio::test]
async fn an_answer_without_streaming_is_one_body() {
    let calls = Script::tool_calls(&[("a", "add", r#"{"long":"enough"}"#), ("b", "sub", "{}")]).usage(3, 4);
    let model = FakeModel::start(vec![Script::text("two words").finish("length"), calls]).await;
    for check in [
        |body: &Value| body["choices"][0]["message"]["content"] == "two words",
        |body: &Value| {
            let calls = &body["choices"][0]["message"]["tool_calls"];
            calls[0]["function"]["arguments"] == r#"{"long":"enough"}"# && calls[1]["id"] == "b"
        },
    ] {
        let answer = read(ask(&model, &json!({ "messages": [] })).await).await;
        let (start, end) = (answer.find('{').unwrap(), answer.rfind('}').unwrap());
        let body: Value = serde_json::from_str(&answer[start..=end]).unwrap();
        assert!(check(&body), "{body}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_at_once_and_gets_little_more() {
    let model = FakeModel::start(vec![Script::endless("word").tokens_every(Duration::from_millis(5))]).await;
    let mut socket = ask(&model, &says("hi")).await;
    socket.read_u8().await.unwrap();
    drop(socket);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(model.dropped_clients().len(), 1);
    let sent = model.bytes_sent();
    assert!(sent > 0 && model.bytes_after_left() < 1000, "{} of {sent}", model.bytes_after_left());
    sleep(Duration::from_millis(50)).await;
    assert_eq!(model.bytes_sent(), sent, "a write failed, so there are no more");
}

#[tokio::test]
async fn stamps_tell_order_and_time() {
    let gap = Duration::from_millis(20);
    let model = FakeModel::start(vec![Script::stamped_tokens(3).tokens_every(gap)]).await;
    let answer = read(ask(&model, &says("hi")).await).await;
    let tokens = answer.split("\"content\":\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let stamps: Vec<_> = tokens.map(|token| stamp(token).unwrap()).collect();
    assert_eq!(stamps.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(stamps[2].1 >= stamps[0].1 + 2 * gap, "{stamps:?}");
    assert!(model.started().elapsed() >= stamps[2].1);
}

#[tokio::test]
async fn a_cut_answer_has_no_end_and_nobody_listens_at_a_refused_address() {
    let model = FakeModel::start(vec![Script::text("hello").cut_after(9)]).await;
    let answer = read(ask(&model, &says("hi")).await).await;
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    let refused = FakeModel::refused_url().await;
    let address = refused.trim_start_matches("http://").trim_end_matches("/v1");
    assert!(TcpStream::connect(address).await.is_err());
}
