//! Lets go of what is not kept any more, now and then.
//!
//! Before each sweep the caches are told again of what was erased. They were told with the erasure; but one that was out of
//! reach then still has its copies, and so has one that an earlier read or write reached a moment later.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Supervised, WrapFuture};
use protocol::Timestamp;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::guard::Leave;
use crate::{
    clock::Clock,
    context::ContextStore,
    store::{InternalId, Store, Sweep, Swept},
};

/// Tombstones that are read at a time.
const TOMBSTONES: usize = 500;
/// A call that was under way when its conversation was erased has its end within this time; and the clocks of two
/// servers differ by less.
const LATE_MAX: Duration = Duration::from_mins(1);

/// What is kept, and for how long; from config `retention`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionBounds {
    /// How long the events of a turn are kept after its end.
    pub events_max_age: Duration,
    /// How long an erased conversation is known to have been there.
    pub tombstones_max_age: Duration,
    /// How often is looked.
    pub sweep_interval: Duration,
    /// How long a cache may keep what nobody takes out of it.
    pub caches_max_age: Duration,
}

impl Default for RetentionBounds {
    fn default() -> Self {
        Self {
            events_max_age: Duration::from_hours(7 * 24),
            tombstones_max_age: Duration::from_hours(30 * 24),
            sweep_interval: Duration::from_mins(10),
            caches_max_age: Duration::from_hours(24),
        }
    }
}

impl RetentionBounds {
    fn sweep_at(&self, now: Timestamp) -> Sweep {
        Sweep {
            now,
            events_before: before(now, self.events_max_age),
            tombstones_before: before(now, self.tombstones_max_age),
        }
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_sub(millis))
}

/// What sweeps did so far, for metrics.
#[derive(Debug, Default)]
pub struct SweepFigures {
    /// Sweeps that came to their end.
    pub sweeps: AtomicU64,
    /// Sweeps that failed.
    pub failures: AtomicU64,
    /// Rows of the log that were let go of.
    pub event_rows: AtomicU64,
}

/// What the actor is built from.
#[derive(Debug, Clone)]
pub struct RetentionParts {
    /// Whose events.
    pub store: Arc<dyn Store>,
    /// Whose copies.
    pub context: Arc<dyn ContextStore>,
    /// The runtime that does the I/O.
    pub io: Handle,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The bounds.
    pub bounds: RetentionBounds,
    /// Told to everybody.
    pub figures: Arc<SweepFigures>,
}

/// Sweeps the store, one sweep at a time; the next begins an interval after the last one's end.
#[derive(Debug)]
pub struct RetentionActor {
    parts: RetentionParts,
    leave: Leave,
    /// The caches know of every erasure before this.
    told_before: Timestamp,
}

impl RetentionActor {
    /// An actor that sweeps a first time after one interval.
    pub fn new(parts: RetentionParts, leave: Leave) -> Self {
        Self { parts, leave, told_before: Timestamp::from_millis(i64::MIN) }
    }

    fn sweep_later(&self, ctx: &mut Context<Self>) {
        ctx.run_later(self.parts.bounds.sweep_interval, Self::sweep);
    }

    fn sweep(&mut self, ctx: &mut Context<Self>) {
        let now = self.parts.clock.now();
        let (store, sweep) = (Arc::clone(&self.parts.store), self.parts.bounds.sweep_at(now));
        // What is older went by itself.
        let since = self.told_before.max(before(now, self.parts.bounds.caches_max_age + LATE_MAX));
        let context = Arc::clone(&self.parts.context);
        let swept = self.parts.io.spawn(async move {
            // First, because the sweep may bury a tombstone.
            let told = tell_caches(store.as_ref(), context.as_ref(), since).await;
            (told, store.sweep(&sweep).await.map_err(|error| error.to_string()))
        });
        let done = swept.into_actor(self).map(move |joined, actor, ctx| {
            let (told, swept) = joined.unwrap_or_else(|error| (Ok(()), Err(error.to_string())));
            match told {
                Ok(()) if swept.is_ok() => actor.told_before = before(now, LATE_MAX),
                Ok(()) => {}
                Err(why) => tracing::debug!(why, "what was erased may still be in a cache, it is told again"),
            }
            match swept {
                Ok(swept) => actor.swept(swept),
                Err(why) => {
                    actor.parts.figures.failures.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(why, "a sweep failed, the next one takes it up");
                }
            }
            actor.sweep_later(ctx);
        });
        ctx.spawn(done);
    }

    fn swept(&self, swept: Swept) {
        let figures = &self.parts.figures;
        figures.sweeps.fetch_add(1, Ordering::Relaxed);
        figures.event_rows.fetch_add(swept.event_rows, Ordering::Relaxed);
        if swept != Swept::default() {
            let Swept { conversations, event_rows, documents, tombstones } = swept;
            tracing::info!(conversations, event_rows, documents, tombstones, "let go of what is not kept any more");
        }
    }
}

/// Tells the caches of every erasure since then. Gives up with the first one that they cannot be told of.
async fn tell_caches(store: &dyn Store, context: &dyn ContextStore, since: Timestamp) -> Result<(), String> {
    let mut place = (since, InternalId(Uuid::nil()));
    loop {
        let erased = store.tombstones(place, TOMBSTONES).await.map_err(|error| error.to_string())?;
        let Some(last) = erased.last() else { return Ok(()) };
        place = (last.erased_at, last.id);
        for tombstone in erased {
            context.forget(&tombstone.tenant, tombstone.id.0).await.map_err(|error| error.to_string())?;
        }
    }
}

impl Actor for RetentionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.sweep_later(ctx);
    }
}

impl Supervised for RetentionActor {
    fn restarting(&mut self, _: &mut Self::Context) {
        *self = Self::new(self.parts.clone(), self.leave.clone());
    }
}
