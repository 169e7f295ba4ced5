//! The loop of a run: call the model, run the tools that it asks for, call again, within every bound.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use protocol::{
    Code,
    event::{JsonObject, Usage},
};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    ModelAgentConfig, ToolMode,
    assemble::{Answer, ToolCall},
    calls::Calls,
    client::{Call, Client},
    dialogue,
    error::{CallError, filtered, nothing_said, over_budget},
    hand_over, json_mode,
    listen::Listening,
    replay,
    retry::wait_before_next,
    wire::{self, Function, Offer, Tuning},
};
use crate::{
    agent::{EventSink, Outcome, RunError, SinkClosed, ToolOutcome, Turn},
    tools::ToolBox,
};

/// Why there is no answer.
enum Trouble {
    /// The run ends with this.
    Ends(RunError),
    /// The call failed; another try may not.
    Failed(CallError),
}

impl From<CallError> for Trouble {
    fn from(failure: CallError) -> Self {
        Self::Failed(failure)
    }
}

impl From<RunError> for Trouble {
    fn from(error: RunError) -> Self {
        Self::Ends(error)
    }
}

/// One run of a model agent.
pub(super) struct Rounds<'a> {
    config: &'a ModelAgentConfig,
    client: &'a Client,
    pub(super) turn: &'a Turn,
    sink: &'a EventSink,
    pub(super) messages: Vec<Value>,
    pub(super) mode: ToolMode,
    offer: Offer,
    pub(super) calls: Calls<'a>,
    until: Instant,
    usage: Usage,
    /// Text that the model wrote.
    pub(super) output_bytes: usize,
    /// Text that the user was shown: in JSON mode less than was written.
    pub(super) shown_bytes: usize,
    pub(super) model_calls: u32,
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
        let hand_over = config.hand_over.then(|| hand_over::function(turn)).flatten();
        let functions: Vec<Function> = toolbox.specs().map(Function::from).chain(hand_over).collect();
        let mode = if functions.is_empty() { ToolMode::Native } else { client.tool_mode() };
        let mut messages = dialogue::opening(system, turn);
        let offer = match mode {
            ToolMode::Native => wire::native(&functions),
            ToolMode::Json => {
                messages.insert(0, json_mode::instructions(&functions));
                json_mode::offer(&functions)
            }
        };
        let until = Instant::now() + turn.time_max;
        Self {
            config,
            client,
            turn,
            sink,
            messages,
            mode,
            offer,
            calls: Calls::new(config, toolbox, turn, sink, until),
            until,
            usage: Usage::default(),
            output_bytes: 0,
            shown_bytes: 0,
            model_calls: 0,
        }
    }

    pub(super) async fn run(mut self) -> Result<Outcome, RunError> {
        let mut rounds = self.go_on().await?;
        loop {
            let answer = self.ask().await?;
            if answer.calls.is_empty() {
                if !self.take_steers(&answer).await? {
                    return Ok(Outcome::Completed { final_state: JsonObject::new(), usage: self.usage });
                }
                continue;
            }
            if let Some(outcome) = self.handed_over(&answer) {
                return Ok(outcome);
            }
            rounds += 1;
            let cap = self.config.tool_rounds_max;
            if rounds > cap {
                let (used, cap) = (u64::from(rounds), u64::from(cap));
                return Err(over_budget(Code::BudgetToolCalls, "rounds of tools", "tool_rounds_max", used, cap));
            }
            self.run_tools(&answer).await?;
        }
    }

    /// One answer of the model, with retries as long as nothing of it was shown.
    async fn ask(&mut self) -> Result<Answer, RunError> {
        let shown_before = self.shown_bytes;
        let mut tried = 0;
        loop {
            self.count_model_call()?;
            let failure = match self.ask_once().await {
                Ok(answer) => return self.understood(answer).await,
                Err(Trouble::Ends(error)) => return Err(error),
                Err(Trouble::Failed(failure)) => failure,
            };
            let shown = self.shown_bytes > shown_before;
            let left = self.until.saturating_duration_since(Instant::now());
            match wait_before_next(&failure, tried, shown, left, jitter(), &self.client.retries()) {
                None => return Err(self.client.run_error(&failure)),
                Some(wait) => self.wait(wait, tried, &failure).await,
            }
            tried += 1;
        }
    }

    fn count_model_call(&mut self) -> Result<(), RunError> {
        self.model_calls += 1;
        let (used, cap) = (u64::from(self.model_calls), u64::from(self.config.model_calls_max));
        if used <= cap {
            return Ok(());
        }
        Err(over_budget(Code::BudgetModelCalls, "calls of the model", "limits.model_calls_max", used, cap))
    }

    async fn wait(&self, wait: Duration, tried: u32, failure: &CallError) {
        let (wait_ms, failure) = (wait.as_millis(), self.client.words(failure));
        tracing::warn!(tried, wait_ms, failure, "the model call failed, trying again");
        tokio::time::sleep(wait).await;
    }

    async fn ask_once(&mut self) -> Result<Answer, Trouble> {
        let ModelAgentConfig { temperature, output_tokens_max, .. } = *self.config;
        let tuning = Tuning { temperature, output_tokens_max };
        let body = wire::request(self.client.model(), tuning, &self.messages, &self.offer);
        let call = self.client.call(&body).await?;
        self.listen(call).await
    }

    async fn listen<S>(&mut self, call: Call<S>) -> Result<Answer, Trouble>
    where
        S: Stream<Item = reqwest::Result<Bytes>>,
    {
        let mut listening = Listening::new(call);
        while let Some(texts) = listening.next().await? {
            for text in texts {
                self.count_output(text.len())?;
                if self.mode == ToolMode::Native {
                    self.say(&text).await.map_err(RunError::from)?;
                }
            }
        }
        Ok(listening.into_answer())
    }

    fn count_output(&mut self, bytes: usize) -> Result<(), RunError> {
        self.output_bytes += bytes;
        let (used, cap) = (self.output_bytes as u64, self.config.output_bytes_max as u64);
        if used <= cap {
            return Ok(());
        }
        Err(over_budget(Code::BudgetOutput, "bytes of text", "limits.output_bytes_max", used, cap))
    }

    async fn say(&mut self, text: &str) -> Result<(), SinkClosed> {
        self.shown_bytes += text.len();
        self.sink.text(text).await
    }

    /// Takes a whole answer for what it is: counts it, and reads what JSON mode hides in it.
    async fn understood(&mut self, mut answer: Answer) -> Result<Answer, RunError> {
        self.usage.input_tokens += answer.usage.input_tokens;
        self.usage.output_tokens += answer.usage.output_tokens;
        if answer.finish_reason.as_deref() == Some("content_filter") {
            return Err(filtered());
        }
        if self.mode == ToolMode::Json && answer.calls.is_empty() {
            let Some(meant) = json_mode::read(&answer.text) else {
                let reason = answer.finish_reason.as_deref().unwrap_or("none");
                let words = format!("JSON that is not of the agreed shape; finish_reason {reason}");
                return Err(self.client.run_error(&CallError::Protocol(words)));
            };
            self.say(&meant.text).await?;
            answer.calls = meant.calls;
        }
        if answer.calls.is_empty() && self.shown_bytes == 0 {
            return Err(nothing_said(answer.finish_reason.as_deref()));
        }
        Ok(answer)
    }

    /// Messages that came meanwhile are answered in the same run.
    async fn take_steers(&mut self, answer: &Answer) -> Result<bool, RunError> {
        let mut taken = false;
        while let Some(message) = self.sink.take_steer().await? {
            if !taken {
                self.sink.end_message().await?;
                self.messages.push(dialogue::assistant(&answer.text));
            }
            self.messages.push(dialogue::user(&message.content));
            taken = true;
        }
        Ok(taken)
    }

    /// The first call that hands over to somebody who is there; other calls of the same answer are then not made.
    fn handed_over(&self, answer: &Answer) -> Option<Outcome> {
        let mut calls = answer.calls.iter().filter(|call| self.config.hand_over && call.name == hand_over::NAME);
        let (to, detail) = calls.find_map(|call| hand_over::target(call, self.turn))?;
        Some(Outcome::HandOver { to, detail, usage: self.usage })
    }

    async fn run_tools(&mut self, answer: &Answer) -> Result<(), RunError> {
        let ids = replay::new_ids(answer.calls.len());
        let outcomes = self.calls.run(&answer.calls, &ids).await?;
        self.told(&answer.text, &answer.calls, &ids, &outcomes);
        self.hear_steers().await
    }

    /// What the model asked for, and what it is answered.
    pub(super) fn told(&mut self, text: &str, calls: &[ToolCall], ids: &[String], outcomes: &[ToolOutcome]) {
        match self.mode {
            ToolMode::Native => {
                self.messages.push(dialogue::asked(text, calls, ids));
                let answered = ids.iter().zip(outcomes).map(|(id, outcome)| dialogue::answered(id, outcome));
                self.messages.extend(answered);
            }
            ToolMode::Json => {
                self.messages.push(dialogue::assistant(text));
                let answered = calls.iter().zip(outcomes);
                self.messages.extend(answered.map(|(call, outcome)| json_mode::answered(call, outcome)));
                // A small model would go round in circles: from here on it can only speak.
                if self.calls.are_repeated() {
                    self.offer = json_mode::offer(&[]);
                }
            }
        }
    }

    /// Messages that came while tools were at work go to the model with the results.
    pub(super) async fn hear_steers(&mut self) -> Result<(), RunError> {
        while let Some(message) = self.sink.take_steer().await? {
            self.messages.push(dialogue::user(&message.content));
        }
        Ok(())
    }
}

/// Between 0 and 1, different for each call: the low bits of a random id.
pub(super) fn jitter() -> f64 {
    f64::from(u32::try_from(Uuid::new_v4().as_u128() & 0xffff_ffff).unwrap_or(0)) / f64::from(u32::MAX)
}
