//! Switchboard's own config for a run.

use std::{path::Path, time::Duration};

use crate::{cli::RunOptions, floor::Synchronous};

/// What is raised over the defaults, in words for the report.
pub(crate) const RAISED: &str = "limits.runs_concurrent_max 64 → 4096, limits.sessions_max and sessions_per_caller_max → 20000, limits.calls_per_second_max and calls_burst_max → 100000, in deaf nothing, in idle alone limits.conversation_idle 1m → 30s (10s with --quick) and limits.websocket_ping_interval 25s → 5m";

/// In the scenario `idle`: long enough for all conversations to be in memory at once, and no longer.
pub(crate) fn conversation_idle(options: &RunOptions) -> Duration {
    Duration::from_secs(if options.quick { 10 } else { 30 })
}

/// What is changed of the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// Nothing: they are what is measured.
    Default,
    /// So far that they are not what is measured.
    Raised,
    /// Raised, with conversations that stay in memory for so long with nothing to do.
    Idle(Duration),
    /// Raised, with an agent that walks a graph.
    Workflow,
}

/// Steps of the graph that is walked.
pub(crate) const STEPS: usize = 20;

impl Bounds {
    /// As a section of the config.
    fn section(self) -> String {
        let raised = "runs_concurrent_max: 4096, sessions_max: 20000, sessions_per_caller_max: 20000, \
                      calls_per_second_max: 100000, calls_burst_max: 100000";
        match self {
            Self::Default => String::new(),
            Self::Raised | Self::Workflow => format!("limits: {{ {raised} }}\n"),
            // The clients of this scenario wait without reading, so they answer no ping.
            Self::Idle(idle) => {
                let idle = idle.as_secs();
                format!("limits: {{ {raised}, conversation_idle: {idle}s, websocket_ping_interval: 5m }}\n")
            }
        }
    }

    /// Agents beside the model, as items of the config's list.
    fn agents(self) -> String {
        if self != Self::Workflow {
            return String::new();
        }
        let step = |at: usize| match at {
            STEPS => format!("s{at}: {{ say: Done. }}"),
            _ => format!("s{at}: {{ say: 'Step {at} of {{{{ user.message }}}}', then: s{} }}", at + 1),
        };
        let nodes = (1..=STEPS).map(step).collect::<Vec<_>>().join(", ");
        format!(
            "  - {{ id: walker, kind: workflow, intents: [walk], workflow: {{ type: graph, start: s1, nodes: {{ {nodes} }} }} }}\n"
        )
    }
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
pub(crate) fn config(port: u16, upstream: &str, data: &Path, database: &Database, bounds: Bounds) -> String {
    let database = match database {
        Database::Sqlite(synchronous) => {
            let path = data.join("switchboard.db");
            format!("{{ url: \"sqlite://{}\", synchronous: {} }}", path.display(), synchronous.word())
        }
        Database::Postgres(_) => format!("{{ url: \"env:{DATABASE_URL_VARIABLE}\" }}"),
    };
    let (limits, agents) = (bounds.section(), bounds.agents());
    format!(
        "server: {{ port: {port} }}\n\
         database: {database}\n\
         models:\n  \
           pour: {{ base_url: \"{upstream}\", model: fake, retries_max: 0 }}\n\
         routing: {{ fallback: speaker }}\n\
         {limits}\
         agents:\n  \
           - {{ id: speaker, kind: model, name: Speaker, description: Says tokens., model: pour }}\n{agents}"
    )
}
