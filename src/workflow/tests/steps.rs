//! What a run does, step by step.

use serde_json::json;

use super::*;

#[track_caller]
pub(super) fn check(yaml: &str, world: Vec<(&str, Vec<Done>)>, expected: &str) -> Progress {
    let graph = graph(yaml);
    let mut progress = begin(&graph, "");
    let lines = run(&graph, &mut progress, &mut World(world), "hello");
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected, "{yaml}");
    progress
}

#[test]
fn steps_follow_each_other_and_conditions_choose_the_way() {
    let yaml = "
start: sum
state: { cost: { default: 400 }, price: {} }
nodes:
  sum: { set: { price: '= cost * 1.25' }, then: [ { when: price > 1000, to: dear }, { to: tell } ] }
  tell: { say: '{{ price }} for {{ user.message }}' }
  dear: { say: 'a lot' }
";
    check(yaml, vec![], "tell: say \"500.0 for hello\"\nover");
    check(&yaml.replace("400", "4000"), vec![], "dear: say \"a lot\"\nover");
}

#[test]
fn a_tool_is_called_with_what_was_worked_out_and_its_result_is_known_from_there_on() {
    let yaml = "
start: sum
state: { cost: { default: 2 }, result: {} }
nodes:
  sum: { tool: { name: calculator, arguments: { expression: '{{ cost }} * 3', raw: '= cost' }, into: result }, then: tell }
  tell: { say: '{{ result.value }}' }
";
    check(
        yaml,
        vec![("sum", vec![wrote("result", json!({ "value": 6 }))])],
        "sum: call calculator {\"expression\":\"2 * 3\",\"raw\":2}
         tell: say \"6\"
         over",
    );
}

#[test]
fn what_may_pass_is_tried_again_with_longer_waits_and_then_goes_the_way_for_errors() {
    let yaml = "
start: sum
nodes:
  sum: { tool: { name: calculator }, retry: { times: 2, wait: 100ms }, then: end, on_error: sorry }
  sorry: { say: '{{ error.code }}: {{ error.message }}' }
";
    check(
        yaml,
        vec![("sum", vec![failed("busy", true)])],
        "sum: call calculator {}
         again after 100ms
         sum: call calculator {}
         again after 200ms
         sum: call calculator {}
         sorry: say \"busy: it is busy\"
         over",
    );
    check(
        yaml,
        vec![("sum", vec![failed("denied", false)])],
        "sum: call calculator {}\nsorry: say \"denied: it is denied\"\nover",
    );
    let bare = "{ start: sum, nodes: { sum: { tool: { name: calculator } } } }";
    check(
        bare,
        vec![("sum", vec![failed("denied", false)])],
        "sum: call calculator {}\nfault: the step `sum` failed: it is denied",
    );
}

#[test]
fn a_form_waits_for_the_user_and_goes_on_with_what_came() {
    let yaml = "
start: ask
state: { cost: { schema: { type: number } }, name: {} }
nodes:
  ask: { collect: { fields: { cost: { ask: 'What does it cost?', order: 1 }, name: { ask: 'Its name?', order: 2 } } }, then: tell }
  tell: { say: '{{ name }}: {{ cost }}' }
";
    let graph = graph(yaml);
    let mut progress = begin(&graph, "");
    let waits = Done::Waits { remember: json!({ "asked": "cost" }), wrote: vec![("name".into(), json!("Ball"))] };
    let lines = run(&graph, &mut progress, &mut World(vec![("ask", vec![waits])]), "a ball");
    assert_eq!(lines, "ask: collect cost=null name=null\nwaits: ask\n");
    let task = graph.work(&mut progress).unwrap().remove(0);
    assert_eq!(task.waits, Some(json!({ "asked": "cost" })));
    assert_eq!(words(&task), "ask: collect cost=null name=\"Ball\"");
    graph.finish(&mut progress, &task.place, wrote("cost", json!(500))).unwrap();
    assert_eq!(run(&graph, &mut progress, &mut World(vec![]), "500"), "tell: say \"Ball: 500\"\nover\n");
}

#[test]
fn what_does_not_fit_the_schema_is_a_failure_of_the_step() {
    let yaml = "
start: ask
state: { cost: { schema: { type: number, minimum: 0 } } }
nodes:
  ask: { native: { name: compose }, on_error: sorry }
  sorry: { say: '{{ error.message }}' }
";
    check(
        yaml,
        vec![("ask", vec![wrote("cost", json!(-5))])],
        "ask: native compose {}
         sorry: say \"`cost` does not fit its schema: at the top: -5 is less than the minimum of 0\"
         over",
    );
}

