//! What holds for all connections, and the waiting for it to change.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{End, Way, Weather, link::Link};

#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) server: Option<SocketAddr>,
    pub(crate) weather: Weather,
    /// How often it has changed.
    pub(crate) weathers: u64,
    /// After so many more bytes this way it ends so.
    pub(crate) armed: Option<(Way, usize, End)>,
    /// Something ended because of that.
    pub(crate) has_ended: bool,
    /// How much later each piece of an answer arrives.
    pub(crate) latency: Duration,
    /// Connections with a lower number are silent.
    pub(crate) silent_below: u64,
    /// Those with a lower number were cut, also where they were not there yet.
    pub(crate) cut_below: u64,
    /// The number of the next connection.
    pub(crate) next: u64,
    pub(crate) port: Port,
    /// The proxy was dropped.
    pub(crate) is_over: bool,
    /// For cutting.
    pub(crate) open: BTreeMap<u64, Arc<Link>>,
}

/// Whether the proxy can be reached, and what is asked of the thread that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Port {
    #[default]
    Open,
    ToClose,
    Closed,
    ToOpen,
}

impl State {
    /// Ends every connection that there is.
    pub(crate) fn close_all(&mut self) {
        for link in std::mem::take(&mut self.open).into_values() {
            link.close();
        }
    }

    pub(crate) fn is_cut(&self, number: u64) -> bool {
        self.is_over || number < self.cut_below
    }
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something and tells everybody.
    pub(crate) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    pub(crate) fn wait_while<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        condition: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        self.changed.wait_while(state, |state| condition(state)).unwrap_or_else(PoisonError::into_inner)
    }

    /// The number and the server of a connection that comes; none where it is turned away.
    pub(crate) fn admit(&self) -> Option<(u64, SocketAddr)> {
        let mut state = self.lock();
        let server = state.server.filter(|_| state.weather != Weather::Gone)?;
        state.next += 1;
        Some((state.next - 1, server))
    }

    /// Whether it may carry bytes: it may have been cut while it was made.
    pub(crate) fn register(&self, link: &Arc<Link>) -> bool {
        let mut state = self.lock();
        let may = !state.is_cut(link.number);
        if may {
            state.open.insert(link.number, Arc::clone(link));
        }
        may
    }

    /// Waits until a connection is silent no more.
    pub(crate) fn voice(&self, number: u64) -> MutexGuard<'_, State> {
        self.wait_while(self.lock(), |state| number < state.silent_below && !state.is_cut(number))
    }

    /// Waits so long, or until the connection is cut.
    pub(crate) fn be_late(&self, number: u64, late: Duration) {
        let waited = self.changed.wait_timeout_while(self.lock(), late, |state| !state.is_cut(number));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}
