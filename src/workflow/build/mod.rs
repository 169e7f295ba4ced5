//! From what is written to what can run: all that is wrong is told at once, each with its place.

mod kinds;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::names::Names;
use super::{
    definition::{self, Definition, END},
    graph::{Graph, Key, Kind, Level, Node, NodeId, Target, Way},
    problem::{Path, Problem},
    reach,
};
use crate::json_schema;

/// The deepest nesting of graphs.
const LEVELS_MAX: usize = 8;
/// The nodes of one graph.
const NODES_MAX: usize = 500;

/// What a graph may refer to beside itself.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The tools that its agent was granted.
    pub tools: BTreeSet<String>,
    /// The functions of the program.
    pub natives: BTreeSet<String>,
    /// The functions of the program that read fields out of what a user says.
    pub readers: BTreeSet<String>,
    /// The agents of this deployment.
    pub agents: BTreeSet<String>,
    /// Whether its agent has a model.
    pub has_model: bool,
}

impl Surroundings {
    /// Where everything is that this graph names: for a graph of which nobody knows where it will stand.
    pub fn named_by(definition: &Definition) -> Self {
        let mut own = Self { has_model: true, ..Self::default() };
        own.add(definition);
        own
    }

    fn add(&mut self, definition: &Definition) {
        for node in definition.nodes.values() {
            self.tools.extend(node.tool.as_ref().map(|tool| tool.name.clone()));
            self.tools.extend(node.approve.as_ref().map(|approve| approve.tool.clone()));
            self.natives.extend(node.native.as_ref().map(|native| native.name.clone()));
            self.readers.extend(node.collect.as_ref().and_then(|collect| collect.reader.clone()));
            self.agents.extend(node.handoff.as_ref().map(|hand_off| hand_off.to.clone()));
        }
        definition.graphs.values().for_each(|inner| self.add(inner));
    }
}

impl Graph {
    /// Checks a definition whole.
    ///
    /// # Errors
    /// Every [`Problem`], by place.
    pub fn build(definition: Definition, around: &Surroundings) -> Result<Self, Vec<Problem>> {
        let mut builder = Builder { around, problems: Vec::new() };
        let top = builder.level(&definition, &Path::default(), 1);
        if !builder.problems.is_empty() {
            builder.problems.sort();
            return Err(builder.problems);
        }
        let json = serde_json::to_vec(&definition).unwrap_or_default();
        let version = blake3::hash(&json).to_hex().as_str()[..32].to_owned();
        Ok(Self { definition, version, top })
    }
}

struct Builder<'a> {
    around: &'a Surroundings,
    problems: Vec<Problem>,
}

