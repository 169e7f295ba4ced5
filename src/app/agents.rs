//! Plugging in the agents that config names: each with its tools, built by a factory that can build it again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::AgentId;

use super::{Services, tools};
use crate::{
    agent::{
        Agent, AgentCard,
        catalog::{AgentFactory, AgentLimits, AgentSlot},
    },
    agents::{
        analytics::AnalyticsAgent,
        concierge::ConciergeAgent,
        model::{Asker, AskerConfig, ModelAgent, ModelAgentConfig, ModelEndpoint, ToolMode},
        pricing::PricingAgent,
        product,
        workflow::{Library, WorkflowAgent},
    },
    config::{self, AgentKind, Config, Model},
    workflow::named::Named,
};

/// An agent cannot be built as config says.
#[derive(Debug, thiserror::Error)]
#[error(
    "the agent `{id}` cannot be built: {why}; correct its section, or mark it `optional: true` to start without it"
)]
pub struct PlugError {
    /// Which.
    pub id: AgentId,
    /// Why not.
    pub why: String,
}

/// Builds every agent of a config. An optional one that cannot be built is left out with a warning.
///
/// # Errors
/// [`PlugError`] for the first agent that cannot be built and is not optional.
pub(super) fn plug(config: &Config, services: &Services) -> Result<Vec<AgentSlot>, PlugError> {
    let mut slots = Vec::new();
    for agent in &config.agents {
        let limits = AgentLimits {
            execution_time_max: agent.max_execution_time.0,
            runs_concurrent_max: config.limits.runs_concurrent_max,
            failure_streak_max: config.supervision.failure_streak_max,
            policy: agent.policy,
        };
        let slot = factory(config, services, agent)
            .and_then(|factory| AgentSlot::new(agent.id.clone(), factory, limits, agent.enabled));
        match slot {
            Ok(slot) => slots.push(slot),
            Err(why) if agent.optional => tracing::warn!(agent_id = %agent.id, why, "an optional agent was left out"),
            Err(why) => return Err(PlugError { id: agent.id.clone(), why }),
        }
    }
    Ok(slots)
}

fn factory(config: &Config, services: &Services, agent: &config::Agent) -> Result<AgentFactory, String> {
    let card = card(agent);
    match &agent.kind {
        AgentKind::Pricing => {
            let toolbox = tools::grant(&config.tools, &agent.tools, services)?;
            Ok(Arc::new(move || Ok(Arc::new(PricingAgent::with_tools(card.clone(), &toolbox)?) as Arc<dyn Agent>)))
        }
        AgentKind::Concierge => Ok(Arc::new(move || Ok(Arc::new(ConciergeAgent::new(card.clone())) as Arc<dyn Agent>))),
        AgentKind::Model(model) => model_factory(config, services, agent, (model, card)),
        AgentKind::Workflow => workflow_factory(config, services, agent, card),
        AgentKind::Analytics(analytics) => analytics_factory(config, services, agent, (analytics, card)),
    }
}

fn card(agent: &config::Agent) -> AgentCard {
    let kind = match agent.kind {
        AgentKind::Model(_) => "model",
        AgentKind::Pricing => "pricing",
        AgentKind::Concierge => "concierge",
        AgentKind::Workflow => "workflow",
        AgentKind::Analytics(_) => "analytics",
    };
    AgentCard {
        name: agent.name.clone(),
        description: agent.description.clone(),
        version: agent.version.clone(),
        kind: kind.to_owned(),
        intents: agent.intents.clone(),
        examples: agent.examples.clone(),
        priority: agent.priority,
        steerable: matches!(agent.kind, AgentKind::Model(_)),
        replays: matches!(agent.kind, AgentKind::Model(_)),
    }
}

fn model_factory(
    config: &Config,
    services: &Services,
    agent: &config::Agent,
    (model, card): (&config::ModelAgent, AgentCard),
) -> Result<AgentFactory, String> {
    let endpoint = config.models.get(&model.model).map(endpoint);
    let endpoint = endpoint.ok_or_else(|| format!("there is no model `{}` in `models`", model.model))?;
    let toolbox = tools::grant(&config.tools, &agent.tools, services)?;
    let limits = &config.limits;
    let settings = ModelAgentConfig {
        card,
        system_prompt: Some(model.system_prompt.clone()).filter(|prompt| !prompt.is_empty()),
        temperature: model.temperature,
        output_tokens_max: model.output_tokens_max,
        tool_rounds_max: model.tool_rounds_max,
        tool_calls_max: u32::try_from(limits.tool_calls_max).unwrap_or(u32::MAX),
        tool_repetition_max: u32::try_from(limits.tool_repetition_max).unwrap_or(u32::MAX),
        model_calls_max: u32::try_from(limits.model_calls_max).unwrap_or(u32::MAX),
        output_bytes_max: limits.output_bytes_max.0,
        hand_over: model.hand_over,
    };
    Ok(Arc::new(move || {
        let agent = ModelAgent::new(settings.clone(), endpoint.clone(), toolbox.clone());
        agent.map(|agent| Arc::new(agent) as Arc<dyn Agent>).map_err(|error| error.to_string())
    }))
}

