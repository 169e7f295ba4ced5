//! A tool that calls HTTP addresses and cannot be led inside.
//!
//! What it may call is a list of hosts in config. What a host's name stands for is checked address by address, and the
//! connection goes to exactly what was checked ([`resolver`]). Redirects are not followed unless config says so, and each
//! hop is checked like a first call. Proxies, environment variables, cookies and credentials play no part.

pub mod address;
mod body;
pub mod cidr;
mod failure;
pub mod hosts;
mod request;
pub mod resolver;
mod spec;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
pub use reqwest::Method;
use reqwest::{Client, Response, header, redirect::Policy};
use serde_json::{Value, json};
use tracing::{debug, warn};

use self::{
    address::AddressRules,
    body::Answer,
    failure::HttpFailure,
    request::{Border, HttpRequest},
    resolver::GuardedResolver,
};
pub use self::{
    cidr::{Cidr, CidrError},
    hosts::{HostPattern, HostPatternError},
    resolver::{Resolver, SystemResolver},
};
use super::{Effect, Tool, ToolContext, ToolError, ToolSpec, answer};

/// How long it may take to connect, within the time of the call.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// The longest address of a redirect that is shown, in characters.
const LOCATION_CHARS_MAX: usize = 200;

/// Where an HTTP tool may go. The default goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpToolConfig {
    /// The hosts that it may call.
    pub hosts_allowed: Vec<HostPattern>,
    /// Inner addresses that it may connect to all the same: an intranet, or a test.
    pub private_addresses_allowed: Vec<Cidr>,
    /// The methods that it may use; the first is the one of a call that names none.
    pub methods: Vec<Method>,
    /// How many redirects it follows.
    pub redirects_max: usize,
    /// What a call may change; none is nothing where it can only GET and HEAD, else every call counts.
    pub effect: Option<Effect>,
    /// How long a call may take in all.
    pub time_max: Duration,
    /// The longest result, in bytes of JSON; the body is cut to fit.
    pub result_bytes_max: usize,
    /// What models read of it, in place of its own words.
    pub description: Option<String>,
}

impl Default for HttpToolConfig {
    fn default() -> Self {
        Self {
            hosts_allowed: Vec::new(),
            private_addresses_allowed: Vec::new(),
            methods: vec![Method::GET],
            redirects_max: 0,
            effect: None,
            time_max: Duration::from_secs(30),
            result_bytes_max: 64 * 1024,
            description: None,
        }
    }
}

/// Why an HTTP tool cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpToolError {
    /// No method, or one that is not for tools.
    #[error("`{0}` is not a method for tools: GET, HEAD, POST, PUT, PATCH or DELETE")]
    BadMethod(String),
    /// The client cannot be built: no certificates, say.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}

/// The tool.
#[derive(Debug)]
pub struct HttpTool {
    spec: ToolSpec,
    config: HttpToolConfig,
    border: Border,
    client: Client,
}

impl HttpTool {
    /// A tool of this name that asks the machine's own resolver. A default `rustls` provider must be installed before.
    ///
    /// # Errors
    /// [`HttpToolError`].
    pub fn new(name: &str, config: HttpToolConfig) -> Result<Self, HttpToolError> {
        Self::with_resolver(name, config, Arc::new(SystemResolver))
    }

    /// A tool that asks another resolver.
    ///
    /// # Errors
    /// [`HttpToolError`].
    pub fn with_resolver(
        name: &str,
        config: HttpToolConfig,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, HttpToolError> {
        let methods = config.methods.clone();
        if let Some(bad) = methods.iter().find(|method| !spec::METHODS.contains(method)) {
            return Err(HttpToolError::BadMethod(bad.to_string()));
        }
        if methods.is_empty() {
            return Err(HttpToolError::BadMethod(String::new()));
        }
        let rules = Arc::new(AddressRules::new(config.private_addresses_allowed.clone()));
        let client = client(GuardedResolver { inner: resolver, rules: Arc::clone(&rules) })?;
        let border = Border { hosts: config.hosts_allowed.clone(), methods, addresses: rules };
        Ok(Self { spec: spec::spec(name, &config), config, border, client })
    }

    async fn fetch(&self, arguments: &Value, context: &ToolContext) -> Result<Value, HttpFailure> {
        let mut request = self.border.request(arguments)?;
        let mut redirects = 0;
        let response = loop {
            self.border.check(&request)?;
            let response = self.send(&request, context).await?;
            let Some(location) = location(&response) else { break response };
            if redirects == self.config.redirects_max {
                return Err(self.one_too_many(&response, &location));
            }
            redirects += 1;
            request = request::redirected(&request, response.status().as_u16(), &location)?;
        };
        let final_url = (redirects > 0).then(|| request.url.to_string());
        let answer = body::read(response, &request.method, self.config.result_bytes_max).await?;
        Ok(self.result(answer, final_url))
    }

    async fn send(&self, request: &HttpRequest, context: &ToolContext) -> Result<Response, HttpFailure> {
        let host = request.url.host_str().unwrap_or_default();
        let mut builder =
            self.client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        if request::takes_body(&request.method) || self.spec.effect == Effect::Idempotent {
            builder = builder.header("idempotency-key", context.idempotency_key.as_str());
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await.map_err(|error| unanswered(host, &error))?;
        // The resolver and the check of literals leave nothing to find here; were one of them passed by, this would.
        let address = response.remote_addr().map(|address| self.border.addresses.check(address.ip()));
        match address {
            Some(Err(refused)) => Err(HttpFailure::AddressNotAllowed { host: host.to_owned(), refused }),
            _ => Ok(response),
        }
    }

    fn one_too_many(&self, response: &Response, location: &str) -> HttpFailure {
        match self.config.redirects_max {
            0 => HttpFailure::Redirected {
                status: response.status().as_u16(),
                location: location.chars().take(LOCATION_CHARS_MAX).collect(),
            },
            max => HttpFailure::TooManyRedirects(max),
        }
    }

    /// The answer for the model; the body gets what room the rest leaves.
    fn result(&self, answer: Answer, final_url: Option<String>) -> Value {
        let mut result = json!({"status": answer.status, "contentType": answer.content_type, "body": ""});
        if let Some(url) = final_url {
            result["url"] = url.into();
        }
        // Room for `"truncated":true,`; the quotes of the body stand already.
        let room = self.config.result_bytes_max.saturating_sub(answer::json_len(&result) + 17);
        let kept = answer::prefix_len(&answer.body, room);
        result["body"] = answer.body[..kept].into();
        if answer.cut || kept < answer.body.len() {
            result["truncated"] = true.into();
        }
        result
    }
}

#[async_trait]
impl Tool for HttpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, arguments: Value, context: &ToolContext) -> Result<Value, ToolError> {
        let time_max = self.config.time_max.min(context.time_max);
        let fetched = tokio::time::timeout(time_max, self.fetch(&arguments, context)).await;
        let failure = match fetched {
            Err(_) => return Err(ToolError::TimedOut(time_max)),
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(failure)) => failure,
        };
        let (agent_id, call_id) = (&context.agent_id, &context.call_id);
        if failure.is_trespass() {
            warn!(tool = self.spec.name, %agent_id, %call_id, reason = ?failure, "http call refused");
        } else {
            debug!(tool = self.spec.name, %agent_id, %call_id, reason = %failure, "http call failed");
        }
        Err(failure.into())
    }
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

#[cfg(test)]
mod tests;
