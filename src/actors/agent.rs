//! One agent's actor: permits, runs under way, and the streak of failures after which it is built anew.

use std::{collections::HashMap, sync::Arc};

use actix::{
    Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Recipient, Supervised, WrapFuture,
    prelude::SendError,
};
use protocol::{AgentId, Code, RunId};
use tokio::{
    runtime::Handle,
    sync::Semaphore,
    task::{AbortHandle, JoinHandle},
};

use super::{
    arbiters::Arbiters,
    guard::{self, ChildSpec, Leave, Revive},
    run::{self, RunJob, RunParts, RunVerdict},
    supervisor::SupervisorHandle,
};
use crate::{
    actors::{policy::RestartPolicy, supervisor::Lifetime},
    agent::{
        catalog::{AgentSlot, AgentState},
        sink::{RunEnd, RunPipe},
    },
};

/// Messages that may wait in an agent's mailbox; a conversation that finds it full hears `agent_unavailable`.
const MAILBOX_MESSAGES_MAX: usize = 1024;

/// Asks an agent to make a run. Dropping it unhandled ends the run with `agent_crashed`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct StartRun(pub RunJob);

/// Stops every run of an agent.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct StopRuns;

/// What others hold of the agents.
#[derive(Debug, Clone, Default)]
pub struct AgentActors {
    actors: Arc<HashMap<AgentId, AgentEntry>>,
}

#[derive(Debug)]
struct AgentEntry {
    slot: Arc<AgentSlot>,
    /// Held once, so that the mailbox's bound is one bound and not one for each sender.
    start: Recipient<StartRun>,
    stop: Recipient<StopRuns>,
    revive: Revive,
}

impl AgentActors {
    /// Starts an actor for each agent.
    pub fn start(
        arbiters: &Arbiters,
        supervisor: &SupervisorHandle,
        policy: &RestartPolicy,
        io: &Handle,
        parts: &RunParts,
    ) -> Self {
        let start_one = |slot: &Arc<AgentSlot>| {
            let spec = ChildSpec {
                name: slot.id().to_string(),
                lifetime: Lifetime::Permanent,
                policy: policy.clone(),
                mailbox_messages_max: MAILBOX_MESSAGES_MAX,
                on_give_up: guard::OnGiveUp::default(),
            };
            let (theirs, parts, io) = (Arc::clone(slot), parts.clone(), io.clone());
            let make = move |leave| AgentActor::new(theirs, parts, io, leave);
            let child = guard::start(arbiters.of(slot.id()), supervisor, spec, make);
            let addr: Addr<AgentActor> = child.addr;
            let (start, stop) = (addr.clone().recipient(), addr.recipient());
            (slot.id().clone(), AgentEntry { slot: Arc::clone(slot), start, stop, revive: child.revive })
        };
        Self { actors: Arc::new(parts.catalog.slots().map(start_one).collect()) }
    }

    /// Hands a run to its agent. Where that cannot be, the run's pipe ends with `agent_unavailable`.
    pub fn start_run(&self, job: RunJob) {
        let pipe = Arc::clone(job.ticket.pipe());
        let refuse = |job: RunJob| {
            let safe = "The agent has no room at the moment. Please try again.";
            pipe.end(run::failed(Code::AgentUnavailable, safe, true, run::correlation()));
            drop(job);
        };
        match self.actors.get(&job.order.agent_id).filter(|entry| entry.slot.state() == AgentState::Running) {
            None => refuse(job),
            Some(entry) => match entry.start.try_send(StartRun(job)) {
                Ok(()) => {}
                Err(SendError::Full(unsent) | SendError::Closed(unsent)) => refuse(unsent.0),
            },
        }
    }

    /// Lets an agent answer again, also out of quarantine.
    pub fn enable(&self, id: &AgentId) {
        if let Some(entry) = self.actors.get(id) {
            entry.slot.set_enabled(true);
            if entry.slot.state() == AgentState::Quarantined {
                entry.revive.revive();
            }
        }
    }

    /// Keeps an agent from new runs; `now` stops those under way too.
    pub fn disable(&self, id: &AgentId, now: bool) {
        if let Some(entry) = self.actors.get(id) {
            entry.slot.set_enabled(false);
            if now {
                entry.stop.do_send(StopRuns);
            }
        }
    }
}

