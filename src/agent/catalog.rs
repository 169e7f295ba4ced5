//! The agents that are plugged in, and how each is at this moment.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use protocol::{AgentId, event::Policy};
use serde::Serialize;

use super::{Agent, AgentCard, Colleague};

/// Builds an agent: at the start, and anew after each restart.
///
/// # Errors
/// What is wrong, for the operator.
pub type AgentFactory = Arc<dyn Fn() -> Result<Arc<dyn Agent>, String> + Send + Sync>;

/// Bounds of one agent; from config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentLimits {
    /// How long a run may take.
    pub execution_time_max: Duration,
    /// Runs at the same time; more wait within their time.
    pub runs_concurrent_max: usize,
    /// Failed runs in a row after which the agent is built anew.
    pub failure_streak_max: u32,
    /// What happens to a message that comes while a turn of this agent runs and says nothing itself.
    pub policy: Policy,
}

impl Default for AgentLimits {
    fn default() -> Self {
        Self {
            execution_time_max: Duration::from_mins(5),
            runs_concurrent_max: 64,
            failure_streak_max: 5,
            policy: Policy::Enqueue,
        }
    }
}

/// How an agent is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// It answers.
    Running,
    /// It was disabled and finishes what it began.
    Draining,
    /// It was disabled.
    Disabled,
    /// It failed too often and was given up until an operator brings it back.
    Quarantined,
}

/// Counters of one agent, since the start of the process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentFigures {
    /// Runs under way, those that wait for their place too.
    pub runs_active: u64,
    /// Runs that wait for their place, because as many as may run do.
    pub runs_waiting: u64,
    /// Runs begun.
    pub runs_total: u64,
    /// Runs that failed.
    pub failures: u64,
    /// How often it was built anew.
    pub restarts: u64,
    /// The operator's words about the last failure.
    pub last_error: Option<String>,
}

/// One plugged-in agent.
pub struct AgentSlot {
    id: AgentId,
    factory: AgentFactory,
    limits: AgentLimits,
    built: ArcSwap<Built>,
    status: Mutex<Status>,
    runs_active: AtomicU64,
    runs_waiting: AtomicU64,
    runs_total: AtomicU64,
    failures: AtomicU64,
    restarts: AtomicU64,
}

/// A run that waits for its place.
#[derive(Debug)]
pub struct WaitingRun<'a>(&'a AtomicU64);

impl Drop for WaitingRun<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Built {
    agent: Arc<dyn Agent>,
    card: Arc<AgentCard>,
}

#[derive(Debug, Clone, Default)]
struct Status {
    enabled: bool,
    quarantined: bool,
    last_error: Option<String>,
}

impl std::fmt::Debug for AgentSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentSlot").field("id", &self.id).field("state", &self.state()).finish_non_exhaustive()
    }
}

impl AgentSlot {
    /// Builds an agent for the first time.
    ///
    /// # Errors
    /// The factory's words.
    pub fn new(id: AgentId, factory: AgentFactory, limits: AgentLimits, enabled: bool) -> Result<Self, String> {
        let built = ArcSwap::from_pointee(Built::new(factory()?));
        let status = Mutex::new(Status { enabled, ..Status::default() });
        let zero = || AtomicU64::new(0);
        let (runs_active, runs_waiting, runs_total, failures, restarts) = (zero(), zero(), zero(), zero(), zero());
        Ok(Self { id, factory, limits, built, status, runs_active, runs_waiting, runs_total, failures, restarts })
    }

    /// Its id.
    pub fn id(&self) -> &AgentId {
        &self.id
    }

    /// Its bounds.
    pub fn limits(&self) -> AgentLimits {
        self.limits
    }

    /// The agent as it was built last.
    pub fn agent(&self) -> Arc<dyn Agent> {
        Arc::clone(&self.built.load().agent)
    }

    /// What it says of itself.
    pub fn card(&self) -> Arc<AgentCard> {
        Arc::clone(&self.built.load().card)
    }

