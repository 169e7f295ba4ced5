//! The truth: one row a document in `agent_conversation_data`. Each write is one statement that compares the version.

use std::{borrow::Cow, sync::Arc, time::Duration};

use async_trait::async_trait;
use entity::{agent_conversation_data as row, conversation};
use protocol::{Timestamp, event::JsonObject};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, Select,
    prelude::{DateTimeUtc, Expr},
    sea_query::{InsertStatement, LockType, OnConflict, Query},
};
use serde_json::Value;
use uuid::Uuid;

use super::{ContextError, ContextKey, ContextScope, ContextStore, Entry, Versioned, storable};
use crate::{clock::Clock, store::sql::Connections};

/// Keeps documents in a table.
#[derive(Debug, Clone)]
pub struct SqlContext {
    connections: Connections,
    clock: Arc<dyn Clock>,
    entry_bytes_max: usize,
    answer_time_max: Duration,
}

/// What is written.
#[derive(Debug)]
struct New {
    value: JsonObject,
    expires_at: Option<DateTimeUtc>,
}

/// How long a call waits where nothing else was said.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);

impl SqlContext {
    /// Writes and reads through these connections, which on SQLite must be those of the log. Documents have at most
    /// `entry_bytes_max` bytes of JSON.
    pub fn new(connections: impl Into<Connections>, clock: Arc<dyn Clock>, entry_bytes_max: usize) -> Self {
        Self { connections: connections.into(), clock, entry_bytes_max, answer_time_max: ANSWER_TIME_MAX }
    }

    /// Gives up a call whose answer takes longer than this, the wait for a connection included.
    #[must_use]
    pub fn with_answer_time_max(self, answer_time_max: Duration) -> Self {
        Self { answer_time_max, ..self }
    }

    async fn in_time<T>(&self, call: impl Future<Output = Result<T, ContextError>>) -> Result<T, ContextError> {
        let time_max = self.answer_time_max;
        let late = |_| Err(ContextError::Unavailable(format!("the database was silent for {time_max:?}")));
        tokio::time::timeout(time_max, call).await.unwrap_or_else(late)
    }

    async fn find(&self, from: &DatabaseConnection, key: &ContextKey) -> Result<Entry, ContextError> {
        let found = select(key).one(from).await.map_err(unavailable)?;
        found.map_or(Ok(Entry::default()), |row| Ok(entry(row)?.at(self.clock.now())))
    }

    /// Version 0 to 1. Answers whether this call made the row.
    async fn create(&self, key: &ContextKey, new: New) -> Result<bool, ContextError> {
        let made = self.connections.writer().execute(&insert(key, new, self.clock.now().to_datetime())?).await;
        Ok(made.map_err(unavailable)?.rows_affected() == 1)
    }

    /// `expected` to the version after it. Answers whether the row stood at `expected`.
    async fn update(&self, key: &ContextKey, expected: i64, new: New) -> Result<bool, ContextError> {
        let changed = row::Entity::update_many()
            .col_expr(row::Column::Data, Expr::value(Value::Object(new.value)))
            .col_expr(row::Column::Version, Expr::value(expected + 1))
            .col_expr(row::Column::ExpiresAt, Expr::value(new.expires_at))
            .col_expr(row::Column::UpdatedAt, Expr::value(self.clock.now().to_datetime()))
            .filter(row::Column::Tenant.eq(&*key.tenant))
            .filter(row::Column::ConversationId.eq(key.conversation))
            .filter(row::Column::AgentId.eq(agent(key)))
            .filter(row::Column::DataType.eq(data_type(key)))
            .filter(row::Column::Version.eq(expected))
            .exec(&self.connections.writer())
            .await
            .map_err(unavailable)?;
        Ok(changed.rows_affected == 1)
    }
}

#[async_trait]
impl ContextStore for SqlContext {
    async fn read(&self, key: &ContextKey) -> Result<Entry, ContextError> {
        self.in_time(self.find(&self.connections.reader(), key)).await
    }

