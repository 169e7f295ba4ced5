//! Asks the pure router with the agents as they are at this moment.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use protocol::{
    AgentId, Code,
    event::{Policy, SwitchReason},
};

use super::guard::panic_text;
use crate::{
    agent::{
        Ask, Claim,
        catalog::{AgentSlot, AgentState, Catalog},
    },
    conversation::{Assignment, Route, RouteAsk},
    routing::{Availability, Candidate, Explanation, RouteDecision, RouteIndex, RouteRequest, RouteRules, decide},
};

/// Asks the router.
#[derive(Debug)]
pub struct Router {
    catalog: Arc<Catalog>,
    index: RouteIndex,
    rules: RouteRules,
}

impl Router {
    /// A router over these agents.
    pub fn new(catalog: Arc<Catalog>, rules: RouteRules) -> Self {
        let index = RouteIndex::new(catalog.slots().map(|slot| (slot.id().clone(), slot.card())));
        Self { catalog, index, rules }
    }

    /// Who answers.
    pub fn route(&self, ask: &RouteAsk, current: Option<&AgentId>) -> Route {
        match ask {
            RouteAsk::Message { content, is_awaited } => self.route_message(content, current, *is_awaited),
            RouteAsk::HandOver { to, detail, .. } => self.named(to, Some(SwitchReason::Handoff), detail.clone()),
            RouteAsk::Again { agent } => self.named(agent, None, None),
        }
    }

    /// What an agent does with a message that comes while it runs and says nothing itself.
    pub fn policy_of(&self, id: &AgentId) -> Option<Policy> {
        self.catalog.get(id).map(|slot| slot.limits().policy)
    }

    /// Explains who would answer a message, without anything being run.
    pub fn explain(&self, content: &str, current: Option<&AgentId>) -> Explanation {
        self.decide(content, current, false).into()
    }

    fn decide(&self, content: &str, current: Option<&AgentId>, is_awaited: bool) -> RouteDecision {
        let candidates: Vec<Candidate> = self.catalog.slots().map(|slot| candidate(slot, content, current)).collect();
        let request = RouteRequest { content, current, is_awaited };
        decide(&self.index, &candidates, &request, &self.rules)
    }

    fn route_message(&self, content: &str, current: Option<&AgentId>, is_awaited: bool) -> Route {
        let decision = self.decide(content, current, is_awaited);
        match decision.chosen.as_ref().and_then(|id| self.catalog.get(id)) {
            Some(slot) => Route::To(assignment(slot, decision.reason, decision.detail)),
            None => Route::Nobody {
                code: Code::NoAgent,
                safe: "No agent is available to answer at the moment. Please try again later.".to_owned(),
            },
        }
    }

    fn named(&self, id: &AgentId, reason: Option<SwitchReason>, detail: Option<String>) -> Route {
        match self.catalog.get(id) {
            Some(slot) if slot.state() == AgentState::Running => Route::To(assignment(slot, reason, detail)),
            found => {
                let name = found.map_or_else(|| id.to_string(), |slot| slot.card().name.clone());
                let safe = format!("{name} is not available at the moment. Please try again later.");
                Route::Nobody { code: Code::AgentUnavailable, safe }
            }
        }
    }
}

fn candidate(slot: &Arc<AgentSlot>, content: &str, current: Option<&AgentId>) -> Candidate {
    let is_current = current == Some(slot.id());
    let has_room = slot.has_room();
    let availability = match slot.state() {
        AgentState::Running if has_room => Availability::Ready,
        AgentState::Running => Availability::Busy,
        AgentState::Draining => Availability::Draining,
        AgentState::Disabled => Availability::Disabled,
        AgentState::Quarantined => Availability::Quarantined,
    };
    let claim = claim_of(slot, &Ask { content, is_current });
    Candidate { id: slot.id().clone(), card: slot.card(), availability, claim }
}

/// The one place where an agent's code runs inside an actor: its panic is its own, and it answers at once by its contract.
fn claim_of(slot: &AgentSlot, ask: &Ask<'_>) -> Claim {
    let agent = slot.agent();
    catch_unwind(AssertUnwindSafe(|| agent.can_handle(ask))).unwrap_or_else(|panic| {
        let why = panic_text(panic.as_ref());
        tracing::error!(agent_id = %slot.id(), why, "an agent panicked when it was asked whether it can handle a message");
        Claim::ByIntents
    })
}

fn assignment(slot: &AgentSlot, reason: Option<SwitchReason>, detail: Option<String>) -> Assignment {
    let card = slot.card();
    Assignment {
        agent_id: slot.id().clone(),
        name: card.name.clone(),
        version: card.version.clone(),
        steerable: card.steerable,
        replays: card.replays,
        reason,
        detail,
    }
}
