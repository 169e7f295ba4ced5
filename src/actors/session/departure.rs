//! How sessions leave a server that goes down: a batch at a time, and each client with its own time to come back.

use std::time::Duration;

/// Sessions that leave at the same time.
const BATCH_SESSIONS: usize = 256;
/// From one batch to the next.
const BATCH_INTERVAL: Duration = Duration::from_millis(20);
/// All have left within this time, however many there are.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// No client comes back sooner: another server has to notice.
const RECONNECT_AFTER_MIN_MS: u64 = 250;
/// Over so long a few clients come back, and very many.
const SPREAD_MIN_MS: u64 = 2_000;
const SPREAD_MAX_MS: u64 = 30_000;

/// When the session that is the `place`-th to leave, from 0, goes, of so many that are open.
pub(super) fn leave_after(place: usize, open: usize) -> Duration {
    let batches = u32::try_from(open.max(place + 1).div_ceil(BATCH_SESSIONS)).unwrap_or(u32::MAX);
    let interval = BATCH_INTERVAL.min(LEAVE_WITHIN / batches);
    interval * u32::try_from(place / BATCH_SESSIONS).unwrap_or(u32::MAX)
}

/// Milliseconds after which one client, of so many, comes back.
pub(super) fn reconnect_after_ms(open: usize) -> u64 {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    spread(random, open)
}

/// Anywhere in a spread in which at most a thousand of them come a second, until it reaches its longest.
fn spread(random: u64, open: usize) -> u64 {
    let spread = (open as u64).clamp(SPREAD_MIN_MS, SPREAD_MAX_MS);
    RECONNECT_AFTER_MIN_MS + random % spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_leave_at_once_and_many_in_batches_with_an_end() {
        for (place, open, millis) in [
            (0, 1, 0),
            (255, 256, 0),
            (256, 257, 20),
            (9_999, 10_000, 780),
            // Those that left are not counted any more.
            (9_999, 1, 780),
        ] {
            assert_eq!(leave_after(place, open), Duration::from_millis(millis), "{place} of {open}");
        }
        assert!(leave_after(999_999, 1_000_000) < LEAVE_WITHIN);
    }

    #[test]
    fn clients_come_back_over_a_spread_that_grows_with_them() {
        for (open, last) in [(0, 2_249), (2_000, 2_249), (10_000, 10_249), (1_000_000, 30_249)] {
            let hints: Vec<u64> = (0..100_000).map(|random| spread(random, open)).collect();
            assert_eq!((hints.iter().min(), hints.iter().max()), (Some(&250), Some(&last)), "{open}");
        }
    }
}
