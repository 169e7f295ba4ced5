//! What a run says becomes events, within its bounds.

use protocol::{
    AgentId, Code, Event, MessageId, RunId, ToolCallId, TurnId,
    event::{JsonObject, MessageStatus, RunStatus, TurnStatus, Usage},
};
use serde_json::{Value, json};

use super::{
    command::{Effect, Reply, RouteAsk},
    draft::Draft,
    run::{RunEnd, RunItem, ToolOutcome},
    state::OpenRun,
};

impl Draft<'_, '_> {
    /// Takes what the open run says; anything of another run is dropped.
    pub(super) fn output(&mut self, run_id: RunId, items: Vec<RunItem>) -> Reply {
        for item in merge_deltas(items, self.env.limits.chunk_bytes_max) {
            let Some(turn_id) = self.open_turn_id() else { break };
            if self.state.open_run() != Some(run_id) {
                break;
            }
            self.output_item(turn_id, item);
        }
        Reply::Done
    }

    fn output_item(&mut self, turn_id: TurnId, item: RunItem) {
        match item {
            RunItem::Delta(text) => self.delta(turn_id, text),
            RunItem::MessageEnd => self.close_message(turn_id, MessageStatus::Complete),
            RunItem::ToolStarted { call_id, name, arguments } => self.tool_started(turn_id, call_id, name, arguments),
            RunItem::ToolFinished { call_id, outcome } => self.tool_finished(turn_id, call_id, outcome),
            RunItem::ContextUpdated { version, changed } => {
                self.emit(Some(turn_id), Event::ContextUpdated { version, changed });
            }
            RunItem::SteerTaken(message_id) => self.steer_taken(message_id),
            RunItem::Ended(end) => self.run_ended(turn_id, end),
        }
    }

    fn delta(&mut self, turn_id: TurnId, content: String) {
        let output_bytes_max = self.env.limits.output_bytes_max;
        let new_id = MessageId(self.env.ids.uuid());
        let Some(run) = self.run() else { return };
        if run.output_bytes + content.len() > output_bytes_max {
            let safe = format!("The answer grew over its limit of {output_bytes_max} bytes and was stopped.");
            return self.fail_run(turn_id, Code::BudgetOutput, safe);
        }
        let message_id = run.message.as_ref().map_or(new_id, |(id, _)| *id);
        let agent_id = run.agent_id.clone();
        self.emit(Some(turn_id), Event::ContentChunk { content, agent_id, message_id });
    }

    pub(super) fn close_message(&mut self, turn_id: TurnId, status: MessageStatus) {
        let Some(run) = self.run() else { return };
        let agent_id = run.agent_id.clone();
        if let Some((message_id, content)) = run.message.clone() {
            self.emit(Some(turn_id), Event::MessageComplete { message_id, agent_id, content, status });
        }
    }

    fn tool_started(&mut self, turn_id: TurnId, tool_call_id: ToolCallId, tool_name: String, arguments: Value) {
        let calls_max = self.env.limits.tool_calls_max;
        let used = self.state.open.as_ref().map_or(0, |turn| turn.tool_calls);
        let Some(run) = self.run() else { return };
        // A second call under the id of one that is under way could not be told from it.
        if run.calls.contains_key(&tool_call_id) {
            return;
        }
        let agent_id = run.agent_id.clone();
        self.close_message(turn_id, MessageStatus::Complete);
        self.emit(Some(turn_id), Event::ToolExecution { tool_name, agent_id, tool_call_id, arguments });
        if used >= calls_max {
            let safe = format!("The agent used {} tool calls in this turn; the limit is {calls_max}.", used + 1);
            self.fail_run(turn_id, Code::BudgetToolCalls, safe);
        }
    }

    fn tool_finished(&mut self, turn_id: TurnId, tool_call_id: ToolCallId, outcome: ToolOutcome) {
        let Some(run) = self.run() else { return };
        let Some(tool_name) = run.calls.get(&tool_call_id).cloned() else { return };
        let agent_id = run.agent_id.clone();
        let ToolOutcome { result, is_error, truncated } = outcome;
        self.emit(Some(turn_id), Event::ToolResult { result, tool_name, agent_id, tool_call_id, is_error, truncated });
    }

    fn steer_taken(&mut self, message_id: MessageId) {
        if let Some(turn) = &mut self.state.open {
            turn.steers.retain(|steer| steer.id != message_id);
        }
    }

