//! The shapes of answers: those of calls, and those of the gateway before them.

use actix_web::{HttpResponse, http::StatusCode};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use crate::calls::Answer;

const REMAINING: &str = "X-Ratelimit-Remaining";
const LIMIT: &str = "X-Ratelimit-Limit";
const RETRY: &str = "X-Ratelimit-Retry";
const RESET: &str = "X-Ratelimit-Reset";

/// The answer of a call, with what is left of its limit.
pub(super) fn respond(answer: Answer, remaining: u32) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).insert_header((REMAINING, remaining.to_string())).json(answer.body)
}

/// What the gateway says by itself.
pub(super) fn gateway(status: u16, title: &str, detail: &str, now: DateTime<Utc>) -> HttpResponse {
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(code).json(json!({
        "title": title,
        "detail": detail,
        "code": "07e4668e-ac2242c5c8c5-[UK-4dx7JUdskGZ]",
        "requestId": "9d3c02cc698f8b041c661a7c28bed293",
        "origin": "s2s-api-auth-catalog",
        "status": status,
        "statusText": code.canonical_reason().unwrap_or_default(),
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Secs, true),
    }))
}

/// 429 with the headers that say when to come again, all in seconds but the limit.
pub(super) fn too_many(retry: u32, limit: u32, reset: u32, now: DateTime<Utc>) -> HttpResponse {
    let mut response = gateway(429, "too many requests", "limited by c122a060-a7fb-4bb4-abb0-32fd4e18d489", now);
    for (name, value) in [(REMAINING, 0), (LIMIT, limit), (RETRY, retry), (RESET, reset)] {
        if let Ok(name) = actix_web::http::header::HeaderName::from_bytes(name.as_bytes()) {
            response.headers_mut().insert(name, actix_web::http::header::HeaderValue::from(value));
        }
    }
    response
}

/// 413, as content methods say it.
pub(super) fn too_long() -> Answer {
    let body = json!({
        "title": "request body too long",
        "detail": "https://openapi.wildberries.ru/content/api/ru/",
        "code": "71d3de1b-001e-488f-bbf5-55c31254fbeb",
        "requestId": "MN8usr6RfrzWHZfucSvNgb",
        "origin": "s2s-api-auth-content",
        "status": 413,
        "statusText": "Request Entity Too Large",
    });
    Answer { status: 413, body }
}
