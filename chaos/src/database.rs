//! The truth as it lies in the tables, read without a line of the server's code.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement};
use uuid::Uuid;

use crate::checker::evidence::{Row, Stored, Turn};

/// Tables whose text is searched for secrets.
const TABLES: &[&str] = &[
    "conversations",
    "events",
    "turns",
    "messages",
    "agent_interactions",
    "agent_conversation_data",
    "agent_switches",
    "tool_effects",
    "steers_taken",
    "workflow_checkpoints",
    "approvals",
];

/// A database of a PostgreSQL server, for one run.
#[derive(Debug)]
pub struct OwnPostgres {
    server: String,
    name: String,
}

impl OwnPostgres {
    /// Makes an empty one.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn create(server: &str) -> Result<Self> {
        let name = format!("chaos_{}", Uuid::new_v4().simple());
        let admin = Database::connect(server).await.context("PostgreSQL (TEST_DATABASE_URL)")?;
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        admin.close().await?;
        Ok(Self { server: server.to_owned(), name })
    }

    /// The server is to be found there from here on.
    pub fn move_to(&mut self, server: &str) {
        server.clone_into(&mut self.server);
    }

    /// How it is reached without the proxy.
    pub fn url(&self) -> String {
        let (front, _) = self.server.rsplit_once('/').unwrap_or((&self.server, ""));
        format!("{front}/{}", self.name)
    }

    /// How it is reached at another address.
    pub fn url_at(&self, address: SocketAddr) -> String {
        self.url().replacen(host_of(&self.server), &address.to_string(), 1)
    }

    /// Where the server listens.
    ///
    /// # Errors
    /// Where the URL has no address.
    pub fn address(&self) -> Result<SocketAddr> {
        host_of(&self.server).parse().context("TEST_DATABASE_URL must have an address and a port")
    }

    /// Removes it.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn remove(self) -> Result<()> {
        let admin = Database::connect(&self.server).await?;
        admin.execute_unprepared(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await?;
        Ok(admin.close().await?)
    }
}

/// `127.0.0.1:5432` of `postgres://user@127.0.0.1:5432/name`.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or(rest);
    place.rsplit('@').next().unwrap_or(place)
}

/// What is stored of every conversation, and the text of all tables.
///
/// # Errors
/// Those of the database.
pub async fn read(url: &str) -> Result<(Vec<Stored>, String)> {
    let database = Database::connect(url).await.with_context(|| format!("reading {url}"))?;
    let mut stored = Vec::new();
    let all = "SELECT id, public_id, epoch, first_seq, head FROM conversations";
    for row in rows(&database, all, None).await? {
        stored.push(conversation(&database, &row).await?);
    }
    let text =
        if database.get_database_backend() == DbBackend::Postgres { text(&database).await? } else { String::new() };
    database.close().await?;
    Ok((stored, text))
}

/// The bytes of every file of a folder, for a search; the admin token has its own file, as it should.
///
/// # Errors
/// Those of reading.
pub fn files(folder: &Path) -> Result<String> {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != "admin-token" {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(entry.path())?));
        }
    }
    Ok(text)
}

async fn conversation(database: &DatabaseConnection, row: &QueryResult) -> Result<Stored> {
    let id: Uuid = row.try_get_by_index(0)?;
    let public: Uuid = row.try_get_by_index(1)?;
    let events = "SELECT seq_first, seq_last, body FROM events WHERE conversation_id = ? ORDER BY seq_first";
    let turns = "SELECT id, seq_end FROM turns WHERE conversation_id = ? ORDER BY seq_accepted";
    let messages = "SELECT client_message_id FROM messages WHERE conversation_id = ? AND client_message_id IS NOT NULL";
    let keys = "SELECT idempotency_key FROM tool_effects WHERE conversation_id = ?";
    let (mut log, mut ends, mut ids, mut tool_keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows(database, events, Some(id)).await? {
        log.push(Row {
            first: row.try_get_by_index(0)?,
            last: row.try_get_by_index(1)?,
            body: row.try_get_by_index(2)?,
        });
    }
    for row in rows(database, turns, Some(id)).await? {
        let turn: Uuid = row.try_get_by_index(0)?;
        ends.push(Turn { id: turn.to_string(), end: row.try_get_by_index(1)? });
    }
    for row in rows(database, messages, Some(id)).await? {
        ids.push(row.try_get_by_index(0)?);
    }
    for row in rows(database, keys, Some(id)).await? {
        tool_keys.push(row.try_get_by_index(0)?);
    }
    Ok(Stored {
        conversation: public.to_string(),
        epoch: row.try_get_by_index(2)?,
        first: row.try_get_by_index(3)?,
        head: row.try_get_by_index(4)?,
        rows: log,
        turns: ends,
        client_message_ids: ids,
        tool_keys,
    })
}

async fn rows(database: &DatabaseConnection, sql: &str, id: Option<Uuid>) -> Result<Vec<QueryResult>> {
    let backend = database.get_database_backend();
    let sql = if backend == DbBackend::Postgres { sql.replacen('?', "$1", 1) } else { sql.to_owned() };
    let values = id.into_iter().map(Into::into);
    Ok(database.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?)
}

async fn text(database: &DatabaseConnection) -> Result<String> {
    let mut text = String::new();
    for table in TABLES {
        for row in rows(database, &format!("SELECT row_to_json(t)::text FROM {table} t"), None).await? {
            text.push_str(&row.try_get_by_index::<String>(0)?);
            text.push('\n');
        }
    }
    Ok(text)
}
