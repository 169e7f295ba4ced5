//! Logs: one line an event on standard error, in text on a terminal and as JSON elsewhere.
//!
//! `SWITCHBOARD_LOG` sets the level as `RUST_LOG` would (`info` by default, `debug`, `switchboard=trace`). Content of
//! messages is never logged.

use std::{io::IsTerminal, panic::PanicHookInfo};

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The quiet default: ours at `info`, what we build on at `warn`.
const DEFAULT_FILTER: &str = "warn,switchboard=info";

/// Starts logging and takes over panics. Calling it again changes nothing.
pub fn start() {
    let filter = EnvFilter::try_from_env("SWITCHBOARD_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let registry = tracing_subscriber::registry().with(filter);
    // A second start in one process (tests) finds a logger in place and keeps it.
    if std::io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(std::io::stderr).with_target(false)).try_init().ok();
    } else {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init().ok();
    }
    std::panic::set_hook(Box::new(log_panic));
}

/// A message and a place, without a backtrace: resolving its symbols would hold the actor's thread for a third of a
/// second.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let text = crate::actors::guard::panic_text(panic.payload());
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, text, "panic");
}
