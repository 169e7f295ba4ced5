//! What native agents read of the marketplace: through their tools, each call in the log.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    agent::{EventSink, SinkClosed, ToolOutcome, Turn},
    tools::{Effect, ToolBox, ToolContext, new_call_id, run_digested, wildberries::Operation},
};

/// A result of at most so many bytes of JSON is in the log as it is; of a longer one only how much it was.
const SHOWN_BYTES_MAX: usize = 4 * 1024;

/// Why a report, or a part of it, is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The agent was granted no tool that reads it.
    NotGranted,
    /// The marketplace does not take the token, or the token may not read it.
    TokenRefused,
    /// Too many requests; from then on it may be asked again, where the marketplace says so.
    RateLimited(Option<String>),
    /// It is longer than the tool may answer.
    TooLong,
    /// More was there than is read: only its beginning is counted.
    Cut,
    /// For the period there is none any more.
    TooOld,
    /// The rest: no connection, no answer, an answer that is not as described.
    Unavailable,
}

/// The tools of a run.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// What the agent was granted.
    pub toolbox: &'a ToolBox,
    /// The run.
    pub turn: &'a Turn,
    /// Where it says what it does.
    pub sink: &'a EventSink,
}

impl Desk<'_> {
    /// Asks for an operation that only reads.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over; within, why there is no answer.
    pub async fn read<T: DeserializeOwned>(
        &self,
        operation: Operation,
        mut arguments: Value,
    ) -> Result<Result<T, Trouble>, SinkClosed> {
        let Some(tool) = reader(self.toolbox, operation) else { return Ok(Err(Trouble::NotGranted)) };
        arguments["operation"] = operation.as_str().into();
        let call_id = new_call_id();
        let context = ToolContext {
            tenant: Arc::clone(self.turn.context.tenant()),
            agent_id: self.turn.agent_id.clone(),
            idempotency_key: call_id.clone(),
            call_id,
            is_repeat: false,
            cancel: self.turn.cancel.clone(),
            time_max: self.turn.time_max,
        };
        let outcome = run_digested(self.toolbox, self.sink, tool, arguments, &context, digest).await?;
        Ok(opened(operation, outcome))
    }
}

/// The tool that reads this and can change nothing.
pub fn reader(toolbox: &ToolBox, operation: Operation) -> Option<&str> {
    tool(toolbox, operation, |effect| effect == Effect::Pure)
}

/// A tool that has this operation, whatever else it may do.
pub fn writer(toolbox: &ToolBox, operation: Operation) -> Option<&str> {
    tool(toolbox, operation, |_| true)
}

fn tool(toolbox: &ToolBox, operation: Operation, may: impl Fn(Effect) -> bool) -> Option<&str> {
    let has = |parameters: &Value| {
        let names = parameters.pointer("/properties/operation/enum").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|name| name == operation.as_str()))
    };
    toolbox.specs().find(|spec| may(spec.effect) && has(&spec.parameters)).map(|spec| spec.name.as_str())
}

fn opened<T: DeserializeOwned>(operation: Operation, outcome: ToolOutcome) -> Result<T, Trouble> {
    if outcome.is_error {
        return Err(trouble(outcome.result["message"].as_str().unwrap_or_default()));
    }
    if outcome.truncated {
        return Err(Trouble::TooLong);
    }
    serde_json::from_value(outcome.result).map_err(|error| {
        tracing::warn!(operation = operation.as_str(), reason = %error, "a report is not as described");
        Trouble::Unavailable
    })
}

/// The words of the tool begin with a stable word.
fn trouble(message: &str) -> Trouble {
    let (code, words) = message.split_once(':').unwrap_or((message, ""));
    match code {
        "no_token" | "token_refused" | "access_denied" => Trouble::TokenRefused,
        "rate_limited" => Trouble::RateLimited(words.rsplit_once("try again at ").map(|(_, at)| at.trim().to_owned())),
        "answer_too_large" => Trouble::TooLong,
        "period_too_long" => Trouble::TooOld,
        _ => Trouble::Unavailable,
    }
}

/// What the log keeps of a result.
fn digest(result: &Value) -> Value {
    let bytes = result.to_string().len();
    if bytes <= SHOWN_BYTES_MAX {
        return result.clone();
    }
    let rows = result.as_array().or_else(|| result["rows"].as_array()).map(Vec::len);
    json!({"rows": rows, "bytes": bytes, "next": result.get("next")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: Trouble) {
        assert_eq!(trouble(message), expected, "{message}");
    }

    #[test]
    fn what_went_wrong_is_read_off_the_first_word() {
        check("token_refused: the marketplace does not accept the token", Trouble::TokenRefused);
        check("no_token: there is no token", Trouble::TokenRefused);
        let at = "2026-11-28T07:00:00.000Z";
        check(&format!("rate_limited: no more requests; try again at {at}"), Trouble::RateLimited(Some(at.to_owned())));
        check("rate_limited", Trouble::RateLimited(None));
        check("answer_too_large: more than 5 bytes", Trouble::TooLong);
        check("unavailable: no answer", Trouble::Unavailable);
        check("", Trouble::Unavailable);
    }

    #[test]
    fn the_log_keeps_short_results_whole_and_counts_the_rows_of_long_ones() {
        assert_eq!(digest(&json!({"a": 1})), json!({"a": 1}));
        let long = json!({"rows": vec!["x".repeat(1_000); 9], "next": "later"});
        assert_eq!(digest(&long)["rows"], 9);
        assert_eq!(digest(&long)["next"], "later");
        assert_eq!(digest(&json!(vec!["x".repeat(1_000); 7]))["rows"], 7);
    }
}
