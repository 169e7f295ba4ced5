//! What clients that never read cost.

use serde::Serialize;

use super::Timed;
use crate::{
    load::{Deafness, Rounds},
    stats::Spread,
};

/// Of rounds of conversations without and with clients that never read. Milliseconds, bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Deaf {
    pub(crate) clients: usize,
    pub(crate) without: Beside,
    pub(crate) with: Beside,
    /// p99 of what clients that read wait for a token, with the others against without them.
    pub(crate) p99_ratio: Option<f64>,
    /// From the last byte that the socket of a deaf client took until the server had closed it.
    pub(crate) until_closed: Timed,
    /// What each cost at most, in the process and in the kernel; of the worst round.
    pub(crate) bytes_each: u64,
    pub(crate) failed: u64,
    pub(crate) faults: Vec<String>,
}

/// What those had that read.
#[derive(Debug, Serialize)]
pub(crate) struct Beside {
    pub(crate) tokens: u64,
    pub(crate) added_ms: Option<Spread>,
    /// CPU milliseconds of the server for 1,000 tokens.
    pub(crate) cpu_ms_per_1000: f64,
}

impl Beside {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    fn of(rounds: Rounds) -> Self {
        Self {
            tokens: rounds.tokens,
            added_ms: Spread::millis(rounds.late_micros),
            cpu_ms_per_1000: rounds.cpu_seconds * 1e6 / rounds.tokens.max(1) as f64,
        }
    }
}

impl Deaf {
    pub(crate) fn of(clients: usize, found: Deafness) -> Self {
        let Deafness { mut without, mut with, until_closed, bytes_each } = found;
        let until_closed = Timed::of(until_closed);
        let failed = without.failed + with.failed + until_closed.failed as u64;
        let faults = [&mut without, &mut with].map(|rounds| std::mem::take(&mut rounds.faults)).concat();
        let (without, with) = (Beside::of(without), Beside::of(with));
        let p99_ratio = with.added_ms.zip(without.added_ms).map(|(with, without)| with.p99 / without.p99);
        let bytes_each = bytes_each.into_iter().max().unwrap_or_default();
        Self { clients, without, with, p99_ratio, until_closed, bytes_each, failed, faults }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_one_run_and_who_is_not_cut_off_has_failed() {
        let rounds = |late| Rounds { tokens: 1, late_micros: vec![late], ..Rounds::default() };
        let until_closed = vec![Ok(10_000_000), Err(anyhow::anyhow!("it stays"))];
        let found = Deafness { without: rounds(2000), with: rounds(3000), until_closed, bytes_each: vec![7, 9, 8] };
        let deaf = Deaf::of(50, found);
        assert_eq!((deaf.p99_ratio, deaf.bytes_each, deaf.failed), (Some(1.5), 9, 1));
        assert_eq!(deaf.until_closed.ms.map(|ms| ms.max), Some(10_000.0));
    }
}
