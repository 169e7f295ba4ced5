//! What the handlers share.

use std::{sync::Arc, time::Duration};

use actix::Addr;
use protocol::ConversationId;
use secrecy::SecretString;
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    actors::{
        agent::AgentActors,
        callers::Callers,
        client::ConversationClient,
        figures::Figures,
        persistence::PersistenceHandle,
        rate::Rate,
        registry::ConversationRegistry,
        retention::{RetentionActor, SweepFigures},
        router::Router,
        session::SessionParts,
        supervisor::SupervisorHandle,
    },
    agent::catalog::Catalog,
    clock::Clock,
    store::{ConversationKey, Owner, Store},
};

/// Bounds of HTTP; from config `limits`.
#[derive(Debug, Clone)]
pub struct HttpLimits {
    /// The longest text of a message.
    pub content_bytes_max: usize,
    /// The longest body.
    pub body_bytes_max: usize,
    /// How long a body may take, and a message of a WebSocket that came in part.
    pub body_timeout: Duration,
    /// How fast a body must come at least, in bytes a second; 0: no matter how fast.
    pub body_bytes_per_second_min: usize,
    /// Frames of one WebSocket, whatever they are: pieces of messages, pings and pongs too.
    pub frames: Rate,
    /// How long `?wait=true` waits.
    pub wait_time_max: Duration,
    /// The longest frame that is read at all, to be refused politely.
    pub frame_bytes_read_max: usize,
    /// Between pings.
    pub websocket_ping_interval: Duration,
    /// How long a pong may take.
    pub websocket_pong_timeout: Duration,
    /// Between heartbeats of an idle event stream.
    pub sse_heartbeat: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            content_bytes_max: 32 * 1024,
            body_bytes_max: 256 * 1024,
            body_timeout: Duration::from_secs(15),
            body_bytes_per_second_min: 512,
            frames: Rate { per_second: 200, burst: 400 },
            wait_time_max: Duration::from_mins(1),
            frame_bytes_read_max: 1024 * 1024,
            websocket_ping_interval: Duration::from_secs(25),
            websocket_pong_timeout: Duration::from_secs(8),
            sse_heartbeat: Duration::from_secs(15),
        }
    }
}

/// What the handlers share.
pub struct Hub {
    /// Asks conversations. Handlers take [`Hub::asker`].
    pub client: ConversationClient,
    /// What sessions are built from.
    pub sessions: SessionParts,
    /// How much each caller asks.
    pub callers: Arc<Callers>,
    /// Where to read.
    pub store: Arc<dyn Store>,
    /// Whether it can be written.
    pub persistence: PersistenceHandle,
    /// Who is plugged in.
    pub catalog: Arc<Catalog>,
    /// Their actors.
    pub agents: AgentActors,
    /// Who would answer.
    pub router: Arc<Router>,
    /// The supervision tree, the root first.
    pub supervisors: Vec<SupervisorHandle>,
    /// Who is live.
    pub registry: Addr<ConversationRegistry>,
    /// Who lets go of what is not kept any more.
    pub retention: Addr<RetentionActor>,
    /// What it did so far.
    pub swept: Arc<SweepFigures>,
    /// What the actors count.
    pub figures: Figures,
    /// Opens `/api/admin`.
    pub admin_token: SecretString,
    /// Pages of other origins that may call.
    pub cors_origins: Vec<String>,
    /// The bounds.
    pub limits: HttpLimits,
    /// Cancelled when no new work is taken any more because the server goes down.
    pub draining: CancellationToken,
    /// Cancelled when what still runs is to be stopped, because the process is about to end.
    pub stopping: CancellationToken,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The runtime that does the I/O.
    pub io: Handle,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Hub {
    /// The caller's conversation of this name.
    pub fn key(&self, owner: Owner, id: ConversationId) -> ConversationKey {
        ConversationKey { owner, id }
    }

    /// Asks conversations, with an order of its own: one request never waits for another.
    pub fn asker(&self) -> ConversationClient {
        self.client.for_session()
    }

    /// Asks the store whether it answers, and tells [`PersistenceHandle::health`], also where nobody waits for it any
    /// more: on a server that nobody writes to, nothing else would find out.
    pub fn ask_store(&self) -> JoinHandle<()> {
        let (store, persistence) = (Arc::clone(&self.store), self.persistence.clone());
        self.io.spawn(async move { persistence.health().pinged(store.ping().await) })
    }

    /// Whether the server goes down.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }
}
