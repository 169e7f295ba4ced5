//! The actors and what they share, put together from the bottom up.

use std::sync::{Arc, OnceLock, atomic::AtomicUsize};

use tokio::runtime::{Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::{Options, StartError};
use crate::{
    actors::{
        agent::{self, AgentActors},
        arbiters::Arbiters,
        callers::Callers,
        client::ConversationClient,
        conversation::ConversationParts,
        figures::Figures,
        guard::{self, ChildSpec},
        persistence::{self, GroupBounds, Health, PersistenceHandle, PersistenceParts},
        policy::RestartPolicy,
        registry::ConversationRegistry,
        retention::{RetentionActor, RetentionBounds, RetentionParts, SweepFigures},
        router::Router,
        run::RunParts,
        session::SessionParts,
        supervisor::{Escalation, Lifetime, Supervisor, SupervisorHandle},
        topic::Topics,
    },
    agent::catalog::Catalog,
    clock::Clock,
    context::ContextStore,
    http::Hub,
    store::Store,
};

/// Threads for actors. Their handlers only decide and pass on; the work is on the runtime.
const ARBITERS: usize = 2;

/// What everything else stands on.
struct Ground {
    io: Handle,
    arbiters: Arc<Arbiters>,
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    restarts: RestartPolicy,
    levels: Levels,
    figures: Figures,
}

/// The supervisors of the three levels.
struct Levels {
    root: SupervisorHandle,
    agents: SupervisorHandle,
    conversations: SupervisorHandle,
}

/// Starts the actors.
///
/// # Errors
/// [`StartError::Store`] where the store cannot be read.
pub(super) async fn build(
    runtime: &'static Runtime,
    options: Options,
    store: Arc<dyn Store>,
    context: Arc<dyn ContextStore>,
    fatal: &CancellationToken,
) -> Result<Hub, StartError> {
    let (catalog, stopping) = (Arc::new(Catalog::new(options.agents)), CancellationToken::new());
    apply_switches(store.as_ref(), &catalog).await?;
    let ground = Ground::lay(runtime, options.clock, store, options.restarts, &catalog, fatal);
    let persistence = ground.start_persistence(options.group, options.store_shards);
    let run_parts = RunParts {
        store: Arc::clone(&ground.store),
        context: Arc::clone(&context),
        catalog: Arc::clone(&catalog),
        history: options.history,
        clock: Arc::clone(&ground.clock),
        hand_over_ttl: options.hand_over_ttl,
        stopping: stopping.clone(),
    };
    let agents = AgentActors::start(&ground.arbiters, &ground.levels.agents, &ground.restarts, &ground.io, &run_parts);
    let router = Arc::new(Router::new(Arc::clone(&catalog), options.rules));
    let topics = Arc::new(Topics::new(options.tail));
    let registry = ground.start_registry(ConversationParts {
        store: Arc::clone(&ground.store),
        persistence: persistence.clone(),
        router: Arc::clone(&router),
        agents: agents.clone(),
        topics: Arc::clone(&topics),
        arbiters: Arc::clone(&ground.arbiters),
        supervisor: ground.levels.conversations.clone(),
        registry: Arc::new(OnceLock::new()),
        figures: ground.figures.clone(),
        clock: Arc::clone(&ground.clock),
        io: ground.io.clone(),
        stopping: stopping.clone(),
        bounds: options.conversations,
    });
    let swept = Arc::<SweepFigures>::default();
    let retention = ground.start_retention(&context, options.retention, &swept);
    let client = ConversationClient {
        registry: registry.clone(),
        store: Arc::clone(&ground.store),
        io: ground.io.clone(),
        content_bytes_max: options.http.content_bytes_max,
        context: Arc::clone(&context),
        draining: CancellationToken::new(),
        order: Arc::default(),
    };
    let (bounds, count) = (Arc::new(options.sessions), Arc::new(AtomicUsize::new(0)));
    let (closing, told) = (CancellationToken::new(), Arc::default());
    let sessions = SessionParts { client: client.clone(), topics, bounds, closing, count, told };
    let Levels { root, agents: of_agents, conversations } = ground.levels;
    Ok(Hub {
        draining: client.draining.clone(),
        client,
        sessions,
        callers: Arc::new(Callers::new(options.callers)),
        store: ground.store,
        persistence,
        catalog,
        agents,
        router,
        supervisors: vec![root, of_agents, conversations],
        registry,
        retention,
        swept,
        figures: ground.figures,
        admin_token: options.admin_token,
        cors_origins: options.cors_origins,
        limits: options.http,
        stopping,
        clock: ground.clock,
        io: ground.io,
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

impl Ground {
    fn lay(
        runtime: &'static Runtime,
        clock: Arc<dyn Clock>,
        store: Arc<dyn Store>,
        restarts: RestartPolicy,
        catalog: &Arc<Catalog>,
        fatal: &CancellationToken,
    ) -> Self {
        let (arbiters, figures) = (Arc::new(Arbiters::start(ARBITERS, runtime)), Figures::default());
        let start = |name: &str, escalation, on_change| {
            Supervisor::start_on(arbiters.of(&name), name, escalation, Arc::clone(&clock), on_change)
        };
        let levels = Levels {
            root: start("root", Escalation::Fatal(fatal.clone()), figures.restarts_counted()),
            agents: start("agents", Escalation::Quarantine, agent::on_change(Arc::clone(catalog))),
            conversations: start("conversations", Escalation::Quarantine, figures.restarts_counted()),
        };
        Self { io: runtime.handle().clone(), arbiters, clock, store, restarts, levels, figures }
    }

    fn start_persistence(&self, bounds: GroupBounds, shards: usize) -> PersistenceHandle {
        let parts = PersistenceParts {
            store: Arc::clone(&self.store),
            bounds,
            health: Arc::new(Health::default()),
            figures: self.figures.clone(),
        };
        persistence::start(&self.arbiters, &self.levels.root, &self.permanent("persistence"), shards, parts)
    }

    fn start_registry(&self, parts: ConversationParts) -> actix::Addr<ConversationRegistry> {
        let (known, theirs) = (Arc::clone(&parts.registry), self.restarts.clone());
        let make = move |leave| ConversationRegistry::new(parts, theirs, leave);
        let spec = self.permanent("registry");
        let addr = guard::start(self.arbiters.of(&"registry"), &self.levels.root, spec, make).addr;
        known.get_or_init(|| addr.clone());
        addr
    }

    fn start_retention(
        &self,
        context: &Arc<dyn ContextStore>,
        bounds: RetentionBounds,
        figures: &Arc<SweepFigures>,
    ) -> actix::Addr<RetentionActor> {
        let parts = RetentionParts {
            store: Arc::clone(&self.store),
            context: Arc::clone(context),
            io: self.io.clone(),
            clock: Arc::clone(&self.clock),
            bounds,
            figures: Arc::clone(figures),
        };
        let make = move |leave| RetentionActor::new(parts, leave);
        guard::start(self.arbiters.of(&"retention"), &self.levels.root, self.permanent("retention"), make).addr
    }

    fn permanent(&self, name: &str) -> ChildSpec {
        ChildSpec {
            name: name.to_owned(),
            lifetime: Lifetime::Permanent,
            policy: self.restarts.clone(),
            mailbox_messages_max: 1024,
            on_give_up: guard::OnGiveUp::default(),
        }
    }
}
