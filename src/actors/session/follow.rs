//! Following: from a `subscribe` to the newest event, and on.

use std::sync::Arc;

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};
use protocol::{Code, Epoch, Seq, ServerFrame, frame::close};
use serde_json::{Value, json};

use super::{
    Following, Join, Outgoing, Phase, Reading, Reset, SessionActor,
    departure::reconnect_after_ms,
    position::{Gap, Start, start_at},
};
use crate::{
    actors::{conversation::Refusal, topic::Tail},
    store::{
        ConversationRecord, ConversationStatus, EventPage, Found, InternalId, Store, StoreError, view::MessageView,
    },
};

/// Messages in a snapshot.
const SNAPSHOT_MESSAGES_MAX: u32 = 50;

/// Events of one read of the store.
const READ_EVENTS_MAX: usize = 1000;

/// What the store says when a session joins.
struct Joined {
    id: InternalId,
    record: ConversationRecord,
    start: Start,
    snapshot: Option<Value>,
}

impl SessionActor {
    /// Begins to follow. The bell hangs already, so nothing that is published meanwhile is missed.
    pub(super) fn join(&mut self, join: Join, ctx: &mut Context<Self>) {
        let otherwise = (close::NOT_FOUND, "there is no such conversation");
        self.be_further_within(self.parts.bounds.wait_for_conversation, otherwise, ctx);
        self.look(join, ctx);
    }

    /// Asks the store for the conversation; again each time that something might have made it.
    fn look(&mut self, join: Join, ctx: &mut Context<Self>) {
        self.phase = Phase::Joining(join.clone());
        self.reading = Reading::UnderWay;
        let (key, ask) = (self.key.clone(), join);
        let client = self.parts.client.clone();
        let read = async move { client.on_io(move |store| async move { read_joined(store, key, ask).await }).await };
        let done = read.into_actor(self).map(|result, session, ctx| {
            let rung = std::mem::replace(&mut session.reading, Reading::Not) == Reading::Rung;
            session.joined(result, rung, ctx);
        });
        ctx.spawn(done);
    }

    fn joined(&mut self, result: Result<Found<Joined>, Refusal>, rung: bool, ctx: &mut Context<Self>) {
        let Phase::Joining(join) = &self.phase else { return };
        let reference = join.reference.clone();
        match result {
            Ok(Found::Here(joined)) => self.follow(joined, reference, ctx),
            // It may be made at any moment, and that rings the bell. Where it rang while the store was read, look again.
            Ok(Found::NotFound) if self.topic.head() == Seq::ZERO && !rung => {}
            Ok(Found::NotFound) => self.woken(ctx),
            Ok(Found::Erased) => self.close(close::NOT_FOUND, "the conversation was erased", ctx),
            Err(refusal) => self.close(close::MOVED, &refusal.message, ctx),
        }
    }

    fn follow(&mut self, joined: Joined, reference: Option<Value>, ctx: &mut Context<Self>) {
        let Joined { id, record, start, snapshot } = joined;
        let (cursor, gap) = match start {
            Start::After(seq) => (seq, None),
            Start::Gap(gap) => (record.head, Some(gap)),
        };
        if record.status == ConversationStatus::Ended {
            self.topic.mark_ended(record.head);
        }
        self.phase = Phase::Following(Following { id, cursor, head: record.head });
        self.is_further(ctx);
        self.epoch = Some(record.epoch.clone());
        self.tell_subscribed(&record, gap, snapshot, reference);
        self.pump(ctx);
    }

