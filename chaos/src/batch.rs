//! Many runs, a few at once.

use std::{
    io::Write,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    plan::Plan,
    report::{Outcome, Report},
    run::{Options, run},
};

/// Which runs.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The seed of the run 0; the run K has this plus K.
    pub seed: u64,
    /// Which runs.
    pub runs: Range<u64>,
    /// How many at once.
    pub jobs: usize,
}

/// Carries out what the report does not have yet, telling of each run; answers the outcomes of the whole range.
///
/// # Errors
/// Where the report cannot be written.
pub async fn all(
    batch: &Batch,
    options: &Options,
    report: Report,
    out: &mut (impl Write + Send),
) -> Result<Vec<Outcome>> {
    let menu = options.menu.word();
    let seeds: Vec<u64> = batch.runs.clone().map(|run| batch.seed.wrapping_add(run)).collect();
    let left: Vec<u64> = seeds.iter().copied().filter(|seed| !report.has(*seed, menu)).collect();
    let (total, mut done) = (left.len(), 0);
    if total < seeds.len() {
        writeln!(out, "{} of {} runs are in the report already", seeds.len() - total, seeds.len())?;
    }
    let report = Arc::new(Mutex::new(report));
    let mut runs = stream::iter(left)
        .map(|seed| {
            let (options, report) = (options.clone(), Arc::clone(&report));
            async move {
                let plan = Plan::of(seed, options.menu, options.means());
                let (outcome, log) = run(&plan, &options).await;
                report.lock().unwrap_or_else(PoisonError::into_inner).add(outcome.clone(), &log)?;
                anyhow::Ok(outcome)
            }
        })
        .buffer_unordered(batch.jobs);
    while let Some(outcome) = runs.try_next().await? {
        done += 1;
        tell(&outcome, done, total, out)?;
    }
    drop(runs);
    let report = report.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = |outcome: &&Outcome| outcome.menu == menu && seeds.contains(&outcome.seed);
    Ok(report.outcomes.iter().filter(wanted).cloned().collect())
}

fn tell(outcome: &Outcome, done: usize, total: usize, out: &mut impl Write) -> Result<()> {
    let word = if outcome.is_good() { "good" } else { "BROKEN" };
    let (seed, on, kills, seconds) = (outcome.seed, &outcome.on, outcome.kills, outcome.seconds);
    let faults = outcome.faults.join(" ");
    let losses = match outcome.power_losses {
        0 => String::new(),
        losses => format!(", {losses} with the power"),
    };
    writeln!(
        out,
        "[{done}/{total}] seed {seed} {word} on {on} in {seconds:.1} s, died {kills} times{losses}: {faults}"
    )?;
    for violation in &outcome.violations {
        writeln!(out, "    {violation}")?;
    }
    if let Some(error) = &outcome.error {
        writeln!(out, "    the kit failed: {error}")?;
    }
    Ok(out.flush()?)
}
