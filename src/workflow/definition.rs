//! A graph as it is written.
//!
//! ```yaml
//! start: ask
//! state:
//!   cost: { schema: { type: number }, default: 0 }
//!   price: { schema: { type: number } }
//! nodes:
//!   ask:   { collect: { fields: { cost: { ask: "What does it cost you?", schema: { type: number } } } }, then: sum }
//!   sum:   { set: { price: "= cost * 1.25" }, then: [ { when: "price > 1000", to: dear }, { to: tell } ] }
//!   tell:  { say: "Ask {{ price }} for it." }
//!   dear:  { say: "{{ price }} is a lot." }
//! ```
//!
//! Values in `set`, `arguments`, `input` and `data` are literal, but for texts: one that begins with `=` is an expression
//! and gives any JSON value, one with `{{` or `{%` is a template and gives text.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::units::HumanDuration;

/// What leads out of the graph, or out of a branch.
pub const END: &str = "end";

/// A graph as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The first node.
    pub start: String,
    /// The steps that one run of the graph may take in all, over all its turns; then it ends with `budget_steps`.
    #[serde(default = "default_steps_max")]
    #[schemars(range(min = 1, max = 100_000))]
    pub steps_max: u32,
    /// What the graph knows: each key with its schema, its default and how writes to it add up.
    #[serde(default)]
    pub state: BTreeMap<String, Key>,
    /// Keys of the state that are published in `finalState` when a run ends or waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publish: Vec<String>,
    /// The steps.
    pub nodes: BTreeMap<String, Node>,
    /// Graphs that nodes use by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub graphs: BTreeMap<String, Definition>,
}

/// A key of the state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Key {
    /// A JSON Schema that each value of the key must fit. Left out: anything does.
    pub schema: Option<Value>,
    /// What it is before anything was written. Left out: `null`, which need not fit the schema.
    pub default: Value,
    /// How a write adds up with what is there.
    pub reduce: Reducer,
}

/// How a write to a key adds up with what is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reducer {
    /// The new value takes the place of the old one.
    #[default]
    Replace,
    /// A list goes on: a list is added item by item, anything else as one item.
    Append,
    /// Numbers add up; nothing counts as 0.
    Add,
    /// Objects are merged key by key; `null` removes one.
    Merge,
}

/// A step. Exactly one of the keys that say what it does must be there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// Says this template to the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// Writes values to the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<Map<String, Value>>,
    /// Calls a tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolNode>,
    /// Calls a tool once the user has approved of this very call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve: Option<ApproveNode>,
    /// Asks a language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelNode>,
    /// Fills fields from what the user says, and asks for those that are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect: Option<CollectNode>,
    /// Hands the turn over to another agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handoff: Option<HandOffNode>,
    /// Calls a function of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<NativeNode>,
    /// Goes several ways at once, and on when all have come to their end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<ParallelNode>,
    /// Runs another graph to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graph: Option<GraphNode>,

    /// Where to go on. Left out: the graph, or the branch, ends here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// Where to go on when the step failed. Left out: the run fails. `error` is what went wrong there: `code`, `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_error: Option<String>,
    /// The time that one try may take. Left out: as long as the run has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "24h" }))]
    pub timeout: Option<HumanDuration>,
    /// Tries again what failed in a way that may pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Then {
    /// There.
    To(String),
    /// The first way whose condition holds.
    Ways(Vec<Way>),
}

/// A way that may be taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// An expression over the state. Left out: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The node, or `end`.
    pub to: String,
}

/// Tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// So often after the first try.
    #[schemars(range(min = 1, max = 10))]
    pub times: u32,
    /// After this, and twice as long each further time.
    #[serde(default = "default_retry_wait")]
    #[schemars(extend("x-duration" = { "min": "10ms", "max": "1h" }))]
    pub wait: HumanDuration,
}

/// A call of a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolNode {
    /// The tool, one that the agent was granted.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// The key that its result is written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
}

/// A call that needs the user's approval.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveNode {
    /// The tool, one that the agent was granted.
    pub tool: String,
    /// Its arguments: the decision is for these and no others.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// What the user is told before: a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// The key that the tool's result is written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// A message in place of a decision takes the question back and goes on at `rejected`, with `error.code` `message`. Left
    /// out: the question stays, and `say` is said again.
    #[serde(default)]
    pub withdraw: bool,
    /// How long a decision may take; then it counts as `expired`.
    #[serde(default = "default_expires")]
    #[schemars(extend("x-duration" = { "min": "1s", "max": "30d" }))]
    pub expires: HumanDuration,
    /// Where to go on when the user did not approve. Left out: the graph ends. `error.code` is `rejected` or `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
}

/// A question to a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelNode {
    /// The question: a template.
    pub prompt: String,
    /// What the model is told first: a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// A JSON Schema that the answer must fit. Left out: the answer is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// The key that the answer is written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// Whether the user sees the text as it comes.
    #[serde(default)]
    pub show: bool,
}

/// A form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectNode {
    /// What is needed, each the name of a key of the state.
    pub fields: BTreeMap<String, Field>,
    /// A function of the program that reads fields out of what the user says. Left out: one by its schema alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
}

/// A field of a form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What the user is asked: a template.
    pub ask: String,
    /// Whether the form is whole without it.
    #[serde(default)]
    pub optional: bool,
    /// Fields are asked for in this order; between equals, by name.
    #[serde(default)]
    pub order: i32,
}

/// A hand-off.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOffNode {
    /// The agent.
    pub to: String,
    /// Why, for the user and the next agent: a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is handed over.
    #[serde(default)]
    pub data: Map<String, Value>,
}

/// A function of the program.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NativeNode {
    /// Its name.
    pub name: String,
    /// What it is handed.
    #[serde(default)]
    pub input: Map<String, Value>,
}

/// Branches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParallelNode {
    /// The first node of each. What they write adds up in this order.
    #[schemars(length(min = 1, max = 16))]
    pub branches: Vec<String>,
}

/// A graph within.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GraphNode {
    /// A key of `graphs`.
    pub name: String,
    /// What its state begins with.
    #[serde(default)]
    pub input: Map<String, Value>,
    /// Keys of this state and the expressions over the inner one that they get when it has ended.
    #[serde(default)]
    pub output: Map<String, Value>,
}

fn default_steps_max() -> u32 {
    1_000
}
fn default_retry_wait() -> HumanDuration {
    HumanDuration::from_secs(1)
}
fn default_expires() -> HumanDuration {
    HumanDuration::from_secs(24 * 60 * 60)
}
