//! A graph that was checked: every name leads somewhere, every expression is compiled.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use jsonschema::Validator;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Progress,
    definition::{Definition, Reducer, Retry},
    expression::{Formula, Template, Text},
};

/// The name of a node in its graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(Arc<str>);

impl NodeId {
    pub(super) fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A graph that can be run. Made by [`Graph::build`] alone.
#[derive(Debug)]
pub struct Graph {
    pub(super) definition: Definition,
    pub(super) version: String,
    pub(super) top: Level,
}

impl Graph {
    /// What it was made of.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// What a run publishes, as far as it is there.
    pub fn published(&self, progress: &Progress) -> Map<String, Value> {
        let value = |key: &String| progress.top.state.get(key).map(|value| (key.clone(), value.clone()));
        self.definition.publish.iter().filter_map(value).filter(|(_, value)| !value.is_null()).collect()
    }

    /// What a key of the state begins with in the graph that a step is in. `path` is the step's, as [`Graph::path`] says it.
    pub fn default_of(&self, path: &str, key: &str) -> Option<&Value> {
        let within = path.rsplit_once('/').map(|(within, _)| within.split('/'));
        let level = within.into_iter().flatten().try_fold(&self.top, |level, name| level.graphs.get(name))?;
        level.keys.get(key).map(|key| &key.default)
    }

    /// Tells graphs apart: 32 hexadecimal digits of BLAKE3 over the definition as JSON.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// A graph, or one within.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) start: NodeId,
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) nodes: BTreeMap<NodeId, Node>,
    pub(super) graphs: BTreeMap<String, Level>,
}

/// A key of the state.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) schema: Option<Value>,
    pub(super) validator: Option<Validator>,
    pub(super) default: Value,
    pub(super) reduce: Reducer,
}

/// A step.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) ways: Vec<Way>,
    pub(super) on_error: Option<Target>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: Option<Retry>,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Kind {
    Say(Text),
    Set(Vec<(String, Template)>),
    Tool { name: String, arguments: Vec<(String, Template)>, into: Option<String> },
    Approve(Approve),
    Model(Box<Model>),
    Collect { fields: Vec<Field>, reader: Option<String> },
    HandOff { to: String, reason: Option<Text>, data: Vec<(String, Template)> },
    Native { name: String, input: Vec<(String, Template)> },
    Parallel(Vec<NodeId>),
    Graph { name: String, input: Vec<(String, Template)>, output: Vec<(String, Template)> },
}

#[derive(Debug)]
pub(super) struct Approve {
    pub(super) tool: String,
    pub(super) arguments: Vec<(String, Template)>,
    pub(super) say: Option<Text>,
    pub(super) into: Option<String>,
    pub(super) withdraw: bool,
    pub(super) expires: Duration,
    pub(super) rejected: Option<Target>,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) prompt: Text,
    pub(super) system: Option<Text>,
    pub(super) schema: Option<Value>,
    pub(super) into: Option<String>,
    pub(super) show: bool,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ask: Text,
    pub(super) optional: bool,
}

/// A way out of a step.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) when: Option<Formula>,
    pub(super) to: Target,
}

/// Where a way leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Node(NodeId),
    End,
}

impl Kind {
    /// The word in the definition.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Say(_) => "say",
            Self::Set(_) => "set",
            Self::Tool { .. } => "tool",
            Self::Approve(_) => "approve",
            Self::Model(_) => "model",
            Self::Collect { .. } => "collect",
            Self::HandOff { .. } => "handoff",
            Self::Native { .. } => "native",
            Self::Parallel(_) => "parallel",
            Self::Graph { .. } => "graph",
        }
    }
}

impl Node {
    /// Everywhere that it may lead, with what is written at the arrow.
    pub(super) fn targets(&self) -> Vec<(String, &Target)> {
        let label = |way: &Way| way.when.as_ref().map(|when| when.text().trim().to_owned()).unwrap_or_default();
        let mut targets: Vec<_> = self.ways.iter().map(|way| (label(way), &way.to)).collect();
        if let Kind::Approve(Approve { rejected: Some(rejected), .. }) = &self.kind {
            targets.push(("rejected".to_owned(), rejected));
        }
        targets.extend(self.on_error.iter().map(|target| ("error".to_owned(), target)));
        targets
    }

    /// The first nodes of its branches.
    pub(super) fn branches(&self) -> &[NodeId] {
        if let Kind::Parallel(branches) = &self.kind { branches } else { &[] }
    }
}
