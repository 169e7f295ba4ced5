//! The seeded shop: the same cards and the same history for the same seed and day.
//!
//! Every day's orders come from a generator of their own, seeded with the shop's seed, the card and the day. So a shop
//! that runs for a week has the week that a shop opened later has not, and no order depends on when anyone looked.

mod cards;
mod orders;

use chrono::{DateTime, TimeDelta, Utc};

pub(crate) use self::{
    cards::fill,
    orders::{Order, Outcome, day},
};

/// How far the history goes back.
pub(crate) const HISTORY_DAYS: i64 = 120;

/// The marketplace lives in Moscow's time.
pub(crate) const MOSCOW: TimeDelta = TimeDelta::hours(3);

const SECONDS_A_DAY: i64 = 86_400;

/// The day in Moscow, in days since 1970.
pub(crate) fn day_of(time: DateTime<Utc>) -> i64 {
    (time + MOSCOW).timestamp().div_euclid(SECONDS_A_DAY)
}

/// When that day begins in Moscow.
pub(crate) fn start_of(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(day * SECONDS_A_DAY, 0).unwrap_or_default() - MOSCOW
}

/// A generator for one purpose on one day.
pub(crate) fn random(seed: u64, what: u64, day: i64) -> fastrand::Rng {
    // The multipliers are odd and large, so that neighbours get unlike seeds.
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ what.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    fastrand::Rng::with_seed(mixed ^ day.cast_unsigned().wrapping_mul(0xA076_1D64_78BD_642F))
}
