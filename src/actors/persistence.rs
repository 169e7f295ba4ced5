//! The one way to the disk: writes queue up, and what is queued becomes one commit.
//!
//! While a commit is under way the next group gathers, so the group is as large as the disk is slow. A fast disk would
//! make the groups small and so every word dear: a commit begins no sooner than `commit_interval_min` after the one
//! before. What comes to an idle store does not wait. A store that does not answer keeps its group: it is tried again with backoff until it succeeds, nothing is
//! acknowledged meanwhile, and [`Health`] tells the others to refuse new messages. The queue is bounded by those who
//! fill it: each conversation has one write under way, and runs wait for credits.

mod queue;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, Handler, Message, Recipient, Supervised, WrapFuture};
use futures::FutureExt as _;
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;

use self::queue::Queue;
pub use super::health::Health;
use super::{
    arbiters::Arbiters,
    figures::Figures,
    guard::{self, ChildSpec, Leave},
    supervisor::SupervisorHandle,
};
use crate::{
    chaos::{self, Point},
    store::{ConversationKey, InternalId, Store, StoreError, Write, Written},
};

/// Timers fire at whole milliseconds, this much late on average.
const TIMER_ROUNDS_UP_BY: Duration = Duration::from_micros(500);

/// Bounds of a group commit; from config `limits`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupBounds {
    /// Writes in one commit.
    pub commit_group_writes_max: usize,
    /// Bytes of events in one commit (one write more may go over).
    pub commit_group_bytes_max: usize,
    /// From the beginning of one commit to that of the next: larger groups, for so much more time of each.
    pub commit_interval_min: Duration,
    /// The longest wait between tries while the store does not answer.
    pub retry_backoff_max: Duration,
}

impl Default for GroupBounds {
    fn default() -> Self {
        Self {
            commit_group_writes_max: 512,
            commit_group_bytes_max: 4 * 1024 * 1024,
            commit_interval_min: Duration::from_millis(1),
            retry_backoff_max: Duration::from_secs(2),
        }
    }
}

/// What came of a write; sent to the conversation that asked.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Committed {
    /// Which write of that conversation.
    pub ticket: u64,
    /// What came of it.
    pub outcome: WriteOutcome,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteOutcome {
    /// The store answered.
    Written(Written),
    /// It was lost on the way, perhaps after it was stored: send it again, that is safe.
    Lost,
    /// Stored data is damaged: nothing can be written here.
    Damaged(String),
}

/// A write on its way. Whoever drops it without an answer answers [`WriteOutcome::Lost`].
#[derive(Debug)]
pub struct Job {
    /// Whose, for the log.
    key: ConversationKey,
    write: Write,
    ticket: u64,
    to: Recipient<Committed>,
    answered: bool,
    /// Counts this write as long as it waits.
    waiting: Gauge,
}

impl Job {
    fn answer(mut self, outcome: WriteOutcome) {
        self.answered = true;
        self.to.do_send(Committed { ticket: self.ticket, outcome });
    }

    /// The conversation as tables name it; none where it is not known yet.
    fn row(&self) -> Option<InternalId> {
        match &self.write {
            Write::Open { create, .. } => create.as_ref().map(|new| new.id),
            Write::Append { conversation, .. } | Write::Erase { conversation, .. } => Some(*conversation),
        }
    }

