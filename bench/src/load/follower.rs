//! A client that keeps what it saw, and comes back to where it was.

use std::{net::Ipv4Addr, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use fakemodel::pour::monotonic_micros;
use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::sleep};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use uuid::Uuid;

/// Between two tries to connect to a server that is not there. A thousand clients that try more often would be what is
/// measured: they share the machine.
const AGAIN_AFTER: Duration = Duration::from_millis(25);

/// One conversation at its client.
pub(crate) struct Follower {
    pub(super) id: Uuid,
    epoch: String,
    /// Every event, as its bytes; the n-th has the `seq` n + 1.
    pub(super) seen: Vec<String>,
    socket: Option<WebSocketStream<TcpStream>>,
    /// The turn that it asked for is over.
    pub(super) is_over: bool,
}

impl Follower {
    /// A new conversation, followed from its beginning.
    pub(super) async fn open(port: u16) -> Result<Self> {
        let mut follower =
            Self { id: Uuid::new_v4(), epoch: String::new(), seen: Vec::new(), socket: None, is_over: false };
        follower.connect(port).await?;
        Ok(follower)
    }

    async fn connect(&mut self, port: u16) -> Result<()> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.context("connect")?;
        stream.set_nodelay(true)?;
        let (id, after) = (self.id, self.seen.len());
        let epoch = if self.epoch.is_empty() { String::new() } else { format!("&epoch={}", self.epoch) };
        let url = format!("ws://127.0.0.1:{port}/api/ws/{id}?after={after}{epoch}");
        let (socket, _) = client_async(url, stream).await.context("WebSocket handshake")?;
        self.socket = Some(socket);
        Ok(())
    }

    /// Comes back as often as it takes; answers when the first event after its position came.
    pub(super) async fn come_back(&mut self, port: u16) -> Result<u64> {
        let had = self.seen.len();
        loop {
            if self.connect(port).await.is_ok() {
                while self.seen.len() == had {
                    match self.next().await {
                        Ok(()) => {}
                        // A server that goes down or comes up may close what it just took.
                        Err(fault) if self.socket.is_some() => return Err(fault),
                        Err(_gone) => break,
                    }
                }
                if self.seen.len() > had {
                    return Ok(monotonic_micros());
                }
            }
            sleep(AGAIN_AFTER).await;
        }
    }

    pub(super) async fn say(&mut self, content: &str) -> Result<()> {
        let id = Uuid::new_v4();
        self.send(format!(r#"{{"op":"message","clientMessageId":"{id}","content":"{content}"}}"#)).await
    }

    pub(super) async fn send(&mut self, frame: String) -> Result<()> {
        self.socket.as_mut().context("an open socket")?.send(Message::text(frame)).await.context("send")
    }

    /// Loses its connection, as a client does whose network is gone.
    pub(super) fn leave(&mut self) {
        self.socket = None;
    }

    /// Forgets the newest events, as if they had come after it left.
    pub(super) fn forget(&mut self, events: usize) {
        self.seen.truncate(self.seen.len().saturating_sub(events));
    }

    /// Reads until the turn is over.
    pub(super) async fn until_over(&mut self) -> Result<()> {
        while !self.is_over {
            self.next().await?;
        }
        Ok(())
    }

    /// Takes the next frame or event. Without a socket afterwards the server is gone, which is no fault of what it said.
    pub(super) async fn next(&mut self) -> Result<()> {
        let socket = self.socket.as_mut().context("an open socket")?;
        match socket.next().await {
            Some(Ok(Message::Text(text))) => self.take(text.as_str()),
            Some(Ok(message)) if !message.is_close() => Ok(()),
            _ => {
                self.socket = None;
                bail!("the server is gone")
            }
        }
    }

    fn take(&mut self, text: &str) -> Result<()> {
        let value: Value = serde_json::from_str(text)?;
        match value["op"].as_str() {
            Some("subscribed") => {
                ensure!(value["recovered"] == true, "not recovered: {text}");
                let epoch = value["epoch"].as_str().context("an epoch")?;
                ensure!(self.epoch.is_empty() || self.epoch == epoch, "another epoch: {text}");
                epoch.clone_into(&mut self.epoch);
            }
            Some("reject") => bail!("{text}"),
            Some(_) => {}
            None => {
                let next = self.seen.len() + 1;
                ensure!(value["seq"] == next, "seq {} came where {next} was next", value["seq"]);
                self.is_over |= value["type"] == "turn_end";
                self.seen.push(text.to_owned());
            }
        }
        Ok(())
    }
}
