//! The system prompt: a minijinja template, compiled when the agent is built.
//!
//! Its variables: `agent` (`id`, `name`, `description`), `colleagues` (a list of the same), `shared` (the conversation's
//! shared context), `conversation` (`id`). An unknown variable is an error, not an empty place. Values are text to the
//! model and never templates themselves.

use minijinja::{Environment, UndefinedBehavior};
use protocol::Code;
use serde_json::json;

use super::error::ModelSetupError;
use crate::agent::{AgentCard, RunError, Turn};

/// Steps that rendering may take: a prompt must not be able to loop for ever.
const FUEL: u64 = 100_000;
/// The name of the one template.
const NAME: &str = "system_prompt";

/// A compiled prompt.
#[derive(Debug)]
pub(super) struct Prompt(Option<Environment<'static>>);

impl Prompt {
    pub(super) fn compile(text: Option<&str>) -> Result<Self, ModelSetupError> {
        let Some(text) = text else { return Ok(Self(None)) };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        let added = environment.add_template_owned(NAME, text.to_owned());
        added.map_err(|error| ModelSetupError::Prompt(error.to_string()))?;
        Ok(Self(Some(environment)))
    }

    /// The prompt for one turn; none where config has none.
    pub(super) async fn render(&self, card: &AgentCard, turn: &Turn) -> Result<Option<String>, RunError> {
        let Some(environment) = &self.0 else { return Ok(None) };
        let shared = turn.context.shared().await.map_err(|error| {
            let safe = "What the agents share of this conversation could not be read. Please try again.";
            RunError::retryable(Code::Internal, safe, error.to_string())
        })?;
        let colleague =
            |id: &str, card: &AgentCard| json!({ "id": id, "name": card.name, "description": card.description });
        let colleagues: Vec<_> = turn.colleagues.iter().map(|one| colleague(one.id.as_str(), &one.card)).collect();
        let values = minijinja::Value::from_serialize(json!({
            "agent": colleague(turn.agent_id.as_str(), card),
            "colleagues": colleagues,
            "shared": shared.value,
            "conversation": { "id": turn.conversation_id },
        }));
        let rendered = environment.get_template(NAME).and_then(|template| template.render(values));
        rendered.map(Some).map_err(|error| {
            let safe = "The agent's instructions are not correct; the operator has to correct them.";
            RunError::lasting(Code::Internal, safe, format!("system_prompt: {error}"))
        })
    }
}
