//! The product agent, from the first words about a product to its card in the shop of the sandbox.

mod bad_input;
mod killed;
mod listings;
mod models;

use std::time::Duration;

use sandbox::Running;
use serde_json::{Value, json};

use crate::support::{
    client::{WsClient, new_id},
    played,
    server::{CONCIERGE, Starting, TestServer},
};

/// Cards that the sandbox has from the start.
const SEEDED: usize = 20;
/// The seller's token; nobody but the marketplace may see it.
const TOKEN: &str = "seller-5ecret";
/// How long the marketplace thinks about a card.
const WORK_DELAY: Duration = Duration::from_millis(300);

/// A shop without limits on calls, and a server that is its seller.
struct Listing {
    shop: Running,
    server: TestServer,
    id: String,
    ws: WsClient,
}

async fn shop() -> Running {
    played::sandbox(|options| options.work_delay = WORK_DELAY).await
}

fn config(shop: &Running) -> String {
    let url = shop.base_url();
    format!(
        "{CONCIERGE}
  - id: product_agent
    kind: workflow
    name: Listings
    description: Makes product cards.
    intents: [sell, listing, publish, title, price, weight, colour, прода*, карточк*, опубликуй, назван*, цен*, вес, цвет*]
    tools: [{{ name: wildberries_api }}, {{ name: keyword_research }}]
    workflow: {{ type: product_workflow, config: {{ timeout: 300s }} }}
tools:
  wildberries_api:
    token: env:SHOP_TOKEN
    base_url: {url}
    wait_max: 10s
    operations: [categories, characteristics, card_upload, card_result, media_save]
  keyword_research: {{}}
"
    )
}

impl Listing {
    async fn open() -> Self {
        Self::open_with(str::to_owned).await
    }

    /// With another config, made from that of the others.
    async fn open_with(change: impl FnOnce(&str) -> String) -> Self {
        let shop = shop().await;
        let server = Starting::with(&change(&config(&shop))).env("SHOP_TOKEN", TOKEN).start();
        let id = new_id();
        let mut ws = server.ws(&id).await;
        ws.send(json!({ "op": "subscribe" })).await;
        Self { shop, server, id, ws }
    }

    /// Says this, and what the agent said until the turn was over.
    async fn say(&mut self, content: &str) -> String {
        send(&mut self.ws, content).await;
        self.heard().await
    }

    async fn heard(&mut self) -> String {
        words(&self.ws.until("turn_end").await)
    }

    /// Decides about the last question.
    async fn decide(&mut self, decision: &str) -> String {
        let question = self.question().await;
        self.ws.send(frame(&question, decision)).await;
        self.heard().await
    }

    async fn question(&self) -> Value {
        let events = self.server.events(&self.id).await;
        let question = events.into_iter().rev().find(|event| event["type"] == "approval_request");
        question.expect("an approval was asked for")
    }

    /// The cards of the shop beside those that it had from the start.
    fn cards(&self) -> Vec<Value> {
        let state = self.shop.shop().state();
        state["cards"].as_array().unwrap()[SEEDED..].to_vec()
    }

    fn uploads(&self) -> u64 {
        self.shop.shop().state()["calls"]["/content/v2/cards/upload"]["requests"].as_u64().unwrap_or(0)
    }
}

fn frame(question: &Value, decision: &str) -> Value {
    json!({ "op": "approve", "approvalId": question["approvalId"], "decision": decision,
            "argumentsHash": question["argumentsHash"] })
}

async fn send(ws: &mut WsClient, content: &str) {
    ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": content })).await;
}

/// All that was said, a line for each message.
fn words(events: &[Value]) -> String {
    let said = events.iter().filter(|event| event["type"] == "message_complete");
    let failed = events.iter().filter(|event| event["type"] == "error");
    let said = said.map(|event| event["content"].as_str().unwrap_or_default().to_owned());
    said.chain(failed.map(ToString::to_string)).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn has(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
}
