//! Tools: what an agent may do beside talking.
//!
//! A tool is granted to an agent by config, never by a prompt. Every call goes through the [`ToolBox`]: it checks the
//! grant, checks the arguments against the tool's JSON Schema, keeps to the time-out and cuts a result that is too long.

pub mod answer;
pub mod calculator;
pub mod http;
pub mod image_analysis;
pub mod keyword_research;
pub mod recorded;
mod schema;
pub mod toolbox;
pub mod wildberries;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use protocol::{AgentId, Code, ToolCallId};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use self::{
    answer::ToolAnswer,
    recorded::{new_call_id, run_digested, run_intended, run_recorded},
    toolbox::{Grant, ToolBox, ToolBoxError},
};
pub use crate::conversation::run::ToolEffect as Effect;

/// What a tool says of itself; models read it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name: 1 to 64 of `A-Z`, `a-z`, `0-9`, `_` and `-`.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// The JSON Schema of its arguments: an object.
    pub parameters: Value,
    /// What a call may change.
    pub effect: Effect,
}

/// What a call knows of its surroundings.
#[derive(Debug, Clone)]
pub struct ToolContext {
    /// On whose behalf: the tenant that the conversation belongs to. It comes from who signed in, never from a model.
    pub tenant: Arc<str>,
    /// Who calls.
    pub agent_id: AgentId,
    /// The call.
    pub call_id: ToolCallId,
    /// The same for every attempt of this call: the id of the first. What was done under a key need not be done again.
    pub idempotency_key: ToolCallId,
    /// Whether a call under this key may have been made before.
    pub is_repeat: bool,
    /// Cancelled when the run must stop. The future is dropped as well.
    pub cancel: CancellationToken,
    /// How long the call may take.
    pub time_max: Duration,
}

/// Why a call failed. The text goes to the model, so it says what to do otherwise and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// The agent was not granted this tool.
    #[error("the tool `{0}` is not available to this agent")]
    Denied(String),
    /// The arguments do not fit the schema.
    #[error("{0}")]
    BadArguments(String),
    /// It took too long.
    #[error("the tool did not answer within {0:?}")]
    TimedOut(Duration),
    /// The run was stopped while the tool was at work.
    #[error("the call was cancelled")]
    Cancelled,
    /// It failed by itself.
    #[error("{0}")]
    Failed(String),
}

impl ToolError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Denied(_) => Code::ToolDenied,
            Self::BadArguments(_) => Code::ToolBadArguments,
            Self::TimedOut(_) | Self::Cancelled | Self::Failed(_) => Code::ToolFailed,
        }
    }
}

/// Something that an agent may do.
#[async_trait]
pub trait Tool: Send + Sync + 'static {
    /// What it says of itself.
    fn spec(&self) -> &ToolSpec;

    /// Does it. The arguments fit the schema. Dropping the future must cancel everything that it started.
    ///
    /// # Errors
    /// A [`ToolError`] whose text the model will read.
    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<Value, ToolError>;
}

#[cfg(test)]
impl ToolContext {
    /// A first call that may take a minute, for tests of tools.
    pub(crate) fn of_test() -> Self {
        let id = |text: &str| text.parse().expect("the id of a call");
        Self {
            tenant: "t".into(),
            agent_id: "tester".parse().expect("an agent id"),
            call_id: id("call-1"),
            idempotency_key: id("call-1"),
            is_repeat: false,
            cancel: CancellationToken::new(),
            time_max: Duration::from_mins(1),
        }
    }
}
