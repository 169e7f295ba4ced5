//! The wiring: from options to a server that runs, and down again.

mod agents;
mod banner;
mod build;
pub mod data_dir;
mod drain;
mod from_config;
mod restore;
mod sandbox;
mod serve;
mod start;
mod tools;

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;

pub use self::{
    agents::PlugError,
    data_dir::{DataDir, DataDirError},
    drain::{Signals, Stopped},
    restore::{RestoreError, run_backup, run_epochs, run_restore},
    sandbox::{SandboxError, Services, Settings as SandboxSettings, run_sandbox},
    serve::{ServeError, serve},
    start::{Running, StartError, runtime},
};
use crate::{
    actors::{
        callers::CallerBounds, conversation::ConversationBounds, persistence::GroupBounds, policy::RestartPolicy,
        retention::RetentionBounds, run::HistoryBounds, session::SessionBounds, topic::TailBounds,
    },
    agent::catalog::AgentSlot,
    clock::{Clock, SystemClock},
    context::HAND_OVER_TTL,
    http::{HttpLimits, ServerOptions},
    routing::RouteRules,
};

/// Everything that a server is started with, checked before.
#[derive(Debug)]
pub struct Options {
    /// Where to listen.
    pub server: ServerOptions,
    /// Pages of other origins that may call.
    pub cors_origins: Vec<String>,
    /// The agents that are plugged in.
    pub agents: Vec<AgentSlot>,
    /// How the router decides.
    pub rules: RouteRules,
    /// Opens `/api/admin`.
    pub admin_token: SecretString,
    /// How failed actors come back.
    pub restarts: RestartPolicy,
    /// Bounds of conversations.
    pub conversations: ConversationBounds,
    /// Bounds of sessions.
    pub sessions: SessionBounds,
    /// Bounds of one caller.
    pub callers: CallerBounds,
    /// Bounds of HTTP.
    pub http: HttpLimits,
    /// Bounds of the tail in memory.
    pub tail: TailBounds,
    /// Bounds of group commits.
    pub group: GroupBounds,
    /// Writers of the store at the same time: 1 for SQLite.
    pub store_shards: usize,
    /// Bounds of what a run is told of the past.
    pub history: HistoryBounds,
    /// How long what one agent hands to another can be read.
    pub hand_over_ttl: Duration,
    /// What is kept, and for how long.
    pub retention: RetentionBounds,
    /// How long running turns may go on when the server goes down.
    pub drain_timeout: Duration,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// These agents with every bound at its default: for tests, and for servers built into other programs.
    pub fn new(agents: Vec<AgentSlot>, rules: RouteRules, admin_token: SecretString) -> Self {
        Self {
            server: ServerOptions::default(),
            cors_origins: Vec::new(),
            agents,
            rules,
            admin_token,
            restarts: RestartPolicy::default(),
            conversations: ConversationBounds::default(),
            sessions: SessionBounds::default(),
            callers: CallerBounds::default(),
            http: HttpLimits::default(),
            tail: TailBounds::default(),
            group: GroupBounds::default(),
            store_shards: 1,
            history: HistoryBounds::default(),
            hand_over_ttl: HAND_OVER_TTL,
            retention: RetentionBounds::default(),
            drain_timeout: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
        }
    }
}
