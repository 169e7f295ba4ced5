//! What people order: a weekly rhythm, a trend, and what becomes of each order.

use chrono::{DateTime, TimeDelta, Utc};

use super::{day_of, random, start_of};
use crate::{
    catalog::WAREHOUSES,
    shop::{Card, Demand, Shop},
};

/// Monday to Sunday, as a share of the usual day.
const WEEK: [f64; 7] = [1.0, 0.92, 0.9, 0.95, 1.08, 1.2, 1.12];

/// One piece that someone ordered.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) nm: u64,
    pub(crate) at: DateTime<Utc>,
    /// In roubles, before the discount.
    pub(crate) price: u64,
    pub(crate) discount: u64,
    /// The marketplace's own discount, in percent.
    pub(crate) spp: u64,
    /// Its place in [`WAREHOUSES`].
    pub(crate) warehouse: usize,
    /// Where it goes, as a place in [`WAREHOUSES`] whose region is meant.
    pub(crate) region: usize,
    pub(crate) outcome: Outcome,
    /// Tells it from all others.
    pub(crate) number: u64,
}

/// What becomes of an order, and when; before that it is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Bought { at: DateTime<Utc> },
    Cancelled { at: DateTime<Utc> },
    Returned { bought: DateTime<Utc>, back: DateTime<Utc> },
}

impl Order {
    /// What the buyer pays before the marketplace's discount, in roubles.
    pub(crate) const fn paid(&self) -> u64 {
        self.price * (100 - self.discount) / 100
    }

    /// When it was bought, if it was by `now`.
    pub(crate) fn bought(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.outcome {
            Outcome::Bought { at } | Outcome::Returned { bought: at, .. } => (at <= now).then_some(at),
            Outcome::Cancelled { .. } => None,
        }
    }

    /// When it came back, if it did by `now`.
    pub(crate) fn returned(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.outcome {
            Outcome::Returned { back, .. } => (back <= now).then_some(back),
            _ => None,
        }
    }

    /// When it was cancelled, if it was by `now`.
    pub(crate) fn cancelled(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.outcome {
            Outcome::Cancelled { at } => (at <= now).then_some(at),
            _ => None,
        }
    }

    /// When it last changed.
    pub(crate) fn changed(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.cancelled(now).or_else(|| self.returned(now)).or_else(|| self.bought(now)).unwrap_or(self.at)
    }
}

/// All orders of a day, in the order of their time.
pub(crate) fn day(shop: &Shop, day: i64) -> Vec<Order> {
    let opened = day_of(shop.opened);
    let mut orders = Vec::new();
    for card in &shop.cards {
        let Some(demand) = card.demand else { continue };
        let mut random = random(shop.seed, card.nm, day);
        let count = pieces(demand, day, opened, &mut random).min(in_stock(shop, card, demand, day));
        orders.extend((0..count).map(|at| order(card, demand, day, at, &mut random)));
    }
    orders.sort_by_key(|order| (order.at, order.number));
    orders
}

/// How many pieces are wanted on a day.
fn pieces(demand: Demand, day: i64, opened: i64, random: &mut fastrand::Rng) -> u32 {
    // 1 January 1970 was a Thursday.
    let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "days since the start are few")]
    let trend = 1.0 + demand.trend_percent / 100.0 * (day - opened) as f64 / 100.0;
    let mean = demand.daily * WEEK[weekday] * trend.max(0.05) * (0.75 + 0.5 * random.f64());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pieces, never below none")]
    let whole = mean.min(1_000.0) as u32;
    whole + u32::from(random.f64() < mean.fract())
}

/// What is left. The history up to the start was sold from deliveries that are over.
fn in_stock(shop: &Shop, card: &Card, demand: Demand, day: i64) -> u32 {
    if day <= day_of(shop.opened) { u32::MAX } else { demand.stock.saturating_sub(sold_since_start(shop, card.nm)) }
}

/// How many pieces of a card were ordered since the start.
pub(crate) fn sold_since_start(shop: &Shop, nm: u64) -> u32 {
    let since = shop.orders.iter().rev().take_while(|order| order.at > shop.opened);
    u32::try_from(since.filter(|order| order.nm == nm).count()).unwrap_or(u32::MAX)
}

fn order(card: &Card, demand: Demand, day: i64, at: u32, random: &mut fastrand::Rng) -> Order {
    let placed = start_of(day) + TimeDelta::seconds(random.i64(7 * 3_600..23 * 3_600));
    let later = |from: DateTime<Utc>, hours: std::ops::Range<i64>, random: &mut fastrand::Rng| {
        from + TimeDelta::minutes(random.i64(hours.start * 60..hours.end * 60))
    };
    let bought = later(placed, 40..130, random);
    let unlucky = random.u32(0..100) < demand.returns_percent;
    let outcome = match (unlucky, random.bool()) {
        (true, true) => Outcome::Cancelled { at: later(placed, 1..60, random) },
        (true, false) => Outcome::Returned { bought, back: later(bought, 24..200, random) },
        (false, _) => Outcome::Bought { at: bought },
    };
    Order {
        nm: card.nm,
        at: placed,
        price: card.price,
        discount: card.discount,
        spp: random.u64(10..25),
        warehouse: warehouse(random),
        region: warehouse(random),
        outcome,
        number: card.nm % 1_000_000 * 100_000_000 + day.unsigned_abs() % 100_000 * 1_000 + u64::from(at),
    }
}

fn warehouse(random: &mut fastrand::Rng) -> usize {
    let mut left = random.u32(0..WAREHOUSES.iter().map(|warehouse| warehouse.share).sum());
    for (at, warehouse) in WAREHOUSES.iter().enumerate() {
        if left < warehouse.share {
            return at;
        }
        left -= warehouse.share;
    }
    0
}
