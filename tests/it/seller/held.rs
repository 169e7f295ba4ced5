//! The product agent in a server whose clock the test holds: a day or a week goes by in no time.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use protocol::Timestamp;
use sandbox::Running;
use serde_json::json;
use switchboard::{
    actors::retention::RetentionBounds,
    agent::{
        Agent, AgentCard,
        catalog::{AgentLimits, AgentSlot},
    },
    agents::{product, workflow::WorkflowAgent},
    clock::{ManualClock, SystemClock},
    config::Secret,
    tools::{
        Grant, ToolBox,
        wildberries::{CallLimits, HttpTransport, Operation, Pacer, Tokens, WildberriesClient, WildberriesTool},
    },
    workflow::named::{Named, NamedConfig},
};

use super::{Turn, shop, subscribed};
use crate::support::{
    client::{WsClient, new_id},
    embedded::Embedded,
};

/// A conversation with the product agent alone.
pub(super) struct Held {
    pub(super) shop: Running,
    pub(super) server: Embedded,
    clock: ManualClock,
    pub(super) id: String,
    ws: WsClient,
}

impl Held {
    pub(super) async fn open() -> Self {
        let (shop, clock) = (shop().await, ManualClock::at(Timestamp::from_millis(1_795_437_919_000)));
        let (slot, theirs) = (slot(&shop), Arc::new(clock.clone()));
        let server = Embedded::with(vec![slot], |options| {
            options.clock = theirs;
            options.rules.fallback = "product_agent".parse().unwrap();
            options.conversations.conversation_idle = Duration::from_millis(50);
            options.retention =
                RetentionBounds { sweep_interval: Duration::from_millis(50), ..RetentionBounds::default() };
        });
        let id = new_id();
        let ws = subscribed(&server, &id).await;
        Self { shop, server, clock, id, ws }
    }

    pub(super) async fn say(&mut self, content: &str) -> Turn {
        super::say(&mut self.ws, content).await
    }

    pub(super) async fn heard(&mut self) -> Turn {
        Turn(self.ws.until("turn_end").await)
    }

    pub(super) fn hours_go_by(&self, hours: i64) {
        self.clock.advance_millis(hours * 3_600_000);
    }

    /// The seller comes back after eight days: nothing of the conversation is in memory, and its events are gone.
    pub(super) async fn a_week_goes_by(&mut self) {
        let before = self.server.events(&self.id).await.len() as u64;
        self.ws.socket.close(None).await.unwrap();
        self.server.until_metric("switchboard_conversations_live", 0).await;
        self.hours_go_by(8 * 24);
        let path = format!("/api/conversations/{}", self.id);
        let swept = async {
            while self.server.get(&path).await.expect(200)["firstSeq"].as_u64().unwrap() <= before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(crate::support::client::PATIENCE, swept).await.expect("the events are swept");
        self.ws = self.server.ws(&self.id).await;
        self.ws.subscribe(Some(before)).await;
    }
}

fn slot(shop: &Running) -> AgentSlot {
    let transport = Arc::new(HttpTransport::new(Some(shop.base_url().parse().unwrap()), 32 << 20).unwrap());
    let tokens = Tokens { for_others: Some(Secret::new("seller")), ..Tokens::default() };
    let (limits, pacer) = (CallLimits::default(), Arc::new(Pacer::scaled(0)));
    let client = WildberriesClient::new(transport, tokens, limits, pacer, Arc::new(SystemClock));
    let operations = json!(["categories", "characteristics", "card_upload", "card_result", "media_save"]);
    let operations: Vec<Operation> = serde_json::from_value(operations).unwrap();
    let tool = Arc::new(WildberriesTool::new("wildberries_api", None, &operations, client));
    let grant = Grant { tool, time_max: Duration::from_mins(1), result_bytes_max: 64 << 10 };
    let toolbox = ToolBox::new(vec![grant]).unwrap();
    let granted = BTreeSet::from(["wildberries_api".to_owned()]);
    let graph = Named::Product.definition(&NamedConfig::default(), &granted, false).unwrap();
    let factory = move || {
        let card = AgentCard { kind: "workflow".to_owned(), name: "Product".to_owned(), ..AgentCard::default() };
        let agent = WorkflowAgent::new(card, graph.clone(), toolbox.clone(), product::library(), BTreeSet::new());
        Ok(Arc::new(agent.unwrap()) as Arc<dyn Agent>)
    };
    AgentSlot::new("product_agent".parse().unwrap(), Arc::new(factory), AgentLimits::default(), true).unwrap()
}
