//! A decision as `POST /api/admin/route` tells it.

use protocol::{AgentId, event::SwitchReason};
use serde::Serialize;

use super::decide::{RouteDecision, Scored};

/// A decision, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Explanation {
    /// Who would answer; `null` when nobody is ready.
    #[schema(value_type = Option<String>)]
    pub chosen: Option<AgentId>,
    /// Why it would be another one than before; `null` when the current agent stays.
    pub reason: Option<SwitchReason>,
    /// Who should have answered and why it would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// All agents, the best first.
    pub candidates: Vec<Scored>,
}

impl From<RouteDecision> for Explanation {
    fn from(decision: RouteDecision) -> Self {
        let RouteDecision { chosen, reason, detail, candidates } = decision;
        Self { chosen, reason, detail, candidates }
    }
}
