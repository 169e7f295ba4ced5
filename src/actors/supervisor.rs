//! The supervisors' table: who lives, how often it fell, who was given up.
//!
//! Restarting itself happens in each child's [`super::guard`], so a supervisor that is slow holds nobody up. A supervisor
//! keeps the books for operators and decides what a child that was given up means: an agent stays quarantined until an
//! operator brings it back; the death of what everything stands on ends the process, so that systemd or Kubernetes
//! starts it again.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use actix::{Actor, Addr, ArbiterHandle, Context, Handler, Message, MessageResult};
use protocol::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// Names a child within the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ChildId(u64);

/// Whether a child comes back; OTP's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// Always.
    Permanent,
    /// Unless it left by itself.
    Transient,
    /// Never.
    Temporary,
}

/// What happened to a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildEvent {
    /// It failed and will be restarted.
    Failed {
        /// Why.
        why: String,
    },
    /// It was built anew.
    Restarted,
    /// It failed too often.
    GaveUp {
        /// Why it failed the last time.
        why: String,
    },
    /// It left by itself.
    Left,
}

/// How a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChildState {
    /// It lives.
    Running,
    /// It waits for its restart.
    Restarting,
    /// It failed too often and waits for an operator.
    Quarantined,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChildRow {
    /// Its name.
    pub name: String,
    /// `permanent`, `transient` or `temporary`.
    pub lifetime: &'static str,
    /// How it is.
    pub state: ChildState,
    /// How often it was built: 1 at first.
    pub generation: u64,
    /// How often it failed.
    pub failures: u64,
    /// Why it failed the last time.
    pub last_failure: Option<String>,
    /// Since when it is as it is.
    pub since: Timestamp,
}

/// A supervisor and its children.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Level {
    /// The supervisor's name.
    pub name: String,
    /// Always `one_for_one`: children do not depend on each other's memory.
    pub strategy: &'static str,
    /// Its children, oldest first; at most 1,000 are listed.
    pub children: Vec<ChildRow>,
    /// How many there are.
    pub count: usize,
}

/// Called when a child was given up or came back, with its name.
pub type OnChange = Box<dyn Fn(&str, ChildState) + Send + Sync>;

/// What it means that a child was given up.
#[derive(Debug, Clone)]
pub enum Escalation {
    /// It stays down until an operator brings it back.
    Quarantine,
    /// The process must end; this is cancelled.
    Fatal(CancellationToken),
}

/// Keeps the books of one level.
pub struct Supervisor {
    name: String,
    escalation: Escalation,
    clock: Arc<dyn Clock>,
    children: BTreeMap<ChildId, ChildRow>,
    on_change: OnChange,
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Supervisor").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What children's guards hold of their supervisor.
#[derive(Debug, Clone)]
pub struct SupervisorHandle {
    addr: Addr<Supervisor>,
    ids: Arc<AtomicU64>,
}

impl Supervisor {
    /// Starts a supervisor on an arbiter.
    pub fn start_on(
        arbiter: &ArbiterHandle,
        name: &str,
        escalation: Escalation,
        clock: Arc<dyn Clock>,
        on_change: OnChange,
    ) -> SupervisorHandle {
        let name = name.to_owned();
        let children = BTreeMap::new();
        let supervisor = Self { name, escalation, clock, children, on_change };
        let slot = Arc::new(Mutex::new(Some(supervisor)));
        let addr = Self::start_in_arbiter(arbiter, move |_| {
            let supervisor = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            #[expect(clippy::expect_used, reason = "actix calls the factory once")]
            supervisor.expect("the factory is called once")
        });
        SupervisorHandle { addr, ids: Arc::new(AtomicU64::new(1)) }
    }
}

impl SupervisorHandle {
    /// Enters a new child into the table.
    pub(super) fn started(&self, name: &str, lifetime: Lifetime) -> ChildId {
        let id = ChildId(self.ids.fetch_add(1, Ordering::Relaxed));
        self.addr.do_send(Enter { id, name: name.to_owned(), lifetime });
        id
    }

    /// Says what happened to a child. Unbounded, but a child reports at most at the rate of its restarts.
    pub(super) fn report(&self, id: ChildId, event: ChildEvent) {
        self.addr.do_send(Report { id, event });
    }

    /// The table.
    ///
    /// # Errors
    /// When the supervisor is gone.
    pub async fn level(&self) -> Result<Level, actix::MailboxError> {
        self.addr.send(GetLevel).await
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Enter {
    id: ChildId,
    name: String,
    lifetime: Lifetime,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Report {
    id: ChildId,
    event: ChildEvent,
}

#[derive(Message)]
#[rtype(result = "Level")]
struct GetLevel;

impl Actor for Supervisor {
    type Context = Context<Self>;
}

impl Handler<Enter> for Supervisor {
    type Result = ();

    fn handle(&mut self, enter: Enter, _: &mut Self::Context) {
        let lifetime = match enter.lifetime {
            Lifetime::Permanent => "permanent",
            Lifetime::Transient => "transient",
            Lifetime::Temporary => "temporary",
        };
        let row = ChildRow {
            name: enter.name,
            lifetime,
            state: ChildState::Running,
            generation: 1,
            failures: 0,
            last_failure: None,
            since: self.clock.now(),
        };
        self.children.insert(enter.id, row);
    }
}

impl Handler<Report> for Supervisor {
    type Result = ();

    fn handle(&mut self, report: Report, _: &mut Self::Context) {
        let now = self.clock.now();
        let Some(row) = self.children.get_mut(&report.id) else { return };
        row.since = now;
        match report.event {
            ChildEvent::Failed { why } => {
                row.state = ChildState::Restarting;
                row.failures += 1;
                row.last_failure = Some(why);
            }
            ChildEvent::Restarted => {
                row.state = ChildState::Running;
                row.generation += 1;
            }
            ChildEvent::GaveUp { why } => {
                row.state = ChildState::Quarantined;
                row.failures += 1;
                row.last_failure = Some(why);
                if let Escalation::Fatal(fatal) = &self.escalation {
                    fatal.cancel();
                }
            }
            ChildEvent::Left => {
                self.children.remove(&report.id);
                return;
            }
        }
        (self.on_change)(&row.name, row.state);
    }
}

impl Handler<GetLevel> for Supervisor {
    type Result = MessageResult<GetLevel>;

    fn handle(&mut self, _: GetLevel, _: &mut Self::Context) -> Self::Result {
        MessageResult(Level {
            name: self.name.clone(),
            strategy: "one_for_one",
            children: self.children.values().take(1000).cloned().collect(),
            count: self.children.len(),
        })
    }
}
