//! The durable log and what is kept beside it.
//!
//! One log a conversation, with one writer. The writer proves that it still is the writer with every write: a [`Fence`]
//! is compared in the statement that moves the head, so a writer that was replaced can try but nothing of it is stored.
//! The log is the truth; the rows of `turns`, `messages` and `agent_interactions` follow from its events and are written
//! in the same transaction. A memory twin and the SQL store pass one contract test.

#[cfg(test)]
mod contract;
mod cursor;
pub mod memory;
pub mod nul;
pub mod projection;
mod record;
pub mod sql;
pub mod view;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use protocol::{
    AgentId, ApprovalId, ClientMessageId, ConversationId, Epoch, MessageId, Seq, Timestamp, TurnId,
    event::{Envelope, JsonObject},
};
use uuid::Uuid;

pub use self::record::{
    ApprovalRecord, CheckpointRecord, ConversationRecord, EffectRecord, EventPage, InteractionRecord, MessageRecord,
    Page, PageRequest, TurnRecord,
};
use crate::agent::PastMessage;
pub use crate::conversation::{Accepted as AcceptedMessage, Checkpoint, CheckpointStatus, EffectNote, Question};

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
    /// Beside a tool call and its result: the call's line in the ledger of effects.
    pub effect: Option<Arc<EffectNote>>,
    /// Messages that the run took into account since the event before.
    pub taken: Vec<MessageId>,
    /// Beside what a workflow did or asks: where it is from here on.
    pub checkpoint: Option<Arc<Checkpoint>>,
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
    /// Erase everything of a conversation; a tombstone remains. Done and done before are both [`Written::Erased`].
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
    /// Somebody else is the writer, or the head is not where the writer thinks: nothing of this write is stored. The
    /// later appends to the conversation in the group are fenced with it.
    Fenced,
    /// This write breaks a rule of the store (a duplicate client message id, say): nothing of it is stored, now or ever.
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
    /// The ledger of the tool calls among them, in order.
    pub effects: Vec<EffectRecord>,
    /// Which messages runs took into account, each with the event before which it was, in order.
    pub taken: Vec<(Seq, MessageId)>,
    /// The latest accepted messages, newest last, at most 256: what tells duplicates quickly.
    pub recent: Vec<AcceptedMessage>,
    /// Whether `recent` is all of them.
    pub recent_is_all: bool,
    /// Questions about tool calls that nobody has decided, in the order in which they were asked.
    pub questions: Vec<Question>,
    /// Agents whose workflow waits for a person.
    pub awaiting: BTreeSet<AgentId>,
}

/// What is not kept any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// The time now: what expired by then is emptied.
    pub now: Timestamp,
    /// The log of turns that ended before goes, up to the first turn that did not; their messages stay.
    pub events_before: Timestamp,
    /// The tombstones of conversations that were erased before go.
    pub tombstones_before: Timestamp,
}

/// What a sweep let go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Conversations whose log begins later now.
    pub conversations: u64,
    /// Rows of the log.
    pub event_rows: u64,
    /// Documents of agents: expired ones were emptied, those of erased conversations deleted.
    pub documents: u64,
    /// Tombstones.
    pub tombstones: u64,
}

/// What is left of a conversation that was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// Its tenant.
    pub tenant: Arc<str>,
    /// Which.
    pub id: InternalId,
    /// When it was erased.
    pub erased_at: Timestamp,
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

    /// The newest messages of a conversation up to a place in its log, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn latest_messages(&self, id: InternalId, up_to: Seq, limit: u32) -> Result<Vec<MessageRecord>, StoreError>;

    /// The starts, switches, ends and errors of agents, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn interactions(&self, id: InternalId, page: &PageRequest) -> Result<Page<InteractionRecord>, StoreError>;

    /// Where the workflow of an agent is in a conversation.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn checkpoint(&self, id: InternalId, agent: &AgentId) -> Result<Option<CheckpointRecord>, StoreError>;

    /// A question about a tool call, decided or not.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn approval(&self, id: InternalId, approval: ApprovalId) -> Result<Option<ApprovalRecord>, StoreError>;

    /// Keeps a graph under its version, for ever. The same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn keep_graph(&self, version: &str, definition: &str, now: Timestamp) -> Result<(), StoreError>;

    /// The graph of a version, as it was given.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn graph(&self, version: &str) -> Result<Option<String>, StoreError>;

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

    /// Lets go of what is not kept any more. Commits go on meanwhile. A sweep that fails half way is taken up by the next.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn sweep(&self, sweep: &Sweep) -> Result<Swept, StoreError>;

    /// Tombstones after a place, in the order of their erasure: at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn tombstones(&self, after: (Timestamp, InternalId), limit: usize) -> Result<Vec<Tombstone>, StoreError>;

    /// Whether it answers at all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn ping(&self) -> Result<(), StoreError>;
}

impl StoredEvent {
    /// Serializes an event, once. U+0000 is left out, whoever said it: PostgreSQL cannot hold it.
    ///
    /// # Errors
    /// Where a value cannot be written as JSON (a map key that is no string); no event of ours has one.
    pub fn new(envelope: Envelope, accepted: Option<Arc<AcceptedNote>>) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(&envelope)?;
        if nul::in_json(&body) {
            return Self::new(serde_json::from_str(&nul::without(&body))?, accepted);
        }
        Ok(Self { envelope, body: body.into(), accepted, effect: None, taken: Vec::new(), checkpoint: None })
    }

    /// The same event with its call's line in the ledger.
    #[must_use]
    pub fn with_effect(self, effect: EffectNote) -> Self {
        Self { effect: Some(Arc::new(effect)), ..self }
    }

    /// The same event with where its workflow is from here on.
    #[must_use]
    pub fn with_checkpoint(self, checkpoint: Checkpoint) -> Self {
        Self { checkpoint: Some(Arc::new(checkpoint)), ..self }
    }

    /// The same event with the messages that the run took before it.
    #[must_use]
    pub fn with_taken(self, taken: Vec<MessageId>) -> Self {
        Self { taken, ..self }
    }

    /// Its place in the log.
    pub fn seq(&self) -> Seq {
        self.envelope.seq
    }
}
