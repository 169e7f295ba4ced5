//! The sandbox of the marketplace: in this process for tools that need it, or by itself as `switchboard sandbox`.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use sandbox::{Running, Sandbox, SandboxOptions, StartError};
use url::Url;

use super::Signals;
use crate::{
    clock::{Clock, SystemClock},
    config::{self, Config, MarketplaceUrl},
    tools::wildberries::Pacer,
};

/// Why the sandbox is not there.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// It does not start.
    #[error("the sandbox does not start: {0}")]
    Start(#[from] StartError),
    /// The system.
    #[error("the system refused: {0}")]
    System(#[from] io::Error),
}

impl SandboxError {
    /// The exit code, in the words of sysexits.h.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Start(StartError::Listen { .. }) => 69,
            Self::Start(StartError::Faults(_)) => 2,
            Self::System(_) => 71,
        }
    }
}

/// What runs beside the server for its tools. Without a tool that needs it: no thread, no port.
#[derive(Debug)]
pub struct Services {
    /// By which tools and agents say what day it is.
    clock: Arc<dyn Clock>,
    sandbox: Option<Running>,
    /// The limits of the marketplace, shared by all tools.
    pacer: Arc<Pacer>,
    /// The limits of the sandbox.
    sandbox_pacer: Arc<Pacer>,
}

/// Where a tool of the marketplace finds it.
#[derive(Debug)]
pub struct Place {
    /// In place of all addresses of the marketplace.
    pub base_url: Option<Url>,
    /// What lets in where no token is configured.
    pub token: Option<config::Secret>,
    /// The limits.
    pub pacer: Arc<Pacer>,
}

impl Services {
    /// Starts what the tools of this config need, which then lives by this clock. Must be called in a runtime.
    ///
    /// # Errors
    /// [`SandboxError::Start`] where the port is taken.
    pub async fn start(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, SandboxError> {
        let settings = &config.sandbox;
        if !settings.enabled || !config.tools.values().any(|tool| tool.kind.needs_sandbox()) {
            return Ok(Self { clock, sandbox: None, pacer: Arc::default(), sandbox_pacer: Arc::default() });
        }
        Self::with_sandbox(settings, clock).await
    }

    async fn with_sandbox(settings: &config::Sandbox, clock: Arc<dyn Clock>) -> Result<Self, SandboxError> {
        let settings_of_it = Settings {
            port: settings.port,
            seed: settings.seed,
            limit_interval_percent: settings.limit_interval_percent,
            work_delay: settings.work_delay.get(),
        };
        let running = start(settings_of_it, Arc::clone(&clock)).await?;
        tracing::info!(base_url = running.base_url(), "the sandbox of the marketplace serves");
        let sandbox_pacer = Arc::new(Pacer::scaled(settings.limit_interval_percent));
        Ok(Self { clock, sandbox: Some(running), pacer: Arc::default(), sandbox_pacer })
    }

    /// The time that everything here lives by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// What a tool of the marketplace stands on. All tools of one place share its limits.
    ///
    /// # Errors
    /// In words for the operator, where the sandbox is not there.
    pub fn marketplace(&self, written: Option<&MarketplaceUrl>) -> Result<Place, String> {
        let pacer = Arc::clone(&self.pacer);
        match written {
            None => Ok(Place { base_url: None, token: None, pacer }),
            Some(MarketplaceUrl::At(url)) => Ok(Place { base_url: Some(url.as_url().clone()), token: None, pacer }),
            Some(MarketplaceUrl::Sandbox) => {
                let running = self.sandbox.as_ref().ok_or(
                    "`base_url` is `sandbox`, but `sandbox.enabled` is `false`; switch it on, or name the address of the \
                     service",
                )?;
                let base_url = Url::parse(running.base_url()).map_err(|error| error.to_string())?;
                let (token, pacer) = (Some(config::Secret::new("sandbox")), Arc::clone(&self.sandbox_pacer));
                Ok(Place { base_url: Some(base_url), token, pacer })
            }
        }
    }

    /// Where the sandbox is; none where nothing needed it.
    pub fn sandbox(&self) -> Option<&str> {
        self.sandbox.as_ref().map(Running::base_url)
    }

    /// Ends what was started.
    pub async fn stop(self) {
        if let Some(running) = self.sandbox {
            running.stop().await;
        }
    }
}

/// How the sandbox is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The port on this machine; 0 takes any free one.
    pub port: u16,
    /// Decides the goods and the history of the shop.
    pub seed: u64,
    /// The pause between calls, in percent of the marketplace's.
    pub limit_interval_percent: u32,
    /// How long cards and prices lie before they are looked at.
    pub work_delay: Duration,
}

