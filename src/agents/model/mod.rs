//! An agent that is a language model behind any OpenAI-compatible address: OpenAI, Ollama, vLLM, llama.cpp.
//!
//! The model's words go into the sink as they come. Tool calls run through the granted tool box and their results go back
//! to the model, round after round, within bounds. Everything that a model says is untrusted: its arguments are checked
//! against the tool's schema, its stream is bounded, its errors are never shown raw.

mod assemble;
mod calls;
mod client;
mod dialogue;
mod error;
mod hand_over;
mod json_mode;
mod listen;
mod prompt;
mod question;
mod replay;
mod retry;
mod rounds;
mod spending;
mod sse;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use self::{client::Client, prompt::Prompt, rounds::Rounds};
pub use self::{
    error::ModelSetupError,
    question::{AskError, Asker, AskerConfig, Question, REPAIRS_MAX},
    spending::Spending,
};
use crate::{
    agent::{Agent, AgentCard, EventSink, Outcome, RunError, Turn},
    tools::ToolBox,
};

/// Where a model is and how patient to be with it; from config `models`.
#[derive(Debug, Clone)]
pub struct ModelEndpoint {
    /// The address before `/chat/completions`: `http://localhost:11434/v1`.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// Sent as `Authorization: Bearer`.
    pub api_key: Option<SecretString>,
    /// Sent with each call.
    pub headers: Vec<(String, SecretString)>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the beginning of the answer may take.
    pub first_byte_timeout: Duration,
    /// How long the next piece may take.
    pub chunk_timeout: Duration,
    /// How long one call may take in all.
    pub call_timeout: Duration,
    /// Tries after the first.
    pub retries_max: u32,
    /// The first wait between tries.
    pub retry_backoff_min: Duration,
    /// The longest wait between tries.
    /// A `Retry-After` beyond it ends the tries.
    pub retry_backoff_max: Duration,
    /// How the model calls tools.
    pub tool_mode: ToolMode,
}

/// How a model calls tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolMode {
    /// By the API's `tools` and `tool_calls`.
    #[default]
    Native,
    /// For models without: the answer is asked for as JSON of a given shape, which says either words or a call. With this
    /// mode and at least one tool the words are shown when they are whole, not as they come.
    Json,
}

/// What one agent asks of its model.
#[derive(Debug, Clone)]
pub struct ModelAgentConfig {
    /// What it says of itself.
    pub card: AgentCard,
    /// A minijinja template; see docs/agents.md for its variables.
    pub system_prompt: Option<String>,
    /// 0 always says the likeliest; none is the model's own default.
    pub temperature: Option<f64>,
    /// The longest answer of one call, in tokens; none is the model's own default.
    pub output_tokens_max: Option<u32>,
    /// How often the model may be called again with results of tools.
    pub tool_rounds_max: u32,
    /// Tool calls in one run.
    pub tool_calls_max: u32,
    /// How often the very same call may be made.
    pub tool_repetition_max: u32,
    /// Calls of the model in one run, tries that failed included.
    pub model_calls_max: u32,
    /// Text of one run, in bytes.
    pub output_bytes_max: usize,
    /// Offers the model a function that hands over to a colleague.
    pub hand_over: bool,
}

/// An agent that is a language model.
#[derive(Debug)]
pub struct ModelAgent {
    config: ModelAgentConfig,
    client: Client,
    prompt: Prompt,
    toolbox: ToolBox,
}

impl ModelAgent {
    /// Builds the agent; compiles its prompt.
    ///
    /// # Errors
    /// [`ModelSetupError`] when the prompt, the address or a header makes no sense.
    pub fn new(config: ModelAgentConfig, endpoint: ModelEndpoint, toolbox: ToolBox) -> Result<Self, ModelSetupError> {
        let prompt = Prompt::compile(config.system_prompt.as_deref())?;
        let client = Client::new(endpoint)?;
        Ok(Self { config, client, prompt, toolbox })
    }
}

#[async_trait]
impl Agent for ModelAgent {
    fn card(&self) -> &AgentCard {
        &self.config.card
    }

    async fn run(&self, turn: Turn, sink: EventSink) -> Result<Outcome, RunError> {
        let system = self.prompt.render(&self.config.card, &turn).await?;
        Rounds::new(&self.config, &self.client, &self.toolbox, &turn, &sink, system).run().await
    }
}
