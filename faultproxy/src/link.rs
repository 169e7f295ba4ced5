//! One connection through the proxy: two sockets, and a thread for each way.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use socket2::SockRef;

use crate::{End, Way, Weather, state::Shared};

const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How soon a thread whose receiver takes nothing sees that the connection is over.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) number: u64,
    client: TcpStream,
    server: TcpStream,
    is_over: AtomicBool,
}

/// The connection is to be closed, both ways.
#[derive(Debug)]
enum Cut {
    Closed,
    Reset,
}

impl From<io::Error> for Cut {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

impl Link {
    pub(crate) fn connect(number: u64, client: TcpStream, server: SocketAddr) -> io::Result<Self> {
        let server = TcpStream::connect_timeout(&server, CONNECT_TIME_MAX)?;
        for socket in [&client, &server] {
            socket.set_nodelay(true)?;
            socket.set_write_timeout(Some(LOOK_AGAIN_AFTER))?;
        }
        Ok(Self { number, client, server, is_over: AtomicBool::new(false) })
    }

    /// Both sides see the end, and both threads. One that was reset says no more.
    pub(crate) fn close(&self) {
        if self.is_over.swap(true, Ordering::SeqCst) {
            return;
        }
        for socket in [&self.client, &self.server] {
            socket.shutdown(Shutdown::Both).ok();
        }
    }

    /// The same, but with a reset as soon as both threads have let the sockets go: a shutdown would say goodbye before.
    fn reset(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        for socket in [&self.client, &self.server] {
            SockRef::from(socket).set_linger(Some(Duration::ZERO)).ok();
            socket.shutdown(Shutdown::Read).ok();
        }
    }

    /// Moves bytes one way until their end, which is passed on, or until the connection is cut.
    pub(crate) fn pump(&self, shared: &Shared, way: Way) {
        match self.carry(shared, way) {
            Ok(()) => {}
            Err(Cut::Closed) => self.close(),
            Err(Cut::Reset) => self.reset(),
        }
    }

    fn carry(&self, shared: &Shared, way: Way) -> Result<(), Cut> {
        let (mut from, to) = match way {
            Way::ToServer => (&self.client, &self.server),
            Way::ToClient => (&self.server, &self.client),
        };
        let (mut bytes, mut passed) = (vec![0; 16 * 1024], 0);
        loop {
            let count = match from.read(&mut bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read?,
            };
            if self.is_over.load(Ordering::SeqCst) {
                // The end was made here. It says itself what the other side sees.
                return Ok(());
            }
            if count == 0 {
                return Ok(to.shutdown(Shutdown::Write)?);
            }
            self.pass(shared, way, to, &bytes[..count], &mut passed)?;
        }
    }

    fn pass(&self, shared: &Shared, way: Way, to: &TcpStream, bytes: &[u8], passed: &mut usize) -> Result<(), Cut> {
        if way == Way::ToClient {
            let latency = shared.lock().latency;
            shared.be_late(self.number, latency);
        }
        let (before, end) = self.admit(shared, way, bytes.len());
        self.brave(shared, to, &bytes[..before], passed)?;
        match end {
            None => Ok(()),
            Some(End::Cut) => Err(Cut::Closed),
            Some(End::Silence) => {
                // Held back, and delivered when it speaks again.
                drop(shared.voice(self.number));
                self.write(to, &bytes[before..])
            }
        }
    }

    /// How many of the bytes get through, and what happens then.
    fn admit(&self, shared: &Shared, way: Way, count: usize) -> (usize, Option<End>) {
        let mut state = shared.voice(self.number);
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

    /// Through the weather. `passed` counts what went this way since connections are cut after a number of bytes.
    fn brave(&self, shared: &Shared, to: &TcpStream, bytes: &[u8], passed: &mut usize) -> Result<(), Cut> {
        let (weather, weathers) = {
            let state = shared.lock();
            (state.weather, state.weathers)
        };
        let already = if matches!(weather, Weather::CutAfter(_)) { *passed } else { 0 };
        *passed = already + bytes.len();
        match weather {
            Weather::Clear | Weather::Gone => self.write(to, bytes),
            Weather::Latency(late) => {
                shared.be_late(self.number, late);
                self.write(to, bytes)
            }
            Weather::OneByte => bytes.chunks(1).try_for_each(|byte| self.write(to, byte)),
            Weather::Blackhole => {
                let same = shared.lock();
                drop(shared.wait_while(same, |state| state.weathers == weathers && !state.is_cut(self.number)));
                Err(Cut::Closed)
            }
            Weather::HalfClose => Ok(to.shutdown(Shutdown::Write)?),
            Weather::Reset => Err(Cut::Reset),
            Weather::CutAfter(most) if *passed <= most => self.write(to, bytes),
            Weather::CutAfter(most) => {
                self.write(to, &bytes[..most.saturating_sub(already)])?;
                Err(Cut::Closed)
            }
        }
    }

    /// All of it, however slowly it is taken, unless the connection is over.
    fn write(&self, mut to: &TcpStream, mut bytes: &[u8]) -> Result<(), Cut> {
        while !bytes.is_empty() {
            match to.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if is_for_now(error.kind()) && !self.is_over.load(Ordering::SeqCst) => {}
                Err(_) => return Err(Cut::Closed),
            }
        }
        Ok(())
    }
}

/// The receiver has no room at the moment.
fn is_for_now(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
