//! Stopping: a cancel, the end of the conversation, the end of a turn's time.

use std::time::Duration;

use protocol::{
    ClientMessageId, Code, Event, TurnId,
    event::{JsonObject, MessageStatus, RunStatus, TurnStatus, Usage},
};

use super::{
    command::{CancelTarget, Effect, Reply},
    draft::Draft,
    state::Status,
};

/// How many cancels of unseen messages are kept; the oldest gives way.
const EARLY_CANCELS_MAX: usize = 32;

impl Draft<'_, '_> {
    /// Stops a turn at any moment, before its message came too.
    pub(super) fn cancel(&mut self, target: CancelTarget) -> Reply {
        let turn_id = match &target {
            CancelTarget::Turn(turn_id) => Some(*turn_id),
            CancelTarget::Message(client) => self.state.recent.find(client).map(|accepted| accepted.turn_id),
        };
        match (turn_id, target) {
            (Some(turn_id), _) => self.cancel_turn(turn_id),
            (None, CancelTarget::Message(client)) if !self.state.recent.must_ask_store(&client) => {
                self.keep_cancel(client);
                Reply::CancelKept
            }
            (None, _) => Reply::NotOpen,
        }
    }

    fn cancel_turn(&mut self, turn_id: TurnId) -> Reply {
        if self.open_turn_id() == Some(turn_id) {
            self.cancel_open_turn(turn_id);
            self.route_next();
        } else if self.state.waiting.iter().any(|turn| turn.turn_id == turn_id) {
            self.end_turn(turn_id, TurnStatus::Cancelled);
            self.route_next();
        } else {
            return Reply::NotOpen;
        }
        Reply::Cancelled { turn_id }
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

    fn keep_cancel(&mut self, client: ClientMessageId) {
        self.drop_old_cancels();
        let now = self.env.now;
        let cancels = &mut self.state.early_cancels;
        cancels.retain(|(id, _)| *id != client);
        if cancels.len() == EARLY_CANCELS_MAX {
            cancels.pop_front();
        }
        cancels.push_back((client, now));
    }

    pub(super) fn drop_old_cancels(&mut self) {
        let (now, kept) = (self.env.now, self.env.limits.early_cancel_kept);
        self.state.early_cancels.retain(|(_, at)| u128::from(now.millis_since(*at)) < kept.as_millis());
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
            let safe = format!("The answer took longer than its limit of {} s and was stopped.", time_max.as_secs());
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
