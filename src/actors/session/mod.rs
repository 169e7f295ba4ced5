//! A session: one client's socket, seen as a cursor over a conversation's log.
//!
//! It holds a position and at most two batches that are on their way out, however far behind the client is: what it
//! needs next it reads from the topic's tail, or from the store. Replay and live are the same reads, so there is no seam
//! between them. A client that reads slowly follows later; one that takes nothing for `write_deadline` is cut off. No
//! turn ever waits for a session.

mod departure;
mod follow;
mod frames;
mod outlet;
mod position;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, SpawnHandle};
use protocol::{Epoch, Seq, frame::close};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::departure::reconnect_after_ms;
pub use self::{
    frames::{Inbound, target_of},
    outlet::{Outgoing, Outlet, OutletReader, Reset},
    position::{Gap, Start, start_at},
};
use super::{
    callers::Seat,
    client::ConversationClient,
    rate::{Bucket, Rate},
    topic::{Bell, Topic, Topics},
};
use crate::store::{ConversationKey, InternalId};

/// Bounds of a session; from config `limits`.
#[derive(Debug, Clone)]
pub struct SessionBounds {
    /// The longest frame that is read; a longer one is refused.
    pub frame_bytes_max: usize,
    /// How long a socket may stay without a `subscribe`.
    pub subscribe_timeout: Duration,
    /// How long to wait for a conversation that does not exist yet.
    pub wait_for_conversation: Duration,
    /// How long a client may take nothing at all while something waits for it.
    pub write_deadline: Duration,
    /// Bytes of one batch on its way out.
    pub batch_bytes_max: usize,
    /// Commands that may wait for their answer.
    pub commands_waiting_max: usize,
    /// Sessions at the same time.
    pub sessions_max: usize,
    /// Messages of one WebSocket. More are refused, and who goes on all the same is closed.
    pub messages: Rate,
}

impl Default for SessionBounds {
    fn default() -> Self {
        Self {
            frame_bytes_max: 64 * 1024,
            subscribe_timeout: Duration::from_secs(10),
            wait_for_conversation: Duration::from_mins(10),
            write_deadline: Duration::from_secs(10),
            batch_bytes_max: 32 * 1024,
            commands_waiting_max: 16,
            sessions_max: 10_000,
            messages: Rate { per_second: 20, burst: 40 },
        }
    }
}

/// What every session is built from.
#[derive(Debug, Clone)]
pub struct SessionParts {
    /// Asks conversations.
    pub client: ConversationClient,
    /// Where the tails are.
    pub topics: Arc<Topics>,
    /// The bounds.
    pub bounds: Arc<SessionBounds>,
    /// Cancelled when the sockets are to be closed because the server goes down.
    pub closing: CancellationToken,
    /// How many there are.
    pub count: Arc<AtomicUsize>,
    /// How many of them have been told that the server goes down.
    pub told: Arc<AtomicUsize>,
}

impl SessionParts {
    /// Whether another session may begin.
    pub fn has_room(&self) -> bool {
        self.count.load(Ordering::Relaxed) < self.bounds.sessions_max
    }

    /// When a client that cannot be served now may come back, in milliseconds: each gets another answer, over a spread that
    /// grows with the number of sessions.
    pub fn reconnect_after_ms(&self) -> u64 {
        reconnect_after_ms(self.count.load(Ordering::Relaxed))
    }
}

/// What carries a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Frames both ways.
    WebSocket,
    /// Events one way.
    Sse,
}

/// Cuts the socket where closing it politely does not help.
pub type Cut = Box<dyn Fn() + Send>;

/// How far a session is.
#[derive(Debug)]
enum Phase {
    /// A `subscribe` must come first.
    Silent,
    /// It subscribed; the store is being asked, or the conversation does not exist yet.
    Joining(Join),
    /// It follows.
    Following(Following),
}

/// What a client asked to follow.
#[derive(Debug, Clone, Default)]
pub struct Join {
    /// The last event that it has.
    pub after: Option<Seq>,
    /// The history that `after` counts in.
    pub epoch: Option<Epoch>,
    /// The `ref` of its `subscribe`.
    pub reference: Option<serde_json::Value>,
}

/// Whether the store is being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Not,
    UnderWay,
    /// And the bell rang meanwhile, before the session knew its conversation.
    Rung,
}

#[derive(Debug)]
struct Following {
    id: InternalId,
    /// The last event that was handed to the outlet.
    cursor: Seq,
    /// The newest event that is known to exist.
    head: Seq,
}

