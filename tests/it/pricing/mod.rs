//! Prices of a shop in questions and in sums, from a sandbox of the marketplace.

mod bad_input;
mod shop;

use std::time::Duration;

use sandbox::{Fault, FaultRule, Running};
use serde_json::{Value, json};

use crate::support::{
    client::{WsClient, client, new_id, said},
    played,
    server::{CONCIERGE, Starting, TestServer},
};

const PRICES: &str = "/api/v2/list/goods/filter";
const UPLOAD: &str = "/api/v2/upload/task";
const ALL: &str = "cost 500 rub, commission 15%, logistics 60, tax 6%, margin 25%";
const ALL_RUSSIAN: &str = "себестоимость 500 руб, комиссия 15%, логистика 60, налог 6%, маржа 25%";

/// A shop, and a seller who talks about its prices.
struct Talk {
    sandbox: Running,
    server: TestServer,
    ws: WsClient,
    /// The first article: `SB-105-01`, 5,990 with 35 % off.
    nm: u64,
}

/// What came of a turn.
struct Said(Vec<Value>);

impl Said {
    fn text(&self) -> String {
        let whole = self.0.iter().filter(|event| event["type"] == "message_complete" && event["agentId"].is_string());
        whole.map(|event| event["content"].as_str().unwrap()).collect::<String>().replace('\u{a0}', " ")
    }

    fn state(&self) -> &Value {
        let end = self.0.iter().rev().find(|event| event["type"] == "agent_complete");
        &end.unwrap_or_else(|| panic!("no end in {:?}", self.0))["finalState"]
    }

    fn asks(&self) -> bool {
        self.0.iter().any(|event| event["type"] == "approval_request")
    }

    /// Holds these texts, but for those with `¬` before them.
    #[track_caller]
    fn has(&self, parts: &[&str]) {
        let text = self.text();
        for part in parts {
            let (part, is_there) = part.strip_prefix('¬').map_or((*part, true), |part| (part, false));
            assert_eq!(text.contains(part), is_there, "`{part}` in:\n{text}");
        }
    }
}

impl Talk {
    /// With tools that read the shop and change its prices.
    async fn open() -> Self {
        Self::with("    tools: [{ name: shop }, { name: prices }]").await
    }

    async fn with(grants: &str) -> Self {
        let sandbox = played::sandbox(|options| options.work_delay = Duration::ZERO).await;
        let url = sandbox.base_url();
        let config = format!(
            "{CONCIERGE}{grants}
tools:
  shop: {{ kind: wildberries_api, base_url: '{url}', token: env:SHOP_TOKEN, wait_max: 10s }}
  prices: {{ kind: wildberries_api, base_url: '{url}', token: env:SHOP_TOKEN, operations: [price_upload] }}
"
        );
        let server = Starting::with(&config).env("SHOP_TOKEN", "seller").start();
        let mut ws = server.ws(&new_id()).await;
        ws.send(json!({ "op": "subscribe" })).await;
        let nm = sandbox.shop().nm_ids()[0];
        Self { sandbox, server, ws, nm }
    }

    async fn say(&mut self, content: &str) -> Said {
        self.ws.send(json!({ "op": "message", "clientMessageId": new_id(), "content": content })).await;
        Said(self.ws.until("turn_end").await)
    }

    async fn approve(&mut self, asked: &Said) -> Said {
        let question =
            asked.0.iter().find(|event| event["type"] == "approval_request").expect("an approval is asked for");
        let frame = json!({ "op": "approve", "approvalId": question["approvalId"], "decision": "approved",
                            "argumentsHash": question["argumentsHash"] });
        self.ws.send(frame).await;
        Said(self.ws.until("turn_end").await)
    }

    /// The same over HTTP, in a conversation of its own.
    async fn post(&self, content: &str) -> String {
        said(&self.server.say(&new_id(), content).await).replace('\u{a0}', " ")
    }

    fn fault(&self, call: &str, fault: Fault) {
        self.sandbox.shop().add_faults(vec![FaultRule::new(call, 100, fault)]).unwrap();
    }

    /// Puts a mug of this vendor code and 990 roubles into the shop.
    async fn add_mug(&self, vendor_code: &str) {
        let mug = json!([{ "subjectID": 1229, "variants": [{
            "vendorCode": vendor_code,
            "title": "Кружка керамическая синяя",
            "description": "Кружка из плотной керамики, объём 350 мл.",
            "brand": "Тихий Дом",
            "dimensions": { "length": 12, "width": 9, "height": 10, "weightBrutto": 0.45 },
            "characteristics": [
                { "id": 14_177_449, "value": ["синий"] }, { "id": 15_001, "value": 350 },
                { "id": 15_010, "value": ["керамика"] },
            ],
            "sizes": [{ "price": 990, "skus": [] }],
        }] }]);
        let url = format!("{}/content/v2/cards/upload", self.sandbox.base_url());
        let answer = client().post(url).header("Authorization", "seller").json(&mug).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let cards = self.sandbox.shop().state()["cards"].clone();
        assert!(cards.to_string().contains(vendor_code), "the card is not there");
    }
}
