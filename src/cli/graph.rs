//! `switchboard graph`: the graphs of workflows as pictures.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use super::{Exit, GraphOptions, Reader, write_errors};
use crate::config::{self, DrawnGraph};

/// Prints the graphs of a file: one as Mermaid, several as Markdown with Mermaid in it.
///
/// # Errors
/// Those of `out` and `told`.
pub fn run_graph(
    options: &GraphOptions,
    environment: impl Iterator<Item = (String, String)>,
    reader: Reader,
    out: &mut impl Write,
    told: &mut impl Write,
) -> io::Result<Exit> {
    let drawn = match config::graphs(options.file.as_deref(), environment) {
        Ok(drawn) => drawn,
        Err(errors) => {
            write_errors(&errors, reader, told)?;
            return Ok(Exit::Wrong);
        }
    };
    match chosen(&drawn, options.agent.as_deref()) {
        Ok(chosen) => {
            out.write_all(pictures(&chosen).as_bytes())?;
            Ok(Exit::Done)
        }
        Err(words) => {
            writeln!(told, "{words}")?;
            Ok(Exit::Wrong)
        }
    }
}

fn chosen<'a>(drawn: &'a [DrawnGraph], agent: Option<&str>) -> Result<Vec<&'a DrawnGraph>, String> {
    let Some(agent) = agent else { return Ok(drawn.iter().collect()) };
    let found: Vec<_> = drawn.iter().filter(|one| one.agent.as_deref() == Some(agent)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let known: Vec<&str> = drawn.iter().filter_map(|one| one.agent.as_deref()).collect();
    Err(match known.as_slice() {
        [] => format!("`--agent {agent}`: the file is one graph and has no agents; leave the option out"),
        known => format!("`--agent {agent}`: no agent of this id follows a graph; those that do: {}", known.join(", ")),
    })
}

fn pictures(drawn: &[&DrawnGraph]) -> String {
    let picture = |one: &DrawnGraph| one.graph.mermaid(&BTreeSet::new());
    if let [one] = drawn {
        return picture(one);
    }
    let section = |one: &&DrawnGraph| {
        format!("## {}\n\n```mermaid\n{}```\n", one.agent.as_deref().unwrap_or_default(), picture(one))
    };
    drawn.iter().map(section).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENTS: &str = "agents:
  - { id: concierge, kind: concierge }
  - { id: a, kind: workflow, workflow: { type: graph, start: x, nodes: { x: { say: hi } } } }
  - id: b
    kind: workflow
    workflow: { type: graph, start: y, nodes: { y: { say: ho } } }
";
    const PICTURE_A: &str = "flowchart TD
  START([\"start\"]) --> S_x
  S_x[\"x<br/>say\"]
  S_x --> END([\"end\"])
";

    /// Exit code, what was printed, and what was told with the name of the file left out.
    fn run(text: &str, agent: Option<&str>) -> (Exit, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.yaml");
        std::fs::write(&path, text).unwrap();
        let options = GraphOptions { file: Some(path), agent: agent.map(str::to_owned) };
        let (mut out, mut told) = (Vec::new(), Vec::new());
        let exit = run_graph(&options, std::iter::empty(), Reader::Pipe, &mut out, &mut told).unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (exit, text(out), text(told).replace(&format!("{}/", folder.path().display()), ""))
    }

    #[track_caller]
    fn check_told(text: &str, agent: Option<&str>, expected: &str) {
        assert_eq!(run(text, agent), (Exit::Wrong, String::new(), expected.to_owned()), "{text}");
    }

    #[test]
    fn one_graph_is_mermaid_alone() {
        let printed = (Exit::Done, PICTURE_A.to_owned(), String::new());
        assert_eq!(run(AGENTS, Some("a")), printed);
        assert_eq!(run("{ start: x, nodes: { x: { say: hi } } }", None), printed);
    }

    #[test]
    fn several_graphs_are_markdown_in_the_order_of_the_file() {
        let (exit, out, _) = run(AGENTS, None);
        assert_eq!(exit, Exit::Done);
        assert!(out.starts_with(&format!("## a\n\n```mermaid\n{PICTURE_A}```\n\n## b\n\n")), "{out}");
    }

    #[test]
    fn a_graph_alone_may_name_any_tool_agent_function_and_model() {
        let text = "start: a\nnodes:\n  a: { tool: { name: t }, then: b }\n  b: { native: { name: n }, then: c }\n\
                    \x20 c: { model: { prompt: p }, then: d }\n  d: { handoff: { to: z } }\n";
        assert_eq!(run(text, None).0, Exit::Done);
    }

    #[test]
    fn a_graph_of_the_program_is_drawn_as_the_config_names_its_tools() {
        let (exit, said, told) = run(config::DEFAULT_CONFIG, Some("product_agent"));
        assert_eq!(exit, Exit::Done, "{told}");
        for line in
            ["  START([\"start\"]) --> S_recall\n", "  S_publish{{\"publish<br/>approve wildberries_cards\"}}\n"]
        {
            assert!(said.contains(line), "{said}");
        }
    }

    #[test]
    fn a_picture_needs_no_secret() {
        let text =
            format!("{AGENTS}models: {{ m: {{ base_url: 'http://h/v1', model: m, api_key: 'env:NOT_THERE' }} }}\n");
        assert_eq!(run(&text, Some("a")).0, Exit::Done);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        check_told(
            "start: x\nnodes:\n  x: { say: hi, then: z }\n",
            None,
            "f.yaml:3:23: `nodes.x.then`: `z` is no node; did you mean `x`?\nf.yaml: 1 error\n",
        );
        check_told(
            "start: x\nnodes:\n  x: { sya: hi }\n",
            None,
            "f.yaml:3:6: `nodes.x`: Additional properties are not allowed ('sya' was unexpected)\nf.yaml: 1 error\n",
        );
        check_told("start: x\n", None, "f.yaml:1:1: `the graph`: \"nodes\" is a required property\nf.yaml: 1 error\n");
        check_told(
            &AGENTS.replace("say: ho", "say: '{{ h }}'"),
            Some("a"),
            "f.yaml:6:59: `agents[2].workflow.nodes.y.say`: `h` is no key of `state`; there are none\nf.yaml: 1 error\n",
        );
    }

    #[test]
    fn where_there_is_no_graph_it_says_so() {
        check_told(
            "agents: [{ id: concierge, kind: concierge }]\n",
            None,
            "f.yaml: has no graph: neither an agent with a `workflow`, nor `start` and `nodes` at its \
             top\nf.yaml: 1 error\n",
        );
        check_told(AGENTS, Some("c"), "`--agent c`: no agent of this id follows a graph; those that do: a, b\n");
        check_told(
            "{ start: x, nodes: { x: { say: hi } } }",
            Some("a"),
            "`--agent a`: the file is one graph and has no agents; leave the option out\n",
        );
    }
}
