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
    append::{Append, MOVE, Part},
    error::Failure,
    insert::{Insertion, Table, insertions},
    statement::statement,
};
use crate::{
    chaos::{self, Point},
    store::{StoreError, StoredEvent, Write, Written, projection::project},
};

/// More go into a transaction, which is worth its price then.
const APPENDS_MAX: usize = 64;

/// The appends of a group that is nothing else, to different conversations.
fn parts(group: &[Write]) -> Option<Vec<Part<'_>>> {
    if group.is_empty() || group.len() > APPENDS_MAX {
        return None;
    }
    let mut seen = HashSet::with_capacity(group.len());
    let appends = group.iter().enumerate().map(|(index, write)| append(index, write));
    appends.map(|append| append.filter(|append| seen.insert(append.conversation)).map(Part::of)).collect()
}

fn append(index: usize, write: &Write) -> Option<Append<'_>> {
    let Write::Append { conversation, fence, events } = write else { return None };
    let rows = project(*conversation, events).ok()?;
    Some(Append { index, conversation: *conversation, fence: *fence, events, rows })
}

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
    /// Commits a group of appends in one statement. None where it is no such group, or where something of it was not
    /// stored: what was stored answers so when the usual way tries it again.
    pub(super) async fn commit_whole(&self, group: &[Write]) -> Result<Option<Vec<Written>>, StoreError> {
        if self.backend != DbBackend::Postgres {
            return Ok(None);
        }
        let Some(parts) = parts(group) else { return Ok(None) };
        let (count, heads) = (parts.len(), group.iter().map(head).collect());
        chaos::at(Point::BeforeCommit);
        match self.moved(whole(parts)).await {
            Ok(moved) if moved == count => Ok(Some(heads)),
            Ok(_) | Err(Failure::Part(_)) => Ok(None),
            Err(Failure::Store(error)) => Err(error),
        }
    }

    async fn moved(&self, statement: Statement) -> Result<usize, Failure> {
        let moved = self.writer().query_all_raw(statement).await?;
        Ok(moved.iter().map(|row| row.try_get_by_index(0)).collect::<Result<HashSet<Uuid>, _>>()?.len())
    }
}

fn head(write: &Write) -> Written {
    match write {
        Write::Append { events, .. } => {
            Written::Appended { head: events.last().map(StoredEvent::seq).unwrap_or_default() }
        }
        Write::Open { .. } | Write::Erase { .. } => Written::Fenced,
    }
}
