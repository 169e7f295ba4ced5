//! A TCP proxy that a test can cut at any byte, slow down, silence, and take away.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToClient,
}

/// What happens to a connection at a certain byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Both sides see it closed.
    Cut,
    /// Nothing comes any more, either way, and nobody is told.
    Silence,
}

/// Stands before one server. Its own threads move the bytes, so a test may block.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// After so many more bytes this way it ends so.
    armed: Option<(Way, usize, End)>,
    /// Something ended because of that.
    has_ended: bool,
    /// How much later each piece of an answer arrives.
    latency: Duration,
    /// Connections with a lower number are silent.
    silent_below: u64,
    /// The number of the next connection.
    next: u64,
    /// The port is to be closed, and whether it is.
    away: bool,
    is_away: bool,
    /// For cutting.
    open: Vec<TcpStream>,
}

impl Proxy {
    /// In front of `url`'s server, on a port of its own.
    pub(crate) fn before(url: &str) -> Self {
        let server = host_of(url).parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { server, state: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || theirs.listen(listener, address));
        Self { address, shared }
    }

    /// `url` with the proxy instead of its server.
    pub(crate) fn url(&self, url: &str) -> String {
        url.replacen(host_of(url), &self.address.to_string(), 1)
    }

    /// After `bytes` more bytes that way, their connection ends so; none of the bytes after them gets through.
    pub(crate) fn end_after(&self, way: Way, bytes: usize, end: End) {
        let mut state = self.shared.lock();
        (state.armed, state.has_ended) = (Some((way, bytes, end)), false);
    }

    /// Lets bytes through again; answers whether it had come to that end. Who is silent stays so.
    pub(crate) fn disarm(&self) -> bool {
        let mut state = self.shared.lock();
        state.armed = None;
        state.has_ended
    }

    /// From here on each answer arrives so much later.
    pub(crate) fn slow_down(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Every connection that is open falls silent; with `later`, those that come after too.
    pub(crate) fn silence(&self, later: bool) {
        let mut state = self.shared.lock();
        state.silent_below = if later { u64::MAX } else { state.next };
    }

    /// Nobody is silent any more. What was held back is delivered, however late.
    pub(crate) fn speak(&self) {
        self.shared.lock().silent_below = 0;
        self.shared.changed.notify_all();
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        for socket in std::mem::take(&mut self.shared.lock().open) {
            socket.shutdown(Shutdown::Both).ok();
        }
    }

    /// Cuts every connection, and closes the port: whoever comes is refused.
    pub(crate) fn go_away(&self) {
        self.shared.lock().away = true;
        // Whoever waits for the next connection gets this one.
        TcpStream::connect(self.address).ok();
        let state = self.shared.lock();
        drop(self.shared.changed.wait_while(state, |state| !state.is_away).unwrap());
        self.cut();
    }

    /// Opens the port again.
    pub(crate) fn come_back(&self) {
        self.shared.lock().away = false;
        self.shared.changed.notify_all();
        let state = self.shared.lock();
        drop(self.shared.changed.wait_while(state, |state| state.is_away).unwrap());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.speak();
        self.cut();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: Arc<Self>, listener: TcpListener, address: SocketAddr) {
        let mut listener = Some(listener);
        loop {
            let accepted = listener.as_ref().unwrap().accept();
            if self.lock().away {
                drop((accepted, listener.take()));
                self.lock().is_away = true;
                self.changed.notify_all();
                let state = self.lock();
                drop(self.changed.wait_while(state, |state| state.away).unwrap());
                listener = Some(TcpListener::bind(address).unwrap());
                self.lock().is_away = false;
                self.changed.notify_all();
            } else if let Ok((client, _)) = accepted {
                self.connect(client);
            }
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(self.server) else { return };
        for socket in [&client, &server] {
            socket.set_nodelay(true).unwrap();
        }
        let number = {
            let mut state = self.lock();
            state.open.extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
            state.next += 1;
            state.next - 1
        };
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        for (way, from, to) in [(Way::ToServer, from, to), (Way::ToClient, server, client)] {
            let shared = Arc::clone(self);
            thread::spawn(move || shared.pump(number, way, from, to));
        }
    }

    fn pump(&self, number: u64, way: Way, mut from: TcpStream, mut to: TcpStream) {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if way == Way::ToClient {
                self.be_late();
            }
            let before = self.admit(number, way, count);
            let passed = to.write_all(&bytes[..before.0]).is_ok();
            match before.1 {
                None if passed => {}
                Some(End::Silence) => {
                    // Held back, and delivered when it speaks again.
                    drop(self.wait_for_voice(number));
                    to.write_all(&bytes[before.0..count]).ok();
                }
                _ => break,
            }
        }
        from.shutdown(Shutdown::Both).ok();
        to.shutdown(Shutdown::Both).ok();
    }

    #[expect(clippy::disallowed_methods, reason = "the thread moves bytes for one connection, and nobody else waits")]
    fn be_late(&self) {
        let latency = self.lock().latency;
        thread::sleep(latency);
    }

    /// How many of the bytes get through, and what happens then.
    fn admit(&self, number: u64, way: Way, count: usize) -> (usize, Option<End>) {
        let mut state = self.wait_for_voice(number);
        let Some((armed, left, end)) = state.armed.filter(|(armed, ..)| *armed == way) else { return (count, None) };
        if count <= left {
            state.armed = Some((armed, left - count, end));
            return (count, None);
        }
        (state.armed, state.has_ended) = (None, true);
        if end == End::Silence {
            state.silent_below = state.next;
        }
        (left, Some(end))
    }

    fn wait_for_voice(&self, number: u64) -> MutexGuard<'_, State> {
        self.changed.wait_while(self.lock(), |state| number < state.silent_below).unwrap()
    }
}

/// `127.0.0.1:5432` of `postgres://user@127.0.0.1:5432/name`.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split('/').next().unwrap();
    place.rsplit('@').next().unwrap()
}
