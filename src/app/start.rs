//! Starting, from the bottom up.

use std::{net::SocketAddr, sync::Arc};

use actix_web::{dev::ServerHandle, web::Data};
use futures::StreamExt;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Options, build::build};
use crate::{
    context::ContextStore,
    http::{self, Hub, Serving},
    store::{ConversationKey, Store},
};

/// Conversations that are woken at the same time, so that they share commits.
const WAKING_MAX: usize = 256;

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
            let wake = async |key: ConversationKey| {
                if let Err(refusal) = hub.asker().wake(&key).await {
                    tracing::warn!(conversation = %key.id, %refusal, "an open turn could not be taken up");
                }
            };
            futures::stream::iter(open).for_each_concurrent(WAKING_MAX, wake).await;
        });
        Ok(())
    }
}
