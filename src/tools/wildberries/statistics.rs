//! Sales, orders and stocks: long lists, read page by page by when a row was changed last.

use std::collections::HashSet;

use serde::{Serialize, de::DeserializeOwned};

use super::{
    answers_reports::{Sale, Stock},
    client::{Shop, Sort},
    error::WildberriesError,
    family::{Family, Host},
    read::get,
    reports::{RowsQuery, StocksQuery},
};

/// From so many rows on an answer may have been cut: half of what the description says that one answer holds.
const ROWS_CUT_FROM: usize = 30_000;

/// Rows, and where they go on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rows<T> {
    /// They.
    pub rows: Vec<T>,
    /// `dateFrom` of the next call; none if these were all. The row that stands there last comes again.
    pub next: Option<String>,
}

/// A row that says when it was changed.
pub(super) trait Row: DeserializeOwned {
    fn changed(&self) -> &str;
    /// What tells it from others that were changed at the same moment.
    fn identity(&self) -> String;
}

impl Row for Sale {
    fn changed(&self) -> &str {
        &self.last_change_date
    }
    fn identity(&self) -> String {
        format!("{}|{}|{}", self.srid, self.sale_id.as_deref().unwrap_or_default(), self.last_change_date)
    }
}

impl Row for Stock {
    fn changed(&self) -> &str {
        &self.last_change_date
    }
    fn identity(&self) -> String {
        format!("{}|{}|{}", self.warehouse_name, self.barcode, self.last_change_date)
    }
}

impl Shop {
    /// Sales and returns: a page.
    pub async fn sales(&self, query: &RowsQuery) -> Result<Rows<Sale>, WildberriesError> {
        self.checked(query)?;
        self.page(Family::Sales, "/api/v1/supplier/sales", &query.date_from, Some(query.whole_day)).await
    }

    /// Orders: a page.
    pub async fn orders(&self, query: &RowsQuery) -> Result<Rows<Sale>, WildberriesError> {
        self.checked(query)?;
        self.page(Family::Orders, "/api/v1/supplier/orders", &query.date_from, Some(query.whole_day)).await
    }

    /// What is left in the marketplace's warehouses: a page.
    pub async fn stocks(&self, query: &StocksQuery) -> Result<Rows<Stock>, WildberriesError> {
        self.checked(query)?;
        self.page(Family::Stocks, "/api/v1/supplier/stocks", &query.date_from, None).await
    }

    /// All sales since a day, at most `pages_max` pages. One page a minute is allowed, so where the next one would take too
    /// long to wait for, what there is comes with `next`.
    pub async fn sales_since(&self, date_from: &str, pages_max: u32) -> Result<Rows<Sale>, WildberriesError> {
        self.checked(&RowsQuery { date_from: date_from.to_owned(), whole_day: false })?;
        self.since(Family::Sales, "/api/v1/supplier/sales", date_from, pages_max, Some(false)).await
    }

    /// All orders since a day; see [`Shop::sales_since`].
    pub async fn orders_since(&self, date_from: &str, pages_max: u32) -> Result<Rows<Sale>, WildberriesError> {
        self.checked(&RowsQuery { date_from: date_from.to_owned(), whole_day: false })?;
        self.since(Family::Orders, "/api/v1/supplier/orders", date_from, pages_max, Some(false)).await
    }

    async fn since<T: Row>(
        &self,
        family: Family,
        path: &'static str,
        date_from: &str,
        pages_max: u32,
        whole_day: Option<bool>,
    ) -> Result<Rows<T>, WildberriesError> {
        let mut all = Rows { rows: Vec::new(), next: Some(date_from.to_owned()) };
        let mut seen = HashSet::new();
        for _ in 0..pages_max {
            let Some(from) = all.next.clone() else { break };
            let page: Rows<T> = match self.page(family, path, &from, whole_day).await {
                Err(WildberriesError::RateLimited { .. }) if !all.rows.is_empty() => return Ok(all),
                page => page?,
            };
            let known = all.rows.len();
            all.rows.extend(page.rows.into_iter().filter(|row| seen.insert(row.identity())));
            // Nothing but rows that were there before: to go on from the same moment would go on for ever.
            all.next = page.next.filter(|next| all.rows.len() > known && *next != from);
        }
        Ok(all)
    }

    async fn page<T: Row>(
        &self,
        family: Family,
        path: &'static str,
        date_from: &str,
        whole_day: Option<bool>,
    ) -> Result<Rows<T>, WildberriesError> {
        let mut query = vec![("dateFrom", date_from.to_owned())];
        query.extend(whole_day.map(|whole_day| ("flag", u8::from(whole_day).to_string())));
        let rows: Vec<T> = self.ask(family, Sort::Read, get(Host::Statistics, path, query)).await?;
        // A whole day always comes whole.
        let may_be_cut = rows.len() >= ROWS_CUT_FROM && whole_day != Some(true);
        let next = rows.last().map(|row| row.changed().to_owned()).filter(|_| may_be_cut);
        Ok(Rows { rows, next })
    }
}
