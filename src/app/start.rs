//! Starting, from the bottom up.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock, atomic::AtomicUsize},
};

use actix_web::{dev::ServerHandle, web::Data};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::Options;
use crate::{
    actors::{
        agent::{self, AgentActors},
        arbiters::Arbiters,
        client::ConversationClient,
        conversation::ConversationParts,
        guard::{self, ChildSpec},
        persistence::{self, Health, PersistenceParts},
        policy::RestartPolicy,
        registry::ConversationRegistry,
        retention::{RetentionActor, RetentionParts, SweepFigures},
        router::Router,
        run::RunParts,
        session::SessionParts,
        supervisor::{Escalation, Lifetime, Supervisor, SupervisorHandle},
        topic::Topics,
    },
    agent::catalog::Catalog,
    clock::Clock,
    context::ContextStore,
    http::{self, Hub, Serving},
    store::Store,
};

/// Threads for actors. Their handlers only decide and pass on; the work is on the runtime.
const ARBITERS: usize = 2;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken or the address is not ours.
    #[error("cannot listen on {address}: {source}; set another one with `server.port` or SWITCHBOARD_SERVER__PORT")]
    Listen {
        /// What was tried.
        address: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The runtime, a thread or a socket could not be had.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
    /// The store could not be read at the start.
    #[error("the store cannot be read: {0}")]
    Store(#[from] crate::store::StoreError),
}

/// The one runtime that all actors, sockets and runs share. It lives as long as the process.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> std::io::Result<&'static Runtime> {
    let runtime = Builder::new_multi_thread().enable_all().thread_name("switchboard").build()?;
    Ok(Box::leak(Box::new(runtime)))
}

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its handlers share.
    pub hub: Data<Hub>,
    /// Cancelled when something that everything stands on was given up.
    pub fatal: CancellationToken,
    pub(super) server: ServerHandle,
    pub(super) serving: JoinHandle<std::io::Result<()>>,
    pub(super) drain_timeout: std::time::Duration,
}

/// The supervisors of the three levels.
struct Levels {
    root: SupervisorHandle,
    agents: SupervisorHandle,
    conversations: SupervisorHandle,
}

impl Running {
    /// Starts everything. Must be called inside the actix system of `runtime`.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running that would take messages.
    pub async fn start(
        runtime: &'static Runtime,
        options: Options,
        store: Arc<dyn Store>,
        context: Arc<dyn ContextStore>,
    ) -> Result<Self, StartError> {
        let address = format!("{}:{}", options.server.host, options.server.port);
        let listener = http::bind(&options.server).map_err(|source| StartError::Listen { address, source })?;
        let address = listener.local_addr()?;
        let fatal = CancellationToken::new();
        let drain_timeout = options.drain_timeout;
        let server_options = options.server.clone();
        let hub = Data::new(build(runtime, options, store, context, &fatal).await?);
        let serving = Serving::start(listener, hub.clone(), &server_options)?;
        let server = serving.server.handle();
        let serving = actix_rt::spawn(serving.server);
        let running = Self { address, hub, fatal, server, serving, drain_timeout };
        running.go_on_with_what_was_open().await?;
        Ok(running)
    }

    /// Wakes every conversation whose turn was open when the last process stopped.
    async fn go_on_with_what_was_open(&self) -> Result<(), StartError> {
        let store = Arc::clone(&self.hub.store);
        let open =
            self.hub.io.spawn(async move { store.unfinished().await }).await.map_err(std::io::Error::other)??;
        if open.is_empty() {
            return Ok(());
        }
        tracing::info!(conversations = open.len(), "going on with turns that were open");
        let hub = self.hub.clone();
        actix_rt::spawn(async move {
            for key in open {
                if let Err(refusal) = hub.client.wake(&key).await {
                    tracing::warn!(conversation = %key.id, %refusal, "an open turn could not be taken up");
                }
            }
        });
        Ok(())
    }
}

