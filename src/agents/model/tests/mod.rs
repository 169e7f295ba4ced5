//! The agent against the fake model: what the user hears, what the model is sent, what ends the run.

mod budgets;
mod faults;
mod json_mode;
mod replay;
mod streams;
mod tools;

use std::{sync::Arc, time::Duration};

use fakemodel::{FakeModel, Script};
use protocol::AgentId;
use serde_json::Value;

use super::{ModelAgent, ModelAgentConfig, ModelEndpoint, ToolMode};
use crate::{
    agent::{
        AgentCard, Outcome,
        testing::{Played, Rehearsal},
    },
    tools::{Grant, ToolBox, calculator::Calculator},
};

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn id(text: &str) -> AgentId {
    text.parse().unwrap()
}

/// An endpoint that is quick to lose patience.
pub(super) fn endpoint(base_url: &str) -> ModelEndpoint {
    rustls::crypto::ring::default_provider().install_default().ok();
    ModelEndpoint {
        base_url: base_url.to_owned(),
        model: "fake".to_owned(),
        api_key: Some("sk-secret".into()),
        headers: vec![("x-project".to_owned(), "p-1".into())],
        connect_timeout: ms(500),
        first_byte_timeout: ms(300),
        chunk_timeout: ms(200),
        call_timeout: Duration::from_secs(5),
        retries_max: 2,
        retry_backoff_min: ms(1),
        retry_backoff_max: Duration::from_secs(2),
        tool_mode: ToolMode::Native,
    }
}

pub(super) fn config() -> ModelAgentConfig {
    ModelAgentConfig {
        card: AgentCard { name: "Tested".to_owned(), description: "Is tested.".to_owned(), ..AgentCard::default() },
        system_prompt: None,
        temperature: None,
        output_tokens_max: None,
        tool_rounds_max: 8,
        tool_calls_max: 20,
        tool_repetition_max: 3,
        model_calls_max: 10,
        output_bytes_max: 64 * 1024,
        hand_over: false,
    }
}

pub(super) fn calculator() -> ToolBox {
    let tool = Arc::new(Calculator::new());
    ToolBox::new(vec![Grant { tool, time_max: Duration::from_secs(1), result_bytes_max: 1000 }]).unwrap()
}

pub(super) fn agent(model: &FakeModel, config: ModelAgentConfig, toolbox: ToolBox) -> ModelAgent {
    ModelAgent::new(config, endpoint(model.url()), toolbox).unwrap()
}

/// Answers one message with a calculator at hand.
pub(super) async fn play(scripts: Vec<Script>) -> (Played, FakeModel) {
    play_with(config(), Rehearsal::of("Hello?"), scripts).await
}

pub(super) async fn play_with(
    config: ModelAgentConfig,
    rehearsal: Rehearsal,
    scripts: Vec<Script>,
) -> (Played, FakeModel) {
    let model = FakeModel::start(scripts).await;
    let played = rehearsal.run(&agent(&model, config, calculator())).await;
    (played, model)
}

/// The messages of the n-th request.
pub(super) fn messages(model: &FakeModel, request: usize) -> Vec<Value> {
    model.requests()[request].body["messages"].as_array().unwrap().clone()
}

#[track_caller]
pub(super) fn tokens(played: &Played) -> (u64, u64) {
    match played.outcome.as_ref().unwrap() {
        Outcome::Completed { usage, .. } | Outcome::HandOver { usage, .. } | Outcome::Waiting { usage, .. } => {
            (usage.input_tokens, usage.output_tokens)
        }
    }
}