    fn run_ended(&mut self, turn_id: TurnId, end: RunEnd) {
        let Some(agent_id) = self.run().map(|run| run.agent_id.clone()) else { return };
        match end {
            RunEnd::Completed { final_state, usage } => {
                self.close_run(turn_id, MessageStatus::Complete, "The agent ended without waiting for this tool.");
                let final_state = self.bounded(final_state);
                self.complete_run(turn_id, RunStatus::Completed, final_state, usage);
                self.after_completed(turn_id, agent_id);
            }
            RunEnd::HandOver { to, detail, usage } => {
                self.close_run(
                    turn_id,
                    MessageStatus::Complete,
                    "The agent handed over without waiting for this tool.",
                );
                self.complete_run(turn_id, RunStatus::Completed, JsonObject::new(), usage);
                self.hand_over(turn_id, agent_id, to, detail);
            }
            RunEnd::Cancelled => {
                self.cancel_open_turn(turn_id);
                self.route_next();
            }
            RunEnd::Failed { code, safe, retryable, correlation_id } => {
                self.emit_run_error(turn_id, code, safe, retryable, correlation_id);
                self.end_turn(turn_id, TurnStatus::Failed);
                self.route_next();
            }
        }
    }

    /// A message that joined the turn too late for the run is answered by another run of the same agent.
    fn after_completed(&mut self, turn_id: TurnId, agent: AgentId) {
        let left_over = self.state.open.as_ref().is_some_and(|turn| !turn.steers.is_empty());
        if left_over {
            self.effect(Effect::Route { turn_id, ask: RouteAsk::Again { agent } });
        } else {
            self.end_turn(turn_id, TurnStatus::Completed);
            self.route_next();
        }
    }

    /// Ends the open run and its turn with an error that the conversation itself found, and stops the run.
    pub(super) fn fail_run(&mut self, turn_id: TurnId, code: Code, safe: String) {
        if let Some(run_id) = self.state.open_run() {
            self.effect(Effect::Abort(run_id));
            let correlation_id = self.env.ids.uuid().to_string();
            self.emit_run_error(turn_id, code, safe, false, correlation_id);
        }
        self.end_turn(turn_id, TurnStatus::Failed);
        self.route_next();
    }

    fn emit_run_error(&mut self, turn_id: TurnId, code: Code, error: String, retryable: bool, correlation_id: String) {
        self.close_run(turn_id, MessageStatus::Interrupted, "The run failed before this tool answered.");
        let Some(run) = self.run() else { return };
        let (agent_id, run_id) = (run.agent_id.to_string(), Some(run.run_id));
        self.emit(Some(turn_id), Event::Error { error, code, agent_id, run_id, retryable, correlation_id });
    }

    /// Gives the open message its end and each call without a result one that says why.
    pub(super) fn close_run(&mut self, turn_id: TurnId, status: MessageStatus, why: &str) {
        self.close_message(turn_id, status);
        let Some(run) = self.run() else { return };
        for tool_call_id in run.calls.keys().cloned().collect::<Vec<_>>() {
            let outcome = ToolOutcome { result: json!({ "error": why }), is_error: true, truncated: false };
            self.tool_finished(turn_id, tool_call_id, outcome);
        }
    }

    pub(super) fn complete_run(&mut self, turn_id: TurnId, status: RunStatus, final_state: JsonObject, usage: Usage) {
        let Some(run) = self.run() else { return };
        let milliseconds = self.env.now.millis_since(run.started_at);
        let usage = Usage { tool_calls: run.tool_calls, milliseconds, ..usage };
        let (agent_id, run_id) = (run.agent_id.clone(), run.run_id);
        self.emit(Some(turn_id), Event::AgentComplete { agent_id, run_id, status, final_state, usage });
    }

    pub(super) fn run(&self) -> Option<&OpenRun> {
        self.state.open.as_ref().and_then(|turn| turn.run.as_ref())
    }

    fn bounded(&self, final_state: JsonObject) -> JsonObject {
        let bytes = serde_json::to_string(&final_state).map_or(usize::MAX, |json| json.len());
        if bytes <= self.env.limits.final_state_bytes_max {
            return final_state;
        }
        let note = format!("left out: {bytes} bytes, the limit is {}", self.env.limits.final_state_bytes_max);
        JsonObject::from_iter([("truncated".to_owned(), Value::from(note))])
    }
}

/// Joins adjacent deltas, each result at most `bytes_max` long where its parts are.
fn merge_deltas(items: Vec<RunItem>, bytes_max: usize) -> Vec<RunItem> {
    let mut merged: Vec<RunItem> = Vec::with_capacity(items.len());
    for item in items {
        match (merged.last_mut(), item) {
            (Some(RunItem::Delta(text)), RunItem::Delta(more)) if text.len() + more.len() <= bytes_max => {
                text.push_str(&more);
            }
            (_, item) => merged.push(item),
        }
    }
    merged
}
