//! Prices: read first, and only what differs is sent, so that to do it again changes nothing.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    answers_trade::{Goods, QuarantinedGoods},
    check::{self, Given},
    client::{Shop, Sort},
    error::{ArgumentCode, WildberriesError},
    family::{Family, Host},
    queries::{PricesQuery, QuarantineQuery, Query},
    read::{get, post},
    reply::Envelope,
};

/// How to find out what became of prices whose answer was lost.
const NEXT: &str = "calling it again is safe: prices are read first, and those that are set already are left alone";

/// Prices to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceUpload {
    /// 1 to 1000 articles.
    pub prices: Vec<PriceChange>,
}

/// A price, a discount or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct PriceChange {
    /// The article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// The price before the discount: a whole number of the account's currency.
    pub price: Option<Given>,
    /// The discount in per cent: a whole number from 0 to 99.
    pub discount: Option<Given>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PriceOutcome {
    /// Taken; `price_status` with this id says what became of it.
    Queued {
        /// Its id.
        #[serde(rename = "uploadID")]
        upload_id: u64,
        /// The marketplace had the same upload already.
        #[serde(rename = "alreadyExists")]
        already_exists: bool,
        /// Those that were sent.
        sent: Vec<u64>,
        /// Those whose price and discount were so already.
        unchanged: Vec<u64>,
    },
    /// Every price and discount was so already: nothing was sent.
    Already {
        /// All of them.
        unchanged: Vec<u64>,
    },
}

/// A change in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Change {
    #[serde(rename = "nmID")]
    nm_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<u64>,
}

impl PriceUpload {
    fn changes(&self) -> Result<Vec<Change>, WildberriesError> {
        check::count("prices", self.prices.len(), 1, 1000)?;
        check::distinct("nmID", self.prices.iter().map(|change| change.nm_id))?;
        self.prices.iter().enumerate().map(|(at, change)| change.checked(at)).collect()
    }
}

impl Query for PriceUpload {
    fn check(&self, _: NaiveDate) -> Result<(), WildberriesError> {
        self.changes().map(drop)
    }
}

impl PriceChange {
    fn checked(&self, at: usize) -> Result<Change, WildberriesError> {
        let field = |name: &str| format!("prices[{at}].{name}");
        let price = self.price.as_ref().map(|price| check::price(&field("price"), price)).transpose()?;
        let discount = self.discount.as_ref().map(|given| check::discount(&field("discount"), given)).transpose()?;
        if price.is_none() && discount.is_none() {
            let rule = "it needs a `price`, a `discount` or both";
            return Err(WildberriesError::argument(ArgumentCode::BadShape, format!("prices[{at}]"), "empty", rule));
        }
        Ok(Change { nm_id: self.nm_id, price, discount })
    }
}

impl Change {
    /// Whether an article is so already. Where its sizes have prices of their own, they must all have this one.
    fn is_done(self, goods: &Goods) -> bool {
        let is_priced = self.price.is_none_or(|price| {
            !goods.sizes.is_empty() && goods.sizes.iter().all(|size| size.price == Some(Decimal::from(price)))
        });
        is_priced && self.discount.is_none_or(|discount| goods.discount == discount)
    }
}

impl Shop {
    /// New prices that wait in quarantine: buyers still pay the old ones.
    pub async fn price_quarantine(&self, query: &QuarantineQuery) -> Result<Vec<QuarantinedGoods>, WildberriesError> {
        query.check(self.today())?;
        let pairs = [("limit", query.limit.unwrap_or(100)), ("offset", query.offset.unwrap_or(0))];
        let pairs = pairs.map(|(name, value)| (name, value.to_string())).to_vec();
        let request = get(Host::Prices, "/api/v2/quarantine/goods", pairs);
        let envelope: Envelope<Quarantine> = self.ask(Family::Prices, Sort::Read, request).await?;
        Ok(envelope.opened()?.and_then(|found| found.quarantine_goods).unwrap_or_default())
    }

    /// Sets prices and discounts. The marketplace takes them into a queue; a price that falls to a third or less goes into
    /// quarantine, and [`Shop::price_goods`] says so.
    pub async fn price_upload(&self, upload: &PriceUpload) -> Result<PriceOutcome, WildberriesError> {
        let changes = upload.changes()?;
        let nm_ids = changes.iter().map(|change| change.nm_id).collect();
        let goods = self.prices_get(&PricesQuery { nm_ids, ..PricesQuery::default() }).await?;
        let now: BTreeMap<u64, &Goods> = goods.iter().map(|goods| (goods.nm_id, goods)).collect();
        let (done, open): (Vec<Change>, Vec<Change>) =
            changes.into_iter().partition(|change| now.get(&change.nm_id).is_some_and(|goods| change.is_done(goods)));
        let ids = |changes: &[Change]| changes.iter().map(|change| change.nm_id).collect::<Vec<_>>();
        if open.is_empty() {
            return Ok(PriceOutcome::Already { unchanged: ids(&done) });
        }
        let request = post(Host::Prices, "/api/v2/upload/task", &json!({"data": open}));
        let envelope: Envelope<Task> = self.ask(Family::Prices, Sort::Change { next: NEXT }, request).await?;
        let task = envelope.opened()?.unwrap_or_default();
        Ok(PriceOutcome::Queued {
            upload_id: task.id,
            already_exists: task.already_exists,
            sent: ids(&open),
            unchanged: ids(&done),
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Quarantine {
    quarantine_goods: Option<Vec<QuarantinedGoods>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Task {
    id: u64,
    already_exists: bool,
}
