//! What a workflow may read of what was stored: where it is, what people decided, the graph that it began with.

use std::sync::Arc;

use protocol::{AgentId, ApprovalId, Code};

use super::RunError;
use crate::{
    clock::{Clock, SystemClock},
    store::{ApprovalRecord, CheckpointRecord, InternalId, Store, StoreError},
};

/// What is stored of one agent's workflow in one conversation.
#[derive(Debug, Clone)]
pub struct WorkflowMemory {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    conversation: InternalId,
    agent: AgentId,
}

impl PartialEq for WorkflowMemory {
    fn eq(&self, other: &Self) -> bool {
        (self.conversation, &self.agent) == (other.conversation, &other.agent)
    }
}

impl WorkflowMemory {
    /// Of this agent in this conversation.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, conversation: InternalId, agent: AgentId) -> Self {
        Self { store, clock, conversation, agent }
    }

    /// Of an agent in a conversation that nothing else knows: for tests.
    pub fn nowhere(agent: AgentId) -> Self {
        let (store, clock) = (Arc::new(crate::store::memory::MemoryStore::default()), Arc::new(SystemClock));
        Self::new(store, clock, InternalId(uuid::Uuid::nil()), agent)
    }

    /// The conversation, as tables name it: no two have the same.
    pub fn conversation(&self) -> InternalId {
        self.conversation
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The latest checkpoint.
    ///
    /// # Errors
    /// A [`RunError`] where the store does not answer.
    pub async fn checkpoint(&self) -> Result<Option<CheckpointRecord>, RunError> {
        self.store.checkpoint(self.conversation, &self.agent).await.map_err(unread)
    }

    /// A question about a tool call, decided or not.
    ///
    /// # Errors
    /// A [`RunError`] where the store does not answer.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<ApprovalRecord>, RunError> {
        self.store.approval(self.conversation, id).await.map_err(unread)
    }

    /// Keeps a graph under its version.
    ///
    /// # Errors
    /// A [`RunError`] where the store does not answer.
    pub async fn keep_graph(&self, version: &str, definition: &str) -> Result<(), RunError> {
        self.store.keep_graph(version, definition, self.clock.now()).await.map_err(unread)
    }

    /// The graph of a version.
    ///
    /// # Errors
    /// A [`RunError`] where the store does not answer.
    pub async fn graph(&self, version: &str) -> Result<Option<String>, RunError> {
        self.store.graph(version).await.map_err(unread)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unread(error: StoreError) -> RunError {
    let safe = "Where this workflow was could not be read. Please try again.";
    RunError::retryable(Code::StorageUnavailable, safe, error.to_string())
}
