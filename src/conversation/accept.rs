//! Accepting a user's message: duplicates first, then the policy for a turn that runs.

use protocol::{
    Event, MessageId, TurnId,
    event::{Policy, Role, TurnStatus},
};

use super::{
    command::{Effect, NewMessage, Rejection, Reply, TurnMessage},
    draft::Draft,
    note::Note,
    open_turn::OpenTurn,
    recent::{Accepted, body_hash},
    state::Status,
};

impl Draft<'_, '_> {
    pub(super) fn accept(&mut self, message: NewMessage) -> Result<Reply, Rejection> {
        let hash = body_hash(&message.content);
        let known = self.state.recent.find(&message.client_message_id).or(message.stored.as_ref());
        if let Some(known) = known {
            return duplicate(known, hash);
        }
        if self.state.status == Status::Ended {
            return Err(Rejection::Ended);
        }
        // Before the policy is asked: it waits for nobody and keeps nobody waiting.
        if self.take_early_cancel(&message) {
            return Ok(self.accept_cancelled(&message, hash));
        }
        let busy = !self.state.is_idle();
        let policy = message.policy.unwrap_or(Policy::Enqueue);
        if busy {
            self.check_policy(policy)?;
        }
        Ok(self.accept_checked(message, policy, hash, busy))
    }

    fn check_policy(&self, policy: Policy) -> Result<(), Rejection> {
        match policy {
            Policy::Reject => Err(Rejection::TurnRunning),
            // It takes the place of the turn that it cancels, so no more wait than before.
            Policy::Interrupt => Ok(()),
            Policy::Steer if self.can_steer() => self.check_room(self.steers_waiting()),
            Policy::Enqueue | Policy::Steer => self.check_room(self.state.waiting_behind()),
        }
    }

    fn accept_checked(&mut self, message: NewMessage, policy: Policy, hash: [u8; 32], busy: bool) -> Reply {
        let joins = if policy == Policy::Steer && self.can_steer() { self.open_turn_id() } else { None };
        let accepted = self.emit_accepted(&message, hash, joins);
        if joins.is_some() {
            self.steer(accepted.message_id, message.content);
        } else if busy && policy == Policy::Interrupt {
            self.interrupt_for(accepted.turn_id);
        } else if !busy {
            self.route_next();
        }
        Reply::Accepted { accepted, duplicate: false }
    }

    fn emit_accepted(&mut self, message: &NewMessage, body_hash: [u8; 32], joins: Option<TurnId>) -> Accepted {
        let turn_id = joins.unwrap_or_else(|| TurnId(self.env.ids.uuid()));
        let message_id = MessageId(self.env.ids.uuid());
        let event = Event::MessageAccepted {
            client_message_id: message.client_message_id.clone(),
            message_id,
            content: message.content.clone(),
            role: Role::User,
        };
        let note = Note::Accepted { metadata: message.metadata.clone(), body_hash };
        self.emit_noted(Some(turn_id), event, Some(note));
        let client_message_id = message.client_message_id.clone();
        Accepted { client_message_id, body_hash, turn_id, message_id, seq: self.state.head }
    }

    fn steer(&mut self, id: MessageId, content: String) {
        if let Some(run_id) = self.state.open_run() {
            self.effect(Effect::Steer { run_id, message: TurnMessage { id, content } });
        }
    }

    /// The turn that runs or is being routed ends; the new one goes before those that wait.
    fn interrupt_for(&mut self, turn_id: TurnId) {
        if let Some((current, _)) = self.state.open_turn() {
            self.stop_turn(current);
        }
        if let Some(place) = self.state.waiting.iter().position(|turn| turn.turn_id == turn_id)
            && let Some(turn) = self.state.waiting.remove(place)
        {
            self.state.waiting.push_front(turn);
        }
        self.route_next();
    }

    fn can_steer(&self) -> bool {
        self.state.steerable && self.state.open_run().is_some()
    }

    fn steers_waiting(&self) -> usize {
        self.state.open.as_ref().map_or(0, OpenTurn::untaken)
    }

    pub(super) fn check_room(&self, waiting: usize) -> Result<(), Rejection> {
        let waiting_max = self.env.limits.turns_waiting_max;
        if waiting < waiting_max { Ok(()) } else { Err(Rejection::Busy { waiting, waiting_max }) }
    }

    fn take_early_cancel(&mut self, message: &NewMessage) -> bool {
        let (now, kept) = (self.env.now, self.env.limits.early_cancel_kept);
        self.state.early_cancels.take(&message.client_message_id, now, kept)
    }

    fn accept_cancelled(&mut self, message: &NewMessage, hash: [u8; 32]) -> Reply {
        let accepted = self.emit_accepted(message, hash, None);
        self.end_turn(accepted.turn_id, TurnStatus::Cancelled);
        Reply::Accepted { accepted, duplicate: false }
    }
}

fn duplicate(known: &Accepted, hash: [u8; 32]) -> Result<Reply, Rejection> {
    if known.body_hash == hash {
        Ok(Reply::Accepted { accepted: known.clone(), duplicate: true })
    } else {
        Err(Rejection::IdempotencyConflict(known.client_message_id.as_str().into()))
    }
}
