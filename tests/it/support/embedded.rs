//! A server inside the test's process, with agents and a store that the test brings.

use std::{ops::Deref, sync::Arc, thread::JoinHandle};

use switchboard::{
    agent::catalog::{AgentLimits, AgentSlot},
    app::{Options, Running, runtime},
    context::{ContextStore, memory::MemoryContext},
    routing::RouteRules,
    store::{Store, memory::MemoryStore},
};
use tokio::sync::oneshot;

use super::{client::Api, scripted::scripted};

pub(crate) struct Embedded {
    api: Api,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    pub(crate) store: Arc<MemoryStore>,
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
        Self::on(Arc::new(MemoryStore::default()), agents, tweak)
    }

    /// On a store that may have seen another server before.
    pub(crate) fn on(store: Arc<MemoryStore>, agents: Vec<AgentSlot>, tweak: impl FnOnce(&mut Options)) -> Self {
        let rules = RouteRules { fallback: "alpha".parse().unwrap(), switch_margin: 2 };
        let mut options = Options::new(agents, rules, "admin-token-of-this-test".to_owned().into());
        options.server.port = 0;
        options.server.workers = 1;
        tweak(&mut options);
        let (started, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let theirs: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
        let thread = std::thread::spawn(move || {
            let runtime = runtime().unwrap();
            let context: Arc<dyn ContextStore> = Arc::new(MemoryContext::new(256 * 1024));
            actix::System::with_tokio_rt(|| runtime).block_on(async move {
                let running = Running::start(runtime, options, theirs, context).await.unwrap();
                started.send(running.address).unwrap();
                stopped.await.ok();
                running.drain().await;
            });
        });
        let url = format!("http://{}", address.recv().expect("a server that starts"));
        let api = Api { url, admin_token: "admin-token-of-this-test".to_owned() };
        Self { api, stop: Some(stop), thread: Some(thread), store }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