/// One client's session.
pub struct SessionActor {
    parts: SessionParts,
    key: ConversationKey,
    topic: Arc<Topic>,
    outlet: Outlet,
    cut: Cut,
    phase: Phase,
    bell: Option<Arc<Bell>>,
    /// The history that it follows.
    epoch: Option<Epoch>,
    /// A WebSocket, which gets frames beside events; else SSE.
    speaks_frames: bool,
    /// Whether the store is being asked.
    reading: Reading,
    /// The outlet is full; somebody waits for a place.
    blocked: bool,
    commands_waiting: usize,
    /// What it may still say at once.
    messages: Bucket,
    /// How often it is still told that it says too much.
    refusals: Bucket,
    /// Its place among the sessions of its caller.
    seat: Seat,
    /// Ends a session that does not get to follow something in time.
    patience: Option<SpawnHandle>,
}

impl std::fmt::Debug for SessionActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionActor").field("key", &self.key).field("phase", &self.phase).finish_non_exhaustive()
    }
}

/// Something was published, or the conversation was erased.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Wake;

/// The client is gone.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Hangup;

impl SessionActor {
    /// A session that waits for a `subscribe`, or one that begins to follow at once where `join` says from where.
    pub fn new(
        parts: SessionParts,
        key: ConversationKey,
        kind: Kind,
        outlet: Outlet,
        cut: Cut,
        seat: Seat,
        join: Option<Join>,
    ) -> Self {
        let now = Instant::now();
        let topic = parts.topics.get(&key);
        let speaks_frames = kind == Kind::WebSocket;
        let parts = SessionParts { client: parts.client.for_session(), ..parts };
        Self {
            parts,
            key,
            topic,
            outlet,
            cut,
            phase: join.map_or(Phase::Silent, Phase::Joining),
            bell: None,
            epoch: None,
            speaks_frames,
            reading: Reading::Not,
            blocked: false,
            commands_waiting: 0,
            messages: Bucket::full(now),
            refusals: Bucket::full(now),
            seat,
            patience: None,
        }
    }

    /// Closes the session unless it is further by then. There is one such timer: an idle session keeps none.
    fn be_further_within(&mut self, time_max: Duration, otherwise: (u16, &'static str), ctx: &mut Context<Self>) {
        self.is_further(ctx);
        let (code, reason) = otherwise;
        self.patience = Some(ctx.run_later(time_max, move |session, ctx| session.close(code, reason, ctx)));
    }

    fn is_further(&mut self, ctx: &mut Context<Self>) {
        if let Some(timer) = self.patience.take() {
            ctx.cancel_future(timer);
        }
    }

    /// Rings this session when something is published.
    fn hang_bell(&mut self, to: Addr<Self>) {
        let bell = Bell::new(move || to.do_send(Wake));
        self.topic.follow(&bell);
        self.bell = Some(bell);
    }

    /// Looks what there is.
    fn answer(&mut self, ctx: &mut Context<Self>) {
        if let Some(bell) = &self.bell {
            bell.answered();
        }
        self.woken(ctx);
    }

    fn watch_for_drain(&self, ctx: &mut Context<Self>) {
        let (closing, told, count) =
            (self.parts.closing.clone(), Arc::clone(&self.parts.told), Arc::clone(&self.parts.count));
        let done = async move {
            closing.cancelled_owned().await;
            let (place, open) = (told.fetch_add(1, Ordering::Relaxed), count.load(Ordering::Relaxed));
            // In a box: it is needed once, and the room for it would stand in every idle session.
            Box::pin(tokio::time::sleep(departure::leave_after(place, open))).await;
            open
        };
        ctx.spawn(actix::ActorFutureExt::map(actix::WrapFuture::into_actor(done, self), |open, session, ctx| {
            session.drain(open);
            ctx.stop();
        }));
    }
}

impl Actor for SessionActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.parts.count.fetch_add(1, Ordering::Relaxed);
        self.hang_bell(ctx.address());
        self.watch_for_drain(ctx);
        if let Phase::Joining(join) = &self.phase {
            let join = join.clone();
            self.join(join, ctx);
        } else {
            let otherwise = (close::BAD_REQUEST, "no `subscribe` came in time; send it first");
            self.be_further_within(self.parts.bounds.subscribe_timeout, otherwise, ctx);
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.parts.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Handler<Wake> for SessionActor {
    type Result = ();

    fn handle(&mut self, _: Wake, ctx: &mut Self::Context) {
        // It can do nothing before its client takes something, so its bell stays rung: a deaf client costs nothing for each
        // event.
        if !self.blocked {
            self.answer(ctx);
        }
    }
}

impl Handler<Hangup> for SessionActor {
    type Result = ();

    fn handle(&mut self, _: Hangup, ctx: &mut Self::Context) {
        ctx.stop();
    }
}
