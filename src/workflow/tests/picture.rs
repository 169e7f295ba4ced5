//! Pictures that Mermaid can read, whatever stands in a graph: each line is one of the forms that its grammar has, each name is
//! defined, and no text of the graph's author ends its quotes or begins a directive.

use std::collections::BTreeSet;

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::workflow::named::{Named, NamedConfig};

/// The lines of a picture.
struct Grammar {
    node: Regex,
    class: Regex,
    arrow: Regex,
    subgraph: Regex,
    style: Regex,
}

/// A label within quotes: entities, line breaks, and nothing else that Mermaid or HTML gives a meaning to.
const LABEL: &str = r#""((?:[^"<>#&%]|<br/>|#\w+;)*)""#;

impl Grammar {
    fn new() -> Self {
        let name = "[A-Z][A-Za-z0-9_]*";
        let regex = |form: String| Regex::new(&format!("^  {form}$")).unwrap();
        Self {
            node: regex(format!(
                r"({name})(?:\[{LABEL}\]|\[/{LABEL}/\]|\{{\{{{LABEL}\}}\}}|\[\[{LABEL}\]\]|>{LABEL}\]|\({LABEL}\))"
            )),
            class: regex(format!("class ({name}) visited")),
            arrow: regex(format!(
                r#"({name})(?:\(\["start"\]\))? (?:-->|==>|-\.->)(?:\|{LABEL}\|)? ({name})(?:\(\["end"\]\))?"#
            )),
            subgraph: regex(format!("subgraph ({name})\\[{LABEL}\\]")),
            style: regex("classDef visited [a-z0-9:#,-]+".to_owned()),
        }
    }

    /// Fails where a line is none of Mermaid's. Answers the names of nodes, and how many arrows there are.
    #[track_caller]
    fn read(&self, picture: &str) -> (BTreeSet<String>, usize) {
        let mut lines = picture.lines();
        assert_eq!(lines.next(), Some("flowchart TD"));
        let (mut defined, mut used, mut arrows, mut open) = (BTreeSet::new(), BTreeSet::new(), 0, 0);
        for line in lines {
            if let Some(found) = self.node.captures(line) {
                assert!(defined.insert(found[1].to_owned()), "twice: {line}");
            } else if let Some(found) = self.arrow.captures(line) {
                arrows += 1;
                used.extend([found[1].to_owned(), found[3].to_owned()]);
            } else if let Some(found) = self.class.captures(line) {
                used.insert(found[1].to_owned());
            } else if self.subgraph.is_match(line) {
                open += 1;
            } else if line == "  end" {
                assert_ne!(open, 0, "nothing ends here:\n{picture}");
                open -= 1;
            } else {
                assert!(self.style.is_match(line), "not of Mermaid: `{line}`");
            }
        }
        assert_eq!(open, 0, "a box stays open:\n{picture}");
        let is_mark = |name: &str| name.ends_with("START") || name.ends_with("END");
        let lost: Vec<&String> = used.iter().filter(|name| !defined.contains(*name) && !is_mark(name)).collect();
        assert_eq!(lost, [""; 0], "arrows to what is not there:\n{picture}");
        (defined, arrows)
    }
}

#[test]
fn the_picture_of_each_graph_of_the_program_can_be_read() {
    for named in Named::ALL {
        let tools = ["wildberries_api", "keyword_research", "image_analysis"].map(str::to_owned);
        let definition = named.definition(&NamedConfig::default(), &BTreeSet::from(tools), false).unwrap();
        let graph = Graph::build(definition.clone(), &Surroundings::named_by(&definition)).unwrap();
        let visited = graph.nodes().into_iter().map(|(id, _)| id).collect();
        let (nodes, arrows) = Grammar::new().read(&graph.mermaid(&visited));
        assert_eq!(nodes.len(), definition.nodes.len());
        assert!(arrows > nodes.len(), "{arrows} arrows");
    }
}

/// Words of Mermaid as names of nodes and of graphs, in each other.
#[test]
fn names_that_mermaid_has_a_meaning_for_are_names() {
    let words =
        ["class", "click", "default", "graph", "style", "subgraph", "direction", "o", "x", "linkstyle", "start"];
    for word in words {
        let yaml = format!(
            "{{ start: {word}, nodes: {{ {word}: {{ graph: {{ name: {word} }} }} }}, graphs: {{ {word}: {{ start: {word}, \
             nodes: {{ {word}: {{ parallel: {{ branches: [a, b] }} }}, a: {{ say: x }}, b: {{ say: x }} }} }} }} }}"
        );
        let (nodes, _) = Grammar::new().read(&graph(&yaml).mermaid(&BTreeSet::from([word.to_owned()])));
        assert_eq!(nodes.len(), 4, "{word}: {nodes:?}");
    }
}

#[track_caller]
fn drawn(picture: &str, expected: &str) {
    Grammar::new().read(picture);
    assert!(picture.contains(expected), "{picture}");
}

#[test]
fn what_mermaid_or_html_would_read_in_a_condition_is_text() {
    let picture = |text: &str| {
        let when = format!("x == {}", json!(text));
        let yaml = json!({
            "start": "a", "state": { "x": {} },
            "nodes": { "a": { "say": "hi", "then": [{ "when": when, "to": "a" }, { "to": "end" }] } },
        });
        graph(&yaml.to_string()).mermaid(&BTreeSet::new())
    };
    drawn(&picture("%%{init: {}}%%"), "#37;#37;{init: {}}#37;#37;");
    drawn(&picture("%% no comment"), "#37;#37; no comment");
    drawn(&picture("<script>"), "#lt;script#gt;");
    drawn(&picture("&lt; #35;"), "#amp;lt; #35;35;");
    drawn(&picture("]} --> end; |"), "]} --#gt; end; |");
    drawn(&picture("Привет — 🦀"), "Привет — 🦀");
}

proptest! {
    /// Any text in a condition, over a graph of any shape.
    #[test]
    fn any_graph_has_a_picture_that_can_be_read(seed in 0_u64..10_000, text in ".{0,120}") {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut definition: Definition = serde_saphyr::from_str(&properties::yaml(&mut rng)).unwrap();
        let when = format!("x == {}", json!(text));
        let ways = definition.nodes.values_mut().filter_map(|node| node.then.as_mut());
        for then in ways {
            let crate::workflow::definition::Then::Ways(ways) = then else { continue };
            ways[0].when = Some(when.clone());
        }
        let Ok(graph) = Graph::build(definition, &around()) else { return Ok(()) };
        let visited = graph.nodes().into_iter().map(|(id, _)| id).collect();
        Grammar::new().read(&graph.mermaid(&visited));
    }
}
