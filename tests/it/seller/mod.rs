//! A seller's agents as the default config has them, on a shop that the test holds: what comes late, twice, wrong, or after a
//! restart. Of what the agents say this looks at the kind, the language and the next step, not at the words.

mod approvals;
mod drafts;
mod faults;
mod held;
mod images;
mod photos;

use std::time::Duration;

use sandbox::Running;
use serde_json::{Value, json};
use switchboard::config::DEFAULT_CONFIG;

use crate::support::{
    client::{Api, Reply, WsClient, new_id},
    played,
    server::{Starting, TestServer},
};

/// Cards that the sandbox has from the start.
const SEEDED: usize = 20;
/// All that a card needs, in one message.
const WHOLE: &str = "sell a ceramic mug, color: white; material: ceramic; price 900, 12x9x10 cm, 400 g";
const WHOLE_RU: &str = "Продать: кружка керамическая. Цвет: белый. Материал: керамика. Цена 900 руб, 12х9х10 см, 400 г";

/// A shop without limits on calls.
async fn shop() -> Running {
    played::sandbox(|options| options.work_delay = Duration::from_millis(100)).await
}

/// The config as it comes, on this shop.
fn config(shop: &Running) -> String {
    let played = "\n  base_url: sandbox\n";
    assert!(DEFAULT_CONFIG.contains(played), "the line that leads to the sandbox");
    DEFAULT_CONFIG.replace(played, &format!("\n  base_url: {}\n  token: env:SHOP_TOKEN\n", shop.base_url()))
}

/// A conversation with the agents.
struct Seller {
    shop: Running,
    server: TestServer,
    id: String,
    ws: WsClient,
}

impl Seller {
    async fn open() -> Self {
        let shop = shop().await;
        let config = config(&shop);
        Self::with(shop, &config).await
    }

    async fn with(shop: Running, config: &str) -> Self {
        let server = Starting::with(config).env("SHOP_TOKEN", "seller").env("SWITCHBOARD_SERVER__PORT", "0").start();
        let id = new_id();
        let ws = subscribed(&server, &id).await;
        Self { shop, server, id, ws }
    }

    async fn say(&mut self, content: &str) -> Turn {
        say(&mut self.ws, content).await
    }

    /// Ends the server as a power cut does, and starts it again.
    async fn cut(&mut self) {
        self.server.kill();
        self.server.restart(None).await;
        self.ws = self.server.ws(&self.id).await;
        let last = self.server.events(&self.id).await.len() as u64;
        self.ws.subscribe(Some(last)).await;
    }

    async fn decide(&mut self, question: &Value, decision: &str) -> Turn {
        decide(&self.server, &self.id, question, decision).await.expect(202);
        Turn(self.ws.until("turn_end").await)
    }
}

async fn subscribed(api: &Api, id: &str) -> WsClient {
    let mut ws = api.ws(id).await;
    // A conversation that is not there yet answers once its first message makes it.
    ws.send(json!({ "op": "subscribe" })).await;
    ws
}

async fn say(ws: &mut WsClient, content: &str) -> Turn {
    ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": content })).await;
    Turn(ws.until("turn_end").await)
}

async fn decide(api: &Api, id: &str, question: &Value, decision: &str) -> Reply {
    let path = format!("/api/conversations/{id}/approvals/{}", question["approvalId"].as_str().unwrap());
    api.post(&path, json!({ "decision": decision, "argumentsHash": question["argumentsHash"] })).await
}

/// The cards of a shop beside those that it had from the start.
fn cards(shop: &Running) -> Vec<Value> {
    shop.shop().state()["cards"].as_array().unwrap()[SEEDED..].to_vec()
}

/// How often a call was asked for.
fn requests(shop: &Running, call: &str) -> u64 {
    shop.shop().state()["calls"][call]["requests"].as_u64().unwrap_or_default()
}

const UPLOAD: &str = "/content/v2/cards/upload";

/// The events of a turn.
#[derive(Debug)]
struct Turn(Vec<Value>);

impl Turn {
    fn find(&self, kind: &str) -> Option<&Value> {
        self.0.iter().find(|event| event["type"] == kind)
    }

    /// What the agents said.
    fn said(&self) -> String {
        let said = self.0.iter().filter(|event| event["type"] == "message_complete" && event["agentId"].is_string());
        said.map(|event| event["content"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }

    fn status(&self) -> &str {
        self.0.last().unwrap()["status"].as_str().unwrap()
    }

    #[track_caller]
    fn question(&self) -> &Value {
        self.find("approval_request").unwrap_or_else(|| panic!("no approval was asked for: {}", self.said()))
    }
}
