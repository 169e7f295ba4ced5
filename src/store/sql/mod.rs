//! The store in a database: SQLite or PostgreSQL, with the same tables and the same statements.
//!
//! A commit is one transaction for the whole group, with as few statements as there are tables. On SQLite one connection
//! writes and others read; on PostgreSQL one pool does both, and callers see to it that two commits never hold the same
//! conversation.

mod append;
mod approvals;
pub mod backup;
mod boot;
mod checkpoints;
mod commit;
mod connect;
mod connections;
mod erase;
mod error;
mod insert;
mod log;
mod open;
mod patience;
mod plain;
mod prepared;
mod reads;
mod record;
mod statement;
mod sweep;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod whole;

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{AgentId, ApprovalId, ClientMessageId, Seq, Timestamp, TurnId};
use sea_orm::{DatabaseConnection, DbBackend};

use self::boot::BootMark;
use self::checkpoints::Checkpoints;
use self::patience::{Call, Doubt, Patience};
pub use self::{
    boot::boot_id,
    checkpoints::CheckpointBounds,
    connect::{ConnectError, SqlOptions, Synchronous},
    connections::Connections,
};
use super::{
    AcceptedMessage, ApprovalRecord, CheckpointRecord, ConversationKey, ConversationRecord, EventPage, Found,
    InteractionRecord, InternalId, MessageRecord, Owner, Page, PageRequest, Store, StoreError, Sweep, Swept, Tombstone,
    TurnRecord, Write, Written,
};
use crate::agent::PastMessage;

/// A store in a database. Made by [`SqlStore::connect`].
#[derive(Debug, Clone)]
pub struct SqlStore {
    connections: Connections,
    backend: DbBackend,
    patience: Patience,
    doubt: Arc<Doubt>,
    /// On SQLite.
    checkpoints: Option<Checkpoints>,
    /// On SQLite, where the system tells its boots apart.
    boot: Option<BootMark>,
}

impl SqlStore {
    /// Its connections. Every other writer of this process must share them: SQLite has only one that writes.
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }

    fn writer(&self) -> DatabaseConnection {
        self.connections.writer()
    }

    fn reader(&self) -> DatabaseConnection {
        self.connections.reader()
    }

    /// Closes all connections, after what they are doing. On SQLite this moves the write-ahead log into the file.
    pub async fn close(&self) {
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.close().await;
        }
        // Closing a pool cannot fail, although its type says so.
        self.reader().close_by_ref().await.ok();
        self.writer().close_by_ref().await.ok();
        if let Some(boot) = self.boot.clone() {
            tokio::task::spawn_blocking(|| boot.closed()).await.ok();
        }
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn commit(&self, group: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.in_time(Call::Commit, self.commit_group(group)).await
    }

    async fn conversation(&self, key: &ConversationKey) -> Result<Found<(InternalId, ConversationRecord)>, StoreError> {
        self.in_time(Call::Read, self.read_conversation(key)).await
    }

    async fn conversations(&self, owner: &Owner, page: &PageRequest) -> Result<Page<ConversationRecord>, StoreError> {
        self.in_time(Call::Read, self.read_conversations(owner, page)).await
    }

    async fn unfinished(&self) -> Result<Vec<ConversationKey>, StoreError> {
        self.in_time(Call::Read, self.read_unfinished()).await
    }

    async fn events(
        &self,
        id: InternalId,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Found<EventPage>, StoreError> {
        self.in_time(Call::Read, self.read_events(id, after, limit, bytes_max)).await
    }

    async fn accepted(&self, id: InternalId, client: &ClientMessageId) -> Result<Option<AcceptedMessage>, StoreError> {
        self.in_time(Call::Read, self.read_accepted(id, client)).await
    }

    async fn turn(&self, id: InternalId, turn: TurnId) -> Result<Option<TurnRecord>, StoreError> {
        self.in_time(Call::Read, self.read_turn(id, turn)).await
    }

    async fn latest_messages(&self, id: InternalId, up_to: Seq, limit: u32) -> Result<Vec<MessageRecord>, StoreError> {
        self.in_time(Call::Read, self.read_latest_messages(id, up_to, limit)).await
    }

    async fn history(
        &self,
        id: InternalId,
        before: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<PastMessage>, StoreError> {
        self.in_time(Call::Read, self.read_history(id, before, limit, bytes_max)).await
    }

    async fn messages(&self, id: InternalId, page: &PageRequest) -> Result<Page<MessageRecord>, StoreError> {
        self.in_time(Call::Read, self.read_messages(id, page)).await
    }

    async fn interactions(&self, id: InternalId, page: &PageRequest) -> Result<Page<InteractionRecord>, StoreError> {
        self.in_time(Call::Read, self.read_interactions(id, page)).await
    }

    async fn checkpoint(&self, id: InternalId, agent: &AgentId) -> Result<Option<CheckpointRecord>, StoreError> {
        self.in_time(Call::Read, self.read_checkpoint(id, agent)).await
    }

    async fn approval(&self, id: InternalId, approval: ApprovalId) -> Result<Option<ApprovalRecord>, StoreError> {
        self.in_time(Call::Read, self.read_approval(id, approval)).await
    }

    async fn keep_graph(&self, version: &str, definition: &str, now: Timestamp) -> Result<(), StoreError> {
        self.in_time(Call::Read, self.write_graph(version, definition, now)).await
    }

    async fn graph(&self, version: &str) -> Result<Option<String>, StoreError> {
        self.in_time(Call::Read, self.read_graph(version)).await
    }

    async fn agent_switches(&self) -> Result<Vec<(AgentId, bool)>, StoreError> {
        self.in_time(Call::Read, self.read_agent_switches()).await
    }

    async fn set_agent_switch(&self, agent: &AgentId, enabled: bool, now: Timestamp) -> Result<(), StoreError> {
        self.in_time(Call::Read, self.write_agent_switch(agent, enabled, now)).await
    }

    async fn sweep(&self, sweep: &Sweep) -> Result<Swept, StoreError> {
        self.run_sweep(sweep).await
    }

    async fn tombstones(&self, after: (Timestamp, InternalId), limit: usize) -> Result<Vec<Tombstone>, StoreError> {
        self.in_time(Call::Read, self.read_tombstones(after, limit)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.in_time(Call::Read, async { Ok(self.reader().ping().await?) }).await
    }
}
