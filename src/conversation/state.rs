//! The state of a conversation, and how each event changes it.

use std::collections::{BTreeSet, VecDeque};

use protocol::{
    AgentId, ApprovalId, ClientMessageId, ConversationId, Envelope, Event, MessageId, RunId, Seq, Timestamp, TurnId,
};

use super::{
    approvals::Question,
    command::TurnMessage,
    early::EarlyCancels,
    note::Note,
    open_turn::{OpenTurn, WaitingTurn},
    recent::{Accepted, Recent},
};

/// Whether a conversation takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Open,
    /// It was ended.
    Ended,
}

/// What the store gives to begin with; the events after `replayed_from` follow by [`ConversationState::apply`].
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Which conversation.
    pub conversation_id: ConversationId,
    /// Whether it takes messages.
    pub status: Status,
    /// The newest event.
    pub head: Seq,
    /// Who answers.
    pub current_agent: Option<AgentId>,
    /// The latest accepted messages.
    pub recent: Recent,
    /// Questions about tool calls that nobody has decided.
    pub questions: Vec<Question>,
    /// Agents whose workflow waits for a person.
    pub awaiting: BTreeSet<AgentId>,
}

/// The state of one conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationState {
    pub(super) conversation_id: ConversationId,
    pub(super) status: Status,
    pub(super) head: Seq,
    pub(super) current_agent: Option<AgentId>,
    pub(super) open: Option<OpenTurn>,
    /// While no turn is open, the first of these is being routed.
    pub(super) waiting: VecDeque<WaitingTurn>,
    pub(super) recent: Recent,
    pub(super) questions: Vec<Question>,
    pub(super) awaiting: BTreeSet<AgentId>,
    pub(super) early_cancels: EarlyCancels,
    /// Whether the open run takes further messages. Lost with the run.
    pub(super) steerable: bool,
}

impl ConversationState {
    /// A state to which the events of the open turns are still to be applied.
    pub fn from_snapshot(snapshot: Snapshot) -> Self {
        Self {
            conversation_id: snapshot.conversation_id,
            status: snapshot.status,
            head: snapshot.head,
            current_agent: snapshot.current_agent,
            open: None,
            waiting: VecDeque::new(),
            recent: snapshot.recent,
            questions: snapshot.questions,
            awaiting: snapshot.awaiting,
            early_cancels: EarlyCancels::default(),
            steerable: false,
        }
    }

    /// The newest event.
    pub fn head(&self) -> Seq {
        self.head
    }

    /// Whether it takes messages.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Who answers.
    pub fn current_agent(&self) -> Option<&AgentId> {
        self.current_agent.as_ref()
    }

    /// The latest accepted messages.
    pub fn recent(&self) -> &Recent {
        &self.recent
    }

    /// With the cancels that came before the conversation was there.
    #[must_use]
    pub fn with_early_cancels(self, early_cancels: EarlyCancels) -> Self {
        Self { early_cancels, ..self }
    }

    /// The cancels of messages that were not seen yet.
    pub fn early_cancels(&self) -> &EarlyCancels {
        &self.early_cancels
    }

