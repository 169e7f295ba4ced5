//! Files from hosts that may be called: bytes of any kind, and never more of them than were allowed.

use std::sync::Arc;

use reqwest::{Method, Response, header};
use tracing::warn;

use super::{
    Cidr, HostPattern, HttpToolError, Resolver, SystemResolver,
    body::header_text,
    failure::HttpFailure,
    guarded::{self, GuardedClient},
    request::{self, Border},
};

/// Where files may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloaderConfig {
    /// The hosts that may be called.
    pub hosts_allowed: Vec<HostPattern>,
    /// Inner addresses that may be connected to all the same.
    pub private_addresses_allowed: Vec<Cidr>,
    /// How many redirects are followed; each is checked like a first call.
    pub redirects_max: usize,
    /// The longest file, in bytes.
    pub bytes_max: usize,
}

/// Why there is no file. The words are for the model: none tells it which addresses there are inside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// The text is no address, or one that may not be called; says which host or what is wrong with it.
    #[error("{0}")]
    NotAllowed(String),
    /// Nobody answered, or not in a way that can be used.
    #[error("{0}")]
    Unreachable(String),
    /// The server answered, but not with the file.
    #[error("the server answered {0} in place of the file")]
    Status(u16),
    /// There is more of it than may be taken; nothing of it was kept.
    #[error("the file is longer than {0} bytes")]
    TooLarge(usize),
}

/// Downloads files.
#[derive(Debug)]
pub struct Downloader {
    client: GuardedClient,
    bytes_max: usize,
}

impl Downloader {
    /// Asks the machine's own resolver. A default `rustls` provider must be installed before.
    ///
    /// # Errors
    /// [`HttpToolError::Client`].
    pub fn new(config: DownloaderConfig) -> Result<Self, HttpToolError> {
        Self::with_resolver(config, Arc::new(SystemResolver))
    }

    /// Asks another resolver.
    ///
    /// # Errors
    /// [`HttpToolError::Client`].
    pub fn with_resolver(config: DownloaderConfig, resolver: Arc<dyn Resolver>) -> Result<Self, HttpToolError> {
        let addresses = guarded::address_rules(&config.private_addresses_allowed);
        let border = Border { hosts: config.hosts_allowed, methods: vec![Method::GET], addresses };
        let client = GuardedClient::new(border, resolver, config.redirects_max)?;
        Ok(Self { client, bytes_max: config.bytes_max })
    }

    /// The bytes behind an address. Has no time of its own: the caller's must end it, and dropping it closes the
    /// connection.
    ///
    /// # Errors
    /// [`DownloadError`].
    pub async fn get(&self, url: &str) -> Result<Vec<u8>, DownloadError> {
        let request = request::get(url).map_err(refused)?;
        let response = self.client.follow(request, |_, builder| builder).await.map_err(refused)?.response;
        if !response.status().is_success() {
            return Err(DownloadError::Status(response.status().as_u16()));
        }
        if let Some(encoding) = header_text(&response, header::CONTENT_ENCODING).filter(|name| name != "identity") {
            return Err(refused(HttpFailure::Encoded(encoding.chars().take(40).collect())));
        }
        self.received(response).await
    }

    /// An announced length is taken at its word when it is too long and never when it is short.
    async fn received(&self, mut response: Response) -> Result<Vec<u8>, DownloadError> {
        let too_large = || DownloadError::TooLarge(self.bytes_max);
        if response.content_length().is_some_and(|length| length > self.bytes_max as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        loop {
            let chunk = response.chunk().await.map_err(|_| broken(&response))?;
            let Some(chunk) = chunk else { return Ok(bytes) };
            if chunk.len() > self.bytes_max - bytes.len() {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
    }
}

fn broken(response: &Response) -> DownloadError {
    let host = response.url().host_str().unwrap_or_default();
    DownloadError::Unreachable(format!("`{host}` broke off in the middle of the file"))
}

fn refused(failure: HttpFailure) -> DownloadError {
    let words = failure.to_string();
    if failure.is_trespass() {
        warn!(reason = ?failure, "download refused");
        return DownloadError::NotAllowed(words);
    }
    match failure {
        HttpFailure::BadUrl(_) => DownloadError::NotAllowed(words),
        _ => DownloadError::Unreachable(words),
    }
}
