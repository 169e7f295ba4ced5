//! What can be asked of a conversation, and what follows.

use std::{sync::Arc, time::Duration};

use protocol::{
    AgentId, ClientMessageId, Code, Envelope, MessageId, RunId, Seq, TurnId,
    event::{JsonObject, Policy, SwitchReason},
};

use super::{
    approvals::Decide,
    note::Note,
    recent::Accepted,
    run::{RunItem, Step},
};

/// Bounds of a conversation; from config `limits`.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Messages that may wait behind the running turn.
    pub turns_waiting_max: usize,
    /// Hand-overs within a turn.
    pub handoffs_max: usize,
    /// Tool calls within a turn.
    pub tool_calls_max: u32,
    /// Text of a run, in bytes.
    pub output_bytes_max: usize,
    /// What one `content_chunk` holds at most, in bytes.
    pub chunk_bytes_max: usize,
    /// What `finalState` may hold, in bytes of JSON.
    pub final_state_bytes_max: usize,
    /// Attempts of a turn after crashes.
    pub recoveries_max: u32,
    /// How long a cancel of a message that was not seen yet is kept.
    pub early_cancel_kept: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turns_waiting_max: 8,
            handoffs_max: 8,
            tool_calls_max: 25,
            output_bytes_max: 1024 * 1024,
            chunk_bytes_max: 16 * 1024,
            final_state_bytes_max: 64 * 1024,
            recoveries_max: 3,
            early_cancel_kept: Duration::from_mins(1),
        }
    }
}

/// What can be asked of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A message of the user.
    Accept(NewMessage),
    /// The router decided.
    Routed {
        /// The turn that it was asked about.
        turn_id: TurnId,
        /// Who answers.
        route: Route,
    },
    /// A run said something.
    Output {
        /// Which run; anything of another than the open one is dropped.
        run_id: RunId,
        /// In order.
        items: Vec<RunItem>,
    },
    /// Stop a turn.
    Cancel(CancelTarget),
    /// A person decided about a tool call.
    Decide(Decide),
    /// The turn's time is over.
    TurnDeadline {
        /// Which turn.
        turn_id: TurnId,
        /// The budget, for the message.
        time_max: Duration,
    },
    /// End the conversation.
    End {
        /// Why.
        reason: String,
    },
    /// Go on after a rebuild: what was under way is closed and, where that is safe, begun again.
    Recover,
}

/// A message of the user.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// Makes sending it again safe.
    pub client_message_id: ClientMessageId,
    /// The text: not empty, without U+0000, within the limit; the border checks that.
    pub content: String,
    /// What happens if a turn runs; none is `enqueue`.
    pub policy: Option<Policy>,
    /// Kept with the message.
    pub metadata: JsonObject,
    /// What the store has under this client id, where [`super::Recent::must_ask_store`] said to ask.
    pub stored: Option<Accepted>,
}

/// Names the turn to stop.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelTarget {
    /// By the server's id.
    Turn(TurnId),
    /// By the client's id of the message that opened it.
    Message(ClientMessageId),
}

/// Who answers a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// This agent.
    To(Assignment),
    /// Nobody can.
    Nobody {
        /// `no_agent` or `agent_unavailable`.
        code: Code,
        /// In words for people.
        safe: String,
    },
}

/// An agent that was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Which.
    pub agent_id: AgentId,
    /// Its name for people.
    pub name: String,
    /// The version that will run.
    pub version: String,
    /// It can take further messages while it runs.
    pub steerable: bool,
    /// It can go on from what a run did before a crash.
    pub replays: bool,
    /// Why the conversation goes to it, where it was not there already.
    pub reason: Option<SwitchReason>,
    /// What kept the expected agent from answering.
    pub detail: Option<String>,
}

/// What the router is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum RouteAsk {
    /// Who answers this message?
    Message {
        /// The text.
        content: String,
        /// The agent that answered last waits for this very user.
        is_awaited: bool,
    },
    /// An agent hands over to this one: is it there?
    HandOver {
        /// Who hands over.
        from: AgentId,
        /// To whom.
        to: AgentId,
        /// Why.
        detail: Option<String>,
    },
    /// The same agent should go on: is it there?
    Again {
        /// Who.
        agent: AgentId,
    },
}

/// A message within a turn.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnMessage {
    /// Its id.
    pub id: MessageId,
    /// Its text.
    pub content: String,
}

