//! Seeded random commands. After each one the events are checked by somebody who knows nothing else, and the state is
//! compared with the one that the events alone give. The store takes its time, and a crash loses what it did not take yet.

mod tries;
mod workflows;

use std::time::Duration;

use protocol::{
    AgentId, Code, Envelope, Event, MessageId, RunId, Seq, Timestamp, TurnId,
    event::{JsonObject, Policy, SwitchReason, Usage},
};
use serde_json::{Value, json};

use self::tries::Tries;
use super::{
    checker::{Checker, same_facts},
    dice::Dice,
    ledger::Ledger,
    taken::Taken,
    world::World,
};
use crate::conversation::{
    Assignment, CancelTarget, Command, ConversationState, Decision, Effect, Limits, NewMessage, Numbered, Rejection,
    Reply, Route, RouteAsk, RunOrder,
    run::{RunEnd, RunItem, Step, ToolEffect, ToolIntent, ToolOutcome},
};

const SEEDS: u64 = 2_000;
/// Of `cargo xtask test --full`.
const SEEDS_FULL: u64 = 20_000;
const STEPS: u32 = 250;
/// Of one seed in so many: long enough for more messages than a conversation remembers.
const STEPS_LONG: u32 = 3_000;
const SEEDS_PER_LONG: u64 = 40;
/// After so many steps on average the state is built anew from the store and compared.
const STEPS_PER_REBUILD: u64 = 64;

const POLICIES: [Policy; 5] = [Policy::Enqueue, Policy::Enqueue, Policy::Reject, Policy::Interrupt, Policy::Steer];
const AGENTS: [&str; 4] = ["a", "b", "c", "d"];
const EFFECTS: [ToolEffect; 4] =
    [ToolEffect::Pure, ToolEffect::Idempotent, ToolEffect::Idempotent, ToolEffect::NonIdempotent];
const WORDS: [&str; 6] = ["", "a", "bc", "ж", "€uro", "a longer piece of text 😀"];

struct Simulation {
    dice: Dice,
    world: World,
    checker: Checker,
    ledger: Ledger,
    /// What the events alone give, from the first one on.
    shadow: ConversationState,
    clients: u64,
    calls: u64,
    runs: Vec<RunId>,
    turns: Vec<TurnId>,
    /// Calls that the open run must make again before anything else.
    to_make_again: Vec<ToolIntent>,
    taken: Taken,
    tries: Tries,
}

impl Simulation {
    fn new(dice: Dice) -> Self {
        let world = World::new(Limits {
            turns_waiting_max: 3,
            handoffs_max: 3,
            tool_calls_max: 4,
            output_bytes_max: 200,
            chunk_bytes_max: 8,
            final_state_bytes_max: 40,
            recoveries_max: 2,
            early_cancel_kept: Duration::from_mins(1),
        });
        let shadow = world.rebuilt();
        let (checker, ledger) = (Checker::default(), Ledger::default());
        let (runs, turns) = (Vec::new(), Vec::new());
        Self {
            dice,
            world,
            checker,
            ledger,
            shadow,
            clients: 0,
            calls: 0,
            runs,
            turns,
            to_make_again: Vec::new(),
            taken: Taken::default(),
            tries: Tries::default(),
        }
    }

    fn step(&mut self) {
        let millis = i64::try_from(self.dice.below(3000)).unwrap();
        self.world.now = Timestamp::from_millis(self.world.now.as_millis() + millis);
        match self.dice.below(1000) {
            0..140 => self.user(),
            140..350 => self.answer_router(),
            350..780 => self.output_of_open_run(),
            780..830 => self.output_of_another_run(),
            830..900 => self.cancel(),
            900..920 => self.deadline(),
            920..945 => self.stale_route(),
            945..980 => self.crash(),
            980..985 => self.decide(),
            985..987 => self.give(Command::End { reason: "over".to_owned() }),
            _ => {}
        }
        self.commit();
        self.check_state();
    }

    /// A store that takes its time: often nothing, sometimes a part, sometimes all.
    fn commit(&mut self) {
        let waiting = self.world.uncommitted();
        let stored = match self.dice.below(4) {
            0 => waiting,
            1 => usize::try_from(self.dice.below(waiting as u64 + 1)).unwrap(),
            _ => 0,
        };
        self.world.commit(stored);
    }

