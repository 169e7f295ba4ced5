//! What all clients of a run share: the way to the server, and the ends of things.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use tokio::sync::watch;
use uuid::Uuid;

use crate::checker::evidence::{History, Note};

/// A request that takes longer is given up and sent again.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(3);

/// The way to the server, and who still has something to do.
#[derive(Debug)]
pub struct World {
    /// `http://127.0.0.1:1234`: the proxy before the server.
    pub url: String,
    /// For short requests.
    pub http: reqwest::Client,
    /// For streams.
    pub streams: reqwest::Client,
    stop: watch::Sender<bool>,
    busy: AtomicUsize,
    complaints: Mutex<Vec<String>>,
}

impl World {
    /// A world whose server is reached at this address, with so many clients that have something to say.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(url: String, clients: usize) -> Result<Arc<Self>> {
        let builder = || reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        Ok(Arc::new(Self {
            url,
            http: builder().timeout(REQUEST_TIME_MAX).build()?,
            streams: builder().connect_timeout(REQUEST_TIME_MAX).build()?,
            stop: watch::channel(false).0,
            busy: AtomicUsize::new(clients),
            complaints: Mutex::default(),
        }))
    }

    /// Where a conversation is.
    pub fn conversation(&self, id: Uuid, rest: &str) -> String {
        format!("{}/api/conversations/{id}{rest}", self.url)
    }

    /// A client has said all that it had to say, and it was answered.
    pub fn one_is_done(&self) {
        self.busy.fetch_sub(1, Ordering::SeqCst);
    }

    /// How many clients wait for an answer to what they say.
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    /// Something that must not happen and that no invariant of the log would show.
    pub fn complain(&self, what: String) {
        lock(&self.complaints).push(what);
    }

    /// What was complained about.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.complaints).clone()
    }

    /// Ends all clients.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether clients are to end.
    pub fn is_over(&self) -> bool {
        *self.stop.borrow()
    }

    /// Until then.
    pub async fn over(&self) {
        self.stop.subscribe().wait_for(|over| *over).await.ok();
    }
}

/// What one client has noted so far.
#[derive(Debug, Clone)]
pub struct Diary(Arc<Mutex<History>>);

/// Where a client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The history.
    pub epoch: String,
    /// The newest event that was seen.
    pub seq: i64,
}

impl Diary {
    /// An empty one.
    pub fn new(client: String, conversation: Uuid) -> Self {
        let conversation = conversation.to_string();
        Self(Arc::new(Mutex::new(History { client, conversation, ..History::default() })))
    }

    /// Adds a note.
    pub fn note(&self, note: Note) {
        lock(&self.0).notes.push(note);
    }

    /// Keeps what was heard, for the search for secrets.
    pub fn heard(&self, text: &str) {
        let mut history = lock(&self.0);
        history.heard.push_str(text);
        history.heard.push('\n');
    }

    /// The newest event that was seen; none again where the server said that it cannot go on from there.
    pub fn place(&self) -> Option<Place> {
        let history = lock(&self.0);
        let refused = history.notes.iter().rposition(|note| matches!(note, Note::Lost { .. }));
        let since = refused.map_or(0, |at| at + 1);
        let seen = history.notes[since..].iter().filter_map(|note| match note {
            Note::Saw { epoch, seq, .. } => Some(Place { epoch: epoch.clone(), seq: *seq }),
            _ => None,
        });
        seen.max_by_key(|place| place.seq)
    }

    /// All of it.
    pub fn history(&self) -> History {
        lock(&self.0).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
