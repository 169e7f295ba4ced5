//! The store in memory: the twin of the SQL store for tests and simulations. It keeps every promise of the trait but
//! durability.

mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use protocol::{AgentId, ApprovalId, ClientMessageId, Seq, Timestamp, TurnId};

use self::state::State;
use super::{
    AcceptedMessage, ApprovalRecord, CheckpointRecord, ConversationKey, ConversationRecord, EventPage, Found,
    InteractionRecord, InternalId, MessageRecord, Owner, Page, PageRequest, Store, StoreError, Sweep, Swept, Tombstone,
    TurnRecord, Write, Written,
};
use crate::agent::PastMessage;

/// Keeps everything in memory and forgets it when dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.state().commit(group)
    }

    async fn conversation(&self, key: &ConversationKey) -> Result<Found<(InternalId, ConversationRecord)>, StoreError> {
        Ok(self.state().conversation(key))
    }

    async fn conversations(&self, owner: &Owner, page: &PageRequest) -> Result<Page<ConversationRecord>, StoreError> {
        self.state().conversations(owner, page)
    }

    async fn unfinished(&self) -> Result<Vec<ConversationKey>, StoreError> {
        Ok(self.state().unfinished())
    }

    async fn events(
        &self,
        id: InternalId,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Found<EventPage>, StoreError> {
        Ok(self.state().events(id, after, limit, bytes_max))
    }

    async fn accepted(&self, id: InternalId, client: &ClientMessageId) -> Result<Option<AcceptedMessage>, StoreError> {
        Ok(self.state().accepted(id, client))
    }

    async fn turn(&self, id: InternalId, turn: TurnId) -> Result<Option<TurnRecord>, StoreError> {
        Ok(self.state().turn(id, turn))
    }

    async fn latest_messages(&self, id: InternalId, up_to: Seq, limit: u32) -> Result<Vec<MessageRecord>, StoreError> {
        Ok(self.state().latest_messages(id, up_to, limit))
    }

    async fn history(
        &self,
        id: InternalId,
        before: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<PastMessage>, StoreError> {
        Ok(self.state().history(id, before, limit, bytes_max))
    }

    async fn messages(&self, id: InternalId, page: &PageRequest) -> Result<Page<MessageRecord>, StoreError> {
        self.state().messages(id, page)
    }

    async fn interactions(&self, id: InternalId, page: &PageRequest) -> Result<Page<InteractionRecord>, StoreError> {
        self.state().interactions(id, page)
    }

    async fn checkpoint(&self, id: InternalId, agent: &AgentId) -> Result<Option<CheckpointRecord>, StoreError> {
        Ok(self.state().checkpoint(id, agent))
    }

    async fn approval(&self, id: InternalId, approval: ApprovalId) -> Result<Option<ApprovalRecord>, StoreError> {
        Ok(self.state().approval(id, approval))
    }

    async fn keep_graph(&self, version: &str, definition: &str, _now: Timestamp) -> Result<(), StoreError> {
        self.state().keep_graph(version, definition);
        Ok(())
    }

    async fn graph(&self, version: &str) -> Result<Option<String>, StoreError> {
        Ok(self.state().graph(version))
    }

    async fn agent_switches(&self) -> Result<Vec<(AgentId, bool)>, StoreError> {
        Ok(self.state().agent_switches())
    }

    async fn set_agent_switch(&self, agent: &AgentId, enabled: bool, _now: Timestamp) -> Result<(), StoreError> {
        self.state().set_agent_switch(agent, enabled);
        Ok(())
    }

    async fn sweep(&self, sweep: &Sweep) -> Result<Swept, StoreError> {
        Ok(self.state().sweep(sweep))
    }

    async fn tombstones(&self, after: (Timestamp, InternalId), limit: usize) -> Result<Vec<Tombstone>, StoreError> {
        Ok(self.state().tombstones(after, limit))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
