//! Clients that follow and never read, beside others that do: what they cost those and the server, until it cuts them off.

use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

use anyhow::{Context, Result, ensure};
use fakemodel::pour::monotonic_micros;
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
    task::{JoinSet, spawn_blocking},
    time::{Instant, interval, sleep},
};

use super::{
    rounds::{Load, OPENING_MAX, Rounds, Talk, converse},
    ws::Socket,
};
use crate::procfs;

/// How often is looked at memory and sockets. Reading the table of all sockets takes some milliseconds, so not more often.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Before the conversations talk, so that all follow.
const SETTLE: Duration = Duration::from_millis(500);
/// A client that is not cut off by then, after the last turn ended, counts as a fault.
const CUT_WITHIN: Duration = Duration::from_secs(30);
/// As small as the system gives: what a client's own kernel takes costs the server nothing.
const RECEIVE_BUFFER_BYTES: u32 = 2048;
/// What the kernel does not count around the bytes that it holds for a client.
const KERNEL_FACTOR: u64 = 2;
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                       dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Of conversations without and with clients that never read, in turn.
#[derive(Debug, Default)]
pub(crate) struct Deafness {
    pub(crate) without: Rounds,
    pub(crate) with: Rounds,
    /// Of each deaf client: microseconds from the last byte that its socket took until the server had closed it.
    pub(crate) until_closed: Vec<Result<u64>>,
    /// Of each pair of rounds: bytes of memory and of the kernel that a deaf client cost at most.
    pub(crate) bytes_each: Vec<u64>,
}

/// Rounds without and with so many deaf clients, in turn, in so many pairs; one round before warms up.
///
/// # Errors
/// When connections cannot be opened, or the server has ended. Faults in streams are counted, not errors.
pub(crate) async fn deafness(load: &Load, pairs: usize, clients: usize) -> Result<Deafness> {
    let mut found = Deafness::default();
    round(load, 0, &mut Rounds::default()).await?;
    for _ in 0..pairs {
        let without = round(load, 0, &mut found.without).await?;
        let with = round(load, clients, &mut found.with).await?;
        found.bytes_each.push(with.grown_bytes.saturating_sub(without.grown_bytes) / clients.max(1) as u64);
        found.until_closed.extend(with.until_closed());
    }
    Ok(found)
}

/// One round, until every turn is over and every deaf client was cut off.
async fn round(load: &Load, clients: usize, all: &mut Rounds) -> Result<Watch> {
    let mut watch = Watch::begin(load).await?;
    let opening = stream::iter(0..load.plan.conversations).map(|_| Socket::open(load.port));
    let sockets: Vec<Socket> = opening.buffer_unordered(OPENING_MAX).try_collect().await?;
    let paths = (0..clients).map(|number| {
        let id = sockets[number % sockets.len()].id;
        // Half of each kind, whatever the number of conversations.
        if number * 2 < clients {
            (format!("/api/ws/{id}?after=0"), UPGRADE)
        } else {
            (format!("/api/stream/{id}"), "")
        }
    });
    let deaf = try_join_all(paths.map(|(path, headers)| never_reading(load.port, path, headers))).await?;
    watch.clients =
        deaf.iter().map(|client| Ok((client.local_addr()?.port(), Queue::default()))).collect::<Result<_>>()?;
    sleep(SETTLE).await;
    let cpu_before = procfs::cpu_seconds(load.pid)?;
    let mut running = JoinSet::new();
    for (socket, at) in sockets.into_iter().zip(0u32..) {
        let share = load.plan.start_over * at / u32::try_from(load.plan.conversations)?;
        running.spawn(converse(Talk::Ws(socket), load.plan, Instant::now() + share));
    }
    all.take_all(&mut running, watch.look_on()).await?;
    all.cpu_seconds += procfs::cpu_seconds(load.pid)? - cpu_before;
    watch.until_closed_all().await?;
    Ok(watch)
}

/// Opens a request whose answer nobody reads.
async fn never_reading(port: u16, path: String, headers: &str) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.context("connect")?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// What the kernel holds for one client.
#[derive(Debug, Default)]
struct Queue {
    bytes: u64,
    /// When it was first seen with these.
    changed_at: u64,
    closed_at: Option<u64>,
}

/// What is seen of the server from outside.
#[derive(Debug)]
struct Watch {
    port: u16,
    pid: u32,
    /// By their own ports.
    clients: BTreeMap<u16, Queue>,
    bytes_before: u64,
    /// Over `bytes_before`, at most.
    grown_bytes: u64,
}

impl Watch {
    async fn begin(load: &Load) -> Result<Self> {
        let mut watch =
            Self { port: load.port, pid: load.pid, clients: BTreeMap::new(), bytes_before: 0, grown_bytes: 0 };
        watch.look().await?;
        watch.bytes_before = std::mem::take(&mut watch.grown_bytes);
        Ok(watch)
    }

    async fn look(&mut self) -> Result<()> {
        let (port, pid) = (self.port, self.pid);
        let seen = spawn_blocking(move || anyhow::Ok((procfs::connections(port)?, procfs::rss_kib(pid)?)));
        let (connections, rss_kib) = seen.await??;
        let now = monotonic_micros();
        let queued: u64 = connections.values().map(|connection| connection.unsent_bytes).sum();
        let bytes = rss_kib * 1024 + KERNEL_FACTOR * queued;
        self.grown_bytes = self.grown_bytes.max(bytes.saturating_sub(self.bytes_before));
        for (peer, queue) in self.clients.iter_mut().filter(|(_, queue)| queue.closed_at.is_none()) {
            match connections.get(peer).filter(|connection| connection.is_established) {
                None => queue.closed_at = Some(now),
                Some(connection) if connection.unsent_bytes == queue.bytes => {}
                Some(connection) => (queue.bytes, queue.changed_at) = (connection.unsent_bytes, now),
            }
        }
        Ok(())
    }

    async fn look_on(&mut self) -> Result<()> {
        let mut looks = interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            self.look().await?;
        }
    }

    /// Looks until every client was cut off, or long enough.
    async fn until_closed_all(&mut self) -> Result<()> {
        let end = Instant::now() + CUT_WITHIN;
        while Instant::now() < end && self.clients.values().any(|queue| queue.closed_at.is_none()) {
            sleep(LOOK_EVERY).await;
            self.look().await?;
        }
        Ok(())
    }

    fn until_closed(&self) -> impl Iterator<Item = Result<u64>> {
        self.clients.values().map(|queue| {
            let closed_at = queue.closed_at.context("a client that reads nothing was not cut off")?;
            ensure!(queue.changed_at > 0, "the socket of a client that reads nothing took everything");
            Ok(closed_at.saturating_sub(queue.changed_at))
        })
    }
}
