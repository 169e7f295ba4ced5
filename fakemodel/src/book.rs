//! What the server answers with, and what it saw.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::time::Instant;

use crate::script::Script;

/// Requests that are kept; of more, the oldest go.
const REQUESTS_KEPT_MAX: usize = 1000;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its path.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body; null where it is no JSON.
    pub body: Value,
}

impl Request {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The last message of the user.
    pub fn last_user_message(&self) -> &str {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        messages.rev().find(|message| message["role"] == "user").and_then(|one| one["content"].as_str()).unwrap_or("")
    }
}

/// Answers a request that nothing else fits.
pub(crate) type Otherwise = Box<dyn Fn(&Request) -> Script + Send + Sync>;

#[derive(Default)]
struct Pages {
    queue: VecDeque<Script>,
    by_word: Vec<(String, Script)>,
    requests: VecDeque<Request>,
    left: Vec<Instant>,
    bytes_sent: usize,
    bytes_after_left: usize,
}

/// Shared by all connections.
pub(crate) struct Book {
    pages: Mutex<Pages>,
    otherwise: Otherwise,
}

impl Book {
    pub(crate) fn new(scripts: Vec<Script>, otherwise: Otherwise) -> Self {
        Self { pages: Mutex::new(Pages { queue: scripts.into(), ..Pages::default() }), otherwise }
    }

    /// Keeps the request; answers its script: by a word of the last user message, else the next of the queue.
    pub(crate) fn script_for(&self, request: Request) -> Script {
        let mut pages = self.pages();
        let said = request.last_user_message();
        let by_word = pages.by_word.iter().find(|(word, _)| said.contains(word.as_str()));
        let known = by_word.map(|(_, script)| script.clone()).or_else(|| pages.queue.pop_front());
        let script = known.unwrap_or_else(|| (self.otherwise)(&request));
        if pages.requests.len() == REQUESTS_KEPT_MAX {
            pages.requests.pop_front();
        }
        pages.requests.push_back(request);
        script
    }

    pub(crate) fn sent(&self, bytes: usize, left: bool) {
        let mut pages = self.pages();
        pages.bytes_sent += bytes;
        pages.bytes_after_left += if left { bytes } else { 0 };
    }

    pub(crate) fn left(&self) {
        self.pages().left.push(Instant::now());
    }

    pub(crate) fn then(&self, script: Script) {
        self.pages().queue.push_back(script);
    }

    pub(crate) fn when(&self, word: &str, script: Script) {
        self.pages().by_word.push((word.to_owned(), script));
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.pages().requests.iter().cloned().collect()
    }

    pub(crate) fn dropped_clients(&self) -> Vec<Instant> {
        self.pages().left.clone()
    }

    pub(crate) fn bytes_sent(&self) -> usize {
        self.pages().bytes_sent
    }

    pub(crate) fn bytes_after_left(&self) -> usize {
        self.pages().bytes_after_left
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
