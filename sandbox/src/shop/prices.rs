//! Prices and discounts: an upload is checked at once for sense, and set later.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Card, Job, Refusal, Shop, Work, push_bounded};

const ITEMS_MAX: usize = 1_000;
const DISCOUNT_PERCENT_MAX: u64 = 95;
/// More than any price in roubles, and far from where products of two of them overflow.
pub(super) const PRICE_MAX: u64 = 1_000_000_000;
const QUARANTINE: &str =
    "The new price is several times lower than the current price. Item has been moved to Price Quarantine";

/// An upload of prices.
#[derive(Debug)]
pub(crate) struct PriceTask {
    pub(crate) id: u64,
    pub(crate) uploaded: DateTime<Utc>,
    pub(crate) done: Option<DateTime<Utc>>,
    pub(crate) changes: Vec<PriceChange>,
}

/// What an upload wants of one card, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PriceChange {
    pub(crate) nm: u64,
    pub(crate) price: Option<u64>,
    pub(crate) discount: Option<u64>,
    pub(crate) error: Option<&'static str>,
}

impl PriceTask {
    /// 3: all were set; 5: some; 6: none.
    pub(crate) fn status(&self) -> u64 {
        match self.failed() {
            0 => 3,
            failed if failed == self.changes.len() => 6,
            _ => 5,
        }
    }

    pub(crate) fn failed(&self) -> usize {
        self.changes.iter().filter(|change| change.error.is_some()).count()
    }
}

impl PriceChange {
    fn read(item: &Value) -> Result<Self, Refusal> {
        let nm = item["nmID"].as_u64().filter(|nm| *nm > 0).ok_or_else(|| Refusal::bad("Invalid item No."))?;
        let price = whole(&item["price"], "Price should be a whole number", "Invalid price value")?;
        let discount = whole(&item["discount"], "Invalid discount value", "Invalid discount value")?;
        if price.is_none() && discount.is_none() {
            return Err(Refusal::bad("Price and discount not specified"));
        }
        if price.is_some_and(|price| price == 0 || price > PRICE_MAX) {
            return Err(Refusal::bad("Invalid price value"));
        }
        if discount.is_some_and(|discount| discount > DISCOUNT_PERCENT_MAX) {
            return Err(Refusal::bad("Invalid discount value"));
        }
        Ok(Self { nm, price, discount, error: None })
    }

    fn changes(&self, card: &Card) -> bool {
        self.price.is_some_and(|price| price != card.price)
            || self.discount.is_some_and(|discount| discount != card.discount)
    }

    /// Sets it, unless buyers would pay a third or less: such a change lies in quarantine.
    fn set(&mut self, card: Option<&mut Card>) -> u64 {
        let Some(card) = card else {
            self.error = Some("Invalid item No.");
            return 0;
        };
        let before = card.discounted();
        let (price, discount) = (self.price.unwrap_or(card.price), self.discount.unwrap_or(card.discount));
        if before > 0 && price * (100 - discount) / 100 * 3 <= before {
            self.error = Some(QUARANTINE);
            return 0;
        }
        (card.price, card.discount) = (price, discount);
        1
    }
}

fn whole(value: &Value, fraction: &str, outside: &str) -> Result<Option<u64>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) if number.is_u64() => Ok(number.as_u64()),
        Value::Number(number) if number.is_f64() => Err(Refusal::bad(fraction)),
        Value::Number(_) => Err(Refusal::bad(outside)),
        _ => Err(Refusal::bad("Invalid data format")),
    }
}

