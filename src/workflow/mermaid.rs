//! A graph as a picture: Mermaid, which GitHub, GitLab and most wikis draw.

use std::{collections::BTreeSet, fmt::Write};

use super::{
    definition::END,
    graph::{Graph, Kind, Level, Node, NodeId, Target},
};

/// What is shown of a condition, in characters.
const LABEL_CHARS_MAX: usize = 80;

impl Graph {
    /// The graph as a Mermaid flow chart. Nodes that are in `visited`, by their paths (see [`Graph::nodes`]), are marked:
    /// the way of a run.
    pub fn mermaid(&self, visited: &BTreeSet<String>) -> String {
        let mut picture = Picture { visited, text: String::from("flowchart TD\n") };
        picture.level(&self.top, &Within::default());
        if !visited.is_empty() {
            picture.line(format_args!("classDef visited fill:#d4f4dd,stroke:#2a7d46,stroke-width:2px,color:#10351c"));
        }
        picture.text
    }

    /// Every node with the word for what it does. A node of a graph within is `GRAPH/NODE`, as in `step_complete`.
    pub fn nodes(&self) -> Vec<(String, &'static str)> {
        let mut nodes = Vec::new();
        collect(&self.top, "", &mut nodes);
        nodes
    }
}

fn collect(level: &Level, prefix: &str, nodes: &mut Vec<(String, &'static str)>) {
    nodes.extend(level.nodes.iter().map(|(id, node)| (format!("{prefix}{id}"), node.kind.word())));
    for (name, inner) in &level.graphs {
        collect(inner, &format!("{prefix}{name}/"), nodes);
    }
}

/// Which graph is drawn.
#[derive(Default)]
struct Within {
    /// Before the names of its nodes in the picture. Words of Mermaid (`end`, `class`, `graph`) at the beginning of a name
    /// break the picture, so each name begins with a capital, which no node of ours has.
    name: String,
    /// Before the names of its nodes in paths.
    path: String,
}

impl Within {
    fn node(&self, id: &str) -> String {
        format!("{}S_{id}", self.name)
    }

    fn graph(&self, name: &str) -> Self {
        Self { name: format!("{}G_{name}_", self.name), path: format!("{}{name}/", self.path) }
    }

    fn start(&self) -> String {
        format!("{}START", self.name)
    }
}

struct Picture<'a> {
    visited: &'a BTreeSet<String>,
    text: String,
}

impl Picture<'_> {
    fn level(&mut self, from: &Level, within: &Within) {
        self.line(format_args!("{}([\"start\"]) --> {}", within.start(), within.node(from.start.as_str())));
        for (id, node) in &from.nodes {
            let (name, label) = (within.node(id.as_str()), label(id, node));
            let (open, close) = shape(&node.kind);
            self.line(format_args!("{name}{open}\"{label}\"{close}"));
            if self.visited.contains(&format!("{}{id}", within.path)) {
                self.line(format_args!("class {name} visited"));
            }
            self.arrows(node, &name, within);
        }
        for (name, inner) in &from.graphs {
            self.line(format_args!("subgraph {}G_{name}[\"{name}\"]", within.name));
            self.level(inner, &within.graph(name));
            self.line(format_args!("end"));
        }
    }

    fn arrows(&mut self, node: &Node, name: &str, within: &Within) {
        for branch in node.branches() {
            self.line(format_args!("{name} ==> {}", within.node(branch.as_str())));
        }
        if let Kind::Graph { name: inner, .. } = &node.kind {
            self.line(format_args!("{name} -.-> {}", within.graph(inner).start()));
        }
        for (words, target) in node.targets() {
            let to = match target {
                Target::Node(id) => within.node(id.as_str()),
                Target::End => format!("{}END([\"{END}\"])", within.name),
            };
            if words.is_empty() {
                self.line(format_args!("{name} --> {to}"));
            } else {
                self.line(format_args!("{name} -->|\"{}\"| {to}", quoted(&cut(&words))));
            }
        }
    }

    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        // A String takes everything.
        writeln!(self.text, "  {words}").ok();
    }
}

fn label(id: &NodeId, node: &Node) -> String {
    let detail = match &node.kind {
        Kind::Tool { name, .. } | Kind::Native { name, .. } | Kind::Graph { name, .. } => name.as_str(),
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
        Kind::Parallel(_) | Kind::Graph { .. } => ("[[", "]]"),
        Kind::HandOff { .. } => (">", "]"),
        Kind::Model(_) => ("(", ")"),
        _ => ("[", "]"),
    }
}

fn cut(words: &str) -> String {
    match words.char_indices().nth(LABEL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

/// Text in double quotes, as Mermaid reads it: `#` begins its own entities.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' => out.push_str("#35;"),
            // Two of them begin a comment or a directive, within quotes too.
            '%' => out.push_str("#37;"),
            '&' => out.push_str("#amp;"),
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '\n' => out.push_str("<br/>"),
            c => out.push(c),
        }
    }
    out
}
