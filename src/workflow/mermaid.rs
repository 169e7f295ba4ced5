//! A graph as a picture: Mermaid, which GitHub, GitLab and most wikis draw.

use std::{collections::BTreeSet, fmt::Write};

use super::{
    definition::END,
    graph::{Graph, Kind, Level, Node, NodeId, Target},
};

impl Graph {
    /// The graph as a Mermaid flow chart. Nodes that are in `visited` are marked: the path of a run.
    pub fn mermaid(&self, visited: &BTreeSet<String>) -> String {
        let mut text = String::from("flowchart TD\n");
        level(&self.top, "", visited, &mut text);
        if !visited.is_empty() {
            text.push_str("  classDef visited fill:#d4f4dd,stroke:#2a7d46,stroke-width:2px\n");
        }
        text
    }
}

fn level(from: &Level, prefix: &str, visited: &BTreeSet<String>, text: &mut String) {
    let start = format!("{prefix}start");
    line(text, format_args!("{start}([start]) --> {prefix}{}", from.start));
    for (id, node) in &from.nodes {
        let (name, label) = (format!("{prefix}{id}"), label(id, node));
        let (open, close) = shape(&node.kind);
        line(text, format_args!("{name}{open}\"{label}\"{close}"));
        if visited.contains(&name.replace("__", "/")) {
            line(text, format_args!("class {name} visited"));
        }
        arrows(node, &name, prefix, text);
    }
    for (name, inner) in &from.graphs {
        line(text, format_args!("subgraph {prefix}{name}"));
        level(inner, &format!("{prefix}{name}__"), visited, text);
        line(text, format_args!("end"));
    }
}

fn arrows(node: &Node, name: &str, prefix: &str, text: &mut String) {
    for branch in node.branches() {
        line(text, format_args!("{name} ==> {prefix}{branch}"));
    }
    if let Kind::Graph { name: inner, .. } = &node.kind {
        line(text, format_args!("{name} -.-> {prefix}{inner}__start"));
    }
    for (words, target) in node.targets() {
        let to = match target {
            Target::Node(id) => format!("{prefix}{id}"),
            Target::End => format!("{prefix}{END}([{END}])"),
        };
        if words.is_empty() {
            line(text, format_args!("{name} --> {to}"));
        } else {
            line(text, format_args!("{name} -->|\"{}\"| {to}", quoted(&words)));
        }
    }
}

fn label(id: &NodeId, node: &Node) -> String {
    let detail = match &node.kind {
        Kind::Tool { name, .. } | Kind::Native { name, .. } => name.as_str(),
        Kind::Approve(approve) => approve.tool.as_str(),
        Kind::HandOff { to, .. } => to.as_str(),
        _ => "",
    };
    quoted(format!("{id}\n{} {detail}", node.kind.word()).trim_end())
}

/// The brackets that give a node its shape.
fn shape(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Collect { .. } => ("[/", "/]"),
        Kind::Approve(_) => ("{{", "}}"),
        Kind::Parallel(_) => ("[[", "]]"),
        Kind::HandOff { .. } => (">", "]"),
        Kind::Model(_) => ("(", ")"),
        _ => ("[", "]"),
    }
}

/// Text in double quotes, as Mermaid reads it.
fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br/>")
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // A String takes everything.
    writeln!(text, "  {words}").ok();
}
