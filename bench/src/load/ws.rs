//! A conversation over a WebSocket.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, anyhow};
use fakemodel::pour::monotonic_micros;
use futures::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};
use uuid::Uuid;

use super::{check::Turn, read::take};

/// An open conversation, followed from its beginning.
#[derive(Debug)]
pub(crate) struct Socket {
    /// The conversation's.
    pub(super) id: Uuid,
    socket: WebSocketStream<TcpStream>,
}

impl Socket {
    pub(super) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.context("connect")?;
        stream.set_nodelay(true)?;
        let id = Uuid::new_v4();
        let url = format!("ws://127.0.0.1:{port}/api/ws/{id}?after=0");
        let (socket, _) = client_async(url, stream).await.context("WebSocket handshake")?;
        Ok(Self { id, socket })
    }

    pub(super) async fn say(&mut self, content: &str) -> Result<()> {
        let id = Uuid::new_v4();
        let frame = format!(r#"{{"op":"message","clientMessageId":"{id}","content":"{content}"}}"#);
        self.socket.send(Message::text(frame)).await.context("send")
    }

    /// Reads to the end of the turn.
    pub(super) async fn read(&mut self, turn: &mut Turn) -> Result<()> {
        while let Some(message) = self.socket.next().await {
            if let Message::Text(text) = message.context("read")? {
                let now = monotonic_micros();
                if take(turn, &text, now)? {
                    return Ok(());
                }
            }
        }
        Err(anyhow!("the server closed the WebSocket within the turn"))
    }

    /// Whether the server has left it open; what came meanwhile is passed over.
    pub(crate) fn is_open(&mut self) -> bool {
        loop {
            match self.socket.next().now_or_never() {
                None => return true,
                Some(Some(Ok(message))) if !message.is_close() => {}
                Some(_) => return false,
            }
        }
    }

    pub(super) async fn close(mut self) {
        // A server that is gone needs no farewell.
        self.socket.close(None).await.ok();
    }
}