    fn give(&mut self, command: Command) {
        match self.world.give(command) {
            Ok(decision) => self.take(&decision),
            Err(Rejection::Ended) => assert_eq!(self.checker.turns_open(), 0),
            Err(_) => {}
        }
    }

    fn take(&mut self, decision: &Decision) {
        for numbered in &decision.events {
            self.see(numbered);
            self.shadow.apply(&numbered.envelope, numbered.note.as_ref(), &numbered.taken);
        }
        for effect in &decision.effects {
            if let Effect::Start(order) = effect {
                assert!(order.not_history.contains(&order.message.id));
                assert!(order.steers.iter().all(|steer| order.not_history.contains(&steer.id)));
                self.ledger.handed(order);
                self.taken.check(order, &self.world.log);
                self.tries = self.tries.begin(order, &self.world.log);
                self.to_make_again = unknown_of(order);
                // That one is tried again in its own time.
                self.to_make_again.retain(|intent| !self.tries.are(intent));
                self.runs.push(order.run_id);
            }
        }
        if let Reply::Accepted { accepted, duplicate: false } = &decision.reply {
            self.turns.push(accepted.turn_id);
        }
    }

    fn see(&mut self, numbered: &Numbered) {
        self.checker.take(&numbered.envelope);
        self.ledger.take(numbered);
        if let Event::StepComplete { agent_id, .. }
        | Event::InputRequest { agent_id, .. }
        | Event::ApprovalRequest { agent_id, .. } = &numbered.envelope.event
        {
            self.ledger.checkpoint(agent_id);
        }
        if self.checker.turn_open().is_none() {
            self.ledger.clear();
        }
    }

    fn user(&mut self) {
        let is_new = self.dice.below(4) > 0;
        self.clients += u64::from(is_new);
        let number = if is_new { self.clients } else { self.dice.below(self.clients + 20) };
        let client = format!("c{number}");
        let client_message_id = client.parse().unwrap();
        let must_ask = self.world.state.recent().must_ask_store(&client_message_id);
        let stored = self.world.stored(&client);
        let content = if self.dice.below(20) == 0 { "other".to_owned() } else { format!("text of {number}") };
        let events = self.world.log.len();
        let policy = *self.dice.one_of(&POLICIES).unwrap();
        let is_known = stored.is_some();
        let stored = if must_ask { stored } else { None };
        self.give(Command::Accept(NewMessage {
            client_message_id,
            content,
            policy: Some(policy),
            metadata: JsonObject::new(),
            stored,
        }));
        assert!(!is_known || self.world.log.len() == events, "a duplicate changed something");
    }

    fn answer_router(&mut self) {
        let Some((turn_id, ask)) = self.world.asks.pop_front() else { return };
        let route = self.route(&ask);
        self.give(Command::Routed { turn_id, route });
    }

    fn route(&mut self, ask: &RouteAsk) -> Route {
        if self.dice.below(12) == 0 {
            return Route::Nobody { code: Code::NoAgent, safe: "Nobody is there.".to_owned() };
        }
        let any = self.agent();
        let is_there = self.dice.below(8) > 0;
        let (agent_id, reason) = match ask {
            RouteAsk::HandOver { to, .. } if is_there => (to.clone(), Some(SwitchReason::Handoff)),
            RouteAsk::Again { agent } if is_there => (agent.clone(), None),
            RouteAsk::Message { .. } => (any, None),
            RouteAsk::HandOver { .. } | RouteAsk::Again { .. } => (any, Some(SwitchReason::AgentUnavailable)),
        };
        let (name, version) = (agent_id.to_string(), "1".to_owned());
        let (steerable, replays) = (self.dice.below(2) == 0, self.dice.below(5) > 0);
        Route::To(Assignment { agent_id, name, version, steerable, replays, reason, detail: None })
    }

    fn agent(&mut self) -> AgentId {
        self.dice.one_of(&AGENTS).unwrap().parse().unwrap()
    }

