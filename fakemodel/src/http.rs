//! As much HTTP/1.1 as one request needs.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest request that is read.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Reads one request; none when the client left or makes no sense.
pub(crate) async fn read(socket: &mut (impl AsyncRead + Unpin)) -> Option<Raw> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        more(socket, &mut bytes).await?;
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let header =
        |line: &str| line.split_once(':').map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    if length > REQUEST_BYTES_MAX {
        return None;
    }
    while bytes.len() < head_end + 4 + length {
        more(socket, &mut bytes).await?;
    }
    let body = bytes[head_end + 4..head_end + 4 + length].to_vec();
    Some(Raw { line, headers, body })
}

async fn more(socket: &mut (impl AsyncRead + Unpin), bytes: &mut Vec<u8>) -> Option<()> {
    let read = socket.read_buf(bytes).await.ok()?;
    (read > 0 && bytes.len() <= 2 * REQUEST_BYTES_MAX).then_some(())
}

/// Returns when the client has closed its side. What it says meanwhile is not read as a request.
pub(crate) async fn left(socket: &mut (impl AsyncRead + Unpin)) {
    let mut bytes = [0u8; 1024];
    while matches!(socket.read(&mut bytes).await, Ok(read) if read > 0) {}
}

/// Writes the head of a chunked answer.
pub(crate) async fn write_head(
    socket: &mut (impl AsyncWrite + Unpin),
    status: u16,
    headers: &[(String, String)],
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\ntransfer-encoding: chunked\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
    }
    head.push_str("\r\n");
    socket.write_all(head.as_bytes()).await
}

/// Writes one chunk; an empty one ends the body.
pub(crate) async fn write_chunk(socket: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    let mut framed = format!("{:x}\r\n", bytes.len()).into_bytes();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"\r\n");
    socket.write_all(&framed).await
}