async fn build(
    runtime: &'static Runtime,
    options: Options,
    store: Arc<dyn Store>,
    context: Arc<dyn ContextStore>,
    fatal: &CancellationToken,
) -> Result<Hub, StartError> {
    let clock = options.clock;
    let io = runtime.handle().clone();
    let arbiters = Arc::new(Arbiters::start(ARBITERS, runtime));
    let catalog = Arc::new(Catalog::new(options.agents));
    apply_switches(store.as_ref(), &catalog).await?;
    let levels = start_supervisors(&arbiters, &catalog, &clock, fatal);
    let persistence =
        start_persistence(&arbiters, &levels, &options.restarts, &store, &io, options.group, options.store_shards);
    let run_parts = RunParts {
        store: Arc::clone(&store),
        context: Arc::clone(&context),
        catalog: Arc::clone(&catalog),
        history: options.history,
    };
    let agents = AgentActors::start(&arbiters, &levels.agents, &options.restarts, &io, &run_parts);
    let router = Arc::new(Router::new(Arc::clone(&catalog), options.rules));
    let topics = Arc::new(Topics::new(options.tail));
    let content_bytes_max = options.http.content_bytes_max;
    let parts = ConversationParts {
        store: Arc::clone(&store),
        persistence: persistence.clone(),
        router: Arc::clone(&router),
        agents: agents.clone(),
        topics: Arc::clone(&topics),
        arbiters: Arc::clone(&arbiters),
        supervisor: levels.conversations.clone(),
        registry: Arc::new(OnceLock::new()),
        clock: Arc::clone(&clock),
        io: io.clone(),
        bounds: options.conversations,
    };
    let registry = start_registry(&arbiters, &levels, parts, &options.restarts);
    let (figures, bounds) = (Arc::<SweepFigures>::default(), options.retention);
    let (swept, sweeps) = (Arc::clone(&store), io.clone());
    let retention =
        RetentionParts { store: swept, io: sweeps, clock: Arc::clone(&clock), bounds, figures: Arc::clone(&figures) };
    let retention = start_retention(&arbiters, &levels, retention, &options.restarts);
    let client = ConversationClient {
        registry: registry.clone(),
        store: Arc::clone(&store),
        io: io.clone(),
        content_bytes_max,
        context,
        catalog: Arc::clone(&catalog),
        order: Arc::default(),
    };
    let closing = CancellationToken::new();
    let (bounds, count) = (Arc::new(options.sessions), Arc::new(AtomicUsize::new(0)));
    let sessions = SessionParts { client: client.clone(), topics, bounds, closing, count };
    Ok(Hub {
        client,
        sessions,
        store,
        persistence,
        catalog,
        agents,
        router,
        supervisors: vec![levels.root, levels.agents, levels.conversations],
        registry,
        retention,
        swept: figures,
        admin_token: options.admin_token,
        cors_origins: options.cors_origins,
        limits: options.http,
        draining: CancellationToken::new(),
        clock,
        io,
    })
}

/// What an operator said about an agent goes before what config says.
async fn apply_switches(store: &dyn Store, catalog: &Catalog) -> Result<(), StartError> {
    for (id, enabled) in store.agent_switches().await? {
        if let Some(slot) = catalog.get(&id) {
            slot.set_enabled(enabled);
        } else {
            tracing::info!(agent_id = %id, enabled, "an agent that is not plugged in was switched before");
        }
    }
    Ok(())
}

fn start_supervisors(
    arbiters: &Arbiters,
    catalog: &Arc<Catalog>,
    clock: &Arc<dyn Clock>,
    fatal: &CancellationToken,
) -> Levels {
    let start = |name: &str, escalation, on_change| {
        Supervisor::start_on(arbiters.of(&name), name, escalation, Arc::clone(clock), on_change)
    };
    Levels {
        root: start("root", Escalation::Fatal(fatal.clone()), Box::new(|_, _| {})),
        agents: start("agents", Escalation::Quarantine, agent::on_change(Arc::clone(catalog))),
        conversations: start("conversations", Escalation::Quarantine, Box::new(|_, _| {})),
    }
}

fn start_persistence(
    arbiters: &Arbiters,
    levels: &Levels,
    policy: &RestartPolicy,
    store: &Arc<dyn Store>,
    io: &Handle,
    bounds: persistence::GroupBounds,
    shards: usize,
) -> persistence::PersistenceHandle {
    let spec = permanent("persistence", policy);
    let parts =
        PersistenceParts { store: Arc::clone(store), io: io.clone(), bounds, health: Arc::new(Health::default()) };
    persistence::start(arbiters, &levels.root, &spec, shards, parts)
}

fn start_registry(
    arbiters: &Arbiters,
    levels: &Levels,
    parts: ConversationParts,
    policy: &RestartPolicy,
) -> actix::Addr<ConversationRegistry> {
    let (known, theirs) = (Arc::clone(&parts.registry), policy.clone());
    let spec = permanent("registry", policy);
    let make = move |leave| ConversationRegistry::new(parts, theirs, leave);
    let addr = guard::start(arbiters.of(&"registry"), &levels.root, spec, make).addr;
    known.get_or_init(|| addr.clone());
    addr
}

fn start_retention(
    arbiters: &Arbiters,
    levels: &Levels,
    parts: RetentionParts,
    policy: &RestartPolicy,
) -> actix::Addr<RetentionActor> {
    let spec = permanent("retention", policy);
    guard::start(arbiters.of(&"retention"), &levels.root, spec, move |leave| RetentionActor::new(parts, leave)).addr
}

fn permanent(name: &str, policy: &RestartPolicy) -> ChildSpec {
    ChildSpec {
        name: name.to_owned(),
        lifetime: Lifetime::Permanent,
        policy: policy.clone(),
        mailbox_messages_max: 1024,
    }
}
