//! The rows that stand beside the log.

use std::sync::Arc;

use protocol::{
    AgentId, ApprovalId, ClientMessageId, MessageId, Seq, Timestamp, ToolCallId, TurnId,
    event::{ApprovalDecision, MessageStatus, Role, TurnStatus},
};
use serde_json::Value;
use uuid::Uuid;

use crate::store::{Checkpoint, EffectNote};

/// How far a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnState {
    /// It waits for the turn before it.
    Queued,
    /// An agent began.
    Running,
    /// It is over.
    Ended(TurnStatus),
}

impl TurnState {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Ended(status) => status.as_str(),
        }
    }
}

/// What some events say of a turn. The first that is stored of a turn opens it; later ones are merged into it.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRow {
    /// The turn.
    pub id: TurnId,
    /// How far these events bring it; `Queued` says nothing new of a turn that is known.
    pub state: TurnState,
    /// The first of these events: where the turn was accepted, if it is new.
    pub seq_accepted: Seq,
    /// Where its `turn_end` stands.
    pub seq_end: Option<Seq>,
    /// How many runs began; at its end, how many there were in all.
    pub runs: u32,
    /// The time of the first of these events.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl TurnRow {
    /// Merges what later events say.
    pub fn absorb(&mut self, later: &Self) {
        if later.state != TurnState::Queued {
            self.state = later.state;
        }
        if later.seq_end.is_some() {
            (self.seq_end, self.ended_at, self.runs) = (later.seq_end, later.ended_at, later.runs);
        } else {
            self.runs += later.runs;
        }
    }
}

/// A row of `messages`.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRow {
    /// The message.
    pub id: Uuid,
    /// Its turn.
    pub turn_id: TurnId,
    /// Its event.
    pub seq: Seq,
    /// Who spoke.
    pub role: Role,
    /// Which agent.
    pub agent_id: Option<AgentId>,
    /// The text; for a tool, its result as JSON.
    pub content: String,
    /// Whether it is whole.
    pub status: MessageStatus,
    /// `[{id, name, arguments}]` for a call.
    pub tool_calls: Option<Value>,
    /// For a result: the call.
    pub tool_call_id: Option<String>,
    /// For a result: the tool.
    pub tool_name: Option<String>,
    /// The client's own fields, or `{isError, truncated}` of a result.
    pub metadata: Option<Value>,
    /// For an accepted message: the client's id and the hash of its content.
    pub client: Option<(ClientMessageId, [u8; 32])>,
    /// When.
    pub at: Timestamp,
}

/// A row of `agent_interactions`.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionRow {
    /// The row.
    pub id: Uuid,
    /// Its turn.
    pub turn_id: Option<TurnId>,
    /// Its event.
    pub seq: Seq,
    /// The agent, or `router`.
    pub agent_id: String,
    /// `start`, `switch`, `complete` or `error`.
    pub action_type: &'static str,
    /// The agent before.
    pub from_agent: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What the agent published.
    pub state_snapshot: Option<Value>,
    /// When.
    pub at: Timestamp,
}

/// A row of `tool_effects`. The intent makes it; the result is merged into it.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// The turn.
    pub turn_id: TurnId,
    /// The call; unique within the turn.
    pub call_id: ToolCallId,
    /// Who called.
    pub agent_id: AgentId,
    /// The tool.
    pub tool_name: String,
    /// Run, effect, key, hash and status.
    pub note: EffectNote,
    /// Where the first of these events stands: the call's, if the row is new.
    pub seq_intent: Seq,
    /// Where its result stands.
    pub seq_result: Option<Seq>,
    /// The time of the first of these events.
    pub created_at: Timestamp,
    /// The time of the last.
    pub updated_at: Timestamp,
}

impl EffectRow {
    /// Merges what a later event says.
    pub fn absorb(&mut self, later: &Self) {
        self.note.status = later.note.status;
        self.seq_result = later.seq_result.or(self.seq_result);
        self.updated_at = later.updated_at;
    }

    /// Whether both are of one call.
    pub fn is_of_same_call(&self, other: &Self) -> bool {
        self.turn_id == other.turn_id && self.call_id == other.call_id
    }
}

/// A row of `steers_taken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenRow {
    /// The event before which it was taken.
    pub seq: Seq,
    /// The message.
    pub message_id: MessageId,
    /// When.
    pub at: Timestamp,
}

