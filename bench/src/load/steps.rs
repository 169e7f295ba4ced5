//! Workflows without a model, side by side.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use fakemodel::pour::monotonic_micros;
use futures::future::join_all;
use tokio::time::timeout;

use super::follower::Follower;
use crate::{ours::STEPS, procfs};

/// A run that takes longer has failed.
const WITHIN: Duration = Duration::from_mins(2);

/// What the runs took.
#[derive(Debug)]
pub(crate) struct Steps {
    /// From each message to the end of its turn, in microseconds.
    pub(crate) turns: Vec<Result<u64>>,
    /// From the first message to the last end.
    pub(crate) micros: u64,
    /// Of the server, meanwhile.
    pub(crate) cpu_seconds: f64,
}

/// So many conversations, each with one run of [`STEPS`] steps, all at once.
///
/// # Errors
/// When the first run fails, or the server cannot be looked at.
pub(crate) async fn walks(port: u16, pid: u32, runs: usize) -> Result<Steps> {
    walk(Follower::open(port).await?).await.context("the first run")?;
    let mut followers = Vec::new();
    for _ in 0..runs {
        followers.push(Follower::open(port).await?);
    }
    let (cpu, began) = (procfs::cpu_seconds(pid)?, monotonic_micros());
    let turns = join_all(followers.into_iter().map(|follower| async {
        timeout(WITHIN, walk(follower)).await.map_err(|_| anyhow!("no end of the turn within {WITHIN:?}")).flatten()
    }))
    .await;
    let micros = monotonic_micros() - began;
    Ok(Steps { turns, micros, cpu_seconds: procfs::cpu_seconds(pid)? - cpu })
}

async fn walk(mut follower: Follower) -> Result<u64> {
    let began = monotonic_micros();
    follower.say("walk").await?;
    follower.until_over().await?;
    let took = monotonic_micros() - began;
    let steps = follower.seen.iter().filter(|event| event.contains(r#""type":"step_complete""#)).count();
    ensure!(steps == STEPS, "{steps} steps of {STEPS} were told");
    Ok(took)
}
