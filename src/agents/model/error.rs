//! What goes wrong between us and a model: for the operator as it is, for people in words that leak nothing.

use std::time::Duration;

use protocol::Code;

use crate::agent::RunError;

/// A model agent cannot be built as config says.
#[derive(Debug, thiserror::Error)]
pub enum ModelSetupError {
    /// The prompt is no template.
    #[error("`system_prompt` is not a valid template: {0}")]
    Prompt(String),
    /// The address is none.
    #[error("`base_url` `{url}` is not an address: {why}")]
    Url {
        /// What was given.
        url: String,
        /// Why not.
        why: String,
    },
    /// A header is none. Its value may be a secret and is not shown.
    #[error("the header `{0}` has a name or a value that HTTP does not allow")]
    Header(String),
    /// The HTTP client could not be built.
    #[error("no HTTP client: {0}")]
    Client(String),
}

/// One call of the model failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    #[error("cannot connect: {0}")]
    Unreachable(String),
    #[error("no connection within connect_timeout of {0:?}")]
    ConnectTimeout(Duration),
    #[error("no answer began within first_byte_timeout of {0:?}")]
    FirstByteTimeout(Duration),
    #[error("the answer stopped for longer than chunk_timeout of {0:?}")]
    ChunkTimeout(Duration),
    #[error("the call took longer than call_timeout of {0:?}")]
    CallTimeout(Duration),
    #[error("status {status}: {body}")]
    Status { status: u16, retry_after: Option<Duration>, body: String },
    #[error("the connection broke in the middle of the answer: {0}")]
    Broken(String),
    #[error("the answer ended before the model said that it was whole")]
    Unfinished,
    #[error("the model's server says: {0}")]
    Upstream(String),
    #[error("not the protocol: {0}")]
    Protocol(String),
}

impl CallError {
    /// Whether the same call may succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::CallTimeout(_) | Self::Protocol(_) => false,
            Self::Status { status, .. } => matches!(status, 408 | 409 | 425 | 429 | 500 | 502 | 503 | 504 | 529),
            _ => true,
        }
    }

    /// As the run ends with it; `operator` is what the log says.
    pub(super) fn to_run_error(&self, operator: String) -> RunError {
        match self {
            Self::Protocol(_) => {
                let safe = "The language model gave an answer that could not be read.";
                RunError::retryable(Code::ModelBadOutput, safe, operator)
            }
            Self::Broken(_) | Self::Unfinished => {
                let safe = "The language model's answer broke off. Please try again.";
                RunError::retryable(Code::ModelUnavailable, safe, operator)
            }
            Self::Status { status: 300..=399 | 401..=405, .. } => {
                let safe = "The language model is not set up correctly; the operator has to correct it.";
                RunError::lasting(Code::ModelUnavailable, safe, operator)
            }
            Self::Status { status: 400 | 413 | 422, .. } => {
                let safe = "The language model refused this request.";
                RunError::lasting(Code::ModelBadOutput, safe, operator)
            }
            _ => {
                let safe = "The language model does not answer at the moment. Please try again later.";
                RunError::retryable(Code::ModelUnavailable, safe, operator)
            }
        }
    }
}

/// The model's provider withheld the answer, or part of it.
pub(super) fn filtered() -> RunError {
    let safe =
        "The language model's provider stopped this answer: its content filter objected. Please put it differently.";
    RunError::lasting(Code::ModelBadOutput, safe, "the model ended with finish_reason `content_filter`")
}

/// The model ended well and said nothing at all.
pub(super) fn nothing_said(finish_reason: Option<&str>) -> RunError {
    let safe = "The language model gave an empty answer. Please try again.";
    let operator = format!("neither text nor tool calls; finish_reason {}", finish_reason.unwrap_or("none"));
    RunError::retryable(Code::ModelBadOutput, safe, operator)
}

/// Over a bound: the words name the limit, its cap and what was used.
pub(super) fn over_budget(code: Code, what: &str, name: &str, used: u64, cap: u64) -> RunError {
    let safe = format!("The answer was stopped: {used} {what}, and `{name}` is {cap}.");
    RunError::lasting(code, safe.clone(), safe)
}
