//! Plays a script on a socket.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{io::AsyncWrite, time::Instant};

use crate::{
    chunk::{chunk, framed},
    http,
    script::Script,
};

/// How long a connection without a client's end is held: longer than any test.
const STALL_MAX: Duration = Duration::from_hours(1);

/// One thing that the server does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Sends these bytes of the body.
    Send(Vec<u8>),
    /// Sends the n-th token with the time.
    Stamp(u64),
    /// Waits.
    Wait(Duration),
    /// Drops the connection in the middle of the body.
    Cut,
    /// Holds the connection and sends nothing more.
    Stall,
    /// Goes back to the first step, for ever.
    Again,
}

/// A token of [`Script::stamped_tokens`]: `place@microseconds `, counted from the server's start.
fn stamped(place: u64, started: Instant) -> Vec<u8> {
    let content = format!("{place}@{} ", started.elapsed().as_micros());
    framed(&chunk(json!({ "content": content }), Value::Null))
}

/// Reads one token of [`Script::stamped_tokens`]: which one it is, and when it was sent, counted from the server's start
/// ([`crate::FakeModel::started`]).
pub fn stamp(token: &str) -> Option<(u64, Duration)> {
    let (place, micros) = token.trim().split_once('@')?;
    Some((place.parse().ok()?, Duration::from_micros(micros.parse().ok()?)))
}

/// Sends the head and each step; `sent` hears how many bytes of the body each write took.
pub(crate) async fn play(
    socket: &mut (impl AsyncWrite + Unpin),
    script: &Script,
    started: Instant,
    sent: impl Fn(usize),
) -> std::io::Result<()> {
    tokio::time::sleep(script.before_head).await;
    http::write_head(socket, script.status, &script.headers).await?;
    let steps = script.steps();
    let mut at = 0;
    while let Some(step) = steps.get(at) {
        at += 1;
        match step {
            Step::Wait(pause) if pause.is_zero() => tokio::task::yield_now().await,
            Step::Wait(pause) => tokio::time::sleep(*pause).await,
            Step::Send(bytes) => write(socket, bytes, &sent).await?,
            Step::Stamp(place) => write(socket, &stamped(*place, started), &sent).await?,
            Step::Cut => return Ok(()),
            Step::Stall => tokio::time::sleep(STALL_MAX).await,
            Step::Again => at = 0,
        }
    }
    http::write_chunk(socket, b"").await
}

async fn write(socket: &mut (impl AsyncWrite + Unpin), bytes: &[u8], sent: &impl Fn(usize)) -> std::io::Result<()> {
    // An empty chunk would be the end of the body.
    if bytes.is_empty() {
        return Ok(());
    }
    http::write_chunk(socket, bytes).await?;
    sent(bytes.len());
    Ok(())
}
