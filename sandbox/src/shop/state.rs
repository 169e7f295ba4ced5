//! What `GET /sandbox/state` shows: the shop from behind the counter.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Shop, Work, stamp};
use crate::catalog::Locale;

/// What came of one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct CallCount {
    /// How often it was asked for, refusals and faults included.
    pub(crate) requests: u64,
    /// How many things it changed: cards made or changed, prices set, pictures saved.
    pub(crate) effects: u64,
    /// How many faults struck it.
    pub(crate) faults: u64,
    /// How often it was refused by its limit.
    pub(crate) limited: u64,
}

impl Shop {
    /// Everything that a test or a curious reader may want to see, the orders only counted.
    pub(crate) fn state(&self) -> Value {
        json!({
            "seed": self.seed,
            "openedAt": stamp(self.opened),
            "cards": self.cards.iter().map(|card| card.shown(Locale::Ru)).collect::<Vec<_>>(),
            "prices": self.cards.iter().map(|card| json!({
                "nmID": card.nm, "price": card.price, "discount": card.discount, "discountedPrice": card.discounted(),
            })).collect::<Vec<_>>(),
            "queue": self.queue.iter().map(|job| json!({
                "call": job.call, "due": stamp(job.due), "vendorCodes": match &job.work {
                    Work::Cards(cards) => cards.vendor_codes(),
                    Work::Prices { .. } => Vec::new(),
                },
            })).collect::<Vec<_>>(),
            "errors": self.batches.iter().map(|batch| batch.shown(Locale::Ru)).collect::<Vec<_>>(),
            "uploads": self.tasks.len(),
            "orders": self.orders.len(),
            "calls": self.calls,
            "faults": self.faults.rules(),
        })
    }
}
