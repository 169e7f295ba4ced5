//! The edges of a graph: names at their limits, conditions that cannot be worked out in a run, branches and graphs within that
//! fail, and cycles through them.

use super::{steps::check, *};

/// Whether a graph whose only node has this name is whole, or what is wrong with it.
#[track_caller]
fn named(name: &str, expected: &str) {
    let yaml = json!({ "start": name, "nodes": { name: { "say": "hi" } } }).to_string();
    let problems = build(&yaml).err().unwrap_or_default();
    let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(found.join("; "), expected);
}

#[test]
fn a_name_of_a_node_is_taken_or_refused_at_its_place() {
    let long = "a".repeat(50);
    for name in ["begin", "start", "a", "a_1", "_", "error", "user", long.as_str()] {
        named(name, "");
    }
    let longer = "a".repeat(51);
    for name in ["", "1a", "Ask", "ask-it", "спроси", "a b", "a\"]", "a/b", longer.as_str()] {
        named(
            name,
            &format!("nodes.{name}: `{name}` is no name of a node: 1 to 50 of a-z, 0-9 and `_`, and not `end`"),
        );
    }
    let end = "nodes.end: `end` is no name of a node: 1 to 50 of a-z, 0-9 and `_`, and not `end`; start: `start` must be a node";
    named("end", end);
}

#[test]
fn a_condition_that_cannot_be_worked_out_in_a_run_goes_the_way_for_errors() {
    let yaml = "
start: a
state: { x: { default: 0 } }
nodes:
  a: { set: { x: 0 }, then: [ { when: '10 / x > 1', to: b }, { to: end } ], on_error: sorry }
  b: { say: b }
  sorry: { say: '{{ error.code }}' }
";
    check(yaml, vec![], "sorry: say \"bad_expression\"\nover");
    let careless = yaml.replace(", on_error: sorry", "").replace("  sorry: { say: '{{ error.code }}' }\n", "");
    let graph = graph(&careless);
    let lines = run(&graph, &mut begin(&graph, ""), &mut World(vec![]), "hello");
    assert!(lines.starts_with("fault: the step `a` failed: `10 / x > 1`: "), "{lines}");
}

const FORK: &str = "
start: fan
state: { log: { reduce: append, default: [] } }
nodes:
  fan: { parallel: { branches: [a, b] }, then: tell, on_error: sorry }
  a: { native: { name: compose }, then: a2 }
  a2: { set: { log: a } }
  b: { tool: { name: calculator }, then: b2 }
  b2: { set: { log: b } }
  tell: { say: '{{ log }}' }
  sorry: { say: '{{ error.code }} {{ log }}' }
";

#[test]
fn a_branch_that_fails_fails_its_fork_once_the_others_have_ended() {
    let fails = || vec![("a", vec![failed("broken", false)])];
    check(
        FORK,
        fails(),
        "a: native compose {}
         b: call calculator {}
         sorry: say \"broken []\"
         over",
    );
    // With nobody to take care of it, there is nothing to wait for.
    let bare = FORK.replace(", on_error: sorry", "").replace("  sorry: { say: '{{ error.code }} {{ log }}' }\n", "");
    check(&bare, fails(), "a: native compose {}\nfault: the step `a` failed: it is broken");
    // A branch that takes care of itself has not failed.
    let caring = FORK.replace("compose }, then: a2 }", "compose }, then: a2, on_error: a2 }");
    check(
        &caring,
        fails(),
        "a: native compose {}
         b: call calculator {}
         tell: say \"['a', 'b']\"
         over",
    );
}

#[test]
fn a_branch_that_fails_waits_for_one_that_asks_the_user() {
    let yaml =
        FORK.replace("b: { tool: { name: calculator }, then: b2 }", "b: { collect: { fields: { log: { ask: x } } } }");
    let yaml = yaml.replace("  b2: { set: { log: b } }\n", "");
    let waits = Done::Waits { remember: json!({}), wrote: vec![] };
    let world = vec![("a", vec![failed("broken", false)]), ("b", vec![waits])];
    let mut progress = check(&yaml, world, "a: native compose {}\nb: collect log=[]\nwaits: b");
    let graph = graph(&yaml);
    graph.finish(&mut progress, &[1], wrote("log", json!("b"))).unwrap();
    let lines = run(&graph, &mut progress, &mut World(vec![]), "b");
    assert_eq!(lines, "sorry: say \"broken []\"\nover\n");
}

const WITHIN: &str = "
start: outer
state: { total: { default: 0 } }
nodes:
  outer: { graph: { name: inner, input: { net: '= total' }, output: { total: '= net' } }, then: tell, on_error: sorry }
  tell: { say: '{{ total }}' }
  sorry: { say: '{{ error.code }}' }
graphs:
  inner:
    start: sum
    state: { net: { schema: { type: number } } }
    nodes:
      sum: { native: { name: compose }, then: [ { when: 'net < 3', to: sum }, { to: end } ] }
";

#[test]
fn a_graph_within_that_fails_fails_its_step() {
    check(WITHIN, vec![("sum", vec![failed("broken", false)])], "sum: native compose {}\nsorry: say \"broken\"\nover");
    let bare = WITHIN.replace(", on_error: sorry", "").replace("  sorry: { say: '{{ error.code }}' }\n", "");
    let faults = "sum: native compose {}\nfault: the step `sum` failed: it is broken";
    check(&bare, vec![("sum", vec![failed("broken", false)])], faults);
    let wrong = WITHIN.replace("default: 0", "default: text");
    check(&wrong, vec![], "sorry: say \"bad_value\"\nover");
}

#[test]
fn a_branch_within_a_graph_within_fails_the_first_step_around_it_that_takes_care() {
    let yaml = "
start: outer
nodes:
  outer: { graph: { name: inner }, on_error: sorry }
  sorry: { say: '{{ error.code }}' }
graphs:
  inner:
    start: fan
    nodes: { fan: { parallel: { branches: [a, b] } }, a: { native: { name: compose } }, b: { say: b } }
";
    let world = vec![("a", vec![failed("broken", false)])];
    check(yaml, world, "a: native compose {}\nb: say \"b\"\nsorry: say \"broken\"\nover");
}

#[test]
fn a_cycle_within_counts_for_the_whole_graph() {
    let steps = |max: u32| WITHIN.replace("start: outer", &format!("start: outer\nsteps_max: {max}"));
    let grows = |to: usize| vec![("sum", (1..=to).map(|net| wrote("net", json!(net))).collect())];
    let three = "sum: native compose {}\nsum: native compose {}\nsum: native compose {}\n";
    check(&steps(100), grows(3), &format!("{three}tell: say \"3\"\nover"));
    check(&steps(3), grows(3), &format!("{three}fault: the workflow took 4 steps; the limit is 3"));
}
