//! The marketplace, played for a test.

use std::sync::Arc;

use sandbox::{Running, Sandbox, SandboxOptions};
use switchboard::clock::{Clock as _, SystemClock};

/// A sandbox by the machine's clock without limits on calls, otherwise as the test says.
pub(crate) async fn sandbox(change: impl FnOnce(&mut SandboxOptions)) -> Running {
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut options = SandboxOptions::new(Arc::new(|| SystemClock.now().to_datetime()));
    options.limit_interval_percent = 0;
    change(&mut options);
    Sandbox::start(options).await.unwrap()
}
