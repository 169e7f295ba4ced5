//! Folds the pieces of a stream into text and tool calls: pure.

use std::collections::HashMap;

use protocol::event::Usage;
use serde_json::Value;

use super::{
    error::CallError,
    wire::{CallDelta, Chunk},
};

/// Tool calls of one answer at most; a model that asks for more at once is out of order.
const CALLS_MAX: usize = 64;
/// The longest name of a tool, far above what a tool box allows.
const NAME_BYTES_MAX: usize = 1024;
/// The longest arguments of one call.
const ARGUMENTS_BYTES_MAX: usize = 256 * 1024;

/// A call that a model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ToolCall {
    /// As the model named it; empty where it did not. Only tells the pieces of one stream apart: models repeat their ids.
    pub id: String,
    pub name: String,
    /// JSON, if the model keeps to its protocol.
    pub arguments: String,
}

/// What a model said in one call, so far.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub text: String,
    pub calls: Vec<ToolCall>,
    pub finish_reason: Option<String>,
    pub usage: Usage,
    /// `[DONE]` was seen.
    pub done: bool,
    /// Which call the pieces of an index go to.
    by_index: HashMap<usize, usize>,
}

impl Answer {
    /// Takes the data of one event; answers new text.
    ///
    /// # Errors
    /// [`CallError::Upstream`] for an error object, [`CallError::Protocol`] for anything that is no piece of an answer.
    pub(super) fn take(&mut self, data: &str) -> Result<Option<String>, CallError> {
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(None);
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            let shown: String = data.chars().take(200).collect();
            CallError::Protocol(format!("{error} in `{shown}`"))
        })?;
        if let Some(error) = chunk.error {
            return Err(CallError::Upstream(message_of(&error)));
        }
        if let Some(usage) = chunk.usage {
            self.usage.input_tokens = usage.prompt_tokens;
            self.usage.output_tokens = usage.completion_tokens;
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
        self.finish_reason = choice.finish_reason.or(self.finish_reason.take());
        for call in choice.delta.tool_calls.unwrap_or_default() {
            self.call(call)?;
        }
        // A refusal is an answer to the user all the same.
        let text = choice.delta.content.or(choice.delta.refusal).filter(|text| !text.is_empty());
        if let Some(text) = &text {
            self.text.push_str(text);
        }
        Ok(text)
    }

    /// Whether the model said that it was done.
    pub(super) fn is_whole(&self) -> bool {
        self.done || self.finish_reason.is_some()
    }

    fn call(&mut self, delta: CallDelta) -> Result<(), CallError> {
        let function = delta.function.unwrap_or_default();
        let (id, name) = (delta.id.unwrap_or_default(), function.name.unwrap_or_default());
        let place = self.place_of(delta.index, &id, !name.is_empty())?;
        let call = &mut self.calls[place];
        if !id.is_empty() {
            call.id = id;
        }
        // Some servers repeat the name with every piece.
        if call.name != name {
            call.name.push_str(&name);
        }
        call.arguments.push_str(&function.arguments.unwrap_or_default());
        if call.name.len() > NAME_BYTES_MAX || call.arguments.len() > ARGUMENTS_BYTES_MAX {
            let what =
                format!("a name of more than {NAME_BYTES_MAX} or arguments of more than {ARGUMENTS_BYTES_MAX} bytes");
            return Err(CallError::Protocol(what));
        }
        Ok(())
    }

    /// The call that a piece belongs to: that of its index, else the last. A piece with an id of its own and a name begins
    /// a call also where its index is taken or missing: some servers number every call 0.
    fn place_of(&mut self, index: Option<usize>, id: &str, named: bool) -> Result<usize, CallError> {
        let known = match index {
            Some(index) => self.by_index.get(&index).copied(),
            None => self.calls.len().checked_sub(1),
        };
        let another = |place: usize| {
            let known = &self.calls[place].id;
            !id.is_empty() && !known.is_empty() && id != known && (named || index.is_none())
        };
        if let Some(place) = known.filter(|place| !another(*place)) {
            return Ok(place);
        }
        if self.calls.len() >= CALLS_MAX {
            return Err(CallError::Protocol(format!("more than {CALLS_MAX} tool calls in one answer")));
        }
        self.calls.push(ToolCall::default());
        let place = self.calls.len() - 1;
        if let Some(index) = index {
            self.by_index.insert(index, place);
        }
        Ok(place)
    }
}

fn message_of(error: &Value) -> String {
    let text = error["message"].as_str().map_or_else(|| error.to_string(), ToOwned::to_owned);
    text.chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_several_calls_are_merged_by_index() {
        let mut answer = Answer::default();
        for data in [
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"add","arguments":"{\"x\""}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"sub","arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"finish_reason":"tool_calls"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
            "[DONE]",
        ] {
            assert_eq!(answer.take(data).unwrap(), None);
        }
        let call = |id: &str, name: &str, arguments: &str| ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        assert_eq!(answer.calls, [call("a", "add", r#"{"x":1}"#), call("b", "sub", "{}")]);
        assert!(answer.is_whole() && answer.usage.output_tokens == 4);
    }

    #[test]
    fn calls_without_an_index_begin_with_each_new_id() {
        let mut answer = Answer::default();
        for (id, arguments) in [("a", "1"), ("", "2"), ("b", "3")] {
            let call = format!(r#"{{"id":"{id}","function":{{"name":"","arguments":"{arguments}"}}}}"#);
            answer.take(&format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{call}]}}}}]}}"#)).unwrap();
        }
        let arguments: Vec<_> = answer.calls.iter().map(|call| call.arguments.as_str()).collect();
        assert_eq!(arguments, ["12", "3"]);
    }

    #[track_caller]
    fn check(deltas: &[&str], expected: &[(&str, &str)]) {
        let mut answer = Answer::default();
        for delta in deltas {
            answer.take(&format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{delta}]}}}}]}}"#)).unwrap();
        }
        let calls: Vec<_> = answer.calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
        assert_eq!(calls, expected);
    }

    #[test]
    fn servers_that_number_badly_are_understood() {
        let add = r#"{"index":0,"id":"a","function":{"name":"add","arguments":"{"}}"#;
        let more = r#"{"index":0,"id":"a","function":{"name":"add","arguments":"}"}}"#;
        check(&[add, more], &[("add", "{}")]);
        let another = r#"{"index":0,"id":"b","function":{"name":"sub","arguments":"{}"}}"#;
        check(&[add, more, another], &[("add", "{}"), ("sub", "{}")]);
        let same_id = r#"{"index":1,"id":"a","function":{"name":"sub","arguments":"{}"}}"#;
        check(&[add, same_id, more], &[("add", "{}"), ("sub", "{}")]);
        check(&[r#"{"index":7,"function":{"name":"add"}}"#], &[("add", "")]);
    }

    #[test]
    fn what_is_no_piece_of_an_answer_is_an_error() {
        assert!(matches!(Answer::default().take("<html>"), Err(CallError::Protocol(_))));
        let error = Answer::default().take(r#"{"error":{"message":"overloaded"}}"#).unwrap_err();
        assert_eq!(error, CallError::Upstream("overloaded".to_owned()));
        let call = |index| format!(r#"{{"choices":[{{"delta":{{"tool_calls":[{{"index":{index},"id":"a"}}]}}}}]}}"#);
        let mut many = Answer::default();
        assert!((0..=CALLS_MAX).any(|index| many.take(&call(index)).is_err()));
        assert_eq!(many.calls.len(), CALLS_MAX);
    }
}
