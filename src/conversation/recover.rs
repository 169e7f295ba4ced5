//! Going on after a crash or a restart.
//!
//! The run that was under way is gone: what it left open is closed as `interrupted`. If it had not used a tool, nothing
//! outside was changed, so the turn begins again with a new run, at most `recoveries_max` times (the count is in the log:
//! each attempt is one `agent_complete{interrupted}`, stored before the next begins). A run that had used a tool is not
//! repeated blindly: its turn fails and says so.

use protocol::{
    AgentId, Code, TurnId,
    event::{JsonObject, MessageStatus, RunStatus, TurnStatus, Usage},
};

use super::{
    command::{Effect, Reply, RouteAsk},
    draft::Draft,
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
            let why = "The server was restarted before this tool answered; whether it took effect is not known.";
            self.close_run(turn_id, MessageStatus::Interrupted, why);
            self.complete_run(turn_id, RunStatus::Interrupted, JsonObject::new(), Usage::default());
        }
        self.follow(turn_id, verdict);
        Reply::Done
    }

    fn verdict(&self) -> Verdict {
        let Some(turn) = &self.state.open else { return Verdict::Again(None) };
        let attempts = turn.interrupted + u32::from(turn.run.is_some());
        if turn.run.as_ref().is_some_and(|run| !run.calls.is_empty()) {
            let safe = "The server was restarted while a tool was at work, and whether the tool took effect is not \
                        known. Check before you ask again.";
            return Verdict::Fail(Code::ToolOutcomeUnknown, safe.to_owned());
        }
        if turn.run.as_ref().is_some_and(|run| run.tool_calls > 0) {
            let safe = "The server was restarted after the agent had used a tool. Ask again to go on from there.";
            return Verdict::Fail(Code::AgentCrashed, safe.to_owned());
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
                self.effect(Effect::Route { turn_id, ask: RouteAsk::Message { content } });
            }
            Verdict::Fail(code, safe) => {
                self.emit_turn_error(turn_id, None, code, safe);
                self.end_turn(turn_id, TurnStatus::Failed);
                self.route_next();
            }
        }
    }
}