    fn tell_subscribed(
        &mut self,
        record: &ConversationRecord,
        gap: Option<Gap>,
        snapshot: Option<Value>,
        reference: Option<Value>,
    ) {
        let (epoch, first_seq, head) = (record.epoch.clone(), record.first_seq, record.head);
        if self.speaks_frames {
            let frame = ServerFrame::Subscribed {
                epoch: &epoch,
                first_seq,
                head,
                recovered: gap.is_none(),
                reason: gap.map(Gap::code),
                snapshot: snapshot.as_ref(),
                reference: reference.as_ref(),
            };
            // The first thing in order: events may not overtake it, so it does not go the way of small frames.
            self.outlet.send_in_order(Outgoing::Frame(to_text(&frame)));
        } else if let Some(gap) = gap {
            let snapshot = snapshot.unwrap_or(Value::Null);
            let reset = Reset { reason: gap.code(), epoch, first_seq, head, snapshot };
            self.outlet.send_in_order(Outgoing::Reset(Box::new(reset)));
        }
    }

    pub(super) fn woken(&mut self, ctx: &mut Context<Self>) {
        if self.topic.is_erased() {
            self.close(close::NOT_FOUND, "the conversation was erased", ctx);
            return;
        }
        match &self.phase {
            Phase::Silent => {}
            Phase::Joining(_) if self.reading != Reading::Not => self.reading = Reading::Rung,
            Phase::Joining(join) => {
                let join = join.clone();
                self.look(join, ctx);
            }
            Phase::Following(_) => self.pump(ctx),
        }
    }

    /// Hands out what comes next, as long as there is a place for it.
    pub(super) fn pump(&mut self, ctx: &mut Context<Self>) {
        while self.reading == Reading::Not && !self.blocked {
            let Phase::Following(following) = &mut self.phase else { return };
            let Some(place) = self.outlet.place() else { return self.wait_for_place(ctx) };
            match self.topic.read(following.cursor, self.parts.bounds.batch_bytes_max) {
                Tail::Events(events) => {
                    let Some(epoch) = self.epoch.clone() else { return };
                    following.cursor = events.last().map_or(following.cursor, |(seq, _)| *seq);
                    following.head = following.head.max(following.cursor);
                    place.send(Outgoing::Events { epoch, events });
                }
                Tail::AtHead if following.cursor >= following.head => {
                    return self.at_head(ctx);
                }
                Tail::AtHead | Tail::InStore => {
                    self.read_store(ctx);
                }
            }
        }
    }

    /// SSE ends where nothing can follow; a WebSocket stays, its client may still ask.
    fn at_head(&mut self, ctx: &mut Context<Self>) {
        if !self.speaks_frames && self.topic.is_ended() {
            ctx.stop();
        }
    }

    fn read_store(&mut self, ctx: &mut Context<Self>) {
        let Phase::Following(following) = &self.phase else { return };
        let (id, after, bytes_max) = (following.id, following.cursor, self.parts.bounds.batch_bytes_max);
        self.reading = Reading::UnderWay;
        let client = self.parts.client.clone();
        let read = async move {
            client.on_io(move |store| async move { store.events(id, after, READ_EVENTS_MAX, bytes_max).await }).await
        };
        let done = read.into_actor(self).map(move |page, session, ctx| {
            session.reading = Reading::Not;
            session.page_read(page, after, ctx);
        });
        ctx.spawn(done);
    }

    fn page_read(&mut self, page: Result<Found<EventPage>, Refusal>, after: Seq, ctx: &mut Context<Self>) {
        let page = match page {
            Ok(Found::Here(page)) => page,
            Ok(Found::NotFound | Found::Erased) => {
                return self.close(close::NOT_FOUND, "the conversation was erased", ctx);
            }
            Err(refusal) => return self.close(close::MOVED, &refusal.message, ctx),
        };
        let Phase::Following(following) = &mut self.phase else { return };
        let is_next = page.events.first().is_some_and(|(seq, _)| *seq == after.next());
        following.head = page.head;
        if page.events.is_empty() && after >= page.head {
            return self.pump(ctx);
        }
        if !is_next {
            // Trimmed away under a slow reader: it resumes with its position and is told so.
            return self.close(close::SLOW_CONSUMER, "the position is not kept any more; reconnect", ctx);
        }
        self.hand_out(page.epoch, page.events, ctx);
    }

