//! A tool that calls HTTP addresses and cannot be led inside.
//!
//! What it may call is a list of hosts in config. What a host's name stands for is checked address by address, and the
//! connection goes to exactly what was checked ([`resolver`]). Redirects are not followed unless config says so, and each
//! hop is checked like a first call. Proxies, environment variables, cookies and credentials play no part.

pub mod address;
mod body;
pub mod cidr;
pub mod download;
mod failure;
mod guarded;
pub mod hosts;
mod request;
pub mod resolver;
mod spec;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
pub use reqwest::Method;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tracing::{debug, warn};

use self::{
    body::Answer,
    failure::HttpFailure,
    guarded::GuardedClient,
    request::{Border, HttpRequest},
};
pub use self::{
    cidr::{Cidr, CidrError},
    download::{DownloadError, Downloader, DownloaderConfig},
    hosts::{HostPattern, HostPatternError},
    resolver::{Resolver, SystemResolver},
};
use super::{Effect, Tool, ToolContext, ToolError, ToolSpec, answer};

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
    client: GuardedClient,
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
        let addresses = guarded::address_rules(&config.private_addresses_allowed);
        let border = Border { hosts: config.hosts_allowed.clone(), methods, addresses };
        let client = GuardedClient::new(border, resolver, config.redirects_max)?;
        Ok(Self { spec: spec::spec(name, &config), config, client })
    }

    async fn fetch(&self, arguments: &Value, context: &ToolContext) -> Result<Value, HttpFailure> {
        let request = self.client.border.request(arguments)?;
        let prepare = |request: &HttpRequest, builder| self.with_key_and_body(request, builder, context);
        let answered = self.client.follow(request, prepare).await?;
        let final_url = answered.was_redirected.then(|| answered.request.url.to_string());
        let answer = body::read(answered.response, &answered.request.method, self.config.result_bytes_max).await?;
        Ok(self.result(answer, final_url))
    }

    fn with_key_and_body(
        &self,
        request: &HttpRequest,
        mut builder: RequestBuilder,
        context: &ToolContext,
    ) -> RequestBuilder {
        if request::takes_body(&request.method) || self.spec.effect == Effect::Idempotent {
            builder = builder.header("idempotency-key", context.idempotency_key.as_str());
        }
        match &request.body {
            Some(body) => builder.body(body.clone()),
            None => builder,
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

#[cfg(test)]
mod tests;
