//! Tools for models that have none of their own: the model is asked for JSON that says either words or a call. Pure.
//!
//! The shape is `{"name": …, "arguments": {…}}`, once for each tool and once for plain words. Servers that can hold a
//! model to a schema do; from the others a call in a fenced block is taken, too, and anything else is words.

use serde_json::{Value, json};

use super::{
    assemble::ToolCall,
    wire::{Function, Offer},
};
use crate::agent::ToolOutcome;

/// The name under which the model says words.
const WORDS: &str = "reply";

/// What a model meant.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Meant {
    /// Words for the user; may be empty.
    pub text: String,
    pub calls: Vec<ToolCall>,
}

/// The shape that the answer must have.
pub(super) fn offer(functions: &[Function]) -> Offer {
    let words = json!({
        "type": "object",
        "properties": { "text": { "type": "string" } },
        "required": ["text"],
        "additionalProperties": false,
    });
    let one = |name: &str, arguments: &Value| {
        json!({
            "type": "object",
            "properties": { "name": { "const": name }, "arguments": arguments },
            "required": ["name", "arguments"],
            "additionalProperties": false,
        })
    };
    let shapes = functions.iter().map(|function| one(&function.name, &function.parameters));
    let shapes: Vec<Value> = std::iter::once(one(WORDS, &words)).chain(shapes).collect();
    Offer::ResponseFormat(
        json!({ "type": "json_schema", "json_schema": { "name": "step", "schema": { "anyOf": shapes } } }),
    )
}

/// What the model must be told, in a message of the system.
pub(super) fn instructions(functions: &[Function]) -> Value {
    let mut text = format!(
        "Answer with one JSON object and nothing else. To speak to the user: \
         {{\"name\":\"{WORDS}\",\"arguments\":{{\"text\":\"...\"}}}}. To use a tool: its name and arguments in the same \
         form; its result comes with the next message. The tools:"
    );
    for Function { name, description, parameters } in functions {
        text.extend(["\n- ", name, ": ", description, " Arguments, as JSON Schema: ", &parameters.to_string()]);
    }
    json!({ "role": "system", "content": text })
}

/// Words as the model must have said them.
pub(super) fn said(words: &str) -> String {
    json!({ "name": WORDS, "arguments": { "text": words } }).to_string()
}

/// Calls as the model must have asked for them.
pub(super) fn asked(calls: &[ToolCall]) -> String {
    let one = |call: &ToolCall| {
        let arguments = protocol::frame::read_json(&call.arguments).unwrap_or_default();
        json!({ "name": call.name, "arguments": arguments }).to_string()
    };
    calls.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What a tool answered, for a model that knows no such message.
pub(super) fn answered(call: &ToolCall, outcome: &ToolOutcome) -> Value {
    let how = if outcome.is_error { "failed" } else { "answered" };
    let content = format!(
        "The tool `{}` {how}: {}\nIf that is enough, answer me with `{WORDS}`; do not make the same call again.",
        call.name, outcome.result
    );
    json!({ "role": "user", "content": content })
}

/// Reads an answer; none where it began as the agreed JSON and does not end as such, because it was cut off or went
/// wrong: nobody should be shown that.
pub(super) fn read(answer: &str) -> Option<Meant> {
    if let Some(meant) = step(answer) {
        return Some(meant);
    }
    if answer.trim_start().starts_with('{') && answer.contains("\"arguments\"") {
        return None;
    }
    for (open, close) in [("```json", "```"), ("```", "```"), ("<tool_call>", "</tool_call>")] {
        let Some((before, rest)) = answer.split_once(open) else { continue };
        // A small model forgets to close.
        let inner = rest.split_once(close).map_or(rest, |(inner, _)| inner);
        if let Some(mut meant) = step(inner) {
            meant.text = format!("{}{}", before.trim(), meant.text);
            return Some(meant);
        }
    }
    Some(Meant { text: answer.to_owned(), calls: Vec::new() })
}

/// One JSON object of the agreed shape.
fn step(text: &str) -> Option<Meant> {
    let value = protocol::frame::read_json(text.trim()).ok()?;
    let (name, arguments) = (value["name"].as_str()?, value.get("arguments")?);
    if name == WORDS {
        return Some(Meant { text: arguments["text"].as_str()?.to_owned(), calls: Vec::new() });
    }
    let call = ToolCall { id: String::new(), name: name.to_owned(), arguments: arguments.to_string() };
    Some(Meant { text: String::new(), calls: vec![call] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &str, text: &str, call: Option<(&str, &str)>) {
        let call = call.map(|(name, arguments)| ToolCall {
            id: String::new(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        });
        let expected = Meant { text: text.to_owned(), calls: Vec::from_iter(call) };
        assert_eq!(read(answer), Some(expected), "{answer}");
    }

    #[test]
    fn words_and_calls_are_told_apart() {
        let add = Some(("add", r#"{"x":1}"#));
        check(r#"{"name":"reply","arguments":{"text":"Hi"}}"#, "Hi", None);
        check(r#" {"name":"add","arguments":{"x":1}} "#, "", add);
        check("Let me see.\n```json\n{\"name\":\"add\",\"arguments\":{\"x\":1}}\n```", "Let me see.", add);
        check("```\n{\"name\":\"add\",\"arguments\":{\"x\":1}}", "", add);
        check("<tool_call>{\"name\":\"add\",\"arguments\":{\"x\":1}}</tool_call>", "", add);
        check("Just words", "Just words", None);
        check("```json\n{\"price\": 5}\n```", "```json\n{\"price\": 5}\n```", None);
        check(r#"{"price": 5}"#, r#"{"price": 5}"#, None);
        for broken in [r#"{"name":"reply","arguments":{}}"#, r#"{"name":"reply","arguments":{"text":"cut o"#] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_shape_has_each_tool_and_plain_words() {
        let parameters = json!({ "type": "object" });
        let add = Function { name: "add".to_owned(), description: "Adds.".to_owned(), parameters: parameters.clone() };
        let Offer::ResponseFormat(format) = offer(std::slice::from_ref(&add)) else { panic!("no format") };
        let shapes = &format["json_schema"]["schema"]["anyOf"];
        assert_eq!(shapes[0]["properties"]["name"]["const"], "reply");
        assert_eq!(shapes[1]["properties"], json!({ "name": { "const": "add" }, "arguments": parameters }));
        assert!(instructions(&[add])["content"].as_str().unwrap().contains("- add: Adds."));
    }
}