impl Shop {
    /// `upload/task`: the number of the upload, and whether the same one was there already.
    pub(crate) fn upload_prices(
        &mut self,
        body: &[u8],
        now: DateTime<Utc>,
        due: DateTime<Utc>,
    ) -> Result<(u64, bool), Refusal> {
        let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::bad("Invalid data format"))?;
        let changes = read(&body)?;
        if let Some(task) = self.tasks.iter().find(|task| task.done.is_none() && task.changes == changes) {
            return Ok((task.id, true));
        }
        self.worth_it(&changes)?;
        let id = self.next_id();
        let work = Work::Prices { task: id };
        self.queue_up(vec![Job { due, call: "/api/v2/upload/task", work }])?;
        let task = PriceTask { id, uploaded: now, done: None, changes };
        push_bounded(&mut self.tasks, task, self.bounds.history_max);
        Ok((id, false))
    }

    /// Something must change.
    fn worth_it(&self, changes: &[PriceChange]) -> Result<(), Refusal> {
        let known: Vec<_> = changes.iter().filter_map(|change| Some((change, self.card(change.nm)?))).collect();
        if known.iter().any(|(change, card)| change.changes(card)) {
            return Ok(());
        }
        Err(Refusal::bad(if known.len() == changes.len() {
            "The specified prices and discounts are already set"
        } else {
            "All item Nos. are specified incorrectly, or the specified prices and discounts are already set"
        }))
    }

    /// Sets the prices of an upload; says how many.
    pub(super) fn set_prices(&mut self, id: u64, now: DateTime<Utc>) -> u64 {
        let Some(task) = self.tasks.iter_mut().find(|task| task.id == id) else { return 0 };
        let cards = &mut self.cards;
        let set = |change: &mut PriceChange| change.set(cards.iter_mut().find(|card| card.nm == change.nm));
        task.done = Some(now);
        task.changes.iter_mut().map(set).sum()
    }

    /// The changes that lie in quarantine: the last one of each card that was looked at, where it fell too far.
    pub(crate) fn quarantined(&self) -> Vec<PriceChange> {
        let mut last: BTreeMap<u64, &PriceChange> = BTreeMap::new();
        for change in self.tasks.iter().filter(|task| task.done.is_some()).flat_map(|task| &task.changes) {
            last.insert(change.nm, change);
        }
        last.into_values().filter(|change| change.error == Some(QUARANTINE)).cloned().collect()
    }

    /// The upload, once it has been looked at.
    pub(crate) fn done_task(&self, id: u64) -> Option<&PriceTask> {
        self.tasks.iter().find(|task| task.id == id && task.done.is_some())
    }

    /// A card as `list/goods/filter` shows it.
    pub(crate) fn goods(card: &Card) -> Value {
        let discounted = with_kopecks(card);
        let sizes = card.draft.sizes.iter().map(|size| {
            json!({
                "sizeID": size.chrt,
                "price": card.price,
                "discountedPrice": discounted,
                "clubDiscountedPrice": discounted,
                "techSizeName": size.tech,
            })
        });
        json!({
            "nmID": card.nm,
            "vendorCode": card.draft.vendor_code,
            "sizes": sizes.collect::<Vec<_>>(),
            "currencyIsoCode4217": "RUB",
            "discount": card.discount,
            "clubDiscount": 0,
            "editableSizePrice": false,
        })
    }
}

/// What a buyer pays, as a number of roubles with its kopecks.
fn with_kopecks(card: &Card) -> Value {
    let kopecks = card.price * (100 - card.discount);
    #[expect(clippy::cast_precision_loss, reason = "prices are far below 2^52 kopecks")]
    if kopecks.is_multiple_of(100) { json!(kopecks / 100) } else { json!(kopecks as f64 / 100.0) }
}

fn read(body: &Value) -> Result<Vec<PriceChange>, Refusal> {
    let items = match &body["data"] {
        Value::Null => return Err(Refusal::bad("Empty data")),
        Value::Array(items) if items.is_empty() => return Err(Refusal::bad("Empty data")),
        Value::Array(items) => items,
        _ => return Err(Refusal::bad("Invalid data format")),
    };
    if items.len() > ITEMS_MAX {
        return Err(Refusal::bad("Upload limit exceeded: You can upload a maximum of 1 000 items"));
    }
    let changes = items.iter().map(PriceChange::read).collect::<Result<Vec<_>, _>>()?;
    let different: HashSet<_> = changes.iter().map(|change| change.nm).collect();
    if different.len() < changes.len() {
        return Err(Refusal::bad("Duplicate item Nos."));
    }
    Ok(changes)
}
