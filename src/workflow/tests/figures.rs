//! How a run grows: what is stored after each step, over 1,000 of them.

use serde_json::json;

use super::{begin, graph};
use crate::workflow::{Progress, work::Done};

/// The bytes that are stored after each of 1,000 steps that say something, over a graph that goes round.
fn stored(key: &str) -> Vec<usize> {
    let graph = graph(&format!(
        "{{ start: count, steps_max: 10000, state: {{ key: {key}, turns: {{ default: 0, reduce: add }} }}, nodes: {{ \
           count: {{ set: {{ key: 'a line of text', turns: 1 }}, then: tell }}, \
           tell: {{ say: '{{{{ turns }}}}', then: [ {{ when: 'turns < 1000', to: count }}, {{ to: end }} ] }} }} }}"
    ));
    let mut progress = begin(&graph, "go");
    let mut sizes = Vec::new();
    loop {
        let Some(task) = graph.work(&mut progress).unwrap().pop() else { return sizes };
        graph.finish(&mut progress, &task.place, Done::Wrote(Vec::new())).unwrap();
        progress.passed.clear();
        let stored = serde_json::to_string(&progress).unwrap();
        sizes.push(stored.len());
        progress = serde_json::from_str::<Progress>(&stored).unwrap();
    }
}

#[test]
fn what_is_stored_grows_with_the_state_alone() {
    let sizes = stored("{}");
    assert_eq!(sizes.len(), 1000);
    // The numbers of steps and turns have more digits; nothing else does.
    assert!(sizes[999] <= sizes[0] + 16, "{} bytes, then {}", sizes[0], sizes[999]);
}

#[test]
fn a_state_that_grows_by_the_same_with_each_step_is_stored_as_such() {
    let sizes = stored("{ default: [], reduce: append }");
    let (first, second) = (sizes[499] - sizes[0], sizes[998] - sizes[499]);
    let item = json!("a line of text").to_string().len() + 1;
    assert!(second.abs_diff(first) < 16 && first.abs_diff(499 * item) < 16, "{first}, then {second}");
}

#[test]
fn steps_that_need_nobody_are_remembered_within_bounds() {
    let graph = graph(
        "{ start: count, steps_max: 10000, state: { turns: { default: 0, reduce: add } }, nodes: { \
           count: { set: { turns: 1 }, then: [ { when: 'turns < 1000', to: count }, { to: tell } ] }, tell: { say: hi } } }",
    );
    let mut progress = begin(&graph, "go");
    assert_eq!(graph.work(&mut progress).unwrap().len(), 1);
    assert_eq!((progress.steps, progress.passed.len()), (1000, 100));
}
