//! Errors as RFC 9457 `application/problem+json`.

use actix_web::{HttpRequest, HttpResponse, ResponseError, http::StatusCode};
use protocol::Code;
use serde::Serialize;

use crate::actors::{conversation::Refusal, run::correlation};

/// An error as the client sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Names the kind of problem; the code again.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What is wrong here, and what to do.
    detail: String,
    /// The stable code.
    code: Code,
    /// Finds this answer in the operator's log.
    correlation_id: String,
}

impl Problem {
    /// A problem with its reason, written for the client's author.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:switchboard:problem:{code}"),
            title: code.as_str().replace('_', " "),
            status: code.http_status(),
            detail: detail.into(),
            code,
            correlation_id: correlation(),
        }
    }

    /// A field that is missing, unknown or wrong.
    pub fn field(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidField, detail)
    }

    /// A fault of ours: the cause goes to the log, its id to the client.
    pub fn internal(why: &str) -> Self {
        let problem = Self::new(Code::Internal, "an internal error; the operator finds it by its correlation id");
        tracing::error!(correlation_id = problem.correlation_id, why, "internal error");
        problem
    }

    /// Whether the same request may succeed in a moment.
    pub fn will_pass(&self) -> bool {
        matches!(self.code, Code::Busy | Code::RateLimited | Code::StorageUnavailable | Code::Draining)
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.message)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self.code {
            Code::Unauthorized => response.insert_header(("WWW-Authenticate", "Bearer")),
            _ if self.will_pass() => response.insert_header(("Retry-After", "1")),
            _ => &mut response,
        };
        response.content_type("application/problem+json").body(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A path segment that is not what it must be, or another error of actix-web's own extractors.
pub fn from_path_error(error: actix_web::error::PathError, _: &HttpRequest) -> actix_web::Error {
    Problem::field(format!("in the path: {}", inner_text(&error.to_string()))).into()
}

/// A query string that is not what it must be.
pub fn from_query_error(error: actix_web::error::QueryPayloadError, _: &HttpRequest) -> actix_web::Error {
    Problem::field(format!("in the query: {}", inner_text(&error.to_string()))).into()
}

fn inner_text(text: &str) -> &str {
    text.rsplit_once("error: ").map_or(text, |(_, inner)| inner)
}
