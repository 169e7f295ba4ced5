//! What is wrong with a graph is told whole, with its place.

use super::*;

#[track_caller]
fn check(yaml: &str, expected: &[&str]) {
    let found = build(yaml).err().unwrap_or_default();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{yaml}");
}

#[test]
fn names_that_lead_nowhere() {
    check("{ start: b, nodes: { a: { say: hi } } }", &["start: `b` is no node; did you mean `a`?"]);
    check(
        "{ start: ask, nodes: { ask: { say: hi, then: [ { when: 'true', to: nowhere }, { to: aks } ], on_error: gone } } }",
        &[
            "nodes.ask.on_error: `gone` is no node; there are `ask`",
            "nodes.ask.then[0].to: `nowhere` is no node; there are `ask`",
            "nodes.ask.then[1].to: `aks` is no node; did you mean `ask`?",
        ],
    );
    check("{ start: end, nodes: {} }", &["start: `start` must be a node"]);
    check(
        "{ start: a, nodes: { a: { tool: { name: calculater, into: x } } } }",
        &[
            "nodes.a.tool.into: `x` is no key of `state`; there are none",
            "nodes.a.tool.name: `calculater` is no tool that the agent was granted; did you mean `calculator`?",
        ],
    );
    check(
        "{ start: a, nodes: { a: { native: { name: x }, then: b }, b: { handoff: { to: nobody }, on_error: c }, c: { graph: { name: g } } } }",
        &[
            "nodes.a.native.name: `x` is no function of the program; there are `compose`",
            "nodes.b.handoff.to: `nobody` is no agent of this deployment; there are `pricing_agent`",
            "nodes.c.graph.name: `g` is no key of `graphs`; there are none",
        ],
    );
}

#[test]
fn a_node_does_one_thing() {
    let words = "a node needs exactly one of `say`, `set`, `tool`, `approve`, `model`, `collect`, `handoff`, `native`, \
                 `parallel`, `graph`; this one has";
    check("{ start: a, nodes: { a: { then: end } } }", &[&format!("nodes.a: {words} none")]);
    check("{ start: a, nodes: { a: { say: x, set: {} } } }", &[&format!("nodes.a: {words} 2")]);
}

#[test]
fn ways_that_are_missing_and_nodes_that_nothing_leads_to() {
    check(
        "{ start: a, state: { x: {} }, nodes: { a: { say: hi, then: [ { when: x, to: end } ] } } }",
        &["nodes.a.then: there is no way where no condition holds: add a last one without `when`"],
    );
    check(
        "{ start: a, nodes: { a: { say: hi, then: [ { to: end }, { to: a } ] } } }",
        &["nodes.a.then[1]: is never taken: the way before it has no `when`"],
    );
    check(
        "{ start: a, nodes: { a: { say: hi }, b: { say: ho, then: c }, c: { say: he } }, graphs: { g: { start: x, nodes: { x: { say: x } } } } }",
        &["graphs.g: no node uses the graph `g`", "nodes.b: nothing leads to `b`", "nodes.c: nothing leads to `c`"],
    );
}

#[test]
fn expressions_that_cannot_be_worked_out() {
    check(
        "{ start: a, state: { cost: {} }, nodes: { a: { say: '{{ cots }}', then: [ { when: '1 +', to: a }, { to: end } ] } } }",
        &[
            "nodes.a.say: `cots` is no key of `state`; did you mean `cost`?",
            "nodes.a.then[0].when: `1 +`: syntax error: unexpected end of input, expected expression",
        ],
    );
    check(
        "{ start: a, state: { cost: { schema: { type: number }, default: x } }, nodes: { a: { set: { cots: 1 } } } }",
        &[
            "nodes.a.set.cots: `cots` is no key of `state`; did you mean `cost`?",
            "state.cost.default: does not fit the schema: at the top: \"x\" is not of type \"number\"",
        ],
    );
}

#[test]
fn a_model_is_asked_only_where_there_is_one() {
    let definition: Definition =
        serde_saphyr::from_str("{ start: a, nodes: { a: { model: { prompt: hi } } } }").unwrap();
    let problems = Graph::build(definition, &Surroundings { has_model: false, ..around() }).unwrap_err();
    assert_eq!(problems[0].to_string(), "nodes.a.model: the agent has no model: give it one with the key `model`");
}

#[test]
fn a_key_that_nothing_reads_is_refused_when_it_is_read() {
    let error = serde_saphyr::from_str::<Definition>("{ start: a, nodes: { a: { sya: hi } } }").unwrap_err();
    assert!(error.to_string().contains("sya"), "{error}");
}

#[test]
fn the_picture_shows_every_node_and_way() {
    let graph = graph(
        "{ start: a, state: { x: { default: 1 } }, nodes: { a: { say: hi, then: [ { when: 'x > \"1\"', to: b }, { to: end } ] }, b: { tool: { name: calculator }, on_error: a } } }",
    );
    let picture = graph.mermaid(&BTreeSet::from(["a".to_owned()]));
    let expected = "flowchart TD
  START([\"start\"]) --> S_a
  S_a[\"a<br/>say\"]
  class S_a visited
  S_a -->|\"x #gt; #quot;1#quot;\"| S_b
  S_a --> END([\"end\"])
  S_b[\"b<br/>tool calculator\"]
  S_b --> END([\"end\"])
  S_b -->|\"error\"| S_a
  classDef visited fill:#d4f4dd,stroke:#2a7d46,stroke-width:2px,color:#10351c
";
    assert_eq!(picture, expected);
}

#[test]
fn a_graph_within_is_a_box_of_its_own_and_its_steps_have_its_name_before_theirs() {
    let graph = graph(
        "{ start: start, nodes: { start: { graph: { name: end_of_it } } }, \
           graphs: { end_of_it: { start: a, nodes: { a: { say: hi } } } } }",
    );
    assert_eq!(graph.nodes(), [("start".to_owned(), "graph"), ("end_of_it/a".to_owned(), "say")]);
    let picture = graph.mermaid(&BTreeSet::from(["end_of_it/a".to_owned()]));
    let expected = "flowchart TD
  START([\"start\"]) --> S_start
  S_start[[\"start<br/>graph end_of_it\"]]
  S_start -.-> G_end_of_it_START
  S_start --> END([\"end\"])
  subgraph G_end_of_it[\"end_of_it\"]
  G_end_of_it_START([\"start\"]) --> G_end_of_it_S_a
  G_end_of_it_S_a[\"a<br/>say\"]
  class G_end_of_it_S_a visited
  G_end_of_it_S_a --> G_end_of_it_END([\"end\"])
  end
  classDef visited fill:#d4f4dd,stroke:#2a7d46,stroke-width:2px,color:#10351c
";
    assert_eq!(picture, expected);
}