    /// Nothing runs and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.open.is_none() && self.waiting.is_empty()
    }

    /// The turn that is under way or first in line, since when.
    pub fn open_turn(&self) -> Option<(TurnId, Timestamp)> {
        let open = self.open.as_ref().map(|turn| (turn.turn_id, turn.accepted_at));
        open.or_else(|| self.waiting.front().map(|turn| (turn.turn_id, turn.accepted_at)))
    }

    /// How many turns wait behind the one that is under way or being routed.
    pub fn waiting_behind(&self) -> usize {
        if self.open.is_some() { self.waiting.len() } else { self.waiting.len().saturating_sub(1) }
    }

    /// The run that is under way.
    pub fn open_run(&self) -> Option<RunId> {
        self.open.as_ref().and_then(|turn| turn.run.as_ref()).map(|run| run.run_id)
    }

    /// Takes one stored event into account, with what is kept beside it: its note, and the messages that the run had taken
    /// before it. A tool call whose note is missing counts as one that is never made again; a result without one as the
    /// tool's own answer.
    pub fn apply(&mut self, envelope: &Envelope, note: Option<&Note>, taken: &[MessageId]) {
        // A run takes a message while it still speaks: what it had said by then comes first.
        let closes = matches!(envelope.event, Event::MessageComplete { .. });
        if closes {
            self.apply_event(envelope, note);
        }
        if let Some(turn) = &mut self.open {
            turn.hear(taken);
        }
        if !closes {
            self.apply_event(envelope, note);
        }
    }

    fn apply_event(&mut self, envelope: &Envelope, note: Option<&Note>) {
        self.head = self.head.max(envelope.seq);
        if let Some(turn_id) = envelope.turn_id {
            self.apply_in_turn(turn_id, envelope, note);
        } else if matches!(envelope.event, Event::ConversationEnd { .. }) {
            self.status = Status::Ended;
        }
    }

    fn apply_in_turn(&mut self, turn_id: TurnId, envelope: &Envelope, note: Option<&Note>) {
        match &envelope.event {
            Event::MessageAccepted { client_message_id, message_id, content, .. } => {
                let message = TurnMessage { id: *message_id, content: content.clone() };
                self.remember(client_message_id, note.and_then(Note::body_hash), turn_id, &message, envelope.seq);
                self.apply_accepted(turn_id, message, envelope.at);
            }
            Event::ApprovalResolved { approval_id, agent_id, .. } => {
                self.questions.retain(|question| question.approval_id != *approval_id);
                self.apply_resolved(turn_id, *approval_id, agent_id, envelope.at);
            }
            Event::TurnEnd { .. } => {
                self.waiting.retain(|turn| turn.turn_id != turn_id);
                if self.open.as_ref().is_some_and(|turn| turn.turn_id == turn_id) {
                    self.open = None;
                }
            }
            event => {
                if let Event::AgentSwitch { to_agent, .. } = event {
                    self.current_agent = Some(to_agent.clone());
                }
                self.apply_waiting(event);
                if let Some(turn) = self.open_turn_mut(turn_id) {
                    turn.apply(event, envelope.at, note.and_then(Note::effect));
                }
            }
        }
    }

    fn remember(
        &mut self,
        client: &ClientMessageId,
        hash: Option<[u8; 32]>,
        turn_id: TurnId,
        message: &TurnMessage,
        seq: Seq,
    ) {
        self.recent.push(Accepted {
            client_message_id: client.clone(),
            body_hash: hash.unwrap_or_else(|| super::body_hash(&message.content)),
            turn_id,
            message_id: message.id,
            seq,
        });
    }

    fn apply_accepted(&mut self, turn_id: TurnId, message: TurnMessage, at: Timestamp) {
        match &mut self.open {
            Some(turn) if turn.turn_id == turn_id => turn.steers.push(message),
            _ => self.waiting.push_back(WaitingTurn { turn_id, accepted_at: at, message, goes_on: None }),
        }
    }

    /// A decision opens the turn that goes on from it. One that a run itself settles stands in that run's turn.
    fn apply_resolved(&mut self, turn_id: TurnId, approval: ApprovalId, agent: &AgentId, at: Timestamp) {
        if self.open.as_ref().is_none_or(|turn| turn.turn_id != turn_id) {
            let message = TurnMessage { id: MessageId(approval.0), content: String::new() };
            let goes_on = Some(agent.clone());
            self.waiting.push_back(WaitingTurn { turn_id, accepted_at: at, message, goes_on });
        }
    }

    /// Who waits for a person, and for which decisions.
    fn apply_waiting(&mut self, event: &Event) {
        match event {
            Event::InputRequest { agent_id, .. } => {
                self.awaiting.insert(agent_id.clone());
            }
            Event::StepComplete { agent_id, .. } => {
                self.awaiting.remove(agent_id);
            }
            Event::ApprovalRequest { approval_id, arguments_hash, agent_id, expires_at, .. } => {
                self.awaiting.insert(agent_id.clone());
                self.questions.retain(|question| question.approval_id != *approval_id);
                self.questions.push(Question {
                    approval_id: *approval_id,
                    agent_id: agent_id.clone(),
                    arguments_hash: arguments_hash.clone(),
                    expires_at: *expires_at,
                });
            }
            _ => {}
        }
    }

    /// The turn as the open one: the first event of a waiting turn opens it.
    fn open_turn_mut(&mut self, turn_id: TurnId) -> Option<&mut OpenTurn> {
        if let Some(place) = self.waiting.iter().position(|turn| turn.turn_id == turn_id)
            && let Some(turn) = self.waiting.remove(place)
        {
            self.open = Some(OpenTurn::new(turn));
        }
        self.open.as_mut().filter(|turn| turn.turn_id == turn_id)
    }
}