impl Builder<'_> {
    fn level(&mut self, from: &Definition, path: &Path, depth: usize) -> Level {
        if from.nodes.len() > NODES_MAX {
            self.problems.push(path.key("nodes").problem(format!("{} nodes, at most {NODES_MAX}", from.nodes.len())));
        }
        let graphs = self.graphs(from, path, depth);
        let keys = from.state.iter().map(|(name, key)| (name.clone(), self.state_key(name, key, path))).collect();
        let names = Names { definition: from, around: self.around };
        let mut nodes = BTreeMap::new();
        for (name, node) in &from.nodes {
            let at = path.key("nodes").key(name);
            if !is_name(name) || name == END {
                let words = format!("`{name}` is no name of a node: 1 to 50 of a-z, 0-9 and `_`, and not `{END}`");
                self.problems.push(at.problem(words));
            }
            if let Some(node) = self.node(node, &names, &at) {
                nodes.insert(NodeId::new(name), node);
            }
        }
        self.keys(from.publish.iter(), from, &path.key("publish"));
        let start = self.target(&from.start, from, &path.key("start"));
        let start = if let Some(Target::Node(start)) = start {
            start
        } else {
            self.problems.extend(start.map(|_| path.key("start").problem("`start` must be a node")));
            NodeId::new(END)
        };
        let level = Level { start, keys, nodes, graphs };
        self.problems.extend(reach::unreachable(&level, from, path));
        level
    }

    fn graphs(&mut self, from: &Definition, path: &Path, depth: usize) -> BTreeMap<String, Level> {
        if from.graphs.is_empty() {
            return BTreeMap::new();
        }
        if depth >= LEVELS_MAX {
            self.problems.push(path.key("graphs").problem(format!("graphs are nested more than {LEVELS_MAX} deep")));
            return BTreeMap::new();
        }
        let level = |(name, graph): (&String, &Definition)| {
            (name.clone(), self.level(graph, &path.key("graphs").key(name), depth + 1))
        };
        from.graphs.iter().map(level).collect()
    }

    fn state_key(&mut self, name: &str, key: &definition::Key, path: &Path) -> Key {
        let path = path.key("state").key(name);
        if !is_name(name) || super::expression::NAMES.contains(&name) {
            let words = format!("`{name}` is no name of a key: 1 to 50 of a-z, 0-9 and `_`, and not `user` or `error`");
            self.problems.push(path.problem(words));
        }
        let mut validator = None;
        if let Some(schema) = &key.schema {
            match json_schema::compile(schema) {
                Ok(compiled) => validator = Some(compiled),
                Err(words) => self.problems.push(path.key("schema").problem(format!("is no JSON Schema: {words}"))),
            }
        }
        if let (Some(validator), false) = (&validator, key.default == Value::Null)
            && let Err(words) = json_schema::check(validator, &key.default)
        {
            self.problems.push(path.key("default").problem(format!("does not fit the schema: {words}")));
        }
        Key { schema: key.schema.clone(), validator, default: key.default.clone(), reduce: key.reduce }
    }

    fn node(&mut self, from: &definition::Node, names: &Names<'_>, path: &Path) -> Option<Node> {
        let ways = self.ways(from, names, path);
        let on_error = from.on_error.as_ref();
        let on_error = on_error.and_then(|to| self.target(to, names.definition, &path.key("on_error")));
        let kind = self.kind(from, names, path)?;
        if let (Kind::HandOff { .. }, Some(_)) = (&kind, &from.then) {
            self.problems.push(path.key("then").problem("is never taken: a hand-off ends the graph"));
        }
        Some(Node {
            kind,
            ways,
            on_error,
            timeout: from.timeout.map(crate::units::HumanDuration::get),
            retry: from.retry,
        })
    }

    fn ways(&mut self, from: &definition::Node, names: &Names<'_>, path: &Path) -> Vec<Way> {
        let path = path.key("then");
        match &from.then {
            None => vec![Way { when: None, to: Target::End }],
            Some(definition::Then::To(to)) => {
                self.target(to, names.definition, &path).map(|to| Way { when: None, to }).into_iter().collect()
            }
            Some(definition::Then::Ways(ways)) => {
                self.has_a_last_way(ways, &path);
                let way = |(index, way)| self.way(way, names, &path.item(index));
                ways.iter().enumerate().filter_map(way).collect()
            }
        }
    }

    fn way(&mut self, from: &definition::Way, names: &Names<'_>, path: &Path) -> Option<Way> {
        let when = from.when.as_ref().map(|when| self.formula(when, names, &path.key("when")));
        let to = self.target(&from.to, names.definition, &path.key("to"));
        Some(Way { when: when.unwrap_or_default(), to: to? })
    }

    /// One of the ways must be open whatever the state is, and those after it would never be taken.
    fn has_a_last_way(&mut self, ways: &[definition::Way], path: &Path) {
        let open = ways.iter().position(|way| way.when.is_none());
        match open {
            None => self
                .problems
                .push(path.problem("there is no way where no condition holds: add a last one without `when`")),
            Some(last) => {
                for index in last + 1..ways.len() {
                    let words = "is never taken: the way before it has no `when`";
                    self.problems.push(path.item(index).problem(words));
                }
            }
        }
    }

    /// A node of the same graph, or its end.
    fn target(&mut self, to: &str, from: &Definition, path: &Path) -> Option<Target> {
        if to == END {
            return Some(Target::End);
        }
        if from.nodes.contains_key(to) {
            return Some(Target::Node(NodeId::new(to)));
        }
        let known = nearest(to, from.nodes.keys());
        self.problems.push(path.problem(format!("`{to}` is no node; {known}")));
        None
    }
}

fn is_name(name: &str) -> bool {
    (1..=50).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// The nearest name, or all of them.
fn nearest<'a>(to: &str, known: impl Iterator<Item = &'a String>) -> String {
    let known: Vec<&String> = known.collect();
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(to, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 2 => format!("did you mean `{name}`?"),
        _ if known.is_empty() => "there are none".to_owned(),
        _ => {
            let names: Vec<String> = known.iter().take(20).map(|name| format!("`{name}`")).collect();
            format!("there are {}", names.join(", "))
        }
    }
}
