//! A decision in the making: the one place that numbers events.

use protocol::{AgentId, Code, Envelope, Event, Timestamp, TurnId};
use uuid::Uuid;

use super::{
    command::{Command, Decision, Effect, Limits, Numbered, Rejection},
    note::Note,
    state::ConversationState,
};

/// Where new ids come from.
pub trait IdSource {
    /// A UUID that nobody had before.
    fn uuid(&mut self) -> Uuid;
}

/// Time-ordered random ids (UUIDv7), for production.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn uuid(&mut self) -> Uuid {
        Uuid::now_v7()
    }
}

/// What a decision may depend on beside state and command.
#[expect(missing_debug_implementations, reason = "a bundle of borrows that lives for one call")]
pub struct Env<'a> {
    /// The time.
    pub now: Timestamp,
    /// New ids.
    pub ids: &'a mut dyn IdSource,
    /// The bounds.
    pub limits: &'a Limits,
}

/// A decision in the making.
pub(super) struct Draft<'a, 'e> {
    pub state: &'a mut ConversationState,
    pub env: &'a mut Env<'e>,
    events: Vec<Numbered>,
    effects: Vec<Effect>,
}

impl ConversationState {
    /// Decides what follows from a command, and takes it into account.
    ///
    /// # Errors
    /// A [`Rejection`]; the state is as before.
    pub fn handle(&mut self, command: Command, env: &mut Env<'_>) -> Result<Decision, Rejection> {
        let mut draft = Draft { state: self, env, events: Vec::new(), effects: Vec::new() };
        let reply = match command {
            Command::Accept(message) => draft.accept(message)?,
            Command::Routed { turn_id, route } => draft.routed(turn_id, route),
            Command::Output { run_id, items } => draft.output(run_id, items),
            Command::Cancel(target) => draft.cancel(target),
            Command::Decide(decide) => draft.decide(decide)?,
            Command::TurnDeadline { turn_id, time_max } => draft.turn_deadline(turn_id, time_max),
            Command::End { reason } => draft.end(reason),
            Command::Recover => draft.recover(),
        };
        Ok(Decision { events: draft.events, effects: draft.effects, reply })
    }
}

impl Draft<'_, '_> {
    /// Numbers an event and takes it into account.
    pub(super) fn emit(&mut self, turn_id: Option<TurnId>, event: Event) {
        self.emit_noted(turn_id, event, None);
    }

    pub(super) fn emit_noted(&mut self, turn_id: Option<TurnId>, event: Event, note: Option<Note>) {
        let envelope = Envelope {
            seq: self.state.head.next(),
            event,
            conversation_id: self.state.conversation_id,
            turn_id,
            at: self.env.now,
        };
        let taken = self.state.open.as_mut().map(|turn| std::mem::take(&mut turn.taking)).unwrap_or_default();
        self.state.apply(&envelope, note.as_ref(), &taken);
        self.events.push(Numbered { envelope, note, taken });
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// An error of the turn that ends no run.
    pub(super) fn emit_turn_error(&mut self, turn_id: TurnId, agent: Option<&AgentId>, code: Code, safe: String) {
        let correlation_id = self.env.ids.uuid().to_string();
        let event = Event::Error {
            error: safe,
            code,
            agent_id: agent.map_or_else(|| AgentId::ROUTER.to_owned(), ToString::to_string),
            run_id: None,
            retryable: code == Code::AgentUnavailable,
            correlation_id,
        };
        self.emit(Some(turn_id), event);
    }
}
