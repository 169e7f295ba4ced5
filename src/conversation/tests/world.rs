//! A conversation with its surroundings held still: time, ids, and a store that gives back what it was given.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::{AgentId, ConversationId, Envelope, Event, Seq, Timestamp, TurnId};
use uuid::Uuid;

use crate::conversation::{
    Accepted, CheckpointStatus, Command, ConversationState, Decision, Effect, Env, IdSource, Limits, Note, Numbered,
    Question, Recent, Rejection, RouteAsk, RunOrder, Snapshot, Status,
};

/// As many accepted messages as a store gives.
const STORE_RECENT_MAX: usize = 256;

/// Counts ids up from 1.
#[derive(Debug, Default)]
pub(super) struct CountedIds(u128);

impl IdSource for CountedIds {
    fn uuid(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub state: ConversationState,
    pub now: Timestamp,
    pub limits: Limits,
    /// Every event so far, as a store has them.
    pub log: Vec<Numbered>,
    /// What the router was asked and has not answered yet.
    pub asks: VecDeque<(TurnId, RouteAsk)>,
    /// The runs that were to be started.
    pub orders: Vec<RunOrder>,
    /// How long the log was before each decision of which nobody knows yet whether it is stored, the oldest first.
    uncommitted: Vec<usize>,
    ids: CountedIds,
    accepted: Vec<Accepted>,
    /// Turns without their end, by acceptance, with their place in the log.
    open_turns: Vec<(TurnId, usize)>,
    current_agent: Option<AgentId>,
}

impl World {
    pub(super) fn new(limits: Limits) -> Self {
        let snapshot = Snapshot {
            conversation_id: ConversationId(Uuid::nil()),
            status: Status::Open,
            head: Seq::ZERO,
            current_agent: None,
            recent: Recent::new(Vec::new(), true),
            questions: Vec::new(),
            awaiting: BTreeSet::new(),
        };
        Self {
            state: ConversationState::from_snapshot(snapshot),
            now: Timestamp::from_millis(1_000_000),
            limits,
            log: Vec::new(),
            asks: VecDeque::new(),
            orders: Vec::new(),
            uncommitted: Vec::new(),
            ids: CountedIds::default(),
            accepted: Vec::new(),
            open_turns: Vec::new(),
            current_agent: None,
        }
    }

    /// Gives a command, and keeps what follows.
    pub(super) fn give(&mut self, command: Command) -> Result<Decision, Rejection> {
        let mut env = Env { now: self.now, ids: &mut self.ids, limits: &self.limits };
        let decision = self.state.handle(command, &mut env)?;
        if !decision.events.is_empty() {
            self.uncommitted.push(self.log.len());
        }
        for numbered in &decision.events {
            self.store(numbered);
        }
        for effect in &decision.effects {
            match effect {
                Effect::Route { turn_id, ask } => self.asks.push_back((*turn_id, ask.clone())),
                Effect::Start(order) => self.orders.push(RunOrder::clone(order)),
                Effect::Abort(_) | Effect::Steer { .. } => {}
            }
        }
        Ok(decision)
    }

    fn store(&mut self, numbered: &Numbered) {
        let Envelope { seq, event, turn_id, .. } = &numbered.envelope;
        match (event, *turn_id) {
            (Event::MessageAccepted { client_message_id, message_id, .. }, Some(turn_id)) => {
                let Some(Note::Accepted { body_hash, .. }) = numbered.note else { panic!("no note: {numbered:?}") };
                let client_message_id = client_message_id.clone();
                let message_id = *message_id;
                self.accepted.push(Accepted { client_message_id, body_hash, turn_id, message_id, seq: *seq });
                if self.open_turns.iter().all(|(open, _)| *open != turn_id) {
                    self.open_turns.push((turn_id, self.log.len()));
                }
            }
            (Event::ApprovalResolved { .. }, Some(turn_id))
                if self.open_turns.iter().all(|(open, _)| *open != turn_id) =>
            {
                self.open_turns.push((turn_id, self.log.len()));
            }
            (Event::TurnEnd { .. }, Some(turn_id)) => self.open_turns.retain(|(open, _)| *open != turn_id),
            (Event::AgentSwitch { to_agent, .. }, _) => self.current_agent = Some(to_agent.clone()),
            _ => {}
        }
        self.log.push(numbered.clone());
    }

