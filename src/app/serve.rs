//! `switchboard serve`: from a config file to the exit code.

use std::{path::Path, sync::Arc};

use sd_notify::NotifyState;
use tokio::runtime::Runtime;

use super::{
    DataDir, DataDirError, Options, Running, SandboxError, Services, Signals, StartError, Stopped, agents::PlugError,
    banner, runtime,
};
use crate::{
    clock::{Clock, SystemClock},
    config::{Config, ConnectionKind, Database, Loaded, Synchronous},
    context::{
        ContextStore,
        cached::{Cache, CachedContext},
        local::LocalCache,
        redis::{RedisCache, RedisSettings, RedisUrlError},
        sql::SqlContext,
    },
    store::sql::{self, CheckpointBounds, ConnectError, SqlOptions, SqlStore},
};

/// How long the database has to say goodbye.
const CLOSE_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(5);

/// Why the server does not start, or did not stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// An agent.
    #[error(transparent)]
    Plug(#[from] PlugError),
    /// What tools need.
    #[error("{0}; change `sandbox.port`")]
    Sandbox(#[from] SandboxError),
    /// The database.
    #[error(
        "the database `{url}` cannot be used: {source}; set another one with `database.url` or SWITCHBOARD_DATABASE__URL"
    )]
    Database {
        /// Which, without its password.
        url: String,
        /// Why.
        source: ConnectError,
    },
    /// The context.
    #[error("`context.url` is not a Redis address: {0}")]
    Redis(#[from] RedisUrlError),
    /// Something else of the start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The system.
    #[error("the system refused: {0}")]
    System(#[from] std::io::Error),
}

impl ServeError {
    /// The exit code, in the words of sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::DataDir(_) => 73,
            Self::Sandbox(error) => error.exit_code(),
            Self::Plug(_) | Self::Redis(_) => 2,
            Self::Database { .. } | Self::Start(StartError::Listen { .. } | StartError::Store(_)) => 69,
            Self::Start(_) | Self::System(_) => 71,
        }
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// [`ServeError`]: why it does not start.
pub fn serve(loaded: Loaded, data: &Path) -> Result<Stopped, ServeError> {
    crate::telemetry::start();
    // Fails only if a provider is in place already, which then is this one.
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = runtime()?;
    actix::System::with_tokio_rt(|| runtime).block_on(async move {
        let began = tokio::time::Instant::now();
        let data = DataDir::open(data)?;
        let config = &loaded.config;
        let (token, token_is_made) = match &config.admin.token {
            Some(token) => (token.expose().to_owned().into(), false),
            None => (data.admin_token()?, true),
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let services = Services::start(config, Arc::clone(&clock)).await?;
        let options = Options::from_config(config, &services, token)?;
        let url = database_url(config, &data.database());
        let (opened, context_of) = (open(config.database.clone(), url.clone(), sql::boot_id()), config.clone());
        // Connections belong to the runtime that opens them.
        let opened = runtime.spawn(opened).await.map_err(std::io::Error::other)?;
        let store = opened.map_err(|source| ServeError::Database { url: shown(config, &url), source })?;
        let context =
            runtime.spawn(async move { context(&context_of, &store.clone(), clock).map(|context| (store, context)) });
        let (store, context) = context.await.map_err(std::io::Error::other)??;
        let running = Running::start(runtime, options, Arc::new(store.clone()), context).await?;
        // Whoever was told that it is ready may stop it at once, and the turns that it took up are to end.
        let mut signals = Signals::listen()?;
        banner::print(
            &loaded,
            &running,
            &services,
            token_is_made.then(|| data.admin_token_path()),
            &shown(&loaded.config, &url),
        );
        tracing::info!(address = %running.address, milliseconds = began.elapsed().as_millis(), "ready");
        tell_the_service_manager(NotifyState::Ready);
        let stopped = running.until_stopped(&mut signals).await;
        services.stop().await;
        if stopped != Stopped::Drained {
            return Ok(stopped);
        }
        tracing::info!("all is stored, closing the database");
        Ok(tokio::select! {
            () = close(runtime, store) => Stopped::Drained,
            () = signals.next() => Stopped::AtOnce,
        })
    })
}

/// A connection that fell silent may never be closed in order.
async fn close(runtime: &Runtime, store: SqlStore) {
    let closed = async move { tokio::time::timeout(CLOSE_TIME_MAX, store.close()).await };
    if matches!(runtime.spawn(closed).await, Ok(Err(_))) {
        tracing::warn!("the database does not answer, its connections are left to themselves");
    }
}

/// systemd waits for this (`Type=notify`). Without one nothing happens.
pub(super) fn tell_the_service_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// `database.url` wins over the data folder.
pub(super) fn database_url(config: &Config, embedded: &Path) -> String {
    match &config.database.url {
        Some(url) => url.expose().to_owned(),
        None => sql::backup::url_of(embedded),
    }
}

pub(super) fn shown(config: &Config, url: &str) -> String {
    config.database.url.as_ref().map_or_else(|| url.to_owned(), ToString::to_string)
}

/// `boot_id` as in [`SqlOptions`].
pub(super) async fn open(database: Database, url: String, boot_id: Option<String>) -> Result<SqlStore, ConnectError> {
    SqlStore::connect(SqlOptions {
        url: url.into(),
        synchronous: match database.synchronous {
            Synchronous::Full => sql::Synchronous::Full,
            Synchronous::Normal => sql::Synchronous::Normal,
        },
        checkpoints: CheckpointBounds {
            checkpoint_interval: database.checkpoint_interval.0,
            log_bytes_max: database.log_bytes_max.0,
        },
        connections_max: database.connections_max,
        acquire_timeout: database.acquire_timeout.0,
        statement_timeout: database.statement_timeout.0,
        commit_timeout: database.commit_timeout.0,
        boot_id,
    })
    .await
}

fn context(config: &Config, store: &SqlStore, clock: Arc<dyn Clock>) -> Result<Arc<dyn ContextStore>, ServeError> {
    let (database, context) = (&config.database, &config.context);
    let answer_time_max = database.acquire_timeout.0 + database.statement_timeout.0;
    let truth = SqlContext::new(store.connections(), Arc::clone(&clock), context.entry_bytes_max.0)
        .with_answer_time_max(answer_time_max);
    let cache: Arc<dyn Cache> = if context.url.kind() == ConnectionKind::Redis {
        let settings = RedisSettings { time_to_live: context.cache_ttl.0, response_timeout: context.redis_timeout.0 };
        Arc::new(RedisCache::new(&context.url.expose().to_owned().into(), settings)?)
    } else {
        Arc::new(LocalCache::new(context.cache_bytes_max.0))
    };
    Ok(Arc::new(CachedContext::new(truth, cache, context.cache_entries_max).with_clock(clock)))
}
