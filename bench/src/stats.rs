//! Percentiles.

use serde::Serialize;

/// The middle, the tail and the worst of many figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of microseconds, in milliseconds; none of nothing.
    pub(crate) fn millis(mut micros: Vec<u64>) -> Option<Self> {
        micros.sort_unstable();
        let at = |share| Some(millis(percentile(&micros, share)?));
        Some(Self { p50: at(50)?, p99: at(99)?, max: at(100)? })
    }
}

/// The smallest of sorted figures that `percent` of them do not exceed (nearest rank); none of nothing.
pub(crate) fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// The middle of figures in any order; the upper of the two where there are two.
pub(crate) fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

#[expect(clippy::cast_precision_loss, reason = "durations of a run are far below 2^52 microseconds")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_were_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        for (sorted, percent, expected) in [
            (&hundred[..], 50, Some(50)),
            (&hundred, 99, Some(99)),
            (&hundred, 100, Some(100)),
            (&hundred, 0, Some(1)),
            (&hundred[..1], 99, Some(1)),
            (&hundred[..3], 50, Some(2)),
            (&[7, 7, 7, 900], 99, Some(900)),
            (&[], 50, None),
        ] {
            assert_eq!(percentile(sorted, percent), expected, "{percent}% of {sorted:?}");
        }
    }

    #[test]
    fn a_spread_needs_no_order_and_is_in_milliseconds() {
        let spread = Spread::millis(vec![3000, 1000, 2500]).unwrap();
        assert_eq!(spread, Spread { p50: 2.5, p99: 3.0, max: 3.0 });
        assert_eq!(Spread::millis(Vec::new()), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
    }
}
