//! Whether the store takes writes, and what keeps it from it.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::store::StoreError;

/// Reasons of one outage that are told.
const REASONS_MAX: usize = 16;

/// Whether the store takes writes at the moment, as commits and pings tell it.
///
/// They are two facts: a full disk answers pings and takes no writes, and where nobody writes only a ping finds out that
/// the database is gone. New messages are refused by what commits say alone, because the next commit puts that right by
/// itself; nobody has to come and ping.
#[derive(Debug, Default)]
pub struct Health {
    commits_fail: AtomicBool,
    pings_fail: AtomicBool,
    /// Why, each told once; of this outage.
    reasons: Mutex<BTreeSet<String>>,
}

impl Health {
    /// Notes that a commit failed; says whether that is news: another reason than those of this outage so far.
    pub(super) fn failed(&self, why: &str) -> bool {
        self.commits_fail.store(true, Ordering::Relaxed);
        self.is_news(why)
    }

    /// Notes that the store answers a commit; says whether that is news.
    pub(super) fn answered(&self) -> bool {
        let commits_failed = self.commits_fail.swap(false, Ordering::Relaxed);
        let pings_failed = self.pings_fail.swap(false, Ordering::Relaxed);
        let news = commits_failed || pings_failed;
        if news {
            self.reasons().clear();
        }
        news
    }

    /// Notes what the store said to a ping, and logs what is new about it.
    pub fn pinged(&self, answer: Result<(), StoreError>) {
        if let Err(error) = answer {
            self.pings_fail.store(true, Ordering::Relaxed);
            let why = error.to_string();
            if self.is_news(&why) {
                tracing::error!(why, "the store does not answer");
            }
        } else if self.pings_fail.swap(false, Ordering::Relaxed) && self.takes_writes() {
            self.reasons().clear();
            tracing::info!("the store is back");
        }
    }

    fn is_news(&self, why: &str) -> bool {
        let mut reasons = self.reasons();
        reasons.len() < REASONS_MAX && reasons.insert(why.to_owned())
    }

    fn reasons(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // A panic cannot leave half a set.
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last commit succeeded (or none was tried yet).
    pub fn takes_writes(&self) -> bool {
        !self.commits_fail.load(Ordering::Relaxed)
    }

    /// Whether the last commit and the last ping since then succeeded (or none was tried yet).
    pub fn is_available(&self) -> bool {
        self.takes_writes() && !self.pings_fail.load(Ordering::Relaxed)
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

    #[test]
    fn a_ping_tells_an_outage_where_nobody_writes_and_its_end() {
        let health = Health::default();
        health.pinged(Err(StoreError::Unavailable("gone".to_owned())));
        assert!(!health.is_available() && health.takes_writes());
        health.pinged(Ok(()));
        assert!(health.is_available());
        health.pinged(Err(StoreError::Unavailable("gone".to_owned())));
        assert!(health.answered() && health.is_available());
    }

    #[test]
    fn a_full_disk_that_answers_pings_takes_no_writes_all_the_same() {
        let health = Health::default();
        assert!(health.failed("full"));
        health.pinged(Ok(()));
        assert!(!health.takes_writes() && !health.is_available() && !health.failed("full"));
    }
}
