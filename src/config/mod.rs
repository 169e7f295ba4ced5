//! Reads the config once, says everything that is wrong with it, and hands out typed sections by value.
//!
//! The way of a config: YAML becomes a tree whose keys and values know their places ([`yaml`]); the environment is laid
//! over it ([`overrides`]); the tree is checked against the JSON Schema of the types ([`check`]) and against itself
//! ([`references`]); references to secrets are followed ([`resolve`]); only then it becomes a [`Config`]. Each step adds
//! to one list of findings, so a person sees all of them at once. Deliberately absent: includes, templates and merging of
//! several files, which would make it hard to say where a value came from.

mod admin;
mod agents;
mod check;
mod context;
mod database;
mod error;
mod graphs;
mod keywords;
mod limits;
mod load;
mod marketplace;
mod models;
mod overrides;
mod references;
mod report;
mod resolve;
mod retention;
mod routing;
mod sandbox;
mod schema;
mod secret;
mod server;
mod supervision;
#[cfg(test)]
mod tests;
mod tools;
mod tree;
mod wildberries;
mod workflows;
mod yaml;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::{
    admin::Admin,
    agents::{Agent, AgentKind, AnalyticsAgent, ModelAgent, ModelChoice, ToolGrant, Workflow},
    context::Context,
    database::{Database, Synchronous},
    error::{ConfigErrors, Finding, Rule},
    graphs::{DrawnGraph, graphs},
    limits::Limits,
    load::{DEFAULT_CONFIG, DEFAULT_FILE, Loaded, Source},
    marketplace::Marketplace,
    models::{HttpUrl, HttpUrlError, Model, ToolMode},
    overrides::PREFIX as ENVIRONMENT_PREFIX,
    retention::Retention,
    routing::Routing,
    sandbox::{SANDBOX, Sandbox},
    schema::schema,
    secret::{ConnectionKind, ConnectionUrl, Secret},
    server::Server,
    supervision::Supervision,
    tools::{AddressRange, EffectWord, HttpMethod, HttpTool, ImageAnalysisTool, KeywordResearchTool, Tool, ToolKind},
    tree::{Place, Span},
    wildberries::{MarketplaceUrl, WildberriesOperation, WildberriesTool},
    workflows::definition as workflow_definition,
};
pub use crate::units::{ByteSize, HumanDuration, UnitError};

/// A whole config without errors.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the server listens.
    pub server: Server,
    /// Who may administer.
    pub admin: Admin,
    /// Where the truth is kept.
    pub database: Database,
    /// Where agents keep what they know of a conversation.
    pub context: Context,
    /// The language models that agents may use, by a name of yours.
    #[schemars(
        extend("propertyNames" = { "pattern": "^[A-Za-z0-9_.-]{1,64}$", "x-expected": "a name of 1 to 64 of A-Z, a-z, 0-9, `_`, `-`, `.`" })
    )]
    pub models: BTreeMap<String, Model>,
    /// The tools that agents may be granted, by the name that models call them by.
    #[schemars(
        extend("propertyNames" = { "pattern": "^[A-Za-z0-9_-]{1,64}$", "x-expected": "a name of 1 to 64 of A-Z, a-z, 0-9, `_`, `-`" })
    )]
    pub tools: BTreeMap<String, Tool>,
    /// Where tools of the kind `wildberries_api` find the marketplace, and as whom.
    pub marketplace: Marketplace,
    /// The marketplace that is played in this process.
    pub sandbox: Sandbox,
    /// How the agent that answers is chosen.
    pub routing: Routing,
    /// What happens to an agent that fails.
    pub supervision: Supervision,
    /// What is kept, and for how long.
    pub retention: Retention,
    /// The bound of everything that could grow, and the time that everything may take.
    pub limits: Limits,
    /// The agents of this deployment.
    #[schemars(length(max = 1000))]
    pub agents: Vec<Agent>,
}
