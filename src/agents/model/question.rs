//! One question to a model, outside of a dialogue: for steps of workflows. The answer is text, or JSON that fits a schema.
//!
//! JSON is asked for with `response_format` and, where the model has none or its server refuses it, in words. What comes is
//! checked all the same; what does not fit goes back to the model with what is wrong, at most [`REPAIRS_MAX`] times.

use jsonschema::Validator;
use protocol::Code;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    ModelEndpoint, ModelSetupError, ToolMode,
    assemble::Answer,
    client::Client,
    dialogue,
    error::{CallError, filtered, nothing_said},
    listen::Listening,
    retry::wait_before_next,
    rounds::jitter,
    spending::Spending,
    wire::{self, Offer, Tuning},
};
use crate::{
    agent::{EventSink, RunError, SinkClosed},
    json_schema,
};

/// How often the model is told what is wrong with its answer.
pub const REPAIRS_MAX: u32 = 2;
/// What the model is told of an answer that does not fit, in characters.
const WRONG_CHARS_MAX: usize = 2_000;

/// How to ask.
#[derive(Debug, Clone)]
pub struct AskerConfig {
    /// 0 always says the likeliest; none is the model's own default.
    pub temperature: Option<f64>,
    /// The longest answer of one call, in tokens; none is the model's own default.
    pub output_tokens_max: Option<u32>,
    /// Calls of the model in one run, tries that failed included.
    pub model_calls_max: u32,
    /// Text of one run, in bytes.
    pub output_bytes_max: usize,
}

/// A question, with everything worked out.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the model is told first.
    pub system: Option<&'a str>,
    /// What it is asked.
    pub prompt: &'a str,
    /// What the answer must fit; none: it is text.
    pub schema: Option<&'a Value>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The run is over.
    #[error(transparent)]
    Closed(#[from] SinkClosed),
    /// The model gave none, or none that fits.
    #[error("{error}")]
    Failed {
        /// Why.
        error: RunError,
        /// Whether the user saw some of it.
        is_shown: bool,
    },
}

/// Asks one model.
#[derive(Debug)]
pub struct Asker {
    client: Client,
    config: AskerConfig,
}

impl Asker {
    /// An asker of this model.
    ///
    /// # Errors
    /// [`ModelSetupError`] when the address or a header makes no sense.
    pub fn new(config: AskerConfig, endpoint: ModelEndpoint) -> Result<Self, ModelSetupError> {
        Ok(Self { client: Client::new(endpoint)?, config })
    }

    /// Asks, with retries, until there is an answer that fits. With `show` the text goes there as it comes; the caller ends
    /// the message.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(
        &self,
        question: &Question<'_>,
        spending: &Spending,
        show: Option<&EventSink>,
    ) -> Result<Value, AskError> {
        let in_words = self.client.tool_mode() == ToolMode::Json;
        let (messages, offer) = opening(question, in_words);
        let mut asking = Asking { asker: self, question, spending, show, messages, offer, is_shown: false };
        asking.run().await.map_err(|stop| match stop {
            Stop::Closed => AskError::Closed(SinkClosed),
            Stop::Ends(error) => AskError::Failed { error, is_shown: asking.is_shown },
        })
    }
}

/// Why there is no answer.
enum Stop {
    Closed,
    Ends(RunError),
}

/// Why one try gave none.
enum Trouble {
    Stop(Stop),
    Failed(CallError),
}

impl From<RunError> for Stop {
    fn from(error: RunError) -> Self {
        Self::Ends(error)
    }
}

impl From<CallError> for Trouble {
    fn from(failure: CallError) -> Self {
        Self::Failed(failure)
    }
}

/// A question under way.
struct Asking<'a> {
    asker: &'a Asker,
    question: &'a Question<'a>,
    spending: &'a Spending,
    show: Option<&'a EventSink>,
    messages: Vec<Value>,
    offer: Offer,
    is_shown: bool,
}

