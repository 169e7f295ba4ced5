//! How often a child may be restarted, and after how long: a function of its history, without a clock.
//!
//! The words are OTP's: at most `restarts_max` restarts within `restart_window` (the restart intensity), then the child is
//! given up. The wait doubles from `backoff_min` to `backoff_max`, with up to 20 % of jitter so that children that fell
//! together do not rise together. After `quiet_period` without a failure the history is forgotten.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// Bounds of restarting; from config `supervision`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Restarts within the window; the next failure gives up.
    pub restarts_max: usize,
    /// The window.
    pub restart_window: Duration,
    /// The wait before the first restart.
    pub backoff_min: Duration,
    /// The longest wait.
    pub backoff_max: Duration,
    /// A child that lives this long begins with a clean history.
    pub quiet_period: Duration,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            restarts_max: 5,
            restart_window: Duration::from_secs(30),
            backoff_min: Duration::from_millis(100),
            backoff_max: Duration::from_secs(30),
            quiet_period: Duration::from_mins(1),
        }
    }
}

/// The wait for one that was given up doubles so often at most: to 16 minutes by default.
const DOUBLINGS_MAX: u32 = 5;

impl RestartPolicy {
    /// How long a child that was given up so many times is left alone before it is woken: long enough that its failures do
    /// not count any more, and longer each time.
    pub fn wake_after(&self, given_up: u32) -> Duration {
        self.restart_window.saturating_mul(1 << given_up.saturating_sub(1).min(DOUBLINGS_MAX))
    }
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Restart after this long.
    Restart {
        /// The wait.
        after: Duration,
    },
    /// It fails too often: give it up.
    GiveUp,
}

/// When a child failed lately.
#[derive(Debug, Clone, Default)]
pub struct RestartHistory {
    failures: VecDeque<Instant>,
}

impl RestartHistory {
    /// Takes a failure into account. `jitter` is between 0 and 1.
    pub fn on_failure(&mut self, now: Instant, jitter: f64, policy: &RestartPolicy) -> Verdict {
        if self.failures.back().is_some_and(|last| now.duration_since(*last) >= policy.quiet_period) {
            self.failures.clear();
        }
        let in_window = |at: &Instant| now.duration_since(*at) < policy.restart_window;
        if self.failures.iter().filter(|at| in_window(at)).count() >= policy.restarts_max {
            return Verdict::GiveUp;
        }
        let doublings = u32::try_from(self.failures.len()).unwrap_or(u32::MAX).min(16);
        let wait = policy.backoff_min.saturating_mul(1 << doublings).min(policy.backoff_max);
        self.failures.push_back(now);
        if self.failures.len() > policy.restarts_max.max(17) {
            self.failures.pop_front();
        }
        Verdict::Restart { after: wait.mul_f64(1.0 + 0.2 * jitter.clamp(0.0, 1.0)) }
    }

    /// Begins with a clean history: an operator brought the child back.
    pub fn forgive(&mut self) {
        self.failures.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(policy: &RestartPolicy, at_secs: &[u64]) -> Vec<Option<u128>> {
        let start = Instant::now();
        let mut history = RestartHistory::default();
        let failure = |secs: &u64| match history.on_failure(start + Duration::from_secs(*secs), 0.0, policy) {
            Verdict::Restart { after } => Some(after.as_millis()),
            Verdict::GiveUp => None,
        };
        at_secs.iter().map(failure).collect()
    }

    #[test]
    fn the_wait_doubles_and_the_sixth_failure_within_the_window_gives_up() {
        let policy = RestartPolicy::default();
        let expected = [Some(100), Some(200), Some(400), Some(800), Some(1600), None];
        assert_eq!(waits(&policy, &[0, 1, 2, 3, 4, 5]), expected);
    }

    #[test]
    fn who_is_given_up_again_and_again_is_woken_less_and_less_often_but_always() {
        let policy = RestartPolicy::default();
        let waits: Vec<_> = [1, 2, 3, 6, 7, u32::MAX].map(|times| policy.wake_after(times).as_secs()).into();
        assert_eq!(waits, [30, 60, 120, 960, 960, 960]);
    }

    #[test]
    fn slow_failures_never_give_up_and_a_quiet_minute_forgets_them() {
        let policy = RestartPolicy::default();
        assert!(waits(&policy, &[0, 10, 20, 30, 40, 50, 60, 70]).iter().all(Option::is_some));
        assert_eq!(waits(&policy, &[0, 1, 2, 62]), [Some(100), Some(200), Some(400), Some(100)]);
    }

    #[test]
    fn the_wait_is_bounded_with_jitter_of_a_fifth() {
        let policy = RestartPolicy { restarts_max: 100, ..RestartPolicy::default() };
        let start = Instant::now();
        let mut history = RestartHistory::default();
        for _ in 0..50 {
            let Verdict::Restart { after } = history.on_failure(start, 1.0, &policy) else { panic!("gave up") };
            assert!(after <= policy.backoff_max.mul_f64(1.2));
        }
    }
}
