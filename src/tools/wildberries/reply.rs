//! What an answer says: the body of a good one, or an error in the marketplace's words.

use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    error::{WildberriesError, cut},
    transport::{Reply, Request},
};

/// The longest words of the marketplace that are passed on, in characters.
const WORDS_CHARS_MAX: usize = 500;

/// What most answers come in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<T> {
    #[serde(default = "Option::default")]
    data: Option<T>,
    #[serde(default)]
    error: bool,
    #[serde(default)]
    error_text: Option<String>,
    #[serde(default)]
    additional_errors: Option<Value>,
}

impl<T> Envelope<T> {
    /// What is in it; none where there is nothing.
    pub(super) fn opened(self) -> Result<Option<T>, WildberriesError> {
        if self.error {
            let detail = words(self.error_text.unwrap_or_default(), self.additional_errors.as_ref());
            return Err(WildberriesError::Refused { status: 200, detail });
        }
        Ok(self.data)
    }
}

/// The body of a good answer. 208 means that the same was done before.
pub(super) fn judged(request: &Request, reply: Reply) -> Result<Bytes, WildberriesError> {
    let detail = || words_of(&reply.body);
    match reply.status {
        200..=299 => Ok(reply.body),
        401 => Err(WildberriesError::TokenRefused { detail: detail() }),
        402 | 403 => Err(WildberriesError::AccessDenied { detail: detail(), category: request.host.category() }),
        status => Err(WildberriesError::Refused { status, detail: detail() }),
    }
}

/// A body as JSON of a shape.
pub(super) fn json<T: DeserializeOwned>(request: &Request, body: &[u8]) -> Result<T, WildberriesError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| WildberriesError::NotUnderstood {
        operation: request.path.clone(),
        why: cut(&error.to_string(), 200),
    })
}

/// What an answer that is an error says: `errorText` of the older shape, `title` and `detail` of the newer one.
fn words_of(body: &[u8]) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return words(String::from_utf8_lossy(body).into_owned(), None);
    };
    let text = |key: &str| fields.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let older = text("errorText").or_else(|| text("message"));
    let newer = [text("title"), text("detail")].into_iter().flatten().collect::<Vec<_>>().join(": ");
    words(older.map_or(newer, str::to_owned), fields.get("additionalErrors"))
}

fn words(text: String, more: Option<&Value>) -> String {
    let text = match more {
        Some(Value::String(more)) if !more.is_empty() => format!("{text} {more}"),
        Some(Value::Object(more)) if !more.is_empty() => format!("{text} {}", Value::from(more.clone())),
        _ => text,
    };
    let text = text.trim();
    if text.is_empty() { "without a word".to_owned() } else { cut(text, WORDS_CHARS_MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(words_of(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn both_shapes_of_errors_are_read() {
        check(r#"{"data": null, "error": true, "errorText": "Access denied"}"#, "Access denied");
        check(r#"{"title": "unauthorized", "detail": "token is malformed"}"#, "unauthorized: token is malformed");
        check(r#"{"errorText": "Bad", "additionalErrors": {"a-1": "no title"}}"#, r#"Bad {"a-1":"no title"}"#);
        check(r#"{"errorText": "Bad", "additionalErrors": {}}"#, "Bad");
        check("<html>\nno JSON", "<html> no JSON");
        check("", "without a word");
        check(&"я".repeat(600), &format!("{}…", "я".repeat(500)));
    }

    #[test]
    fn an_answer_of_200_that_is_an_error_is_one() {
        let envelope: Envelope<u32> = serde_json::from_str(r#"{"data": 1, "error": true, "errorText": "no"}"#).unwrap();
        assert_eq!(envelope.opened(), Err(WildberriesError::Refused { status: 200, detail: "no".into() }));
        let envelope: Envelope<u32> = serde_json::from_str(r#"{"data": 1}"#).unwrap();
        assert_eq!(envelope.opened(), Ok(Some(1)));
    }
}
