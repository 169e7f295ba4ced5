//! One call of a model over HTTP, each wait with its own bound.

use std::{pin::Pin, time::Duration};

use bytes::Bytes;
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
    ModelEndpoint, ToolMode,
    error::{CallError, ModelSetupError},
    retry::{RetryRules, retry_after},
};
use crate::{
    agent::RunError,
    clock::{Clock, SystemClock},
};

/// How much of an error's body an operator sees.
const BODY_CHARS_MAX: usize = 500;
/// How long an answer that is whole is waited for to end.
const AFTER_END_MAX: Duration = Duration::from_secs(2);

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

    pub(super) fn tool_mode(&self) -> ToolMode {
        self.endpoint.tool_mode
    }

    pub(super) fn retries(&self) -> RetryRules {
        RetryRules {
            retries_max: self.endpoint.retries_max,
            backoff_min: self.endpoint.retry_backoff_min,
            backoff_max: self.endpoint.retry_backoff_max,
        }
    }

    /// How the run ends with this failure: the operator learns where and why.
    pub(super) fn run_error(&self, failure: &CallError) -> RunError {
        failure.to_run_error(self.words(failure))
    }

    /// The failure in words for the operator. A careless server repeats a secret that it was sent; the log does not.
    pub(super) fn words(&self, failure: &CallError) -> String {
        // A user, a password or a query of the address may be a secret, too.
        let (origin, path) = (self.url.origin().ascii_serialization(), self.url.path());
        let words = format!("model `{}` at {origin}{path}: {failure}", self.endpoint.model);
        let headers = self.endpoint.headers.iter().map(|(_, value)| value);
        let secrets = self.endpoint.api_key.iter().chain(headers).map(ExposeSecret::expose_secret);
        secrets.filter(|secret| !secret.is_empty()).fold(words, |words, secret| words.replace(secret, "[secret]"))
    }

    /// Begins a call; the answer's pieces come out of what is returned. Dropping that closes the model's socket.
    pub(super) async fn call(
        &self,
        body: &Value,
    ) -> Result<Call<impl Stream<Item = reqwest::Result<Bytes>> + use<>>, CallError> {
        let ModelEndpoint { first_byte_timeout, chunk_timeout, call_timeout, .. } = self.endpoint;
        let began = Instant::now();
        let (until, first_until) = (began + call_timeout, began + first_byte_timeout);
        let sending = self.http.post(self.url.clone()).json(body).send();
        let response = match timeout_at(until.min(first_until), sending).await {
            Ok(sent) => sent.map_err(|error| self.failed(&error))?,
            Err(_) if until <= first_until => return Err(CallError::CallTimeout(call_timeout)),
            Err(_) => return Err(CallError::FirstByteTimeout(first_byte_timeout)),
        };
        let response = checked(response).await?;
        let bytes = Box::pin(response.bytes_stream());
        let first = Some((first_until, first_byte_timeout));
        Ok(Call { bytes, until, first, chunk_max: chunk_timeout, whole_max: call_timeout })
    }

    fn failed(&self, error: &reqwest::Error) -> CallError {
        if error.is_connect() && error.is_timeout() {
            CallError::ConnectTimeout(self.endpoint.connect_timeout)
        } else if error.is_connect() {
            CallError::Unreachable(without_url(error))
        } else {
            CallError::Broken(without_url(error))
        }
    }
}

/// A call whose answer is coming.
pub(super) struct Call<S> {
    bytes: Pin<Box<S>>,
    until: Instant,
    /// Until when, and within which time, the answer must begin; none once it did. Many servers send the head at once and
    /// think then.
    first: Option<(Instant, Duration)>,
    chunk_max: Duration,
    whole_max: Duration,
}

impl<S: Stream<Item = reqwest::Result<Bytes>>> Call<S> {
    /// What the socket brought next; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, CallError> {
        let (silent_until, silence) = match self.first.take() {
            Some((until, max)) => (until, CallError::FirstByteTimeout(max)),
            None => (Instant::now() + self.chunk_max, CallError::ChunkTimeout(self.chunk_max)),
        };
        match timeout_at(self.until.min(silent_until), self.bytes.next()).await {
            Ok(None) => Ok(None),
            Ok(Some(Ok(bytes))) => Ok(Some(bytes)),
            Ok(Some(Err(error))) => Err(CallError::Broken(without_url(&error))),
            Err(_) if self.until <= silent_until => Err(CallError::CallTimeout(self.whole_max)),
            Err(_) => Err(silence),
        }
    }

    /// The model said that it was done: only the usage and the end may still come, and at once.
    pub(super) fn hurry(&mut self) {
        self.chunk_max = self.chunk_max.min(AFTER_END_MAX);
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
