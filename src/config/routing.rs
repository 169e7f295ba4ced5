//! How the agent that answers is chosen.

use protocol::AgentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the agent that answers is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// The agent that answers when no other claims the message. Must be one of `agents`.
    #[schemars(schema_with = "super::agents::agent_id_schema")]
    pub fallback: AgentId,
    /// By how many points another agent must beat the current one to take over. Higher holds on to an agent longer.
    #[schemars(range(min = 0, max = 1000))]
    pub switch_margin: u32,
    /// The same where the current agent asked the user something and waits for the answer.
    #[schemars(range(min = 0, max = 1000))]
    pub waiting_margin: u32,
}

impl Default for Routing {
    fn default() -> Self {
        Self { fallback: super::agents::id("concierge"), switch_margin: 2, waiting_margin: 6 }
    }
}
