//! A circuit breaker: after a failure nobody asks for a while, so that an outage costs one wait and not one per call.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Says who may ask. The wait doubles with each failure in a row, from 1 s to 30 s.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Failures in a row; 0 where all is well.
    failures: u32,
    /// Before this nobody asks.
    until: Option<Instant>,
    /// Tells an answer that belongs to an earlier state.
    generation: u64,
}

/// The right to ask once. Its answer must be told to the breaker.
#[derive(Debug)]
pub(super) struct Pass(u64);

/// Something that is worth a line in the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// From here on nobody asks for a while.
    Opened,
    /// All is well again.
    Closed,
}

impl Breaker {
    /// A pass, or none for as long as nobody should ask. After the wait one caller gets it and the others wait on.
    pub(super) fn admit(&self) -> Option<Pass> {
        let mut state = self.lock();
        if let Some(until) = state.until {
            let now = Instant::now();
            if now < until {
                return None;
            }
            state.until = Some(now + WAIT_MAX);
            state.generation += 1;
        }
        Some(Pass(state.generation))
    }

    /// It answered.
    pub(super) fn succeeded(&self, pass: &Pass) -> Option<Change> {
        let mut state = self.lock();
        if pass.0 != state.generation || state.until.is_none() {
            return None;
        }
        *state = State { generation: state.generation + 1, ..State::default() };
        Some(Change::Closed)
    }

    /// It did not. Of many calls under way at once the first counts.
    pub(super) fn failed(&self, pass: &Pass) -> Option<Change> {
        let mut state = self.lock();
        if pass.0 != state.generation {
            return None;
        }
        let wait = WAIT_MIN.saturating_mul(1 << state.failures.min(16)).min(WAIT_MAX);
        state.failures += 1;
        state.generation += 1;
        state.until = Some(Instant::now() + wait);
        (state.failures == 1).then_some(Change::Opened)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is a few assignments that cannot panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wait_doubles_up_to_its_bound() {
        let breaker = Breaker::default();
        let pass = breaker.admit().unwrap();
        assert_eq!(breaker.failed(&pass), Some(Change::Opened));
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            advance(Duration::from_millis(seconds * 1_000 - 1)).await;
            assert!(breaker.admit().is_none(), "asked before {seconds} s");
            advance(Duration::from_millis(1)).await;
            let pass = breaker.admit().unwrap();
            assert_eq!(breaker.failed(&pass), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_wait_one_caller_tries_and_its_success_closes() {
        let breaker = Breaker::default();
        breaker.failed(&breaker.admit().unwrap());
        advance(Duration::from_secs(1)).await;
        let probe = breaker.admit().unwrap();
        assert!(breaker.admit().is_none());
        assert_eq!(breaker.succeeded(&probe), Some(Change::Closed));
        assert_eq!(breaker.succeeded(&breaker.admit().unwrap()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_count_once() {
        let breaker = Breaker::default();
        let (first, second, third) = (breaker.admit().unwrap(), breaker.admit().unwrap(), breaker.admit().unwrap());
        assert_eq!(breaker.failed(&first), Some(Change::Opened));
        assert_eq!(breaker.failed(&second), None);
        assert_eq!(breaker.succeeded(&third), None);
        advance(Duration::from_secs(1)).await;
        assert!(breaker.admit().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_never_answers_does_not_keep_it_open_for_ever() {
        let breaker = Breaker::default();
        breaker.failed(&breaker.admit().unwrap());
        advance(Duration::from_secs(1)).await;
        assert!(breaker.admit().is_some());
        advance(WAIT_MAX).await;
        assert!(breaker.admit().is_some());
    }
}
