//! A marketplace that answers as told, without a network and in paused time; and one behind a socket.

mod arguments;
mod limits;
mod live;
mod paging;
mod prices;
mod publish;
mod requests;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use protocol::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::{
    clock::ManualClock,
    config::Secret,
    tools::{Grant, Tool, ToolBox, ToolContext, ToolError},
};

type Step = Result<Reply, SendError>;
type Script = Box<dyn Fn(&Request) -> Step + Send + Sync>;

/// Answers each request with what the script makes of it, and keeps what it was sent.
struct Market {
    script: Script,
    heard: Mutex<Vec<(Instant, String)>>,
    tokens: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Market {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Market")
    }
}

impl Market {
    fn new(script: impl Fn(&Request) -> Step + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), heard: Mutex::default(), tokens: Mutex::default() })
    }

    /// One answer after the other.
    fn steps(steps: Vec<Step>) -> Arc<Self> {
        let steps = Mutex::new(steps.into_iter());
        Self::new(move |request| {
            steps.lock().unwrap().next().unwrap_or_else(|| panic!("nothing is left for {}", line(request)))
        })
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }

    /// When each request came, in milliseconds after the first.
    fn times(&self) -> Vec<u128> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(at, _)| (*at - heard[0].0).as_millis()).collect()
    }

    fn count(&self, part: &str) -> usize {
        self.heard().iter().filter(|line| line.contains(part)).count()
    }

    fn client(self: &Arc<Self>) -> WildberriesClient {
        let tokens = Tokens {
            by_tenant: [("acme".to_owned(), Secret::new("token-of-acme"))].into(),
            for_others: Some(Secret::new("token-of-others")),
        };
        self.client_with(tokens)
    }

    fn client_with(self: &Arc<Self>, tokens: Tokens) -> WildberriesClient {
        let transport: Arc<dyn Transport> = Arc::<Self>::clone(self);
        WildberriesClient::new(transport, tokens, CallLimits::default(), Arc::default(), Arc::new(clock()))
    }

    fn shop(self: &Arc<Self>) -> Shop {
        self.client().shop("acme").unwrap()
    }

    fn tool(self: &Arc<Self>) -> WildberriesTool {
        WildberriesTool::new("wb", None, &Operation::ALL, self.client())
    }
}

#[async_trait]
impl Transport for Market {
    async fn send(&self, request: &Request, token: &Secret) -> Step {
        self.heard.lock().unwrap().push((Instant::now(), line(request)));
        self.tokens.lock().unwrap().push(token.expose().to_owned());
        (self.script)(request)
    }
}

/// A request in one line: `GET Content /path?a=b`, `POST Prices /path {…}`.
fn line(request: &Request) -> String {
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    match &request.body {
        None => format!("GET {:?} {}{query}", request.host, request.path),
        Some(body) => {
            let text = String::from_utf8_lossy(&body.bytes);
            format!("POST {:?} {}{query} {text}", request.host, request.path)
        }
    }
}

fn posted(request: &Request) -> Value {
    request.body.as_ref().map(|body| serde_json::from_slice(&body.bytes).unwrap()).unwrap_or_default()
}

#[expect(clippy::unnecessary_wraps, reason = "a step of a script is an answer or none")]
fn ok(body: impl ToString) -> Step {
    Ok(Reply { status: 200, retry_after: None, body: body.to_string().into() })
}

fn data(data: Value) -> Step {
    ok(json!({"data": data, "error": false, "errorText": "", "additionalErrors": null}))
}

#[expect(clippy::unnecessary_wraps, reason = "a step of a script is an answer or none")]
fn status(status: u16, body: Value) -> Step {
    Ok(Reply { status, retry_after: None, body: body.to_string().into() })
}

#[expect(clippy::unnecessary_wraps, reason = "a step of a script is an answer or none")]
fn too_many(retry_secs: Option<u64>) -> Step {
    let body = json!({"title": "too many requests", "status": 429}).to_string().into();
    Ok(Reply { status: 429, retry_after: retry_secs.map(Duration::from_secs), body })
}

/// Stands at 23:30 in Moscow of 2025-12-10.
fn clock() -> ManualClock {
    let time: Timestamp = serde_json::from_str("\"2025-12-10T20:30:00Z\"").unwrap();
    ManualClock::at(time)
}

fn context() -> ToolContext {
    ToolContext { tenant: "acme".into(), time_max: Duration::from_mins(5), ..ToolContext::of_test() }
}

async fn call(tool: WildberriesTool, arguments: Value) -> Result<Value, ToolError> {
    let grant = Grant { tool: Arc::new(tool), time_max: Duration::from_mins(5), result_bytes_max: 1 << 20 };
    let answer = ToolBox::new(vec![grant]).unwrap().call("wb", arguments, &context()).await?;
    Ok(answer.result)
}
