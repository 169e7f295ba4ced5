//! Switchboard's own config for a run.

use std::path::Path;

use crate::floor::Synchronous;

/// What is raised over the defaults, in words for the report.
pub(crate) const RAISED: &str = "limits.runs_concurrent_max 64 → 4096, limits.sessions_max 10000 → 20000, limits.conversation_idle 1m → 2s (idle alone)";

/// Where a config of Switchboard finds an address that may hold a password.
pub(crate) const DATABASE_URL_VARIABLE: &str = "BENCH_DATABASE_URL";

/// Where the truth is kept.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(Synchronous),
    Postgres(String),
}

/// A config with one agent: the model at `upstream`.
pub(crate) fn config(port: u16, upstream: &str, data: &Path, database: &Database, idle: bool) -> String {
    let database = match database {
        Database::Sqlite(synchronous) => {
            let path = data.join("switchboard.db");
            format!("{{ url: \"sqlite://{}\", synchronous: {} }}", path.display(), synchronous.word())
        }
        Database::Postgres(_) => format!("{{ url: \"env:{DATABASE_URL_VARIABLE}\" }}"),
    };
    let idle = if idle { ", conversation_idle: 2s" } else { "" };
    format!(
        "server: {{ port: {port} }}\n\
         database: {database}\n\
         models:\n  \
           pour: {{ base_url: \"{upstream}\", model: fake, retries_max: 0 }}\n\
         routing: {{ fallback: speaker }}\n\
         limits: {{ runs_concurrent_max: 4096, sessions_max: 20000{idle} }}\n\
         agents:\n  \
           - {{ id: speaker, kind: model, name: Speaker, description: Says tokens., model: pour }}\n"
    )
}
