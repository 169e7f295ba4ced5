//! The loop of a run: call the model, run the tools that it asks for, call again, within every bound.

use std::{collections::HashMap, time::Duration};

use futures::Stream;
use protocol::{
    Code, ToolCallId,
    event::{JsonObject, Usage},
};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    ModelAgentConfig,
    assemble::{Answer, ToolCall},
    client::{Call, Client},
    dialogue,
    error::{CallError, over_budget},
    retry::wait_before_next,
    sse::SseReader,
    wire,
};
use crate::{
    agent::{EventSink, Outcome, RunError, ToolOutcome, Turn},
    tools::{ToolBox, ToolContext, run_recorded},
};

/// The function that hands over; no tool may have this name.
const HAND_OVER: &str = "hand_over";
/// Calls in a row that the model may get wrong before the run is given up.
const REPAIRS_MAX: u32 = 2;

/// One run of a model agent.
pub(super) struct Rounds<'a> {
    config: &'a ModelAgentConfig,
    client: &'a Client,
    toolbox: &'a ToolBox,
    turn: &'a Turn,
    sink: &'a EventSink,
    messages: Vec<Value>,
    tools: Vec<Value>,
    until: Instant,
    usage: Usage,
    output_bytes: usize,
    model_calls: u32,
    tool_calls: u32,
    /// How often the very same call was made.
    made: HashMap<String, u32>,
    wrong_in_a_row: u32,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(
        config: &'a ModelAgentConfig,
        client: &'a Client,
        toolbox: &'a ToolBox,
        turn: &'a Turn,
        sink: &'a EventSink,
        system: Option<String>,
    ) -> Self {
        let mut tools: Vec<Value> = toolbox.specs().map(wire::tool).collect();
        if config.hand_over && !turn.colleagues.is_empty() {
            tools.push(hand_over(turn));
        }
        Self {
            config,
            client,
            toolbox,
            turn,
            sink,
            messages: dialogue::opening(system, turn),
            tools,
            until: Instant::now() + turn.time_max,
            usage: Usage::default(),
            output_bytes: 0,
            model_calls: 0,
            tool_calls: 0,
            made: HashMap::new(),
            wrong_in_a_row: 0,
        }
    }

    pub(super) async fn run(mut self) -> Result<Outcome, RunError> {
        let mut rounds = 0;
        loop {
            let answer = self.ask().await?;
            self.usage.input_tokens += answer.usage.input_tokens;
            self.usage.output_tokens += answer.usage.output_tokens;
            if answer.calls.is_empty() {
                if !self.take_steers(&answer).await? {
                    return Ok(Outcome::Completed { final_state: final_state(&answer), usage: self.usage });
                }
                continue;
            }
            if let Some(outcome) = self.handed_over(&answer) {
                return Ok(outcome);
            }
            rounds += 1;
            if rounds > self.config.tool_rounds_max {
                let cap = u64::from(self.config.tool_rounds_max);
                return Err(over_budget(
                    Code::BudgetToolCalls,
                    "rounds of tools",
                    "tool_rounds_max",
                    u64::from(rounds),
                    cap,
                ));
            }
            self.run_tools(answer).await?;
        }
    }

    /// One answer of the model, with retries as long as nothing was shown.
    async fn ask(&mut self) -> Result<Answer, RunError> {
        let mut tried = 0;
        loop {
            let (used, cap) = (self.model_calls + 1, self.config.model_calls_max);
            if used > cap {
                let (used, cap) = (u64::from(used), u64::from(cap));
                return Err(over_budget(
                    Code::BudgetModelCalls,
                    "calls of the model",
                    "limits.model_calls_max",
                    used,
                    cap,
                ));
            }
            self.model_calls = used;
            let shown_before = self.output_bytes;
            let failure = match self.ask_once().await? {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let shown = self.output_bytes > shown_before;
            let left = self.until.saturating_duration_since(Instant::now());
            match wait_before_next(&failure, tried, shown, left, jitter(), &self.client.retries()) {
                None => return Err(failure.into_run_error()),
                Some(wait) => self.wait(wait, tried, &failure).await,
            }
            tried += 1;
        }
    }

    async fn wait(&self, wait: Duration, tried: u32, failure: &CallError) {
        let (agent_id, wait_ms) = (&self.turn.agent_id, wait.as_millis());
        tracing::warn!(%agent_id, tried, wait_ms, %failure, "the model call failed, trying again");
        tokio::time::sleep(wait).await;
    }

    /// One call. The outer error ends the run, the inner one may be tried again.
    async fn ask_once(&mut self) -> Result<Result<Answer, CallError>, RunError> {
        let body = wire::request(self.client.model(), self.config, &self.messages, &self.tools);
        let call = match self.client.call(&body).await {
            Ok(call) => call,
            Err(failure) => return Ok(Err(failure)),
        };
        self.listen(call).await
    }

    async fn listen<S>(&mut self, mut call: Call<S>) -> Result<Result<Answer, CallError>, RunError>
    where
        S: Stream<Item = reqwest::Result<bytes::Bytes>>,
    {
        let (mut reader, mut answer) = (SseReader::default(), Answer::default());
        loop {
            let events = match call.next().await.and_then(|bytes| bytes.map(|bytes| reader.push(&bytes)).transpose()) {
                Ok(Some(events)) => events,
                // What comes after the model said that it was done does not matter.
                Ok(None) | Err(_) if answer.is_whole() => return Ok(Ok(answer)),
                Ok(None) => return Ok(Err(CallError::Unfinished)),
                Err(failure) => return Ok(Err(failure)),
            };
            for data in events {
                match answer.take(&data) {
                    Ok(Some(text)) => self.say(&text).await?,
                    Ok(None) => {}
                    Err(failure) => return Ok(Err(failure)),
                }
            }
            if answer.done {
                return Ok(Ok(answer));
            }
        }
    }

    async fn say(&mut self, text: &str) -> Result<(), RunError> {
        self.output_bytes += text.len();
        let (used, cap) = (self.output_bytes, self.config.output_bytes_max);
        if used > cap {
            return Err(over_budget(
                Code::BudgetOutput,
                "bytes of text",
                "limits.output_bytes_max",
                used as u64,
                cap as u64,
            ));
        }
        Ok(self.sink.text(text).await?)
    }

    /// Messages that came meanwhile are answered in the same run.
    async fn take_steers(&mut self, answer: &Answer) -> Result<bool, RunError> {
        let mut taken = false;
        while let Some(message) = self.sink.take_steer().await? {
            if !taken {
                self.sink.end_message().await?;
                self.messages.push(json!({ "role": "assistant", "content": answer.text }));
            }
            self.messages.push(dialogue::user(&message.content));
            taken = true;
        }
        Ok(taken)
    }

    fn handed_over(&self, answer: &Answer) -> Option<Outcome> {
        let call = answer.calls.iter().find(|call| self.config.hand_over && call.name == HAND_OVER)?;
        let arguments: Value = serde_json::from_str(&call.arguments).ok()?;
        let to = arguments["agent"].as_str()?.parse().ok()?;
        let known = self.turn.colleagues.iter().any(|colleague| colleague.id == to);
        let detail = arguments["reason"].as_str().map(|reason| reason.chars().take(500).collect());
        known.then_some(Outcome::HandOver { to, detail, usage: self.usage })
    }

    async fn run_tools(&mut self, answer: Answer) -> Result<(), RunError> {
        // Models reuse their ids from turn to turn; ours name a call for ever.
        let ids: Vec<String> = answer.calls.iter().map(|_| format!("call_{}", Uuid::now_v7().simple())).collect();
        self.messages.push(dialogue::asked(&answer.text, &answer.calls, &ids));
        for (call, id) in answer.calls.iter().zip(&ids) {
            let outcome = self.run_tool(call, id).await?;
            self.messages.push(dialogue::answered(id, &outcome));
        }
        while let Some(message) = self.sink.take_steer().await? {
            self.messages.push(dialogue::user(&message.content));
        }
        Ok(())
    }

    async fn run_tool(&mut self, call: &ToolCall, id: &str) -> Result<ToolOutcome, RunError> {
        self.count(call)?;
        let call_id: ToolCallId = id.parse().map_err(|error: protocol::ids::IdError| {
            RunError::lasting(Code::Internal, "A tool call could not be made.", error.to_string())
        })?;
        let context = ToolContext {
            agent_id: self.turn.agent_id.clone(),
            call_id: call_id.clone(),
            cancel: self.turn.cancel.clone(),
            time_max: self.until.saturating_duration_since(Instant::now()),
        };
        let outcome = match arguments_of(call) {
            Ok(arguments) => run_recorded(self.toolbox, self.sink, &call.name, arguments, &context).await?,
            Err(why) => self.record_unreadable(call, call_id, why).await?,
        };
        self.judge(call, &outcome)?;
        Ok(outcome)
    }

    fn count(&mut self, call: &ToolCall) -> Result<(), RunError> {
        self.tool_calls += 1;
        let (used, cap) = (u64::from(self.tool_calls), u64::from(self.config.tool_calls_max));
        if used > cap {
            return Err(over_budget(Code::BudgetToolCalls, "tool calls", "limits.tool_calls_max", used, cap));
        }
        let made = self.made.entry(canonical(call)).or_insert(0);
        *made += 1;
        let (used, cap) = (u64::from(*made), u64::from(self.config.tool_repetition_max));
        if used > cap {
            let what = format!("times the same call of `{}`", call.name);
            return Err(over_budget(Code::BudgetRepetition, &what, "limits.tool_repetition_max", used, cap));
        }
        Ok(())
    }

    /// Arguments that are no JSON are shown as the text that they are; the model is told.
    async fn record_unreadable(&self, call: &ToolCall, id: ToolCallId, why: String) -> Result<ToolOutcome, RunError> {
        let shown: String = call.arguments.chars().take(1000).collect();
        self.sink.tool_started(id.clone(), &call.name, Value::String(shown)).await?;
        let result = json!({ "error": Code::ToolBadArguments, "message": why });
        let outcome = ToolOutcome { result, is_error: true, truncated: false };
        self.sink.tool_finished(id, outcome.clone()).await?;
        Ok(outcome)
    }

    /// A model that cannot get a call right, told what is wrong, is given up.
    fn judge(&mut self, call: &ToolCall, outcome: &ToolOutcome) -> Result<(), RunError> {
        let code = outcome.result["error"].as_str().filter(|_| outcome.is_error);
        let failed = match code {
            Some("tool_bad_arguments") => Code::ModelBadOutput,
            Some("tool_denied") => Code::ToolDenied,
            _ => {
                self.wrong_in_a_row = 0;
                return Ok(());
            }
        };
        self.wrong_in_a_row += 1;
        if self.wrong_in_a_row <= REPAIRS_MAX {
            return Ok(());
        }
        let safe = "The language model could not use its tools correctly.";
        let operator =
            format!("{} calls in a row were wrong; the last: `{}`: {}", self.wrong_in_a_row, call.name, outcome.result);
        Err(RunError::retryable(failed, safe, operator))
    }
}

