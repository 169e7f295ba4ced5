//! What people are asked about tool calls, and where workflows wait for them.

use std::collections::BTreeSet;

use protocol::{AgentId, ApprovalId, Timestamp, TurnId, event::ApprovalDecision};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryResult, Value,
    prelude::{DateTimeUtc, Uuid},
};

use super::{
    SqlStore,
    insert::{Addition, Table},
    record::{parsed, seq},
    statement::{int, statement},
};
use crate::{
    conversation::Question,
    store::{
        ApprovalRecord, Checkpoint, CheckpointRecord, InternalId, StoreError,
        projection::{ApprovalRow, AskedRow},
    },
};

/// A question makes its row; of a decision only what it says is taken. A decision comes after its question, so the row is
/// there.
pub(super) const APPROVALS: Table = Table {
    name: "approvals",
    columns: &[
        "id",
        "conversation_id",
        "tenant",
        "turn_id",
        "agent_id",
        "tool_call_id",
        "tool_name",
        "arguments",
        "arguments_hash",
        "expires_at",
        "decision",
        "decided_by",
        "comment",
        "seq_requested",
        "seq_resolved",
        "turn_resolved",
        "created_at",
        "decided_at",
    ],
    tail: "ON CONFLICT (id) DO UPDATE SET decision = COALESCE(approvals.decision, excluded.decision), \
           decided_by = COALESCE(approvals.decided_by, excluded.decided_by), \
           comment = COALESCE(approvals.comment, excluded.comment), \
           seq_resolved = COALESCE(approvals.seq_resolved, excluded.seq_resolved), \
           turn_resolved = COALESCE(approvals.turn_resolved, excluded.turn_resolved), \
           decided_at = COALESCE(approvals.decided_at, excluded.decided_at) \
           WHERE approvals.conversation_id = excluded.conversation_id",
};

const CHECKPOINT: &str = "SELECT turn_id, seq, status, graph_version, progress FROM workflow_checkpoints \
     WHERE conversation_id = ? AND agent_id = ?";

const APPROVAL: &str = "SELECT id, agent_id, tool_call_id, tool_name, arguments, arguments_hash, expires_at, decision, \
     turn_resolved FROM approvals WHERE conversation_id = ? AND id = ?";

const QUESTIONS: &str = "SELECT id, agent_id, arguments_hash, expires_at FROM approvals \
     WHERE conversation_id = ? AND decision IS NULL ORDER BY seq_requested, id";

const AWAITING: &str = "SELECT agent_id FROM workflow_checkpoints WHERE conversation_id = ? AND status = 'waiting'";

const KEEP_GRAPH: &str = "INSERT INTO workflow_graphs (version, definition, created_at) VALUES (?, ?, ?) \
     ON CONFLICT (version) DO NOTHING";

const GRAPH: &str = "SELECT definition FROM workflow_graphs WHERE version = ?";

impl SqlStore {
    pub(super) async fn read_checkpoint(
        &self,
        id: InternalId,
        agent: &AgentId,
    ) -> Result<Option<CheckpointRecord>, StoreError> {
        let rows = self.all(CHECKPOINT, [id.0.into(), agent.as_str().into()]).await?;
        rows.first().map(checkpoint).transpose()
    }

    pub(super) async fn read_approval(
        &self,
        id: InternalId,
        approval: ApprovalId,
    ) -> Result<Option<ApprovalRecord>, StoreError> {
        let rows = self.all(APPROVAL, [id.0.into(), approval.0.into()]).await?;
        rows.first().map(approval_record).transpose()
    }

    pub(super) async fn write_graph(&self, version: &str, definition: &str, now: Timestamp) -> Result<(), StoreError> {
        let values = [version.into(), definition.into(), now.to_datetime().into()];
        self.writer().execute_raw(statement(self.backend, KEEP_GRAPH, values)).await?;
        Ok(())
    }

    pub(super) async fn read_graph(&self, version: &str) -> Result<Option<String>, StoreError> {
        let rows = self.all(GRAPH, [version.into()]).await?;
        Ok(rows.first().map(|row| row.try_get_by_index(0)).transpose()?)
    }
}

/// What a writer that opens a conversation needs of them.
pub(super) async fn questions(transaction: &DatabaseTransaction, id: InternalId) -> Result<Vec<Question>, StoreError> {
    let sql = statement(transaction.get_database_backend(), QUESTIONS, [id.0.into()]);
    transaction.query_all_raw(sql).await?.iter().map(question).collect()
}

