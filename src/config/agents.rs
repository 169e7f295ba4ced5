//! The agents of this deployment.

use std::borrow::Cow;

use protocol::{
    AgentId,
    event::{JsonObject, Policy},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{ByteSize, HumanDuration};

/// An agent of this deployment.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(from = "AgentFields")]
#[schemars(with = "AgentFields")]
pub struct Agent {
    /// Names it for ever: on the wire, in the database, in metrics.
    pub id: AgentId,
    /// Its name for people; its id where the config has none.
    pub name: String,
    /// What it does, in a sentence for users.
    pub description: String,
    /// The version of its behaviour.
    pub version: String,
    /// Words or phrases that say that a message is for it.
    pub intents: Vec<String>,
    /// Utterances that it answers well.
    pub examples: Vec<String>,
    /// Between equal scores the higher goes first.
    pub priority: i32,
    /// Whether it takes messages from the start; operators change it while the server runs.
    pub enabled: bool,
    /// If it cannot be built, start without it.
    pub optional: bool,
    /// The tools that it is granted.
    pub tools: Vec<ToolGrant>,
    /// The graph that it follows.
    pub workflow: Option<Workflow>,
    /// The model that its steps ask, for the kind `workflow`.
    pub asks: Option<ModelChoice>,
    /// The time that one run may take.
    pub max_execution_time: HumanDuration,
    /// The memory that one run may hold; none is no limit.
    pub max_memory_usage: Option<ByteSize>,
    /// What happens to a message that comes while a turn of this agent runs.
    pub policy: Policy,
    /// What it is, with what only that needs.
    pub kind: AgentKind,
}

/// What an agent is.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentKind {
    /// A language model with a system prompt and tools.
    Model(ModelAgent),
    /// Answers questions about price, break-even and margin; needs no model.
    Pricing,
    /// Says what the other agents can do; needs no model.
    Concierge,
    /// Follows a graph.
    Workflow,
    /// Answers questions about sales, stock, the funnel and search queries; needs no model.
    Analytics(AnalyticsAgent),
}

/// What an agent of the kind `analytics` needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyticsAgent {
    /// By which `yesterday` and `last week` are meant: a name of the IANA database.
    pub time_zone: String,
}

/// What an agent of the kind `model` needs.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelAgent {
    /// A key of `models`.
    pub model: String,
    /// A minijinja template.
    pub system_prompt: String,
    /// 0 always says the likeliest; none is the model's own default.
    pub temperature: Option<f64>,
    /// The longest answer of one call, in tokens; none is the model's own default.
    pub output_tokens_max: Option<u32>,
    /// How often the model may be called again with the results of its tools.
    pub tool_rounds_max: u32,
    /// Whether the model is offered a function that hands the turn over to a colleague.
    pub hand_over: bool,
}

/// A model, and how it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelChoice {
    /// A key of `models`.
    pub model: String,
    /// 0 always says the likeliest; none is the model's own default.
    pub temperature: Option<f64>,
    /// The longest answer of one call, in tokens; none is the model's own default.
    pub output_tokens_max: Option<u32>,
}

/// A tool that an agent is granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolGrant {
    /// A key of `tools`.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// `false` takes the tool away without losing its `config`.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Handed to the tool with each call of this agent.
    #[serde(default)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub config: JsonObject,
}

/// The graph that an agent follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Workflow {
    /// `graph`: the graph stands here, beside this key. Any other word names a graph of the program.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub kind: String,
    /// Handed to a graph of the program.
    #[serde(default)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub config: JsonObject,
    /// The graph itself: `start`, `state`, `nodes` and so on; checked apart.
    #[serde(flatten)]
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub graph: JsonObject,
}

/// The word for an agent's kind in the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum KindWord {
    Model,
    Pricing,
    Concierge,
    Workflow,
    Analytics,
}

/// The keys that only the kind `analytics` has.
pub(super) const ANALYTICS_KEYS: [&str; 1] = ["time_zone"];
/// The keys that only the kind `model` has, and not `workflow`.
pub(super) const SPEAKER_KEYS: [&str; 3] = ["system_prompt", "tool_rounds_max", "hand_over"];

/// The keys of the kind `model`.
pub(super) const MODEL_KEYS: [&str; 6] =
    ["model", "system_prompt", "temperature", "output_tokens_max", "tool_rounds_max", "hand_over"];