#[test]
fn branches_go_at_once_and_what_they_wrote_adds_up_in_their_order() {
    let yaml = "
start: fan
state: { log: { reduce: append, default: [x] }, sum: { reduce: add }, last: {} }
nodes:
  fan: { parallel: { branches: [a, b] }, then: tell }
  a: { native: { name: compose }, then: a2 }
  a2: { set: { log: a, sum: 1, last: a } }
  b: { set: { log: b, sum: 2, last: b } }
  tell: { say: '{{ log }} {{ sum }} {{ last }}' }
";
    check(yaml, vec![], "a: native compose {}\ntell: say \"['x', 'a', 'b'] 3 b\"\nover");
}

#[test]
fn a_branch_that_waits_holds_up_the_join_and_no_other_branch() {
    let yaml = "
start: fan
state: { name: {} }
nodes:
  fan: { parallel: { branches: [ask, tell] }, then: thanks }
  ask: { collect: { fields: { name: { ask: 'Your name?' } } } }
  tell: { say: 'a moment' }
  thanks: { say: 'thank you, {{ name }}' }
";
    let waits = Done::Waits { remember: json!({}), wrote: vec![] };
    let mut progress = check(
        yaml,
        vec![("ask", vec![waits])],
        "ask: collect name=null
         tell: say \"a moment\"
         waits: ask",
    );
    let graph = graph(yaml);
    graph.finish(&mut progress, &[0], wrote("name", json!("Ann"))).unwrap();
    assert_eq!(run(&graph, &mut progress, &mut World(vec![]), "Ann"), "thanks: say \"thank you, Ann\"\nover\n");
}

#[test]
fn a_graph_within_has_a_state_of_its_own() {
    let yaml = "
start: each
state: { cost: { default: 10 }, total: {} }
nodes:
  each: { graph: { name: tax, input: { net: '= cost' }, output: { total: '= gross' } }, then: tell }
  tell: { say: '{{ total }}' }
graphs:
  tax:
    start: sum
    state: { net: {}, gross: {} }
    nodes:
      sum: { native: { name: compose, input: { net: '= net' } }, then: put }
      put: { set: { gross: '= net * 1.2' } }
";
    check(yaml, vec![], "sum: native compose {\"net\":10}\ntell: say \"12.0\"\nover");
}

#[test]
fn a_cycle_goes_on_until_its_condition_or_the_limit_of_steps() {
    let yaml = "
start: count
steps_max: 30
state: { n: { reduce: add, default: 0 } }
nodes:
  count: { set: { n: 1 }, then: [ { when: 'n < 10', to: count }, { to: tell } ] }
  tell: { say: '{{ n }}' }
";
    let progress = check(yaml, vec![], "tell: say \"10\"\nover");
    assert_eq!(progress.steps, 11);
    check(&yaml.replace("n < 10", "true or n"), vec![], "fault: the workflow took 31 steps; the limit is 30");
}

#[test]
fn branches_within_branches_without_end_are_stopped() {
    let yaml = "{ start: fan, nodes: { fan: { parallel: { branches: [fan] } } } }";
    check(yaml, vec![], "fault: the workflow is nested more than 16 deep, at `fan`");
}

#[test]
fn an_approval_goes_on_by_the_decision() {
    let yaml = "
start: ask
state: { price: { default: 99 }, result: {} }
nodes:
  ask:
    approve: { tool: publish, arguments: { price: '= price' }, say: 'Publish for {{ price }}?', into: result, rejected: no_deal }
    then: done
  done: { say: 'published' }
  no_deal: { say: '{{ error.code }}' }
";
    let ask = "ask: approve publish {\"price\":99} Some(\"Publish for 99?\")";
    check(yaml, vec![("ask", vec![wrote("result", json!(1))])], &format!("{ask}\ndone: say \"published\"\nover"));
    let no = Done::Rejected(Failure::new("expired", ""));
    check(yaml, vec![("ask", vec![no])], &format!("{ask}\nno_deal: say \"expired\"\nover"));
}

#[test]
fn a_run_of_another_version_is_not_gone_on_with() {
    let old = graph("{ start: a, nodes: { a: { say: one } } }");
    let new = graph("{ start: a, nodes: { a: { say: two } } }");
    let mut progress = begin(&old, "");
    assert!(matches!(new.work(&mut progress), Err(Fault::Changed(_))));
    assert!(matches!(new.finish(&mut progress, &[], Done::Wrote(vec![])), Err(Fault::Changed(_))));
}

#[test]
fn a_hand_off_says_what_goes_along() {
    let yaml = "
start: go
state: { cost: { default: 7 } }
nodes:
  go: { handoff: { to: pricing_agent, reason: 'a price for {{ cost }}', data: { cost: '= cost' } } }
";
    check(
        yaml,
        vec![],
        "go: hand off to pricing_agent Some(\"a price for 7\") {\"cost\":7}
         over",
    );
}
