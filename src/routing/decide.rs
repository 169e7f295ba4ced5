//! The decision: score, then priority, then id; the current agent keeps the turn unless another is clearly better.

use std::sync::Arc;

use protocol::{AgentId, event::SwitchReason};
use serde::Serialize;

use super::{
    card::{AgentCard, Claim},
    intents::RouteIndex,
};

/// How an agent is at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It can begin at once.
    Ready,
    /// An operator disabled it.
    Disabled,
    /// Disabled, and finishing what it began.
    Draining,
    /// Given up after too many failures.
    Quarantined,
    /// It has no room.
    Busy,
}

/// An agent that may answer.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which.
    pub id: AgentId,
    /// What it says of itself.
    pub card: Arc<AgentCard>,
    /// How it is.
    pub availability: Availability,
    /// Its own word on this message.
    pub claim: Claim,
}

/// The question.
#[derive(Debug, Clone, Copy)]
pub struct RouteRequest<'a> {
    /// The user's message.
    pub content: &'a str,
    /// Who answered last; none for the first message.
    pub current: Option<&'a AgentId>,
    /// The current agent asked the user something and waits for the answer.
    pub is_awaited: bool,
}

/// How to decide; from config `routing`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRules {
    /// Who answers what nobody recognises.
    pub fallback: AgentId,
    /// By how many points another agent must beat the current one.
    pub switch_margin: u32,
    /// The same where the current agent waits for an answer.
    pub waiting_margin: u32,
}

/// Why an agent was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Skipped {
    /// An operator disabled it.
    Disabled,
    /// It is finishing what it began.
    Draining,
    /// It was given up.
    Quarantined,
    /// It has no room.
    Busy,
    /// It says itself that the message is not for it.
    Declined,
    /// Nothing in the message speaks for it.
    NoMatch,
}

/// An agent with its points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Scored {
    /// Which.
    #[schema(value_type = String)]
    pub id: AgentId,
    /// Its points.
    pub score: u32,
    /// Its priority.
    pub priority: i32,
    /// Why it was passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteDecision {
    /// Who answers; none when nobody is ready.
    pub chosen: Option<AgentId>,
    /// Why it is another one than before; none when the current agent stays.
    pub reason: Option<SwitchReason>,
    /// Who should have answered and why it does not.
    pub detail: Option<String>,
    /// All agents, the best first.
    pub candidates: Vec<Scored>,
}

/// Decides who answers.
pub fn decide(
    index: &RouteIndex,
    candidates: &[Candidate],
    request: &RouteRequest<'_>,
    rules: &RouteRules,
) -> RouteDecision {
    let ranked = ranked(index, candidates, request.content);
    let ready = |id: &AgentId| ranked.iter().any(|(scored, _)| scored.id == *id && is_ready(scored));
    // Whom the message is for, whatever state it is in.
    let wanted = ranked.iter().find(|(scored, candidate)| scored.score > 0 && candidate.claim != Claim::Decline);
    let best_ready = ranked.iter().map(|(scored, _)| scored).find(|scored| scored.score > 0 && is_ready(scored));
    let current = request.current.filter(|id| ready(id));
    let chosen = match (current, best_ready) {
        (Some(current), Some(best)) if *current != best.id => {
            let own = ranked.iter().find(|(scored, _)| scored.id == *current).map_or(0, |(scored, _)| scored.score);
            // The fallback has no right to stay: what another agent recognises at least as well is for that agent.
            let margin = if request.is_awaited { rules.waiting_margin } else { rules.switch_margin };
            let may_stay = request.is_awaited || *current != rules.fallback;
            let goes = !may_stay || best.score > own.saturating_add(margin);
            Some(if goes { best.id.clone() } else { current.clone() })
        }
        (Some(current), _) => Some(current.clone()),
        (None, Some(best)) => Some(best.id.clone()),
        (None, None) => ready(&rules.fallback).then(|| rules.fallback.clone()),
    };
    // Without a fallback any agent is better than none: it can at least say what it is for.
    let chosen =
        chosen.or_else(|| ranked.iter().map(|(scored, _)| scored).find(|one| is_ready(one)).map(|one| one.id.clone()));
    let expected = wanted.map(|(scored, _)| &scored.id).or(request.current).unwrap_or(&rules.fallback);
    let missed = if chosen.as_ref() == Some(expected) { None } else { missed(expected, &ranked) };
    let (reason, detail) = reason(request, chosen.as_ref(), best_ready, missed);
    let candidates = ranked.into_iter().map(|(scored, _)| unless_chosen(scored, chosen.as_ref())).collect();
    RouteDecision { chosen, reason, detail, candidates }
}

