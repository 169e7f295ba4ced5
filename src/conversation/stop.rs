//! Stopping: a cancel, the end of the conversation, the end of a turn's time.

use std::time::Duration;

use protocol::{
    Code, Event, TurnId,
    event::{JsonObject, MessageStatus, RunStatus, TurnStatus, Usage},
};

use super::{
    command::{CancelTarget, Effect, Reply},
    draft::Draft,
    state::Status,
};

impl Draft<'_, '_> {
    /// Stops a turn at any moment, before its message came too.
    pub(super) fn cancel(&mut self, target: CancelTarget) -> Reply {
        let turn_id = match &target {
            CancelTarget::Turn(turn_id) => Some(*turn_id),
            CancelTarget::Message(client) => self.state.recent.find(client).map(|accepted| accepted.turn_id),
        };
        match (turn_id, target) {
            (Some(turn_id), _) => self.cancel_turn(turn_id),
            (None, CancelTarget::Message(client)) if self.state.status == Status::Open => {
                let may_be_old = self.state.recent.must_ask_store(&client);
                self.state.early_cancels.keep(client, self.env.now);
                if may_be_old { Reply::NotOpen } else { Reply::CancelKept }
            }
            (None, _) => Reply::NotOpen,
        }
    }

    fn cancel_turn(&mut self, turn_id: TurnId) -> Reply {
        let current = self.state.open_turn().map(|(current, _)| current);
        let waits = self.state.waiting.iter().any(|turn| turn.turn_id == turn_id);
        if current != Some(turn_id) && !waits {
            return Reply::NotOpen;
        }
        self.stop_turn(turn_id);
        // The end of one behind it leaves the current turn as it is; the router is not asked twice.
        if current == Some(turn_id) {
            self.route_next();
        }
        Reply::Cancelled { turn_id }
    }

    /// Cancels a turn, open or waiting.
    pub(super) fn stop_turn(&mut self, turn_id: TurnId) {
        if self.open_turn_id() == Some(turn_id) {
            self.cancel_open_turn(turn_id);
        } else {
            self.end_turn(turn_id, TurnStatus::Cancelled);
        }
    }

    /// Aborts the run first; what it leaves open is closed and its turn ends.
    pub(super) fn cancel_open_turn(&mut self, turn_id: TurnId) {
        if let Some(run_id) = self.state.open_run() {
            self.effect(Effect::Abort(run_id));
            self.close_run(turn_id, MessageStatus::Cancelled, "The turn was cancelled before this tool answered.");
            self.complete_run(turn_id, RunStatus::Cancelled, JsonObject::new(), Usage::default());
        }
        self.end_turn(turn_id, TurnStatus::Cancelled);
    }

    /// Ends every turn, then the conversation.
    pub(super) fn end(&mut self, reason: String) -> Reply {
        if self.state.status == Status::Open {
            if let Some(turn_id) = self.open_turn_id() {
                self.cancel_open_turn(turn_id);
            }
            while let Some(turn_id) = self.state.waiting.front().map(|turn| turn.turn_id) {
                self.end_turn(turn_id, TurnStatus::Cancelled);
            }
            self.emit(None, Event::ConversationEnd { reason });
        }
        Reply::Ended
    }

    /// Ends a turn that is over its time, if it still runs.
    pub(super) fn turn_deadline(&mut self, turn_id: TurnId, time_max: Duration) -> Reply {
        if self.open_turn_id() == Some(turn_id) {
            let safe = format!("The answer took longer than its limit of {time_max:?} and was stopped.");
            if self.state.open_run().is_some() {
                self.fail_run(turn_id, Code::BudgetTime, safe);
            } else {
                self.emit_turn_error(turn_id, None, Code::BudgetTime, safe);
                self.end_turn(turn_id, TurnStatus::Failed);
                self.route_next();
            }
        }
        Reply::Done
    }
}