/// The agents whose workflow waits.
pub(super) async fn awaiting(
    transaction: &DatabaseTransaction,
    id: InternalId,
) -> Result<BTreeSet<AgentId>, StoreError> {
    let sql = statement(transaction.get_database_backend(), AWAITING, [id.0.into()]);
    let rows = transaction.query_all_raw(sql).await?;
    rows.iter().map(|row| parsed(&row.try_get_by_index::<String>(0)?)).collect()
}

fn question(row: &QueryResult) -> Result<Question, StoreError> {
    Ok(Question {
        approval_id: ApprovalId(row.try_get_by_index::<Uuid>(0)?),
        agent_id: parsed(&row.try_get_by_index::<String>(1)?)?,
        arguments_hash: row.try_get_by_index(2)?,
        expires_at: row.try_get_by_index::<DateTimeUtc>(3)?.into(),
    })
}

fn checkpoint(row: &QueryResult) -> Result<CheckpointRecord, StoreError> {
    let (version, progress): (String, String) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
    let status = parsed(&row.try_get_by_index::<String>(2)?)?;
    Ok(CheckpointRecord {
        turn_id: TurnId(row.try_get_by_index::<Uuid>(0)?),
        seq: seq(row.try_get_by_index(1)?)?,
        checkpoint: Checkpoint { status, version: version.into(), progress: progress.into() },
    })
}

fn approval_record(row: &QueryResult) -> Result<ApprovalRecord, StoreError> {
    let decision: Option<String> = row.try_get_by_index(7)?;
    Ok(ApprovalRecord {
        approval_id: ApprovalId(row.try_get_by_index::<Uuid>(0)?),
        agent_id: parsed(&row.try_get_by_index::<String>(1)?)?,
        call_id: parsed(&row.try_get_by_index::<String>(2)?)?,
        tool_name: row.try_get_by_index(3)?,
        arguments: row.try_get_by_index(4)?,
        arguments_hash: row.try_get_by_index(5)?,
        expires_at: row.try_get_by_index::<DateTimeUtc>(6)?.into(),
        decision: decision.as_deref().map(parsed::<ApprovalDecision>).transpose()?,
        turn_resolved: row.try_get_by_index::<Option<Uuid>>(8)?.map(TurnId),
    })
}

pub(super) fn approval_values(addition: &Addition<'_>, row: &ApprovalRow) -> Vec<Value> {
    let resolved = row.resolved.as_ref();
    let asked = row.asked.clone().unwrap_or_else(|| known(row));
    vec![
        row.id.0.into(),
        addition.conversation.0.into(),
        addition.tenant.as_str().into(),
        asked.turn_id.0.into(),
        row.agent_id.as_str().into(),
        asked.call_id.as_str().into(),
        asked.tool_name.into(),
        asked.arguments.into(),
        asked.arguments_hash.into(),
        asked.expires_at.to_datetime().into(),
        resolved.map(|resolved| resolved.decision.as_str()).into(),
        resolved.map(|resolved| resolved.by.as_str()).into(),
        resolved.and_then(|resolved| resolved.comment.as_deref()).into(),
        int(asked.seq.0).into(),
        resolved.map(|resolved| int(resolved.seq.0)).into(),
        resolved.map(|resolved| resolved.turn_id.0).into(),
        asked.at.to_datetime().into(),
        resolved.map(|resolved| resolved.at.to_datetime()).into(),
    ]
}

/// What fills the columns that the row has already.
fn known(row: &ApprovalRow) -> AskedRow {
    let resolved = row.resolved.as_ref();
    let at = resolved.map_or(Timestamp::from_millis(0), |resolved| resolved.at);
    AskedRow {
        turn_id: resolved.map_or(TurnId(Uuid::nil()), |resolved| resolved.turn_id),
        #[expect(clippy::expect_used, reason = "it is a call id")]
        call_id: "unknown".parse().expect("it is a call id"),
        tool_name: String::new(),
        arguments: serde_json::Value::Null,
        arguments_hash: String::new(),
        expires_at: at,
        seq: resolved.map_or_else(protocol::Seq::default, |resolved| resolved.seq),
        at,
    }
}