/// What a run is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOrder {
    /// The turn.
    pub turn_id: TurnId,
    /// The run.
    pub run_id: RunId,
    /// Who.
    pub agent_id: AgentId,
    /// 1, or more after a recovery.
    pub attempt: u32,
    /// What to answer.
    pub message: TurnMessage,
    /// Who handed over, and why.
    pub handed_over: Option<(AgentId, Option<String>)>,
    /// Further messages of the turn, to be taken while it runs.
    pub steers: Vec<TurnMessage>,
    /// What the runs that a crash cut did, if any of them had called a tool: this run goes on from there.
    pub steps: Vec<Step>,
    /// Messages that are not history for this run: its own, those that wait, and what the runs that a crash cut had said.
    pub not_history: Vec<MessageId>,
    /// What was said up to here is history; zero where this is the first that is said at all.
    pub history_before: Seq,
}

/// What the shell must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the router, at once; its answer is [`Command::Routed`].
    Route {
        /// For which turn.
        turn_id: TurnId,
        /// What.
        ask: RouteAsk,
    },
    /// Stop a run, at once: its sockets close before anything is stored. One whose [`Effect::Start`] still waits for its
    /// commit must not begin.
    Abort(RunId),
    /// Start a run, once the events are stored.
    Start(Box<RunOrder>),
    /// Hand the running agent a message, once it is stored.
    Steer {
        /// The run.
        run_id: RunId,
        /// The message.
        message: TurnMessage,
    },
}

impl Effect {
    /// Whether it must wait until the decision's events are stored.
    pub fn waits_for_commit(&self) -> bool {
        match self {
            Self::Route { .. } | Self::Abort(_) => false,
            Self::Start(_) | Self::Steer { .. } => true,
        }
    }
}

/// An answer to whoever gave the command; sent once the events are stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// The message is accepted.
    Accepted {
        /// What was stored.
        accepted: Accepted,
        /// It had been before.
        duplicate: bool,
    },
    /// The turn is cancelled.
    Cancelled {
        /// Which.
        turn_id: TurnId,
    },
    /// The decision is taken, and a turn goes on from it.
    Decided {
        /// That turn.
        turn_id: TurnId,
    },
    /// The decision came too late: a turn goes on as if nobody had decided.
    Expired,
    /// No such question is open: it was decided, or never asked. The store knows.
    NotAsked,
    /// The message was not seen yet; when it comes, its turn is cancelled.
    CancelKept,
    /// The turn is not open: it is over, or never was. The store knows; a client's id that it lacks is cancelled early.
    NotOpen,
    /// The conversation is over.
    Ended,
    /// Nothing to say.
    Done,
}

/// An event with what is kept beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// The event at its place.
    pub envelope: Envelope,
    /// For an accepted message, a tool call and its result.
    pub note: Option<Note>,
    /// Messages that the run took into account since the event before: whatever it says or calls for them comes from here
    /// on.
    pub taken: Vec<MessageId>,
}

/// What follows from a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// To be stored and shown, in order.
    pub events: Vec<Numbered>,
    /// To be done.
    pub effects: Vec<Effect>,
    /// To be answered.
    pub reply: Reply,
}

/// Why a command was refused; the state is as before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The conversation was ended.
    #[error("the conversation was ended; start another one")]
    Ended,
    /// A turn runs and the policy is `reject`.
    #[error("a turn is running; wait for its `turn_end`, or send with policy `enqueue`, `interrupt` or `steer`")]
    TurnRunning,
    /// Too many messages wait.
    #[error(
        "{waiting} messages wait already and `limits.turns_waiting_max` is {waiting_max}; send again after a `turn_end`"
    )]
    Busy {
        /// How many.
        waiting: usize,
        /// How many may.
        waiting_max: usize,
    },
    /// The arguments that were shown are not those of the call.
    #[error(
        "`argumentsHash` is not that of the call in question; show its `arguments` again and send the `argumentsHash` \
         that came with them"
    )]
    OtherArguments,
    /// The same client id came with another content.
    #[error("the client message id `{0}` was used for another content; give each message an id of its own")]
    IdempotencyConflict(Arc<str>),
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            Self::Ended => Code::ConversationEnded,
            Self::TurnRunning => Code::TurnRunning,
            Self::Busy { .. } => Code::Busy,
            Self::OtherArguments => Code::InvalidField,
            Self::IdempotencyConflict(_) => Code::IdempotencyConflict,
        }
    }
}
