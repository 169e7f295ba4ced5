//! Who answers a message: a function of the message, the agents' cards, how each agent is, and who answered last.
//!
//! No clock, no I/O: the same question always gets the same answer, whatever the order of the agents, and the answer says
//! why ([`Explanation`]).

mod card;
mod decide;
mod examples;
mod explain;
mod fold;
mod intents;

pub use self::{
    card::{AgentCard, Ask, Claim},
    decide::{Availability, Candidate, RouteDecision, RouteRequest, RouteRules, Scored, Skipped, decide},
    explain::Explanation,
    intents::{RouteIndex, Scores},
};
