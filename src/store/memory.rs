//! The store in memory: the twin of the SQL store for tests and simulations. It keeps every promise of the trait but
//! durability, and it fails on request.

mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use protocol::{AgentId, ClientMessageId, Seq, Timestamp, TurnId};
use tokio::sync::watch;

use self::state::State;
use super::{
    AcceptedMessage, ConversationKey, ConversationRecord, EventPage, Found, InteractionRecord, InternalId,
    MessageRecord, Owner, Page, PageRequest, Store, StoreError, Sweep, Swept, Tombstone, TurnRecord, Write, Written,
};
use crate::agent::PastMessage;

/// Keeps everything in memory and forgets it when dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    faults: watch::Sender<Faults>,
}

/// What goes wrong on request.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    fail: bool,
    stall: bool,
    lose_answers: bool,
}

impl MemoryStore {
    /// From here on commits and pings are refused as [`StoreError::Unavailable`], or are not any more. Reads go on, as on
    /// a full disk.
    pub fn fail_commits(&self, fail: bool) {
        self.faults.send_modify(|faults| faults.fail = fail);
    }

    /// From here on commits wait, or go on.
    pub fn stall_commits(&self, stall: bool) {
        self.faults.send_modify(|faults| faults.stall = stall);
    }

    /// From here on commits are stored but answered as [`StoreError::Unavailable`], as when a connection breaks at the
    /// wrong moment; or not any more.
    pub fn lose_answers(&self, lose: bool) {
        self.faults.send_modify(|faults| faults.lose_answers = lose);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while commits stall; answers what else is wrong.
    async fn faults(&self) -> Faults {
        let mut faults = self.faults.subscribe();
        match faults.wait_for(|faults| !faults.stall).await {
            Ok(faults) => *faults,
            // The sender is a field of this store: it is there as long as `self` is.
            Err(_) => Faults::default(),
        }
    }
}

fn asked_for() -> StoreError {
    StoreError::Unavailable("the memory store was told to fail".to_owned())
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Written>, StoreError> {
        let faults = self.faults().await;
        if faults.fail {
            return Err(asked_for());
        }
        let answers = self.state().commit(group)?;
        if faults.lose_answers { Err(asked_for()) } else { Ok(answers) }
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

    async fn latest_messages(&self, id: InternalId, limit: u32) -> Result<Vec<MessageRecord>, StoreError> {
        Ok(self.state().latest_messages(id, limit))
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

    async fn agent_switches(&self) -> Result<Vec<(AgentId, bool)>, StoreError> {
        Ok(self.state().agent_switches())
    }

    async fn set_agent_switch(&self, agent: &AgentId, enabled: bool, _now: Timestamp) -> Result<(), StoreError> {
        if self.faults().await.fail {
            return Err(asked_for());
        }
        self.state().set_agent_switch(agent, enabled);
        Ok(())
    }

    async fn sweep(&self, sweep: &Sweep) -> Result<Swept, StoreError> {
        if self.faults().await.fail { Err(asked_for()) } else { Ok(self.state().sweep(sweep)) }
    }

    async fn tombstones(&self, after: (Timestamp, InternalId), limit: usize) -> Result<Vec<Tombstone>, StoreError> {
        Ok(self.state().tombstones(after, limit))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if self.faults().await.fail { Err(asked_for()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn fails_stalls_and_loses_answers_on_request() {
        let store = Arc::new(MemoryStore::default());
        let agent: AgentId = "a".parse().unwrap();
        store.fail_commits(true);
        assert_eq!(store.commit(&[]).await, Err(asked_for()));
        assert_eq!(store.set_agent_switch(&agent, true, Timestamp::from_millis(0)).await, Err(asked_for()));
        store.fail_commits(false);
        store.lose_answers(true);
        assert_eq!(store.commit(&[]).await, Err(asked_for()));
        store.lose_answers(false);
        store.stall_commits(true);
        let waiting = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.commit(&[]).await }
        });
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert!(!waiting.is_finished());
        store.stall_commits(false);
        assert_eq!(waiting.await.unwrap(), Ok(vec![]));
    }
}
