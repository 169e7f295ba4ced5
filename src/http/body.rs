//! JSON bodies: bounded in size, in time and in depth, read once into a typed value.

use actix_web::{HttpRequest, http::header, web};
use futures::StreamExt;
use protocol::{Code, frame::read_json};
use serde::de::DeserializeOwned;

use super::{hub::HttpLimits, problem::Problem};

/// Reads a body that must be JSON of this shape. An empty body reads as `{}`.
///
/// # Errors
/// `too_large`, `invalid_json`, `invalid_text` (not UTF-8) or `invalid_field`.
pub async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: web::Payload,
    limits: &HttpLimits,
) -> Result<T, Problem> {
    let bytes = tokio::time::timeout(limits.body_timeout, collect(payload, limits.body_bytes_max)).await;
    let bytes = bytes.map_err(|_| {
        Problem::new(Code::InvalidJson, format!("the body did not come within {} s", limits.body_timeout.as_secs_f64()))
    })??;
    if bytes.is_empty() {
        return typed(serde_json::json!({}));
    }
    check_type(request)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| Problem::new(Code::InvalidText, format!("the body is not UTF-8: {error}")))?;
    let value = read_json(text).map_err(|message| Problem::new(Code::InvalidJson, message))?;
    typed(value)
}

fn typed<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| Problem::field(format!("in the body: {error}")))
}

/// A form of another page can send any body, but not with this type and without asking first.
fn check_type(request: &HttpRequest) -> Result<(), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(Code::InvalidJson, format!("send `Content-Type: application/json`, got `{essence}`")))
}

async fn collect(mut payload: web::Payload, bytes_max: usize) -> Result<web::BytesMut, Problem> {
    let mut bytes = web::BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::new(Code::InvalidJson, format!("the body was cut: {error}")))?;
        if bytes.len() + chunk.len() > bytes_max {
            let detail = format!("the body is over `limits.body_bytes_max`, which is {bytes_max} bytes");
            return Err(Problem::new(Code::TooLarge, detail));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
