//! Cancels of answers that are under way, until the model sees the end of its socket.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, anyhow};
use fakemodel::pour::monotonic_micros;
use futures::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::follower::Follower;
use crate::report::Timed;

/// A cancel that takes longer has failed.
const WITHIN: Duration = Duration::from_secs(30);
/// Within so many milliseconds of an answer its cancel comes.
const SPREAD_MS: u64 = 500;
/// Far more than anybody waits for.
const ANSWER: &str = "tokens=1000000 every_ms=20";

/// So many talk all the time; each cancels its answer so often, one after another.
///
/// # Errors
/// When the model does not tell what it saw.
pub(crate) async fn cancels(port: u16, upstream: &str, talking: u64, each: u64) -> Result<Timed> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let one = |number: u64| {
        let http = http.clone();
        async move {
            let asked = timeout(WITHIN, cancel(&http, port, number)).await;
            (number, asked.map_err(|_| anyhow!("no end of the turn within {WITHIN:?}")).flatten())
        }
    };
    let all = join_all((0..talking).map(|who| async move {
        let mut asked = Vec::new();
        for turn in 0..each {
            asked.push(one(who * each + turn).await);
        }
        asked
    }))
    .await;
    // The model's side may see the end a little later than the client that of its turn.
    sleep(Duration::from_secs(1)).await;
    let left: BTreeMap<u64, u64> = http.get(format!("{upstream}/left")).send().await?.json().await?;
    let each = all.into_iter().flatten().map(|(number, asked)| {
        let at = left.get(&number).context("the model did not see the end of its socket");
        Ok(at?.saturating_sub(asked?))
    });
    Ok(Timed::of(each.collect()))
}

/// Answers when it was asked for, which is before it arrived.
async fn cancel(http: &reqwest::Client, port: u16, number: u64) -> Result<u64> {
    let mut follower = Follower::open(port).await?;
    follower.say(&format!("{ANSWER} watch={number}")).await?;
    while !follower.seen.last().is_some_and(|event| event.contains("content_chunk")) {
        follower.next().await?;
    }
    // No two in step, and without a generator of random numbers.
    sleep(Duration::from_millis(number * 7919 % SPREAD_MS)).await;
    let turn: serde_json::Value = serde_json::from_str(follower.seen.last().context("an event")?)?;
    let url = format!("http://127.0.0.1:{port}/api/conversations/{}/cancel", follower.id);
    let request = http.post(url).json(&json!({ "turnId": turn["turnId"] }));
    let asked = monotonic_micros();
    request.send().await.context("cancel")?.error_for_status().context("cancel")?;
    follower.until_over().await?;
    Ok(asked)
}
