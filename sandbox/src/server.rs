//! Starts the sandbox and stops it; the handle that tests hold.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use chrono::TimeDelta;
use serde_json::Value;

use crate::{
    faults::{FaultError, FaultRule},
    http::{self, Front},
    options::{Now, SandboxOptions},
    shop::Shop,
};

/// How long a client may take over the head of a request, and how long an idle connection is kept.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTIONS_MAX: usize = 256;

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("listen: {address}: {source}; choose another port, or 0 for any that is free")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The first faults are not ones.
    #[error("faults: {0}")]
    Faults(#[from] FaultError),
}

/// The marketplace's seller API from a small shop in memory.
#[derive(Debug, Clone, Copy)]
pub struct Sandbox;

impl Sandbox {
    /// Opens the shop and serves it on a thread of its own; needs a runtime of tokio to be started from.
    pub async fn start(options: SandboxOptions) -> Result<Running, StartError> {
        let shop = ShopHandle {
            shop: Arc::new(Mutex::new(Shop::open(&options, (options.now)()))),
            now: Arc::clone(&options.now),
        };
        shop.add_faults(options.faults.clone())?;
        let front = web::Data::new(Front { shop: shop.clone(), token: options.token.clone(), bounds: options.bounds });
        let address = options.listen;
        let listen = |source| StartError::Listen { address, source };
        let server = HttpServer::new(move || App::new().app_data(front.clone()).default_service(web::to(http::serve)))
            .workers(1)
            .max_connections(CONNECTIONS_MAX)
            .client_request_timeout(CLIENT_TIMEOUT)
            .keep_alive(CLIENT_TIMEOUT)
            .shutdown_timeout(1)
            .disable_signals()
            .on_connect(http::keep_socket)
            .bind(address)
            .map_err(listen)?;
        let bound = server.addrs().first().copied().unwrap_or(address);
        let server = server.run();
        let handle = server.handle();
        Ok(Running { base_url: format!("http://{bound}"), shop, handle, task: tokio::spawn(server) })
    }
}

/// A sandbox that serves; it goes on when this is dropped, until the runtime ends.
#[derive(Debug)]
pub struct Running {
    base_url: String,
    shop: ShopHandle,
    handle: ServerHandle,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

impl Running {
    /// The one address of all hosts of the marketplace, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The shop, for faults and for a look behind the counter.
    pub const fn shop(&self) -> &ShopHandle {
        &self.shop
    }

    /// Answers what it has begun, for at most a second, and ends.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        // A server that failed has ended too.
        self.task.await.ok();
    }
}

/// The shop from behind the counter. Clones are the same shop.
#[derive(Clone)]
pub struct ShopHandle {
    shop: Arc<Mutex<Shop>>,
    now: Now,
}

impl std::fmt::Debug for ShopHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShopHandle").finish_non_exhaustive()
    }
}

impl ShopHandle {
    /// Lets these faults strike, after those that are there already.
    pub fn add_faults(&self, rules: Vec<FaultRule>) -> Result<(), FaultError> {
        let mut shop = self.lock();
        let max = shop.bounds.fault_rules_max;
        shop.faults.add(rules, max)
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// What `GET /sandbox/state` shows, with all work done that is due by now.
    pub fn state(&self) -> Value {
        self.settled().state()
    }

    /// How many things a call has changed so far; `call` is its path as the description writes it.
    pub fn effects(&self, call: &str) -> u64 {
        self.settled().calls.get(call).map_or(0, |count| count.effects)
    }

    /// How long cards and prices that come from now on lie in the queue.
    pub fn set_work_delay(&self, delay: Duration) {
        self.lock().work_delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
    }

    /// The numbers of the cards, in the order in which they were made.
    pub fn nm_ids(&self) -> Vec<u64> {
        self.settled().cards.iter().map(|card| card.nm).collect()
    }

    pub(crate) fn now(&self) -> chrono::DateTime<chrono::Utc> {
        (self.now)()
    }

    /// The shop after all that is due.
    pub(crate) fn settled(&self) -> MutexGuard<'_, Shop> {
        let now = self.now();
        let mut shop = self.lock();
        shop.settle(now);
        shop
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Shop> {
        // Each call changes the shop in steps that are whole by themselves.
        self.shop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
