//! The tools that config names, as the tool box of one agent.

use std::{collections::BTreeMap, sync::Arc};

use super::Services;
use crate::{
    config::{self, EffectWord, HttpMethod, ToolGrant, ToolKind},
    tools::{
        Effect, Grant, Tool, ToolBox,
        calculator::Calculator,
        http::{Cidr, HttpTool, HttpToolConfig, Method},
    },
};

/// The tools that an agent was granted and that are switched on for it.
///
/// # Errors
/// Why a tool cannot be built.
pub(super) fn grant(
    tools: &BTreeMap<String, config::Tool>,
    grants: &[ToolGrant],
    services: &Services,
) -> Result<ToolBox, String> {
    let mut granted = Vec::new();
    for grant in grants.iter().filter(|grant| grant.enabled) {
        let tool = tools.get(&grant.name).ok_or_else(|| format!("there is no tool `{}` in `tools`", grant.name))?;
        let (time_max, result_bytes_max) = (tool.timeout.0, tool.result_bytes_max.0);
        granted.push(Grant { tool: build(&grant.name, tool, services)?, time_max, result_bytes_max });
    }
    ToolBox::new(granted).map_err(|error| error.to_string())
}

fn build(name: &str, tool: &config::Tool, _services: &Services) -> Result<Arc<dyn Tool>, String> {
    match &tool.kind {
        ToolKind::Calculator => Ok(Arc::new(Calculator::named(name, tool.description.clone()))),
        ToolKind::Http(http) => {
            let config = http_config(tool, http).map_err(|why| format!("the tool `{name}`: {why}"))?;
            let tool = HttpTool::new(name, config).map_err(|error| format!("the tool `{name}`: {error}"))?;
            Ok(Arc::new(tool))
        }
    }
}

fn http_config(tool: &config::Tool, http: &config::HttpTool) -> Result<HttpToolConfig, String> {
    let hosts = http.hosts_allowed.iter().map(|host| host.parse());
    let ranges = http.private_addresses_allowed.iter().map(|range| Cidr::new(range.0.addr(), range.0.prefix_len()));
    Ok(HttpToolConfig {
        hosts_allowed: hosts
            .collect::<Result<_, _>>()
            .map_err(|error: crate::tools::http::HostPatternError| error.to_string())?,
        private_addresses_allowed: ranges.collect::<Result<_, _>>().map_err(|error| error.to_string())?,
        methods: http.methods.iter().map(|method| self::method(*method)).collect(),
        redirects_max: http.redirects_max as usize,
        effect: http.effect.map(effect),
        time_max: tool.timeout.0,
        result_bytes_max: tool.result_bytes_max.0,
        description: tool.description.clone(),
    })
}

fn effect(word: EffectWord) -> Effect {
    match word {
        EffectWord::Pure => Effect::Pure,
        EffectWord::Idempotent => Effect::Idempotent,
        EffectWord::NonIdempotent => Effect::NonIdempotent,
    }
}

fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
    }
}
