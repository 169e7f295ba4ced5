//! Lets go of what is not kept any more, now and then.

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

use super::guard::Leave;
use crate::{
    clock::Clock,
    store::{Store, Sweep, Swept},
};

/// What is kept, and for how long; from config `retention`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionBounds {
    /// How long the events of a turn are kept after its end.
    pub events_max_age: Duration,
    /// How long an erased conversation is known to have been there.
    pub tombstones_max_age: Duration,
    /// How often is looked.
    pub sweep_interval: Duration,
}

impl Default for RetentionBounds {
    fn default() -> Self {
        Self {
            events_max_age: Duration::from_hours(7 * 24),
            tombstones_max_age: Duration::from_hours(30 * 24),
            sweep_interval: Duration::from_mins(10),
        }
    }
}

impl RetentionBounds {
    fn sweep_at(&self, now: Timestamp) -> Sweep {
        let before = |age: Duration| {
            let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
            Timestamp::from_millis(now.as_millis().saturating_sub(millis))
        };
        Sweep { now, events_before: before(self.events_max_age), tombstones_before: before(self.tombstones_max_age) }
    }
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
}

impl RetentionActor {
    /// An actor that sweeps a first time after one interval.
    pub fn new(parts: RetentionParts, leave: Leave) -> Self {
        Self { parts, leave }
    }

    fn sweep_later(&self, ctx: &mut Context<Self>) {
        ctx.run_later(self.parts.bounds.sweep_interval, Self::sweep);
    }

    fn sweep(&mut self, ctx: &mut Context<Self>) {
        let (store, sweep) = (Arc::clone(&self.parts.store), self.parts.bounds.sweep_at(self.parts.clock.now()));
        let swept = self.parts.io.spawn(async move { store.sweep(&sweep).await });
        let done = swept.into_actor(self).map(|joined, actor, ctx| {
            match joined.map_err(|error| error.to_string()).and_then(|swept| swept.map_err(|error| error.to_string())) {
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
