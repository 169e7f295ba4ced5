//! Nodes that nothing leads to.

use std::collections::BTreeSet;

use super::{
    definition::Definition,
    graph::{Level, NodeId, Target},
    problem::{Path, Problem},
};

/// Nodes that no way from the start leads to, and graphs that no node uses.
pub(super) fn unreachable(level: &Level, from: &Definition, path: &Path) -> Vec<Problem> {
    let mut reached: BTreeSet<&NodeId> = BTreeSet::new();
    let mut next = vec![&level.start];
    while let Some(id) = next.pop() {
        let Some(node) = level.nodes.get(id) else { continue };
        if reached.insert(id) {
            next.extend(node.branches());
            next.extend(node.targets().into_iter().filter_map(|(_, target)| match target {
                Target::Node(id) => Some(id),
                Target::End => None,
            }));
        }
    }
    // Where a name leads nowhere, that is the problem to mend, not what lies behind it.
    let is_whole = level.nodes.len() == from.nodes.len() && level.nodes.contains_key(&level.start);
    let lost = level.nodes.keys().filter(|id| is_whole && !reached.contains(id));
    let words = |id: &NodeId| path.key("nodes").key(id.as_str()).problem(format!("nothing leads to `{id}`"));
    let used = |name: &str| from.nodes.values().any(|node| node.graph.as_ref().is_some_and(|graph| graph.name == name));
    let unused = from.graphs.keys().filter(|name| !used(name));
    let unused = unused.map(|name| path.key("graphs").key(name).problem(format!("no node uses the graph `{name}`")));
    lost.map(words).chain(unused).collect()
}
