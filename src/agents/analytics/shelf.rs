//! What was counted a moment ago: the marketplace gives each of its long reports once a minute.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::NaiveDate;
use protocol::Timestamp;

use super::{ledger::Ledger, report::Source};

/// For so long what was counted is answered again, in milliseconds.
const FRESH_MILLIS: i64 = 5 * 60 * 1000;
/// For so many tenants it is kept; the oldest goes first.
const TENANTS_MAX: usize = 64;

/// Ledgers by tenant.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<VecDeque<(Arc<str>, Arc<Counted>)>>);

/// A ledger, and what is in it.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    /// When it was read.
    pub(super) at: Timestamp,
    /// Since this day.
    pub(super) from: NaiveDate,
    /// From these reports, each whole.
    pub(super) sources: Vec<Source>,
    pub(super) ledger: Ledger,
}

impl Shelf {
    /// What was counted of these reports since that day or before, if that is fresh.
    pub(super) fn find(
        &self,
        tenant: &str,
        sources: &[Source],
        from: NaiveDate,
        now: Timestamp,
    ) -> Option<Arc<Counted>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, counted) = kept.iter().find(|(owner, _)| **owner == *tenant)?;
        let age = now.as_millis() - counted.at.as_millis();
        let is_enough = counted.from <= from && sources.iter().all(|source| counted.sources.contains(source));
        (is_enough && (0..FRESH_MILLIS).contains(&age)).then(|| Arc::clone(counted))
    }

    /// Keeps it in the place of what was there.
    pub(super) fn put(&self, tenant: &Arc<str>, counted: Counted) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(owner, _)| owner != tenant);
        kept.push_back((Arc::clone(tenant), Arc::new(counted)));
        if kept.len() > TENANTS_MAX {
            kept.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn only_what_is_fresh_whole_and_of_the_same_tenant_is_answered_again() {
        let (shelf, now) = (Shelf::default(), Timestamp::from_millis(1_000_000));
        let sources = vec![Source::Orders, Source::Stocks];
        let counted = Counted { at: now, from: day("2026-11-10"), sources, ledger: Ledger::default() };
        shelf.put(&"a".into(), counted);
        let found = |tenant, source, from, millis| {
            shelf.find(tenant, &[source], day(from), Timestamp::from_millis(millis)).is_some()
        };
        assert!(found("a", Source::Orders, "2026-11-10", 1_000_000));
        assert!(found("a", Source::Orders, "2026-11-12", 1_299_999));
        assert!(!found("a", Source::Orders, "2026-11-12", 1_300_000));
        assert!(!found("a", Source::Orders, "2026-11-12", 999_999));
        assert!(!found("a", Source::Orders, "2026-11-09", 1_000_000));
        assert!(!found("a", Source::Sales, "2026-11-10", 1_000_000));
        assert!(!found("b", Source::Orders, "2026-11-10", 1_000_000));
    }

    #[test]
    fn the_oldest_tenant_makes_room() {
        let (shelf, now) = (Shelf::default(), Timestamp::from_millis(1));
        for tenant in 0..=TENANTS_MAX {
            let counted = Counted { at: now, from: day("2026-11-10"), sources: Vec::new(), ledger: Ledger::default() };
            shelf.put(&tenant.to_string().into(), counted);
        }
        assert!(shelf.find("0", &[], day("2026-11-10"), now).is_none());
        assert!(shelf.find("1", &[], day("2026-11-10"), now).is_some());
    }
}
