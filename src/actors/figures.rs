//! What the actors count, for whoever watches the server.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};
use protocol::Event;

use crate::store::StoredEvent;

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
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            events: Counter::default(),
            turns: Family::default(),
            turn_seconds: Histogram::new(TURN_SECONDS),
            commit_seconds: Histogram::new(COMMIT_SECONDS),
            commits: Counter::default(),
            commit_failures: Counter::default(),
            writes: Counter::default(),
            writes_waiting: Gauge::default(),
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
}
