//! Identifiers. Each is its own type, so that a run can't be taken for a turn.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

/// Why a text is not the identifier that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {expected}")]
pub struct IdError {
    /// What was given, cut to 80 characters.
    pub value: String,
    /// What is accepted, as it fits into the message.
    pub expected: &'static str,
}

impl IdError {
    fn new(value: &str, expected: &'static str) -> Self {
        Self { value: value.chars().take(80).collect(), expected }
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            /// Takes the hyphenated form alone: one id has one spelling (in either case).
            fn from_str(text: &str) -> Result<Self, IdError> {
                let expected = "a UUID like 0191e4c0-7d1c-7cc3-9a55-0f4f7a1c2b3d";
                if text.len() != 36 {
                    return Err(IdError::new(text, expected));
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError::new(text, expected))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

uuid_id! {
    /// Names a conversation; the client may choose it. Unique within tenant and owner.
    ConversationId
}
uuid_id! {
    /// One user message and everything until the agents are done with it. The server's (v7).
    TurnId
}
uuid_id! {
    /// One execution of one agent within a turn; a new attempt is a new run.
    RunId
}
uuid_id! {
    /// A message of the user or of an agent.
    MessageId
}
uuid_id! {
    /// A question to a person about one tool call.
    ApprovalId
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.into())) } else { Err(IdError::new(text, $expected)) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id! {
    /// Names an agent: 1 to 50 of `a-z`, `0-9`, `_` and `-`, a letter first. `router` and `none` are the server's own.
    AgentId,
    "an agent id: 1 to 50 of a-z, 0-9, `_`, `-`, a letter first",
    |text| {
        (1..=50).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    }
}
text_id! {
    /// The client's own name for a message: what makes sending it again safe.
    ClientMessageId,
    "a client message id: 1 to 128 printable ASCII characters without spaces",
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
text_id! {
    /// Pairs a `tool_execution` with its `tool_result`; unique within a conversation.
    ToolCallId,
    "a tool call id: 1 to 255 printable ASCII characters without spaces",
    |text| (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
text_id! {
    /// Names one history of a conversation: it changes when some of that history may have been lost.
    Epoch,
    "an epoch: 1 to 64 of A-Z, a-z, 0-9, `_` and `-`",
    |text| {
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    }
}

impl AgentId {
    /// The agent id of errors where no agent is at work.
    pub const ROUTER: &'static str = "router";
    /// The `fromAgent` of the first switch of a conversation.
    pub const NONE: &'static str = "none";
}

/// A place in the log of one conversation: dense from 1; 0 is "before the first event".
///
/// A JSON number, never above 2^53 − 1, so that JavaScript reads it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first event.
    pub const ZERO: Self = Self(0);
    /// The largest number that JavaScript holds exactly.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The place before this one; [`Seq::ZERO`] stays.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_id_is_short_lower_case_and_starts_with_a_letter() {
        for good in ["a", "pricing_agent", "a-1", &"a".repeat(50)] {
            assert!(good.parse::<AgentId>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "Pricing", "a b", "ц", &"a".repeat(51)] {
            assert!(bad.parse::<AgentId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_uuid_has_one_spelling() {
        let text = "0191e4c0-7d1c-7cc3-9a55-0f4f7a1c2b3d";
        assert_eq!(text.parse::<TurnId>().unwrap().to_string(), text);
        assert_eq!(text.to_uppercase().parse::<TurnId>().unwrap().to_string(), text);
        for bad in ["", "x", "0191e4c07d1c7cc39a550f4f7a1c2b3d", "{0191e4c0-7d1c-7cc3-9a55-0f4f7a1c2b3d}"] {
            let error = bad.parse::<TurnId>().unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains("UUID"), "{error}");
        }
    }
}
