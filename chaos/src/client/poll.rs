//! Following by asking for what comes next, again and again.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Client, RETRY_AFTER};
use crate::checker::evidence::Note;

const POLL_EVERY: Duration = Duration::from_millis(120);

/// A page, with the events as their bytes.
#[derive(Deserialize)]
struct Page<'a> {
    epoch: &'a str,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Numbered {
    seq: i64,
}

/// Asks until the run is over.
pub(super) async fn follow(client: Client) {
    while !client.world.is_over() {
        if ask(&client).await.is_none() {
            tokio::time::sleep(RETRY_AFTER).await;
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}

async fn ask(client: &Client) -> Option<()> {
    let place = client.diary.place();
    let after = place.as_ref().map_or(0, |place| place.seq);
    let epoch = place.map_or_else(String::new, |place| format!("&epoch={}", place.epoch));
    let url = client.world.conversation(client.talk, &format!("/events?after={after}&limit=7{epoch}"));
    let answer = client.world.http.get(url).send().await.ok()?;
    let status = answer.status();
    let text = answer.text().await.ok()?;
    client.diary.heard(&text);
    if status == StatusCode::GONE {
        let problem: Value = serde_json::from_str(&text).ok()?;
        client.diary.note(Note::Lost { reason: problem["code"].as_str()?.to_owned() });
        return None;
    }
    if status != StatusCode::OK {
        return None;
    }
    let page: Page<'_> = serde_json::from_str(&text).ok()?;
    client.diary.note(Note::Joined { after });
    for item in page.items {
        let Numbered { seq } = serde_json::from_str(item.get()).ok()?;
        client.diary.note(Note::Saw { epoch: page.epoch.to_owned(), seq, bytes: item.get().to_owned() });
    }
    Some(())
}
