//! Reading the log: rows of many events, cut into lines.

use std::sync::Arc;

use futures::TryStreamExt;
use protocol::Seq;
use sea_orm::{ConnectionTrait, QueryResult, StreamTrait};

use super::{
    error::damaged,
    statement::{int, statement},
};
use crate::store::{InternalId, StoreError};

/// Begins with the row that holds the first event asked for: the last one that does not begin after it.
const ROWS: &str = "SELECT seq_first, seq_last, body FROM events WHERE conversation_id = ? AND seq_first <= ? \
     AND seq_first >= COALESCE((SELECT MAX(seq_first) FROM events WHERE conversation_id = ? AND seq_first <= ?), 0) \
     ORDER BY seq_first LIMIT ?";

/// Which lines to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    /// The first line is the one after this.
    pub(super) after: Seq,
    /// No line after this one.
    pub(super) up_to: Seq,
    /// How many lines at most.
    pub(super) limit: usize,
    /// How many bytes of lines at most, but at least one line.
    pub(super) bytes_max: usize,
}

impl Range {
    /// All lines after one up to another.
    pub(super) fn all(after: Seq, up_to: Seq) -> Self {
        Self { after, up_to, limit: usize::MAX, bytes_max: usize::MAX }
    }
}

/// The lines of a range, dense from its first event on. Rows are read one by one, so at most one too many is held.
///
/// # Errors
/// [`StoreError::Damaged`] where a line of the range is missing.
pub(super) async fn lines<C: ConnectionTrait + StreamTrait>(
    db: &C,
    id: InternalId,
    range: Range,
) -> Result<Vec<(Seq, Arc<str>)>, StoreError> {
    let mut lines = Lines { range, bytes: 0, found: Vec::new() };
    if lines.is_full() {
        return Ok(lines.found);
    }
    let first = int(range.after.next().0);
    let rows_max = int(range.limit as u64);
    let values = [id.0.into(), int(range.up_to.0).into(), id.0.into(), first.into(), rows_max.into()];
    let statement = statement(ConnectionTrait::get_database_backend(db), ROWS, values);
    let mut rows = std::pin::pin!(db.stream_raw(statement).await?);
    while let Some(row) = rows.try_next().await? {
        lines.take(&row)?;
        if lines.is_full() {
            return Ok(lines.found);
        }
    }
    Err(StoreError::Damaged(format!("event {} of conversation {} is missing", lines.next(), id.0)))
}

struct Lines {
    range: Range,
    bytes: usize,
    found: Vec<(Seq, Arc<str>)>,
}

impl Lines {
    fn next(&self) -> Seq {
        self.found.last().map_or(self.range.after, |(seq, _)| *seq).next()
    }

    /// `bytes` counts the line that did not fit as well.
    fn is_full(&self) -> bool {
        self.next() > self.range.up_to || self.found.len() >= self.range.limit || self.bytes > self.range.bytes_max
    }

    fn take(&mut self, row: &QueryResult) -> Result<(), StoreError> {
        let (first, last): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let body: String = row.try_get_by_index(2)?;
        let (mut seq, mut count) = (first, 0_i64);
        for line in body.split('\n') {
            self.add(Seq(seq.cast_unsigned()), line);
            (seq, count) = (seq + 1, count + 1);
        }
        if count == last - first + 1 {
            return Ok(());
        }
        Err(damaged("a row of the log", format!("it has {count} lines for the events {first} to {last}")))
    }

    fn add(&mut self, seq: Seq, line: &str) {
        if seq != self.next() || self.is_full() {
            return;
        }
        self.bytes = self.bytes.saturating_add(line.len());
        if self.bytes <= self.range.bytes_max || self.found.is_empty() {
            self.found.push((seq, line.into()));
        }
    }
}
