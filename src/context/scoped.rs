//! What one run may read and write of the context.

use std::{sync::Arc, time::Duration};

use protocol::{AgentId, Timestamp, event::JsonObject};
use uuid::Uuid;

use super::{ContextError, ContextKey, ContextScope, ContextStore, Versioned};
use crate::{
    agent::sink::EventSink,
    clock::{Clock, SystemClock},
};

/// How often [`ScopedContext::update_shared`] tries. Each conflict means that somebody else succeeded, so this many
/// updates of one document at once all come through.
pub const UPDATE_TRIES_MAX: usize = 64;

/// How long what one agent hands to another can be read, where nothing else was said.
pub const HAND_OVER_TTL: Duration = Duration::from_hours(1);

/// What one run sees of the context: the conversation's shared document, the agent's own state, what it hands to others
/// and what others hand to it. It cannot read what is meant for another agent, nor write in another one's name.
#[derive(Debug, Clone)]
pub struct ScopedContext {
    store: Arc<dyn ContextStore>,
    tenant: Arc<str>,
    conversation: Uuid,
    agent: AgentId,
    clock: Arc<dyn Clock>,
    hand_over_ttl: Duration,
}

impl ScopedContext {
    /// Binds a store to one agent in one conversation.
    pub fn new(store: Arc<dyn ContextStore>, tenant: Arc<str>, conversation: Uuid, agent: AgentId) -> Self {
        Self { store, tenant, conversation, agent, clock: Arc::new(SystemClock), hand_over_ttl: HAND_OVER_TTL }
    }

    /// How long what this agent hands to others can be read, by which clock; [`HAND_OVER_TTL`] by the machine's where
    /// nothing else was said.
    #[must_use]
    pub fn with_hand_overs(self, clock: Arc<dyn Clock>, hand_over_ttl: Duration) -> Self {
        Self { clock, hand_over_ttl, ..self }
    }

    /// The tenant that the conversation belongs to.
    pub fn tenant(&self) -> &Arc<str> {
        &self.tenant
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

    /// A document of this agent's own beside its state.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`].
    pub async fn document(&self, name: &'static str) -> Result<Versioned, ContextError> {
        self.store.get(&self.document_key(name)).await
    }

    /// Puts a document of this agent's own into the place of what stands there, whoever wrote it last: of an agent's own
    /// runs one is at work at a time. Answers the version; one that stands there already is not written again.
    ///
    /// # Errors
    /// See [`ContextStore::compare_and_set`]; [`ContextError::Conflict`] after [`UPDATE_TRIES_MAX`] tries.
    pub async fn put_document(&self, name: &'static str, value: JsonObject) -> Result<u64, ContextError> {
        let key = self.document_key(name);
        let mut current = self.store.get(&key).await?;
        for _ in 0..UPDATE_TRIES_MAX {
            if current.value == value {
                return Ok(current.version);
            }
            match self.store.compare_and_set(&key, current.version, value.clone()).await {
                Err(ContextError::Conflict(now)) => current = now,
                other => return other,
            }
        }
        Err(ContextError::Conflict(current))
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

    /// Hands a document to another agent of this conversation, in place of what this agent handed to it before. It can be
    /// read until it is taken, or for an hour (`context.hand_over_ttl`). An empty one takes back what was handed.
    ///
    /// # Errors
    /// See [`ContextStore::write`]; [`ContextError::Conflict`] after [`UPDATE_TRIES_MAX`] tries.
    pub async fn share_with(&self, to: &AgentId, value: JsonObject) -> Result<(), ContextError> {
        let key = self.key(ContextScope::HandOver { from: self.agent.clone(), to: to.clone() });
        let mut current = self.store.get(&key).await?;
        for _ in 0..UPDATE_TRIES_MAX {
            let end = later(self.clock.now(), self.hand_over_ttl);
            match self.store.write(&key, current.version, value.clone(), Some(end)).await {
                Err(ContextError::Conflict(now)) => current = now,
                other => return other.map(|_| ()),
            }
        }
        Err(ContextError::Conflict(current))
    }

    /// What another agent handed to this one, if anything; it can be read again. A run that may be made again after a
    /// crash finds it then, too.
    ///
    /// # Errors
    /// [`ContextError::Unavailable`].
    pub async fn shared_by(&self, from: &AgentId) -> Result<Option<JsonObject>, ContextError> {
        let handed = self.store.get(&self.handed_by(from)).await?.value;
        Ok((!handed.is_empty()).then_some(handed))
    }

    /// Takes what another agent handed to this one, if anything. It is there once: of two runs that take it, one gets it.
    ///
    /// # Errors
    /// See [`ContextStore::write`]; [`ContextError::Conflict`] after [`UPDATE_TRIES_MAX`] tries.
    pub async fn take_from(&self, from: &AgentId) -> Result<Option<JsonObject>, ContextError> {
        let key = self.handed_by(from);
        let mut current = self.store.get(&key).await?;
        for _ in 0..UPDATE_TRIES_MAX {
            if current.value.is_empty() {
                return Ok(None);
            }
            match self.store.compare_and_set(&key, current.version, JsonObject::new()).await {
                Err(ContextError::Conflict(now)) => current = now,
                other => return other.map(|_| Some(current.value)),
            }
        }
        Err(ContextError::Conflict(current))
    }

    fn document_key(&self, name: &'static str) -> ContextKey {
        self.key(ContextScope::Document { agent: self.agent.clone(), name })
    }

    fn handed_by(&self, from: &AgentId) -> ContextKey {
        self.key(ContextScope::HandOver { from: from.clone(), to: self.agent.clone() })
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

fn later(now: Timestamp, by: Duration) -> Timestamp {
    let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now.as_millis().saturating_add(millis))
}
