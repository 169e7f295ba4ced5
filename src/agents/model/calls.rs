//! Tool calls of one run: counted, run through the granted tool box, and told to the model.

use std::{collections::HashMap, sync::Arc};

use protocol::{Code, ToolCallId};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ModelAgentConfig, assemble::ToolCall, error::over_budget, hand_over};
use crate::{
    agent::{EventSink, RunError, ToolIntent, ToolOutcome, Turn},
    tools::{Effect, ToolBox, ToolContext, run_recorded},
};

/// Answers in a row whose calls may all be wrong before the run is given up: so often is the model told what is wrong.
const REPAIRS_MAX: u32 = 2;
/// How much of arguments that are no JSON is shown.
const UNREADABLE_CHARS_MAX: usize = 1000;

/// The tool calls of one run.
pub(super) struct Calls<'a> {
    config: &'a ModelAgentConfig,
    toolbox: &'a ToolBox,
    turn: &'a Turn,
    sink: &'a EventSink,
    until: Instant,
    made: u32,
    /// How often the very same call was made.
    made_of: HashMap<String, u32>,
    wrong_in_a_row: u32,
}

impl<'a> Calls<'a> {
    pub(super) fn new(
        config: &'a ModelAgentConfig,
        toolbox: &'a ToolBox,
        turn: &'a Turn,
        sink: &'a EventSink,
        until: Instant,
    ) -> Self {
        Self { config, toolbox, turn, sink, until, made: 0, made_of: HashMap::new(), wrong_in_a_row: 0 }
    }

    /// Counts a call that a run before a crash made. One whose outcome nobody knows is the same call once it is made again,
    /// so the model is not blamed for repeating it.
    pub(super) fn count_before(&mut self, call: &ToolCall, is_known: bool) {
        self.made += 1;
        if is_known {
            *self.made_of.entry(canonical(call)).or_insert(0) += 1;
        }
    }

    /// Makes a call again of which nobody knows whether it took effect, with the key that it had.
    ///
    /// # Errors
    /// A budget that is used up.
    pub(super) async fn again(&mut self, call: &ToolCall, id: &str, key: &ToolCallId) -> Result<ToolOutcome, RunError> {
        self.count(call)?;
        self.run_one(call, id, Some(key)).await
    }

    /// Makes the calls of one answer, one after another; answers their outcomes in the same order.
    ///
    /// # Errors
    /// A budget that is used up, or a model that cannot get its calls right.
    pub(super) async fn run(&mut self, calls: &[ToolCall], ids: &[String]) -> Result<Vec<ToolOutcome>, RunError> {
        let mut outcomes = Vec::with_capacity(calls.len());
        for (call, id) in calls.iter().zip(ids) {
            self.count(call)?;
            outcomes.push(self.run_one(call, id, None).await?);
        }
        self.judge(calls, &outcomes)?;
        Ok(outcomes)
    }

    /// Whether any call was made more than once so far.
    pub(super) fn are_repeated(&self) -> bool {
        self.made_of.values().any(|times| *times > 1)
    }

    async fn run_one(&self, call: &ToolCall, id: &str, key: Option<&ToolCallId>) -> Result<ToolOutcome, RunError> {
        let call_id: ToolCallId = id.parse().map_err(|error: protocol::ids::IdError| {
            RunError::lasting(Code::Internal, "A tool call could not be made.", error.to_string())
        })?;
        let arguments = match arguments_of(call) {
            Ok(arguments) => arguments,
            Err(why) => {
                let shown = call.arguments.chars().take(UNREADABLE_CHARS_MAX).collect();
                return self.record(call, call_id, Value::String(shown), bad_arguments(&why)).await;
            }
        };
        if call.name == hand_over::NAME && self.config.hand_over {
            return self.record(call, call_id, arguments, hand_over::refused(self.turn)).await;
        }
        let context = ToolContext {
            tenant: Arc::clone(self.turn.context.tenant()),
            agent_id: self.turn.agent_id.clone(),
            idempotency_key: key.unwrap_or(&call_id).clone(),
            is_repeat: key.is_some(),
            call_id,
            cancel: self.turn.cancel.clone(),
            time_max: self.until.saturating_duration_since(Instant::now()),
        };
        Ok(run_recorded(self.toolbox, self.sink, &call.name, arguments, &context).await?)
    }

    /// Says that there was a call and what came of it, where no tool is asked.
    async fn record(
        &self,
        call: &ToolCall,
        id: ToolCallId,
        shown: Value,
        outcome: ToolOutcome,
    ) -> Result<ToolOutcome, RunError> {
        let intent = ToolIntent { effect: Effect::Pure, ..ToolIntent::new(id.clone(), &call.name, shown) };
        self.sink.tool_started(intent).await?;
        self.sink.tool_finished(id, outcome.clone()).await?;
        Ok(outcome)
    }

    fn count(&mut self, call: &ToolCall) -> Result<(), RunError> {
        self.made += 1;
        let (used, cap) = (u64::from(self.made), u64::from(self.config.tool_calls_max));
        if used > cap {
            return Err(over_budget(Code::BudgetToolCalls, "tool calls", "limits.tool_calls_max", used, cap));
        }
        let made = self.made_of.entry(canonical(call)).or_insert(0);
        *made += 1;
        let (used, cap) = (u64::from(*made), u64::from(self.config.tool_repetition_max));
        if used > cap {
            let what = format!("times the same call of `{}`", call.name);
            return Err(over_budget(Code::BudgetRepetition, &what, "limits.tool_repetition_max", used, cap));
        }
        Ok(())
    }

    /// A model that got no call of an answer right, again and again though told what is wrong, is given up.
    fn judge(&mut self, calls: &[ToolCall], outcomes: &[ToolOutcome]) -> Result<(), RunError> {
        let all: Option<Vec<Code>> = outcomes.iter().map(wrong).collect();
        let last = calls.last().zip(outcomes.last());
        let Some((code, (call, outcome))) = all.and_then(|codes| codes.last().copied()).zip(last) else {
            self.wrong_in_a_row = 0;
            return Ok(());
        };
        self.wrong_in_a_row += 1;
        if self.wrong_in_a_row <= REPAIRS_MAX {
            return Ok(());
        }
        let safe = "The language model could not use its tools correctly.";
        let operator = format!(
            "{} answers in a row called tools wrongly; the last: `{}`: {}",
            self.wrong_in_a_row, call.name, outcome.result
        );
        Err(RunError::retryable(code, safe, operator))
    }
}

/// How the run ends with an outcome that is the model's own fault, if it stays that way.
fn wrong(outcome: &ToolOutcome) -> Option<Code> {
    match outcome.result["error"].as_str().filter(|_| outcome.is_error)? {
        "tool_bad_arguments" => Some(Code::ModelBadOutput),
        "tool_denied" => Some(Code::ToolDenied),
        _ => None,
    }
}

fn bad_arguments(why: &str) -> ToolOutcome {
    ToolOutcome { result: json!({ "error": Code::ToolBadArguments, "message": why }), is_error: true, truncated: false }
}

fn arguments_of(call: &ToolCall) -> Result<Value, String> {
    if call.arguments.trim().is_empty() {
        return Ok(json!({}));
    }
    protocol::frame::read_json(&call.arguments).map_err(|why| format!("the arguments are {why}"))
}

/// The same call, however its arguments are spaced and ordered.
fn canonical(call: &ToolCall) -> String {
    let arguments = protocol::frame::read_json(&call.arguments);
    format!("{}\n{}", call.name, arguments.map_or_else(|_| call.arguments.clone(), |value| value.to_string()))
}
