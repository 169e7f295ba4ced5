//! A tool is called only once it is stored that it will be.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard::{
    agent::{
        Agent, AgentCard, EventSink, Outcome, RunError, Turn,
        catalog::{AgentLimits, AgentSlot},
    },
    tools::{Effect, Grant, Tool, ToolBox, ToolContext, ToolError, ToolSpec, run_recorded},
};

use crate::support::{
    client::new_id,
    embedded::{Embedded, three_agents},
    scripted::Gate,
};

/// Counts how often it is called.
struct Counter {
    spec: ToolSpec,
    calls: Arc<AtomicUsize>,
}

#[async_trait]
impl Tool for Counter {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _: Value, _: &ToolContext) -> Result<Value, ToolError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(Value::Null)
    }
}

/// Waits for its gate, then calls its one tool.
struct Caller {
    card: AgentCard,
    toolbox: ToolBox,
    gate: std::path::PathBuf,
}

#[async_trait]
impl Agent for Caller {
    fn card(&self) -> &AgentCard {
        &self.card
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        sink.text("Wait.").await?;
        crate::support::scripted::pass(&self.gate).await;
        let call_id: protocol::ToolCallId = "call-1".parse().unwrap();
        let context = ToolContext {
            tenant: turn.context.tenant().clone(),
            agent_id: turn.agent_id.clone(),
            idempotency_key: call_id.clone(),
            is_repeat: false,
            call_id,
            cancel: turn.cancel.clone(),
            time_max: turn.time_max,
        };
        run_recorded(&self.toolbox, &sink, "counter", json!({}), &context).await?;
        Ok(Outcome::completed())
    }
}

fn caller(calls: &Arc<AtomicUsize>, gate: &Gate) -> AgentSlot {
    let (calls, gate) = (Arc::clone(calls), gate.path());
    let factory = move || {
        let spec = ToolSpec {
            name: "counter".to_owned(),
            description: "Counts.".to_owned(),
            parameters: json!({ "type": "object" }),
            effect: Effect::NonIdempotent,
        };
        let tool = Arc::new(Counter { spec, calls: Arc::clone(&calls) });
        let grant = Grant { tool, time_max: std::time::Duration::from_secs(10), result_bytes_max: 1000 };
        let toolbox = ToolBox::new(vec![grant]).map_err(|error| error.to_string())?;
        let card = AgentCard { name: "Caller".to_owned(), intents: vec!["call".to_owned()], ..AgentCard::default() };
        Ok(Arc::new(Caller { card, toolbox, gate: gate.clone() }) as Arc<dyn Agent>)
    };
    AgentSlot::new("caller".parse().unwrap(), Arc::new(factory), AgentLimits::default(), true).unwrap()
}

#[tokio::test]
async fn while_nothing_is_stored_no_tool_is_called_and_when_it_is_the_tool_is() {
    let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Gate::closed());
    let agents = three_agents().into_iter().chain([caller(&calls, &gate)]).collect();
    let server = Embedded::with(agents, |_| {});
    let id = new_id();
    let mut ws = server.ws(&id).await;
    ws.send(json!({ "op": "subscribe" })).await;
    ws.send(json!({ "op": "message", "clientMessageId": "m", "content": "call" })).await;
    ws.until("content_chunk").await;
    server.store.fail_commits(true);
    gate.open();
    // What the call was said with was tried to be stored, more than once.
    server.store.until_refused(2).await;
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    server.store.fail_commits(false);
    let events = ws.until("turn_end").await;
    assert_eq!(events.last().unwrap()["status"], "completed");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}
