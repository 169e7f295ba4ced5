//! A conversation's actor: the one writer of its log.
//!
//! It carries commands to the pure core, numbers nothing itself, and holds one write under way at a time: what comes
//! meanwhile gathers and becomes the next one. Nothing is shown, answered or begun before its events are stored. What a
//! run says waits in the run's pipe until the write under way is done, so adjacent pieces become one event and the run
//! slows down with the disk.

mod commit;
mod effects;
mod give;
mod live;
mod open;

use std::{
    collections::VecDeque,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Supervised, WrapFuture,
};
use protocol::{Code, RunId};
use tokio::{runtime::Handle, time::Instant};
use tokio_util::sync::CancellationToken;

pub use self::give::{Answer, Answered, Ask, Give, Refusal};
use self::live::Live;
use super::{
    agent::AgentActors,
    arbiters::Arbiters,
    figures::{Figures, Share},
    guard::Leave,
    persistence::{Committed, PersistenceHandle},
    registry::{ConversationRegistry, PutAway},
    router::Router,
    supervisor::SupervisorHandle,
    topic::{Topic, Topics},
};
use crate::{
    clock::Clock,
    conversation::{EarlyCancels, Limits},
    store::{ConversationKey, Store},
};

/// Bounds of a conversation's actor; from config `limits`.
#[derive(Debug, Clone)]
pub struct ConversationBounds {
    /// Bounds of the core.
    pub core: Limits,
    /// How long it stays in memory with nothing to do.
    pub conversation_idle: Duration,
    /// How long a turn may take in all.
    pub turn_time_max: Duration,
    /// Items that a run may say before they are stored.
    pub run_credits_max: usize,
    /// Commands that may wait while it is read from the store.
    pub commands_waiting_max: usize,
}

impl Default for ConversationBounds {
    fn default() -> Self {
        Self {
            core: Limits::default(),
            conversation_idle: Duration::from_mins(1),
            turn_time_max: Duration::from_mins(10),
            run_credits_max: 256,
            commands_waiting_max: 64,
        }
    }
}

/// What every conversation's actor is built from.
#[derive(Clone)]
pub struct ConversationParts {
    /// Where the log is read.
    pub store: Arc<dyn Store>,
    /// Where it is written.
    pub persistence: PersistenceHandle,
    /// Who answers.
    pub router: Arc<Router>,
    /// Who runs.
    pub agents: AgentActors,
    /// Where sessions read.
    pub topics: Arc<Topics>,
    /// Where actors live.
    pub arbiters: Arc<Arbiters>,
    /// Who keeps the books.
    pub supervisor: SupervisorHandle,
    /// The registry, once it was started.
    pub registry: Arc<OnceLock<Addr<ConversationRegistry>>>,
    /// What is counted.
    pub figures: Figures,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The runtime that does the I/O.
    pub io: Handle,
    /// Cancelled when the process is about to end: no run is begun or heard from then on, and turns stay open for the
    /// next start.
    pub stopping: CancellationToken,
    /// The bounds.
    pub bounds: ConversationBounds,
}

impl std::fmt::Debug for ConversationParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConversationParts").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

/// A run has something to say: its bell rang.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct RunReady(pub RunId);

/// Where the actor is in its life.
enum Phase {
    /// Nothing was asked yet.
    Unopened,
    /// The store was asked to make it the writer.
    Opening {
        /// Whether the conversation may be made.
        may_create: bool,
    },
    /// It is the writer.
    Live(Box<Live>),
    /// Nothing can be done here any more: it was erased, or what is stored is damaged.
    Gone(Code),
}

/// A conversation's actor.
pub struct ConversationActor {
    parts: ConversationParts,
    key: ConversationKey,
    topic: Arc<Topic>,
    incarnation: u64,
    leave: Leave,
    phase: Phase,
    /// Commands that wait for the store to answer.
    waiting: VecDeque<Give>,
    /// The number of the write that an answer must name.
    ticket: u64,
    last_active: Instant,
    /// Cancels of messages that would make the conversation, which does not exist yet.
    early_cancels: EarlyCancels,
    /// Built anew after a failure: open again without being asked.
    reopen: bool,
    /// The registry was asked to put it away: what comes now is for its successor.
    leaving: bool,
    /// Counts it while there is something to do.
    busy: Share,
}

impl std::fmt::Debug for ConversationActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConversationActor").field("key", &self.key).finish_non_exhaustive()
    }
}