    /// The answer to a question that was never asked, or about a turn that is over.
    fn stale_route(&mut self) {
        let Some(turn_id) = self.dice.one_of(&self.turns).copied() else { return };
        let current = self.world.state.open_turn().map(|(current, _)| current);
        if current != Some(turn_id) || self.world.state.open_run().is_some() {
            let route = self.route(&RouteAsk::Message { content: String::new(), is_awaited: false });
            self.changes_nothing(Command::Routed { turn_id, route });
        }
    }

    fn output_of_open_run(&mut self) {
        let Some(run_id) = self.world.state.open_run() else { return };
        let mut items = self.owed();
        items.extend(self.items());
        // One after the other, so that it is known what was stored after a message was taken.
        for item in items {
            if let RunItem::SteerTaken(message) = &item
                && self.world.state.open_run() == Some(run_id)
            {
                self.taken.take(*message, run_id, self.world.state.head());
            }
            let is_try = matches!(&item, RunItem::ToolStarted(intent) if self.tries.are(intent));
            let events = self.world.log.len();
            self.give(Command::Output { run_id, items: vec![item] });
            if is_try {
                tries::check(&self.world.log[events..]);
            }
        }
    }

    /// C6: of a run that is over, or that never was.
    fn output_of_another_run(&mut self) {
        let old = self.dice.one_of(&self.runs).copied();
        let run_id = old.unwrap_or(RunId(uuid::Uuid::from_u128(u128::MAX)));
        if self.world.state.open_run() != Some(run_id) {
            let tries = self.tries.clone();
            let items = self.items();
            self.tries = tries;
            self.changes_nothing(Command::Output { run_id, items });
        }
    }

    fn changes_nothing(&mut self, command: Command) {
        let before = self.world.state.clone();
        let decision = self.world.give(command).unwrap();
        assert!(decision.events.is_empty() && decision.effects.is_empty(), "{decision:?}");
        assert_eq!(self.world.state, before);
    }

    fn items(&mut self) -> Vec<RunItem> {
        (0..=self.dice.below(4)).map(|_| self.item()).collect()
    }

    /// The calls that a run which goes on owes before anything else.
    fn owed(&mut self) -> Vec<RunItem> {
        let unknown = std::mem::take(&mut self.to_make_again).into_iter();
        // What counts each time is told to a workflow alone, which does not make it again.
        let owed = unknown.filter(|intent| intent.effect != ToolEffect::NonIdempotent).map(|intent| {
            self.calls += 1;
            let call_id = format!("k{}", self.calls).parse().unwrap();
            RunItem::ToolStarted(ToolIntent { call_id, ..intent })
        });
        owed.collect()
    }

    /// A workflow takes no further messages while it runs, so nothing waits to be heard.
    fn is_workflow(&self) -> bool {
        let state = &self.world.state;
        !state.steerable && state.open.as_ref().is_some_and(|turn| turn.steers.is_empty())
    }

    fn item(&mut self) -> RunItem {
        match self.dice.below(if self.is_workflow() { 34 } else { 20 }) {
            0..8 => RunItem::Delta((*self.dice.one_of(&WORDS).unwrap()).to_owned()),
            8..10 => RunItem::MessageEnd,
            10..12 => {
                self.calls += u64::from(self.dice.below(10) > 0);
                let call_id = format!("k{}", self.calls).parse().unwrap();
                let effect = *self.dice.one_of(&EFFECTS).unwrap();
                RunItem::ToolStarted(ToolIntent { effect, ..ToolIntent::new(call_id, "tool", json!({})) })
            }
            12..15 => {
                let call_id = format!("k{}", self.calls.saturating_sub(self.dice.below(3))).parse().unwrap();
                let outcome = ToolOutcome { result: Value::Null, is_error: false, truncated: false };
                RunItem::ToolFinished { call_id, outcome }
            }
            15 => RunItem::ContextUpdated { version: 1, changed: Vec::new() },
            16..18 => RunItem::SteerTaken(self.steer_to_take()),
            20..26 => self.workflow_item(),
            26..34 => self.tries.next(&mut self.dice).unwrap_or(RunItem::MessageEnd),
            _ => RunItem::Ended(self.run_end()),
        }
    }

    fn steer_to_take(&mut self) -> MessageId {
        let steers = self.world.state.open.as_ref().map_or(&[][..], |turn| &turn.steers);
        self.dice.one_of(steers).map_or(MessageId(uuid::Uuid::nil()), |steer| steer.id)
    }