/// A row of `workflow_checkpoints`. The last one of an agent stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Whose workflow.
    pub agent_id: AgentId,
    /// In which turn.
    pub turn_id: TurnId,
    /// With which event.
    pub seq: Seq,
    /// Where it is.
    pub checkpoint: Arc<Checkpoint>,
    /// When.
    pub at: Timestamp,
}

/// A row of `approvals`. The question makes it; the decision is merged into it.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRow {
    /// Names it.
    pub id: ApprovalId,
    /// Who wants to call.
    pub agent_id: AgentId,
    /// The question; none where these events bring the decision alone.
    pub asked: Option<AskedRow>,
    /// The decision.
    pub resolved: Option<ResolvedRow>,
}

/// The question of an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedRow {
    /// The turn that asked.
    pub turn_id: TurnId,
    /// The id that the call will have.
    pub call_id: ToolCallId,
    /// The tool.
    pub tool_name: String,
    /// What it would be called with.
    pub arguments: Value,
    /// Binds the decision to them.
    pub arguments_hash: String,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
    /// Its event.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
}

/// The decision of an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedRow {
    /// The decision.
    pub decision: ApprovalDecision,
    /// Who decided.
    pub by: String,
    /// In that person's words.
    pub comment: Option<String>,
    /// The turn that it stands in.
    pub turn_id: TurnId,
    /// Its event.
    pub seq: Seq,
    /// When.
    pub at: Timestamp,
}

impl ApprovalRow {
    /// Merges what later events say.
    pub fn absorb(&mut self, later: Self) {
        self.asked = self.asked.take().or(later.asked);
        self.resolved = self.resolved.take().or(later.resolved);
    }
}

/// Everything that follows from some events of one conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// One a turn.
    pub turns: Vec<TurnRow>,
    /// In the order of the log.
    pub messages: Vec<MessageRow>,
    /// In the order of the log.
    pub interactions: Vec<InteractionRow>,
    /// One a tool call.
    pub effects: Vec<EffectRow>,
    /// In the order of the log.
    pub taken: Vec<TakenRow>,
    /// One an agent.
    pub checkpoints: Vec<CheckpointRow>,
    /// One a question.
    pub approvals: Vec<ApprovalRow>,
    /// Who answers from here on, if that changed.
    pub current_agent: Option<AgentId>,
    /// The conversation was ended.
    pub ended: bool,
}

impl Rows {
    /// Whether the events are in the log and nowhere else.
    pub fn is_empty(&self) -> bool {
        let Self { turns, messages, interactions, effects, taken, checkpoints, approvals, current_agent, ended } = self;
        let is_empty = turns.is_empty() && messages.is_empty() && interactions.is_empty() && effects.is_empty();
        let has_none = taken.is_empty() && checkpoints.is_empty() && approvals.is_empty();
        is_empty && has_none && current_agent.is_none() && !ended
    }

    /// Merges what the next events say, so that a turn has one row however many appends it went through.
    pub fn absorb(&mut self, later: Self) {
        for turn in later.turns {
            self.add_turn(turn);
        }
        self.messages.extend(later.messages);
        self.interactions.extend(later.interactions);
        self.taken.extend(later.taken);
        for effect in later.effects {
            self.add_effect(effect);
        }
        for checkpoint in later.checkpoints {
            self.add_checkpoint(checkpoint);
        }
        for approval in later.approvals {
            self.add_approval(approval);
        }
        self.current_agent = later.current_agent.or(self.current_agent.take());
        self.ended |= later.ended;
    }

    /// Adds what one event says of a tool call.
    pub(super) fn add_effect(&mut self, row: EffectRow) {
        match self.effects.iter_mut().find(|known| known.is_of_same_call(&row)) {
            Some(known) => known.absorb(&row),
            None => self.effects.push(row),
        }
    }

    /// Adds a checkpoint in the place of the agent's one before.
    pub(super) fn add_checkpoint(&mut self, row: CheckpointRow) {
        match self.checkpoints.iter_mut().find(|known| known.agent_id == row.agent_id) {
            Some(known) => *known = row,
            None => self.checkpoints.push(row),
        }
    }

    /// Adds what one event says of a question.
    pub(super) fn add_approval(&mut self, row: ApprovalRow) {
        match self.approvals.iter_mut().find(|known| known.id == row.id) {
            Some(known) => known.absorb(row),
            None => self.approvals.push(row),
        }
    }

    /// Adds what one event says of a turn.
    pub(super) fn add_turn(&mut self, row: TurnRow) {
        match self.turns.iter_mut().find(|known| known.id == row.id) {
            Some(known) => known.absorb(&row),
            None => self.turns.push(row),
        }
    }
}
