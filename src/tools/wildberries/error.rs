//! What may go wrong with the marketplace. The words are for models and people: each says what to do next, none holds a token.

use std::sync::Arc;

use protocol::Timestamp;

use crate::tools::ToolError;

/// What is wrong with an argument, as a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgumentCode {
    /// The arguments do not have the shape of the operation.
    BadShape,
    /// A price that is no whole number within bounds.
    BadPrice,
    /// A discount that is no whole number within bounds.
    BadDiscount,
    /// Any other number out of bounds.
    BadNumber,
    /// Not a date.
    BadDate,
    /// A period that lies in the future.
    PeriodInFuture,
    /// A period whose end is before its start.
    PeriodReversed,
    /// A period of too many days.
    PeriodTooLong,
    /// A text that is empty or has too many characters.
    BadLength,
    /// None, or more than one request can carry.
    BadCount,
    /// The same thing twice in one request.
    Duplicate,
    /// An address that is no link to a file.
    BadLink,
    /// A file that is not one of those that the marketplace takes.
    BadFile,
    /// A card of this vendor code is there already, beside others that are not.
    VendorCodeTaken,
}

impl ArgumentCode {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadShape => "bad_shape",
            Self::BadPrice => "bad_price",
            Self::BadDiscount => "bad_discount",
            Self::BadNumber => "bad_number",
            Self::BadDate => "bad_date",
            Self::PeriodInFuture => "period_in_future",
            Self::PeriodReversed => "period_reversed",
            Self::PeriodTooLong => "period_too_long",
            Self::BadLength => "bad_length",
            Self::BadCount => "bad_count",
            Self::Duplicate => "duplicate",
            Self::BadLink => "bad_link",
            Self::BadFile => "bad_file",
            Self::VendorCodeTaken => "vendor_code_taken",
        }
    }
}

/// Why there is no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WildberriesError {
    /// Found before anything was sent.
    #[error("{code}: `{field}` is {got}; {rule}", code = code.as_str())]
    BadArgument {
        /// The kind of mistake.
        code: ArgumentCode,
        /// Where it stands: `prices[0].price`.
        field: String,
        /// What stands there, cut.
        got: String,
        /// What must stand there.
        rule: String,
    },
    /// No token was configured for a tenant.
    #[error(
        "no_token: there is no token of the marketplace for the tenant `{0}`; an operator sets it in config.yaml as \
         `tokens: {{ {0}: env:NAME }}` of this tool, or `token:` for all tenants"
    )]
    NoToken(Arc<str>),
    /// 401.
    #[error(
        "token_refused: the marketplace does not accept the token ({detail}); create a new one in the seller's \
         account (Settings, API access) and put it where config.yaml refers to"
    )]
    TokenRefused {
        /// In the marketplace's words.
        detail: String,
    },
    /// 402 and 403.
    #[error(
        "access_denied: the token may not do this ({detail}); it needs the category `{category}` and, to change \
         something, must not be read-only"
    )]
    AccessDenied {
        /// In the marketplace's words.
        detail: String,
        /// Which category of rights the call belongs to.
        category: &'static str,
    },
    /// Another 4xx, or an answer that says that it is an error.
    #[error("refused: the marketplace answered {status}: {detail}")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// In the marketplace's words.
        detail: String,
    },
    /// Too many requests, by its limits or its 429; to wait would take longer than a call may.
    #[error("rate_limited: the marketplace takes no more requests of the kind `{family}` now; try again at {at}")]
    RateLimited {
        /// Which requests.
        family: &'static str,
        /// From when on.
        at: Timestamp,
    },
    /// It cannot be reached, fails or is silent, again and again. Nothing was changed.
    #[error("unavailable: the marketplace does not answer ({why}), tried {tries} times; try again later")]
    Unavailable {
        /// What came of the last try.
        why: String,
        /// How often.
        tries: u32,
    },
    /// The answer to a change is lost.
    #[error("outcome_unknown: {why}, so whether it was carried out is not known; {next}")]
    Lost {
        /// What came instead.
        why: String,
        /// How to find out.
        next: &'static str,
    },
    /// An answer larger than may be kept.
    #[error(
        "answer_too_large: the answer has more than {bytes_max} bytes; ask for less (a later date, a smaller limit), \
         or an operator raises `answer_bytes_max` of this tool"
    )]
    TooLarge {
        /// The bound.
        bytes_max: usize,
    },
    /// An answer that is not what the description says.
    #[error("not_understood: the answer of the marketplace to `{operation}` is not as described: {why}")]
    NotUnderstood {
        /// The path that was asked.
        operation: String,
        /// What is wrong with it.
        why: String,
    },
}

impl WildberriesError {
    /// A mistake of the caller. What stands there is quoted, cut to a few characters.
    pub(super) fn argument(code: ArgumentCode, field: impl Into<String>, got: &str, rule: impl Into<String>) -> Self {
        Self::BadArgument { code, field: field.into(), got: format!("`{}`", cut(got, 60)), rule: rule.into() }
    }

    /// The stable word that its text begins with.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadArgument { code, .. } => code.as_str(),
            Self::NoToken(_) => "no_token",
            Self::TokenRefused { .. } => "token_refused",
            Self::AccessDenied { .. } => "access_denied",
            Self::Refused { .. } => "refused",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Lost { .. } => "outcome_unknown",
            Self::TooLarge { .. } => "answer_too_large",
            Self::NotUnderstood { .. } => "not_understood",
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Lost { .. })
    }
}

impl From<WildberriesError> for ToolError {
    fn from(error: WildberriesError) -> Self {
        let words = error.to_string();
        if matches!(error, WildberriesError::BadArgument { .. }) {
            Self::BadArguments(words)
        } else {
            Self::Failed(words)
        }
    }
}

/// The beginning of a text, on one line.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars_max).collect();
    if text.chars().nth(chars_max).is_some() { clean + "…" } else { clean }
}
