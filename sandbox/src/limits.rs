//! How often a token may call: a bucket for each category of methods, with the documented numbers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// Methods that share a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Category {
    Content,
    Upload,
    UploadAdd,
    Update,
    CardErrors,
    Brands,
    Prices,
    Commission,
    Box,
    Funnel,
    SearchTexts,
    Sales,
    Orders,
    Stocks,
}

impl Category {
    /// Calls at once, and the milliseconds after which one more is allowed.
    const fn numbers(self) -> (u32, i64) {
        match self {
            Self::Content | Self::Prices => (5, 600),
            Self::Upload | Self::UploadAdd | Self::Update | Self::CardErrors => (5, 6_000),
            Self::Brands | Self::Box => (5, 1_000),
            Self::Commission => (2, 60_000),
            Self::Funnel | Self::SearchTexts => (3, 20_000),
            Self::Sales | Self::Orders | Self::Stocks => (1, 60_000),
        }
    }
}

/// What the bucket says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// It may go on; so many more may at once.
    Go {
        /// `X-Ratelimit-Remaining`.
        remaining: u32,
    },
    /// It must wait.
    Wait {
        /// `X-Ratelimit-Retry`, in whole seconds, at least 1.
        retry: u32,
        /// `X-Ratelimit-Limit`.
        limit: u32,
        /// `X-Ratelimit-Reset`: seconds until the bucket is full.
        reset: u32,
    },
}

/// The buckets of all tokens.
#[derive(Debug)]
pub(crate) struct Limits {
    interval_percent: u32,
    tokens_max: usize,
    /// For each token and category: when its bucket is full again, in milliseconds. A full bucket needs no entry.
    full_at: BTreeMap<(String, Category), i64>,
}

impl Limits {
    pub(crate) fn new(interval_percent: u32, tokens_max: usize) -> Self {
        Self { interval_percent, tokens_max, full_at: BTreeMap::new() }
    }

    /// Takes one call out of the bucket, or says how long to wait.
    pub(crate) fn pass(&mut self, token: &str, category: Category, now: DateTime<Utc>) -> Pass {
        let (burst, interval) = category.numbers();
        let interval = interval * i64::from(self.interval_percent) / 100;
        let now = now.timestamp_millis();
        if interval == 0 {
            return Pass::Go { remaining: burst };
        }
        self.forget(now);
        let full_at = self.full_at.entry((token.to_owned(), category)).or_insert(now);
        let owed = (*full_at).max(now) - now;
        let wait = owed + interval - i64::from(burst) * interval;
        if wait > 0 {
            return Pass::Wait { retry: seconds(wait), limit: burst, reset: seconds(owed) };
        }
        *full_at = now + owed + interval;
        Pass::Go { remaining: u32::try_from(-wait / interval).unwrap_or(0) }
    }

    /// Drops full buckets, and if too many are left, those that are full soonest.
    fn forget(&mut self, now: i64) {
        let max = self.tokens_max * 14;
        if self.full_at.len() < max {
            return;
        }
        self.full_at.retain(|_, full_at| *full_at > now);
        while self.full_at.len() >= max {
            let soonest = self.full_at.iter().min_by_key(|(_, full_at)| **full_at).map(|(key, _)| key.clone());
            soonest.map(|key| self.full_at.remove(&key));
        }
    }
}

fn seconds(millis: i64) -> u32 {
    u32::try_from((millis + 999) / 1_000).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_790_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_burst_is_let_through_and_then_one_call_an_interval() {
        let mut limits = Limits::new(100, 4);
        for remaining in (0..5).rev() {
            assert_eq!(limits.pass("t", Category::Upload, at(0)), Pass::Go { remaining });
        }
        assert_eq!(limits.pass("t", Category::Upload, at(0)), Pass::Wait { retry: 6, limit: 5, reset: 30 });
        assert_eq!(limits.pass("t", Category::Upload, at(5_999)), Pass::Wait { retry: 1, limit: 5, reset: 25 });
        assert_eq!(limits.pass("t", Category::Upload, at(6_000)), Pass::Go { remaining: 0 });
    }

    #[test]
    fn tokens_and_categories_do_not_share_a_bucket() {
        let mut limits = Limits::new(100, 4);
        assert_eq!(limits.pass("t", Category::Sales, at(0)), Pass::Go { remaining: 0 });
        assert!(matches!(limits.pass("t", Category::Sales, at(0)), Pass::Wait { retry: 60, .. }));
        assert_eq!(limits.pass("t", Category::Orders, at(0)), Pass::Go { remaining: 0 });
        assert_eq!(limits.pass("u", Category::Sales, at(0)), Pass::Go { remaining: 0 });
    }

    #[test]
    fn the_scale_shortens_the_interval_and_zero_lifts_the_limit() {
        let mut limits = Limits::new(1, 4);
        assert_eq!(limits.pass("t", Category::Sales, at(0)), Pass::Go { remaining: 0 });
        assert!(matches!(limits.pass("t", Category::Sales, at(599)), Pass::Wait { retry: 1, .. }));
        assert_eq!(limits.pass("t", Category::Sales, at(600)), Pass::Go { remaining: 0 });
        let mut none = Limits::new(0, 4);
        assert!((0..100).all(|_| none.pass("t", Category::Sales, at(0)) == Pass::Go { remaining: 1 }));
    }

    #[test]
    fn many_tokens_do_not_grow_the_memory() {
        let mut limits = Limits::new(100, 2);
        for token in 0..1_000 {
            limits.pass(&token.to_string(), Category::Sales, at(0));
        }
        assert!(limits.full_at.len() <= 28);
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_one_an_interval(steps in proptest::collection::vec(0_i64..2_000, 1..200)) {
            let mut limits = Limits::new(100, 2);
            let (mut now, mut let_in) = (0, 0);
            for step in steps {
                now += step;
                let_in += i64::from(matches!(limits.pass("t", Category::Content, at(now)), Pass::Go { .. }));
                prop_assert!(let_in <= 5 + now / 600);
            }
        }
    }
}
