//! The numbers of a shop, asked for in words, from a sandbox of the marketplace.

mod bad_input;
mod numbers;
mod prices;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sandbox::{Running, Sandbox, SandboxOptions};
use serde_json::{Value, json};
use switchboard::clock::{Clock, SystemClock};

use crate::support::{
    client::{WsClient, client, new_id},
    server::{CONCIERGE, Starting, TestServer},
};

/// A shop, and a server whose agent reads it.
struct Asked {
    sandbox: Running,
    _server: TestServer,
    /// The sandbox's time; it stands still.
    now: DateTime<Utc>,
    ws: WsClient,
}

fn config(base_url: &str, operations: &str) -> String {
    format!(
        "{CONCIERGE}
  - id: analytics_agent
    kind: analytics
    name: Analytics
    intents: [sales, stock, funnel, numbers, report, продажи, остатки, заказы, csv]
    tools: [{{ name: shop }}]
tools:
  shop:
    kind: wildberries_api
    base_url: {base_url}
    token: env:SHOP_TOKEN
    operations: [{operations}]
    result_bytes_max: 16MiB
    wait_max: 100ms
"
    )
}

const REPORTS: &str = "orders, sales, stocks, funnel, search_texts";

async fn ask_through(operations: &str) -> Asked {
    ask_with(operations, |_| {}).await
}

async fn ask_with(operations: &str, change: impl FnOnce(&mut SandboxOptions)) -> Asked {
    let now = SystemClock.now().to_datetime();
    let mut options = SandboxOptions::new(Arc::new(move || now));
    options.limit_interval_percent = 0;
    options.token = Some("the-sellers-token".to_owned().into());
    change(&mut options);
    let sandbox = Sandbox::start(options).await.unwrap();
    let config = config(sandbox.base_url(), operations);
    let server = Starting::with(&config).env("SHOP_TOKEN", "the-sellers-token").start();
    let mut ws = server.ws(&new_id()).await;
    ws.send(json!({ "op": "subscribe" })).await;
    Asked { sandbox, _server: server, now, ws }
}

/// What came of a turn.
struct Turn(Vec<Value>);

impl Turn {
    /// All that was said.
    fn said(&self) -> String {
        let whole = self.0.iter().filter(|event| event["type"] == "message_complete" && event["agentId"].is_string());
        whole.map(|event| event["content"].as_str().unwrap()).collect::<String>().replace('\u{a0}', " ")
    }

    /// What the agent published.
    fn state(&self) -> &Value {
        let ends = |event: &&Value| event["type"] == "agent_complete";
        &self.0.iter().rev().find(ends).unwrap_or_else(|| panic!("no end in {:?}", self.0))["finalState"]
    }

    /// The operations that were called.
    fn calls(&self) -> Vec<&str> {
        let calls = self.0.iter().filter(|event| event["type"] == "tool_execution");
        let mut names: Vec<&str> = calls.map(|call| call["arguments"]["operation"].as_str().unwrap()).collect();
        names.sort_unstable();
        names
    }
}

impl Asked {
    async fn say(&mut self, content: &str) -> Turn {
        self.ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": content })).await;
        Turn(self.ws.until("turn_end").await)
    }

    /// The rows of a day, asked for past the server.
    async fn rows(&self, report: &str, day: NaiveDate) -> Vec<Value> {
        let url = format!("{}/api/v1/supplier/{report}?dateFrom={day}&flag=1", self.sandbox.base_url());
        let request = client().get(url).header("Authorization", "the-sellers-token");
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Monday to Sunday of the week before this one.
    fn last_week(&self) -> Vec<NaiveDate> {
        let today = (self.now + TimeDelta::hours(3)).date_naive();
        let monday = today.week(chrono::Weekday::Mon).first_day() - TimeDelta::days(7);
        monday.iter_days().take(7).collect()
    }
}