/// An agent as it stands in the file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AgentFields {
    /// Names it for ever: on the wire, in the database, in metrics. 1 to 50 of `a-z`, `0-9`, `_`, `-`, a letter first; not `router` or `none`.
    #[schemars(schema_with = "agent_id_schema")]
    id: AgentId,
    /// What it is.
    kind: KindWord,
    /// Its name for people. Left out: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 100))]
    name: Option<String>,
    /// What it does, in a sentence for users.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    description: String,
    /// The version of its behaviour. Raise it with each change, so that a conversation tells which one answered.
    #[serde(default = "default_version")]
    #[schemars(length(min = 1, max = 50))]
    version: String,
    /// Words or phrases that say that a message is for it, in any script; matched at word borders, in either case.
    #[serde(default)]
    #[schemars(
        length(max = 500),
        extend("items" = { "type": "string", "maxLength": 200, "pattern": r"\S", "x-expected": "a text of 1 to 200 characters that is not blank" })
    )]
    intents: Vec<String>,
    /// Utterances that it answers well, in the languages of its users. Shown to users and used for routing.
    #[serde(default)]
    #[schemars(
        length(max = 500),
        extend("items" = { "type": "string", "maxLength": 1000, "pattern": r"\S", "x-expected": "a text of 1 to 1000 characters that is not blank" })
    )]
    examples: Vec<String>,
    /// Between equal scores the agent with the higher priority answers.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    priority: i32,
    /// Whether it takes messages. An operator's word at run time goes before this.
    #[serde(default = "yes")]
    enabled: bool,
    /// `true`: if it cannot be built, the server starts without it and warns. `false`: the server does not start.
    #[serde(default)]
    optional: bool,
    /// The tools that it is granted. A tool that is not here cannot be called, whatever a prompt says.
    #[serde(default)]
    #[schemars(length(max = 100))]
    tools: Vec<ToolGrant>,
    /// The graph that it follows, for kinds that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Workflow")]
    workflow: Option<Workflow>,
    /// The time that one run may take; then it ends with `budget_time`.
    #[serde(default = "default_execution_time")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "24h" }))]
    max_execution_time: HumanDuration,
    /// The memory that one run may hold. Left out: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ByteSize", extend("x-size" = { "min": "1MiB", "max": "64GiB" }))]
    max_memory_usage: Option<ByteSize>,
    /// What happens to a message that comes while a turn runs, unless the message says it itself.
    #[serde(default = "default_policy")]
    #[schemars(schema_with = "policy_schema")]
    policy: Policy,
    /// Kind `model`, required there, and kind `workflow` for its steps `model`: a key of `models`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 64))]
    model: Option<String>,
    /// Kind `model`: what the model is told first; a minijinja template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 100_000))]
    system_prompt: Option<String>,
    /// Kinds `model` and `workflow`: 0 always says the likeliest, 2 is wild. Left out: the model's own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.0, max = 2.0))]
    temperature: Option<f64>,
    /// Kinds `model` and `workflow`: the longest answer of one call, in tokens. Left out: the model's own default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1_000_000))]
    output_tokens_max: Option<u32>,
    /// Kind `model`: how often the model may be called again with the results of its tools.
    #[serde(default = "default_tool_rounds")]
    #[schemars(range(min = 0, max = 100))]
    tool_rounds_max: u32,
    /// Kind `model`: `true` offers the model a function that hands the turn over to another enabled agent.
    #[serde(default)]
    hand_over: bool,
    /// Kind `analytics`: by which `yesterday` and `last week` are meant, as the IANA database names it.
    #[serde(default = "default_time_zone")]
    #[schemars(
        length(max = 64),
        extend("pattern" = "^[A-Za-z][A-Za-z0-9_+/-]*$", "x-expected" = "the name of a time zone like `Europe/Moscow`")
    )]
    time_zone: String,
}

impl From<AgentFields> for Agent {
    fn from(fields: AgentFields) -> Self {
        let (temperature, output_tokens_max) = (fields.temperature, fields.output_tokens_max);
        let asks = fields.model.clone().filter(|_| matches!(fields.kind, KindWord::Workflow));
        let asks = asks.map(|model| ModelChoice { model, temperature, output_tokens_max });
        let kind = match fields.kind {
            KindWord::Model => AgentKind::Model(ModelAgent {
                model: fields.model.unwrap_or_default(),
                system_prompt: fields.system_prompt.unwrap_or_default(),
                temperature: fields.temperature,
                output_tokens_max: fields.output_tokens_max,
                tool_rounds_max: fields.tool_rounds_max,
                hand_over: fields.hand_over,
            }),
            KindWord::Pricing => AgentKind::Pricing,
            KindWord::Concierge => AgentKind::Concierge,
            KindWord::Workflow => AgentKind::Workflow,
            KindWord::Analytics => AgentKind::Analytics(AnalyticsAgent { time_zone: fields.time_zone }),
        };
        Self {
            name: fields.name.unwrap_or_else(|| fields.id.to_string()),
            id: fields.id,
            description: fields.description,
            version: fields.version,
            intents: fields.intents,
            examples: fields.examples,
            priority: fields.priority,
            enabled: fields.enabled,
            optional: fields.optional,
            tools: fields.tools,
            workflow: fields.workflow,
            asks,
            max_execution_time: fields.max_execution_time,
            max_memory_usage: fields.max_memory_usage,
            policy: fields.policy,
            kind,
        }
    }
}

fn yes() -> bool {
    true
}
fn default_version() -> String {
    "1.0.0".into()
}
fn default_execution_time() -> HumanDuration {
    HumanDuration::from_secs(300)
}
fn default_policy() -> Policy {
    Policy::Enqueue
}
fn default_time_zone() -> String {
    "Europe/Moscow".into()
}
fn default_tool_rounds() -> u32 {
    8
}

/// The id of an agent that the program itself names.
pub(super) fn id(text: &'static str) -> AgentId {
    #[expect(clippy::expect_used, reason = "the callers pass constants that the default config's test reads")]
    text.parse().expect("a constant that is a valid agent id")
}

pub(super) fn agent_id_schema(_: &mut SchemaGenerator) -> Schema {
    let expected: Cow<'static, str> = "an agent id: 1 to 50 of a-z, 0-9, `_`, `-`, a letter first".into();
    json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9_-]{0,49}$", "x-expected": expected })
}

fn policy_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["enqueue", "reject", "interrupt", "steer"] })
}
