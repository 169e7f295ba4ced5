//! SQL text with its values. Written once for both databases: `?` marks a value, PostgreSQL gets `$1`, `$2` instead.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

/// Rows of one insert. A power of two, and few enough for the 32,766 values that SQLite takes.
const ROWS_MAX: usize = 256;

/// A statement with the given values, in the order of their marks.
pub(super) fn statement(backend: DbBackend, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(backend, marked(backend, sql), values)
}

/// `sql` holds no question mark but the marks.
fn marked(backend: DbBackend, sql: &str) -> String {
    if backend != DbBackend::Postgres {
        return sql.to_owned();
    }
    let mut text = String::with_capacity(sql.len() * 2);
    for (at, piece) in sql.split('?').enumerate() {
        if at > 0 {
            text.push('$');
            text.push_str(&at.to_string());
        }
        text.push_str(piece);
    }
    text
}

/// A statement over rows of values: `head` (…), (…) `tail`.
pub(super) fn many<const N: usize>(
    backend: DbBackend,
    head: &str,
    rows: impl ExactSizeIterator<Item = [Value; N]>,
    tail: &str,
) -> Statement {
    let row = format!("({})", ["?"; N].join(", "));
    let sql = format!("{head}{}{tail}", vec![row; rows.len()].join(", "));
    statement(backend, &sql, rows.flatten())
}

/// A statement over many rows of values: `head` VALUES (…), (…) `tail`.
pub(super) struct ManyRows<'a> {
    pub(super) head: &'a str,
    pub(super) columns: usize,
    pub(super) tail: &'a str,
}

impl ManyRows<'_> {
    fn statement<T>(&self, backend: DbBackend, rows: &[T], values: impl Fn(&T) -> Vec<Value>) -> Statement {
        let row = format!("({})", vec!["?"; self.columns].join(", "));
        let sql = format!("{} VALUES {} {}", self.head, vec![row; rows.len()].join(", "), self.tail);
        let mut all = Vec::with_capacity(rows.len() * self.columns);
        for row in rows {
            all.extend(values(row));
        }
        statement(backend, &sql, all)
    }

    /// Runs it over all rows.
    pub(super) async fn execute<T: Sync>(
        &self,
        db: &impl ConnectionTrait,
        rows: &[T],
        values: impl Fn(&T) -> Vec<Value>,
    ) -> Result<(), DbErr> {
        for some in portions(rows) {
            db.execute_raw(self.statement(db.get_database_backend(), some, &values)).await?;
        }
        Ok(())
    }

    /// Runs it over all rows and collects what it answers.
    pub(super) async fn query<T: Sync>(
        &self,
        db: &impl ConnectionTrait,
        rows: &[T],
        values: impl Fn(&T) -> Vec<Value>,
    ) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
        let mut answers = Vec::with_capacity(rows.len());
        for some in portions(rows) {
            answers.extend(db.query_all_raw(self.statement(db.get_database_backend(), some, &values)).await?);
        }
        Ok(answers)
    }
}

/// Cuts rows into portions whose sizes are powers of two: so a statement has nine shapes and stays prepared, where each
/// number of rows would be a statement of its own.
fn portions<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = 1 << rows.len().min(ROWS_MAX).checked_ilog2()?;
        let (portion, rest) = rows.split_at_checked(size)?;
        rows = rest;
        Some(portion)
    })
}

/// A number of the log as the databases have it; none of ours is larger.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_gets_numbered_marks() {
        assert_eq!(marked(DbBackend::Postgres, "a = ? AND b = ?"), "a = $1 AND b = $2");
        assert_eq!(marked(DbBackend::Sqlite, "a = ? AND b = ?"), "a = ? AND b = ?");
    }

    #[test]
    fn portions_are_powers_of_two_and_nothing_is_left_out() {
        for (rows, expected) in [(0, vec![]), (1, vec![1]), (7, vec![4, 2, 1]), (600, vec![256, 256, 64, 16, 8])] {
            let rows = vec![0; rows];
            assert_eq!(portions(&rows).map(<[_]>::len).collect::<Vec<_>>(), expected);
        }
    }
}