    async fn write(
        &self,
        key: &ContextKey,
        expected: u64,
        value: JsonObject,
        expires_at: Option<Timestamp>,
    ) -> Result<u64, ContextError> {
        let value = storable(value, self.entry_bytes_max)?;
        let new = New { value, expires_at: expires_at.map(Timestamp::to_datetime) };
        let done = match i64::try_from(expected) {
            Ok(0) => self.in_time(self.create(key, new)).await?,
            Ok(expected) if expected < i64::MAX => self.in_time(self.update(key, expected, new)).await?,
            // No row can stand there.
            _ => false,
        };
        if done {
            return Ok(expected + 1);
        }
        // Through the writer: a reader may be a moment behind.
        let current = self.in_time(self.find(&self.connections.writer(), key)).await?.document;
        // Nobody was first, and yet it could not be made.
        Err(if (expected, current.version) == (0, 0) { ContextError::Gone } else { ContextError::Conflict(current) })
    }
}

/// The row, where the conversation exists and was not erased: a run may write a moment after that. On PostgreSQL the
/// conversation is held meanwhile, so that an erasure comes before or after and never in between; SQLite has one writer.
fn insert(key: &ContextKey, new: New, now: DateTimeUtc) -> Result<InsertStatement, ContextError> {
    let columns = [
        (row::Column::Id, Expr::value(Uuid::now_v7())),
        (row::Column::Tenant, Expr::value(&*key.tenant)),
        (row::Column::ConversationId, Expr::value(key.conversation)),
        (row::Column::AgentId, Expr::value(agent(key))),
        (row::Column::DataType, Expr::value(data_type(key))),
        (row::Column::Data, Expr::value(Value::Object(new.value))),
        (row::Column::Version, Expr::value(1_i64)),
        (row::Column::ExpiresAt, Expr::value(new.expires_at)),
        (row::Column::CreatedAt, Expr::value(now)),
        (row::Column::UpdatedAt, Expr::value(now)),
    ];
    let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let conversation = Query::select()
        .exprs(values)
        .from(conversation::Entity)
        .and_where(conversation::Column::Id.eq(key.conversation))
        .and_where(conversation::Column::Tenant.eq(&*key.tenant))
        .and_where(conversation::Column::Status.ne("erased"))
        .lock(LockType::Share)
        .to_owned();
    let document = [row::Column::ConversationId, row::Column::AgentId, row::Column::DataType];
    Query::insert()
        .into_table(row::Entity)
        .columns(names)
        .select_from(conversation)
        .map(|insert| insert.on_conflict(OnConflict::columns(document).do_nothing().to_owned()).to_owned())
        .map_err(|error| ContextError::Unavailable(error.to_string()))
}

fn select(key: &ContextKey) -> Select<row::Entity> {
    row::Entity::find()
        .filter(row::Column::Tenant.eq(&*key.tenant))
        .filter(row::Column::ConversationId.eq(key.conversation))
        .filter(row::Column::AgentId.eq(agent(key)))
        .filter(row::Column::DataType.eq(data_type(key)))
}

fn entry(row: row::Model) -> Result<Entry, ContextError> {
    let version = u64::try_from(row.version).map_err(|_| damaged("its version is negative"))?;
    let Value::Object(value) = row.data else { return Err(damaged("it is no JSON object")) };
    Ok(Entry { document: Versioned { version, value }, expires_at: row.expires_at.map(Timestamp::from) })
}

/// Whose row it is: of what was handed over, the one whom it was handed to.
fn agent(key: &ContextKey) -> &str {
    match &key.scope {
        ContextScope::Shared => "",
        ContextScope::Agent(agent)
        | ContextScope::Document { agent, .. }
        | ContextScope::HandOver { to: agent, .. } => agent.as_str(),
    }
}

fn data_type(key: &ContextKey) -> Cow<'static, str> {
    match &key.scope {
        ContextScope::Shared => "shared_context".into(),
        ContextScope::Agent(_) => "state".into(),
        ContextScope::Document { name, .. } => (*name).into(),
        ContextScope::HandOver { from, .. } => format!("hand_over:{from}").into(),
    }
}

fn unavailable(error: DbErr) -> ContextError {
    ContextError::Unavailable(error.to_string())
}

fn damaged(why: &str) -> ContextError {
    ContextError::Unavailable(format!("a stored document is damaged: {why}"))
}
