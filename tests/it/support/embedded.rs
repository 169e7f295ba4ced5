//! A server inside the test's process, with agents that the test brings, on whatever the environment says.

use std::{
    ops::Deref,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use switchboard::{
    agent::catalog::{AgentLimits, AgentSlot},
    app::{Options, Running, Services, Stopped, runtime},
    clock::Clock,
    config::Config,
    routing::RouteRules,
    store::Store,
};
use tokio_util::sync::CancellationToken;

use super::{backing::Backing, client::Api, faulty::FaultyStore, scripted::scripted};

const ADMIN_TOKEN: &str = "admin-token-of-this-test";

pub(crate) struct Embedded {
    api: Api,
    stop: CancellationToken,
    thread: Arc<Mutex<Option<JoinHandle<Stopped>>>>,
    /// Cancelled when it stops what still runs, because it is about to end.
    pub(crate) stopping: CancellationToken,
    /// What the server writes to; it can be told to fail.
    pub(crate) store: Arc<FaultyStore>,
}

impl Deref for Embedded {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

/// Three scripted agents; `alpha` is the fallback.
pub(crate) fn three_agents() -> Vec<AgentSlot> {
    ["alpha", "beta", "gamma"].map(|id| scripted(id, AgentLimits::default())).into()
}

impl Embedded {
    pub(crate) fn start() -> Self {
        Self::with(three_agents(), |_| {})
    }

    /// For a task of its own.
    pub(crate) fn api(&self) -> Api {
        self.api.clone()
    }

    pub(crate) fn with(agents: Vec<AgentSlot>, tweak: impl FnOnce(&mut Options)) -> Self {
        let backing = Backing::of_environment();
        let rules = RouteRules { fallback: "alpha".parse().unwrap(), switch_margin: 2, waiting_margin: 6 };
        let mut options = Options::new(agents, rules, ADMIN_TOKEN.to_owned().into());
        options.server.port = 0;
        options.server.workers = 1;
        options.store_shards = backing.store_shards();
        tweak(&mut options);
        Self::launch(backing, async move || (options, None))
    }

    /// As a config says, on another day.
    pub(crate) fn of_config(config: Config, clock: Arc<dyn Clock>) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let backing = Backing::of_environment();
        let shards = backing.store_shards();
        Self::launch(backing, async move || {
            let services = Services::start(&config, clock).await.unwrap();
            let mut options = Options::from_config(&config, &services, ADMIN_TOKEN.to_owned().into()).unwrap();
            options.server.port = 0;
            options.store_shards = shards;
            (options, Some(services))
        })
    }

    fn launch(backing: Backing, options: impl AsyncFnOnce() -> (Options, Option<Services>) + Send + 'static) -> Self {
        let (started, heard) = std::sync::mpsc::channel();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = runtime().unwrap();
            actix::System::with_tokio_rt(|| runtime).block_on(async move {
                let (options, services) = options().await;
                let opened = backing.open(Arc::clone(&options.clock)).await;
                let store = Arc::new(FaultyStore::around(Arc::clone(&opened.store)));
                let theirs: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
                let running = Running::start(runtime, options, theirs, Arc::clone(&opened.context)).await.unwrap();
                started.send((running.address, running.hub.stopping.clone(), store)).unwrap();
                stopped.cancelled().await;
                let stopped = running.drain().await;
                if let Some(services) = services {
                    services.stop().await;
                }
                opened.close().await;
                stopped
            })
        });
        let (address, stopping, store) = heard.recv().expect("a server that starts");
        let api = Api { url: format!("http://{address}"), admin_token: ADMIN_TOKEN.to_owned() };
        Self { api, stop, thread: Arc::new(Mutex::new(Some(thread))), stopping, store }
    }

    /// Tells it to go down, from now on; answers how it ended, when it has.
    pub(crate) fn go_down(&self) -> impl Future<Output = Stopped> + use<> {
        self.stop.cancel();
        let thread = Arc::clone(&self.thread);
        let joined = tokio::task::spawn_blocking(move || thread.lock().unwrap().take().unwrap().join().unwrap());
        async move { joined.await.unwrap() }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.cancel();
        // Where it was told before, somebody else waits for it.
        if let Some(thread) = self.thread.lock().ok().and_then(|mut thread| thread.take()) {
            thread.join().ok();
        }
    }
}
