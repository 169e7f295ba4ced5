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
    let (mut at, mut left) = (0, script.cut_after_bytes);
    while let Some(step) = steps.get(at) {
        at += 1;
        match step {
            Step::Wait(pause) if pause.is_zero() => tokio::task::yield_now().await,
            Step::Wait(pause) => tokio::time::sleep(*pause).await,
            Step::Send(bytes) => write(socket, bytes, &mut left, &sent).await?,
            Step::Stamp(place) => write(socket, &stamped(*place, started), &mut left, &sent).await?,
            Step::Cut => return Ok(()),
            Step::Stall => tokio::time::sleep(STALL_MAX).await,
            Step::Again => at = 0,
        }
        if left == Some(0) {
            return Ok(());
        }
    }
    http::write_chunk(socket, b"").await
}

/// Writes as many of these bytes as are left until the cut.
async fn write(
    socket: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    left: &mut Option<usize>,
    sent: &impl Fn(usize),
) -> std::io::Result<()> {
    let bytes = &bytes[..left.map_or(bytes.len(), |left| left.min(bytes.len()))];
    *left = left.map(|left| left - bytes.len());
    // An empty chunk would be the end of the body.
    if bytes.is_empty() {
        return Ok(());
    }
    http::write_chunk(socket, bytes).await?;
    sent(bytes.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// The bytes of the body that reach the client.
    async fn body(script: &Script) -> Vec<u8> {
        let (mut socket, sizes) = (Vec::new(), RefCell::new(Vec::new()));
        play(&mut socket, script, Instant::now(), |size| sizes.borrow_mut().push(size)).await.unwrap();
        let head = socket.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let (mut rest, mut body) = (&socket[head..], Vec::new());
        for size in sizes.into_inner() {
            rest = rest.strip_prefix(format!("{size:x}\r\n").as_bytes()).unwrap();
            body.extend_from_slice(&rest[..size]);
            rest = rest[size..].strip_prefix(b"\r\n").unwrap();
        }
        body
    }

    #[tokio::test]
    async fn a_cut_falls_on_the_very_byte() {
        let whole = body(&Script::text("a b").without_done()).await;
        for bytes in 0..=whole.len() {
            assert_eq!(body(&Script::text("a b").cut_after(bytes)).await, whole[..bytes]);
        }
    }

    #[tokio::test]
    async fn a_cut_falls_on_the_very_byte_of_tokens_that_carry_their_time() {
        let whole = body(&Script::stamped_tokens(3)).await.len();
        let shortest = stamped(0, Instant::now()).len();
        assert!(shortest * 3 < whole);
        for bytes in 0..=shortest * 3 {
            assert_eq!(body(&Script::stamped_tokens(3).cut_after(bytes)).await.len(), bytes);
        }
    }

    #[tokio::test]
    async fn a_cut_ends_also_what_has_no_end() {
        assert_eq!(body(&Script::endless("on and on ").cut_after(10_000)).await.len(), 10_000);
    }

    #[tokio::test]
    async fn a_cut_within_a_character_leaves_no_utf_8() {
        let cut = body(&Script::text("one цена").cut_within_a_character()).await;
        assert!(String::from_utf8(cut).is_err());
    }
}
