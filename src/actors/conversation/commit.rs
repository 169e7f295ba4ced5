//! The way to the store and back: one write under way, and what is due when it is stored.

use std::sync::Arc;

use actix::{ActorContext, Context};
use protocol::{Code, Event, RunId, Seq, event::RunStatus};

use super::{
    ConversationActor, Phase,
    live::{Deferred, InFlight, Live},
};
use crate::{
    actors::persistence::WriteOutcome,
    chaos::{self, Bug, Point},
    conversation::Reply,
    store::{StoredEvent, Write, Written},
};

impl ConversationActor {
    /// Does what is due, takes what runs said while a write was under way, and sends what was decided on its way.
    pub(super) fn settle(&mut self, ctx: &mut Context<Self>) {
        self.do_due(ctx);
        let Phase::Live(live) = &mut self.phase else { return };
        if live.in_flight.is_some() {
            return;
        }
        if !live.erasing.is_empty() {
            live.pending.clear();
            live.in_flight = Some(InFlight { events: Arc::new([]), credits: Vec::new() });
            self.submit_erase(ctx);
        } else if let (false, Some(run_id)) = (self.parts.stopping.is_cancelled(), live.next_ready()) {
            // Carrying that out settles again.
            self.run_ready(run_id, ctx);
        } else if live.pending.is_empty() {
            live.give_back_pending();
            live.drop_ended_runs();
        } else {
            let write = live.next_append();
            if let (true, Some(in_flight)) = (chaos::plants(Bug::SendBeforeCommit), &live.in_flight) {
                self.topic.publish(&in_flight.events, false);
            }
            self.submit(write, ctx);
        }
    }

    fn do_due(&mut self, ctx: &mut Context<Self>) {
        loop {
            let Phase::Live(live) = &mut self.phase else { return };
            match live.due() {
                None => return,
                Some(Deferred::Effect(effect)) => self.effect_after_commit(effect, ctx),
                Some(Deferred::Reply(to, reply)) => {
                    chaos::at(Point::BeforeAck);
                    to.send(Ok(live.answered(reply))).ok();
                }
                Some(Deferred::Refusal(to, refusal)) => {
                    to.send(Err(refusal)).ok();
                }
            }
        }
    }

    /// The store's answer to the write under way.
    pub(super) fn committed(&mut self, outcome: WriteOutcome, ctx: &mut Context<Self>) {
        match &mut self.phase {
            Phase::Opening { may_create } => {
                let may_create = *may_create;
                self.opened(may_create, outcome, ctx);
            }
            Phase::Live(live) if !live.erasing.is_empty() && live.erase_is_under_way() => self.erased(outcome, ctx),
            Phase::Live(_) => self.appended(outcome, ctx),
            Phase::Unopened | Phase::Gone(_) => {}
        }
    }

    fn appended(&mut self, outcome: WriteOutcome, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        let Some(in_flight) = live.in_flight.take() else { return };
        match outcome {
            WriteOutcome::Written(Written::Appended { head }) => {
                self.stored(in_flight, head);
                self.settle(ctx);
            }
            WriteOutcome::Lost => {
                let write = live.resend(in_flight);
                self.submit(write, ctx);
            }
            WriteOutcome::Written(Written::Fenced) => {
                tracing::info!(conversation = %self.key.id, "another writer took over, stopping");
                self.stop_for_good(ctx);
            }
            WriteOutcome::Written(Written::Erased | Written::NotFound) => self.gone(Code::Erased),
            WriteOutcome::Written(other) => {
                self.leave.failed(format!("the store refused an append: {other:?}"));
                ctx.stop();
            }
            WriteOutcome::Damaged(why) => {
                tracing::error!(conversation = %self.key.id, why, "the conversation cannot be written");
                self.gone(Code::Internal);
            }
        }
    }

    fn stored(&mut self, in_flight: InFlight, head: Seq) {
        let Phase::Live(live) = &mut self.phase else { return };
        live.stored = head;
        self.parts.figures.stored(&in_flight.events);
        if closes_a_cut_run(&in_flight.events) {
            chaos::at(Point::RecoveryStored);
        }
        chaos::at(Point::BeforePublish);
        self.topic.publish(&in_flight.events, ends(&in_flight.events));
        for (pipe, items) in in_flight.credits {
            pipe.give_back(items);
        }
    }

    fn erased(&mut self, outcome: WriteOutcome, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        live.in_flight = None;
        match outcome {
            WriteOutcome::Written(Written::Erased) => {
                let answered = live.answered(Reply::Done);
                for to in live.erasing.drain(..) {
                    to.send(Ok(answered.clone())).ok();
                }
                self.topic.erase();
                self.gone(Code::Erased);
            }
            WriteOutcome::Lost => self.settle(ctx),
            WriteOutcome::Written(_) => self.stop_for_good(ctx),
            WriteOutcome::Damaged(why) => {
                tracing::error!(conversation = %self.key.id, why, "the conversation cannot be erased");
                self.gone(Code::Internal);
            }
        }
    }
}

/// What a recovery writes first.
fn closes_a_cut_run(events: &[StoredEvent]) -> bool {
    let is_cut = |event: &StoredEvent| {
        matches!(event.envelope.event, Event::AgentComplete { status: RunStatus::Interrupted, .. })
    };
    cfg!(feature = "chaos") && events.iter().any(is_cut)
}

fn ends(events: &[StoredEvent]) -> bool {
    events.iter().any(|event| matches!(event.envelope.event, Event::ConversationEnd { .. }))
}

impl Live {
    fn next_append(&mut self) -> Write {
        let events: Arc<[StoredEvent]> = std::mem::take(&mut self.pending).into();
        let credits = std::mem::take(&mut self.pending_credits);
        if closes_a_cut_run(&events) {
            chaos::at(Point::RecoveryDecided);
        }
        self.resend(InFlight { events, credits })
    }

    fn resend(&mut self, in_flight: InFlight) -> Write {
        let events = Arc::clone(&in_flight.events);
        self.in_flight = Some(in_flight);
        Write::Append { conversation: self.id, fence: self.fence, events }
    }

    fn next_ready(&self) -> Option<RunId> {
        self.runs.iter().find(|(_, run)| run.ready).map(|(run_id, _)| *run_id)
    }

    /// Credits of what a run said and that became no event.
    fn give_back_pending(&mut self) {
        for (pipe, items) in self.pending_credits.drain(..) {
            pipe.give_back(items);
        }
    }

    fn drop_ended_runs(&mut self) {
        let open = self.state.open_run();
        self.runs.retain(|run_id, _| Some(*run_id) == open);
    }

    fn erase_is_under_way(&self) -> bool {
        self.in_flight.as_ref().is_some_and(|in_flight| in_flight.events.is_empty())
    }
}
