//! What was ordered, bought and given back, by product and day: the rows of the marketplace's reports, counted.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::period::Period;
use crate::tools::wildberries::{Sale, Stock};

/// Numbers that add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Pieces ordered, those that were cancelled later included.
    pub orders: u32,
    /// For how much, by the price with the seller's discount.
    pub order_sum: Decimal,
    /// Of the orders, so many were cancelled.
    pub cancelled: u32,
    /// Pieces bought, those that came back later included.
    pub sales: u32,
    /// For how much.
    pub sales_sum: Decimal,
    /// Pieces that came back.
    pub returns: u32,
    /// For how much; above zero.
    pub returns_sum: Decimal,
}

impl Numbers {
    /// Both together. Sums that no shop has stay at the largest that there is.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            orders: self.orders.saturating_add(other.orders),
            order_sum: self.order_sum.saturating_add(other.order_sum),
            cancelled: self.cancelled.saturating_add(other.cancelled),
            sales: self.sales.saturating_add(other.sales),
            sales_sum: self.sales_sum.saturating_add(other.sales_sum),
            returns: self.returns.saturating_add(other.returns),
            returns_sum: self.returns_sum.saturating_add(other.returns_sum),
        }
    }

    /// What was bought less what came back.
    pub fn revenue(&self) -> Decimal {
        self.sales_sum.saturating_sub(self.returns_sum)
    }

    /// What an ordered piece cost on average.
    pub fn average_price(&self) -> Option<Decimal> {
        self.order_sum.checked_div(self.orders.into())
    }

    /// Of what was decided in these days, bought or cancelled, the share that buyers kept, in per cent.
    pub fn buyout(&self) -> Option<Decimal> {
        let decided = Decimal::from(self.sales) + Decimal::from(self.cancelled);
        let kept = Decimal::from(self.sales.saturating_sub(self.returns));
        (kept * Decimal::ONE_HUNDRED).checked_div(decided)
    }
}

/// A product and its days.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Product {
    /// The seller's own code.
    pub vendor_code: String,
    /// The subject.
    pub subject: String,
    /// The days on which anything happened.
    pub days: BTreeMap<NaiveDate, Numbers>,
    /// Pieces that can be sold, where that is known.
    pub stock: Option<i64>,
}

impl Product {
    /// The numbers of a period.
    pub fn of(&self, period: Period) -> Numbers {
        let days = self.days.range(period.from()..=period.to());
        days.fold(Numbers::default(), |sum, (_, numbers)| sum.plus(*numbers))
    }
}

/// The products of a shop, by article.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// They.
    pub products: BTreeMap<u64, Product>,
    /// Rows without a date that can be read: not counted.
    pub unread: u32,
    seen: HashSet<String>,
}

impl Ledger {
    /// Counts orders. A row that was counted before is left out.
    pub fn add_orders(&mut self, rows: &[Sale]) {
        for row in rows {
            let price = row.price_with_disc.unwrap_or_default().abs();
            self.add(row, format!("order {}", row.srid), |day| {
                day.orders += 1;
                day.order_sum = day.order_sum.saturating_add(price);
                day.cancelled += u32::from(row.is_cancel);
            });
        }
    }

    /// Counts sales and returns. A row that was counted before is left out.
    pub fn add_sales(&mut self, rows: &[Sale]) {
        for row in rows {
            let price = row.price_with_disc.unwrap_or_default().abs();
            let id = row.sale_id.clone().unwrap_or_default();
            let is_return = id.starts_with(['R', 'r']);
            self.add(row, format!("{} {id}", row.srid), |day| {
                let (count, sum) = if is_return {
                    (&mut day.returns, &mut day.returns_sum)
                } else {
                    (&mut day.sales, &mut day.sales_sum)
                };
                *count += 1;
                *sum = sum.saturating_add(price);
            });
        }
    }

    /// Takes stocks in, over all warehouses.
    pub fn add_stocks(&mut self, rows: &[Stock]) {
        for row in rows {
            let product = self.product(row.nm_id, &row.supplier_article, &row.subject);
            product.stock = Some(product.stock.unwrap_or(0).saturating_add(row.quantity.max(0)));
        }
    }

    fn add(&mut self, row: &Sale, identity: String, count: impl FnOnce(&mut Numbers)) {
        let Some(day) = row.date.get(..10).and_then(|day| day.parse::<NaiveDate>().ok()) else {
            self.unread += 1;
            return;
        };
        // Only rows that say which order they are of can be told from their doubles.
        if !row.srid.is_empty() && !self.seen.insert(identity) {
            return;
        }
        let product = self.product(row.nm_id, &row.supplier_article, &row.subject);
        count(product.days.entry(day).or_default());
    }

    fn product(&mut self, nm_id: u64, vendor_code: &str, subject: &str) -> &mut Product {
        let product = self.products.entry(nm_id).or_default();
        if product.vendor_code.is_empty() {
            vendor_code.clone_into(&mut product.vendor_code);
            subject.clone_into(&mut product.subject);
        }
        product
    }

