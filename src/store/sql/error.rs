//! What a database error means for a caller.

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

use crate::store::StoreError;

/// Why a step of a commit did not work.
#[derive(Debug)]
pub(super) enum Failure {
    /// The data of one part of the group breaks a rule: the part would fail again, the others would not.
    Part(String),
    /// The group cannot be stored.
    Store(StoreError),
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        match meaning(&error) {
            Meaning::BadData => Self::Part(error.to_string()),
            Meaning::Damaged => Self::Store(StoreError::Damaged(error.to_string())),
            Meaning::Unavailable => Self::Store(StoreError::Unavailable(in_words(&error))),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Part(reason) => Self::Unavailable(reason),
            Failure::Store(error) => error,
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        Failure::from(error).into()
    }
}

/// The pool names neither the reason nor the key that it goes by.
fn in_words(error: &DbErr) -> String {
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            "no connection within `database.acquire_timeout`: the database cannot be reached, or all of its \
             `database.connections_max` connections are in use"
                .to_owned()
        }
        other => other.to_string(),
    }
}

/// Says that what is stored cannot be read.
pub(super) fn damaged(what: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{what}: {error}"))
}

enum Meaning {
    BadData,
    Damaged,
    Unavailable,
}

fn meaning(error: &DbErr) -> Meaning {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => of_driver(error),
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => Meaning::Damaged,
        _ => Meaning::Unavailable,
    }
}

fn of_driver(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Meaning::Damaged,
        sqlx::Error::Database(error) => of_code(error.code().as_deref().unwrap_or_default()),
        _ => Meaning::Unavailable,
    }
}

/// PostgreSQL says five characters whose first two are the class; SQLite says a number whose low byte is the class.
fn of_code(code: &str) -> Meaning {
    if code.len() == 5 {
        return match code.get(..2) {
            // Cardinality violation, data exception, constraint violation, program limit exceeded.
            Some("21" | "22" | "23" | "54") => Meaning::BadData,
            _ if matches!(code, "XX001" | "XX002") => Meaning::Damaged,
            _ => Meaning::Unavailable,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH.
        Ok(18..=20) => Meaning::BadData,
        // SQLITE_CORRUPT, SQLITE_NOTADB.
        Ok(11 | 26) => Meaning::Damaged,
        _ => Meaning::Unavailable,
    }
}