    /// How it is.
    pub fn state(&self) -> AgentState {
        let status = self.status();
        match (status.quarantined, status.enabled) {
            (true, true) => AgentState::Quarantined,
            (false, true) => AgentState::Running,
            (_, false) if self.runs_active.load(Ordering::Relaxed) > 0 => AgentState::Draining,
            (_, false) => AgentState::Disabled,
        }
    }

    /// Whether an operator (or the config) wants it to answer.
    pub fn is_enabled(&self) -> bool {
        self.status().enabled
    }

    /// What the operator wants.
    pub fn set_enabled(&self, enabled: bool) {
        self.status().enabled = enabled;
    }

    /// Given up, or brought back.
    pub fn set_quarantined(&self, quarantined: bool) {
        self.status().quarantined = quarantined;
    }

    /// Whether another run would begin soon: at most as many wait as run.
    pub fn has_room(&self) -> bool {
        let most = u64::try_from(self.limits.runs_concurrent_max.saturating_mul(2)).unwrap_or(u64::MAX);
        self.runs_active.load(Ordering::Relaxed) < most
    }

    /// Builds it anew from its factory; keeps the old one where that fails.
    ///
    /// # Errors
    /// The factory's words.
    pub fn rebuild(&self) -> Result<(), String> {
        self.restarts.fetch_add(1, Ordering::Relaxed);
        self.built.store(Arc::new(Built::new((self.factory)()?)));
        Ok(())
    }

    /// A run begins.
    pub fn run_started(&self) {
        self.runs_active.fetch_add(1, Ordering::Relaxed);
        self.runs_total.fetch_add(1, Ordering::Relaxed);
    }

    /// A run waits for its place, as long as what this answers lives.
    pub fn run_waits(&self) -> WaitingRun<'_> {
        self.runs_waiting.fetch_add(1, Ordering::Relaxed);
        WaitingRun(&self.runs_waiting)
    }

    /// A run ended; with the operator's words if it failed.
    pub fn run_ended(&self, failure: Option<String>) {
        self.runs_active.fetch_sub(1, Ordering::Relaxed);
        if failure.is_some() {
            self.failures.fetch_add(1, Ordering::Relaxed);
            self.status().last_error = failure;
        }
    }

    /// Its counters.
    pub fn figures(&self) -> AgentFigures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AgentFigures {
            runs_active: read(&self.runs_active),
            runs_waiting: read(&self.runs_waiting),
            runs_total: read(&self.runs_total),
            failures: read(&self.failures),
            restarts: read(&self.restarts),
            last_error: self.status().last_error.clone(),
        }
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        // Each change under this lock is a single assignment.
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Built {
    fn new(agent: Arc<dyn Agent>) -> Self {
        let card = Arc::new(agent.card().clone());
        Self { agent, card }
    }
}

/// All plugged-in agents, by id.
#[derive(Debug, Default)]
pub struct Catalog {
    slots: BTreeMap<AgentId, Arc<AgentSlot>>,
}

impl Catalog {
    /// These agents.
    pub fn new(slots: impl IntoIterator<Item = AgentSlot>) -> Self {
        Self { slots: slots.into_iter().map(|slot| (slot.id.clone(), Arc::new(slot))).collect() }
    }

    /// All, by id.
    pub fn slots(&self) -> impl Iterator<Item = &Arc<AgentSlot>> {
        self.slots.values()
    }

    /// One.
    pub fn get(&self, id: &AgentId) -> Option<&Arc<AgentSlot>> {
        self.slots.get(id)
    }

    /// Those that answer, without one.
    pub fn colleagues_of(&self, id: &AgentId) -> Arc<[Colleague]> {
        let others = self.slots.values().filter(|slot| slot.id != *id && slot.state() == AgentState::Running);
        others.map(|slot| Colleague { id: slot.id.clone(), card: slot.card() }).collect()
    }
}
