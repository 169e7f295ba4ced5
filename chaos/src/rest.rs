//! I10: what a server holds once a storm is over, nobody is there and nothing is under way.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    checker::{Invariant, Violation},
    faults::Stage,
    held::Held,
    plan::{Database, Plan},
    run::LIVENESS,
};

/// What has to be nothing. A client is noticed as soon as its connection ends, and no client's is left open.
const NOBODY: &[&str] = &["sessions", "turns_waiting", "writes_waiting", "agent_runs_active", "agent_runs_waiting"];
/// The same, where the configuration puts idle conversations away at once.
const PUT_AWAY: &str = "conversations_live";
/// Files beyond those from before: connections to the database (three files each on SQLite), which it opens when it needs
/// them, and to the model, which it keeps for the next call.
const FILES_MORE_MAX: usize = 24;
/// So many storms fill caches, pools and the allocator's arenas.
const WARM_UP: usize = 6;
/// After the warm-up memory may be so much more, in hundredths.
const MEMORY_MORE_MAX_PERCENT: u64 = 5;
/// The allocator gives back what is free after a moment, and not all at once.
const LOOK_FOR: Duration = Duration::from_secs(2);

/// What was held before, and after each storm.
#[derive(Debug)]
pub struct Rest {
    before: Held,
    after: Vec<Held>,
    violations: Vec<Violation>,
}

impl Rest {
    /// Of a server that is up and has done nothing yet.
    pub fn before(stage: &Stage) -> Self {
        Self { before: stage.holds(), after: Vec::new(), violations: Vec::new() }
    }

    /// Waits until the server is at rest, and looks.
    pub async fn after_a_storm(&mut self, plan: &Plan, stage: &Stage) {
        let put_away = (plan.rounds > 1).then_some(PUT_AWAY);
        let names: Vec<&str> = NOBODY.iter().copied().chain(put_away).collect();
        let until = Instant::now() + LIVENESS;
        let left = loop {
            let left = under_way(stage, &names).await;
            let files_max = self.before.files_open() + FILES_MORE_MAX;
            let is_over = left.is_empty() && stage.holds().files_open() <= files_max;
            if is_over || Instant::now() > until {
                break left;
            }
            sleep(Duration::from_millis(50)).await;
        };
        let held = if plan.rounds > 1 { least(stage).await } else { stage.holds() };
        stage.log.add(&format!("--- at rest: {held}"));
        if !left.is_empty() {
            self.broken(format!("a minute after everybody has left: {}", left.join(", ")));
        }
        if held.files_open() > self.before.files_open() + FILES_MORE_MAX {
            self.broken(format!("the server held {} before, and {held} after", self.before));
        }
        self.after.push(held);
    }

    /// The most after a storm of the warm-up, and what was left after the last.
    pub fn memory_kib(&self) -> Option<(u64, u64)> {
        let (warm, rest) = self.after.split_at_checked(WARM_UP)?;
        Some((warm.iter().map(|held| held.memory_kib).max()?, rest.last()?.memory_kib))
    }

    /// What of I10 was broken. Memory is judged on PostgreSQL alone: with SQLite it grows for longer than the warm-up lasts
    /// (most likely the page caches of its connections), so there it is told and proves nothing.
    pub fn judge(mut self, database: Database) -> Vec<Violation> {
        if let (Some((warm, last)), Database::Postgres) = (self.memory_kib(), database)
            && last * 100 > warm * (100 + MEMORY_MORE_MAX_PERCENT)
        {
            let each: Vec<u64> = self.after.iter().map(|held| held.memory_kib).collect();
            self.broken(format!("memory went from {warm} to {last} KiB; after each storm: {each:?}"));
        }
        self.violations
    }

    fn broken(&mut self, what: String) {
        self.violations.push(Violation { invariant: Invariant::I10, what });
    }
}

/// The least that is held within a moment.
async fn least(stage: &Stage) -> Held {
    let until = Instant::now() + LOOK_FOR;
    let mut least = stage.holds();
    while Instant::now() < until {
        sleep(Duration::from_millis(100)).await;
        let now = stage.holds();
        if now.memory_kib < least.memory_kib {
            least = now;
        }
    }
    least
}

/// The figures of these names that are not nothing; a figure that is not told is a broken kit, and is named as well.
async fn under_way(stage: &Stage, names: &[&str]) -> Vec<String> {
    let answer = stage.http().get(format!("{}/metrics", stage.direct_url())).send().await;
    let text = match answer {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(error) => return vec![format!("/metrics: {error}")],
    };
    names.iter().filter_map(|name| busy(&text, name)).collect()
}

fn busy(metrics: &str, name: &str) -> Option<String> {
    let mut values = metrics.lines().filter_map(|line| {
        let rest = line.strip_prefix("switchboard_")?.strip_prefix(name)?;
        rest.starts_with([' ', '{']).then(|| rest.rsplit(' ').next()?.parse::<f64>().ok())?
    });
    let first = values.next();
    let sum = first.map(|first| first + values.sum::<f64>());
    if sum == Some(0.0) { None } else { Some(format!("{name} is {sum:?}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(memory_kib: &[u64], is_good: bool) {
        let after = memory_kib.iter().map(|memory_kib| Held { memory_kib: *memory_kib, ..Held::default() });
        let rest = Rest { before: Held::default(), after: after.collect(), violations: Vec::new() };
        assert_eq!(rest.judge(Database::Postgres).is_empty(), is_good, "{memory_kib:?}");
    }

    #[test]
    fn memory_that_is_left_behind_after_the_warm_up_breaks_i10() {
        check(&[100, 200, 300, 400, 500, 500, 520, 525], true);
        check(&[100, 200, 300, 400, 500, 500, 520, 526], false);
        // A single storm warms up and proves nothing.
        check(&[900], true);
    }

    #[test]
    fn what_is_under_way_is_told_and_so_is_a_figure_that_is_missing() {
        let text = "switchboard_sessions 0\nswitchboard_agent_runs_active{agent=\"a\"} 0\n\
                    switchboard_agent_runs_active{agent=\"b\"} 2\nswitchboard_agent_runs_total 9\n";
        assert_eq!(busy(text, "sessions"), None);
        assert_eq!(busy(text, "agent_runs_active").as_deref(), Some("agent_runs_active is Some(2.0)"));
        assert_eq!(busy(text, "writes_waiting").as_deref(), Some("writes_waiting is None"));
    }
}
