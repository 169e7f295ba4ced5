//! U+0000: PostgreSQL cannot hold it in text or JSON, SQLite can, so no store takes it.
//!
//! The border refuses it in what clients send; `StoredEvent::new` leaves it out of what models and tools said.

use protocol::event::JsonObject;
use serde_json::Value;

const ESCAPED: &str = r"\u0000";

/// Whether a JSON text holds U+0000.
pub fn in_json(text: &str) -> bool {
    text.match_indices(ESCAPED).any(|(at, _)| is_escape(text, at))
}

/// A JSON text without each U+0000.
pub fn without(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for (at, escaped) in text.match_indices(ESCAPED).filter(|(at, _)| is_escape(text, *at)) {
        kept.push_str(text.get(from..at).unwrap_or_default());
        from = at + escaped.len();
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

/// Whether a key or a text of a JSON object holds U+0000.
pub fn in_object(object: &JsonObject) -> bool {
    object.iter().any(|(key, value)| key.contains('\0') || in_value(value))
}

fn in_value(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(in_value),
        Value::Object(object) => in_object(object),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A backslash begins an escape unless it is itself escaped: an even number of backslashes stands before it.
fn is_escape(text: &str, at: usize) -> bool {
    text.as_bytes().iter().take(at).rev().take_while(|byte| **byte == b'\\').count() % 2 == 0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(said: &str, kept: &str) {
        let text = serde_json::to_string(said).unwrap();
        assert_eq!(in_json(&text), said != kept, "{text}");
        assert_eq!(serde_json::from_str::<String>(&without(&text)).unwrap(), kept, "{text}");
    }

    #[test]
    fn leaves_out_the_character_and_not_its_spelling() {
        check("a\0b\0", "ab");
        check("\0", "");
        check("\\\0", "\\");
        check(r"\u0000", r"\u0000");
        check(r"\\u0000", r"\\u0000");
        check("ж\u{1}€", "ж\u{1}€");
    }

    #[test]
    fn finds_it_in_keys_and_at_any_depth() {
        for value in [json!({"a\0": 1}), json!({"a": ["x", {"b": "\0"}]})] {
            assert!(in_object(value.as_object().unwrap()), "{value}");
        }
        assert!(!in_object(json!({"a": ["x", 1, null, true]}).as_object().unwrap()));
    }
}