async fn start(settings: Settings, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    let Settings { port, seed, limit_interval_percent, work_delay } = settings;
    // A clock that is out of range shows the beginning of time, and the shop its first day.
    let now = move || chrono::DateTime::from_timestamp_millis(clock.now().as_millis()).unwrap_or_default();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let options =
        SandboxOptions { listen, seed, limit_interval_percent, work_delay, ..SandboxOptions::new(Arc::new(now)) };
    Sandbox::start(options).await
}

/// Serves the sandbox alone until SIGTERM or SIGINT comes.
///
/// # Errors
/// [`SandboxError`]: why it does not start.
pub fn run_sandbox(settings: Settings, out: &mut impl Write) -> Result<(), SandboxError> {
    crate::telemetry::start();
    let runtime = super::runtime()?;
    actix::System::with_tokio_rt(|| runtime).block_on(async move {
        let running = start(settings, Arc::new(SystemClock)).await?;
        // Whoever was told that it is ready may stop it at once.
        let mut signals = Signals::listen()?;
        // A closed standard output must not keep it from serving.
        out.write_all(welcome(running.base_url()).as_bytes()).and_then(|()| out.flush()).ok();
        signals.next().await;
        running.stop().await;
        Ok(())
    })
}

fn welcome(url: &str) -> String {
    format!(
        "the sandbox of the marketplace listens on {url}; any token is let in\n\
         \x20 config    base_url: \"{url}\" at a tool of the kind wildberries_api; without it each server has a sandbox of its own\n\
         \x20 cards     curl -s {url}/content/v2/get/cards/list -H 'Authorization: any' \\\n\
         \x20             -H 'content-type: application/json' -d '{{\"settings\":{{\"cursor\":{{\"limit\":3}}}}}}'\n\
         \x20 faults    curl -s {url}/sandbox/faults -H 'content-type: application/json' \\\n\
         \x20             -d '[{{\"call\":\"/content/v2/get/cards/list\",\"fault\":{{\"kind\":\"status\",\"status\":500}}}}]'\n\
         \x20 state     curl -s {url}/sandbox/state\n\
         ready\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_started_where_no_tool_needs_it_and_a_tool_that_does_is_told_where_it_is() {
        actix::System::new().block_on(async {
            let none = Services::start(&Config::default(), Arc::new(SystemClock)).await.unwrap();
            assert_eq!(none.sandbox(), None);
            let real = none.marketplace(None).unwrap();
            assert_eq!((real.base_url, real.token.is_none()), (None, true));
            assert!(none.marketplace(Some(&MarketplaceUrl::Sandbox)).unwrap_err().contains("`sandbox.enabled`"));
            let services = Services::with_sandbox(&config::Sandbox::default(), Arc::new(SystemClock)).await.unwrap();
            let place = services.marketplace(Some(&MarketplaceUrl::Sandbox)).unwrap();
            let url = place.base_url.unwrap().to_string();
            assert!(url.starts_with("http://127.0.0.1:") && place.token.is_some(), "{url}");
            assert_eq!(services.sandbox(), Some(url.trim_end_matches('/')));
            services.stop().await;
        });
    }
}