/// A run under way. Dropping it ends the run.
#[derive(Debug)]
struct Running {
    task: AbortHandle,
    pipe: Arc<RunPipe>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One agent's actor.
#[derive(Debug)]
pub struct AgentActor {
    slot: Arc<AgentSlot>,
    parts: RunParts,
    io: Handle,
    leave: Leave,
    permits: Arc<Semaphore>,
    runs: HashMap<RunId, Running>,
    failure_streak: u32,
}

impl AgentActor {
    fn new(slot: Arc<AgentSlot>, parts: RunParts, io: Handle, leave: Leave) -> Self {
        let permits = Arc::new(Semaphore::new(slot.limits().runs_concurrent_max));
        Self { slot, parts, io, leave, permits, runs: HashMap::new(), failure_streak: 0 }
    }

    fn run_over(&mut self, run_id: RunId, verdict: RunVerdict, ctx: &mut Context<Self>) {
        self.runs.remove(&run_id);
        match verdict {
            RunVerdict::Succeeded => self.failure_streak = 0,
            RunVerdict::Stopped | RunVerdict::Declined(_) => {}
            RunVerdict::Failed(why) => {
                self.failure_streak += 1;
                if self.failure_streak >= self.slot.limits().failure_streak_max {
                    self.leave.failed(format!("{} runs failed in a row; the last: {why}", self.failure_streak));
                    actix::ActorContext::stop(ctx);
                }
            }
        }
    }

    fn spawn(&self, job: RunJob) -> JoinHandle<RunVerdict> {
        let (slot, permits, parts) = (Arc::clone(&self.slot), Arc::clone(&self.permits), self.parts.clone());
        self.io.spawn(async move {
            let mut books = Books::open(Arc::clone(&slot));
            let verdict = run::drive(job, slot, permits, parts).await;
            books.close(&verdict);
            verdict
        })
    }
}

/// Counts a run, whatever becomes of its task.
struct Books {
    slot: Arc<AgentSlot>,
    failure: Option<String>,
}

impl Books {
    fn open(slot: Arc<AgentSlot>) -> Self {
        slot.run_started();
        Self { slot, failure: None }
    }

    fn close(&mut self, verdict: &RunVerdict) {
        if let RunVerdict::Failed(why) | RunVerdict::Declined(why) = verdict {
            self.failure = Some(why.clone());
        }
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        self.slot.run_ended(self.failure.take());
    }
}

impl Actor for AgentActor {
    type Context = Context<Self>;
}

impl Supervised for AgentActor {
    fn restarting(&mut self, _: &mut Self::Context) {
        if let Err(why) = self.slot.rebuild() {
            tracing::error!(agent_id = %self.slot.id(), why, "the factory failed, the agent goes on as it was built before");
        }
        *self = Self::new(Arc::clone(&self.slot), self.parts.clone(), self.io.clone(), self.leave.clone());
    }
}

impl Handler<StartRun> for AgentActor {
    type Result = ();

    fn handle(&mut self, start: StartRun, ctx: &mut Self::Context) {
        let (run_id, pipe) = (start.0.order.run_id, Arc::clone(start.0.ticket.pipe()));
        let task = self.spawn(start.0);
        self.runs.insert(run_id, Running { task: task.abort_handle(), pipe });
        let over = task.into_actor(self).map(move |joined, actor, ctx| {
            let verdict = joined.unwrap_or_else(|error| {
                if error.is_cancelled() { RunVerdict::Stopped } else { RunVerdict::Failed(error.to_string()) }
            });
            actor.run_over(run_id, verdict, ctx);
        });
        ctx.spawn(over);
    }
}

impl Handler<StopRuns> for AgentActor {
    type Result = ();

    fn handle(&mut self, _: StopRuns, _: &mut Self::Context) {
        for running in self.runs.values() {
            running.pipe.end(RunEnd::Cancelled);
            running.pipe.cancel();
        }
    }
}

/// The agents' supervisor says that one was given up or came back.
pub fn on_change(catalog: Arc<crate::agent::catalog::Catalog>) -> super::supervisor::OnChange {
    use super::supervisor::ChildState;
    Box::new(move |name, state| {
        if let Some(slot) = name.parse().ok().and_then(|id| catalog.get(&id)) {
            slot.set_quarantined(state == ChildState::Quarantined);
        }
    })
}
