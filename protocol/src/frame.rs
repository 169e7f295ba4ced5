//! The frames of the WebSocket: what a client says, what the server answers beside events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ApprovalId, ClientMessageId, Code, Epoch, Seq, TurnId,
    event::{ApprovalDecision, JsonObject, Policy},
};

/// The deepest nesting of JSON that is read.
pub const JSON_DEPTH_MAX: usize = 64;

/// What a client says.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientFrame {
    /// Follow the log from a position on.
    Subscribe(Subscribe),
    /// A message of the user.
    Message(Message),
    /// Stop a turn.
    Cancel(Cancel),
    /// Decide about a tool call.
    Approve(Approve),
    /// End the conversation.
    End,
    /// Are you there?
    Ping,
}

/// Follow the log from a position on.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The last event that the client has; none means from the beginning of what is kept.
    pub after: Option<Seq>,
    /// The history that `after` counts in; none means the current one.
    pub epoch: Option<Epoch>,
}

/// A message of the user.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Message {
    /// Makes sending it again safe.
    pub client_message_id: ClientMessageId,
    /// The text.
    pub content: String,
    /// What happens if a turn runs; none means the default of the deployment.
    pub policy: Option<Policy>,
    /// Kept with the message, never read by the server.
    pub metadata: Option<JsonObject>,
}

/// Names the turn to stop, by either id.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Cancel {
    /// The server's id of the turn.
    pub turn_id: Option<TurnId>,
    /// The client's id of the message that opened it.
    pub client_message_id: Option<ClientMessageId>,
}

/// Decides about a tool call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Approve {
    /// The question.
    pub approval_id: ApprovalId,
    /// The answer.
    pub decision: ApprovalDecision,
    /// The arguments that were shown.
    pub arguments_hash: String,
    /// A word for the record.
    pub comment: Option<String>,
}

/// A frame that could not be read, with the `ref` to answer to where it had one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct FrameError {
    /// The `ref` of the frame.
    pub reference: Option<Value>,
    /// The stable code.
    pub code: Code,
    /// What is wrong, for the client's author.
    pub message: String,
}

/// A frame with the `ref` that its answer repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Referenced {
    /// A string of at most 128 characters, or a number.
    pub reference: Option<Value>,
    /// The frame.
    pub frame: ClientFrame,
}

const OPS: &str = "`subscribe`, `message`, `cancel`, `approve`, `end`, `ping`";

impl ClientFrame {
    /// Reads one text frame.
    ///
    /// # Errors
    /// [`Code::InvalidJson`], [`Code::UnknownOp`], [`Code::InvalidField`] or [`Code::InvalidText`], with the frame's `ref`
    /// wherever that could be read.
    pub fn parse(text: &str) -> Result<Referenced, FrameError> {
        let fail = |reference, code, message| FrameError { reference, code, message };
        let value = read_json(text).map_err(|message| fail(None, Code::InvalidJson, message))?;
        let Value::Object(mut fields) = value else {
            return Err(fail(None, Code::InvalidJson, "a frame is a JSON object like {\"op\":\"ping\"}".into()));
        };
        let reference = match fields.remove("ref") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.chars().count() <= 128 => Some(Value::String(text)),
            Some(number @ Value::Number(_)) => Some(number),
            Some(_) => {
                let rule = "`ref` must be a string of at most 128 characters or a number";
                return Err(fail(None, Code::InvalidField, rule.into()));
            }
        };
        let Some(Value::String(op)) = fields.remove("op") else {
            return Err(fail(reference, Code::UnknownOp, format!("`op` must be one of {OPS}")));
        };
        match Self::from_fields(&op, Value::Object(fields)) {
            Ok(frame) => Ok(Referenced { reference, frame }),
            Err((code, message)) => Err(fail(reference, code, message)),
        }
    }

    fn from_fields(op: &str, fields: Value) -> Result<Self, (Code, String)> {
        fn typed<T: for<'de> Deserialize<'de>>(op: &str, fields: Value) -> Result<T, (Code, String)> {
            serde_json::from_value(fields).map_err(|error| (Code::InvalidField, format!("in `{op}`: {error}")))
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Empty {}
        match op {
            "subscribe" => typed(op, fields).map(Self::Subscribe),
            "message" => typed(op, fields).map(Self::Message),
            "cancel" => typed(op, fields).map(Self::Cancel),
            "approve" => typed(op, fields).map(Self::Approve),
            "end" => typed::<Empty>(op, fields).map(|_| Self::End),
            "ping" => typed::<Empty>(op, fields).map(|_| Self::Ping),
            other => {
                let shown: String = other.chars().take(40).collect();
                Err((Code::UnknownOp, format!("`op` must be one of {OPS}, got `{shown}`")))
            }
        }
    }
}

