//! The shop: what the seller has, what waits to be looked at, and what came of it.
//!
//! It has no clock and no network. Whoever calls it says what time it is, and [`Shop::settle`] first does all the work
//! that is due by then; so a test that moves the time sees exactly what a client that waits would see.

mod card;
mod cards;
mod media;
mod prices;
pub(crate) mod rules;
mod state;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use self::{
    card::{Card, Demand, Dimensions, Draft, Filled, Size, stamp},
    cards::{Batch, CardJob},
    media::MediaFile,
    prices::PriceTask,
    state::CallCount,
};
use crate::{
    faults::Faults,
    limits::Limits,
    options::{Bounds, SandboxOptions},
    seed::{self, Order},
};

/// Everything that the sandbox remembers.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) seed: u64,
    pub(crate) bounds: Bounds,
    pub(crate) work_delay: TimeDelta,
    pub(crate) opened: DateTime<Utc>,
    pub(crate) cards: Vec<Card>,
    pub(crate) queue: VecDeque<Job>,
    pub(crate) batches: VecDeque<Batch>,
    pub(crate) tasks: VecDeque<PriceTask>,
    /// In the order of their days.
    pub(crate) orders: Vec<Order>,
    /// The day after the last one that has its orders, in days since 1970.
    pub(crate) next_day: i64,
    pub(crate) calls: BTreeMap<String, CallCount>,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    random: fastrand::Rng,
    next_id: u64,
}

/// Work that the marketplace does later.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) due: DateTime<Utc>,
    /// The call that asked for it.
    pub(crate) call: &'static str,
    pub(crate) work: Work,
}

#[derive(Debug)]
pub(crate) enum Work {
    Cards(CardJob),
    Prices { task: u64 },
}

/// A refusal: the status, the words, and what stands beside them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) more: Value,
}

impl Refusal {
    pub(crate) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), more: Value::Null }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(400, text)
    }

    pub(crate) fn with(mut self, more: Value) -> Self {
        self.more = more;
        self
    }
}

impl Shop {
    /// A shop with its seeded cards and their history up to now.
    pub(crate) fn open(options: &SandboxOptions, now: DateTime<Utc>) -> Self {
        let mut shop = Self {
            seed: options.seed,
            bounds: options.bounds,
            work_delay: TimeDelta::from_std(options.work_delay).unwrap_or(TimeDelta::MAX),
            opened: now,
            cards: Vec::new(),
            queue: VecDeque::new(),
            batches: VecDeque::new(),
            tasks: VecDeque::new(),
            orders: Vec::new(),
            next_day: seed::day_of(now) - seed::HISTORY_DAYS,
            calls: BTreeMap::new(),
            faults: Faults::default(),
            limits: Limits::new(options.limit_interval_percent, options.bounds.tokens_max),
            random: fastrand::Rng::with_seed(options.seed),
            next_id: 210_000_000 + options.seed % 1_000 * 10_000,
        };
        seed::fill(&mut shop, now);
        shop.settle(now);
        shop
    }

    /// Does what is due by `now`: looks at cards and prices, and lets people order.
    pub(crate) fn settle(&mut self, now: DateTime<Utc>) {
        while self.next_day <= seed::day_of(now) {
            let day = seed::day(self, self.next_day);
            self.orders.extend(day);
            self.next_day += 1;
        }
        // Faults may delay one job past those behind it, so the queue is not sorted.
        while let Some(at) = self.queue.iter().position(|job| job.due <= now) {
            let Some(job) = self.queue.remove(at) else { return };
            let effects = match job.work {
                Work::Cards(cards) => self.look_at(cards, job.due),
                Work::Prices { task } => self.set_prices(task, job.due),
            };
            self.calls.entry(job.call.to_owned()).or_default().effects += effects;
        }
    }

    /// Puts work into the queue, or says that it is full.
    pub(crate) fn queue_up(&mut self, jobs: Vec<Job>) -> Result<(), Refusal> {
        if self.queue.len() + jobs.len() > self.bounds.queue_max {
            return Err(Refusal::new(429, format!("the queue holds {} jobs at most", self.bounds.queue_max)));
        }
        self.queue.extend(jobs);
        Ok(())
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.next_id += 1 + self.random.u64(0..9);
        self.next_id
    }

    pub(crate) fn next_uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid()
    }

    pub(crate) fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }

    pub(crate) fn card(&self, nm: u64) -> Option<&Card> {
        self.cards.iter().find(|card| card.nm == nm)
    }

    /// A new barcode: EAN-13 of the range for use inside of a shop.
    pub(crate) fn barcode(&mut self) -> String {
        let digits = format!("20{:010}", self.next_id() * 7 % 10_000_000_000);
        format!("{digits}{}", rules::check_digit(&digits))
    }
}

/// Keeps the newest `max`.
pub(crate) fn push_bounded<T>(list: &mut VecDeque<T>, item: T, max: usize) {
    list.push_back(item);
    while list.len() > max {
        list.pop_front();
    }
}