    fn hand_out(&mut self, epoch: Epoch, events: Vec<(Seq, Arc<str>)>, ctx: &mut Context<Self>) {
        let Phase::Following(following) = &mut self.phase else { return };
        let last = events.last().map_or(following.cursor, |(seq, _)| *seq);
        if self.outlet.send_in_order(Outgoing::Events { epoch, events }) {
            following.cursor = last;
            self.pump(ctx);
        } else {
            // Only this actor takes places, and it saw a free one before it read: the writer is gone.
            ctx.stop();
        }
    }

    /// Waits until the writer took something; a client that takes nothing for too long is cut off.
    fn wait_for_place(&mut self, ctx: &mut Context<Self>) {
        self.blocked = true;
        let place = tokio::time::timeout(self.parts.bounds.write_deadline, self.outlet.wait_for_place());
        let freed = place.into_actor(self).map(|freed, session, ctx| {
            session.blocked = false;
            match freed {
                Ok(true) => session.answer(ctx),
                Ok(false) => ctx.stop(),
                Err(_late) => session.cut_off(ctx),
            }
        });
        ctx.spawn(freed);
    }

    fn cut_off(&mut self, ctx: &mut Context<Self>) {
        tracing::info!(conversation = %self.key.id, "a client took nothing within the write deadline");
        self.outlet.send_frame(close_of(
            close::SLOW_CONSUMER,
            "nothing was read for too long; reconnect with the last position",
        ));
        (self.cut)();
        ctx.stop();
    }

    /// Says goodbye and ends.
    pub(super) fn close(&mut self, code: u16, reason: &str, ctx: &mut Context<Self>) {
        self.outlet.send_frame(close_of(code, reason));
        ctx.stop();
    }

    /// The server goes down: the client is told when to come back.
    pub(super) fn drain(&mut self, open: usize) {
        let reconnect_after_ms = reconnect_after_ms(open);
        self.outlet.send_frame(Outgoing::Draining { reconnect_after_ms });
        self.outlet.send_frame(close_of(close::MOVED, "the server goes down; reconnect"));
    }
}

fn close_of(code: u16, reason: &str) -> Outgoing {
    Outgoing::Close { code, reason: reason.to_owned() }
}

/// A frame as text.
pub(super) fn to_text(frame: &ServerFrame<'_>) -> String {
    serde_json::to_string(frame).unwrap_or_else(|error| {
        tracing::error!(%error, "a frame could not be written as JSON");
        format!(r#"{{"op":"reject","code":"{}","message":"internal error"}}"#, Code::Internal)
    })
}

async fn read_joined(
    store: Arc<dyn Store>,
    key: crate::store::ConversationKey,
    join: Join,
) -> Result<Found<Joined>, StoreError> {
    let (id, record) = match store.conversation(&key).await? {
        Found::Here(here) => here,
        Found::NotFound => return Ok(Found::NotFound),
        Found::Erased => return Ok(Found::Erased),
    };
    let start = start_at(join.after, join.epoch.as_ref(), &record);
    let snapshot = match start {
        Start::After(_) => None,
        Start::Gap(_) => Some(snapshot(store.as_ref(), id, &record).await?),
    };
    Ok(Found::Here(Joined { id, record, start, snapshot }))
}

/// The conversation as it stood at its head, for a client that cannot replay: the newest messages, the agent, the head.
/// What was said since comes as events.
///
/// # Errors
/// [`StoreError`].
async fn snapshot(store: &dyn Store, id: InternalId, record: &ConversationRecord) -> Result<Value, StoreError> {
    let page = store.latest_messages(id, record.head, SNAPSHOT_MESSAGES_MAX).await?;
    let messages: Vec<MessageView> = page.into_iter().map(Into::into).collect();
    Ok(json!({ "messages": messages, "currentAgent": record.current_agent, "head": record.head }))
}
