//! Erasing: every row of a conversation goes, a tombstone without content stays.

use protocol::Timestamp;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbErr, QueryResult,
    prelude::{DateTimeUtc, Uuid},
};

use super::{
    SqlStore,
    statement::{int, statement},
};
use crate::store::{Fence, InternalId, StoreError, Tombstone, Written};

const TOMBSTONE: &str = "UPDATE conversations SET status = 'erased', fence = fence + 1, head = 0, first_seq = 1, \
     current_agent = NULL, lease_owner = NULL, metadata = ?, updated_at = ? \
     WHERE id = ? AND fence = ? AND status <> 'erased'";

/// Every table that has rows of conversations.
const ERASED: [&str; 9] = [
    "DELETE FROM events WHERE conversation_id = ?",
    "DELETE FROM messages WHERE conversation_id = ?",
    "DELETE FROM turns WHERE conversation_id = ?",
    "DELETE FROM agent_interactions WHERE conversation_id = ?",
    "DELETE FROM agent_conversation_data WHERE conversation_id = ?",
    "DELETE FROM tool_effects WHERE conversation_id = ?",
    "DELETE FROM steers_taken WHERE conversation_id = ?",
    "DELETE FROM workflow_checkpoints WHERE conversation_id = ?",
    "DELETE FROM approvals WHERE conversation_id = ?",
];

const TOMBSTONES: &str = "SELECT tenant, id, updated_at FROM conversations WHERE status = 'erased' \
     AND (updated_at, id) > (?, ?) ORDER BY updated_at, id LIMIT ?";

impl SqlStore {
    pub(super) async fn read_tombstones(
        &self,
        after: (Timestamp, InternalId),
        limit: usize,
    ) -> Result<Vec<Tombstone>, StoreError> {
        let values = [after.0.to_datetime().into(), after.1.0.into(), int(limit as u64).into()];
        let rows = self.reader().query_all_raw(statement(self.backend, TOMBSTONES, values)).await?;
        Ok(rows.iter().map(tombstone).collect::<Result<_, _>>()?)
    }
}

fn tombstone(row: &QueryResult) -> Result<Tombstone, DbErr> {
    let (tenant, id): (String, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let erased_at: DateTimeUtc = row.try_get_by_index(2)?;
    Ok(Tombstone { tenant: tenant.into(), id: InternalId(id), erased_at: erased_at.into() })
}

pub(super) async fn erase(
    transaction: &DatabaseTransaction,
    id: InternalId,
    fence: Fence,
    now: Timestamp,
) -> Result<Written, DbErr> {
    let backend = transaction.get_database_backend();
    let nothing = serde_json::json!({});
    let values = [nothing.into(), now.to_datetime().into(), id.0.into(), int(fence.0).into()];
    if transaction.execute_raw(statement(backend, TOMBSTONE, values)).await?.rows_affected() == 0 {
        return Ok(if is_erased(transaction, id).await? { Written::Erased } else { Written::Fenced });
    }
    for sql in ERASED {
        transaction.execute_raw(statement(backend, sql, [id.0.into()])).await?;
    }
    Ok(Written::Erased)
}

async fn is_erased(transaction: &DatabaseTransaction, id: InternalId) -> Result<bool, DbErr> {
    let sql = "SELECT id FROM conversations WHERE id = ? AND status = 'erased'";
    let sql = statement(transaction.get_database_backend(), sql, [id.0.into()]);
    Ok(transaction.query_one_raw(sql).await?.is_some())
}
