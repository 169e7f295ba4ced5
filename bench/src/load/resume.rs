//! Clients that lose their server, or leave it, and come back all at once.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use futures::{StreamExt, TryStreamExt, future::join_all, stream};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::follower::Follower;
use crate::report::Timed;

/// Conversations that are opened, or read back, at the same time.
const AT_ONCE_MAX: usize = 64;
/// Whoever is not back by then, or whose turn is not over, has failed.
const WITHIN: Duration = Duration::from_mins(2);
/// Ten seconds of an answer, so that all are in the middle of it.
const ANSWER: &str = "tokens=100 every_ms=100";
/// How long all talk before something happens.
const TALK_FOR: Duration = Duration::from_secs(2);
/// What each of those that were away has missed: the end of the message, of the run and of the turn.
const MISSED_EVENTS: usize = 3;

/// One that came back: its client, and microseconds until its first event; or why not.
pub(crate) type Back = Result<(Follower, u64)>;

/// Conversations in the middle of an answer that each has seen a part of.
///
/// # Errors
/// When one of them fails.
pub(crate) async fn talking(port: u16, conversations: usize) -> Result<Vec<Follower>> {
    let one = |_| async move {
        let mut follower = Follower::open(port).await?;
        follower.say(ANSWER).await?;
        anyhow::Ok(follower)
    };
    let open: Vec<_> = stream::iter(0..conversations).map(one).buffer_unordered(AT_ONCE_MAX).try_collect().await?;
    let listening = open.into_iter().map(|mut follower| async move {
        while !follower.seen.iter().any(|event| event.contains("content_chunk")) {
            follower.next().await?;
        }
        // What comes meanwhile waits in the socket.
        anyhow::Ok(follower)
    });
    let open = timeout(WITHIN, join_all(listening)).await.context("all begin to talk")?;
    sleep(TALK_FOR).await;
    open.into_iter().collect()
}

/// Conversations whose turn is over and whose clients have left before they saw its end.
///
/// # Errors
/// When one of them fails.
pub(crate) async fn away(port: u16, conversations: usize) -> Result<Vec<Follower>> {
    let one = |_| async move {
        let mut follower = Follower::open(port).await?;
        follower.say("tokens=1 every_ms=0").await?;
        follower.until_over().await?;
        follower.leave();
        follower.forget(MISSED_EVENTS);
        anyhow::Ok(follower)
    };
    stream::iter(0..conversations).map(one).buffer_unordered(AT_ONCE_MAX).try_collect().await
}

/// All of them come back at once, as often as it takes.
pub(crate) async fn come_back(away: Vec<Follower>, port: u16, since: u64) -> Vec<Back> {
    let each = away.into_iter().map(|mut follower| async move {
        let back = async {
            // What the old server had sent is read first.
            while follower.next().await.is_ok() {}
            follower.is_over = false;
            let first = follower.come_back(port).await?;
            follower.until_over().await?;
            anyhow::Ok(first.saturating_sub(since))
        };
        let micros = timeout(WITHIN, back).await.map_err(|_| anyhow!("not back within {WITHIN:?}"))??;
        Ok((follower, micros))
    });
    join_all(each).await
}

/// What each client saw, before and after, against what the server keeps: byte for byte.
///
/// # Errors
/// When the server does not answer.
pub(crate) async fn compare(port: u16, all: Vec<Back>) -> Result<Timed> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let check = |back: Back| {
        let http = http.clone();
        async move {
            let (follower, micros) = back?;
            let url = format!("http://127.0.0.1:{port}/api/conversations/{}/events?limit=10000", follower.id);
            let kept: Value = http.get(url).send().await?.error_for_status()?.json().await?;
            let kept = kept["items"].as_array().context("a list")?;
            let seen: Result<Vec<Value>, _> = follower.seen.iter().map(|event| serde_json::from_str(event)).collect();
            ensure!(*kept == seen?, "{} saw something else than is kept", follower.id);
            Ok(micros)
        }
    };
    let each = stream::iter(all).map(check).buffer_unordered(AT_ONCE_MAX).collect().await;
    Ok(Timed::of(each))
}
