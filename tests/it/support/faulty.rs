//! A store that fails on request, around any store that does not.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use protocol::{AgentId, ApprovalId, ClientMessageId, Seq, Timestamp, TurnId};
use switchboard::{
    agent::PastMessage,
    store::{
        AcceptedMessage, ApprovalRecord, CheckpointRecord, ConversationKey, ConversationRecord, EventPage, Found,
        InteractionRecord, InternalId, MessageRecord, Owner, Page, PageRequest, Store, StoreError, Sweep, Swept,
        Tombstone, TurnRecord, Write, Written,
    },
};
use tokio::sync::watch;

/// Passes every call on, unless it was told to fail. Reads go on meanwhile, as on a full disk, unless they are to wait.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    faults: watch::Sender<Faults>,
    /// Writes that were refused so far.
    refused: watch::Sender<usize>,
    /// Whether look-ups of client ids wait.
    look_ups_stall: watch::Sender<bool>,
    /// Client ids that were asked for so far.
    looked_up: watch::Sender<usize>,
}

/// What goes wrong on request.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    fail: bool,
    stall: bool,
    lose_answers: bool,
    delay: Duration,
}

impl FaultyStore {
    pub(crate) fn around(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            faults: watch::Sender::default(),
            look_ups_stall: watch::Sender::default(),
            refused: watch::Sender::default(),
            looked_up: watch::Sender::default(),
        }
    }

    /// From here on what writes, and a ping, is refused as [`StoreError::Unavailable`], or is not any more.
    pub(crate) fn fail_commits(&self, fail: bool) {
        self.faults.send_modify(|faults| faults.fail = fail);
    }

    /// From here on commits wait, or go on.
    pub(crate) fn stall_commits(&self, stall: bool) {
        self.faults.send_modify(|faults| faults.stall = stall);
    }

    /// From here on commits are stored but answered as [`StoreError::Unavailable`], as when a connection breaks at the
    /// wrong moment; or not any more.
    pub(crate) fn lose_answers(&self, lose: bool) {
        self.faults.send_modify(|faults| faults.lose_answers = lose);
    }

    /// From here on whoever asks whether a message is known waits, or goes on.
    pub(crate) fn stall_look_ups(&self, stall: bool) {
        self.look_ups_stall.send_replace(stall);
    }

    /// How many client ids were asked for.
    pub(crate) fn looked_up(&self) -> usize {
        *self.looked_up.borrow()
    }

    /// Waits until so many client ids were asked for.
    pub(crate) async fn until_looked_up(&self, count: usize) {
        let mut looked_up = self.looked_up.subscribe();
        let enough = looked_up.wait_for(|looked_up| *looked_up >= count);
        tokio::time::timeout(super::client::PATIENCE, enough).await.expect("a look-up in time").unwrap();
    }

    /// From here on each commit takes so much longer.
    pub(crate) fn slow_commits(&self, delay: Duration) {
        self.faults.send_modify(|faults| faults.delay = delay);
    }

    /// Waits until so many writes were refused.
    pub(crate) async fn until_refused(&self, count: usize) {
        let mut refused = self.refused.subscribe();
        let enough = refused.wait_for(|refused| *refused >= count);
        tokio::time::timeout(super::client::PATIENCE, enough).await.expect("a write in time").unwrap();
    }

    /// Waits while writes stall; answers what else is wrong.
    async fn faults(&self) -> Faults {
        *self.faults.subscribe().wait_for(|faults| !faults.stall).await.unwrap()
    }

    async fn unless_failing(&self) -> Result<(), StoreError> {
        if self.faults().await.fail { Err(asked_for()) } else { Ok(()) }
    }
}

fn asked_for() -> StoreError {
    StoreError::Unavailable("the store was told to fail".to_owned())
}

#[async_trait]
impl Store for FaultyStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.unless_failing().await.inspect_err(|_| self.refused.send_modify(|refused| *refused += 1))?;
        let delay = self.faults.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let answers = self.inner.commit(group).await?;
        if self.faults.borrow().lose_answers { Err(asked_for()) } else { Ok(answers) }
    }

    async fn conversation(&self, key: &ConversationKey) -> Result<Found<(InternalId, ConversationRecord)>, StoreError> {
        self.inner.conversation(key).await
    }

    async fn conversations(&self, owner: &Owner, page: &PageRequest) -> Result<Page<ConversationRecord>, StoreError> {
        self.inner.conversations(owner, page).await
    }

    async fn unfinished(&self) -> Result<Vec<ConversationKey>, StoreError> {
        self.inner.unfinished().await
    }

    async fn events(
        &self,
        id: InternalId,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Found<EventPage>, StoreError> {
        self.inner.events(id, after, limit, bytes_max).await
    }

    async fn accepted(&self, id: InternalId, client: &ClientMessageId) -> Result<Option<AcceptedMessage>, StoreError> {
        self.looked_up.send_modify(|looked_up| *looked_up += 1);
        self.look_ups_stall.subscribe().wait_for(|stall| !stall).await.unwrap();
        self.inner.accepted(id, client).await
    }

    async fn turn(&self, id: InternalId, turn: TurnId) -> Result<Option<TurnRecord>, StoreError> {
        self.inner.turn(id, turn).await
    }

    async fn history(
        &self,
        id: InternalId,
        before: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<PastMessage>, StoreError> {
        self.inner.history(id, before, limit, bytes_max).await
    }

    async fn messages(&self, id: InternalId, page: &PageRequest) -> Result<Page<MessageRecord>, StoreError> {
        self.inner.messages(id, page).await
    }

    async fn latest_messages(&self, id: InternalId, up_to: Seq, limit: u32) -> Result<Vec<MessageRecord>, StoreError> {
        self.inner.latest_messages(id, up_to, limit).await
    }

    async fn interactions(&self, id: InternalId, page: &PageRequest) -> Result<Page<InteractionRecord>, StoreError> {
        self.inner.interactions(id, page).await
    }

    async fn checkpoint(&self, id: InternalId, agent: &AgentId) -> Result<Option<CheckpointRecord>, StoreError> {
        self.inner.checkpoint(id, agent).await
    }

    async fn approval(&self, id: InternalId, approval: ApprovalId) -> Result<Option<ApprovalRecord>, StoreError> {
        self.inner.approval(id, approval).await
    }

    async fn keep_graph(&self, version: &str, definition: &str, now: Timestamp) -> Result<(), StoreError> {
        self.inner.keep_graph(version, definition, now).await
    }

    async fn graph(&self, version: &str) -> Result<Option<String>, StoreError> {
        self.inner.graph(version).await
    }

    async fn agent_switches(&self) -> Result<Vec<(AgentId, bool)>, StoreError> {
        self.inner.agent_switches().await
    }

    async fn set_agent_switch(&self, agent: &AgentId, enabled: bool, now: Timestamp) -> Result<(), StoreError> {
        self.unless_failing().await?;
        self.inner.set_agent_switch(agent, enabled, now).await
    }

    async fn tombstones(&self, after: (Timestamp, InternalId), limit: usize) -> Result<Vec<Tombstone>, StoreError> {
        self.inner.tombstones(after, limit).await
    }

    async fn sweep(&self, sweep: &Sweep) -> Result<Swept, StoreError> {
        self.unless_failing().await?;
        self.inner.sweep(sweep).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.unless_failing().await?;
        self.inner.ping().await
    }
}
