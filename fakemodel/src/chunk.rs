//! The pieces of a stream as OpenAI's API sends them, and the one body that they come to without streaming.

use serde_json::{Value, json};

/// One piece of a stream.
pub(crate) fn chunk(delta: Value, finish_reason: Value) -> Value {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish_reason });
    json!({ "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "fake", "choices": [choice] })
}

/// A piece as it travels.
pub(crate) fn framed(chunk: &Value) -> Vec<u8> {
    format!("data: {chunk}\n\n").into_bytes()
}

/// The answer to a request without `stream`: what the pieces come to.
pub(crate) fn folded<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Value {
    let mut text = String::new();
    let mut calls: Vec<Value> = Vec::new();
    let (mut finish_reason, mut usage) = (Value::Null, Value::Null);
    for piece in pieces.filter_map(parsed) {
        let choice = &piece["choices"][0];
        text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            merge(&mut calls, call);
        }
        if !choice["finish_reason"].is_null() {
            finish_reason = choice["finish_reason"].clone();
        }
        if !piece["usage"].is_null() {
            usage = piece["usage"].clone();
        }
    }
    let mut message = json!({ "role": "assistant", "content": text });
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    let choice = json!({ "index": 0, "message": message, "finish_reason": finish_reason });
    json!({ "id": "c1", "object": "chat.completion", "created": 1, "model": "fake", "choices": [choice], "usage": usage })
}

fn parsed(piece: &[u8]) -> Option<Value> {
    serde_json::from_slice(piece.strip_prefix(b"data: ")?).ok()
}

/// A delta with an id begins a call; one without goes on with the last.
fn merge(calls: &mut Vec<Value>, delta: &Value) {
    if delta["id"].is_string() {
        calls.push(delta.clone());
    } else if let Some(call) = calls.last_mut() {
        let more = delta["function"]["arguments"].as_str().unwrap_or_default();
        let so_far = call["function"]["arguments"].as_str().unwrap_or_default();
        call["function"]["arguments"] = json!(format!("{so_far}{more}"));
    }
}
