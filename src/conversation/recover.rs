//! Going on after a crash or a restart.
//!
//! The run that was under way is gone: what it left open is closed as `interrupted`, and the turn goes on with a new run,
//! at most `recoveries_max` times (the count is in the log: each attempt is one `agent_complete{interrupted}`, stored
//! before the next begins). Where the runs before had called tools, the new one is handed what they did: results that are
//! known are never asked for again. A call without a result is made again, under a new id and with the same key, where
//! that is harmless; where it is not, the turn fails and says so.

use protocol::{
    AgentId, Code, TurnId,
    event::{JsonObject, MessageStatus, RunStatus, TurnStatus, Usage},
};

use super::{
    command::{Assignment, Effect, Reply, RouteAsk},
    draft::Draft,
    run::ToolEffect,
};

/// What may be done with a turn whose run is gone.
enum Verdict {
    Again(Option<AgentId>),
    Fail(Code, String),
}

impl Draft<'_, '_> {
    pub(super) fn recover(&mut self) -> Reply {
        let Some(turn_id) = self.open_turn_id() else {
            self.route_next();
            return Reply::Done;
        };
        let verdict = self.verdict();
        if self.run().is_some() {
            let why = "Interrupted: the server was restarted before this tool answered; whether it took effect is not \
                       known.";
            self.close_run(turn_id, MessageStatus::Interrupted, why);
            self.complete_run(turn_id, RunStatus::Interrupted, JsonObject::new(), Usage::default());
        }
        self.follow(turn_id, verdict);
        Reply::Done
    }

    fn verdict(&self) -> Verdict {
        let Some(turn) = &self.state.open else { return Verdict::Again(None) };
        let attempts = turn.interrupted + u32::from(turn.run.is_some());
        // A workflow is told what nobody knows of, and its graph says what follows.
        let begins_again = !turn.has_checkpoint;
        if begins_again && turn.steps.leave_open(|effect| effect == ToolEffect::NonIdempotent) {
            return outcome_unknown();
        }
        // Between two runs the agent before had answered: to whom it handed over is not in the log, so nothing could be
        // replayed for the right one.
        if begins_again && turn.last_tool_calls > 0 && turn.answered {
            return cannot_go_on();
        }
        if attempts > self.env.limits.recoveries_max {
            let safe = format!("The answer was interrupted {attempts} times and was given up.");
            return Verdict::Fail(Code::RecoveryExhausted, safe);
        }
        Verdict::Again(turn.last_agent.clone())
    }

    fn follow(&mut self, turn_id: TurnId, verdict: Verdict) {
        match verdict {
            Verdict::Again(Some(agent)) => self.effect(Effect::Route { turn_id, ask: RouteAsk::Again { agent } }),
            Verdict::Again(None) => {
                let content = self.state.open.as_ref().map_or_else(String::new, |turn| turn.message.content.clone());
                let ask = self.ask_about(content);
                self.effect(Effect::Route { turn_id, ask });
            }
            Verdict::Fail(code, safe) => {
                self.emit_turn_error(turn_id, None, code, safe);
                self.end_turn(turn_id, TurnStatus::Failed);
                self.route_next();
            }
        }
    }

    /// Whether the turn was failed because this agent cannot go on from what was done before the crash. An agent that is
    /// no model has no dialogue that results could be put into: made again from its beginning, it would call its tools once
    /// more.
    pub(super) fn refused_to_begin_again(&mut self, turn_id: TurnId, to: &Assignment) -> bool {
        let Some(turn) = self.state.open.as_ref().filter(|turn| turn.steps.have_calls()) else {
            return false;
        };
        if to.replays || turn.has_checkpoint {
            return false;
        }
        let is_unknown = turn.steps.leave_open(|effect| effect != ToolEffect::Pure);
        self.follow(turn_id, if is_unknown { outcome_unknown() } else { cannot_go_on() });
        true
    }
}

fn outcome_unknown() -> Verdict {
    let safe = "The server was restarted while a tool was at work, and whether the tool took effect is not known. Check \
                before you ask again.";
    Verdict::Fail(Code::ToolOutcomeUnknown, safe.to_owned())
}

fn cannot_go_on() -> Verdict {
    let safe = "The server was restarted after the agent had used a tool. Ask again to go on from there.";
    Verdict::Fail(Code::AgentCrashed, safe.to_owned())
}
