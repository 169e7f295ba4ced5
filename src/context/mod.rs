//! Shared context, agent state and what agents hand to each other: small JSON documents with versions.
//!
//! Every change is a compare-and-set on the version that was read, so two agents (or two runs) that change the same
//! document cannot lose each other's update, as a get-merge-set would.
//!
//! The truth is a table ([`sql`]) or, in tests, a map ([`memory`]). In front of it stands a cache ([`cached`]): of this
//! process ([`local`]) or in Redis ([`redis`]). A cache only saves time; what it says is never more than a guess that
//! the version decides about.

mod breaker;
pub mod cached;
pub mod local;
mod lru;
pub mod memory;
pub mod redis;
mod scoped;
pub mod sql;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use protocol::{AgentId, Timestamp, event::JsonObject};
use serde_json::Value;
use uuid::Uuid;

pub use self::scoped::{HAND_OVER_TTL, ScopedContext, UPDATE_TRIES_MAX};

/// Names one document: it carries tenant, conversation and agent, so nothing leaks between users.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextKey {
    /// The tenant.
    pub tenant: Arc<str>,
    /// The conversation, by the id that tables use.
    pub conversation: Uuid,
    /// Whose document.
    pub scope: ContextScope,
}

/// Whose document it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContextScope {
    /// All agents of the conversation.
    Shared,
    /// One agent's own state in this conversation.
    Agent(AgentId),
    /// A document of one agent's own beside its state, by its name.
    Document {
        /// Whose.
        agent: AgentId,
        /// What it is called: of `a-z` and `_`, and not the name of another kind of document.
        name: &'static str,
    },
    /// What one agent handed to another in this conversation.
    HandOver {
        /// Who alone writes it.
        from: AgentId,
        /// Who alone reads it.
        to: AgentId,
    },
}

impl ContextKey {
    /// Whether it is a document of this conversation.
    pub fn is_of(&self, tenant: &str, conversation: Uuid) -> bool {
        self.conversation == conversation && *self.tenant == *tenant
    }

    /// The first document of a conversation, in the order of keys.
    fn first_of(tenant: &Arc<str>, conversation: Uuid) -> Self {
        Self { tenant: Arc::clone(tenant), conversation, scope: ContextScope::Shared }
    }
}

/// A document at a version. Version 0 is the empty document that nobody wrote yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Versioned {
    /// Goes up by one with each write.
    pub version: u64,
    /// The document.
    pub value: JsonObject,
}

/// A document with its end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Entry {
    /// The document.
    pub document: Versioned,
    /// From then on it reads as empty; none for one that stays.
    pub expires_at: Option<Timestamp>,
}

impl Entry {
    /// Whether its end has come.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// As it reads at this time. One whose end has come is empty for good, but keeps its version: a version never goes
    /// back, so whoever read it before cannot overwrite what came after.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        if self.is_over(now) { Versioned { value: JsonObject::new(), ..self.document }.into() } else { self }
    }

    /// How long it has from this time on; none for one that stays.
    pub fn time_left(&self, now: Timestamp) -> Option<Duration> {
        self.expires_at.map(|end| Duration::from_millis(end.millis_since(now)))
    }
}

impl From<Versioned> for Entry {
    /// One that stays.
    fn from(document: Versioned) -> Self {
        Self { document, expires_at: None }
    }
}

/// Why a document could not be read or written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ContextError {
    /// Somebody wrote in between; here is what stands there now.
    #[error("the document is at version {} by now", .0.version)]
    Conflict(Versioned),
    /// The document would be larger than it may be.
    #[error("the document would have {bytes} bytes; the limit is {bytes_max}")]
    TooLarge {
        /// How large.
        bytes: usize,
        /// How large it may be.
        bytes_max: usize,
    },
    /// The conversation was erased, or never was: nothing is kept for it.
    #[error("the conversation does not exist")]
    Gone,
    /// The store behind it does not answer.
    #[error("the context store is not available: {0}")]
    Unavailable(String),
}

/// Keeps documents. U+0000 is left out of names and texts: PostgreSQL cannot hold it.
#[async_trait]
pub trait ContextStore: Send + Sync + std::fmt::Debug + 'static {
    /// Reads a document with its end; the empty one at version 0 where there is none, and an empty one where its end has
    /// come.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`].
    async fn read(&self, key: &ContextKey) -> Result<Entry, ContextError>;

    /// Writes `value` if the document still stands at version `expected`; answers the new version. From `expires_at` on
    /// it reads as empty; without one it stays.
    ///
    /// # Errors
    /// [`ContextError::Conflict`], [`ContextError::TooLarge`], [`ContextError::Gone`] or [`ContextError::Unavailable`].
    async fn write(
        &self,
        key: &ContextKey,
        expected: u64,
        value: JsonObject,
        expires_at: Option<Timestamp>,
    ) -> Result<u64, ContextError>;

    /// Reads a document; see [`ContextStore::read`].
    ///
    /// # Errors
    /// [`ContextError::Unavailable`].
    async fn get(&self, key: &ContextKey) -> Result<Versioned, ContextError> {
        Ok(self.read(key).await?.document)
    }

    /// Writes a document that stays; see [`ContextStore::write`].
    ///
    /// # Errors
    /// As there.
    async fn compare_and_set(&self, key: &ContextKey, expected: u64, value: JsonObject) -> Result<u64, ContextError> {
        self.write(key, expected, value, None).await
    }

    /// Lets go of all copies of documents of a conversation that was erased, whoever made them. A store without copies has
    /// nothing to do: the rows of the table go with their conversation.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`] where copies may be left: ask again. They go by themselves when their time to live is
    /// over.
    async fn forget(&self, _tenant: &Arc<str>, _conversation: Uuid) -> Result<(), ContextError> {
        Ok(())
    }

    /// How many calls of a cache elsewhere failed so far; none where there is no such cache.
    fn cache_failures(&self) -> Option<u64> {
        None
    }
}

/// What a store may keep: the document without U+0000, if it is not longer than `bytes_max` as JSON.
fn storable(value: JsonObject, bytes_max: usize) -> Result<JsonObject, ContextError> {
    let json = serde_json::to_string(&value).map_err(|error| ContextError::Unavailable(error.to_string()))?;
    if json.len() > bytes_max {
        return Err(ContextError::TooLarge { bytes: json.len(), bytes_max });
    }
    // This is how JSON writes it; the text `\\u0000` looks alike and costs a walk for nothing.
    Ok(if json.contains("\\u0000") { without_nul(value) } else { value })
}

fn without_nul(value: JsonObject) -> JsonObject {
    value.into_iter().map(|(key, value)| (key.replace('\0', ""), value_without_nul(value))).collect()
}

fn value_without_nul(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('\0', "")),
        Value::Array(items) => items.into_iter().map(value_without_nul).collect(),
        Value::Object(object) => Value::Object(without_nul(object)),
        other => other,
    }
}
