//! One thread that writes rows: one commit for all that waits.

use std::path::Path;

use anyhow::{Context, Result, bail};
use rusqlite::Connection;
use tokio::sync::mpsc::{self, UnboundedSender};
use uuid::Uuid;

use super::Synchronous;

/// Rows that may wait; a full queue slows the conversations down.
const ROWS_WAITING_MAX: usize = 16 * 1024;
/// Rows of one commit.
const ROWS_A_COMMIT_MAX: usize = 4096;

/// An event on its way into the database.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) conversation: Uuid,
    pub(super) seq: i64,
    pub(super) body: String,
    /// Who hears of the commit and gets the body back. A conversation puts in no more than one answer of the model.
    pub(super) committed: Option<UnboundedSender<String>>,
}

/// Where rows are put in.
pub(super) type Rows = mpsc::Sender<Row>;

/// Opens the database in `folder` and starts the thread. It ends the process when it cannot write: a floor that stores
/// nothing is none.
pub(super) fn start(folder: &Path, synchronous: Synchronous) -> Result<Rows> {
    let connection = open(&folder.join("floor.db"), synchronous)?;
    let (rows, mut waiting) = mpsc::channel(ROWS_WAITING_MAX);
    std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
        if let Err(error) = write(&connection, &mut waiting) {
            println!("the floor cannot write: {error:#}");
            std::process::exit(1);
        }
    })?;
    Ok(rows)
}

fn open(path: &Path, synchronous: Synchronous) -> Result<Connection> {
    let connection = Connection::open(path).with_context(|| path.display().to_string())?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        bail!("SQLite keeps `journal_mode` at `{mode}` on {}; WAL needs a local disk", path.display());
    }
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {};
         CREATE TABLE event (conversation BLOB NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
                             PRIMARY KEY (conversation, seq)) WITHOUT ROWID;",
        synchronous.word()
    ))?;
    Ok(connection)
}

fn write(connection: &Connection, waiting: &mut mpsc::Receiver<Row>) -> Result<()> {
    let mut begin = connection.prepare("BEGIN IMMEDIATE")?;
    let mut insert = connection.prepare("INSERT INTO event (conversation, seq, body) VALUES (?1, ?2, ?3)")?;
    let mut commit = connection.prepare("COMMIT")?;
    let mut rows = Vec::with_capacity(ROWS_A_COMMIT_MAX);
    while waiting.blocking_recv_many(&mut rows, ROWS_A_COMMIT_MAX) > 0 {
        begin.execute([])?;
        for row in &rows {
            insert.execute((row.conversation.as_bytes(), row.seq, &row.body))?;
        }
        commit.execute([])?;
        for row in rows.drain(..) {
            if let Some(committed) = row.committed {
                // A client that left has no use for it.
                committed.send(row.body).ok();
            }
        }
    }
    Ok(())
}
