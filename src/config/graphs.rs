//! The graphs of a file, to be looked at: those of a config's workflows, of the program too, or one that stands alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    ConfigErrors, Source, check,
    error::{Finding, Rule},
    load::{DEFAULT_CONFIG, DEFAULT_FILE, errors, prepare, read},
    references,
    tree::{KeyPath, Node, Place},
    workflows, yaml,
};
use crate::workflow::{Graph, named::Named};

/// A graph of a file.
#[derive(Debug)]
pub struct DrawnGraph {
    /// The agent that follows it; none where the file is a graph and no config.
    pub agent: Option<String>,
    /// The graph.
    pub graph: Graph,
}

/// Reads the graphs of `path`, or of the config that would be served: each one that stands in it or that it names, in the
/// order of the file.
///
/// Secrets that a config refers to are not followed: a picture does not need them.
///
/// # Errors
/// Everything that is wrong with the file, at once, sorted by place.
pub fn graphs(
    path: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Vec<DrawnGraph>, ConfigErrors> {
    let default = Path::new(DEFAULT_FILE);
    let Some(path) = path.or_else(|| default.exists().then_some(default)) else {
        return graphs_of(DEFAULT_CONFIG, &Source::BuiltIn, environment);
    };
    let source = Source::File(PathBuf::from(path));
    match read(path) {
        Ok(text) => graphs_of(&text, &source, environment),
        Err(rule) => Err(errors(&source, None, vec![Finding::new(Place::Whole, rule)])),
    }
}

/// The same for a text that was read already.
fn graphs_of(
    text: &str,
    source: &Source,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Vec<DrawnGraph>, ConfigErrors> {
    let mut root = yaml::parse(text).map_err(|finding| errors(source, None, vec![*finding]))?;
    if is_graph(&root) {
        let graph = workflows::build_alone(&root).map_err(|findings| errors(source, Some(text), findings))?;
        return Ok(vec![DrawnGraph { agent: None, graph }]);
    }
    let environment: BTreeMap<String, String> = environment.collect();
    let (mut findings, blotted) = prepare(&mut root, text, &environment);
    findings.extend(check::check(&root));
    findings.extend(references::check(&root));
    if findings.is_empty() {
        return workflow_graphs(&root).map_err(|findings| errors(source, Some(&blotted), findings));
    }
    Err(errors(source, Some(&blotted), findings))
}

/// What has the keys of a graph and those of no config.
fn is_graph(root: &Node) -> bool {
    (root.get("nodes").is_some() || root.get("start").is_some()) && root.get("agents").is_none()
}

fn workflow_graphs(root: &Node) -> Result<Vec<DrawnGraph>, Vec<Finding>> {
    let agents = root.get("agents").map(Node::items).unwrap_or_default();
    let mut drawn = Vec::new();
    for (index, agent) in agents.iter().enumerate() {
        let path = KeyPath::default().key("agents").index(index).key("workflow");
        let Some(workflow) = agent.get("workflow") else { continue };
        let graph = match workflow.text_of("type") {
            Some(workflows::GRAPH) => Some(workflows::build(root, agent, workflow, &path)?),
            kind => match kind.and_then(Named::of) {
                Some(named) => workflows::build_named(named, agent, workflow, &path)?,
                None => None,
            },
        };
        let agent = agent.text_of("id").map(str::to_owned);
        drawn.extend(graph.map(|graph| DrawnGraph { agent, graph }));
    }
    if drawn.is_empty() {
        let words = "has no graph: neither an agent with a `workflow`, nor `start` and `nodes` at its top";
        return Err(vec![Finding::new(Place::Whole, Rule::Advice(words.to_owned()))]);
    }
    Ok(drawn)
}
