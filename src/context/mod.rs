//! Shared context and agent state: small JSON documents with versions.
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
pub mod sql;

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{AgentId, event::JsonObject};
use serde_json::Value;
use uuid::Uuid;

use crate::agent::sink::EventSink;

/// How often [`ScopedContext::update_shared`] tries. Each conflict means that somebody else succeeded, so this many
/// updates of one document at once all come through.
pub const UPDATE_TRIES_MAX: usize = 64;

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
    /// Reads a document; the empty one at version 0 where there is none.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`].
    async fn get(&self, key: &ContextKey) -> Result<Versioned, ContextError>;

    /// Writes `value` if the document still stands at version `expected`; answers the new version.
    ///
    /// # Errors
    /// [`ContextError::Conflict`], [`ContextError::TooLarge`], [`ContextError::Gone`] or [`ContextError::Unavailable`].
    async fn compare_and_set(&self, key: &ContextKey, expected: u64, value: JsonObject) -> Result<u64, ContextError>;

    /// Lets go of all copies of documents of a conversation that was erased, whoever made them. A store without copies has
    /// nothing to do: the rows of the table go with their conversation.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`] where copies may be left: ask again. They go by themselves when their time to live is
    /// over.
    async fn forget(&self, _tenant: &Arc<str>, _conversation: Uuid) -> Result<(), ContextError> {
        Ok(())
    }
}

/// What one run sees of the context: the conversation's shared document and the agent's own state.
#[derive(Debug, Clone)]
pub struct ScopedContext {
    store: Arc<dyn ContextStore>,
    tenant: Arc<str>,
    conversation: Uuid,
    agent: AgentId,
}

impl ScopedContext {
    /// Binds a store to one agent in one conversation.
    pub fn new(store: Arc<dyn ContextStore>, tenant: Arc<str>, conversation: Uuid, agent: AgentId) -> Self {
        Self { store, tenant, conversation, agent }
    }

    /// This agent's own state in this conversation.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`].
    pub async fn state(&self) -> Result<Versioned, ContextError> {
        self.store.get(&self.key(ContextScope::Agent(self.agent.clone()))).await
    }

    /// Replaces this agent's own state, if it still stands at `expected`; answers the new version.
    ///
    /// # Errors
    /// See [`ContextStore::compare_and_set`].
    pub async fn set_state(&self, expected: u64, value: JsonObject) -> Result<u64, ContextError> {
        self.store.compare_and_set(&self.key(ContextScope::Agent(self.agent.clone())), expected, value).await
    }

    /// What the agents of this conversation share.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`].
    pub async fn shared(&self) -> Result<Versioned, ContextError> {
        self.store.get(&self.key(ContextScope::Shared)).await
    }

    /// Sets the given keys of the shared document (`null` removes one) and tells the conversation. Goes on from what
    /// stands there where another agent wrote in between, so no update is lost.
    ///
    /// # Errors
    /// See [`ContextStore::compare_and_set`]; [`ContextError::Conflict`] after [`UPDATE_TRIES_MAX`] tries.
    pub async fn update_shared(&self, changes: JsonObject, sink: &EventSink) -> Result<u64, ContextError> {
        let key = self.key(ContextScope::Shared);
        let mut current = self.store.get(&key).await?;
        for _ in 0..UPDATE_TRIES_MAX {
            match self.store.compare_and_set(&key, current.version, merged(current.value, &changes)).await {
                Err(ContextError::Conflict(now)) => current = now,
                Ok(version) => {
                    // A closed sink means that nobody waits for the news; the document is written all the same.
                    sink.context_updated(version, changes.keys().cloned().collect()).await.ok();
                    return Ok(version);
                }
                Err(other) => return Err(other),
            }
        }
        Err(ContextError::Conflict(current))
    }

    fn key(&self, scope: ContextScope) -> ContextKey {
        ContextKey { tenant: Arc::clone(&self.tenant), conversation: self.conversation, scope }
    }
}

fn merged(mut document: JsonObject, changes: &JsonObject) -> JsonObject {
    for (key, value) in changes {
        if value.is_null() {
            document.remove(key);
        } else {
            document.insert(key.clone(), value.clone());
        }
    }
    document
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
