//! What the actors count, for whoever watches the server.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};
use protocol::Event;

use super::supervisor::{ChildState, OnChange};
use crate::store::StoredEvent;

/// Actors whose restarts are counted. Agents count their own, by their ids.
const ACTORS: [&str; 4] = ["conversation", "persistence", "registry", "retention"];

/// From 0.25 ms, a commit on a fast disk, to 8 s, one that hardly succeeds.
const COMMIT_SECONDS: [f64; 12] = [0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.125, 0.5, 2.0, 8.0];
/// From an answer without a model to one with many tools.
const TURN_SECONDS: [f64; 11] = [0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0];

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TurnLabels {
    /// `completed`, `waiting`, `failed` or `cancelled`.
    pub status: &'static str,
}

/// Which kind of actor.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ActorLabels {
    /// `conversation`, `persistence`, `registry` or `retention`.
    pub actor: &'static str,
}

/// What the actors count. Each figure is a handle: clones count together.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Events that were stored.
    pub events: Counter,
    /// Turns that ended, by how.
    pub turns: Family<TurnLabels, Counter>,
    /// How long turns took.
    pub turn_seconds: Histogram,
    /// How long group commits took, failed ones too.
    pub commit_seconds: Histogram,
    /// Group commits that succeeded.
    pub commits: Counter,
    /// Group commits that failed and were tried again.
    pub commit_failures: Counter,
    /// Writes that were committed.
    pub writes: Counter,
    /// Writes that wait for their commit, or are in it.
    pub writes_waiting: Gauge,
    /// Turns of live conversations that wait behind the one that is under way.
    pub turns_waiting: Gauge,
    /// Conversations with a turn that is not over, or with something that is not stored yet.
    pub conversations_busy: Gauge,
    /// Actors that were built anew after a failure.
    pub actor_restarts: Family<ActorLabels, Counter>,
}

/// What one holder adds to a gauge. It is taken back when the holder is gone, however that came about.
#[derive(Debug)]
pub struct Share {
    gauge: Gauge,
    amount: i64,
}

impl Share {
    /// Nothing yet.
    pub fn of(gauge: &Gauge) -> Self {
        Self { gauge: gauge.clone(), amount: 0 }
    }

    /// So much, in place of what it was.
    pub fn set(&mut self, amount: usize) {
        let amount = i64::try_from(amount).unwrap_or(i64::MAX);
        if amount == self.amount {
            return;
        }
        self.gauge.inc_by(amount - self.amount);
        self.amount = amount;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.gauge.dec_by(self.amount);
    }
}

impl Default for Figures {
    fn default() -> Self {
        let actor_restarts = Family::<ActorLabels, Counter>::default();
        for actor in ACTORS {
            // A rate needs the 0 that it begins with.
            drop(actor_restarts.get_or_create(&ActorLabels { actor }));
        }
        Self {
            events: Counter::default(),
            turns: Family::default(),
            turn_seconds: Histogram::new(TURN_SECONDS),
            commit_seconds: Histogram::new(COMMIT_SECONDS),
            commits: Counter::default(),
            commit_failures: Counter::default(),
            writes: Counter::default(),
            writes_waiting: Gauge::default(),
            turns_waiting: Gauge::default(),
            conversations_busy: Gauge::default(),
            actor_restarts,
        }
    }
}

impl Figures {
    /// Counts events that were stored, and the turns that end with them.
    pub fn stored(&self, events: &[StoredEvent]) {
        self.events.inc_by(events.len() as u64);
        for event in events {
            if let Event::TurnEnd { status, milliseconds, .. } = &event.envelope.event {
                self.turns.get_or_create(&TurnLabels { status: status.as_str() }).inc();
                #[expect(clippy::cast_precision_loss, reason = "a figure for people; a turn of 285,000 years is fine")]
                self.turn_seconds.observe(*milliseconds as f64 / 1000.0);
            }
        }
    }

    /// For the supervisors, who hear of every restart.
    pub fn restarts_counted(&self) -> OnChange {
        let restarts = self.actor_restarts.clone();
        Box::new(move |name, state| {
            if state == ChildState::Running
                && let Some(actor) = kind_of(name)
            {
                restarts.get_or_create(&ActorLabels { actor }).inc();
            }
        })
    }
}

/// `persistence-0` is one of several, `conversation ID` one of very many: a figure for each would never end.
fn kind_of(name: &str) -> Option<&'static str> {
    let kind = name.split([' ', '-']).next()?;
    ACTORS.into_iter().find(|known| *known == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restarts_are_counted_by_kind_and_failures_are_not() {
        let figures = Figures::default();
        let heard = figures.restarts_counted();
        for name in ["persistence-0", "persistence-7", "registry", "conversation 0198c0de-0000-7000-8000-000000000000"]
        {
            heard(name, ChildState::Restarting);
            heard(name, ChildState::Running);
        }
        heard("retention", ChildState::Quarantined);
        let counted = ACTORS.map(|actor| figures.actor_restarts.get_or_create(&ActorLabels { actor }).get());
        assert_eq!(counted, [1, 2, 1, 0]);
    }

    #[test]
    fn a_share_is_taken_back_with_its_holder() {
        let gauge = Gauge::default();
        let (mut one, mut other) = (Share::of(&gauge), Share::of(&gauge));
        one.set(3);
        other.set(2);
        one.set(1);
        assert_eq!(gauge.get(), 3);
        drop(one);
        assert_eq!(gauge.get(), 2);
    }
}