/// Reads JSON that is nested at most [`JSON_DEPTH_MAX`] levels deep.
///
/// # Errors
/// What is wrong and where, in words for the author of the text.
pub fn read_json(text: &str) -> Result<Value, String> {
    if depth_exceeds(text, JSON_DEPTH_MAX) {
        return Err(format!("JSON is nested more than {JSON_DEPTH_MAX} levels deep"));
    }
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}

/// Looks at brackets outside strings only, before a parser spends stack on them.
fn depth_exceeds(text: &str, max: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                if depth > max {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// What the server answers beside events.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ServerFrame<'a> {
    /// Events follow from the position on, or the server says that it cannot go on exactly there.
    Subscribed {
        /// The current history.
        epoch: &'a Epoch,
        /// The oldest event that is kept.
        first_seq: Seq,
        /// The newest.
        head: Seq,
        /// Whether nothing is missing.
        recovered: bool,
        /// Why something is missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Code>,
        /// The conversation as it stands, where something is missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        snapshot: Option<&'a Value>,
        /// The `ref` of the `subscribe`.
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<&'a Value>,
    },
    /// Done; the fields are those of the HTTP answer.
    Ack {
        /// The `ref` of the frame.
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<&'a Value>,
        /// The fields of the HTTP answer.
        #[serde(flatten)]
        answer: &'a Value,
    },
    /// Not done.
    Reject {
        /// The `ref` of the frame.
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<&'a Value>,
        /// The stable code.
        code: Code,
        /// Why, for the client's author.
        message: &'a str,
    },
    /// Here.
    Pong {
        /// The `ref` of the `ping`.
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<&'a Value>,
    },
    /// The server is going down: reconnect after this long.
    Draining {
        /// Spread over clients, so that they do not all come at once.
        reconnect_after_ms: u64,
    },
}

/// Close codes of the WebSocket.
pub mod close {
    /// The request makes no sense.
    pub const BAD_REQUEST: u16 = 4400;
    /// The token is missing or wrong.
    pub const UNAUTHORIZED: u16 = 4401;
    /// There is no such conversation.
    pub const NOT_FOUND: u16 = 4404;
    /// The client did not read.
    pub const SLOW_CONSUMER: u16 = 4408;
    /// A frame was over 1 MiB.
    pub const TOO_LARGE: u16 = 4413;
    /// The client sent too fast.
    pub const RATE_LIMITED: u16 = 4429;
    /// The server goes down, or the conversation is elsewhere: reconnect.
    pub const MOVED: u16 = 4012;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, code: Code, says: &str) {
        let error = ClientFrame::parse(text).unwrap_err();
        assert_eq!(error.code, code, "{text}: {error}");
        assert!(error.message.contains(says), "{text}: {error}");
    }

    #[test]
    fn a_frame_that_makes_no_sense_gets_a_code_and_a_reason() {
        refused("{", Code::InvalidJson, "not JSON");
        refused("[]", Code::InvalidJson, "JSON object");
        refused(&format!("{}{}", "[".repeat(65), "]".repeat(65)), Code::InvalidJson, "64 levels");
        refused("{}", Code::UnknownOp, "`op` must be one of");
        refused(r#"{"op":"shout"}"#, Code::UnknownOp, "`shout`");
        refused(r#"{"op":"message","content":"x"}"#, Code::InvalidField, "clientMessageId");
        refused(r#"{"op":"ping","x":1}"#, Code::InvalidField, "unknown field `x`");
        refused(r#"{"op":"cancel","turnId":"7"}"#, Code::InvalidField, "UUID");
        refused(r#"{"op":"ping","ref":{}}"#, Code::InvalidField, "`ref`");
    }

    #[test]
    fn the_reference_survives_an_error() {
        let error = ClientFrame::parse(r#"{"op":"shout","ref":"r1"}"#).unwrap_err();
        assert_eq!(error.reference, Some(Value::from("r1")));
    }

    #[test]
    fn brackets_inside_strings_do_not_count_as_depth() {
        let text = format!(r#"{{"op":"message","clientMessageId":"a","content":"{}"}}"#, "[\\\"{".repeat(100));
        assert!(ClientFrame::parse(&text).is_ok());
    }
}
