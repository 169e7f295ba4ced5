//! When the stock of a product ends.
//!
//! The method is a multiplicative decomposition with a smoothed level: each day's orders are divided by the factor of its
//! weekday, the level is their exponentially weighted mean, and the days to come are the level times their factors. (R. J.
//! Hyndman, G. Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., chapters 3.4 and 8.1.) With so few weeks a
//! factor is mostly chance, so it is drawn towards 1 by [`WEEKS_OF_DOUBT`]. No trend is followed: over the weeks that a stock
//! lasts it would do more harm than good.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::{
    ledger::Numbers,
    period::{Period, ahead},
};

/// So many days before today are looked at.
pub const HISTORY_DAYS: u32 = 56;
/// With fewer days between the first order and today nothing is foretold.
pub const DAYS_MIN: u32 = 14;
/// With fewer orders nothing is foretold.
pub const ORDERS_MIN: u32 = 7;
/// So far is looked ahead, in days.
pub const AHEAD_DAYS_MAX: u32 = 180;
/// After so many days a day counts half.
const HALF_LIFE_DAYS: f64 = 14.0;
/// As if so many weeks without any rhythm had been seen before.
const WEEKS_OF_DOUBT: f64 = 2.0;

/// What can be said of a stock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Forecast {
    /// There is none.
    Gone,
    /// It ends on that day.
    Ends {
        /// The last day with something left for buyers.
        on: NaiveDate,
        /// So many days from today on, that day included.
        days: u32,
    },
    /// It lasts for longer than is looked ahead.
    Lasts,
    /// Too little was ordered, or for too short a time.
    NotEnough,
}

/// The pace of orders.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Orders of an average day.
    pub level: f64,
    /// Monday to Sunday, as a share of that.
    pub week: [f64; 7],
}

impl Pace {
    /// Orders to be expected of a day.
    pub fn on(&self, day: NaiveDate) -> f64 {
        self.level * self.week[weekday(day)]
    }
}

/// The pace of a product at the end of yesterday; none where there is too little to tell.
pub fn pace(days: &BTreeMap<NaiveDate, Numbers>, today: NaiveDate) -> Option<Pace> {
    let history = Period::ending(super::period::back(today, 1), HISTORY_DAYS);
    // A product that is new has no zeros before its first order.
    let first =
        days.range(history.from()..=history.to()).find(|(_, numbers)| numbers.orders > 0).map(|(day, _)| *day)?;
    let history = Period::new(first, history.to())?;
    let of = |day| days.get(&day).map_or(0, |numbers: &Numbers| numbers.orders);
    let orders: Vec<(NaiveDate, u32)> =
        (0..history.days()).map(|at| ahead(first, at)).map(|day| (day, of(day))).collect();
    if history.days() < DAYS_MIN || orders.iter().map(|(_, count)| u64::from(*count)).sum::<u64>() < ORDERS_MIN.into() {
        return None;
    }
    let week = rhythm(&orders);
    Some(Pace { level: level(&orders, &week), week })
}

/// The factor of each weekday.
fn rhythm(orders: &[(NaiveDate, u32)]) -> [f64; 7] {
    let mean = average(orders.iter().map(|(_, count)| *count));
    let factor = |weekday: usize| {
        let own: Vec<u32> = orders.iter().filter(|(day, _)| self::weekday(*day) == weekday).map(|(_, n)| *n).collect();
        let weeks = f64::from(u32::try_from(own.len()).unwrap_or(u32::MAX));
        let seen = average(own.into_iter()) / mean;
        (seen * weeks + WEEKS_OF_DOUBT) / (weeks + WEEKS_OF_DOUBT)
    };
    let week: [f64; 7] = std::array::from_fn(factor);
    let sum: f64 = week.iter().sum();
    week.map(|factor| factor * 7.0 / sum)
}

/// The newest days count the most.
fn level(orders: &[(NaiveDate, u32)], week: &[f64; 7]) -> f64 {
    let decay = 0.5_f64.powf(1.0 / HALF_LIFE_DAYS);
    let (mut sum, mut weights, mut weight) = (0.0, 0.0, 1.0);
    for (day, count) in orders.iter().rev() {
        sum += weight * f64::from(*count) / week[weekday(*day)];
        weights += weight;
        weight *= decay;
    }
    sum / weights
}

