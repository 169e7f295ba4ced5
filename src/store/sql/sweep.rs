//! Retention: the log of turns that ended long ago goes, their messages stay; expired data and old tombstones go.
//!
//! Each conversation is trimmed in transactions of its own, and rows are deleted in portions, so commits that wait for the
//! same connection wait for one portion. A sweep that is cut off is taken up by the next: a turn counts as kept until the
//! last of its rows is gone.

use protocol::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Value};
use uuid::Uuid;

use super::{
    SqlStore,
    patience::Call,
    statement::{int, statement},
};
use crate::store::{StoreError, Sweep, Swept};

/// Rows that one statement deletes.
const PORTION_ROWS: u64 = 500;

/// Turns whose log may go, after a place in this very order.
const ENDED: &str = "SELECT conversation_id, ended_at, id FROM turns WHERE log_kept = TRUE AND ended_at < ? \
     AND (ended_at, id) > (?, ?) ORDER BY ended_at, id LIMIT ?";

/// The log may begin after the last old turn, but not after the beginning of one that is open or younger.
const BORDERS: &str = "SELECT c.first_seq, \
     (SELECT MAX(t.seq_end) FROM turns t WHERE t.conversation_id = c.id AND t.log_kept = TRUE AND t.ended_at < ?) AS old_end, \
     (SELECT MIN(t.seq_accepted) FROM turns t WHERE t.conversation_id = c.id AND t.seq_accepted >= c.first_seq \
     AND (t.ended_at IS NULL OR t.ended_at >= ?)) AS kept_from FROM conversations c WHERE c.id = ?";

const MOVE: &str = "UPDATE conversations SET first_seq = ? WHERE id = ? AND first_seq < ? AND status <> 'erased'";

const TRIM: &str = "DELETE FROM events WHERE conversation_id = ? AND seq_first IN \
     (SELECT seq_first FROM events WHERE conversation_id = ? AND seq_last < ? ORDER BY seq_first LIMIT ?)";

const FORGET: &str = "DELETE FROM tool_effects WHERE (turn_id, tool_call_id) IN \
     (SELECT turn_id, tool_call_id FROM tool_effects WHERE conversation_id = ? AND seq_intent < ? LIMIT ?)";

const FORGET_TAKEN: &str = "DELETE FROM steers_taken WHERE (conversation_id, seq, message_id) IN \
     (SELECT conversation_id, seq, message_id FROM steers_taken WHERE conversation_id = ? AND seq < ? LIMIT ?)";

const TRIMMED: &str = "UPDATE turns SET log_kept = FALSE WHERE conversation_id = ? AND log_kept = TRUE AND seq_end < ?";

/// The row stays: its version may never go back.
const EXPIRE: &str = "UPDATE agent_conversation_data SET data = ?, expires_at = NULL, updated_at = ? WHERE id IN \
     (SELECT id FROM agent_conversation_data WHERE expires_at <= ? LIMIT ?)";

/// What a run wrote once more while its conversation was erased.
const ORPHANS: &str = "DELETE FROM agent_conversation_data WHERE id IN \
     (SELECT d.id FROM agent_conversation_data d JOIN conversations c ON c.id = d.conversation_id \
     WHERE c.status = 'erased' LIMIT ?)";

const BURY: &str = "DELETE FROM conversations WHERE id IN \
     (SELECT id FROM conversations WHERE status = 'erased' AND updated_at < ? LIMIT ?)";

impl SqlStore {
    pub(super) async fn run_sweep(&self, sweep: &Sweep) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let mut place = (Timestamp::from_millis(0).to_datetime(), Uuid::nil());
        loop {
            let values = [sweep.events_before.to_datetime().into(), place.0.into(), place.1.into(), portion()];
            let rows = self.in_time(Call::Read, self.query(&self.reader(), ENDED, values)).await?;
            let Some(last) = rows.last() else { break };
            place = (last.try_get_by_index(1)?, last.try_get_by_index(2)?);
            for id in conversations(&rows)? {
                self.trim(id, sweep.events_before, &mut swept).await?;
            }
        }
        let nothing: Value = serde_json::json!({}).into();
        let (now, before) = (sweep.now.to_datetime(), sweep.tombstones_before.to_datetime());
        swept.documents = self.in_portions(EXPIRE, &[nothing, now.into(), now.into(), portion()]).await?;
        let orphans = self.in_portions(ORPHANS, &[portion()]).await?;
        if let (true, Some(checkpoints)) = (orphans > 0, &self.checkpoints) {
            checkpoints.shed().await;
        }
        swept.documents += orphans;
        swept.tombstones = self.in_portions(BURY, &[before.into(), portion()]).await?;
        Ok(swept)
    }

    async fn trim(&self, id: Uuid, before: Timestamp, swept: &mut Swept) -> Result<(), StoreError> {
        let before = before.to_datetime();
        let values = [before.into(), before.into(), id.into()];
        let borders = self.in_time(Call::Read, self.query(&self.writer(), BORDERS, values)).await?;
        let Some(row) = borders.first() else { return Ok(()) };
        let Some(first) = new_first(row)? else { return Ok(()) };
        let moved = self.execute(MOVE, [first.into(), id.into(), first.into()]).await?;
        let rows = self.in_portions(TRIM, &[id.into(), id.into(), first.into(), portion()]).await?;
        for sql in [FORGET, FORGET_TAKEN] {
            self.in_portions(sql, &[id.into(), first.into(), portion()]).await?;
        }
        self.execute(TRIMMED, [id.into(), first.into()]).await?;
        swept.conversations += moved;
        swept.event_rows += rows;
        Ok(())
    }

    async fn query(
        &self,
        on: &DatabaseConnection,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        Ok(on.query_all_raw(statement(self.backend, sql, values)).await?)
    }

    /// Each statement has its own bound: a sweep of many portions may take long. Answers how many rows it changed.
    async fn execute(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<u64, StoreError> {
        let sql = statement(self.backend, sql, values);
        let run = async { Ok(self.writer().execute_raw(sql).await?.rows_affected()) };
        self.in_time(Call::Read, run).await
    }

    /// Runs a statement until it changes less than a portion.
    async fn in_portions(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let mut changed = 0;
        loop {
            let some = self.execute(sql, values.to_vec()).await?;
            changed += some;
            if some < PORTION_ROWS {
                return Ok(changed);
            }
        }
    }
}

fn portion() -> Value {
    int(PORTION_ROWS).into()
}

fn conversations(rows: &[QueryResult]) -> Result<Vec<Uuid>, DbErr> {
    let mut ids = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<Uuid>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Where the log begins from here on; none where nothing may go.
fn new_first(borders: &QueryResult) -> Result<Option<i64>, DbErr> {
    let (first, old_end): (i64, Option<i64>) = (borders.try_get_by_index(0)?, borders.try_get_by_index(1)?);
    let kept_from: Option<i64> = borders.try_get_by_index(2)?;
    let end = old_end.map(|end| kept_from.map_or(end + 1, |kept| kept.min(end + 1)));
    Ok(end.filter(|end| *end >= first))
}
