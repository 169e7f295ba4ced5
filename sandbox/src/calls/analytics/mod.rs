//! Analytics: the sales funnel and the search queries, counted from the same orders that the reports list.

mod funnel;
mod search;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

pub(super) use self::{funnel::funnel, search::search_texts};
use super::{Answer, day};
use crate::{
    seed,
    shop::{Card, Shop},
};

const PERIOD_DAYS_MAX: i64 = 365;

/// Days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Period {
    start: NaiveDate,
    end: NaiveDate,
}

impl Period {
    fn read(body: &Value, name: &str, now: DateTime<Utc>) -> Result<Self, String> {
        let read = |end: &str| body[name][end].as_str().and_then(day);
        let (Some(start), Some(end)) = (read("start"), read("end")) else {
            return Err(format!("invalid: {name} (field required)"));
        };
        let today = (now + seed::MOSCOW).date_naive();
        if start > end || end > today || (today - start).num_days() > PERIOD_DAYS_MAX {
            return Err(format!("invalid: {name} (start must not be after end, and both within the last 365 days)"));
        }
        Ok(Self { start, end })
    }

    /// As many days, right before.
    fn before(self) -> Self {
        let end = self.start.pred_opt().unwrap_or(self.start);
        Self { start: end - TimeDelta::days(self.days() - 1), end }
    }

    fn days(self) -> i64 {
        (self.end - self.start).num_days() + 1
    }

    /// In days since 1970.
    fn numbers(self) -> std::ops::RangeInclusive<i64> {
        let number = |day: NaiveDate| (day - NaiveDate::default()).num_days();
        number(self.start)..=number(self.end)
    }

    fn shown(self) -> Value {
        json!({ "start": self.start, "end": self.end })
    }
}

/// What happened to a card in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Figures {
    days: i64,
    opens: i64,
    carts: i64,
    wishes: i64,
    orders: i64,
    order_sum: i64,
    buyouts: i64,
    buyout_sum: i64,
    cancels: i64,
    cancel_sum: i64,
}

impl Figures {
    fn of(shop: &Shop, card: &Card, period: Period, now: DateTime<Utc>) -> Self {
        let mut all = Self { days: period.days(), ..Self::default() };
        let days = period.numbers();
        let mine = shop.orders.iter().filter(|order| order.nm == card.nm && order.at <= now);
        for order in mine.filter(|order| days.contains(&seed::day_of(order.at))) {
            let paid = i64::try_from(order.paid()).unwrap_or(0);
            all.orders += 1;
            all.order_sum += paid;
            if order.cancelled(now).is_some() || order.returned(now).is_some() {
                all.cancels += 1;
                all.cancel_sum += paid;
            } else if order.bought(now).is_some() {
                all.buyouts += 1;
                all.buyout_sum += paid;
            }
        }
        all.interest(shop, card, days);
        all
    }

    /// Who only looked. Whoever ordered had opened the card and put it into the cart.
    fn interest(&mut self, shop: &Shop, card: &Card, days: std::ops::RangeInclusive<i64>) {
        let (mut looked, mut carted) = (0, 0);
        if let Some(demand) = card.demand {
            let first = seed::day_of(shop.opened) - seed::HISTORY_DAYS;
            for day in days.filter(|day| (first..shop.next_day).contains(day)) {
                let mut random = seed::random(shop.seed, card.nm + 1, day);
                #[expect(clippy::cast_possible_truncation, reason = "a few hundred people")]
                let crowd = (demand.daily * 10.0) as i64;
                carted += random.i64(0..=crowd / 8);
                looked += random.i64(crowd / 2..=crowd + 1);
                self.wishes += random.i64(0..=crowd / 10);
            }
        }
        self.carts = self.orders + self.orders / 2 + carted;
        self.opens = self.carts * 4 + looked;
    }
}

/// Percent of `whole`, rounded; 0 of nothing.
const fn percent(part: i64, whole: i64) -> i64 {
    if whole == 0 { 0 } else { (part * 200 / whole + 1) / 2 }
}

/// The change from `past` to `current`, in percent of `past`; 100 where something came out of nothing.
const fn dynamics(current: i64, past: i64) -> i64 {
    match (current, past) {
        (0, 0) => 0,
        (_, 0) => 100,
        _ => (current - past) * 100 / past,
    }
}

/// The refusal of analytics methods.
fn refused(detail: &str) -> Answer {
    let body = json!({
        "title": "Invalid request body",
        "detail": format!("code=400, message={detail}, internal={detail}"),
        "requestId": "fb25c9e9-cae8-52db-b68e-736c1466a3f5",
        "origin": "analytic-open-api",
    });
    Answer { status: 400, body }
}

/// Numbers of a list; none given is all.
fn wanted(body: &Value, name: &str, value: &Value) -> bool {
    body[name].as_array().is_none_or(|list| list.is_empty() || list.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_percent_of_the_past() {
        for (current, past, expected) in [(0, 0, 0), (5, 0, 100), (15, 10, 50), (0, 10, -100), (10, 10, 0)] {
            assert_eq!(dynamics(current, past), expected);
        }
    }

    #[test]
    fn the_period_before_has_as_many_days_and_touches() {
        let period = Period { start: day("2026-03-09").unwrap(), end: day("2026-03-15").unwrap() };
        let before = period.before();
        assert_eq!((before.start, before.end), (day("2026-03-02").unwrap(), day("2026-03-08").unwrap()));
    }
}