fn arguments_of(call: &ToolCall) -> Result<Value, String> {
    if call.arguments.trim().is_empty() {
        return Ok(json!({}));
    }
    protocol::frame::read_json(&call.arguments).map_err(|why| format!("the arguments are {why}"))
}

/// The same call, however its arguments are spaced and ordered.
fn canonical(call: &ToolCall) -> String {
    let arguments =
        serde_json::from_str::<Value>(&call.arguments).map_or_else(|_| call.arguments.clone(), |v| v.to_string());
    format!("{}\n{arguments}", call.name)
}

fn final_state(answer: &Answer) -> JsonObject {
    match answer.finish_reason.as_deref() {
        // The user should know that there would have been more.
        Some("length") => JsonObject::from_iter([("finishReason".to_owned(), json!("length"))]),
        Some("content_filter") => JsonObject::from_iter([("finishReason".to_owned(), json!("content_filter"))]),
        _ => JsonObject::new(),
    }
}

fn hand_over(turn: &Turn) -> Value {
    let ids: Vec<&str> = turn.colleagues.iter().map(|colleague| colleague.id.as_str()).collect();
    let list = turn.colleagues.iter().map(|one| format!("{}: {}", one.id, one.card.description));
    let description = format!("Hand the conversation over to a colleague.\n{}", list.collect::<Vec<_>>().join("\n"));
    let parameters = json!({
        "type": "object",
        "properties": {
            "agent": { "type": "string", "enum": ids },
            "reason": { "type": "string", "description": "Why, for the colleague." },
        },
        "required": ["agent"],
        "additionalProperties": false,
    });
    wire::function(HAND_OVER, &description, &parameters)
}

/// Between 0 and 1, different for each call: the low bits of a random id.
fn jitter() -> f64 {
    f64::from(u32::try_from(Uuid::new_v4().as_u128() & 0xffff_ffff).unwrap_or(0)) / f64::from(u32::MAX)
}
