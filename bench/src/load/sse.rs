//! A conversation over Server-Sent Events, its message by HTTP.

use anyhow::{Context, Result, anyhow};
use fakemodel::pour::monotonic_micros;
use serde_json::json;
use uuid::Uuid;

use super::{check::Turn, read::take};

/// An open conversation, followed from its beginning.
#[derive(Debug)]
pub(super) struct Stream {
    http: reqwest::Client,
    messages_url: String,
    response: reqwest::Response,
    rest: String,
}

impl Stream {
    pub(super) async fn open(http: &reqwest::Client, port: u16) -> Result<Self> {
        let id = Uuid::new_v4();
        let response = http.get(format!("http://127.0.0.1:{port}/api/stream/{id}?after=0")).send().await;
        let response = response.context("open the stream")?.error_for_status()?;
        let messages_url = format!("http://127.0.0.1:{port}/api/conversations/{id}/messages");
        Ok(Self { http: http.clone(), messages_url, response, rest: String::new() })
    }

    pub(super) async fn say(&mut self, content: &str) -> Result<()> {
        let body = json!({ "clientMessageId": Uuid::new_v4(), "content": content });
        self.http.post(&self.messages_url).json(&body).send().await.context("send")?.error_for_status()?;
        Ok(())
    }

    pub(super) async fn read(&mut self, turn: &mut Turn) -> Result<()> {
        while let Some(bytes) = self.response.chunk().await.context("read")? {
            let now = monotonic_micros();
            // Tokens are ASCII, so no character can be cut.
            self.rest.push_str(std::str::from_utf8(&bytes)?);
            while let Some(end) = self.rest.find("\n\n") {
                let event: String = self.rest.drain(..end + 2).collect();
                for data in event.lines().filter_map(|line| line.strip_prefix("data: ")) {
                    if take(turn, data, now)? {
                        return Ok(());
                    }
                }
            }
        }
        Err(anyhow!("the server ended the stream within the turn"))
    }
}
