//! The messages that a model is sent.

use protocol::event::Role;
use serde_json::{Value, json};

use super::assemble::ToolCall;
use crate::agent::{PastMessage, ToolOutcome, Turn};

/// System prompt, past, and the message to answer.
pub(super) fn opening(system: Option<String>, turn: &Turn) -> Vec<Value> {
    let system = system.map(|text| json!({ "role": "system", "content": text }));
    let past = turn.history.iter().filter_map(|message| past(message, turn));
    let note = turn.handed_over.as_ref().map(|note| {
        let why = note.detail.as_deref().unwrap_or("no reason given");
        json!({ "role": "system", "content": format!("The agent {} handed this conversation over to you: {why}", note.from) })
    });
    system.into_iter().chain(past).chain(note).chain(std::iter::once(user(&turn.message.content))).collect()
}

/// What another agent said is marked as such: the user hears one assistant, but a model must not take it for its own.
fn past(message: &PastMessage, turn: &Turn) -> Option<Value> {
    match message.role {
        Role::User => Some(user(&message.content)),
        Role::Assistant => {
            let other = message.agent_id.as_ref().filter(|id| **id != turn.agent_id);
            let content = other.map_or_else(|| message.content.clone(), |id| format!("[{id}] {}", message.content));
            Some(assistant(&content))
        }
        Role::Tool | Role::System => None,
    }
}

pub(super) fn user(content: &str) -> Value {
    json!({ "role": "user", "content": content })
}

/// What the model said.
pub(super) fn assistant(content: &str) -> Value {
    json!({ "role": "assistant", "content": content })
}

/// What the model said and asked for. `ids` are the ids that the calls go by from here on.
pub(super) fn asked(text: &str, calls: &[ToolCall], ids: &[String]) -> Value {
    let call = |(call, id): (&ToolCall, &String)| json!({ "id": id, "type": "function", "function": { "name": name(call), "arguments": arguments(call) } });
    let calls: Vec<Value> = calls.iter().zip(ids).map(call).collect();
    let content = if text.is_empty() { Value::Null } else { json!(text) };
    json!({ "role": "assistant", "content": content, "tool_calls": calls })
}

/// What a tool answered.
pub(super) fn answered(id: &str, outcome: &ToolOutcome) -> Value {
    json!({ "role": "tool", "tool_call_id": id, "content": outcome.result.to_string() })
}

/// Servers refuse a conversation with a name that no tool can have, though their own model made it up.
fn name(call: &ToolCall) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = call.name.chars().filter(allowed).take(64).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// Servers that put the past into a template fail on arguments that are no JSON object.
fn arguments(call: &ToolCall) -> String {
    if call.arguments.trim().is_empty() {
        return "{}".to_owned();
    }
    match serde_json::from_str::<Value>(&call.arguments) {
        Ok(Value::Object(_)) => call.arguments.clone(),
        _ => json!({ "unreadable": call.arguments.chars().take(1000).collect::<String>() }).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: (&str, &str), expected: (&str, &str)) {
        let call = ToolCall { id: String::new(), name: given.0.to_owned(), arguments: given.1.to_owned() };
        let message = asked("", &[call], &["call_1".to_owned()]);
        let function = &message["tool_calls"][0]["function"];
        assert_eq!((function["name"].as_str().unwrap(), function["arguments"].as_str().unwrap()), expected);
    }

    #[test]
    fn what_a_model_made_up_is_put_into_a_form_that_its_server_takes_back() {
        check(("add", r#"{"x": 1}"#), ("add", r#"{"x": 1}"#));
        check(("add", " "), ("add", "{}"));
        check(("add it!", "{oops"), ("addit", r#"{"unreadable":"{oops"}"#));
        check(("", "[1]"), ("unnamed", r#"{"unreadable":"[1]"}"#));
    }
}
