//! The tools that config names, as the tool box of one agent.

use std::{collections::BTreeMap, sync::Arc};

use super::Services;
use crate::{
    config::{self, EffectWord, HttpMethod, ToolGrant, ToolKind},
    tools::{
        Effect, Grant, Tool, ToolBox,
        calculator::Calculator,
        http::{Cidr, DownloaderConfig, HostPattern, HostPatternError, HttpTool, HttpToolConfig, Method},
        image_analysis::{ImageAnalysis, ImageAnalysisConfig},
        keyword_research::{KeywordResearch, KeywordSource, NoSource, ShopSource},
        wildberries::{CallLimits, HttpTransport, Tokens, WildberriesClient, WildberriesTool},
    },
};

/// The tools that an agent was granted and that are switched on for it. All agents share one `pacer`: a marketplace counts
/// requests by account, not by agent.
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
        granted.push(Grant { tool: build(tools, &grant.name, tool, services)?, time_max, result_bytes_max });
    }
    ToolBox::new(granted).map_err(|error| error.to_string())
}

fn build(
    tools: &BTreeMap<String, config::Tool>,
    name: &str,
    tool: &config::Tool,
    services: &Services,
) -> Result<Arc<dyn Tool>, String> {
    match &tool.kind {
        ToolKind::Calculator => Ok(Arc::new(Calculator::named(name, tool.description.clone()))),
        ToolKind::Http(http) => {
            let config = http_config(tool, http).map_err(|why| format!("the tool `{name}`: {why}"))?;
            let tool = HttpTool::new(name, config).map_err(|error| format!("the tool `{name}`: {error}"))?;
            Ok(Arc::new(tool))
        }
        ToolKind::Wildberries(wildberries) => {
            let client =
                wildberries_client(wildberries, services).map_err(|why| format!("the tool `{name}`: {why}"))?;
            let (description, operations) = (tool.description.clone(), &wildberries.operations);
            Ok(Arc::new(WildberriesTool::new(name, description, operations, client)))
        }
        ToolKind::KeywordResearch(keywords) => {
            let source =
                keyword_source(tools, keywords, services).map_err(|why| format!("the tool `{name}`: {why}"))?;
            Ok(Arc::new(KeywordResearch::new(name, tool.description.clone(), source)))
        }
        ToolKind::ImageAnalysis(images) => {
            let config = images_config(tool, images).map_err(|why| format!("the tool `{name}`: {why}"))?;
            let tool = ImageAnalysis::new(name, config).map_err(|error| format!("the tool `{name}`: {error}"))?;
            Ok(Arc::new(tool))
        }
    }
}

/// What keywords are learnt from: the shop that another tool names, with the tokens and the limits of that tool.
fn keyword_source(
    tools: &BTreeMap<String, config::Tool>,
    keywords: &config::KeywordResearchTool,
    services: &Services,
) -> Result<Arc<dyn KeywordSource>, String> {
    let Some(marketplace) = &keywords.marketplace else { return Ok(Arc::new(NoSource)) };
    match tools.get(marketplace).map(|tool| &tool.kind) {
        Some(ToolKind::Wildberries(tool)) => Ok(Arc::new(ShopSource::new(wildberries_client(tool, services)?))),
        _ => Err(format!("`marketplace` is `{marketplace}`, which is no tool of the kind `wildberries_api`")),
    }
}

fn wildberries_client(tool: &config::WildberriesTool, services: &Services) -> Result<WildberriesClient, String> {
    let place = services.marketplace(tool.base_url.as_ref())?;
    let transport = Arc::new(HttpTransport::new(place.base_url, tool.answer_bytes_max.0)?);
    let for_others = tool.token.clone().or(place.token);
    let tokens = Tokens { by_tenant: tool.tokens.clone(), for_others };
    let limits = CallLimits { wait_max: tool.wait_max.0, ..CallLimits::default() };
    Ok(WildberriesClient::new(transport, tokens, limits, place.pacer, services.clock()))
}

fn http_config(tool: &config::Tool, http: &config::HttpTool) -> Result<HttpToolConfig, String> {
    Ok(HttpToolConfig {
        hosts_allowed: hosts(&http.hosts_allowed)?,
        private_addresses_allowed: ranges(&http.private_addresses_allowed)?,
        methods: http.methods.iter().map(|method| self::method(*method)).collect(),
        redirects_max: http.redirects_max as usize,
        effect: http.effect.map(effect),
        time_max: tool.timeout.0,
        result_bytes_max: tool.result_bytes_max.0,
        description: tool.description.clone(),
    })
}

fn images_config(tool: &config::Tool, images: &config::ImageAnalysisTool) -> Result<ImageAnalysisConfig, String> {
    Ok(ImageAnalysisConfig {
        downloads: DownloaderConfig {
            hosts_allowed: hosts(&images.hosts_allowed)?,
            private_addresses_allowed: ranges(&images.private_addresses_allowed)?,
            redirects_max: images.redirects_max as usize,
            bytes_max: images.max_size.0,
        },
        time_max: tool.timeout.0,
        description: tool.description.clone(),
    })
}

fn hosts(written: &[String]) -> Result<Vec<HostPattern>, String> {
    let hosts = written.iter().map(|host| host.parse().map_err(|error: HostPatternError| error.to_string()));
    hosts.collect()
}

fn ranges(written: &[config::AddressRange]) -> Result<Vec<Cidr>, String> {
    let ranges = written.iter().map(|range| Cidr::new(range.0.addr(), range.0.prefix_len()));
    ranges.map(|range| range.map_err(|error| error.to_string())).collect()
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
