//! What steps of workflows cost.

use serde::Serialize;

use super::Timed;
use crate::{load::Steps, ours::STEPS};

/// Of workflows side by side.
#[derive(Debug, Serialize)]
pub(crate) struct Stepped {
    pub(crate) runs: usize,
    /// Of each run.
    pub(crate) steps: usize,
    /// From the first message to the last end.
    pub(crate) seconds: f64,
    pub(crate) steps_per_second: f64,
    /// CPU milliseconds of the server for a step, with its events, its checkpoint and their way to the client.
    pub(crate) cpu_ms_per_step: f64,
    /// From a message to the end of its turn.
    pub(crate) turn: Timed,
}

impl Stepped {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    pub(crate) fn of(found: Steps) -> Self {
        let runs = found.turns.len();
        let (all, seconds) = ((runs * STEPS).max(1) as f64, found.micros as f64 / 1e6);
        Self {
            runs,
            steps: STEPS,
            seconds,
            steps_per_second: all / seconds.max(f64::EPSILON),
            cpu_ms_per_step: found.cpu_seconds * 1000.0 / all,
            turn: Timed::of(found.turns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_of_the_server_is_shared_by_the_steps_of_all_runs() {
        let turns = vec![Ok(1_000_000), Err(anyhow::anyhow!("no end"))];
        let stepped = Stepped::of(Steps { turns, micros: 2_000_000, cpu_seconds: 0.04 });
        assert_eq!((stepped.runs, stepped.turn.failed), (2, 1));
        assert!((stepped.cpu_ms_per_step - 1.0).abs() < 1e-9 && (stepped.steps_per_second - 20.0).abs() < 1e-9);
    }
}
