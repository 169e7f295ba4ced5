//! Going down without losing anything: no new work, let running turns finish, say goodbye, flush.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, timeout_at},
};

use super::{Running, serve::tell_the_service_manager};
use crate::http::Hub;

/// How often is looked whether the turns are over.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What of the time to drain is kept for goodbyes and last writes, at most.
const GOODBYE_TIME: Duration = Duration::from_secs(5);
/// What clients have for their goodbye where the time to drain leaves less.
const GOODBYE_TIME_MIN: Duration = Duration::from_secs(1);
/// What is left for the last writes where running turns took all of the time.
const FLUSH_TIME_MIN: Duration = Duration::from_secs(3);

/// Why a server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It was asked to, and everything went as it should.
    Drained,
    /// It was asked twice: it left at once. What was acknowledged is stored all the same.
    AtOnce,
    /// It was asked to, but the store took no writes until the end: what was said last is not stored, and nobody saw it.
    Unstored,
    /// Something that everything stands on was given up.
    Fatal,
}

impl Running {
    /// Serves until SIGTERM or SIGINT comes or something fatal happens, then goes down.
    pub async fn until_stopped(self, signals: &mut Signals) -> Stopped {
        tokio::select! {
            () = signals.next() => {}
            () = self.fatal.cancelled() => {
                tracing::error!("what everything stands on was given up, leaving");
                return Stopped::Fatal;
            }
        }
        tracing::info!("going down; again to leave at once");
        tell_the_service_manager(NotifyState::Stopping);
        tokio::select! {
            stopped = self.drain() => stopped,
            () = signals.next() => Stopped::AtOnce,
        }
    }

    /// Goes down in order, also where the store is silent: within the time to drain and a few seconds more.
    pub async fn drain(self) -> Stopped {
        let (began, until) = (Instant::now(), Instant::now() + self.drain_timeout);
        let turns_until = began + turns_time(self.drain_timeout);
        self.hub.draining.cancel();
        timeout_at(turns_until, turns_over(&self.hub)).await.ok();
        self.hub.sessions.closing.cancel();
        let goodbyes = async {
            self.server.stop(true).await;
            self.serving.await.ok();
        };
        if timeout_at(until.max(Instant::now() + GOODBYE_TIME_MIN), goodbyes).await.is_err() {
            tracing::info!("some clients do not take their goodbye, they are left");
        }
        // A message that was on its way when the signal came may have been accepted since the last look.
        timeout_at(turns_until, turns_over(&self.hub)).await.ok();
        // Runs would say more and more, and a tool that is called in the last moment is one whose result is lost.
        self.hub.stopping.cancel();
        let flush_until = until.max(Instant::now() + FLUSH_TIME_MIN);
        if timeout_at(flush_until, self.hub.persistence.flush()).await.is_ok() {
            return Stopped::Drained;
        }
        let waiting = self.hub.persistence.waiting();
        tracing::error!(waiting, "the store took no writes until the end, the next start goes on from what is stored");
        Stopped::Unstored
    }
}

/// Waits until no conversation has a turn that is not over. Between two looks one turn may have ended and the next one
/// begun, so what was on its way to the store is waited for, and then is looked again.
async fn turns_over(hub: &Hub) {
    let is_busy = || hub.figures.conversations_busy.get() > 0;
    loop {
        while is_busy() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        hub.persistence.flush().await;
        if !is_busy() {
            break;
        }
    }
    // The last events are on their way to the sessions.
    tokio::time::sleep(LOOK_EVERY).await;
}

/// How long running turns may go on, so that all is over within the time to drain.
fn turns_time(drain_timeout: Duration) -> Duration {
    drain_timeout.saturating_sub((drain_timeout / 6).min(GOODBYE_TIME))
}

/// SIGTERM and SIGINT. From the moment that this is there they no longer end the process by themselves.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_time_to_drain_is_kept_for_goodbyes() {
        for (whole, turns) in [(0, 0), (600, 500), (30_000, 25_000), (3_600_000, 3_595_000)] {
            assert_eq!(turns_time(Duration::from_millis(whole)), Duration::from_millis(turns));
        }
    }
}
