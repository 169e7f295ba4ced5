//! Why a request was not made or has no answer that can be used.

use super::{super::ToolError, address::AddressRefused, request::HEADERS_ALLOWED};

/// Why a request was not made or has no answer that can be used. The words are for the model: none tells it which
/// addresses there are inside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HttpFailure {
    #[error("the `url` is not an address that can be called: {0}")]
    BadUrl(String),
    #[error("the `url` must begin with `http://` or `https://`")]
    BadScheme,
    #[error("the `url` must not hold a user name or password")]
    Userinfo,
    #[error("the method {method} is not allowed; allowed are {allowed}")]
    BadMethod { method: String, allowed: String },
    #[error("the header `{0}` cannot be set; allowed are {allowed}", allowed = HEADERS_ALLOWED.join(", "))]
    BadHeader(String),
    #[error("the value of the header `{0}` holds characters that no header may")]
    BadHeaderValue(String),
    #[error("a {0} request has no `body`")]
    BodyNotAllowed(String),
    #[error("the host `{0}` is not one that this tool may call")]
    HostNotAllowed(String),
    #[error("the host `{host}` does not stand on the public internet, so this tool may not call it")]
    AddressNotAllowed { host: String, refused: AddressRefused },
    #[error("the server answered {status} and sends to `{location}`, but this tool does not follow redirects")]
    Redirected { status: u16, location: String },
    #[error("the server redirects more than {0} times")]
    TooManyRedirects(usize),
    #[error("the server redirects in a way that is not followed: {0}")]
    BadRedirect(&'static str),
    #[error("the answer is not text but `{0}`, which this tool does not take")]
    NotText(String),
    #[error("the answer is encoded as `{0}`, which this tool does not take")]
    Encoded(String),
    #[error("`{0}` cannot be reached")]
    Unreachable(String),
    #[error("the answer of `{0}` broke off or is not HTTP, so what it did is not known")]
    Broken(String),
}

impl HttpFailure {
    /// Whether an operator should hear of it: somebody tried to go where this tool may not.
    pub(super) fn is_trespass(&self) -> bool {
        matches!(self, Self::HostNotAllowed(_) | Self::AddressNotAllowed { .. } | Self::Userinfo | Self::BadScheme)
    }
}

impl From<HttpFailure> for ToolError {
    fn from(failure: HttpFailure) -> Self {
        let words = failure.to_string();
        match failure {
            HttpFailure::BadUrl(_)
            | HttpFailure::BadScheme
            | HttpFailure::Userinfo
            | HttpFailure::BadMethod { .. }
            | HttpFailure::BadHeader(_)
            | HttpFailure::BadHeaderValue(_)
            | HttpFailure::BodyNotAllowed(_) => Self::BadArguments(words),
            _ => Self::Failed(words),
        }
    }
}
