//! What the reports are asked: the funnel, search queries, sales, orders and stocks.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    check::{self, Period},
    error::WildberriesError,
    queries::Query,
};

/// So many days of the funnel and of search queries are kept.
const ANALYTICS_DAYS: u64 = 365;

type Checked = Result<(), WildberriesError>;

/// The sales funnel of products: opened, put into the cart, ordered, bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FunnelQuery {
    /// The days that are asked for.
    pub period: Period,
    /// The days to compare with.
    pub past_period: Option<Period>,
    /// Only these articles, at most 1000; left out: all.
    #[serde(default, rename = "nmIDs")]
    pub nm_ids: Vec<u64>,
    /// How many; 1 to 1000, 50 by default.
    pub limit: Option<u64>,
    /// How many to leave out first.
    pub offset: Option<u64>,
}
impl Query for FunnelQuery {
    fn check(&self, today: NaiveDate) -> Checked {
        periods(&self.period, self.past_period.as_ref(), today)?;
        check::count("nmIDs", self.nm_ids.len(), 0, 1000)?;
        self.limit.map_or(Ok(()), |limit| check::between("limit", limit, 1, 1000))
    }
}

/// The search queries that led to products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SearchTextsQuery {
    /// The days that are asked for.
    pub period: Period,
    /// The days to compare with.
    pub past_period: Option<Period>,
    /// The articles; 1 to 50.
    #[serde(default, rename = "nmIDs")]
    pub nm_ids: Vec<u64>,
    /// By what the best queries are chosen; orders by default.
    pub top_by: Option<TopBy>,
    /// How many for each article; 1 to 100, 30 by default. More than 30 need a subscription.
    pub limit: Option<u64>,
}
impl Query for SearchTextsQuery {
    fn check(&self, today: NaiveDate) -> Checked {
        periods(&self.period, self.past_period.as_ref(), today)?;
        check::count("nmIDs", self.nm_ids.len(), 1, 50)?;
        self.limit.map_or(Ok(()), |limit| check::between("limit", limit, 1, 100))
    }
}

/// What makes a search query one of the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum TopBy {
    /// The card was opened.
    OpenCard,
    /// Put into the cart.
    AddToCart,
    /// Opened, then put into the cart, in per cent.
    OpenToCart,
    /// Ordered.
    Orders,
    /// Put into the cart, then ordered, in per cent.
    CartToOrder,
}

/// Sales and orders, by when they were changed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RowsQuery {
    /// Rows changed from here on: a day like 2025-12-31, or `next` of the answer before as it stands.
    pub date_from: String,
    /// true: all rows whose own date is that day, whenever they were changed.
    #[serde(default)]
    pub whole_day: bool,
}
impl Query for RowsQuery {
    fn check(&self, today: NaiveDate) -> Checked {
        check::moment("dateFrom", &self.date_from, today)
    }
}

/// Stocks, by when they were changed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StocksQuery {
    /// Rows changed from here on: a day like 2025-12-31, or `next` of the answer before. An early day (2019-06-20) gives all.
    pub date_from: String,
}
impl Query for StocksQuery {
    fn check(&self, today: NaiveDate) -> Checked {
        check::moment("dateFrom", &self.date_from, today)
    }
}

fn periods(now: &Period, past: Option<&Period>, today: NaiveDate) -> Checked {
    check::period("period", now, today, ANALYTICS_DAYS)?;
    past.map_or(Ok(()), |past| check::period("pastPeriod", past, today, ANALYTICS_DAYS))
}
