//! Graphs in the config: all that is wrong with one, each with its place in the file.

use std::{collections::BTreeSet, sync::LazyLock};

use jsonschema::Validator;
use serde_json::Value as Json;

use super::{
    error::{Finding, Rule},
    tree::{KeyPath, Node},
};
use crate::workflow::{
    Definition, Graph, Problem, Surroundings,
    named::{Named, NamedConfig},
    problem::Step,
};

/// The type of a graph that stands in the config.
pub(super) const GRAPH: &str = "graph";
/// Keys of `workflow` that are not of the graph.
const OWN_KEYS: [&str; 2] = ["type", "config"];
/// The longest text of a violation, in characters.
const REASON_CHARS_MAX: usize = 200;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the schema is made from our types; every test of this module compiles it")]
    jsonschema::validator_for(schemars::schema_for!(Definition).as_value()).expect("our own schema compiles")
});

/// What is wrong with the workflow of an agent.
pub(super) fn check(root: &Node, agent: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    let is_workflow = agent.text_of("kind") == Some("workflow");
    let Some(node) = agent.get("workflow") else {
        if is_workflow {
            let expected = "a graph, with `type: graph`".into();
            let rule = Rule::Missing { key: path.key("workflow").to_string(), expected };
            findings.push(Finding::new(agent.place.clone(), rule));
        }
        return;
    };
    let path = path.key("workflow");
    if !is_workflow {
        let kind = agent.text_of("kind").unwrap_or_default().to_owned();
        let rule = Rule::NotOfKind { key: path.to_string(), kind, only: "`workflow` has it".to_owned() };
        findings.push(Finding::new(node.place.clone(), rule));
    } else if let Some(kind) = node.text_of("type").filter(|kind| *kind != GRAPH) {
        if let Some(named) = Named::of(kind) {
            check_named(named, agent, node, &path, findings);
            return;
        }
        let place = node.get("type").map_or(&node.place, |kind| &kind.place).clone();
        let words: Vec<String> = Named::ALL.iter().map(|named| format!("`{}`", named.word())).collect();
        let known = format!("there are `graph` and {}", words.join(", "));
        let rule = Rule::Dangling { key: path.key("type").to_string(), value: kind.to_owned(), known };
        findings.push(Finding::new(place, rule));
    } else {
        check_graph(root, agent, node, &path, findings);
    }
}

fn check_named(named: Named, agent: &Node, node: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    let strange = node.entries().iter().filter(|entry| !OWN_KEYS.contains(&entry.key.as_str()));
    for entry in strange {
        let reason = format!("has no meaning beside `type: {}`; only `config` has one", named.word());
        findings
            .push(Finding::new(entry.place.clone(), Rule::Workflow { key: path.key(&entry.key).to_string(), reason }));
    }
    findings.extend(build_named(named, agent, node, path).err().unwrap_or_default());
}

/// A graph of the program has only a config; what it is made of may lack a tool.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn build_named(
    named: Named,
    agent: &Node,
    node: &Node,
    path: &KeyPath,
) -> Result<Option<Graph>, Vec<Finding>> {
    let config = node.get("config").map(Node::to_json).unwrap_or_default();
    let read = match &config {
        Json::Null => Ok(NamedConfig::default()),
        Json::Object(config) => NamedConfig::read(config),
        // The schema of the file says it.
        _ => return Ok(None),
    };
    let config = read.map_err(|(key, words)| {
        let steps = ["config"].into_iter().chain(key).map(|key| Step::Key(key.to_owned())).collect::<Vec<_>>();
        vec![found(node, path, &steps, words)]
    })?;
    let around = Surroundings { natives: named.natives(), readers: named.readers(), ..around(node, agent) };
    let definition = named
        .definition(&config, &around.tools, around.has_model)
        .map_err(|words| vec![found(node, path, &[], words)])?;
    Graph::build(definition, &around).map(Some).map_err(|problems| {
        // Its nodes are no places of the file, and one missing tool is missing in many of them.
        let words: BTreeSet<String> = problems.into_iter().map(|problem| problem.words).collect();
        words.into_iter().map(|words| found(node, path, &[], words)).collect()
    })
}

fn check_graph(root: &Node, agent: &Node, node: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    findings.extend(build(root, agent, node, path).err().unwrap_or_default());
}

