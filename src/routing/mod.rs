//! Who answers a message: a function of the message, the agents' cards and the agent that answered last.
use crate::agent::{AgentCard, Claim};
use protocol::{AgentId, event::SwitchReason};
use std::sync::Arc;
pub struct Candidate {
    pub id: AgentId,
    pub card: Arc<AgentCard>,
    pub availability: Availability,
    pub claim: Claim,
}
pub enum Availability {
    Ready,
    Disabled,
    Draining,
    Quarantined,
    Busy,
}
pub struct RouteRequest<'a> {
    pub content: &'a str,
    pub current: Option<&'a AgentId>,
    pub first_message: bool,
}
#[derive(Debug)]
pub struct RouteRules {
    pub fallback: AgentId,
    pub switch_margin: u32,
}
pub struct RouteDecision {
    pub chosen: Option<AgentId>,
    pub reason: Option<SwitchReason>,
    pub detail: Option<String>,
}
#[derive(Debug)]
pub struct RouteIndex;
impl RouteIndex {
    pub fn new(_: impl Iterator<Item = (AgentId, Arc<AgentCard>)>) -> Self {
        Self
    }
}
#[derive(serde::Serialize)]
pub struct Explanation;
impl Explanation {
    pub fn of(_: &RouteDecision) -> Self {
        Self
    }
}
pub fn decide(_: &RouteIndex, _: &[Candidate], _: &RouteRequest<'_>, _: &RouteRules) -> RouteDecision {
    RouteDecision { chosen: None, reason: None, detail: None }
}
