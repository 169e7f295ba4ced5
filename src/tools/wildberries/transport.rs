//! One request to the marketplace and its answer: the port, and HTTP behind it.
//!
//! What is asked when, and what follows from an answer, is decided above it; so that is tested without a network.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use reqwest::{Client, Response, header, redirect::Policy};
use url::Url;

use super::family::Host;
use crate::config::Secret;

/// How long it may take to connect.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub host: Host,
    /// From the root: `/content/v2/object/all`.
    pub path: String,
    /// What follows the path, not yet encoded.
    pub query: Vec<(&'static str, String)>,
    /// Headers beside those of every request.
    pub headers: Vec<(&'static str, String)>,
    /// What is posted; none is a GET.
    pub body: Option<Body>,
}

/// What is posted.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// What it is.
    pub content_type: String,
    /// It.
    pub bytes: Bytes,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of {}", self.bytes.len(), self.content_type)
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// How long to wait before the next request, if the answer says so.
    pub retry_after: Option<Duration>,
    /// The body, whole.
    pub body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection: nothing was sent.
    #[error("it cannot be reached")]
    NotSent,
    /// The connection broke off after something may have been sent.
    #[error("the connection broke off")]
    Broken,
    /// The answer is larger than this.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
}

/// Whoever carries requests to the marketplace. Dropping the future gives the request up.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends a request with a token, and reads the answer whole.
    ///
    /// # Errors
    /// [`SendError`].
    async fn send(&self, request: &Request, token: &Secret) -> Result<Reply, SendError>;
}

/// The marketplace behind HTTP.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    /// In place of all hosts.
    base_url: Option<Url>,
    answer_bytes_max: usize,
}

impl HttpTransport {
    /// To the marketplace, or to `base_url` with all that would go there. A default `rustls` provider must be installed before.
    ///
    /// # Errors
    /// The HTTP client cannot be built: no certificates, say.
    pub fn new(base_url: Option<Url>, answer_bytes_max: usize) -> Result<Self, String> {
        let builder = Client::builder()
            .no_proxy()
            // A token must not follow to where an answer points.
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIME_MAX)
            .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")));
        let client = builder.build().map_err(|error| format!("the HTTP client cannot be built: {error}"))?;
        Ok(Self { client, base_url, answer_bytes_max })
    }

    fn address(&self, request: &Request) -> String {
        let base = self.base_url.as_ref().map_or(request.host.base(), Url::as_str);
        format!("{}{}", base.trim_end_matches('/'), request.path)
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: &Request, token: &Secret) -> Result<Reply, SendError> {
        let mut address = Url::parse(&self.address(request)).map_err(|_| SendError::NotSent)?;
        if !request.query.is_empty() {
            address.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut credentials = header::HeaderValue::from_str(token.expose()).map_err(|_| SendError::NotSent)?;
        credentials.set_sensitive(true);
        let mut builder = match &request.body {
            None => self.client.get(address),
            Some(body) => {
                self.client.post(address).header(header::CONTENT_TYPE, &body.content_type).body(body.bytes.clone())
            }
        };
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let sent = builder.header(header::AUTHORIZATION, credentials).send().await;
        let response = sent.map_err(|error| if error.is_connect() { SendError::NotSent } else { SendError::Broken })?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(&response));
        Ok(Reply { status, retry_after, body: received(response, self.answer_bytes_max).await? })
    }
}

async fn received(mut response: Response, bytes_max: usize) -> Result<Bytes, SendError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| SendError::Broken)? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(SendError::TooLarge(bytes_max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Seconds until the next request; the marketplace's own header first. The other form of `Retry-After`, a date, is not used
/// by it and counts as nothing said.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = |name: &str| {
        let text = response.headers().get(name)?.to_str().ok()?;
        Duration::try_from_secs_f64(text.trim().parse().ok()?).ok()
    };
    seconds("x-ratelimit-retry").or_else(|| seconds("retry-after"))
}