/// Who was chosen was not passed over, even if nothing in the message speaks for it.
fn unless_chosen(scored: Scored, chosen: Option<&AgentId>) -> Scored {
    let skipped = scored.skipped.filter(|_| chosen != Some(&scored.id));
    Scored { skipped, ..scored }
}

fn is_ready(scored: &Scored) -> bool {
    matches!(scored.skipped, None | Some(Skipped::NoMatch))
}

/// All agents with their points: score, then priority, then id.
fn ranked<'a>(index: &RouteIndex, candidates: &'a [Candidate], content: &str) -> Vec<(Scored, &'a Candidate)> {
    let points_of = index.score(content);
    let scored = |candidate: &'a Candidate| {
        let points = points_of.of(&candidate.id);
        let (score, declined) = match candidate.claim {
            Claim::ByIntents => (points, false),
            Claim::Add(more) => (points.saturating_add(more), false),
            Claim::Decline => (points, true),
        };
        let skipped = match candidate.availability {
            Availability::Disabled => Some(Skipped::Disabled),
            Availability::Draining => Some(Skipped::Draining),
            Availability::Quarantined => Some(Skipped::Quarantined),
            Availability::Busy => Some(Skipped::Busy),
            Availability::Ready if declined => Some(Skipped::Declined),
            Availability::Ready if score == 0 => Some(Skipped::NoMatch),
            Availability::Ready => None,
        };
        (Scored { id: candidate.id.clone(), score, priority: candidate.card.priority, skipped }, candidate)
    };
    let mut ranked: Vec<_> = candidates.iter().map(scored).collect();
    ranked.sort_by(|(a, _), (b, _)| {
        b.score.cmp(&a.score).then(b.priority.cmp(&a.priority)).then_with(|| a.id.cmp(&b.id))
    });
    ranked
}

/// Why the agent that should have answered does not, in a word and in words; none if nothing keeps it.
fn missed(expected: &AgentId, ranked: &[(Scored, &Candidate)]) -> Option<(SwitchReason, String)> {
    let (scored, candidate) = ranked.iter().find(|(scored, _)| scored.id == *expected)?;
    let name = &candidate.card.name;
    match scored.skipped? {
        Skipped::Disabled | Skipped::Draining => Some((SwitchReason::AgentDisabled, format!("{name} is disabled"))),
        Skipped::Quarantined => Some((SwitchReason::AgentUnavailable, format!("{name} is out of order"))),
        Skipped::Busy => Some((SwitchReason::AgentUnavailable, format!("{name} is busy"))),
        Skipped::Declined | Skipped::NoMatch => None,
    }
}

fn reason(
    request: &RouteRequest<'_>,
    chosen: Option<&AgentId>,
    best_ready: Option<&Scored>,
    missed: Option<(SwitchReason, String)>,
) -> (Option<SwitchReason>, Option<String>) {
    if chosen.is_none() || chosen == request.current {
        return (None, None);
    }
    if let Some((reason, detail)) = missed {
        return (Some(reason), Some(detail));
    }
    let matched = best_ready.is_some_and(|best| Some(&best.id) == chosen);
    let reason = match (matched, request.current) {
        (false, _) => SwitchReason::Fallback,
        (true, None) => SwitchReason::FirstMessage,
        (true, Some(_)) => SwitchReason::IntentChange,
    };
    (Some(reason), None)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
