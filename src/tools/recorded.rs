//! A tool call as a run records it: said before it happens, and said what came of it, whatever that is.

use protocol::ToolCallId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Effect, ToolAnswer, ToolBox, ToolContext, ToolError, answer, toolbox::ARGUMENTS_BYTES_MAX};
use crate::{
    agent::{EventSink, SinkClosed, ToolIntent, ToolOutcome},
    chaos::{self, Bug, Point},
};

/// Says that a tool is called, calls it once that is stored, and says what came of it. The call's id and key are those of
/// `context`.
///
/// A failed call is an outcome with `is_error` and the result `{"error": CODE, "message": WORDS}`. What is said of the
/// arguments is what the tool gets: U+0000 is left out. Arguments that are too long or too deep are shown cut and not
/// passed on.
///
/// # Errors
/// [`SinkClosed`] when the run is over. If it was over before the call, the tool was not called.
pub async fn run_recorded(
    toolbox: &ToolBox,
    sink: &EventSink,
    name: &str,
    arguments: Value,
    context: &ToolContext,
) -> Result<ToolOutcome, SinkClosed> {
    let outcome = run_intended(toolbox, sink, name, arguments, context).await?;
    sink.tool_finished(context.call_id.clone(), outcome.clone()).await?;
    Ok(outcome)
}

/// The same, but the log gets only `digest` of a result: what a native agent counts may be megabytes that nobody reads again.
/// Not for agents that replay: they would go on from the digest.
///
/// # Errors
/// [`SinkClosed`] when the run is over. If it was over before the call, the tool was not called.
pub async fn run_digested(
    toolbox: &ToolBox,
    sink: &EventSink,
    name: &str,
    arguments: Value,
    context: &ToolContext,
    digest: fn(&Value) -> Value,
) -> Result<ToolOutcome, SinkClosed> {
    let outcome = run_intended(toolbox, sink, name, arguments, context).await?;
    let result = if outcome.is_error { outcome.result.clone() } else { digest(&outcome.result) };
    let shown = ToolOutcome { result, is_error: outcome.is_error, truncated: outcome.truncated };
    sink.tool_finished(context.call_id.clone(), shown).await?;
    Ok(outcome)
}

/// The same as [`run_recorded`], but for the last part: whoever calls says what came of it, together with what follows from it.
///
/// # Errors
/// [`SinkClosed`] when the run is over. If it was over before the call, the tool was not called.
pub async fn run_intended(
    toolbox: &ToolBox,
    sink: &EventSink,
    name: &str,
    arguments: Value,
    context: &ToolContext,
) -> Result<ToolOutcome, SinkClosed> {
    let checked = storable(arguments);
    let (shown, passed) = match checked {
        Ok(arguments) => (arguments.clone(), Ok(arguments)),
        Err((shown, error)) => (shown, Err(error)),
    };
    // Where no tool is asked, nothing can change.
    let granted = passed.as_ref().ok().and_then(|_| toolbox.effect(name));
    let intent = ToolIntent {
        call_id: context.call_id.clone(),
        name: name.to_owned(),
        arguments: shown,
        effect: granted.unwrap_or(Effect::Pure),
        idempotency_key: context.idempotency_key.clone(),
    };
    sink.tool_started(intent).await?;
    chaos::at(Point::BeforeTool);
    let answered = match passed {
        Ok(arguments) => {
            if chaos::plants(Bug::CallToolTwice) {
                toolbox.call(name, arguments.clone(), context).await.ok();
            }
            toolbox.call(name, arguments, context).await
        }
        Err(error) => Err(error),
    };
    chaos::at(Point::AfterTool);
    Ok(outcome_of(answered, granted))
}

/// A new id for a call that no model named.
///
/// # Panics
/// Never: it fits the rule.
pub fn new_call_id() -> ToolCallId {
    #[expect(clippy::expect_used, reason = "37 characters without white space are the id of a call")]
    format!("call_{}", Uuid::now_v7().simple()).parse().expect("37 characters without white space are the id of a call")
}

/// The arguments as they can be stored, or what to show of them and why they cannot be passed on.
fn storable(arguments: Value) -> Result<Value, (Value, ToolError)> {
    let too_much = |what: String| ToolError::BadArguments(format!("the arguments are {what}"));
    let clean = answer::scrubbed(arguments).map_err(|answer::TooDeep| {
        (Value::Null, too_much(format!("nested more than {} levels deep", answer::RESULT_LEVELS_MAX)))
    })?;
    let ToolAnswer { result, truncated } = answer::capped(clean, ARGUMENTS_BYTES_MAX);
    if truncated {
        return Err((result, too_much(format!("longer than {ARGUMENTS_BYTES_MAX} bytes"))));
    }
    Ok(result)
}

/// Of a call that counts and whose answer did not come in time, nobody knows whether it was carried out: whoever reads the
/// result must not simply make it again.
fn outcome_of(answered: Result<ToolAnswer, ToolError>, effect: Option<Effect>) -> ToolOutcome {
    match answered {
        Ok(ToolAnswer { result, truncated }) => ToolOutcome { result, is_error: false, truncated },
        Err(error) => ToolOutcome {
            result: json!({"error": error.code(), "message": words(&error, effect)}),
            is_error: true,
            truncated: false,
        },
    }
}

fn words(error: &ToolError, effect: Option<Effect>) -> String {
    match error {
        ToolError::TimedOut(_) if effect == Some(Effect::NonIdempotent) => {
            format!("{error}; whether it took effect is not known, so check before you call it again")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[track_caller]
    fn check(error: ToolError, effect: Effect, is_unknown: bool) {
        let words = words(&error, Some(effect));
        assert_eq!(words.contains("whether it took effect is not known"), is_unknown, "{words}");
    }

    #[test]
    fn whoever_reads_of_a_call_that_counts_and_did_not_answer_is_told_not_to_repeat_it() {
        let late = || ToolError::TimedOut(Duration::from_secs(1));
        check(late(), Effect::NonIdempotent, true);
        check(late(), Effect::Idempotent, false);
        check(late(), Effect::Pure, false);
        check(ToolError::Denied("x".to_owned()), Effect::NonIdempotent, false);
    }
}
