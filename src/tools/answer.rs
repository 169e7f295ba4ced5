//! What comes back from a tool, made fit to be stored and shown: without U+0000, not too deep, not too long.

use std::io::{self, Write};

use serde_json::{Map, Value};

/// The deepest result that is taken, in levels of arrays and objects.
pub const RESULT_LEVELS_MAX: usize = 64;

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolAnswer {
    /// The result; where it was too long, the beginning of it as a text that says how much is missing.
    pub result: Value,
    /// The result was cut.
    pub truncated: bool,
}

/// The value is nested more than [`RESULT_LEVELS_MAX`] levels deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooDeep;

/// Leaves out U+0000, which PostgreSQL cannot hold, in every text and key. Where two keys become the same, the later
/// one stays.
pub(super) fn scrubbed(value: Value) -> Result<Value, TooDeep> {
    scrub_level(value, RESULT_LEVELS_MAX)
}

fn scrub_level(value: Value, levels: usize) -> Result<Value, TooDeep> {
    match value {
        Value::String(text) => Ok(Value::String(without_nul(text))),
        Value::Array(items) => {
            let below = levels.checked_sub(1).ok_or(TooDeep)?;
            items.into_iter().map(|item| scrub_level(item, below)).collect::<Result<_, _>>().map(Value::Array)
        }
        Value::Object(fields) => {
            let below = levels.checked_sub(1).ok_or(TooDeep)?;
            let clean = fields.into_iter().map(|(key, item)| Ok((without_nul(key), scrub_level(item, below)?)));
            clean.collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        other => Ok(other),
    }
}

/// Leaves out U+0000.
pub(super) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// Keeps a value within `bytes_max` bytes of JSON. A longer text is cut; anything else that is longer becomes the
/// beginning of its JSON, as a text. The note that says how much was cut counts too, unless it alone is longer.
pub(super) fn capped(value: Value, bytes_max: usize) -> ToolAnswer {
    let bytes = json_len(&value);
    if bytes <= bytes_max {
        return ToolAnswer { result: value, truncated: false };
    }
    let text = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    ToolAnswer { result: Value::String(cut(&text, bytes_max)), truncated: true }
}

/// The beginning of a text and a note of what is missing: as JSON, quotes included, at most `bytes_max` bytes.
fn cut(text: &str, bytes_max: usize) -> String {
    // The note is longest where everything is cut, so the room for that one is enough for any.
    let room = bytes_max.saturating_sub(note(text.len(), text.len()).len() + 2);
    let kept = prefix_len(text, room);
    format!("{}{}", &text[..kept], note(text.len() - kept, text.len()))
}

fn note(cut: usize, of: usize) -> String {
    format!(" … [cut: {cut} of {of} bytes are left out]")
}

/// How many bytes of a text fit into `room` bytes of JSON; ends between two characters.
pub(super) fn prefix_len(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += escaped_len(c);
        if used > room {
            return at;
        }
    }
    text.len()
}

/// How many bytes a character takes within a JSON text.
fn escaped_len(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    }
}

/// How many bytes a value takes as JSON.
pub(super) fn json_len(value: &Value) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Neither a `Value` nor this writer can fail; were it otherwise, the value would be too long to take.
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn nul_goes_from_texts_and_keys() {
        let value = json!({"a\0b": ["x\0", {"\0": "\0\0y"}], "n": 1});
        assert_eq!(scrubbed(value).unwrap(), json!({"ab": ["x", {"": "y"}], "n": 1}));
    }

    #[test]
    fn a_result_may_be_64_levels_deep_and_no_more() {
        let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(scrubbed(nested(RESULT_LEVELS_MAX)).is_ok());
        assert_eq!(scrubbed(nested(RESULT_LEVELS_MAX + 1)), Err(TooDeep));
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(capped(json!("abc"), 5), ToolAnswer { result: json!("abc"), truncated: false });
        assert!(capped(json!("abc"), 4).truncated);
    }

    #[test]
    fn a_cut_text_says_how_much_is_missing() {
        let answer = capped(json!("ж".repeat(500)), 100);
        let Value::String(text) = answer.result else { panic!("a text is cut to a text") };
        let kept = text.chars().take_while(|c| *c == 'ж').count() * 2;
        assert!(kept > 0 && text.ends_with(&format!("[cut: {} of 1000 bytes are left out]", 1000 - kept)), "{text}");
    }

    #[test]
    fn a_long_object_becomes_the_beginning_of_its_json() {
        let answer = capped(json!({"list": vec![7; 500]}), 120);
        assert!(answer.truncated);
        assert!(answer.result.as_str().unwrap().starts_with(r#"{"list":[7,7"#), "{answer:?}");
    }

    proptest! {
        #[test]
        fn a_cut_result_is_never_longer_than_the_limit(text in any::<String>(), bytes_max in 80usize..400) {
            let answer = capped(Value::String(text.repeat(20)), bytes_max);
            prop_assert!(json_len(&answer.result) <= bytes_max);
        }
    }
}
