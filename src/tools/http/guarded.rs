//! Requests that cannot be led inside: each hop is checked before it is made, and its address once more after it was.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, Response, header, redirect::Policy};

use super::{
    HttpToolError,
    address::AddressRules,
    body,
    failure::HttpFailure,
    request::{self, Border, HttpRequest},
    resolver::{self, GuardedResolver, Resolver},
};

/// How long it may take to connect, within the time of the call.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// The longest address of a redirect that is shown, in characters.
const LOCATION_CHARS_MAX: usize = 200;

/// A client behind a border.
#[derive(Debug)]
pub(super) struct GuardedClient {
    pub(super) border: Border,
    client: Client,
    redirects_max: usize,
}

/// The answer at the end of all redirects, and the request that it answers.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) request: HttpRequest,
    pub(super) was_redirected: bool,
}

impl GuardedClient {
    /// A client that asks this resolver. A default `rustls` provider must be installed before.
    pub(super) fn new(
        border: Border,
        resolver: Arc<dyn Resolver>,
        redirects_max: usize,
    ) -> Result<Self, HttpToolError> {
        let client = client(GuardedResolver { inner: resolver, rules: Arc::clone(&border.addresses) })?;
        Ok(Self { border, client, redirects_max })
    }

    /// Makes a request and follows its redirects. `prepare` adds what every hop carries.
    pub(super) async fn follow(
        &self,
        mut request: HttpRequest,
        prepare: impl Fn(&HttpRequest, RequestBuilder) -> RequestBuilder,
    ) -> Result<Answered, HttpFailure> {
        let mut redirects = 0;
        loop {
            self.border.check(&request)?;
            let response = self.send(&request, &prepare).await?;
            let Some(location) = location(&response) else {
                return Ok(Answered { response, request, was_redirected: redirects > 0 });
            };
            if redirects == self.redirects_max {
                return Err(self.one_too_many(&response, &location));
            }
            redirects += 1;
            request = request::redirected(&request, response.status().as_u16(), &location)?;
        }
    }

    async fn send(
        &self,
        request: &HttpRequest,
        prepare: impl Fn(&HttpRequest, RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, HttpFailure> {
        let host = request.url.host_str().unwrap_or_default();
        let builder = self.client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        let sent = prepare(request, builder).send().await;
        let response = sent.map_err(|error| unanswered(host, &error))?;
        // The resolver and the check of literals leave nothing to find here; were one of them passed by, this would.
        let address = response.remote_addr().map(|address| self.border.addresses.check(address.ip()));
        match address {
            Some(Err(refused)) => Err(HttpFailure::AddressNotAllowed { host: host.to_owned(), refused }),
            _ => Ok(response),
        }
    }

    fn one_too_many(&self, response: &Response, location: &str) -> HttpFailure {
        match self.redirects_max {
            0 => HttpFailure::Redirected {
                status: response.status().as_u16(),
                location: location.chars().take(LOCATION_CHARS_MAX).collect(),
            },
            max => HttpFailure::TooManyRedirects(max),
        }
    }
}

/// What may be connected to.
pub(super) fn address_rules(private_allowed: &[super::Cidr]) -> Arc<AddressRules> {
    Arc::new(AddressRules::new(private_allowed.to_vec()))
}

fn client(resolver: GuardedResolver) -> Result<Client, HttpToolError> {
    let builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .dns_resolver(Arc::new(resolver))
        // No connection outlives its call, so each is checked anew.
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT_TIME_MAX)
        .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")));
    builder.build().map_err(|error| HttpToolError::Client(error.to_string()))
}

/// Where a redirect sends to; none for any other answer.
fn location(response: &Response) -> Option<String> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    is_redirect.then(|| body::header_text(response, header::LOCATION)).flatten()
}

fn unanswered(host: &str, error: &reqwest::Error) -> HttpFailure {
    let host = host.to_owned();
    match resolver::refusal_in(error) {
        Some(refused) => HttpFailure::AddressNotAllowed { host, refused },
        None if error.is_connect() => HttpFailure::Unreachable(host),
        None => HttpFailure::Broken(host),
    }
}
