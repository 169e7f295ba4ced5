//! What a sandbox is started with.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::faults::FaultRule;

/// Tells the time. The sandbox has no clock of its own: limits, work that is due and "today" all hang on this one.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a sandbox is started with; [`SandboxOptions::new`] has a value for everything but the clock.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Where to listen; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Decides all seeded data: one seed and one day give one shop.
    pub seed: u64,
    /// The only token that is let in; none lets in every token that is not empty.
    pub token: Option<SecretString>,
    /// The clock.
    pub now: Now,
    /// How long cards and prices lie in the queue before the marketplace looks at them.
    pub work_delay: Duration,
    /// The pause between calls that the limits ask for, in percent of the documented one: 100 is the marketplace's,
    /// 1 a hundredth of it, 0 no limit at all.
    pub limit_interval_percent: u32,
    /// Faults to begin with.
    pub faults: Vec<FaultRule>,
    /// Sizes.
    pub bounds: Bounds,
}

/// What the sandbox holds at most. The first two are the marketplace's own.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// A request's body.
    pub body_bytes_max: usize,
    /// A picture.
    pub picture_bytes_max: usize,
    /// A film.
    pub video_bytes_max: usize,
    /// Cards in the shop; more are rejected as the seller's limit.
    pub cards_max: usize,
    /// Cards and prices that wait to be looked at; more are refused with 429.
    pub queue_max: usize,
    /// Batches of errors and uploads of prices that are remembered; the oldest go first.
    pub history_max: usize,
    /// Rules of faults at a time.
    pub fault_rules_max: usize,
    /// Tokens whose limits are remembered; those of the others are forgotten.
    pub tokens_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            body_bytes_max: 10 << 20,
            picture_bytes_max: 32 << 20,
            video_bytes_max: 50 << 20,
            cards_max: 1_510,
            queue_max: 3_000,
            history_max: 1_000,
            fault_rules_max: 100,
            tokens_max: 64,
        }
    }
}

impl SandboxOptions {
    /// On a free port of this machine, open to any token, with the documented limits and no faults.
    pub fn new(now: Now) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            token: None,
            now,
            work_delay: Duration::from_secs(2),
            limit_interval_percent: 100,
            faults: Vec::new(),
            bounds: Bounds::default(),
        }
    }
}

impl fmt::Debug for SandboxOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxOptions")
            .field("listen", &self.listen)
            .field("seed", &self.seed)
            .field("token", &self.token)
            .field("work_delay", &self.work_delay)
            .field("limit_interval_percent", &self.limit_interval_percent)
            .field("faults", &self.faults)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}