    fn bytes(&self) -> usize {
        match &self.write {
            Write::Append { events, .. } => events.iter().map(|event| event.body.len()).sum(),
            Write::Open { .. } | Write::Erase { .. } => 0,
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.waiting.dec();
        if !self.answered {
            self.to.do_send(Committed { ticket: self.ticket, outcome: WriteOutcome::Lost });
        }
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Submit(Job);

/// The actor to itself, at most one at a time: commit what came until now.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct CommitNow;

/// Tells when everything that was submitted before is stored.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Barrier(tokio::sync::oneshot::Sender<()>);

/// What others hold of the persistence actors.
#[derive(Debug, Clone)]
pub struct PersistenceHandle {
    shards: Arc<[Addr<PersistenceActor>]>,
    health: Arc<Health>,
    waiting: Gauge,
}

impl PersistenceHandle {
    /// Queues a write of the conversation `shard_key`. The answer comes as [`Committed`], always.
    pub fn submit(&self, shard_key: &ConversationKey, write: Write, ticket: u64, to: Recipient<Committed>) {
        let place = usize::try_from(shard_key.id.0.as_u128() % self.shards.len() as u128).unwrap_or(0);
        // Unbounded, but each conversation has at most one write under way.
        let waiting = self.waiting.clone();
        waiting.inc();
        let key = shard_key.clone();
        self.shards[place].do_send(Submit(Job { key, write, ticket, to, answered: false, waiting }));
    }

    /// Writes that are not stored yet.
    pub fn waiting(&self) -> i64 {
        self.waiting.get()
    }

    /// Whether the store takes writes.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Waits until everything that was submitted before is stored: for ever, where the store stays away.
    pub async fn flush(&self) {
        let ask = |shard: &Addr<PersistenceActor>| {
            let (done, stored) = tokio::sync::oneshot::channel();
            shard.do_send(Barrier(done));
            stored
        };
        // All of them now: what comes while one is waited for is not meant.
        futures::future::join_all(self.shards.iter().map(ask)).await;
    }
}

/// Starts the persistence actors: one for each of `shards` connections that may write at once.
pub fn start(
    arbiters: &Arbiters,
    supervisor: &SupervisorHandle,
    spec: &ChildSpec,
    shards: usize,
    parts: PersistenceParts,
) -> PersistenceHandle {
    let (health, waiting) = (Arc::clone(&parts.health), parts.figures.writes_waiting.clone());
    let start_one = |shard: usize| {
        let spec = ChildSpec { name: format!("persistence-{shard}"), ..spec.clone() };
        let parts = parts.clone();
        guard::start(arbiters.of(&shard), supervisor, spec, move |leave| PersistenceActor::new(parts, leave)).addr
    };
    PersistenceHandle { shards: (0..shards.max(1)).map(start_one).collect(), health, waiting }
}

/// What a persistence actor is built from.
#[derive(Debug, Clone)]
pub struct PersistenceParts {
    /// Where to.
    pub store: Arc<dyn Store>,
    /// The bounds.
    pub bounds: GroupBounds,
    /// Told to everybody.
    pub health: Arc<Health>,
    /// What is counted.
    pub figures: Figures,
}

/// Commits what is queued, one group at a time.
#[derive(Debug)]
pub struct PersistenceActor {
    parts: PersistenceParts,
    leave: Leave,
    queue: Queue<Job>,
    /// Taken out of the queue for the commit under way.
    group_size: usize,
    committing: bool,
    failures: u32,
    /// Between a failed commit and the next try.
    waiting: bool,
    /// A [`CommitNow`] is on its way, or the timer for the next commit runs.
    called: bool,
    /// When the last commit began.
    began: Option<Instant>,
}

impl PersistenceActor {
    fn new(parts: PersistenceParts, leave: Leave) -> Self {
        Self {
            parts,
            leave,
            queue: Queue::default(),
            group_size: 0,
            committing: false,
            failures: 0,
            waiting: false,
            called: false,
            began: None,
        }
    }

    /// Commits after what is in the mailbox by now, so that writes that came together go together, and not too soon
    /// after the last one.
    fn commit_soon(&mut self, ctx: &mut Context<Self>) {
        if self.called || self.committing || self.waiting || self.queue.is_empty() {
            return;
        }
        self.called = true;
        let since = self.began.map_or(Duration::MAX, |began| began.elapsed());
        let early = self.parts.bounds.commit_interval_min.saturating_sub(since).saturating_sub(TIMER_ROUNDS_UP_BY);
        if early.is_zero() {
            ctx.address().do_send(CommitNow);
        } else {
            ctx.run_later(early, |actor, ctx| actor.handle(CommitNow, ctx));
        }
    }

    /// Jobs stay in the queue until their answer is known, so that a failed commit is simply tried again.
    fn commit(&mut self, ctx: &mut Context<Self>) {
        if self.committing || self.waiting || self.queue.is_empty() {
            return;
        }
        self.committing = true;
        let bounds = &self.parts.bounds;
        let mut bytes = 0;
        let in_bounds = |job: &&Job| {
            let fits = bytes < bounds.commit_group_bytes_max;
            bytes += job.bytes();
            fits
        };
        let single = self.failures > 0;
        let writes_max = if single { 1 } else { bounds.commit_group_writes_max };
        let group: Vec<Write> =
            self.queue.iter().take(writes_max).take_while(in_bounds).map(|j| j.write.clone()).collect();
        self.group_size = group.len();
        let store = Arc::clone(&self.parts.store);
        let commit_seconds = self.parts.figures.commit_seconds.clone();
        let began = Instant::now();
        self.began = Some(began);
        // Here, not on the other runtime: it only encodes and waits, and each way to another thread is a wake-up.
        let commit = AssertUnwindSafe(async move {
            let stored = store.commit(&group).await;
            if stored.is_ok() {
                chaos::at(Point::AfterCommit);
            }
            stored
        })
        .catch_unwind();
        let done = commit.into_actor(self).map(move |caught, actor, ctx| {
            commit_seconds.observe(began.elapsed().as_secs_f64());
            let fell = |_| Err(StoreError::Unavailable("the commit panicked".to_owned()));
            actor.committed(caught.unwrap_or_else(fell), ctx);
        });
        ctx.spawn(done);
    }

    fn committed(&mut self, result: Result<Vec<Written>, StoreError>, ctx: &mut Context<Self>) {
        self.committing = false;
        match result {
            Ok(answers) => {
                self.answer_group(answers);
                self.commit_soon(ctx);
            }
            Err(StoreError::Unavailable(why)) => self.retry_later(&why, ctx),
            // Such a write can never succeed; alone in its group it is known to be the one.
            Err(error) if self.group_size == 1 => {
                self.store_answers();
                if let Some(job) = self.queue.pop() {
                    let (tenant, conversation, row) = (&job.key.owner.tenant, job.key.id, job.row());
                    let row = row.map(|row| tracing::field::display(row.0));
                    tracing::error!(%tenant, %conversation, row, %error, "a write was given up");
                    job.answer(WriteOutcome::Damaged(error.to_string()));
                }
                self.commit(ctx);
            }
            Err(error) => {
                tracing::error!(%error, "a group of writes failed, trying them one by one");
                self.failures = 1;
                self.commit(ctx);
            }
        }
        self.queue.release();
    }

    fn answer_group(&mut self, answers: Vec<Written>) {
        self.parts.figures.commits.inc();
        self.parts.figures.writes.inc_by(answers.len() as u64);
        self.failures = 0;
        self.store_answers();
        for answer in answers {
            if let Some(job) = self.queue.pop() {
                job.answer(WriteOutcome::Written(answer));
            }
        }
    }

    /// Also where it refuses a write: if that was the last one in the queue, nobody else would find out.
    fn store_answers(&self) {
        if self.parts.health.answered() {
            tracing::info!("the store is back");
        }
    }

    fn retry_later(&mut self, why: &str, ctx: &mut Context<Self>) {
        if self.parts.health.failed(why) {
            tracing::error!(why, waiting = self.queue.len(), "the store does not take writes, trying again");
        }
        self.failures = self.failures.saturating_add(1);
        self.parts.figures.commit_failures.inc();
        if self.group_size == 1 {
            // Alone it failed again: let another conversation try first, in case it is this write that the store can't take.
            self.queue.put_back_first();
        }
        self.waiting = true;
        let wait = Duration::from_millis(50).saturating_mul(1 << self.failures.min(10));
        ctx.run_later(wait.min(self.parts.bounds.retry_backoff_max), |actor, ctx| {
            actor.waiting = false;
            actor.commit(ctx);
        });
    }
}

impl Actor for PersistenceActor {
    type Context = Context<Self>;
}

impl Supervised for PersistenceActor {
    /// What was queued is lost with the old self: each dropped job says so to its conversation, which sends it again.
    fn restarting(&mut self, _: &mut Self::Context) {
        *self = Self::new(self.parts.clone(), self.leave.clone());
    }
}

impl Handler<Submit> for PersistenceActor {
    type Result = ();

    fn handle(&mut self, submit: Submit, ctx: &mut Self::Context) {
        self.queue.push(submit.0);
        self.commit_soon(ctx);
    }
}

impl Handler<CommitNow> for PersistenceActor {
    type Result = ();

    fn handle(&mut self, _: CommitNow, ctx: &mut Self::Context) {
        self.called = false;
        self.commit(ctx);
    }
}

impl Handler<Barrier> for PersistenceActor {
    type Result = ();

    fn handle(&mut self, barrier: Barrier, _: &mut Self::Context) {
        self.queue.wait_for_all(barrier.0);
    }
}
