//! Where the truth is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ByteSize, ConnectionUrl, HumanDuration};

/// Where the truth is kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://…`; wins over `--data`. An address with a password goes into `env:NAME` or `file:PATH`. Without it: `switchboard.db` in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "ConnectionUrl",
        extend("x-schemes" = ["sqlite", "postgres"]),
        extend("x-expected" = "`sqlite://PATH`, `postgres://…`, `env:NAME` or `file:PATH`")
    )]
    pub url: Option<ConnectionUrl>,
    /// SQLite alone: `full` loses nothing at a power loss; `normal` is faster and may then lose the last moments.
    pub synchronous: Synchronous,
    /// SQLite alone: how often what was written is moved from the write-ahead log into the file. With `synchronous: normal` a power loss may take the commits of about this long.
    #[schemars(extend("x-duration" = { "min": "100ms", "max": "1m" }))]
    pub checkpoint_interval: HumanDuration,
    /// SQLite alone: the size of the write-ahead log from which on it is moved to its end within a commit, to begin anew.
    #[schemars(extend("x-size" = { "min": "1MiB", "max": "1GiB" }))]
    pub log_bytes_max: ByteSize,
    /// Connections to the database. SQLite writes through one of them, whatever this says.
    #[schemars(range(min = 1, max = 1000))]
    pub connections_max: u32,
    /// How long to wait for a free connection before the database counts as not available.
    #[schemars(extend("x-duration" = { "min": "100ms", "max": "5m" }))]
    pub acquire_timeout: HumanDuration,
    /// How long one statement may take. PostgreSQL ends it then; a read that is not answered by then is given up.
    #[schemars(extend("x-duration" = { "min": "100ms", "max": "5m" }))]
    pub statement_timeout: HumanDuration,
    /// How long a commit may take in all, also where the database falls silent. Then it is tried again, which finds out what became of it; PostgreSQL ends what the first try left open after the same time.
    #[schemars(extend("x-duration" = { "min": "100ms", "max": "5m" }))]
    pub commit_timeout: HumanDuration,
}

/// What a commit on SQLite waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    /// The disk has it.
    Full,
    /// The operating system has it.
    Normal,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            synchronous: Synchronous::Full,
            checkpoint_interval: HumanDuration::from_secs(1),
            log_bytes_max: ByteSize::from_mib(32),
            connections_max: 8,
            acquire_timeout: HumanDuration::from_secs(5),
            statement_timeout: HumanDuration::from_secs(10),
            commit_timeout: HumanDuration::from_secs(20),
        }
    }
}