/// The graph of an agent, which stands in its `workflow`.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn build(root: &Node, agent: &Node, workflow: &Node, path: &KeyPath) -> Result<Graph, Vec<Finding>> {
    let mut json = workflow.to_json();
    if let Some(entries) = json.as_object_mut() {
        entries.retain(|key, _| !OWN_KEYS.contains(&key.as_str()));
    }
    built(json, workflow, path, |_| around(root, agent))
}

/// A graph that stands in no config, so that nobody knows which tools, agents and functions there are.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn build_alone(root: &Node) -> Result<Graph, Vec<Finding>> {
    built(root.to_json(), root, &KeyPath::default(), Surroundings::named_by)
}

fn built(
    json: Json,
    node: &Node,
    path: &KeyPath,
    around: impl FnOnce(&Definition) -> Surroundings,
) -> Result<Graph, Vec<Finding>> {
    let wrong: Vec<Finding> = SCHEMA
        .iter_errors(&json)
        .map(|error| {
            let reason = error.to_string().chars().take(REASON_CHARS_MAX).collect();
            found(node, path, &steps_of(error.instance_path().as_str()), reason)
        })
        .collect();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let definition: Definition =
        serde_json::from_value(json).map_err(|error| vec![found(node, path, &[], error.to_string())])?;
    let around = around(&definition);
    Graph::build(definition, &around).map_err(|problems| {
        problems.into_iter().map(|Problem { path: steps, words }| found(node, path, &steps, words)).collect()
    })
}

/// What the graph may name, as far as the file says.
fn around(root: &Node, agent: &Node) -> Surroundings {
    let grants = agent.get("tools").map(Node::items).unwrap_or_default();
    let agents = root.get("agents").map(Node::items).unwrap_or_default();
    let is_off = |grant: &&Node| grant.get("enabled").is_some_and(|node| node.value == super::tree::Value::Bool(false));
    Surroundings {
        tools: grants
            .iter()
            .filter(|grant| !is_off(grant))
            .filter_map(|grant| grant.text_of("name"))
            .map(str::to_owned)
            .collect(),
        natives: BTreeSet::new(),
        readers: BTreeSet::new(),
        agents: agents.iter().filter_map(|agent| agent.text_of("id")).map(str::to_owned).collect(),
        has_model: agent.get("model").is_some(),
    }
}

/// A JSON pointer as steps; what looks like a number is an index where a list is.
fn steps_of(pointer: &str) -> Vec<Step> {
    let step = |text: &str| {
        let text = text.replace("~1", "/").replace("~0", "~");
        text.parse().map_or_else(|_| Step::Key(text.clone()), Step::Item)
    };
    pointer.split('/').skip(1).map(step).collect()
}

/// At the deepest place on the way that the file has.
fn found(node: &Node, path: &KeyPath, steps: &[Step], reason: String) -> Finding {
    let (mut at, mut key) = (node, path.clone());
    let mut place = node.place.clone();
    for step in steps {
        let next = match step {
            Step::Key(name) => {
                key = key.key(name);
                at.get(name)
            }
            // A JSON pointer does not tell an index from a key that looks like one.
            Step::Item(index) if at.items().is_empty() => {
                key = key.key(&index.to_string());
                at.get(&index.to_string())
            }
            Step::Item(index) => {
                key = key.index(*index);
                at.items().get(*index)
            }
        };
        let Some(next) = next else { break };
        at = next;
        place = next.place.clone();
    }
    let key = if key == KeyPath::default() { "the graph".to_owned() } else { key.to_string() };
    Finding::new(place, Rule::Workflow { key, reason })
}

/// The graph of a workflow, for an agent with these tools, with a model or without.
///
/// # Errors
/// What cannot be read of it; the check of the config says it with its place.
pub fn definition(
    workflow: &super::Workflow,
    granted: &BTreeSet<String>,
    has_model: bool,
) -> Result<Definition, String> {
    if let Some(named) = Named::of(&workflow.kind) {
        let config = NamedConfig::read(&workflow.config).map_err(|(_, words)| words)?;
        return named.definition(&config, granted, has_model);
    }
    serde_json::from_value(Json::Object(workflow.graph.clone())).map_err(|error| error.to_string())
}
