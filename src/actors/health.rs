//! Whether the store takes writes, and what keeps it from it.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Reasons of one outage that are told.
const REASONS_MAX: usize = 16;

/// Whether the store takes writes at the moment.
#[derive(Debug, Default)]
pub struct Health {
    failing: AtomicBool,
    /// Why, each told once; of this outage.
    reasons: Mutex<BTreeSet<String>>,
}

impl Health {
    /// Notes that a commit failed; says whether that is news: another reason than those of this outage so far.
    pub(super) fn failed(&self, why: &str) -> bool {
        self.failing.store(true, Ordering::Relaxed);
        let mut reasons = self.reasons();
        reasons.len() < REASONS_MAX && reasons.insert(why.to_owned())
    }

    /// Notes that the store answers; says whether that is news.
    pub(super) fn answered(&self) -> bool {
        let news = self.failing.swap(false, Ordering::Relaxed);
        if news {
            self.reasons().clear();
        }
        news
    }

    fn reasons(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // A panic cannot leave half a set.
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last commit succeeded (or none was tried yet).
    pub fn is_available(&self) -> bool {
        !self.failing.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_of_an_outage_is_told_once_and_again_in_the_next() {
        let health = Health::default();
        assert!(health.is_available() && !health.answered());
        for _ in 0..2 {
            assert!(health.failed("full") && !health.failed("full") && health.failed("gone"));
            assert!(!health.is_available());
            assert!(health.answered() && !health.answered());
            assert!(health.is_available());
        }
    }

    #[test]
    fn reasons_are_bounded() {
        let health = Health::default();
        assert_eq!((0..100).filter(|number| health.failed(&number.to_string())).count(), REASONS_MAX);
    }
}
