//! What a run leaves behind, as the checker reads it: words and numbers, no type of the server.

/// Everything that is known of a run.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What each client sent and saw.
    pub histories: Vec<History>,
    /// What the database has.
    pub stored: Vec<Stored>,
    /// What reached the tool.
    pub calls: Vec<Call>,
    /// Secrets that may stand nowhere.
    pub canaries: Vec<String>,
    /// Where they are looked for: a name and a text. What clients heard is searched as well.
    pub texts: Vec<(String, String)>,
    /// What had not come to rest when waiting was given up, in words.
    pub restless: Vec<String>,
    /// Of the messages after the last fault: how many, and how many were answered.
    pub calm: Calm,
    /// The power went under `synchronous: normal`: what was stored last may be gone where the epoch is another one.
    pub may_go_back: bool,
}

/// The phase without faults.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calm {
    /// Messages that were sent.
    pub asked: usize,
    /// Those whose turn was completed.
    pub completed: usize,
}

/// One client.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Which.
    pub client: String,
    /// Of which conversation.
    pub conversation: String,
    /// In the order in which it happened.
    pub notes: Vec<Note>,
    /// Every byte of text that came, for the search.
    pub heard: String,
}

/// What happened to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// It follows, on a new connection, right after this event.
    Joined {
        /// Its place.
        after: i64,
    },
    /// An event came.
    Saw {
        /// The history that it belongs to.
        epoch: String,
        /// Its place.
        seq: i64,
        /// Its bytes.
        bytes: String,
    },
    /// The server said that it cannot go on exactly.
    Lost {
        /// Why.
        reason: String,
    },
    /// A message was acknowledged.
    Acked {
        /// The client's own id.
        id: String,
        /// What it said.
        content: String,
        /// The turn that the server named.
        turn: String,
        /// The place that it named.
        seq: i64,
        /// In which history.
        epoch: String,
    },
}

/// A conversation in the database.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// As clients name it.
    pub conversation: String,
    /// Its history.
    pub epoch: String,
    /// The oldest event that is kept.
    pub first: i64,
    /// The newest.
    pub head: i64,
    /// The log.
    pub rows: Vec<Row>,
    /// The turns.
    pub turns: Vec<Turn>,
    /// The clients' ids of all messages.
    pub client_message_ids: Vec<String>,
    /// The keys of all calls of tools that were to be made.
    pub tool_keys: Vec<String>,
}

/// A row of the log: one event a line.
#[derive(Debug, Clone)]
pub struct Row {
    /// The place of its first event.
    pub first: i64,
    /// The place of its last.
    pub last: i64,
    /// The events.
    pub body: String,
}

/// A turn's row.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Which.
    pub id: String,
    /// Where it ended.
    pub end: Option<i64>,
}

/// A call that reached the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `once` or `keyed`.
    pub tool: String,
    /// Its `Idempotency-Key`.
    pub key: Option<String>,
    /// Whose message it was for.
    pub tag: String,
}

impl Stored {
    /// Each event with its place, as far as the rows say.
    pub fn events(&self) -> impl Iterator<Item = (i64, &str)> {
        self.rows.iter().flat_map(|row| (row.first..).zip(row.body.lines()))
    }
}
