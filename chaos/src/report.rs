//! What came of runs: a line of JSON each in a file that is only appended to, and a table for people.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{
    checker::Violation,
    plan::{Database, Menu, Plan},
};

/// A run, as the report keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Which run.
    pub seed: u64,
    /// `all`, `kills`, `power` or `storms`.
    pub menu: String,
    /// `sqlite` or `postgres`, with `+redis` where there was one, `+power` on a disk whose power can go, and `+normal` with
    /// `synchronous: normal` on it.
    pub on: String,
    /// The faults and the fail points that were armed.
    pub faults: Vec<String>,
    /// How often the server died.
    pub kills: usize,
    /// How often the power went with it. Reports from before know of none.
    #[serde(default)]
    pub power_losses: usize,
    /// Acknowledgements that clients got.
    pub acknowledged: usize,
    /// Events that clients saw.
    pub seen: usize,
    /// How often a client went on from a place.
    pub resumed: usize,
    /// Calls that reached the tool.
    pub tool_calls: usize,
    /// What the server held at rest, in KiB: the most after the storms of the warm-up, and after the last storm.
    #[serde(default)]
    pub memory_kib: Option<(u64, u64)>,
    /// How long it took.
    pub seconds: f64,
    /// The promises that were broken.
    pub violations: Vec<Violation>,
    /// Why the run proved nothing, where the kit itself failed.
    pub error: Option<String>,
}

impl Outcome {
    /// Nothing yet.
    pub fn of(plan: &Plan, menu: Menu) -> Self {
        let database = if plan.database == Database::Postgres { "postgres" } else { "sqlite" };
        Self {
            seed: plan.seed,
            menu: menu.word().to_owned(),
            on: [
                database,
                mark(plan.redis, "+redis"),
                mark(plan.power.is_some(), "+power"),
                mark(plan.power.is_some_and(|power| power.is_normal), "+normal"),
            ]
            .concat(),
            faults: plan.words(),
            kills: 0,
            power_losses: 0,
            acknowledged: 0,
            seen: 0,
            resumed: 0,
            tool_calls: 0,
            memory_kib: None,
            seconds: 0.0,
            violations: Vec::new(),
            error: None,
        }
    }

    /// Whether every promise was kept, and the kit could see it.
    pub fn is_good(&self) -> bool {
        self.violations.is_empty() && self.error.is_none()
    }
}

fn mark(is_there: bool, name: &str) -> &str {
    if is_there { name } else { "" }
}

/// The file that keeps the outcomes.
#[derive(Debug, Clone)]
pub struct Report {
    path: PathBuf,
    /// What it holds.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    /// The report at this place, with what earlier calls found.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
        let outcomes = text.lines().map(serde_json::from_str).collect::<Result<_, _>>();
        Ok(Self { path: path.to_owned(), outcomes: outcomes.with_context(|| path.display().to_string())? })
    }

    /// Whether a run is in it.
    pub fn has(&self, seed: u64, menu: &str) -> bool {
        self.outcomes.iter().any(|outcome| outcome.seed == seed && outcome.menu == menu)
    }

    /// Adds an outcome; of one that failed, the server's log goes into a file beside.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add(&mut self, outcome: Outcome, log: &str) -> Result<()> {
        let line = serde_json::to_string(&outcome)?;
        writeln!(File::options().create(true).append(true).open(&self.path)?, "{line}")?;
        if !outcome.is_good() {
            let mut text = format!("{line}\n\n");
            for violation in &outcome.violations {
                writeln!(text, "{violation}")?;
            }
            std::fs::write(self.log_of(&outcome), text + "\n" + log)?;
        }
        self.outcomes.push(outcome);
        Ok(())
    }

    /// Where the log of a run that failed is.
    pub fn log_of(&self, outcome: &Outcome) -> PathBuf {
        self.path.with_file_name(format!("{}-seed-{}.log", outcome.menu, outcome.seed))
    }
}

/// The table of these runs.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    let sum = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    let good = outcomes.iter().filter(|outcome| outcome.is_good()).count();
    let lines = [
        ("runs", outcomes.len()),
        ("runs without a broken promise", good),
        ("the server died", sum(|outcome| outcome.kills)),
        ("with the power", sum(|outcome| outcome.power_losses)),
        ("acknowledgements", sum(|outcome| outcome.acknowledged)),
        ("events seen by clients", sum(|outcome| outcome.seen)),
        ("resumed", sum(|outcome| outcome.resumed)),
        ("tool calls", sum(|outcome| outcome.tool_calls)),
        ("runs that proved nothing (the kit failed)", outcomes.iter().filter(|one| one.error.is_some()).count()),
    ];
    for (name, count) in lines {
        writeln!(text, "{name:<44} {count:>8}").ok();
    }
    rows(&mut text, "on", outcomes, |outcome| vec![outcome.on.clone()]);
    rows(&mut text, "fault or fail point", outcomes, |outcome| outcome.faults.clone());
    rows(&mut text, "broken invariant", outcomes, |outcome| {
        let names: BTreeSet<String> = outcome.violations.iter().map(|broken| broken.invariant.to_string()).collect();
        names.into_iter().collect()
    });
    text
}

fn rows(text: &mut String, title: &str, outcomes: &[Outcome], keys: impl Fn(&Outcome) -> Vec<String>) {
    let mut by_key: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for outcome in outcomes {
        for key in keys(outcome) {
            let (runs, bad) = by_key.entry(key).or_default();
            *runs += 1;
            *bad += usize::from(!outcome.is_good());
        }
    }
    if !by_key.is_empty() {
        writeln!(text, "\n{title:<44} {:>8} {:>8}", "runs", "broken").ok();
    }
    for (key, (runs, bad)) in by_key {
        writeln!(text, "{key:<44} {runs:>8} {bad:>8}").ok();
    }
}