fn average(numbers: impl ExactSizeIterator<Item = u32>) -> f64 {
    let count = f64::from(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
    numbers.map(f64::from).sum::<f64>() / count.max(1.0)
}

fn weekday(day: NaiveDate) -> usize {
    day.weekday().num_days_from_monday() as usize
}

/// When a stock ends that is `left` this morning.
pub fn forecast(left: i64, pace: Option<&Pace>, today: NaiveDate) -> Forecast {
    if left <= 0 {
        return Forecast::Gone;
    }
    let Some(pace) = pace else { return Forecast::NotEnough };
    #[expect(clippy::cast_precision_loss, reason = "a stock of more than 2^52 pieces is none")]
    let mut rest = left as f64;
    for days in 1..=AHEAD_DAYS_MAX {
        let on = ahead(today, days - 1);
        rest -= pace.on(on);
        // Half a piece that is left by the sum of fractions is none.
        if rest < 0.5 {
            return Forecast::Ends { on, days };
        }
    }
    Forecast::Lasts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A Saturday.
    fn today() -> NaiveDate {
        "2026-11-28".parse().unwrap()
    }

    /// Orders of the days that end yesterday, the last one last.
    fn days(orders: &[u32]) -> BTreeMap<NaiveDate, Numbers> {
        let count = u32::try_from(orders.len()).unwrap();
        let dated = (0..count).rev().map(|ago| super::super::period::back(today(), ago + 1));
        dated.zip(orders).map(|(day, orders)| (day, Numbers { orders: *orders, ..Numbers::default() })).collect()
    }

    #[track_caller]
    fn check(left: i64, orders: &[u32], expected: Forecast) {
        assert_eq!(forecast(left, pace(&days(orders), today()).as_ref(), today()), expected);
    }

    fn ends(on: &str, days: u32) -> Forecast {
        Forecast::Ends { on: on.parse().unwrap(), days }
    }

    #[test]
    fn an_even_pace_ends_the_stock_by_division() {
        check(20, &[2; 56], ends("2026-12-07", 10));
        check(2, &[2; 56], ends("2026-11-28", 1));
        check(21, &[2; 28], ends("2026-12-08", 11));
    }

    #[test]
    fn a_stock_that_is_gone_or_lasts_is_said_so() {
        check(0, &[2; 56], Forecast::Gone);
        check(-3, &[2; 56], Forecast::Gone);
        check(361, &[2; 56], Forecast::Lasts);
    }

    #[test]
    fn too_few_days_or_orders_are_not_enough_to_tell() {
        check(20, &[], Forecast::NotEnough);
        check(20, &[0; 56], Forecast::NotEnough);
        check(20, &[5; 13], Forecast::NotEnough);
        check(20, &[[0; 20].as_slice(), &[1; 6]].concat(), Forecast::NotEnough);
        check(7, &[1; 14], ends("2026-12-04", 7));
    }

    #[test]
    fn the_last_weeks_count_more_than_those_before() {
        let risen = pace(&days(&[[1; 28], [4; 28]].concat()), today()).unwrap();
        assert!(risen.level > 2.9 && risen.level < 4.0, "{risen:?}");
        let fallen = pace(&days(&[[4; 28], [1; 28]].concat()), today()).unwrap();
        assert!(fallen.level < 2.1 && fallen.level > 1.0, "{fallen:?}");
    }

    #[test]
    fn a_weekday_that_sells_more_is_expected_to_do_so_again() {
        // The day before today is a Friday, so 56 days back begins on a Saturday: weekends are the first two of seven.
        let orders: Vec<u32> = (0..56).map(|at| if at % 7 < 2 { 6 } else { 1 }).collect();
        let pace = pace(&days(&orders), today()).unwrap();
        let (saturday, monday) = (pace.on(today()), pace.on(ahead(today(), 2)));
        assert!(saturday > 2.5 * monday, "{pace:?}");
    }

    proptest! {
        #[test]
        fn a_smaller_stock_never_lasts_longer(orders in prop::collection::vec(0_u32..20, 14..60), left in 1_i64..200) {
            let pace = pace(&days(&orders), today());
            let lasts = |left| match forecast(left, pace.as_ref(), today()) {
                Forecast::Gone => 0,
                Forecast::Ends { days, .. } => days,
                Forecast::Lasts | Forecast::NotEnough => u32::MAX,
            };
            prop_assert!(lasts(left) <= lasts(left + 1));
        }

        #[test]
        fn the_factors_of_a_week_are_one_on_average(orders in prop::collection::vec(0_u32..1_000, 14..56)) {
            if let Some(pace) = pace(&days(&orders), today()) {
                prop_assert!((pace.week.iter().sum::<f64>() - 7.0).abs() < 1e-9);
                prop_assert!(pace.level.is_finite() && pace.level > 0.0);
            }
        }
    }
}