fn workflow_factory(
    config: &Config,
    services: &Services,
    agent: &config::Agent,
    card: AgentCard,
) -> Result<AgentFactory, String> {
    let workflow = agent.workflow.as_ref().ok_or("it has no `workflow`")?;
    let toolbox = tools::grant(&config.tools, &agent.tools, services)?;
    let granted = toolbox.specs().map(|spec| spec.name.clone()).collect();
    let definition = config::workflow_definition(workflow, &granted, agent.asks.is_some())?;
    let named = Named::of(&workflow.kind);
    let agents: BTreeSet<String> = config.agents.iter().map(|agent| agent.id.to_string()).collect();
    let library = match named {
        Some(Named::Product) => product::library(),
        None => Library::default(),
    };
    let library = library.with_model(asker(config, agent)?);
    Ok(Arc::new(move || {
        let library = library.clone();
        let agent = WorkflowAgent::new(card.clone(), definition.clone(), toolbox.clone(), library, agents.clone());
        agent.map(|agent| Arc::new(agent) as Arc<dyn Agent>).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            lines.join("; ")
        })
    }))
}

fn analytics_factory(
    config: &Config,
    services: &Services,
    agent: &config::Agent,
    (analytics, card): (&config::AnalyticsAgent, AgentCard),
) -> Result<AgentFactory, String> {
    let name = &analytics.time_zone;
    let time_zone: chrono_tz::Tz = name
        .parse()
        .map_err(|_| format!("`time_zone` is `{name}`, which is no time zone; name one like `Europe/Moscow`"))?;
    let toolbox = tools::grant(&config.tools, &agent.tools, services)?;
    let clock = services.clock();
    Ok(Arc::new(move || {
        let agent = AnalyticsAgent::new(card.clone(), toolbox.clone(), Arc::clone(&clock), time_zone);
        Ok(Arc::new(agent) as Arc<dyn Agent>)
    }))
}

/// The model that the steps of a workflow ask.
fn asker(config: &Config, agent: &config::Agent) -> Result<Option<Arc<Asker>>, String> {
    let Some(choice) = &agent.asks else { return Ok(None) };
    let endpoint = config.models.get(&choice.model).map(endpoint);
    let endpoint = endpoint.ok_or_else(|| format!("there is no model `{}` in `models`", choice.model))?;
    let settings = AskerConfig {
        temperature: choice.temperature,
        output_tokens_max: choice.output_tokens_max,
        model_calls_max: u32::try_from(config.limits.model_calls_max).unwrap_or(u32::MAX),
        output_bytes_max: config.limits.output_bytes_max.0,
    };
    Asker::new(settings, endpoint).map(|asker| Some(Arc::new(asker))).map_err(|error| error.to_string())
}

fn endpoint(model: &Model) -> ModelEndpoint {
    ModelEndpoint {
        base_url: model.base_url.as_url().to_string(),
        model: model.model.clone(),
        api_key: model.api_key.as_ref().map(|key| key.expose().to_owned().into()),
        headers: headers(&model.headers),
        connect_timeout: model.connect_timeout.0,
        first_byte_timeout: model.first_byte_timeout.0,
        chunk_timeout: model.chunk_timeout.0,
        call_timeout: model.call_timeout.0,
        retries_max: model.retries_max,
        retry_backoff_min: model.retry_backoff_min.0,
        retry_backoff_max: model.retry_backoff_max.0,
        tool_mode: match model.tool_mode {
            config::ToolMode::Native => ToolMode::Native,
            config::ToolMode::Json => ToolMode::Json,
        },
    }
}

fn headers(headers: &BTreeMap<String, config::Secret>) -> Vec<(String, secrecy::SecretString)> {
    headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned().into())).collect()
}
