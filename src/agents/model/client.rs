//! One call of a model over HTTP, each wait with its own bound.

use std::time::Duration;

use futures::{Stream, StreamExt};
use reqwest::{
    Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect,
};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};

use super::{
    ModelEndpoint,
    error::{CallError, ModelSetupError},
    retry::{RetryRules, retry_after},
};
use crate::clock::{Clock, SystemClock};

/// How much of an error's body an operator sees.
const BODY_CHARS_MAX: usize = 500;

/// Calls one model.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    url: reqwest::Url,
    endpoint: ModelEndpoint,
}

impl Client {
    pub(super) fn new(endpoint: ModelEndpoint) -> Result<Self, ModelSetupError> {
        let text = format!("{}/chat/completions", endpoint.base_url.trim_end_matches('/'));
        let url = reqwest::Url::parse(&text)
            .map_err(|error| ModelSetupError::Url { url: endpoint.base_url.clone(), why: error.to_string() })?;
        let http = reqwest::Client::builder()
            .default_headers(headers(&endpoint)?)
            .connect_timeout(endpoint.connect_timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tcp_nodelay(true)
            .build()
            .map_err(|error| ModelSetupError::Client(error.to_string()))?;
        Ok(Self { http, url, endpoint })
    }

    pub(super) fn model(&self) -> &str {
        &self.endpoint.model
    }

    pub(super) fn retries(&self) -> RetryRules {
        RetryRules {
            retries_max: self.endpoint.retries_max,
            backoff_min: self.endpoint.retry_backoff_min,
            backoff_max: self.endpoint.retry_backoff_max,
        }
    }

    /// Begins a call; the answer's pieces come out of what is returned. Dropping that closes the model's socket.
    pub(super) async fn call(
        &self,
        body: &Value,
    ) -> Result<Call<impl Stream<Item = reqwest::Result<bytes::Bytes>> + use<>>, CallError> {
        let until = Instant::now() + self.endpoint.call_timeout;
        let first_byte = self.endpoint.first_byte_timeout;
        let sent = timeout(first_byte, self.http.post(self.url.clone()).json(body).send()).await;
        let response = sent.map_err(|_| CallError::FirstByteTimeout(first_byte))?.map_err(|error| failed(&error))?;
        let response = checked(response).await?;
        let (chunk_timeout, timeout) = (self.endpoint.chunk_timeout, self.endpoint.call_timeout);
        Ok(Call { bytes: Box::pin(response.bytes_stream()), until, chunk_timeout, timeout })
    }
}

/// A call whose answer is coming.
pub(super) struct Call<S> {
    bytes: std::pin::Pin<Box<S>>,
    until: Instant,
    chunk_timeout: Duration,
    timeout: Duration,
}

impl<S: Stream<Item = reqwest::Result<bytes::Bytes>>> Call<S> {
    /// What the socket brought next; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<bytes::Bytes>, CallError> {
        let next = timeout_at(self.until, timeout(self.chunk_timeout, self.bytes.next())).await;
        match next {
            Err(_) => Err(CallError::CallTimeout(self.timeout)),
            Ok(Err(_)) => Err(CallError::ChunkTimeout(self.chunk_timeout)),
            Ok(Ok(None)) => Ok(None),
            Ok(Ok(Some(Ok(bytes)))) => Ok(Some(bytes)),
            Ok(Ok(Some(Err(error)))) => Err(CallError::Broken(without_url(&error))),
        }
    }
}

fn headers(endpoint: &ModelEndpoint) -> Result<HeaderMap, ModelSetupError> {
    let mut headers = HeaderMap::new();
    let secret = |name: &str, value: &str| {
        let mut value = HeaderValue::from_str(value).map_err(|_| ModelSetupError::Header(name.to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    };
    if let Some(key) = &endpoint.api_key {
        headers.insert(AUTHORIZATION, secret("authorization", &format!("Bearer {}", key.expose_secret()))?);
    }
    for (name, value) in &endpoint.headers {
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| ModelSetupError::Header(name.clone()))?;
        headers.insert(known, secret(name, value.expose_secret())?);
    }
    Ok(headers)
}

/// The answer must be a stream of events.
async fn checked(response: Response) -> Result<Response, CallError> {
    let status = response.status();
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if !status.is_success() {
        let retry_after = header(RETRY_AFTER).and_then(|value| retry_after(value, SystemClock.now().as_millis()));
        let body = excerpt(response).await;
        return Err(CallError::Status { status: status.as_u16(), retry_after, body });
    }
    let kind = header(CONTENT_TYPE).unwrap_or("none").to_owned();
    if kind.starts_with("text/event-stream") {
        return Ok(response);
    }
    let body = excerpt(response).await;
    Err(CallError::Protocol(format!("expected an event stream, got `{kind}`: {body}")))
}

/// The beginning of a body, for the operator.
async fn excerpt(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < BODY_CHARS_MAX {
        match timeout(Duration::from_secs(2), response.chunk()).await {
            Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
            _ => break,
        }
    }
    String::from_utf8_lossy(&bytes).chars().take(BODY_CHARS_MAX).collect()
}

fn failed(error: &reqwest::Error) -> CallError {
    if error.is_connect() || error.is_timeout() {
        CallError::Unreachable(without_url(error))
    } else {
        CallError::Broken(without_url(error))
    }
}

/// An address may carry a key in its query.
fn without_url(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    if text.is_empty() { "no cause given".to_owned() } else { text }
}
