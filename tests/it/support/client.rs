//! Real clients: HTTP by reqwest, WebSocket by tungstenite, event streams read line by line.

use std::{sync::LazyLock, time::Duration};

use futures::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};
use uuid::Uuid;

/// How long a test waits for something that must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// One for all tests: each would read the system's certificates anew, a hundred at once for longer than a server waits
/// for a request. It keeps no connections, because each belongs to the runtime of its test.
pub(crate) fn client() -> reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        // The server of the tests has no TLS, but the client asks for a provider all the same.
        rustls::crypto::ring::default_provider().install_default().ok();
        reqwest::Client::builder().timeout(PATIENCE * 3).pool_max_idle_per_host(0).build().unwrap()
    });
    CLIENT.clone()
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: Value,
    pub(crate) headers: reqwest::header::HeaderMap,
}

impl Reply {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The answer must be a problem with this code.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert!(self.kind.starts_with("application/problem+json"), "{}", self.kind);
        assert!(self.body["correlationId"].as_str().is_some_and(|id| !id.is_empty()), "{}", self.body);
        assert_eq!(self.body["status"], json!(status));
        self.body
    }
}

/// A server's address and its admin token.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    pub(crate) url: String,
    pub(crate) admin_token: String,
}

impl Api {
    /// The address of its WebSockets.
    pub(crate) fn ws_url(&self) -> String {
        self.url.replacen("http", "ws", 1)
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&str>, headers: &[(&str, &str)]) -> Reply {
        let mut request = client().request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let kind = headers.get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
        let text = response.text().await.unwrap();
        let body = if status == StatusCode::NO_CONTENT || text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Reply { status: status.as_u16(), kind, body, headers }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None, &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(&body.to_string()), &[]).await
    }

    /// The value of a figure; with its labels, where it has some.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let text = client().get(format!("{}/metrics", self.url)).send().await.unwrap().text().await.unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Waits until a figure has this value.
    pub(crate) async fn until_metric(&self, name: &str, wanted: u64) {
        let reached = async {
            while self.metric(name).await != wanted {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, reached).await;
        assert!(in_time.is_ok(), "{name} does not become {wanted}");
    }

    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let bearer = format!("Bearer {}", self.admin_token);
        let body = body.map(|body| body.to_string());
        self.call(method, path, body.as_deref(), &[("authorization", &bearer)]).await
    }

    /// Sends a message and waits for the whole turn.
    pub(crate) async fn say(&self, conversation: &str, content: &str) -> Value {
        let path = format!("/api/conversations/{conversation}/messages?wait=true");
        self.post(&path, json!({ "content": content })).await.expect(200)
    }

    /// All stored events.
    pub(crate) async fn events(&self, conversation: &str) -> Vec<Value> {
        let path = format!("/api/conversations/{conversation}/events?limit=10000");
        self.get(&path).await.expect(200)["items"].as_array().unwrap().clone()
    }

    pub(crate) async fn ws(&self, conversation: &str) -> WsClient {
        self.ws_at(&format!("/api/ws/{conversation}")).await
    }

    pub(crate) async fn ws_at(&self, path: &str) -> WsClient {
        let (socket, _) = connect_async(format!("{}{path}", self.ws_url())).await.unwrap();
        WsClient { socket }
    }

    pub(crate) async fn sse(&self, path: &str, headers: &[(&str, &str)]) -> SseClient {
        let mut request = client().get(format!("{}{path}", self.url)).header("accept", "text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        SseClient { response, text: String::new() }
    }
}

/// The text that the agents said in a turn.
pub(crate) fn said(turn: &Value) -> String {
    let messages = turn["messages"].as_array().unwrap();
    let agents = messages.iter().filter(|message| message["role"] == "assistant");
    agents.map(|message| message["content"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// The types of events, in order.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// Fails unless the `seq`s are dense from 1.
#[track_caller]
pub(crate) fn assert_dense(events: &[Value]) {
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["seq"], json!(place + 1), "{event}");
    }
}

pub(crate) struct WsClient {
    /// For frames that the methods do not send.
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl WsClient {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text.to_owned())).await.unwrap();
    }

    pub(crate) async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// The next frame or event.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("expected a frame, got {other:?}"),
            }
        }
    }

    async fn message(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        next.expect("a frame in time").expect("an open socket").unwrap()
    }

    /// The close frame that must come next, after whatever else.
    pub(crate) async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a close in time");
            match next {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// All events until the server closes the socket.
    pub(crate) async fn until_closed(&mut self) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a close in time");
            match next {
                Some(Ok(Message::Text(text))) => events.push(serde_json::from_str::<Value>(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            }
        }
        events.retain(|event| event["op"].is_null());
        events
    }

    /// The next frame with this `op`; events that come before are put into `events`.
    pub(crate) async fn op(&mut self, op: &str, events: &mut Vec<Value>) -> Value {
        loop {
            let next = self.next().await;
            match next["op"].as_str() {
                Some(found) if found == op => return next,
                Some(other) => panic!("expected `{op}`, got `{other}`: {next}"),
                None => events.push(next),
            }
        }
    }

    pub(crate) async fn subscribe(&mut self, after: Option<u64>) -> Value {
        let mut frame = json!({ "op": "subscribe" });
        if let Some(after) = after {
            frame["after"] = json!(after);
        }
        self.send(frame).await;
        self.op("subscribed", &mut Vec::new()).await
    }

    /// Reads events until one of this type, which is the last of the answer. Acks and pongs are passed over.
    pub(crate) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let next = self.next().await;
            if next["op"].is_string() {
                assert_ne!(next["op"], "reject", "{next}");
                continue;
            }
            let is_last = next["type"] == kind;
            events.push(next);
            if is_last {
                return events;
            }
        }
    }
}

/// An event of an event stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SseEvent {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) data: Value,
}

pub(crate) struct SseClient {
    response: reqwest::Response,
    text: String,
}

impl SseClient {
    pub(crate) fn headers(&self) -> &reqwest::header::HeaderMap {
        self.response.headers()
    }

    /// The next event; none at the end of the stream. Comments are passed over.
    pub(crate) async fn next(&mut self) -> Option<SseEvent> {
        loop {
            let event = parse(&self.block().await?);
            if event.is_some() {
                return event;
            }
        }
    }

    /// The next lines up to an empty one, comments too; none at the end of the stream.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                return Some(block);
            }
            let chunk =
                tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("a chunk in time").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    pub(crate) async fn until(&mut self, kind: &str) -> Vec<SseEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            let is_last = event.data["type"] == kind;
            events.push(event);
            if is_last {
                return events;
            }
        }
        panic!("the stream ended before a `{kind}`: {events:?}");
    }
}

fn parse(block: &str) -> Option<SseEvent> {
    let field = |name: &str| {
        let start = format!("{name}: ");
        block.lines().find_map(|line| line.strip_prefix(&start)).map(ToOwned::to_owned)
    };
    let data = field("data")?;
    Some(SseEvent { id: field("id"), name: field("event"), data: serde_json::from_str(&data).unwrap() })
}
