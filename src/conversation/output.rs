//! What a run says becomes events, within its bounds.

use protocol::{
    AgentId, Code, Event, MessageId, RunId, ToolCallId, TurnId,
    event::{JsonObject, MessageStatus, RunStatus, TurnStatus, Usage},
};
use serde_json::{Value, json};

use super::{
    command::{Effect, Reply, RouteAsk},
    draft::Draft,
    note::{EffectNote, EffectStatus, Note},
    open_turn::{OpenCall, OpenRun},
    run::{RunEnd, RunItem, ToolIntent, ToolOutcome},
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
            RunItem::ToolStarted(intent) => self.tool_started(turn_id, intent),
            RunItem::ToolFinished { call_id, outcome } => {
                self.tool_finished(turn_id, call_id, outcome, EffectStatus::Done);
            }
            RunItem::ContextUpdated { version, changed } => {
                self.emit(Some(turn_id), Event::ContextUpdated { version, changed });
            }
            RunItem::SteerTaken(message_id) => self.steer_taken(message_id),
            RunItem::StepComplete { node, passed, steps, checkpoint } => {
                self.step_complete(turn_id, (node, passed, steps), checkpoint);
            }
            RunItem::InputRequest { prompt, fields, checkpoint } => {
                self.input_request(turn_id, prompt, fields, checkpoint);
            }
            RunItem::ApprovalRequest { question, checkpoint } => self.approval_request(turn_id, question, checkpoint),
            RunItem::ApprovalSettled { approval_id, decision, comment } => {
                self.approval_settled(turn_id, approval_id, decision, comment);
            }
            RunItem::Ended(end) => self.run_ended(turn_id, end),
        }
    }

    fn delta(&mut self, turn_id: TurnId, content: String) {
        let output_bytes_max = self.env.limits.output_bytes_max;
        let Some(run) = self.run() else { return };
        let used = run.output_bytes + content.len();
        if used > output_bytes_max {
            let safe =
                format!("The answer grew to {used} bytes, over its limit of {output_bytes_max}, and was stopped.");
            return self.fail_run(turn_id, Code::BudgetOutput, safe);
        }
        let agent_id = run.agent_id.clone();
        let open_message = run.message.as_ref().map(|(id, _)| *id);
        let message_id = open_message.unwrap_or_else(|| MessageId(self.env.ids.uuid()));
        self.emit(Some(turn_id), Event::ContentChunk { content, agent_id, message_id });
    }

    pub(super) fn close_message(&mut self, turn_id: TurnId, status: MessageStatus) {
        let Some(run) = self.run() else { return };
        let agent_id = run.agent_id.clone();
        if let Some((message_id, content)) = run.message.clone() {
            self.emit(Some(turn_id), Event::MessageComplete { message_id, agent_id, content, status });
        }
    }

    fn tool_started(&mut self, turn_id: TurnId, intent: ToolIntent) {
        let calls_max = self.env.limits.tool_calls_max;
        let Some(turn) = &self.state.open else { return };
        let used = turn.call_ids.len();
        let is_taken = turn.call_ids.contains(&intent.call_id);
        let Some((agent_id, run_id)) = self.run().map(|run| (run.agent_id.clone(), run.run_id)) else { return };
        // Two calls under one id could not be told apart, and one that is not in the log must not be made.
        if is_taken {
            let safe = "The agent called two tools under one id and was stopped.".to_owned();
            return self.fail_run(turn_id, Code::Internal, safe);
        }
        self.close_message(turn_id, MessageStatus::Complete);
        let note = Note::Effect(EffectNote::of(run_id, &intent));
        let ToolIntent { call_id: tool_call_id, name: tool_name, arguments, .. } = intent;
        let event = Event::ToolExecution { tool_name, agent_id, tool_call_id, arguments };
        self.emit_noted(Some(turn_id), event, Some(note));
        if used >= usize::try_from(calls_max).unwrap_or(usize::MAX) {
            let safe = format!("The agent used {} tool calls in this turn; the limit is {calls_max}.", used + 1);
            self.fail_run(turn_id, Code::BudgetToolCalls, safe);
        }
    }

    fn tool_finished(&mut self, turn_id: TurnId, tool_call_id: ToolCallId, outcome: ToolOutcome, status: EffectStatus) {
        let Some(run) = self.run() else { return };
        let Some(OpenCall { tool_name, note }) = run.calls.get(&tool_call_id).cloned() else { return };
        let agent_id = run.agent_id.clone();
        let ToolOutcome { result, is_error, truncated } = outcome;
        let event = Event::ToolResult { result, tool_name, agent_id, tool_call_id, is_error, truncated };
        self.emit_noted(Some(turn_id), event, Some(Note::Effect(EffectNote { status, ..note })));
    }

    fn steer_taken(&mut self, message_id: MessageId) {
        if let Some(turn) = &mut self.state.open {
            let waits = turn.steers.iter().any(|steer| steer.id == message_id);
            if waits && !turn.taking.contains(&message_id) {
                turn.taking.push(message_id);
            }
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
            RunEnd::Waiting { final_state, usage } => {
                self.close_run(
                    turn_id,
                    MessageStatus::Complete,
                    "The agent waits for a person, and not for this tool.",
                );
                let final_state = self.bounded(final_state);
                self.complete_run(turn_id, RunStatus::Waiting, final_state, usage);
                self.end_turn(turn_id, TurnStatus::Waiting);
                self.route_next();
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
            self.tool_finished(turn_id, tool_call_id, outcome, EffectStatus::Unknown);
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

/// Joins adjacent deltas and cuts long ones, each at most `bytes_max` long (but at least one character). Drops empty ones.
fn merge_deltas(items: Vec<RunItem>, bytes_max: usize) -> Vec<RunItem> {
    let mut merged: Vec<RunItem> = Vec::with_capacity(items.len());
    for item in items {
        match (merged.last_mut(), item) {
            (Some(RunItem::Delta(text)), RunItem::Delta(more)) if text.len() + more.len() <= bytes_max => {
                text.push_str(&more);
            }
            (_, RunItem::Delta(text)) if text.len() > bytes_max => {
                merged.extend(pieces(&text, bytes_max).map(RunItem::Delta));
            }
            (_, RunItem::Delta(text)) if text.is_empty() => {}
            (_, item) => merged.push(item),
        }
    }
    merged
}

fn pieces(text: &str, bytes_max: usize) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let one = rest.chars().next()?.len_utf8();
        let (piece, tail) = rest.split_at(rest.floor_char_boundary(bytes_max).max(one));
        rest = tail;
        Some(piece.to_owned())
    })
}
