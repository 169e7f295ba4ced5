//! Any graph, any answers: a run ends, waits or says why it cannot go on, and a run that is read back goes on alike.

use fastrand::Rng;

use super::*;

/// A graph of this seed: nodes in a row with ways back and forth, branches and steps of every kind.
pub(super) fn yaml(rng: &mut Rng) -> String {
    let count = 2 + rng.usize(..7);
    let mut nodes = String::new();
    for index in 0..count {
        let next = if index + 1 < count { format!("n{}", index + 1) } else { "end".to_owned() };
        let any = format!("n{}", rng.usize(..count));
        let what = match rng.u8(..8) {
            0 => "say: 'x is {{ x }}'".to_owned(),
            1 => "tool: { name: calculator, into: y }".to_owned(),
            2 => "collect: { fields: { y: { ask: 'y?' } } }".to_owned(),
            3 => format!("parallel: {{ branches: [{any}, last] }}"),
            4 => "native: { name: compose }".to_owned(),
            _ => "set: { x: 1 }".to_owned(),
        };
        let condition = rng.u8(..5);
        let then = format!("[ {{ when: 'x % 5 == {condition}', to: {any} }}, {{ to: {next} }} ]");
        let on_error = if rng.bool() { format!(", on_error: {any}") } else { String::new() };
        writeln!(nodes, "  n{index}: {{ {what}, then: {then}{on_error} }}").unwrap();
    }
    format!(
        "start: n0\nsteps_max: 200\nstate: {{ x: {{ reduce: add, default: 0 }}, y: {{}} }}\nnodes:\n{nodes}  last: {{ say: last }}\n"
    )
}

fn answer(rng: &mut Rng, task: &Task) -> Done {
    match rng.u8(..6) {
        0 => failed("busy", true),
        1 => failed("denied", false),
        2 if matches!(task.work, Work::Collect(_)) && task.waits.is_none() => {
            Done::Waits { remember: json!({ "asked": 1 }), wrote: vec![] }
        }
        _ => wrote("y", json!(rng.u8(..))),
    }
}

/// Runs with random answers; with `stored`, the progress is written and read back after every step.
fn history(seed: u64, stored: bool) -> Option<String> {
    let mut rng = Rng::with_seed(seed);
    let definition: Definition = serde_saphyr::from_str(&yaml(&mut rng)).unwrap();
    // A node that nothing leads to is refused, which is not the matter here.
    let graph = Graph::build(definition, &around()).ok()?;
    let mut progress = begin(&graph, "hi");
    let (mut lines, mut places) = (String::new(), BTreeSet::new());
    for _ in 0..2_000 {
        let tasks = match graph.work(&mut progress) {
            Ok(tasks) if tasks.is_empty() => return Some(lines + "over"),
            Ok(tasks) => tasks,
            Err(fault) => return Some(lines + &fault.to_string()),
        };
        let task = &tasks[rng.usize(..tasks.len())];
        writeln!(lines, "{:?} {}", task.place, words(task)).unwrap();
        // What a call's key is worked out from is another one each time, but for further tries and what waited.
        let is_new = places.insert((task.place.clone(), task.node.to_string(), task.since));
        assert!(is_new || task.failed > 0 || task.waits.is_some(), "seed {seed}: {} again\n{lines}", task.node);
        let done = answer(&mut rng, task);
        if let Err(fault) = graph.finish(&mut progress, &task.place, done) {
            return Some(lines + &fault.to_string());
        }
        if stored {
            progress = serde_json::from_str(&serde_json::to_string(&progress).unwrap()).unwrap();
        }
    }
    panic!("seed {seed} does not end:\n{lines}");
}

#[test]
fn a_thousand_graphs_end_and_go_on_alike_after_being_stored() {
    let mut ran = 0;
    for seed in 0..1_000 {
        let kept = history(seed, false);
        assert_eq!(kept, history(seed, true), "seed {seed}");
        ran += usize::from(kept.is_some());
    }
    assert!(ran > 100, "only {ran} graphs were whole");
}
