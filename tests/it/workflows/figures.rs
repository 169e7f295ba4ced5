//! What a step costs. The figures are printed, the numbers of what was stored are checked.

use std::fmt::Write;

use futures::future::join_all;
use tokio::time::Instant;

use crate::support::{
    client::new_id,
    server::{CONCIERGE, TestServer},
};

const STEPS: usize = 20;
/// Runs side by side.
const RUNS: usize = 50;
const RUNS_FULL: usize = 500;

fn config(runs: usize) -> String {
    let mut config = format!(
        "{CONCIERGE}
  - id: walker
    kind: workflow
    intents: [walk]
    workflow:
      type: graph
      start: s1
      state: {{ sum: {{ default: 0, reduce: add }} }}
      nodes:
"
    );
    for step in 1..STEPS {
        let next = step + 1;
        writeln!(config, "        s{step}: {{ say: 'Step {step} of {{{{ user.message }}}}', then: s{next} }}").unwrap();
    }
    writeln!(config, "        s{STEPS}: {{ say: Done. }}").unwrap();
    writeln!(config, "limits: {{ runs_concurrent_max: {runs} }}").unwrap();
    config
}

/// Processor time of a process so far, in milliseconds.
fn cpu_millis(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
    (ticks(11) + ticks(12)) * 1000 / rustix::param::clock_ticks_per_second()
}

#[tokio::test]
async fn many_runs_side_by_side_store_each_of_their_steps() {
    let runs = if std::env::var_os("SWITCHBOARD_TEST_FULL").is_some() { RUNS_FULL } else { RUNS };
    let server = TestServer::with(&config(runs));
    server.say(&new_id(), "walk").await;
    let (began, before) = (Instant::now(), cpu_millis(server.pid()));
    let ids: Vec<String> = (0..runs).map(|_| new_id()).collect();
    let turns = join_all(ids.iter().map(|id| server.say(id, "walk"))).await;
    let (wall, cpu) = (began.elapsed(), cpu_millis(server.pid()) - before);
    let step_micros = cpu * 1000 / (runs * STEPS) as u64;
    println!("{runs} runs of {STEPS} steps: {wall:?}, {cpu} ms of CPU, {step_micros} µs a step");
    assert!(turns.iter().all(|turn| turn["status"] == "completed"), "{turns:?}");
    for id in [&ids[0], &ids[runs - 1]] {
        let events = server.events(id).await;
        let steps = events.iter().filter(|event| event["type"] == "step_complete");
        let nodes: Vec<_> = steps.map(|step| step["node"].as_str().unwrap().to_owned()).collect();
        assert_eq!(nodes, (1..=STEPS).map(|step| format!("s{step}")).collect::<Vec<_>>());
    }
}
