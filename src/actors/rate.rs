//! How often something may happen: a token bucket, pure. Whoever asks says what time it is.
//!
//! No crate: those for it bring a clock and a table of keys of their own, and what is needed here is one addition and
//! one comparison.

use std::time::Duration;

use tokio::time::Instant;

/// So many a second on average, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run; 0 counts as 1.
    pub per_second: u32,
    /// At once, after a rest; 0 counts as 1.
    pub burst: u32,
}

impl Rate {
    fn interval(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }

    /// How far into the future a bucket may be used up, before another one.
    fn tolerance(self) -> Duration {
        self.interval() * (self.burst.max(1) - 1)
    }
}

/// What is left of a [`Rate`]. It is one moment: the one from which on the bucket is full again.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// A full one.
    pub fn full(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long until there is one. Nothing was taken.
    pub fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let full_at = self.full_at.max(now);
        let too_far = full_at.saturating_duration_since(now).saturating_sub(rate.tolerance());
        if !too_far.is_zero() {
            return Err(too_far);
        }
        self.full_at = full_at + rate.interval();
        Ok(())
    }

    /// Whether it is as good as a new one.
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 20, burst: 40 };

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// Each step: how many are asked for after how many milliseconds, and how many of them there are.
    #[track_caller]
    fn check(rate: Rate, steps: &[(u64, usize, usize)]) {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        for &(at, asked, expected) in steps {
            let taken = (0..asked).filter(|_| bucket.take(rate, start + millis(at)).is_ok()).count();
            assert_eq!(taken, expected, "{asked} after {at} ms of {steps:?}");
        }
    }

    #[test]
    fn a_burst_is_there_at_once_and_the_rest_comes_evenly() {
        check(RATE, &[(0, 100, 40), (49, 1, 0), (50, 2, 1), (1000, 100, 19), (60_000, 100, 40)]);
        check(RATE, &[(0, 39, 39), (0, 2, 1)]);
        check(Rate { per_second: 1, burst: 1 }, &[(0, 2, 1), (999, 1, 0), (1000, 2, 1)]);
        check(Rate { per_second: 0, burst: 0 }, &[(0, 2, 1), (1000, 2, 1)]);
    }

    #[test]
    fn who_is_refused_is_told_when_to_come_back_and_pays_nothing() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        while bucket.take(RATE, start).is_ok() {}
        for _ in 0..1000 {
            assert_eq!(bucket.take(RATE, start), Err(millis(50)));
        }
        assert_eq!(bucket.take(RATE, start + millis(20)), Err(millis(30)));
        assert_eq!(bucket.take(RATE, start + millis(50)), Ok(()));
    }

    #[test]
    fn a_bucket_is_full_again_after_a_rest() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        bucket.take(RATE, start).unwrap();
        assert!(!bucket.is_full(start + millis(49)) && bucket.is_full(start + millis(50)));
    }
}
