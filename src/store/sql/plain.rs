//! Appends that add text to the log and change nothing else: what a conversation does while an agent speaks.
//!
//! A group of such appends is one statement and so one round trip to the database, where a transaction takes five. Fence
//! and head are compared in the statement itself, as everywhere.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbBackend, Value};
use uuid::Uuid;

use super::{
    SqlStore,
    append::Append,
    error::Failure,
    insert::body_of,
    prepared::{Prepared, appends_alone},
    statement::{int, many},
};
use crate::{
    chaos::{self, Point},
    store::{StoreError, Written},
};

/// More go into a transaction, which is worth its price then. Each number is a statement of its own that stays prepared.
const APPENDS_MAX: usize = 64;

const SQLITE_HEAD: &str =
    "INSERT INTO plain_appends (conversation_id, fence, seq_first, seq_last, body, created_at) VALUES ";

const POSTGRES_HEAD: &str = "WITH appends (of_id, of_fence, of_first, of_last, of_body, of_time) AS (VALUES ";

const POSTGRES_TAIL: &str = "), moved AS (UPDATE conversations SET head = of_last FROM appends \
     WHERE id = of_id AND fence = of_fence AND head = of_first - 1 RETURNING id, tenant) \
     INSERT INTO events (conversation_id, seq_first, seq_last, tenant, fence, body, created_at) \
     SELECT of_id, of_first, of_last, tenant, of_fence, of_body, of_time FROM appends JOIN moved ON id = of_id \
     RETURNING conversation_id";

/// The group, if it is nothing but plain appends to different conversations.
fn plain<'p, 'a>(group: &'p [Prepared<'a>]) -> Option<Vec<&'p Append<'a>>> {
    appends_alone(group, APPENDS_MAX).filter(|appends| appends.iter().all(|append| append.rows.is_empty()))
}

fn values(append: &Append<'_>) -> [Value; 6] {
    let at = append.events.last().map(|event| event.envelope.at.to_datetime());
    [
        append.conversation.0.into(),
        int(append.fence.0).into(),
        append.first().into(),
        int(append.head().0).into(),
        body_of(append.events).into(),
        at.into(),
    ]
}

impl SqlStore {
    /// Commits a group of plain appends. None where it is no such group, or where a writer was replaced: then nothing of
    /// it is stored, and the usual way finds out which.
    pub(super) async fn commit_plain(&self, group: &[Prepared<'_>]) -> Result<Option<Vec<Written>>, StoreError> {
        let Some(appends) = plain(group) else { return Ok(None) };
        chaos::at(Point::BeforeCommit);
        let stored = match self.backend {
            DbBackend::Postgres => self.plain_postgres(&appends).await,
            _ => self.plain_sqlite(&appends).await,
        };
        match stored {
            Ok(true) => Ok(Some(appends.iter().map(|append| Written::Appended { head: append.head() }).collect())),
            Ok(false) | Err(Failure::Part(_)) => Ok(None),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    /// All of them, or an error.
    async fn plain_sqlite(&self, appends: &[&Append<'_>]) -> Result<bool, Failure> {
        let rows = appends.iter().copied().map(values);
        self.writer().execute_raw(many(self.backend, SQLITE_HEAD, rows, "")).await?;
        Ok(true)
    }

    /// Each that fits. Those that were stored answer so when the usual way tries them again.
    async fn plain_postgres(&self, appends: &[&Append<'_>]) -> Result<bool, Failure> {
        let rows = appends.iter().copied().map(values);
        let stored = self.writer().query_all_raw(many(self.backend, POSTGRES_HEAD, rows, POSTGRES_TAIL)).await?;
        let stored = stored.iter().map(|row| row.try_get_by_index(0)).collect::<Result<HashSet<Uuid>, _>>()?;
        Ok(stored.len() == appends.len())
    }
}
