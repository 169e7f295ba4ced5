//! A group of appends as one statement of PostgreSQL, where a transaction takes a round trip for each table: an accepted
//! message, its turn and its events come in the statement that compares fence and head.
//!
//! A conversation whose head cannot be moved finds no partner for its rows, so nothing of it is stored; the usual way
//! finds out why. SQLite is in the process: there a statement more costs no round trip.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use super::{
    SqlStore,
    append::{MOVE, Part},
    error::Failure,
    insert::{Insertion, Table, insertions},
    prepared::{Prepared, appends_alone},
    statement::statement,
};
use crate::{
    chaos::{self, Point},
    store::{StoreError, Written},
};

/// More go into a transaction, which is worth its price then.
const APPENDS_MAX: usize = 64;

/// `moved` are the conversations whose head could be moved; each row joins its own.
fn whole(parts: Vec<Part<'_>>) -> Statement {
    let mut text = Text::default();
    text.sql.push_str(MOVE.head);
    text.values(parts.iter().map(Part::move_values).collect());
    text.sql.push_str(&MOVE.tail.replacen(") UPDATE", "), moved AS (UPDATE", 1));
    text.sql.push(')');
    // The tenant comes from the conversation's own row.
    let additions: Vec<_> = parts.into_iter().map(|part| part.into_addition(String::new()).1).collect();
    for Insertion { table, rows } in insertions(&additions).into_iter().filter(|insertion| !insertion.rows.is_empty()) {
        text.insertion(&table, rows);
    }
    text.sql.push_str(" SELECT id FROM moved");
    statement(DbBackend::Postgres, &text.sql, text.values)
}

#[derive(Default)]
struct Text {
    sql: String,
    values: Vec<Value>,
}

impl Text {
    fn insertion(&mut self, table: &Table, rows: Vec<Vec<Value>>) {
        let Table { name, columns, tail } = table;
        let from = |column: &&str| if *column == "tenant" { "moved.tenant".to_owned() } else { format!("v.{column}") };
        let (into, taken) = (columns.join(", "), columns.iter().map(from).collect::<Vec<_>>().join(", "));
        self.sql.extend([", to_", name, " AS (INSERT INTO ", name, " (", &into, ") SELECT ", &taken, " FROM ("]);
        self.values(rows);
        self.sql.extend([") AS v (", &into, ") JOIN moved ON moved.id = v.conversation_id WHERE true ", tail, ")"]);
    }

    /// Filled up with empty rows, which join nothing, to a power of two: so a statement has few shapes and stays prepared.
    fn values(&mut self, mut rows: Vec<Vec<Value>>) {
        if let Some(row) = rows.first() {
            let empty = row.iter().map(Value::as_null).collect();
            rows.resize(rows.len().next_power_of_two(), empty);
        }
        let columns = rows.first().map_or(0, Vec::len);
        let row = format!("({})", vec!["?"; columns].join(", "));
        self.sql.push_str("VALUES ");
        self.sql.push_str(&vec![row; rows.len()].join(", "));
        self.values.extend(rows.into_iter().flatten());
    }
}

impl SqlStore {
    /// Whether a group is for [`Self::commit_whole`].
    pub(super) fn takes_whole(&self, group: &[Prepared<'_>]) -> bool {
        self.backend == DbBackend::Postgres && appends_alone(group, APPENDS_MAX).is_some()
    }

    /// Commits a group of appends in one statement. None where something of it was not stored: what was stored answers so
    /// when the usual way tries it again.
    pub(super) async fn commit_whole(&self, group: Vec<Prepared<'_>>) -> Result<Option<Vec<Written>>, StoreError> {
        let appends: Vec<_> = group.into_iter().filter_map(Prepared::into_append).collect();
        let heads: Vec<_> = appends.iter().map(|append| Written::Appended { head: append.head() }).collect();
        chaos::at(Point::BeforeCommit);
        match self.moved(whole(appends.into_iter().map(Part::of).collect())).await {
            Ok(moved) if moved == heads.len() => Ok(Some(heads)),
            Ok(_) | Err(Failure::Part(_)) => Ok(None),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    async fn moved(&self, statement: Statement) -> Result<usize, Failure> {
        let moved = self.writer().query_all_raw(statement).await?;
        Ok(moved.iter().map(|row| row.try_get_by_index(0)).collect::<Result<HashSet<Uuid>, _>>()?.len())
    }
}
