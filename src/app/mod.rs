//! The wiring: from options to a server that runs, and down again.

pub mod data_dir;
mod drain;
mod start;

use std::time::Duration;

use secrecy::SecretString;

pub use self::{
    data_dir::{DataDir, DataDirError},
    drain::Stopped,
    start::{Running, StartError, runtime},
};
use crate::{
    actors::{
        conversation::ConversationBounds, persistence::GroupBounds, policy::RestartPolicy, run::HistoryBounds,
        session::SessionBounds, topic::TailBounds,
    },
    agent::catalog::AgentSlot,
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
    /// How long running turns may go on when the server goes down.
    pub drain_timeout: Duration,
}
