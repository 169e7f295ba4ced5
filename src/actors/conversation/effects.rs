//! Carrying commands to the core and its effects out into the world.

use std::{collections::VecDeque, sync::Arc};

use actix::{AsyncContext, Context};
use protocol::{RunId, TurnId};
use tokio::sync::oneshot;

use super::{
    ConversationActor, Phase, RunReady,
    give::Answer,
    live::{Deferred, Live, LiveRun},
};
use crate::{
    actors::run::{RunJob, Ticket},
    agent::{UserMessage, sink::RunPipe},
    conversation::{Command, Decision, Effect, Env, Note, Numbered, RandomIds, RunOrder},
    store::{AcceptedNote, StoredEvent, Write},
};

impl ConversationActor {
    /// Decides a command and everything that follows at once; the rest waits for the commit.
    pub(super) fn carry_out(
        &mut self,
        command: Command,
        reply: Option<oneshot::Sender<Answer>>,
        ctx: &mut Context<Self>,
    ) {
        let mut commands = VecDeque::from([(command, reply)]);
        while let Some((command, reply)) = commands.pop_front() {
            let Some(decision) = self.decide(command, reply) else { continue };
            for effect in decision.effects {
                if let Some(next) = self.effect_now(effect) {
                    commands.push_back((next, None));
                }
            }
        }
        self.settle(ctx);
    }

    fn decide(&mut self, command: Command, reply: Option<oneshot::Sender<Answer>>) -> Option<Decision> {
        let Phase::Live(live) = &mut self.phase else { return None };
        let mut ids = RandomIds;
        let now = self.parts.clock.now();
        let mut env = Env { now, ids: &mut ids, limits: &self.parts.bounds.core };
        let decided = live.state.handle(command, &mut env);
        live.turns_waiting.set(live.state.waiting_behind());
        match decided {
            Ok(mut decision) => {
                live.take_events(std::mem::take(&mut decision.events));
                if let Some(to) = reply {
                    live.answer_when_stored(to, decision.reply.clone());
                }
                Some(decision)
            }
            Err(rejection) => {
                if let Some(to) = reply {
                    live.defer(Deferred::Refusal(to, rejection.into()));
                }
                None
            }
        }
    }

    /// Does what must be done at once; answers the command that follows from it, if any.
    fn effect_now(&mut self, effect: Effect) -> Option<Command> {
        let Phase::Live(live) = &mut self.phase else { return None };
        match effect {
            Effect::Route { turn_id, ask } => {
                let current = live.state.current_agent().cloned();
                let route = self.parts.router.route(&ask, current.as_ref());
                Some(Command::Routed { turn_id, route })
            }
            Effect::Abort(run_id) => {
                live.runs.remove(&run_id);
                None
            }
            later @ (Effect::Start(_) | Effect::Steer { .. }) => {
                live.defer(Deferred::Effect(later));
                None
            }
        }
    }

    /// Does what waited for the commit.
    pub(super) fn effect_after_commit(&mut self, effect: Effect, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        match effect {
            Effect::Start(order) => self.start_run(*order, ctx),
            Effect::Steer { run_id, message } => {
                if let Some(run) = live.runs.get(&run_id) {
                    run.pipe.steer(UserMessage { id: message.id, content: message.content });
                }
            }
            Effect::Route { .. } | Effect::Abort(_) => {}
        }
    }

    fn start_run(&mut self, order: RunOrder, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        // Cancelled while its start was being stored.
        if live.state.open_run() != Some(order.run_id) || self.parts.stopping.is_cancelled() {
            return;
        }
        let (run_id, turn_id) = (order.run_id, order.turn_id);
        let to = ctx.address().recipient::<RunReady>();
        let bell = Box::new(move || to.do_send(RunReady(run_id)));
        let pipe = RunPipe::new(self.parts.bounds.run_credits_max, bell);
        live.runs.insert(run_id, LiveRun { pipe: Arc::clone(&pipe), ready: false });
        let job = RunJob { order, ticket: Ticket::new(pipe), key: self.key.clone(), id: live.id };
        self.parts.agents.start_run(job);
        self.set_deadline(turn_id, ctx);
    }

    fn set_deadline(&mut self, turn_id: TurnId, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        match live.deadline.take() {
            Some((known, timer)) if known == turn_id => {
                live.deadline = Some((known, timer));
                return;
            }
            // One that is left behind would be looked at with every message for as long as it runs.
            Some((_, timer)) => {
                ctx.cancel_future(timer);
            }
            None => {}
        }
        let time_max = self.parts.bounds.turn_time_max;
        let timer = ctx.run_later(time_max, move |actor, ctx| {
            actor.carry_out(Command::TurnDeadline { turn_id, time_max }, None, ctx);
        });
        live.deadline = Some((turn_id, timer));
    }

    /// A run's bell rang: take what it says, unless a write is under way; then it waits for that.
    pub(super) fn run_ready(&mut self, run_id: RunId, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        // What a run says that was stopped with the process says nothing about its turn.
        if self.parts.stopping.is_cancelled() {
            return;
        }
        let busy = live.in_flight.is_some();
        let Some(run) = live.runs.get_mut(&run_id) else { return };
        if busy {
            run.ready = true;
            return;
        }
        run.ready = false;
        let pipe = Arc::clone(&run.pipe);
        let items = pipe.take();
        live.pending_credits.push((pipe, items.len()));
        self.carry_out(Command::Output { run_id, items }, None, ctx);
    }

    /// Stops everything and erases what is stored.
    pub(super) fn erase(&mut self, reply: oneshot::Sender<Answer>, ctx: &mut Context<Self>) {
        if let Phase::Live(live) = &mut self.phase {
            live.runs.clear();
            live.erasing.push(reply);
            self.settle(ctx);
        }
    }

    pub(super) fn submit_erase(&mut self, ctx: &mut Context<Self>) {
        if let Phase::Live(live) = &self.phase {
            let write = Write::Erase { conversation: live.id, fence: live.fence, now: self.parts.clock.now() };
            self.submit(write, ctx);
        }
    }
}

impl Live {
    fn take_events(&mut self, events: Vec<Numbered>) {
        for Numbered { envelope, note, taken } in events {
            let (mut accepted, mut effect, mut checkpoint) = (None, None, None);
            match note {
                Some(Note::Accepted { metadata, body_hash }) => {
                    accepted = Some(Arc::new(AcceptedNote { metadata, body_hash }));
                }
                Some(Note::Effect(note)) => effect = Some(Arc::new(note)),
                Some(Note::Checkpoint(note)) => checkpoint = Some(Arc::new(note)),
                None => {}
            }
            match StoredEvent::new(envelope, accepted) {
                Ok(event) => self.pending.push(StoredEvent { effect, taken, checkpoint, ..event }),
                Err(error) => tracing::error!(%error, "an event could not be written as JSON"),
            }
        }
    }
}