    /// What the store knows of a client id: asked where the conversation does not remember it.
    pub(super) fn stored(&self, client: &str) -> Option<Accepted> {
        self.accepted.iter().rev().find(|accepted| accepted.client_message_id.as_str() == client).cloned()
    }

    /// The state as a new process builds it from the store: the row, and every event since the acceptance of the oldest
    /// turn that is open.
    pub(super) fn rebuilt(&self) -> ConversationState {
        let ended = self.log.last().is_some_and(|last| matches!(last.envelope.event, Event::ConversationEnd { .. }));
        let recent_from = self.accepted.len().saturating_sub(STORE_RECENT_MAX);
        let mut state = ConversationState::from_snapshot(Snapshot {
            conversation_id: ConversationId(Uuid::nil()),
            status: if ended { Status::Ended } else { Status::Open },
            head: self.log.last().map_or(Seq::ZERO, |last| last.envelope.seq),
            current_agent: self.current_agent.clone(),
            recent: Recent::new(self.accepted[recent_from..].to_vec(), recent_from == 0),
            questions: self.questions(),
            awaiting: self.awaiting(),
        });
        let replay_from = self.open_turns.first().map_or(self.log.len(), |(_, place)| *place);
        for numbered in &self.log[replay_from..] {
            state.apply(&numbered.envelope, self.ledger(&numbered.envelope), &numbered.taken);
        }
        state
    }

    fn questions(&self) -> Vec<Question> {
        let mut questions = Vec::new();
        for numbered in &self.log {
            match &numbered.envelope.event {
                Event::ApprovalRequest { approval_id, arguments_hash, agent_id, expires_at, .. } => {
                    questions.push(Question {
                        approval_id: *approval_id,
                        agent_id: agent_id.clone(),
                        arguments_hash: arguments_hash.clone(),
                        expires_at: *expires_at,
                    });
                }
                Event::ApprovalResolved { approval_id, .. } => {
                    questions.retain(|question| question.approval_id != *approval_id);
                }
                _ => {}
            }
        }
        questions
    }

    /// By the checkpoints, as a table has them.
    fn awaiting(&self) -> BTreeSet<AgentId> {
        let mut latest = BTreeMap::new();
        for numbered in &self.log {
            if let (
                Event::StepComplete { agent_id, .. }
                | Event::InputRequest { agent_id, .. }
                | Event::ApprovalRequest { agent_id, .. },
                Some(Note::Checkpoint(checkpoint)),
            ) = (&numbered.envelope.event, &numbered.note)
            {
                latest.insert(agent_id.clone(), checkpoint.status);
            }
        }
        let waits = latest.into_iter().filter(|(_, status)| *status == CheckpointStatus::Waiting);
        waits.map(|(agent, _)| agent).collect()
    }

    /// The ledger's line of a call as a store has it: how far the call is by now, for its intent too.
    fn ledger(&self, envelope: &Envelope) -> Option<&Note> {
        let call = |event: &Event| match event {
            Event::ToolExecution { tool_call_id, .. } | Event::ToolResult { tool_call_id, .. } => {
                Some(tool_call_id.clone())
            }
            _ => None,
        };
        let wanted = call(&envelope.event)?;
        let of_call = |other: &&Numbered| {
            other.envelope.turn_id == envelope.turn_id && call(&other.envelope.event).as_ref() == Some(&wanted)
        };
        self.log.iter().rev().find(of_call).and_then(|numbered| numbered.note.as_ref())
    }

    /// Decisions that a crash may lose.
    pub(super) fn uncommitted(&self) -> usize {
        self.uncommitted.len()
    }

    /// The oldest of them are stored.
    pub(super) fn commit(&mut self, decisions: usize) {
        self.uncommitted.drain(..decisions);
    }

    /// The newest decisions never reach the store, as if they had not been.
    pub(super) fn lose(&mut self, decisions: usize) {
        let Some(&first) = self.uncommitted.get(self.uncommitted.len() - decisions) else { return };
        let log = std::mem::take(&mut self.log);
        (self.accepted, self.open_turns, self.current_agent) = Default::default();
        for numbered in &log[..first] {
            self.store(numbered);
        }
    }

    /// The process dies, and another one goes on.
    pub(super) fn crash(&mut self) -> Decision {
        self.uncommitted.clear();
        self.state = self.rebuilt();
        self.asks.clear();
        self.give(Command::Recover).unwrap()
    }
}
