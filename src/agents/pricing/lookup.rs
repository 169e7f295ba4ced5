//! Looks a product up in the shop, through the tool that the agent was granted.

use serde_json::json;

use super::current::{self, Current, Looked};
use crate::{
    agent::SinkClosed,
    agents::marketplace::{self, Desk, Trouble},
    tools::wildberries::{Goods, Operation, QuarantinedGoods},
};

/// Products of a page: with a few sizes each they fit into the usual bound of a result.
const PAGE: usize = 100;
/// So many pages are looked through for a seller's own code, which the marketplace cannot be asked for, where the message
/// asks for the price.
pub(super) const PAGES_ASKED_MAX: usize = 20;
/// The same where a price is worked out, and today's would only stand beside it.
pub(super) const PAGES_BESIDE_MAX: usize = 3;

/// Looks for a product by its article, then by the seller's own code: digits may be either.
///
/// # Errors
/// [`SinkClosed`] when the run is over.
pub(super) async fn look(desk: Desk<'_>, said: &str, pages_max: usize) -> Result<Looked, SinkClosed> {
    if let Ok(article) = said.parse::<u64>() {
        let goods = page(desk, json!({ "nmIDs": [article] })).await?;
        match goods.map(|goods| current::find(said, &goods)) {
            Ok(Some(found)) => return Ok(Looked::Found(Box::new(found))),
            Ok(None) => {}
            Err(trouble) => return Ok(Looked::Trouble(trouble)),
        }
    }
    for at in 0..pages_max {
        let goods = match page(desk, json!({ "limit": PAGE, "offset": at * PAGE })).await? {
            Ok(goods) => goods,
            Err(trouble) => return Ok(Looked::Trouble(trouble)),
        };
        if let Some(found) = current::find(said, &goods) {
            return Ok(Looked::Found(Box::new(found)));
        }
        if goods.len() < PAGE {
            return Ok(Looked::Unknown);
        }
    }
    Ok(Looked::TooMany)
}

/// What lies in quarantine of a product that was found. It is beside the question, so that it cannot be read is no news.
///
/// # Errors
/// [`SinkClosed`] when the run is over.
pub(super) async fn waiting(desk: Desk<'_>, looked: Looked) -> Result<Looked, SinkClosed> {
    let Looked::Found(found) = looked else { return Ok(looked) };
    if marketplace::reader(desk.toolbox, Operation::PriceQuarantine).is_none() {
        return Ok(Looked::Found(found));
    }
    let answer = desk.read(Operation::PriceQuarantine, json!({ "limit": PAGE })).await?;
    let rows: Vec<QuarantinedGoods> = answer.unwrap_or_default();
    let row = rows.into_iter().find(|row| row.nm_id == found.nm_id);
    let waiting = row.and_then(|row| Some((row.new_price?, row.new_discount.unwrap_or(0))));
    Ok(Looked::Found(Box::new(Current { waiting, ..*found })))
}

async fn page(desk: Desk<'_>, arguments: serde_json::Value) -> Result<Result<Vec<Goods>, Trouble>, SinkClosed> {
    desk.read(Operation::PricesGet, arguments).await
}
