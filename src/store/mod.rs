//! The durable log and what is kept beside it.
//!
//! One log a conversation, with one writer. The writer proves that it still is the writer with every write: a [`Fence`]
//! is compared in the statement that moves the head, so a writer that was replaced can try but nothing of it is stored.
//! The log is the truth; the rows of `turns`, `messages` and `agent_interactions` follow from its events and are written
//! in the same transaction. A memory twin and the SQL store pass one contract test.

pub mod memory;
pub mod projection;
pub mod sql;
pub mod view;

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{
    AgentId, ClientMessageId, ConversationId, Epoch, Event, MessageId, Seq, Timestamp, TurnId,
    event::{Envelope, JsonObject, MessageStatus, Role, TurnStatus},
};
use serde_json::Value;
use uuid::Uuid;

use crate::agent::PastMessage;
pub use crate::conversation::Accepted as AcceptedMessage;

/// How tables name a conversation. Never shown: a client's own id is unique only within its tenant and owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InternalId(pub Uuid);

/// Whose conversations somebody may see.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// The tenant: `default` until keys are configured.
    pub tenant: Arc<str>,
    /// The user within the tenant: `local` until keys are configured.
    pub user: Arc<str>,
}

impl Owner {
    /// The one owner of a deployment without keys.
    pub fn local() -> Self {
        Self { tenant: "default".into(), user: "local".into() }
    }
}

/// A conversation as its owner names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationKey {
    /// Whose.
    pub owner: Owner,
    /// Which.
    pub id: ConversationId,
}

/// The number that makes an old writer harmless: raised each time a conversation gets a writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fence(pub u64);

/// Whether a conversation takes messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationStatus {
    /// It does.
    Open,
    /// It was ended.
    Ended,
}

impl ConversationStatus {
    /// The word on the wire and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
        }
    }
}

/// An event with the bytes that are stored and sent, made once.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// The event.
    pub envelope: Envelope,
    /// Its JSON, without a line break.
    pub body: Arc<str>,
    /// What is kept of an accepted message beside the event.
    pub accepted: Option<Arc<AcceptedNote>>,
}

/// What is kept of an accepted message beside its event.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedNote {
    /// The client's own fields, never read.
    pub metadata: JsonObject,
    /// The hash of the content: tells a duplicate from a conflict.
    pub body_hash: [u8; 32],
}

/// One change that a conversation's writer wants stored. A group of these is one commit.
#[derive(Debug, Clone)]
pub enum Write {
    /// Become the writer: raise the fence and read what is needed to go on.
    Open {
        /// Which conversation.
        key: ConversationKey,
        /// Make it if there is none.
        create: Option<NewConversation>,
        /// The time of this write.
        now: Timestamp,
    },
    /// Append events: all of them or none.
    Append {
        /// Which conversation.
        conversation: InternalId,
        /// The writer's fence.
        fence: Fence,
        /// Dense, in order; the first has the seq after the head.
        events: Arc<[StoredEvent]>,
    },
    /// Erase everything of a conversation; a tombstone remains.
    Erase {
        /// Which conversation.
        conversation: InternalId,
        /// The writer's fence.
        fence: Fence,
        /// The time of this write.
        now: Timestamp,
    },
}

/// What a new conversation starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct NewConversation {
    /// The id for the tables, if it is made.
    pub id: InternalId,
    /// Its first epoch, if it is made.
    pub epoch: Epoch,
    /// The client's own fields.
    pub metadata: JsonObject,
}

/// What came of one [`Write`] of a committed group. One that is refused does not touch the others.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// The caller is the writer now.
    Opened(Box<Opened>),
    /// There is no such conversation and none was to be made.
    NotFound,
    /// It was erased.
    Erased,
    /// The events are stored.
    Appended {
        /// The last of them.
        head: Seq,
    },
    /// Somebody else is the writer, or the head is not where the writer thinks: nothing of this write is stored.
    Fenced,
    /// This write breaks a rule of the database (a duplicate client message id, say): nothing of it is stored.
    Refused(String),
}

/// What a writer needs to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The id that tables use.
    pub id: InternalId,
    /// The writer's fence from here on.
    pub fence: Fence,
    /// It was made just now.
    pub created: bool,
    /// The row.
    pub record: ConversationRecord,
    /// Every event since the acceptance of the oldest turn that is still open, in order; empty if none is open.
    pub replay: Vec<Envelope>,
    /// The latest accepted messages, newest last, at most 256: what tells duplicates quickly.
    pub recent: Vec<AcceptedMessage>,
    /// Whether `recent` is all of them.
    pub recent_is_all: bool,
}

/// A conversation's row.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationRecord {
    /// As its owner names it.
    pub conversation_id: ConversationId,
    /// Whether it takes messages.
    pub status: ConversationStatus,
    /// Who answers.
    pub current_agent: Option<AgentId>,
    /// Names this history.
    pub epoch: Epoch,
    /// The oldest event that is kept; 1 where nothing was trimmed yet.
    pub first_seq: Seq,
    /// The newest event; 0 where there is none.
    pub head: Seq,
    /// The turn that runs or waits to, oldest first.
    pub open_turn: Option<TurnId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its last event was stored.
    pub updated_at: Timestamp,
    /// The client's own fields.
    pub metadata: JsonObject,
}

/// Stored events in order, as their exact bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The current history.
    pub epoch: Epoch,
    /// The oldest event that is kept.
    pub first_seq: Seq,
    /// The newest event.
    pub head: Seq,
    /// Dense, beginning right after the position asked for.
    pub events: Vec<(Seq, Arc<str>)>,
}

