//! The model alone, with nobody between it and a client that only counts bytes: it must not be the bottleneck.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use fakemodel::pour::monotonic_micros;
use futures::future::try_join_all;
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::procfs;

const CONNECTIONS: u64 = 16;
const TOKENS: u64 = 20_000;

/// What the model can do.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Bare {
    pub(crate) tokens_per_second: f64,
    /// CPU milliseconds of the model for 1,000 tokens.
    pub(crate) cpu_ms_per_1000: f64,
}

/// Reads from 16 connections at once as fast as they go.
#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
pub(crate) async fn bare(upstream: &str, pid: u32) -> Result<Bare> {
    let url = Url::parse(upstream)?;
    let address = *url.socket_addrs(|| None)?.first().context("the model's address names no port")?;
    let (began, cpu_before) = (monotonic_micros(), procfs::cpu_seconds(pid)?);
    try_join_all((0..CONNECTIONS).map(|_| drink(address))).await?;
    let (tokens, seconds) = ((CONNECTIONS * TOKENS) as f64, (monotonic_micros() - began) as f64 / 1e6);
    let cpu_seconds = procfs::cpu_seconds(pid)? - cpu_before;
    Ok(Bare { tokens_per_second: tokens / seconds, cpu_ms_per_1000: cpu_seconds * 1e6 / tokens })
}

async fn drink(address: SocketAddr) -> Result<()> {
    let mut socket = TcpStream::connect(address).await?;
    let body = format!(r#"{{"stream":true,"messages":[{{"role":"user","content":"tokens={TOKENS} every_ms=0"}}]}}"#);
    let head =
        format!("POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n", body.len());
    socket.write_all((head + &body).as_bytes()).await?;
    let (mut bytes, mut tail) = (vec![0; 64 * 1024], Vec::new());
    loop {
        let read = socket.read(&mut bytes).await?;
        if read == 0 {
            bail!("the model closed the connection within an answer");
        }
        tail.extend_from_slice(&bytes[read.saturating_sub(8)..read]);
        if tail.ends_with(b"\r\n0\r\n\r\n") {
            return Ok(());
        }
        tail.drain(..tail.len().saturating_sub(8));
    }
}
