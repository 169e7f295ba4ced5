//! What the server answers to one request.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    chunk::{chunk, framed},
    steps::Step,
};

/// The longest piece of a tool call's arguments, in characters.
const ARGUMENTS_PIECE_CHARS: usize = 7;

/// What comes as one piece.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The n-th token, with the time at which it is sent.
    Stamped(u64),
}

/// What the server answers to one request.
#[derive(Debug, Clone)]
pub struct Script {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) before_head: Duration,
    pub(crate) pieces: Vec<Piece>,
    gap: Duration,
    done: bool,
    /// Counted as they are sent: how long a token with its time is, is not known before.
    pub(crate) cut_after_bytes: Option<usize>,
    stall_after_pieces: Option<usize>,
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

    /// `count` tokens that each say which one they are and when they were sent; [`crate::stamp`] reads them.
    pub fn stamped_tokens(count: u64) -> Self {
        let mut script = Self::stream();
        script.pieces.extend((0..count).map(Piece::Stamped));
        script.push(&chunk(json!({}), json!("stop")));
        script.usage(1, count)
    }

    /// Calls a tool. The arguments are sent in pieces of a few characters; they need not be JSON.
    pub fn tool_call(id: &str, name: &str, arguments: &str) -> Self {
        Self::tool_calls(&[(id, name, arguments)])
    }

    /// Calls several tools at once: `(id, name, arguments)`. Nothing keeps two from having one id.
    pub fn tool_calls(calls: &[(&str, &str, &str)]) -> Self {
        let mut script = Self::stream();
        for (index, (id, name, arguments)) in calls.iter().enumerate() {
            let head =
                json!({ "index": index, "id": id, "type": "function", "function": { "name": name, "arguments": "" } });
            script.push(&chunk(json!({ "tool_calls": [head] }), Value::Null));
            let characters: Vec<char> = arguments.chars().collect();
            for piece in characters.chunks(ARGUMENTS_PIECE_CHARS) {
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

    /// Another status, with an error body as careless providers send it: the caller's key is in it.
    pub fn status(status: u16) -> Self {
        let message = format!("scripted {status} for the key sk-secret");
        let body = json!({ "error": { "message": message, "type": "scripted" } });
        Self::raw(status, "application/json", body.to_string().as_bytes())
    }

    /// A page for people, as proxies send it, with status 200.
    pub fn html() -> Self {
        Self::raw(200, "text/html; charset=utf-8", b"<!doctype html><title>Sign in</title>")
    }

    /// Any body under any type.
    pub fn raw(status: u16, content_type: &str, body: &[u8]) -> Self {
        let mut script = Self::stream();
        script.status = status;
        script.headers = vec![("content-type".to_owned(), content_type.to_owned())];
        script.pieces = vec![Piece::Bytes(body.to_vec())];
        script.done = false;
        script
    }

    /// The `data:` lines of a stream, one each, as they are.
    pub fn data(lines: &[&str]) -> Self {
        let mut script = Self::stream();
        script.pieces = lines.iter().map(|line| Piece::Bytes(format!("data: {line}\n\n").into_bytes())).collect();
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

    /// Ends with this reason in place of its own: `length`, `content_filter`.
    #[must_use]
    pub fn finish(mut self, reason: &str) -> Self {
        self.pieces.pop();
        self.push(&chunk(json!({}), json!(reason)));
        self
    }

    /// Adds an error object where the stream would go on.
    #[must_use]
    pub fn then_error(mut self, message: &str) -> Self {
        // The piece that says that the answer is whole must not come.
        self.pieces.pop();
        self.push(&json!({ "error": { "message": message, "type": "server_error" } }));
        self
    }

    /// Another header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asks to come back later: seconds, or a date of HTTP.
    #[must_use]
    pub fn retry_after(self, value: &str) -> Self {
        self.header("retry-after", value)
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

    /// Drops the connection within the first character that takes more than one byte.
    #[must_use]
    pub fn cut_within_a_character(self) -> Self {
        let body: Vec<u8> = self.bytes().flatten().copied().collect();
        let first = body.iter().position(|byte| !byte.is_ascii());
        self.cut_after(first.map_or(body.len(), |at| at + 1))
    }

    /// Sends nothing more after this many pieces, and holds the connection.
    #[must_use]
    pub fn stall_after(mut self, pieces: usize) -> Self {
        self.stall_after_pieces = Some(pieces);
        self
    }

    fn stream() -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
            before_head: Duration::ZERO,
            pieces: Vec::new(),
            gap: Duration::ZERO,
            done: true,
            cut_after_bytes: None,
            stall_after_pieces: None,
            endless: false,
        }
    }

    fn push(&mut self, chunk: &Value) {
        self.pieces.push(Piece::Bytes(framed(chunk)));
    }

    /// The pieces whose bytes are known beforehand.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Bytes(bytes) => Some(bytes.as_slice()),
            Piece::Stamped(_) => None,
        })
    }

    /// The steps that this comes to, where no cut comes before the end.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (place, piece) in self.pieces.iter().enumerate() {
            if self.stall_after_pieces == Some(place) {
                steps.push(Step::Stall);
                return steps;
            }
            if place > 0 && !self.gap.is_zero() {
                steps.push(Step::Wait(self.gap));
            }
            steps.push(match piece {
                Piece::Bytes(bytes) => Step::Send(bytes.clone()),
                Piece::Stamped(place) => Step::Stamp(*place),
            });
        }
        if self.endless {
            steps.extend([Step::Wait(self.gap), Step::Again]);
        } else if self.cut_after_bytes.is_some() {
            steps.push(Step::Cut);
        } else if self.done {
            steps.push(Step::Send(b"data: [DONE]\n\n".to_vec()));
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(script: &Script) -> Vec<u8> {
        let bytes = script.steps().into_iter().flat_map(|step| match step {
            Step::Send(bytes) => bytes,
            _ => Vec::new(),
        });
        bytes.collect()
    }

    #[test]
    fn words_come_one_by_one_and_the_end_is_said() {
        let text = String::from_utf8(sent(&Script::text("a b").usage(1, 2))).unwrap();
        assert_eq!(text.matches("data: ").count(), 6, "{text}");
        assert!(text.ends_with("data: [DONE]\n\n"));
        assert!(!String::from_utf8(sent(&Script::text("a").without_done())).unwrap().contains("DONE"));
    }
}