impl ConversationActor {
    /// An actor that opens its conversation when the first command comes.
    pub fn new(
        parts: ConversationParts,
        key: ConversationKey,
        topic: Arc<Topic>,
        incarnation: u64,
        leave: Leave,
    ) -> Self {
        let busy = Share::of(&parts.figures.conversations_busy);
        Self {
            parts,
            key,
            topic,
            incarnation,
            leave,
            phase: Phase::Unopened,
            waiting: VecDeque::new(),
            ticket: 0,
            last_active: Instant::now(),
            early_cancels: EarlyCancels::default(),
            reopen: false,
            leaving: false,
            busy,
        }
    }

    /// To be called at the end of whatever changes what there is to do: in between, a turn that follows on another one
    /// would look like the end of both.
    fn count_busy(&mut self) {
        self.busy.set(usize::from(!self.has_nothing_to_do()));
    }

    /// Looks now and then whether there was nothing to do for a while; then asks the registry to be put away.
    fn watch_idleness(ctx: &mut Context<Self>, after: Duration) {
        ctx.run_later(after, |actor, ctx| {
            let idle_max = actor.parts.bounds.conversation_idle;
            let idle = actor.last_active.elapsed();
            if idle >= idle_max && actor.has_nothing_to_do() {
                actor.ask_to_be_put_away(ctx);
            } else {
                Self::watch_idleness(ctx, idle_max.saturating_sub(idle).max(Duration::from_millis(100)));
            }
        });
    }

    fn has_nothing_to_do(&self) -> bool {
        let waits_for_messages = |cancels: &EarlyCancels| {
            let kept = self.parts.bounds.core.early_cancel_kept;
            *cancels != EarlyCancels::default() && cancels.any(self.parts.clock.now(), kept)
        };
        self.waiting.is_empty()
            && !waits_for_messages(&self.early_cancels)
            && match &self.phase {
                Phase::Unopened | Phase::Gone(_) => true,
                Phase::Opening { .. } => false,
                Phase::Live(live) => live.has_nothing_to_do() && !waits_for_messages(live.state.early_cancels()),
            }
    }

    fn ask_to_be_put_away(&mut self, ctx: &mut Context<Self>) {
        let Some(registry) = self.parts.registry.get() else { return };
        self.leaving = true;
        let ask = PutAway { key: self.key.clone(), incarnation: self.incarnation };
        let asked = registry.send(ask).into_actor(self).map(|answer, actor, ctx| {
            if answer.is_ok() {
                actor.topic.forget();
                actor.leave.for_good();
                ctx.stop();
            } else {
                actor.leaving = false;
                Self::watch_idleness(ctx, actor.parts.bounds.conversation_idle);
            }
        });
        ctx.spawn(asked);
    }

    /// Leaves for good: the next look-up starts another actor.
    fn stop_for_good(&mut self, ctx: &mut Context<Self>) {
        self.leave.for_good();
        ctx.stop();
    }
}

impl Actor for ConversationActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        Self::watch_idleness(ctx, self.parts.bounds.conversation_idle);
        if self.reopen {
            self.open(false, ctx);
            self.count_busy();
        }
    }
}

impl Supervised for ConversationActor {
    /// Built anew: the state comes from the store, sessions stay attached to the topic, runs under way are stopped with
    /// the old self and recovered.
    fn restarting(&mut self, _: &mut Self::Context) {
        let (parts, key, topic) = (self.parts.clone(), self.key.clone(), Arc::clone(&self.topic));
        let ticket = self.ticket;
        *self = Self::new(parts, key, topic, self.incarnation, self.leave.clone());
        self.ticket = ticket;
        self.reopen = true;
    }
}

impl Handler<Give> for ConversationActor {
    type Result = ();

    fn handle(&mut self, give: Give, ctx: &mut Self::Context) {
        // Its sender sees the reply channel closed and looks the conversation up again.
        if self.leaving {
            return;
        }
        self.last_active = Instant::now();
        self.give(give, ctx);
        self.count_busy();
    }
}

impl Handler<RunReady> for ConversationActor {
    type Result = ();

    fn handle(&mut self, ready: RunReady, ctx: &mut Self::Context) {
        self.last_active = Instant::now();
        self.run_ready(ready.0, ctx);
        self.count_busy();
    }
}

impl Handler<Committed> for ConversationActor {
    type Result = ();

    fn handle(&mut self, committed: Committed, ctx: &mut Self::Context) {
        self.last_active = Instant::now();
        if committed.ticket == self.ticket {
            self.committed(committed.outcome, ctx);
            self.count_busy();
        }
    }
}
