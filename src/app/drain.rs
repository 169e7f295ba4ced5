//! Going down without losing anything: no new work, let running turns finish, say goodbye, flush.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Running, serve::tell_the_service_manager};

/// How often is looked whether the runs are over.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Why a server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It was asked to, and everything went as it should.
    Drained,
    /// It was asked twice: it left at once. What was acknowledged is stored all the same.
    AtOnce,
    /// Something that everything stands on was given up.
    Fatal,
}

impl Running {
    /// Serves until SIGTERM or SIGINT comes or something fatal happens, then goes down.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    pub async fn until_stopped(self) -> std::io::Result<Stopped> {
        let mut signals = Signals::new()?;
        tokio::select! {
            () = signals.next() => {}
            () = self.fatal.cancelled() => {
                tracing::error!("what everything stands on was given up, leaving");
                return Ok(Stopped::Fatal);
            }
        }
        tracing::info!("going down; again to leave at once");
        tell_the_service_manager(NotifyState::Stopping);
        tokio::select! {
            () = self.drain() => Ok(Stopped::Drained),
            () = signals.next() => Ok(Stopped::AtOnce),
        }
    }

    /// Goes down in order.
    pub async fn drain(self) {
        self.hub.draining.cancel();
        tokio::time::timeout(self.drain_timeout, self.runs_over()).await.ok();
        self.hub.sessions.closing.cancel();
        self.server.stop(true).await;
        self.serving.await.ok();
        self.hub.persistence.flush().await;
    }

    async fn runs_over(&self) {
        while self.hub.catalog.slots().any(|slot| slot.figures().runs_active > 0) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        // The last events of the runs are on their way to the store and to the sessions.
        self.hub.persistence.flush().await;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