    fn run_end(&mut self) -> RunEnd {
        let usage = Usage::default();
        let code = Code::ModelUnavailable;
        let final_state = JsonObject::from_iter([("x".to_owned(), Value::from("y".repeat(50)))]);
        match self.dice.below(6) {
            0..3 => RunEnd::Completed { final_state, usage },
            3..5 => RunEnd::HandOver { to: self.agent(), detail: None, usage },
            _ => RunEnd::Failed { code, safe: String::new(), retryable: true, correlation_id: String::new() },
        }
    }

    fn cancel(&mut self) {
        let number = self.clients.saturating_sub(self.dice.below(4)) + self.dice.below(4);
        let any = self.dice.one_of(&self.turns).copied();
        let current = self.world.state.open_turn().map(|(current, _)| current);
        let target = match (self.dice.below(3), any, current) {
            (0, Some(turn), _) | (1, _, Some(turn)) => CancelTarget::Turn(turn),
            _ => CancelTarget::Message(format!("c{number}").parse().unwrap()),
        };
        self.give(Command::Cancel(target));
    }

    fn deadline(&mut self) {
        let current = self.world.state.open_turn().map(|(current, _)| current);
        if let Some(turn_id) = current.or_else(|| self.dice.one_of(&self.turns).copied()) {
            self.give(Command::TurnDeadline { turn_id, time_max: Duration::from_secs(1) });
        }
    }

    fn crash(&mut self) {
        let lost = self.dice.below(self.world.uncommitted() as u64 + 1);
        if lost > 0 {
            self.world.lose(usize::try_from(lost).unwrap());
            // Nobody saw what was lost, and no tool was called for it.
            (self.checker, self.ledger) = Default::default();
            for numbered in self.world.log.clone() {
                self.see(&numbered);
            }
        }
        self.taken.crash(self.world.log.last().map_or(Seq::ZERO, |last| last.envelope.seq));
        self.shadow = self.world.rebuilt();
        let decision = self.world.crash();
        self.take(&decision);
    }

    fn check_state(&mut self) {
        let live = &self.world.state;
        let current = live.open_turn().map(|(current, _)| current);
        let asked = self.world.asks.iter().filter(|(turn, _)| Some(*turn) == current).count();
        let expected = usize::from(live.open_run().is_none() && !live.is_idle());
        assert_eq!(asked, expected, "liveness: a turn without a run is being routed, once");
        if live.is_idle() {
            assert_eq!(self.checker.turns_open(), 0, "liveness: idle, and a turn has no end");
        }
        same_facts(live, &self.shadow);
        if self.dice.below(STEPS_PER_REBUILD) == 0 {
            let rebuilt = self.world.rebuilt();
            same_facts(live, &rebuilt);
            assert_eq!(live.recent, rebuilt.recent, "C8: the latest accepted messages");
        }
    }
}

fn unknown_of(order: &RunOrder) -> Vec<ToolIntent> {
    let unknown = order.steps.iter().filter_map(|step| match step {
        Step::Called { intent, outcome: None } => Some(intent.clone()),
        Step::Called { .. } | Step::Said { .. } | Step::Heard { .. } => None,
    });
    unknown.collect()
}

fn simulate(seed: u64) {
    let mut simulation = Simulation::new(Dice::new(seed));
    let steps = if seed.is_multiple_of(SEEDS_PER_LONG) { STEPS_LONG } else { STEPS };
    for _ in 0..steps {
        if simulation.world.log.last().is_some_and(|last| is_end(&last.envelope)) && simulation.dice.below(8) == 0 {
            simulation = Simulation::new(simulation.dice);
        }
        simulation.step();
    }
}

fn is_end(envelope: &Envelope) -> bool {
    matches!(envelope.event, protocol::Event::ConversationEnd { .. })
}

#[test]
fn whatever_happens_in_whatever_order_the_invariants_hold() {
    let full = std::env::var_os("SWITCHBOARD_TEST_FULL").is_some();
    for seed in 0..if full { SEEDS_FULL } else { SEEDS } {
        let done = std::panic::catch_unwind(|| simulate(seed));
        if let Err(panic) = done {
            println!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
