//! How a turn goes on: routing, starting a run, ending.

use protocol::{
    AgentId, Code, Event, RunId, Seq, TurnId,
    event::{SwitchReason, TurnStatus},
};

use super::{
    command::{Assignment, Effect, Reply, Route, RouteAsk, RunOrder},
    draft::Draft,
};

impl Draft<'_, '_> {
    pub(super) fn open_turn_id(&self) -> Option<TurnId> {
        self.state.open.as_ref().map(|turn| turn.turn_id)
    }

    /// Asks the router about the first turn that waits, if none is open.
    pub(super) fn route_next(&mut self) {
        if self.state.open.is_none()
            && let Some(turn) = self.state.waiting.front()
        {
            let (turn_id, goes_on) = (turn.turn_id, turn.goes_on.clone());
            let ask = match goes_on {
                Some(agent) => RouteAsk::Again { agent },
                None => self.ask_about(turn.message.content.clone()),
            };
            self.effect(Effect::Route { turn_id, ask });
        }
    }

    pub(super) fn ask_about(&self, content: String) -> RouteAsk {
        let is_awaited = self.state.current_agent.as_ref().is_some_and(|agent| self.state.awaiting.contains(agent));
        RouteAsk::Message { content, is_awaited }
    }

    /// Takes the router's answer, if the turn still waits for one.
    pub(super) fn routed(&mut self, turn_id: TurnId, route: Route) -> Reply {
        let expected = match &self.state.open {
            Some(open) => open.turn_id == turn_id && open.run.is_none(),
            None => self.state.waiting.front().is_some_and(|turn| turn.turn_id == turn_id),
        };
        if expected {
            match route {
                Route::To(assignment) => {
                    if !self.refused_to_begin_again(turn_id, &assignment) {
                        self.start_run(turn_id, assignment);
                    }
                }
                Route::Nobody { code, safe } => {
                    self.emit_turn_error(turn_id, None, code, safe);
                    self.end_turn(turn_id, TurnStatus::Failed);
                    self.route_next();
                }
            }
        }
        Reply::Done
    }

    fn start_run(&mut self, turn_id: TurnId, to: Assignment) {
        let before = self.state.current_agent.clone();
        if before.as_ref() != Some(&to.agent_id) {
            let otherwise = if before.is_none() { SwitchReason::FirstMessage } else { SwitchReason::IntentChange };
            let event = Event::AgentSwitch {
                from_agent: before.map_or_else(|| AgentId::NONE.to_owned(), |agent| agent.to_string()),
                to_agent: to.agent_id.clone(),
                reason: to.reason.unwrap_or(otherwise),
                detail: to.detail,
            };
            self.emit(Some(turn_id), event);
        }
        let run_id = RunId(self.env.ids.uuid());
        let event = Event::AgentStart { agent_id: to.agent_id, agent_name: to.name, agent_version: to.version, run_id };
        self.emit(Some(turn_id), event);
        self.state.steerable = to.steerable;
        if let Some(order) = self.order() {
            self.effect(Effect::Start(Box::new(order)));
        }
    }

    /// What the run that was just opened is to do.
    fn order(&self) -> Option<RunOrder> {
        let turn = self.state.open.as_ref()?;
        let run = turn.run.as_ref()?;
        let waiting = self.state.waiting.iter().map(|turn| turn.message.id);
        let own = std::iter::once(turn.message.id).chain(turn.steers.iter().map(|steer| steer.id));
        let mut not_history: Vec<_> = own.chain(waiting).collect();
        let is_first = turn.runs == 1 && turn.interrupted == 0 && self.state.recent.are_all_of(&not_history);
        not_history.extend(turn.steps.messages());
        Some(RunOrder {
            turn_id: turn.turn_id,
            run_id: run.run_id,
            agent_id: run.agent_id.clone(),
            attempt: turn.interrupted + 1,
            message: turn.message.clone(),
            handed_over: turn.handed_over.clone(),
            steers: turn.steers.clone(),
            steps: turn.steps.to_go_on_from(),
            not_history,
            history_before: if is_first { Seq::ZERO } else { self.state.head },
        })
    }

    /// Ends a turn, open or waiting. Its run must have ended before.
    pub(super) fn end_turn(&mut self, turn_id: TurnId, status: TurnStatus) {
        let open = self.state.open.as_ref().filter(|turn| turn.turn_id == turn_id);
        let waiting = self.state.waiting.iter().find(|turn| turn.turn_id == turn_id);
        let since = open.map(|turn| turn.accepted_at).or_else(|| waiting.map(|turn| turn.accepted_at));
        let milliseconds = since.map_or(0, |since| self.env.now.millis_since(since));
        let runs = open.map_or(0, |turn| turn.runs);
        self.emit(Some(turn_id), Event::TurnEnd { status, runs, milliseconds });
    }

    /// Lets the turn go to another agent, within the bounds.
    pub(super) fn hand_over(&mut self, turn_id: TurnId, from: AgentId, to: AgentId, detail: Option<String>) {
        let handoffs_max = self.env.limits.handoffs_max;
        let Some(turn) = &self.state.open else { return };
        let edge = (from.clone(), to.clone());
        let in_circle = turn.handovers.contains(&edge) || from == to;
        let used = turn.handovers.len();
        if in_circle || used >= handoffs_max {
            let safe = if in_circle {
                format!("The agents went in a circle: {from} handed over to {to} again.")
            } else {
                format!("Too many hand-overs in one turn: {used} were made and the limit is {handoffs_max}.")
            };
            self.emit_turn_error(turn_id, Some(&from), Code::BudgetHandoffs, safe);
            self.end_turn(turn_id, TurnStatus::Failed);
            self.route_next();
        } else {
            self.effect(Effect::Route { turn_id, ask: RouteAsk::HandOver { from, to, detail } });
        }
    }
}
