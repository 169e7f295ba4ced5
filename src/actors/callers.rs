//! Who calls, how often, and with how many sessions: one caller must not take everything from the others.
//!
//! A caller is an address while there are no users. Of IPv6 it is the network of 64 bits, of which whoever has one
//! address has all.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::rate::{Bucket, Rate};

/// Callers that are known before is looked which of them can be forgotten.
const KNOWN_MIN: usize = 1024;

/// Bounds of one caller; from config `limits`.
#[derive(Debug, Clone, Copy)]
pub struct CallerBounds {
    /// Requests of HTTP and commands of WebSockets together.
    pub calls: Rate,
    /// Sessions at the same time.
    pub sessions_max: usize,
}

impl Default for CallerBounds {
    fn default() -> Self {
        Self { calls: Rate { per_second: 1000, burst: 2000 }, sessions_max: 5000 }
    }
}

#[derive(Debug)]
struct Known {
    calls: Bucket,
    sessions: usize,
}

impl Known {
    /// Nothing is lost with it that a new one would not have.
    fn can_be_forgotten(&self, now: Instant) -> bool {
        self.sessions == 0 && self.calls.is_full(now)
    }
}

#[derive(Debug)]
struct Table {
    known: HashMap<IpAddr, Known>,
    /// With so many it is looked again who can be forgotten: a look costs its callers nothing on average.
    look_at: usize,
}

/// All callers.
#[derive(Debug)]
pub struct Callers {
    bounds: CallerBounds,
    table: Mutex<Table>,
}

/// One caller, to be asked for each call.
#[derive(Debug, Clone)]
pub struct Caller {
    callers: Arc<Callers>,
    address: IpAddr,
}

/// The place of a session among those of its caller; free again when it is dropped.
#[derive(Debug)]
pub struct Seat(Caller);

impl Callers {
    /// Nobody yet.
    pub fn new(bounds: CallerBounds) -> Self {
        Self { bounds, table: Mutex::new(Table { known: HashMap::new(), look_at: KNOWN_MIN }) }
    }

    /// The caller at an address.
    pub fn at(self: &Arc<Self>, address: IpAddr) -> Caller {
        Caller { callers: Arc::clone(self), address: network(address) }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn known(&mut self, address: IpAddr, now: Instant) -> &mut Known {
        if self.known.len() >= self.look_at {
            self.known.retain(|_, known| !known.can_be_forgotten(now));
            self.look_at = KNOWN_MIN.max(2 * self.known.len());
        }
        self.known.entry(address).or_insert_with(|| Known { calls: Bucket::full(now), sessions: 0 })
    }
}

impl Caller {
    /// Counts a call.
    ///
    /// # Errors
    /// How long until there may be another one.
    pub fn call(&self) -> Result<(), Duration> {
        let now = Instant::now();
        self.callers.table().known(self.address, now).calls.take(self.callers.bounds.calls, now)
    }

    /// A place for a session; none where it has as many as it may.
    pub fn seat(&self) -> Option<Seat> {
        let mut table = self.callers.table();
        let known = table.known(self.address, Instant::now());
        if known.sessions >= self.callers.bounds.sessions_max {
            return None;
        }
        known.sessions += 1;
        Some(Seat(self.clone()))
    }
}

impl Seat {
    /// Whose it is.
    pub fn caller(&self) -> &Caller {
        &self.0
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(known) = self.0.callers.table().known.get_mut(&self.0.address) {
            known.sessions -= 1;
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers(burst: u32, sessions_max: usize) -> Arc<Callers> {
        Arc::new(Callers::new(CallerBounds { calls: Rate { per_second: 1, burst }, sessions_max }))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_caller_takes_nothing_from_another() {
        let callers = callers(2, 1);
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|text| callers.at(address(text)));
        assert!(one.call().is_ok() && one.call().is_ok());
        assert_eq!(one.call(), Err(Duration::from_secs(1)));
        let seat = one.seat().unwrap();
        assert!(one.seat().is_none() && seat.caller().seat().is_none());
        assert!(other.call().is_ok() && other.seat().is_some());
        drop(seat);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(one.call().is_ok() && one.call().is_err() && one.seat().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_counts_with_its_network_and_in_either_form() {
        for (one, other, same) in [
            ("2001:db8::1", "2001:db8::ffff:2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("::1", "::2", false),
        ] {
            let callers = callers(1, 1);
            callers.at(address(one)).call().unwrap();
            assert_eq!(callers.at(address(other)).call().is_err(), same, "{one} {other}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn callers_that_rest_are_forgotten_and_those_with_a_session_are_not() {
        let callers = callers(1, 1);
        let seat = callers.at(address("10.255.0.1")).seat().unwrap();
        for number in 0..10_000_u32 {
            callers.at(IpAddr::V4(number.into())).call().unwrap();
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        assert!(callers.table().known.len() <= 2 * KNOWN_MIN, "{}", callers.table().known.len());
        assert!(seat.caller().seat().is_none());
    }
}
