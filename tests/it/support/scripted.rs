//! Agents that do what the message says, for what no well-behaved agent does.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use protocol::{
    Code,
    event::{JsonObject, Usage},
};
use serde_json::json;
use switchboard::agent::{
    Agent, AgentCard, Ask, Claim, EventSink, Outcome, RunError, ToolIntent, Turn,
    catalog::{AgentLimits, AgentSlot},
};

/// Does what the words of the message say, one after the other.
struct Scripted {
    card: AgentCard,
    built: usize,
}

/// A slot with a scripted agent. Its intents are its id; what it answers first names how often it was built.
pub(crate) fn scripted(id: &str, limits: AgentLimits) -> AgentSlot {
    let built = Arc::new(AtomicUsize::new(0));
    let card = AgentCard {
        name: id.to_uppercase(),
        description: format!("does what a script for {id} says"),
        version: "1.0.0".to_owned(),
        kind: "scripted".to_owned(),
        intents: vec![id.to_owned()],
        examples: vec![],
        priority: 0,
        steerable: true,
        replays: false,
    };
    let factory = move || {
        let built = built.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Arc::new(Scripted { card: card.clone(), built }) as Arc<dyn Agent>)
    };
    AgentSlot::new(id.parse().unwrap(), Arc::new(factory), limits, true).unwrap()
}

#[async_trait]
impl Agent for Scripted {
    fn card(&self) -> &AgentCard {
        &self.card
    }

    fn can_handle(&self, ask: &Ask<'_>) -> Claim {
        assert!(!ask.content.contains("claim=panic"), "the script says panic");
        Claim::ByIntents
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        let script = turn.message.content.clone();
        for word in script.split_whitespace() {
            // `beta:say=hello` is for beta alone.
            let word = match word.split_once(':') {
                Some((agent, _)) if ["alpha", "beta", "gamma"].contains(&agent) && agent != turn.agent_id.as_str() => {
                    continue;
                }
                Some((agent, word)) if agent == turn.agent_id.as_str() => word,
                _ => word,
            };
            let (verb, argument) = word.split_once('=').unwrap_or((word, ""));
            match verb {
                "say" => sink.text(argument).await?,
                "count" => count(&sink, argument.parse().unwrap()).await?,
                "sleep" => tokio::time::sleep(Duration::from_millis(argument.parse().unwrap())).await,
                "hang" => std::future::pending().await,
                "gate" => pass(Path::new(argument)).await,
                "touch" => std::fs::write(argument, "").unwrap(),
                "panic" => panic!("the script says panic"),
                "flood" => flood(&sink).await?,
                "drip" => drip(&sink).await?,
                "built" => sink.text(&format!("built {} times", self.built)).await?,
                "past" => sink.text(&past(&turn)).await?,
                "tool" => tool(&sink, argument).await?,
                "remember" => remember(&turn, argument).await,
                "recall" => sink.text(&recall(&turn).await).await?,
                "share" => share(&turn, &sink, argument).await,
                "steer" => take_steer(&sink).await?,
                "decline" => return Err(RunError::retryable(Code::ModelUnavailable, "The model is away.", "a script")),
                "handover" => return Ok(handover(argument)),
                _ => {}
            }
        }
        let final_state = JsonObject::from_iter([("done".to_owned(), json!(true))]);
        Ok(Outcome::Completed { final_state, usage: Usage::default() })
    }
}

/// Holds runs until a test has seen what it wants to see: `gate=PATH` in a script.
pub(crate) struct Gate(tempfile::TempDir);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The word for a script.
    pub(crate) fn word(&self) -> String {
        format!("gate={}", self.path().display())
    }

    pub(crate) fn open(&self) {
        std::fs::write(self.path(), "").unwrap();
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("open")
    }
}

/// Waits until a gate is open.
pub(crate) async fn pass(gate: &Path) {
    while !gate.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn count(sink: &EventSink, to: usize) -> Result<(), RunError> {
    for number in 1..=to {
        sink.text(&format!("{number} ")).await?;
    }
    Ok(())
}

async fn flood(sink: &EventSink) -> Result<(), RunError> {
    loop {
        sink.text(&"x".repeat(1000)).await?;
    }
}

/// Speaks without an end, and slowly enough to stay within every bound.
async fn drip(sink: &EventSink) -> Result<(), RunError> {
    loop {
        sink.text("drop ").await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn past(turn: &Turn) -> String {
    let line = |message: &switchboard::agent::PastMessage| format!("{}:{}", message.role.as_str(), message.content);
    turn.history.iter().map(line).collect::<Vec<_>>().join("|")
}

async fn tool(sink: &EventSink, id: &str) -> Result<(), RunError> {
    let call = format!("call-{id}-{}", uuid::Uuid::now_v7()).parse().unwrap();
    sink.tool_started(ToolIntent::new(call, "hammer", json!({ "nail": id }))).await?;
    if id == "hang" {
        std::future::pending::<()>().await;
    }
    Ok(())
}

async fn remember(turn: &Turn, what: &str) {
    let now = turn.context.state().await.unwrap();
    let value = JsonObject::from_iter([("what".to_owned(), json!(what))]);
    turn.context.set_state(now.version, value).await.unwrap();
}

async fn recall(turn: &Turn) -> String {
    let own = turn.context.state().await.unwrap();
    let shared = turn.context.shared().await.unwrap();
    format!("own {} shared {}", json!(own.value), json!(shared.value))
}

async fn share(turn: &Turn, sink: &EventSink, what: &str) {
    let changes = JsonObject::from_iter([("from".to_owned(), json!(what))]);
    turn.context.update_shared(changes, sink).await.unwrap();
}

async fn take_steer(sink: &EventSink) -> Result<(), RunError> {
    for _ in 0..200 {
        if let Some(message) = sink.take_steer().await? {
            return Ok(sink.text(&format!("steered by {}", message.content)).await?);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

fn handover(to: &str) -> Outcome {
    Outcome::HandOver {
        to: to.parse().unwrap(),
        detail: Some("as the script says".to_owned()),
        usage: Usage::default(),
    }
}
