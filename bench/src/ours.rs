//! Switchboard's own config for a run.

use std::{path::Path, time::Duration};

use crate::{cli::RunOptions, floor::Synchronous};

/// What is raised over the defaults, in words for the report.
pub(crate) const RAISED: &str = "limits.runs_concurrent_max 64 → 4096, limits.sessions_max and sessions_per_caller_max → 20000, limits.calls_per_second_max and calls_burst_max → 100000, in idle alone limits.conversation_idle 1m → 30s (10s with --quick) and limits.websocket_ping_interval 25s → 5m";

/// In the scenario `idle`: long enough for all conversations to be in memory at once, and no longer.
pub(crate) fn conversation_idle(options: &RunOptions) -> Duration {
    Duration::from_secs(if options.quick { 10 } else { 30 })
}

/// Where a config of Switchboard finds an address that may hold a password.
pub(crate) const DATABASE_URL_VARIABLE: &str = "BENCH_DATABASE_URL";

/// Where the truth is kept.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(Synchronous),
    Postgres(String),
}

/// A config with one agent: the model at `upstream`.
pub(crate) fn config(port: u16, upstream: &str, data: &Path, database: &Database, idle: Option<Duration>) -> String {
    let database = match database {
        Database::Sqlite(synchronous) => {
            let path = data.join("switchboard.db");
            format!("{{ url: \"sqlite://{}\", synchronous: {} }}", path.display(), synchronous.word())
        }
        Database::Postgres(_) => format!("{{ url: \"env:{DATABASE_URL_VARIABLE}\" }}"),
    };
    // The clients of this scenario wait without reading, so they answer no ping.
    let idle = idle.map_or_else(String::new, |idle| {
        format!(", conversation_idle: {}s, websocket_ping_interval: 5m", idle.as_secs())
    });
    format!(
        "server: {{ port: {port} }}\n\
         database: {database}\n\
         models:\n  \
           pour: {{ base_url: \"{upstream}\", model: fake, retries_max: 0 }}\n\
         routing: {{ fallback: speaker }}\n\
         limits: {{ runs_concurrent_max: 4096, sessions_max: 20000, sessions_per_caller_max: 20000, calls_per_second_max: \
         100000, calls_burst_max: 100000{idle} }}\n\
         agents:\n  \
           - {{ id: speaker, kind: model, name: Speaker, description: Says tokens., model: pour }}\n"
    )
}
