//! A WebSocket by hand, for what no library does: it never answers.

use socket2::{Domain, Socket, Type};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    client::{Api, PATIENCE},
    embedded::Embedded,
};

/// The headers of an upgrade.
pub(crate) const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// Opens a request whose answer nobody reads, with as small a window as the system gives.
pub(crate) async fn never_reading(server: &Api, path: &str, headers: &str) -> TcpStream {
    let address: std::net::SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(2048).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let mut stream = TcpStream::from_std(socket.into()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// A socket that was upgraded and says nothing.
pub(crate) struct RawWs(TcpStream);

impl RawWs {
    pub(crate) async fn open(server: &Embedded, conversation: &str) -> Self {
        let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap();
        let request = format!("GET /api/ws/{conversation} HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        Self(socket)
    }

    /// Sends a frame of at most 125 bytes whose first byte, of its kind, is this.
    pub(crate) async fn send(&mut self, kind: u8, payload: &[u8]) -> std::io::Result<()> {
        let masked = 0x80 | u8::try_from(payload.len()).unwrap();
        self.0.write_all(&[&[kind, masked, 0, 0, 0, 0], payload].concat()).await
    }

    /// All frames until the server closes the socket; each with its header, and short enough for a length of one byte.
    pub(crate) async fn until_closed(&mut self) -> Vec<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await;
        read.expect("a socket that is closed").ok();
        let mut frames = Vec::new();
        while let [_, length, ..] = bytes[..] {
            assert!(length < 126, "a short frame");
            let rest = bytes.split_off(2 + usize::from(length));
            frames.push(std::mem::replace(&mut bytes, rest));
        }
        frames
    }
}
