//! JSON bodies: bounded in size, in time and in depth, read once into a typed value.

use std::time::Duration;

use actix_web::{HttpRequest, http::header, web};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use protocol::{Code, frame::read_json};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::{hub::HttpLimits, problem::Problem};

/// How far a body may fall behind its least rate: a network may falter.
const SLOW_FOR_MAX: Duration = Duration::from_secs(3);

/// Reads a body that must be JSON of this shape. An empty body reads as `{}`.
///
/// # Errors
/// `too_large`, `invalid_json`, `invalid_text` (not UTF-8) or `invalid_field`.
pub async fn read<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: web::Payload,
    limits: &HttpLimits,
) -> Result<T, Problem> {
    let bytes = tokio::time::timeout(limits.body_timeout, collect(payload, limits)).await;
    let bytes = bytes.map_err(|_| {
        let seconds = limits.body_timeout.as_secs_f64();
        Problem::new(Code::InvalidJson, format!("the body did not come within {seconds} s; send it again, faster"))
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

async fn collect<S, E>(mut payload: S, limits: &HttpLimits) -> Result<BytesMut, Problem>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let (bytes_max, began) = (limits.body_bytes_max, Instant::now());
    let mut bytes = BytesMut::new();
    loop {
        let next = match due_after(bytes.len(), limits.body_bytes_per_second_min) {
            Some(due_after) => timeout_at(began + due_after, payload.next()).await.map_err(|_| too_slow(limits))?,
            None => payload.next().await,
        };
        let Some(chunk) = next else { return Ok(bytes) };
        let chunk = chunk.map_err(|error| Problem::new(Code::InvalidJson, format!("the body was cut: {error}")))?;
        if bytes.len() + chunk.len() > bytes_max {
            let detail = format!("the body is over `limits.body_bytes_max`, which is {bytes_max} bytes");
            return Err(Problem::new(Code::TooLarge, detail));
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// When, after the beginning, the next bytes must have come; no end where there is no least rate.
fn due_after(bytes: usize, per_second_min: usize) -> Option<Duration> {
    let millis = (bytes as u64).saturating_mul(1000).checked_div(per_second_min as u64)?;
    Some(SLOW_FOR_MAX + Duration::from_millis(millis))
}

fn too_slow(limits: &HttpLimits) -> Problem {
    let least = limits.body_bytes_per_second_min;
    let detail = format!("the body comes with less than {least} bytes a second; send it again, faster");
    Problem::new(Code::InvalidJson, detail)
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    /// Collects a body of which `piece` bytes come every `millis`, so many times; whether it was taken, and when.
    async fn paced(piece: usize, millis: u64, times: usize) -> (Result<usize, Code>, Duration) {
        let began = Instant::now();
        let limits = HttpLimits { body_bytes_per_second_min: 100, ..HttpLimits::default() };
        let pieces = stream::unfold(0, move |sent| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            (sent < times).then(|| (Ok::<_, String>(Bytes::from(vec![b'x'; piece])), sent + 1))
        });
        let collected = collect(Box::pin(pieces), &limits).await;
        (collected.map(|bytes| bytes.len()).map_err(|problem| problem.code()), began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_given_up_and_a_slow_one_is_taken() {
        assert_eq!(paced(1, 500, 1000).await.0, Err(Code::InvalidJson));
        assert_eq!(paced(60, 500, 100).await.0, Ok(6000));
        assert_eq!(paced(50, 0, 1).await.0, Ok(50));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_as_slow_as_a_drip_however_much_came_before() {
        let (outcome, after) = paced(200, 60_000, 1).await;
        assert_eq!((outcome, after), (Err(Code::InvalidJson), SLOW_FOR_MAX));
        assert_eq!(due_after(1000, 100), Some(SLOW_FOR_MAX + Duration::from_secs(10)));
        assert_eq!(due_after(1000, 0), None);
    }
}