impl Asking<'_> {
    async fn run(&mut self) -> Result<Value, Stop> {
        let Some(schema) = self.question.schema else {
            let answer = self.answer().await?;
            if answer.text.trim().is_empty() {
                return Err(nothing_said(answer.finish_reason.as_deref()).into());
            }
            return Ok(Value::String(answer.text.replace('\0', "")));
        };
        let validator = json_schema::compile(schema).map_err(|words| bad_output(&format!("the schema: {words}")))?;
        let mut repairs = 0;
        loop {
            let answer = self.answer().await?;
            match read(&answer.text, &validator) {
                Ok(value) => return Ok(value),
                Err(wrong) if repairs == REPAIRS_MAX => return Err(bad_output(&wrong).into()),
                Err(wrong) => self.tell(&answer.text, &wrong),
            }
            repairs += 1;
        }
    }

    /// The model learns what is wrong with its answer.
    fn tell(&mut self, answer: &str, wrong: &str) {
        let wrong: String = wrong.chars().take(WRONG_CHARS_MAX).collect();
        self.messages.push(dialogue::assistant(answer));
        let words =
            format!("That answer is not right: {wrong}. Answer again, with the corrected JSON and nothing else.");
        self.messages.push(dialogue::user(&words));
    }

    /// One answer of the model, with retries as long as nothing of it was shown.
    async fn answer(&mut self) -> Result<Answer, Stop> {
        let client = &self.asker.client;
        let mut tried = 0;
        loop {
            self.spending.count_call(self.asker.config.model_calls_max)?;
            let failure = match self.once().await {
                Ok(answer) if answer.finish_reason.as_deref() == Some("content_filter") => {
                    return Err(filtered().into());
                }
                Ok(answer) => return Ok(answer),
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Failed(failure)) => failure,
            };
            if self.asks_in_words(&failure) {
                continue;
            }
            let left = self.spending.until.saturating_duration_since(Instant::now());
            let wait = wait_before_next(&failure, tried, self.is_shown, left, jitter(), &client.retries());
            let Some(wait) = wait else { return Err(client.run_error(&failure).into()) };
            let (wait_ms, failure) = (wait.as_millis(), client.words(&failure));
            tracing::warn!(tried, wait_ms, failure, "the model call failed, trying again");
            tokio::time::sleep(wait).await;
            tried += 1;
        }
    }

    /// A server that knows no `response_format` refuses the request: from here on the shape is asked for in words.
    fn asks_in_words(&mut self, failure: &CallError) -> bool {
        let is_refused = matches!(failure, CallError::Status { status: 400 | 404 | 415 | 422 | 501, .. });
        if !is_refused || !matches!(self.offer, Offer::ResponseFormat(_)) {
            return false;
        }
        self.offer = Offer::Nothing;
        if let Some(schema) = self.question.schema
            && self.asker.client.tool_mode() == ToolMode::Native
        {
            self.messages.insert(0, instructions(schema));
        }
        true
    }

    async fn once(&mut self) -> Result<Answer, Trouble> {
        let Asker { client, config } = self.asker;
        let tuning = Tuning { temperature: config.temperature, output_tokens_max: config.output_tokens_max };
        let body = wire::request(client.model(), tuning, &self.messages, &self.offer);
        let mut listening = Listening::new(client.call(&body).await?);
        while let Some(texts) = listening.next().await? {
            for text in texts {
                let counted = self.spending.count_output(text.len(), config.output_bytes_max);
                counted.map_err(|error| Trouble::Stop(error.into()))?;
                self.say(&text).await.map_err(|SinkClosed| Trouble::Stop(Stop::Closed))?;
            }
        }
        let answer = listening.into_answer();
        self.spending.count_tokens(&answer.usage);
        Ok(answer)
    }

    async fn say(&mut self, text: &str) -> Result<(), SinkClosed> {
        let Some(sink) = self.show else { return Ok(()) };
        self.is_shown = true;
        sink.text(text).await
    }
}

fn opening(question: &Question<'_>, in_words: bool) -> (Vec<Value>, Offer) {
    let told = question.schema.filter(|_| in_words).map(instructions);
    let system = question.system.map(|text| json!({ "role": "system", "content": text }));
    let messages = told.into_iter().chain(system).chain([dialogue::user(question.prompt)]).collect();
    let offer = question.schema.map_or(Offer::Nothing, |schema| {
        Offer::ResponseFormat(json!({ "type": "json_schema", "json_schema": { "name": "answer", "schema": schema } }))
    });
    (messages, offer)
}

fn instructions(schema: &Value) -> Value {
    let text = format!("Answer with JSON alone, nothing before or after it, that fits this JSON Schema: {schema}");
    json!({ "role": "system", "content": text })
}

/// The JSON of an answer; some models put it into a fenced block, or words around it.
fn read(text: &str, validator: &Validator) -> Result<Value, String> {
    let text = text.trim();
    let value = protocol::frame::read_json(text).or_else(|wrong| {
        let inner = text.find(['{', '[']).zip(text.rfind(['}', ']'])).and_then(|(from, to)| text.get(from..=to));
        inner.and_then(|inner| protocol::frame::read_json(inner).ok()).ok_or(wrong)
    });
    let value = value.map_err(|wrong| format!("it is no JSON ({wrong})"))?;
    json_schema::check(validator, &value).map(|()| value)
}

fn bad_output(wrong: &str) -> RunError {
    let safe = "The language model gave an answer that does not have the form that was asked for.";
    RunError::retryable(Code::ModelBadOutput, safe, format!("the model's answer does not fit: {wrong}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Value, &str>) {
        let schema = json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } } });
        let found = read(text, &json_schema::compile(&schema).unwrap());
        match expected {
            Ok(value) => assert_eq!(found, Ok(value), "{text}"),
            Err(words) => assert!(found.clone().unwrap_err().contains(words), "{text}: {found:?}"),
        }
    }

    #[test]
    fn the_json_of_an_answer_is_found_and_checked() {
        check(r#"{"a": 1}"#, Ok(json!({ "a": 1 })));
        check("```json\n{\"a\": 1}\n```", Ok(json!({ "a": 1 })));
        check("Here it is: {\"a\": 2}. Good luck!", Ok(json!({ "a": 2 })));
        check(r#"{"a": "x"}"#, Err("at `/a`"));
        check("[1]", Err("at the top"));
        check("I cannot", Err("it is no JSON"));
        check("} {", Err("it is no JSON"));
        check("", Err("it is no JSON"));
        check(&"[".repeat(1000), Err("it is no JSON"));
    }
}
