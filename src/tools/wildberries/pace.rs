//! How often the marketplace is asked: one bucket for each token and kind of request, shared by all tools of the process.
//!
//! No crate, for the reason that `actors/rate.rs` gives: those for it bring a clock of their own, which tests cannot pause.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::family::{Family, Pace};

/// The longest time that an answer of 429 may shut a family for: a wrong header must not shut it for ever.
const CLOSED_MAX: Duration = Duration::from_hours(1);

/// Whose limit it is: the hash of a token, so that two tenants with one account share its limits.
pub(super) type TokenKey = [u8; 32];

/// What is left of a family's limit.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// From when on it is full again.
    full_at: Instant,
    /// The marketplace takes nothing before.
    closed_until: Instant,
}

impl Bucket {
    /// The earliest moment of the next request.
    fn opens_at(&self, pace: Pace, now: Instant) -> Instant {
        let tolerance = pace.interval * (pace.burst.max(1) - 1);
        let spaced = self.full_at.max(now);
        let spaced = now + spaced.saturating_duration_since(now).saturating_sub(tolerance);
        spaced.max(self.closed_until)
    }

    /// Takes the place at `at`.
    fn take(&mut self, pace: Pace, at: Instant) {
        self.full_at = self.full_at.max(at) + pace.interval;
    }
}

/// All buckets. There are as many as tokens in the configuration, times the families.
#[derive(Debug, Default)]
pub struct Pacer(Mutex<HashMap<(TokenKey, Family), Bucket>>);

impl Pacer {
    /// Reserves the next place, if it comes no later than `latest`.
    ///
    /// # Errors
    /// When the next place would be. Nothing was taken.
    pub(super) fn reserve(&self, key: TokenKey, family: Family, latest: Instant) -> Result<Instant, Instant> {
        let now = Instant::now();
        self.with(key, family, |bucket| {
            let at = bucket.opens_at(family.pace(), now);
            if at > latest && at > now {
                return Err(at);
            }
            bucket.take(family.pace(), at);
            Ok(at)
        })
    }

    /// Whether the marketplace has shut the family since a place was reserved.
    pub(super) fn is_closed(&self, key: TokenKey, family: Family) -> bool {
        let now = Instant::now();
        self.with(key, family, |bucket| bucket.closed_until > now)
    }

    /// Takes nothing of a family for so long: what a 429 said, or one interval where it said nothing.
    pub(super) fn close(&self, key: TokenKey, family: Family, said: Option<Duration>) {
        let pause = said.unwrap_or_default().clamp(family.pace().interval, CLOSED_MAX);
        let until = Instant::now() + pause;
        self.with(key, family, |bucket| bucket.closed_until = bucket.closed_until.max(until));
    }

    fn with<T>(&self, key: TokenKey, family: Family, act: impl FnOnce(&mut Bucket) -> T) -> T {
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(buckets.entry((key, family)).or_insert(Bucket { full_at: now, closed_until: now }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: TokenKey = [7; 32];

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// When each of these requests goes, in milliseconds, if all are asked for at once.
    #[track_caller]
    fn check(family: Family, expected: &[u64]) {
        let (pacer, start) = (Pacer::default(), Instant::now());
        for millis in expected {
            let at = pacer.reserve(KEY, family, start + secs(3600)).unwrap();
            assert_eq!(at - start, Duration::from_millis(*millis), "{family:?} of {expected:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_the_rest_by_the_interval() {
        check(Family::Content, &[0, 0, 0, 0, 0, 600, 1200, 1800]);
        check(Family::CardUpload, &[0, 0, 0, 0, 0, 6_000, 12_000]);
        check(Family::Commission, &[0, 0, 60_000, 120_000]);
        check(Family::Funnel, &[0, 0, 0, 20_000]);
        check(Family::Sales, &[0, 60_000, 120_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_and_families_do_not_wait_for_each_other() {
        let (pacer, now) = (Pacer::default(), Instant::now());
        assert_eq!(pacer.reserve(KEY, Family::Sales, now), Ok(now));
        assert_eq!(pacer.reserve(KEY, Family::Sales, now), Err(now + secs(60)));
        assert_eq!(pacer.reserve(KEY, Family::Orders, now), Ok(now));
        assert_eq!(pacer.reserve([8; 32], Family::Sales, now), Ok(now));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_pays_nothing_and_a_rest_fills_the_bucket() {
        let (pacer, start) = (Pacer::default(), Instant::now());
        pacer.reserve(KEY, Family::Sales, start).unwrap();
        for _ in 0..100 {
            pacer.reserve(KEY, Family::Sales, start + secs(59)).unwrap_err();
        }
        tokio::time::advance(secs(60)).await;
        assert_eq!(pacer.reserve(KEY, Family::Sales, start), Ok(start + secs(60)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_shuts_the_family_for_as_long_as_it_says_within_bounds() {
        let (pacer, start) = (Pacer::default(), Instant::now());
        pacer.close(KEY, Family::Content, Some(secs(600)));
        assert!(pacer.is_closed(KEY, Family::Content) && !pacer.is_closed(KEY, Family::Prices));
        assert_eq!(pacer.reserve(KEY, Family::Content, start + secs(20)), Err(start + secs(600)));
        pacer.close(KEY, Family::Prices, None);
        assert_eq!(pacer.reserve(KEY, Family::Prices, start), Err(start + Duration::from_millis(600)));
        pacer.close(KEY, Family::Stocks, Some(Duration::MAX));
        assert_eq!(pacer.reserve(KEY, Family::Stocks, start), Err(start + secs(3600)));
    }
}
