//! A TCP proxy that can be cut at any byte, slowed down, silenced, taken away, and given a weather.
//!
//! Its own threads move the bytes, so whoever holds it may block, or be asynchronous: nothing of it waits but
//! [`Proxy::go_away`] and [`Proxy::come_back`], for the moment that the port takes to close and to open.

mod link;
mod state;
#[cfg(test)]
mod tests;
mod weather;

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

pub use self::weather::{End, Way, Weather};
use self::{
    link::Link,
    state::{Port, Shared},
};

/// Stands before a server whose address may change. Dropped, it closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// On a free port, before nobody yet: who comes is turned away.
    ///
    /// # Errors
    /// Where there is no free port.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("faultproxy".into()).spawn(move || listen(&theirs, listener, address))?;
        Ok(Self { address, shared })
    }

    /// In front of the server of a URL.
    ///
    /// # Errors
    /// Where there is no free port, or no address in the URL.
    pub fn before(url: &str) -> io::Result<Self> {
        let server = host_of(url).parse().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let proxy = Self::start()?;
        proxy.lead_to(server);
        Ok(proxy)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL with the proxy instead of its server.
    pub fn url(&self, url: &str) -> String {
        url.replacen(host_of(url), &self.address.to_string(), 1)
    }

    /// Who stands behind it from here on.
    pub fn lead_to(&self, server: SocketAddr) {
        self.shared.lock().server = Some(server);
    }

    /// Changes the weather.
    pub fn turn(&self, weather: Weather) {
        self.shared.change(|state| {
            state.weather = weather;
            state.weathers += 1;
        });
        if weather == Weather::Gone {
            self.cut();
        }
    }

    /// After `bytes` more bytes that way, their connection ends so; none of the bytes after them gets through.
    pub fn end_after(&self, way: Way, bytes: usize, end: End) {
        self.shared.change(|state| (state.armed, state.has_ended) = (Some((way, bytes, end)), false));
    }

    /// Lets bytes through again; answers whether it had come to that end. Who is silent stays so.
    pub fn disarm(&self) -> bool {
        let mut state = self.shared.lock();
        state.armed = None;
        state.has_ended
    }

    /// From here on each answer arrives so much later.
    pub fn slow_down(&self, latency: Duration) {
        self.shared.change(|state| state.latency = latency);
    }

    /// Every connection that is open falls silent; with `later`, those that come after too.
    pub fn silence(&self, later: bool) {
        self.shared.change(|state| state.silent_below = if later { u64::MAX } else { state.next });
    }

    /// Nobody is silent any more. What was held back is delivered, however late.
    pub fn speak(&self) {
        self.shared.change(|state| state.silent_below = 0);
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.shared.change(|state| {
            state.cut_below = state.next;
            state.close_all();
        });
    }

    /// Cuts every connection, and closes the port, which is open: whoever comes is refused.
    pub fn go_away(&self) {
        self.shared.change(|state| state.port = Port::ToClose);
        self.wake_the_listener();
        drop(self.shared.wait_while(self.shared.lock(), |state| state.port != Port::Closed));
        self.cut();
    }

    /// Opens the port again, which is closed.
    pub fn come_back(&self) {
        self.shared.change(|state| state.port = Port::ToOpen);
        drop(self.shared.wait_while(self.shared.lock(), |state| state.port != Port::Open));
    }

    /// It waits for the next connection, and gets this one.
    fn wake_the_listener(&self) {
        TcpStream::connect(self.address).ok();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.change(|state| {
            (state.is_over, state.silent_below) = (true, 0);
            state.close_all();
        });
        self.wake_the_listener();
    }
}

/// Takes connections until the proxy is dropped, or its port was taken while it was away.
fn listen(shared: &Arc<Shared>, listener: TcpListener, address: SocketAddr) {
    let mut listener = Some(listener);
    while let Some(open) = &listener {
        let accepted = open.accept();
        let state = shared.lock();
        if state.is_over {
            return;
        }
        if state.port == Port::Open {
            drop(state);
            if let Ok((client, _)) = accepted {
                connect(shared, client);
            }
            continue;
        }
        drop((state, accepted, listener.take()));
        shared.change(|state| state.port = Port::Closed);
        let state = shared.wait_while(shared.lock(), |state| state.port == Port::Closed && !state.is_over);
        let is_over = state.is_over;
        drop(state);
        listener = if is_over { None } else { TcpListener::bind(address).ok() };
        shared.change(|state| state.port = Port::Open);
    }
}

/// A thread for each way; the first connects, so that nobody else waits for that.
fn connect(shared: &Arc<Shared>, client: TcpStream) {
    let Some((number, server)) = shared.admit() else { return };
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let Ok(link) = Link::connect(number, client, server) else { return };
        let link = Arc::new(link);
        if !shared.register(&link) {
            return;
        }
        thread::scope(|scope| {
            scope.spawn(|| link.pump(&shared, Way::ToClient));
            link.pump(&shared, Way::ToServer);
        });
        shared.lock().open.remove(&number);
    });
}

/// `127.0.0.1:5432` of `postgres://user@127.0.0.1:5432/name`.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or(rest);
    place.rsplit('@').next().unwrap_or(place)
}