    /// The numbers of all products in a period.
    pub fn of(&self, period: Period) -> Numbers {
        self.products.values().fold(Numbers::default(), |sum, product| sum.plus(product.of(period)))
    }
}

/// What a number became, against the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// By so many per cent.
    Percent(Decimal),
    /// Something came out of nothing.
    FromNothing,
    /// It is the same.
    None,
}

impl Change {
    /// From `before` to `now`.
    pub fn of(before: Decimal, now: Decimal) -> Self {
        if before == now {
            return Self::None;
        }
        let percent = now.checked_sub(before).and_then(|change| change.checked_mul(Decimal::ONE_HUNDRED));
        percent.and_then(|change| change.checked_div(before.abs())).map_or(Self::FromNothing, Self::Percent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn row(srid: &str, sale_id: Option<&str>, date: &str, price: i64) -> Sale {
        Sale {
            nm_id: 1,
            srid: srid.to_owned(),
            sale_id: sale_id.map(str::to_owned),
            date: date.to_owned(),
            price_with_disc: Some(price.into()),
            ..Sale::default()
        }
    }

    fn november() -> Period {
        Period::new(day("2026-11-01"), day("2026-11-30")).unwrap()
    }

    #[test]
    fn orders_sales_and_returns_are_counted_by_their_own_day() {
        let mut ledger = Ledger::default();
        let cancelled = Sale { is_cancel: true, ..row("b", None, "2026-11-02T10:00:00", 300) };
        ledger.add_orders(&[row("a", None, "2026-11-01T10:00:00", 500), cancelled]);
        ledger.add_orders(&[row("c", None, "2026-12-01T00:00:00", 100)]);
        // The marketplace writes sums of returns below zero.
        ledger.add_sales(&[row("a", Some("S1"), "2026-11-03", 500), row("a", Some("R1"), "2026-11-09", -500)]);
        let numbers = ledger.of(november());
        assert_eq!((numbers.orders, numbers.order_sum, numbers.cancelled), (2, 800.into(), 1));
        assert_eq!((numbers.sales, numbers.returns, numbers.revenue()), (1, 1, Decimal::ZERO));
        assert_eq!((numbers.average_price(), numbers.buyout()), (Some(400.into()), Some(Decimal::ZERO)));
    }

    #[test]
    fn a_row_that_comes_twice_is_counted_once_and_one_without_a_date_is_not() {
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            ledger.add_orders(&[row("a", None, "2026-11-01T10:00:00", 500)]);
            ledger.add_sales(&[row("a", Some("S1"), "2026-11-01", 500)]);
        }
        ledger.add_orders(&[row("x", None, "yesterday", 500), row("y", None, "", 500)]);
        let numbers = ledger.of(november());
        assert_eq!((numbers.orders, numbers.sales, ledger.unread), (1, 1, 2));
    }

    #[test]
    fn of_nothing_there_is_no_average_and_no_share() {
        let nothing = Numbers::default();
        assert_eq!((nothing.average_price(), nothing.buyout(), nothing.revenue()), (None, None, Decimal::ZERO));
    }

    #[track_caller]
    fn check(before: i64, now: i64, expected: Change) {
        assert_eq!(Change::of(before.into(), now.into()), expected);
    }

    #[test]
    fn a_change_is_in_per_cent_of_what_was_before() {
        check(100, 112, Change::Percent(12.into()));
        check(100, 0, Change::Percent((-100).into()));
        check(0, 5, Change::FromNothing);
        check(0, 0, Change::None);
        check(-100, -50, Change::Percent(50.into()));
    }

    proptest! {
        #[test]
        fn the_whole_is_the_sum_of_its_parts(
            orders in prop::collection::vec((1_u64..5, 0_u32..20, 0_i64..1_000_000, any::<bool>()), 0..60),
            cut in 0_u32..19,
        ) {
            let mut ledger = Ledger::default();
            let rows: Vec<Sale> = orders.iter().enumerate().map(|(at, (nm_id, ago, price, is_cancel))| Sale {
                nm_id: *nm_id,
                is_cancel: *is_cancel,
                ..row(&at.to_string(), None, &super::super::period::back(day("2026-11-20"), *ago).to_string(), *price)
            }).collect();
            ledger.add_orders(&rows);
            let whole = Period::ending(day("2026-11-20"), 20);
            let second = Period::ending(day("2026-11-20"), cut + 1);
            let first = Period::new(whole.from(), super::super::period::back(second.from(), 1));
            let parts = first.map_or_else(Numbers::default, |first| ledger.of(first)).plus(ledger.of(second));
            prop_assert_eq!(ledger.of(whole), parts);
            let products = ledger.products.values().fold(Numbers::default(), |sum, one| sum.plus(one.of(whole)));
            prop_assert_eq!(ledger.of(whole), products);
            prop_assert_eq!(ledger.of(whole).orders as usize, rows.len());
        }
    }
}
