//! What the server answers to one request, as steps.

use std::time::Duration;

use serde_json::{Value, json};

/// One thing that the server does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Sends these bytes of the body.
    Send(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Drops the connection in the middle of the body.
    Cut,
    /// Holds the connection and sends nothing more.
    Stall,
    /// Goes back to the first step, for ever.
    Again,
}

/// What the server answers to one request.
#[derive(Debug, Clone)]
pub struct Script {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) before_head: Duration,
    chunks: Vec<Vec<u8>>,
    gap: Duration,
    done: bool,
    cut_after_bytes: Option<usize>,
    stall_after_chunks: Option<usize>,
    endless: bool,
}

impl Script {
    /// An answer in words: a piece a word, the way real models stream.
    pub fn text(text: &str) -> Self {
        let mut script = Self::stream();
        script.push(&chunk(json!({ "role": "assistant", "content": "" }), Value::Null));
        for word in text.split_inclusive(' ') {
            script.push(&chunk(json!({ "content": word }), Value::Null));
        }
        script.push(&chunk(json!({}), json!("stop")));
        script
    }

    /// Calls a tool. The arguments are sent in pieces of 7 characters; they need not be JSON.
    pub fn tool_call(id: &str, name: &str, arguments: &str) -> Self {
        Self::tool_calls(&[(id, name, arguments)])
    }

    /// Calls several tools at once: `(id, name, arguments)`.
    pub fn tool_calls(calls: &[(&str, &str, &str)]) -> Self {
        let mut script = Self::stream();
        for (index, (id, name, arguments)) in calls.iter().enumerate() {
            let head =
                json!({ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": "" } });
            script.push(&chunk(json!({ "tool_calls": [head] }), Value::Null));
            let characters: Vec<char> = arguments.chars().collect();
            for piece in characters.chunks(7) {
                let piece: String = piece.iter().collect();
                let part = json!({ "index": index, "function": { "arguments": piece } });
                script.push(&chunk(json!({ "tool_calls": [part] }), Value::Null));
            }
        }
        script.push(&chunk(json!({}), json!("tool_calls")));
        script
    }

    /// Says the same word for ever.
    pub fn endless(word: &str) -> Self {
        let mut script = Self::stream();
        script.push(&chunk(json!({ "content": word }), Value::Null));
        script.endless = true;
        script
    }

    /// Another status, with an error body as providers send it.
    pub fn status(status: u16) -> Self {
        let body = json!({ "error": { "message": format!("scripted {status}: key sk-secret is not shown"), "type": "scripted" } });
        Self::raw(status, "application/json", body.to_string().as_bytes())
    }

    /// Any body under any type.
    pub fn raw(status: u16, content_type: &str, body: &[u8]) -> Self {
        let mut script = Self::stream();
        script.status = status;
        script.headers = vec![("content-type".to_owned(), content_type.to_owned())];
        script.chunks = vec![body.to_vec()];
        script.done = false;
        script
    }

    /// The `data:` lines of a stream, one each, as they are.
    pub fn data(lines: &[&str]) -> Self {
        let mut script = Self::stream();
        script.chunks = lines.iter().map(|line| format!("data: {line}\n\n").into_bytes()).collect();
        script
    }

    /// Waits this long before each piece but the first.
    #[must_use]
    pub fn tokens_every(mut self, gap: Duration) -> Self {
        self.gap = gap;
        self
    }

    /// Says what it used, in a last piece.
    #[must_use]
    pub fn usage(mut self, input_tokens: u64, output_tokens: u64) -> Self {
        let usage = json!({ "prompt_tokens": input_tokens, "completion_tokens": output_tokens });
        self.push(&json!({ "object": "chat.completion.chunk", "choices": [], "usage": usage }));
        self
    }

    /// Adds an error object where the stream would go on.
    #[must_use]
    pub fn then_error(mut self, message: &str) -> Self {
        // The piece that says that the answer is whole must not come.
        self.chunks.pop();
        self.push(&json!({ "error": { "message": message, "type": "server_error" } }));
        self
    }

    /// Another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The head of the answer comes only after this long.
    #[must_use]
    pub fn first_byte_after(mut self, wait: Duration) -> Self {
        self.before_head = wait;
        self
    }

    /// Ends without `[DONE]`.
    #[must_use]
    pub fn without_done(mut self) -> Self {
        self.done = false;
        self
    }

    /// Drops the connection after this many bytes of the body.
    #[must_use]
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.cut_after_bytes = Some(bytes);
        self
    }

    /// Sends nothing more after this many pieces, and holds the connection.
    #[must_use]
    pub fn stall_after(mut self, chunks: usize) -> Self {
        self.stall_after_chunks = Some(chunks);
        self
    }

    fn stream() -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
            before_head: Duration::ZERO,
            chunks: Vec::new(),
            gap: Duration::ZERO,
            done: true,
            cut_after_bytes: None,
            stall_after_chunks: None,
            endless: false,
        }
    }

    fn push(&mut self, chunk: &Value) {
        self.chunks.push(format!("data: {chunk}\n\n").into_bytes());
    }

    /// The steps that this comes to.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut left = self.cut_after_bytes;
        for (place, chunk) in self.chunks.iter().enumerate() {
            if self.stall_after_chunks == Some(place) {
                steps.push(Step::Stall);
                return steps;
            }
            if place > 0 && !self.gap.is_zero() {
                steps.push(Step::Wait(self.gap));
            }
            match &mut left {
                Some(bytes) if *bytes < chunk.len() => {
                    steps.push(Step::Send(chunk[..*bytes].to_vec()));
                    steps.push(Step::Cut);
                    return steps;
                }
                Some(bytes) => *bytes -= chunk.len(),
                None => {}
            }
            steps.push(Step::Send(chunk.clone()));
        }
        if self.endless {
            steps.push(Step::Wait(self.gap));
            steps.push(Step::Again);
        } else if self.done {
            steps.push(Step::Send(b"data: [DONE]\n\n".to_vec()));
        }
        steps
    }
}

fn chunk(delta: Value, finish_reason: Value) -> Value {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish_reason });
    json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "fake", "choices": [choice] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(script: &Script) -> String {
        let bytes = script.steps().into_iter().flat_map(|step| match step {
            Step::Send(bytes) => bytes,
            _ => Vec::new(),
        });
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
    }

    #[test]
    fn words_come_one_by_one_and_the_end_is_said() {
        let text = sent(&Script::text("a b").usage(1, 2));
        assert_eq!(text.matches("data: ").count(), 6, "{text}");
        assert!(text.ends_with("data: [DONE]\n\n"));
        assert!(!sent(&Script::text("a").without_done()).contains("DONE"));
    }

    #[test]
    fn a_cut_falls_on_the_very_byte() {
        let whole = sent(&Script::text("a b"));
        for bytes in 0..whole.len() - 20 {
            let script = Script::text("a b").cut_after(bytes);
            assert_eq!(sent(&script), whole[..bytes]);
            assert_eq!(script.steps().last(), Some(&Step::Cut));
        }
    }
}