/// A message as the history shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageRecord {
    /// Its id.
    pub message_id: MessageId,
    /// Its turn.
    pub turn_id: TurnId,
    /// Where it stands in the log: its `message_accepted`, `message_complete` or `tool_result`.
    pub seq: Seq,
    /// Who spoke.
    pub role: Role,
    /// Which agent; none for the user.
    pub agent_id: Option<AgentId>,
    /// The text; for a tool, its result as JSON.
    pub content: String,
    /// Whether it is whole.
    pub status: MessageStatus,
    /// For an assistant's message: the calls made in its run since its last message, as the seed has them.
    pub tool_calls: Option<Value>,
    /// For a tool's result: its call and its name.
    pub tool_call_id: Option<String>,
    /// For a tool's result: the tool.
    pub tool_name: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A turn's row.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRecord {
    /// Which.
    pub turn_id: TurnId,
    /// How it ended; none while it runs or waits to.
    pub ended: Option<TurnStatus>,
    /// Its runs so far.
    pub runs: u32,
    /// Where its first `message_accepted` stands.
    pub seq_accepted: Seq,
    /// Where its `turn_end` stands.
    pub seq_end: Option<Seq>,
}

/// A start, switch, end or error of an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionRecord {
    /// Where it stands in the log.
    pub seq: Seq,
    /// Which turn; none outside a turn.
    pub turn_id: Option<TurnId>,
    /// The agent, or `router`.
    pub agent_id: String,
    /// `start`, `switch`, `complete` or `error`.
    pub action_type: String,
    /// The agent before, for a switch.
    pub from_agent: Option<String>,
    /// Why: the reason of a switch, the status of an end, the code of an error.
    pub reason: Option<String>,
    /// What the agent published at its end.
    pub state_snapshot: Option<Value>,
    /// When.
    pub at: Timestamp,
}

/// A page of a list. Pass `next` as the cursor to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// The `next` of the page before; none for the first.
    pub cursor: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// A look-up of a conversation that may be gone.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<T> {
    /// Here it is.
    Here(T),
    /// There is none.
    NotFound,
    /// It was erased.
    Erased,
}

/// Why the store could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not now: disk full, read-only, connection lost, busy. The same call may succeed later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What is stored can't be read as what it should be.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// A cursor that this list did not give out.
    #[error("`{0}` is not a cursor of this list")]
    BadCursor(String),
}

/// Keeps the logs. All calls are safe from any runtime thread.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug + 'static {
    /// Commits a group: durable when this returns. The answers are in the order of the writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nothing of the group is stored, as far as is known. A commit whose answer was lost may
    /// be stored all the same; the same append again then answers [`Written::Appended`] if the stored bytes are equal.
    async fn commit(&self, group: &[Write]) -> Result<Vec<Written>, StoreError>;

    /// The row of a conversation.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn conversation(&self, key: &ConversationKey) -> Result<Found<(InternalId, ConversationRecord)>, StoreError>;

    /// The conversations of an owner, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn conversations(&self, owner: &Owner, page: &PageRequest) -> Result<Page<ConversationRecord>, StoreError>;

    /// Every conversation with an open turn: what must go on after a start.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn unfinished(&self) -> Result<Vec<ConversationKey>, StoreError>;

    /// Stored events right after `after`: at most `limit`, and no further once `bytes_max` is reached (but at least one).
    ///
    /// # Errors
    /// [`StoreError`].
    async fn events(
        &self,
        id: InternalId,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Found<EventPage>, StoreError>;

    /// The accepted message with this client id.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn accepted(&self, id: InternalId, client: &ClientMessageId) -> Result<Option<AcceptedMessage>, StoreError>;

    /// How a turn stands.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn turn(&self, id: InternalId, turn: TurnId) -> Result<Option<TurnRecord>, StoreError>;

    /// The latest messages of user and agents before `before`, oldest first: at most `limit`, the newest that fit into
    /// `bytes_max`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn history(
        &self,
        id: InternalId,
        before: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<PastMessage>, StoreError>;

    /// The messages of a conversation, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn messages(&self, id: InternalId, page: &PageRequest) -> Result<Page<MessageRecord>, StoreError>;

    /// The newest messages of a conversation, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn latest_messages(&self, id: InternalId, limit: u32) -> Result<Vec<MessageRecord>, StoreError>;

    /// The starts, switches, ends and errors of agents, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn interactions(&self, id: InternalId, page: &PageRequest) -> Result<Page<InteractionRecord>, StoreError>;

    /// What operators said about agents: id to enabled.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn agent_switches(&self) -> Result<Vec<(AgentId, bool)>, StoreError>;

    /// Keeps what an operator said about an agent.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn set_agent_switch(&self, agent: &AgentId, enabled: bool, now: Timestamp) -> Result<(), StoreError>;

    /// Whether it answers at all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn ping(&self) -> Result<(), StoreError>;
}

impl StoredEvent {
    /// Serializes an event, once.
    ///
    /// # Errors
    /// Where a value cannot be written as JSON (a map key that is no string); no event of ours has one.
    pub fn new(envelope: Envelope, accepted: Option<Arc<AcceptedNote>>) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(&envelope)?.into();
        Ok(Self { envelope, body, accepted })
    }

    /// Its place in the log.
    pub fn seq(&self) -> Seq {
        self.envelope.seq
    }

    /// Whether it opens a turn, and which.
    pub fn opens_turn(&self) -> Option<TurnId> {
        match self.envelope.event {
            Event::MessageAccepted { .. } => self.envelope.turn_id,
            _ => None,
        }
    }
}
