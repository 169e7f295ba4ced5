//! Days in a row, and those right before them.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// Days in a row, both ends included; never reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

impl Period {
    /// These days; none if `to` is before `from`.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// One day.
    pub fn day(day: NaiveDate) -> Self {
        Self { from: day, to: day }
    }

    /// So many days, at least one, of which `to` is the last.
    pub fn ending(to: NaiveDate, days: u32) -> Self {
        Self { from: back(to, days.max(1) - 1), to }
    }

    /// The first day.
    pub fn from(self) -> NaiveDate {
        self.from
    }

    /// The last day.
    pub fn to(self) -> NaiveDate {
        self.to
    }

    /// How many days.
    pub fn days(self) -> u32 {
        u32::try_from((self.to - self.from).num_days() + 1).unwrap_or(u32::MAX)
    }

    /// As many days, right before.
    #[must_use]
    pub fn before(self) -> Self {
        Self::ending(back(self.from, 1), self.days())
    }

    /// Whether a day is one of them.
    pub fn has(self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// What is left of it up to this day; none if it begins later.
    pub fn until(self, last: NaiveDate) -> Option<Self> {
        Self::new(self.from, self.to.min(last))
    }
}

/// So many days before; the first day that there is where the calendar ends.
pub fn back(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN)
}

/// So many days later; the last day that there is where the calendar ends.
pub fn ahead(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_period_before_is_adjacent_and_as_long(start in 0_u32..40_000, days in 1_u32..400) {
            let period = Period::ending(ahead(NaiveDate::default(), start + days), days);
            let before = period.before();
            prop_assert_eq!(before.days(), period.days());
            prop_assert_eq!(period.days(), days);
            prop_assert_eq!(ahead(before.to(), 1), period.from());
        }
    }

    #[test]
    fn days_in_the_wrong_order_are_no_period() {
        let day = NaiveDate::default();
        assert_eq!(Period::new(ahead(day, 1), day), None);
        assert_eq!(Period::new(day, day).map(Period::days), Some(1));
    }
}
