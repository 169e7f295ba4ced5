//! The products that did best and worst, each with its reason.

use std::cmp::Reverse;

use rust_decimal::Decimal;

use super::{
    ledger::{Change, Ledger, Numbers, Product},
    period::Period,
};

/// So many are named on either side.
pub const NAMED_MAX: usize = 3;
/// A fall of less than so many per cent is chance.
const FALL_PERCENT_MIN: Decimal = Decimal::from_parts(20, 0, 0, false, 0);
/// Of fewer orders no share is told.
const ORDERS_MIN: u32 = 5;
/// So many per cent of orders cancelled are many.
const CANCELLED_PERCENT_MIN: Decimal = Decimal::from_parts(30, 0, 0, false, 0);

/// Why a product is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It brought so many per cent of all orders, by money.
    Share(Decimal),
    /// Nothing is left, and it was ordered before.
    SoldOut,
    /// Nobody ordered it, though so many pieces are there.
    NoOrders(i64),
    /// Its orders fell by so many per cent, by money.
    Fell(Decimal),
    /// So many per cent of its orders were cancelled.
    Cancelled(Decimal),
}

/// A product that is named.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The article.
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// Its numbers.
    pub now: Numbers,
    /// Against the period before, by money; none where that is not known.
    pub change: Option<Change>,
    /// Why.
    pub reason: Reason,
}

/// The products that were ordered for the most money, the best first.
pub fn best(ledger: &Ledger, period: Period, before: Option<Period>) -> Vec<Ranked> {
    let all = ledger.of(period).order_sum;
    let mut ordered: Vec<_> = ledger.products.iter().map(|(nm, product)| (*nm, product, product.of(period))).collect();
    ordered.retain(|(_, _, now)| now.order_sum > Decimal::ZERO);
    ordered.sort_by_key(|(nm, _, now)| (Reverse(now.order_sum), *nm));
    let ranked = ordered.into_iter().take(NAMED_MAX).filter_map(|(nm, product, now)| {
        let share = percent(now.order_sum, all)?;
        Some(named(nm, product, now, before, Reason::Share(share)))
    });
    ranked.collect()
}

/// The products that lost the most, or stand still, the worst first; none of the best ones.
pub fn worst(ledger: &Ledger, period: Period, before: Option<Period>, best: &[Ranked]) -> Vec<Ranked> {
    let is_best = |nm: u64| best.iter().any(|ranked| ranked.nm_id == nm);
    let mut found: Vec<(Decimal, Ranked)> = Vec::new();
    for (nm, product) in ledger.products.iter().filter(|(nm, _)| !is_best(**nm)) {
        let now = product.of(period);
        let past = before.map(|before| product.of(before));
        if let Some(reason) = reason(product, &now, past.as_ref()) {
            let lost = past.map_or(Decimal::ZERO, |past| past.order_sum.saturating_sub(now.order_sum));
            found.push((lost, named(*nm, product, now, before, reason)));
        }
    }
    found.sort_by_key(|(lost, ranked)| (Reverse(*lost), Reverse(standing(ranked)), ranked.nm_id));
    found.into_iter().take(NAMED_MAX).map(|(_, ranked)| ranked).collect()
}

fn standing(ranked: &Ranked) -> i64 {
    if let Reason::NoOrders(left) = ranked.reason { left } else { 0 }
}

fn reason(product: &Product, now: &Numbers, past: Option<&Numbers>) -> Option<Reason> {
    let ordered_before = past.is_some_and(|past| past.orders > 0);
    if product.stock == Some(0) && ordered_before {
        return Some(Reason::SoldOut);
    }
    if let Some(left) = product.stock.filter(|left| *left > 0 && now.orders == 0) {
        return Some(Reason::NoOrders(left));
    }
    let fell = past.and_then(|past| percent(past.order_sum.saturating_sub(now.order_sum), past.order_sum));
    if let Some(fell) = fell.filter(|fell| *fell >= FALL_PERCENT_MIN) {
        return Some(Reason::Fell(fell));
    }
    let cancelled = percent(now.cancelled.into(), now.orders.into()).filter(|_| now.orders >= ORDERS_MIN);
    cancelled.filter(|share| *share >= CANCELLED_PERCENT_MIN).map(Reason::Cancelled)
}

fn named(nm_id: u64, product: &Product, now: Numbers, before: Option<Period>, reason: Reason) -> Ranked {
    let change = before.map(|before| Change::of(product.of(before).order_sum, now.order_sum));
    Ranked { nm_id, vendor_code: product.vendor_code.clone(), now, change, reason }
}

fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)
}
