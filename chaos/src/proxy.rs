//! A TCP proxy with weather: latency, slices of one byte, a black hole, half-close, reset, a cut after N bytes, gone.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// How bytes fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// They get through.
    Clear,
    /// Each piece is so much later.
    Latency(Duration),
    /// One at a time.
    OneByte,
    /// They vanish, and nobody is told until it is over; then the connection is closed.
    Blackhole,
    /// Whoever sends next is told that the other side has finished; the other way stays open.
    HalfClose,
    /// The connection is reset with the next byte.
    Reset,
    /// Each connection is closed after so many bytes.
    CutAfter(usize),
    /// Every connection is closed, and whoever comes is turned away.
    Gone,
}

impl Weather {
    /// One word for the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Latency(_) => "latency",
            Self::OneByte => "one_byte",
            Self::Blackhole => "blackhole",
            Self::HalfClose => "half_close",
            Self::Reset => "reset",
            Self::CutAfter(_) => "cut_after",
            Self::Gone => "gone",
        }
    }
}

/// Stands before a server whose address may change. Dropped, it closes everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    target: Arc<watch::Sender<Option<SocketAddr>>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// On a free port, before nobody yet.
    ///
    /// # Errors
    /// Where there is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1")?;
        let address = listener.local_addr()?;
        let (weather, seen) = watch::channel(Weather::Clear);
        let target = Arc::new(watch::channel(None).0);
        let theirs = Arc::clone(&target);
        let accepting = tokio::spawn(async move {
            // Ends with this task, and its connections with it.
            let mut open = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let target = *theirs.borrow();
                if let (Some(target), true) = (target, *seen.borrow() != Weather::Gone) {
                    open.spawn(connect(client, target, seen.clone()));
                }
                while open.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, weather, target, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who stands behind it from here on.
    pub fn lead_to(&self, server: SocketAddr) {
        self.target.send_replace(Some(server));
    }

    /// Changes the weather.
    pub fn turn(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(client: TcpStream, target: SocketAddr, weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    for socket in [&client, &server] {
        socket.set_nodelay(true).ok();
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut gone = weather.clone();
    let there = pump(from_client, to_server, weather.clone());
    let back = pump(from_server, to_client, weather);
    tokio::select! {
        // One way may end before the other; a cut ends both.
        _ = async { tokio::try_join!(there, back) } => {}
        _ = gone.wait_for(|weather| *weather == Weather::Gone) => {}
    }
}

/// The connection is to be closed, both ways.
struct Cut;

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
) -> Result<(), Cut> {
    let mut bytes = vec![0; 16 * 1024];
    let mut passed = 0;
    loop {
        let count = from.read(&mut bytes).await.map_err(|_| Cut)?;
        if count == 0 {
            return to.shutdown().await.map_err(|_| Cut);
        }
        let now = *weather.borrow_and_update();
        passed = if matches!(now, Weather::CutAfter(_)) { passed + count } else { 0 };
        pass(&mut to, &bytes[..count], now, passed, &mut weather).await?;
    }
}

async fn pass(
    to: &mut OwnedWriteHalf,
    bytes: &[u8],
    now: Weather,
    passed: usize,
    weather: &mut watch::Receiver<Weather>,
) -> Result<(), Cut> {
    let cut = |_| Cut;
    match now {
        Weather::Clear | Weather::Gone => to.write_all(bytes).await.map_err(cut),
        Weather::Latency(late) => {
            tokio::time::sleep(late).await;
            to.write_all(bytes).await.map_err(cut)
        }
        Weather::OneByte => {
            for byte in bytes {
                to.write_all(&[*byte]).await.map_err(cut)?;
                tokio::task::yield_now().await;
            }
            Ok(())
        }
        Weather::Blackhole => {
            weather.changed().await.ok();
            Err(Cut)
        }
        Weather::HalfClose => to.shutdown().await.map_err(cut),
        Weather::Reset => {
            socket2::SockRef::from(AsRef::<TcpStream>::as_ref(to)).set_linger(Some(Duration::ZERO)).ok();
            Err(Cut)
        }
        Weather::CutAfter(most) if passed <= most => to.write_all(bytes).await.map_err(cut),
        Weather::CutAfter(most) => {
            let room = most.saturating_sub(passed - bytes.len());
            to.write_all(&bytes[..room]).await.map_err(cut)?;
            Err(Cut)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes back of `sent` from a server that echoes, until the end or for a moment.
    async fn echoed(weather: Weather, sent: &[u8]) -> (Vec<u8>, bool) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let echo = tokio::spawn(async move {
            let (socket, _) = listener.accept().await.unwrap();
            let (mut reader, mut writer) = socket.into_split();
            tokio::io::copy(&mut reader, &mut writer).await.ok();
        });
        let proxy = Proxy::start().await.unwrap();
        proxy.lead_to(server);
        proxy.turn(weather);
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        client.write_all(sent).await.unwrap();
        let mut got = Vec::new();
        let mut ended = false;
        while got.len() < sent.len() {
            let mut bytes = [0; 1024];
            match tokio::time::timeout(Duration::from_millis(500), client.read(&mut bytes)).await {
                Ok(Ok(0) | Err(_)) => {
                    ended = true;
                    break;
                }
                Ok(Ok(count)) => got.extend_from_slice(&bytes[..count]),
                Err(_) => break,
            }
        }
        echo.abort();
        (got, ended)
    }

    #[tokio::test]
    async fn each_weather_does_what_it_says() {
        let sent = b"0123456789";
        for whole in [Weather::Clear, Weather::OneByte, Weather::Latency(Duration::from_millis(5))] {
            assert_eq!(echoed(whole, sent).await, (sent.to_vec(), false), "{whole:?}");
        }
        assert_eq!(echoed(Weather::Blackhole, sent).await, (Vec::new(), false));
        for cut in [Weather::Reset, Weather::CutAfter(0), Weather::Gone, Weather::HalfClose] {
            assert_eq!(echoed(cut, sent).await, (Vec::new(), true), "{cut:?}");
        }
    }
}
