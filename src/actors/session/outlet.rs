//! The way out of a session: a channel of two places to whoever writes the socket.

use std::sync::Arc;

use protocol::{Code, Epoch, Seq};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;

/// Batches on their way out.
const OUTLET_PLACES: usize = 2;

/// Small frames (answers, pongs) that may wait beside events.
const FRAMES_WAITING_MAX: usize = 64;

/// The client is told that it cannot go on exactly where it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reset {
    /// Why.
    pub reason: Code,
    /// The current history.
    pub epoch: Epoch,
    /// The oldest event that is kept.
    pub first_seq: Seq,
    /// Live events follow after this one.
    pub head: Seq,
    /// The conversation as it stands.
    pub snapshot: Value,
}

/// What the writer of a socket gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// Stored events, as their exact bytes.
    Events {
        /// The history that they count in.
        epoch: Epoch,
        /// Dense, in order.
        events: Vec<(Seq, Arc<str>)>,
    },
    /// A frame of the WebSocket beside events.
    Frame(String),
    /// A gap, for SSE.
    Reset(Box<Reset>),
    /// The server goes down.
    Draining {
        /// When to come back.
        reconnect_after_ms: u64,
    },
    /// The last thing.
    Close {
        /// The close code of the WebSocket.
        code: u16,
        /// In words.
        reason: String,
    },
}

/// The sender's end. A channel makes room for 32 items when it is made, so they are boxed: most sessions are idle.
#[derive(Debug)]
pub struct Outlet {
    events: mpsc::Sender<Box<Outgoing>>,
    frames: mpsc::Sender<Box<Outgoing>>,
}

/// A place among the events that go out.
#[derive(Debug)]
pub(super) struct Place<'a>(mpsc::Permit<'a, Box<Outgoing>>);

impl Place<'_> {
    /// Takes it.
    pub(super) fn send(self, outgoing: Outgoing) {
        self.0.send(Box::new(outgoing));
    }
}

/// The writer's end: frames go before events.
#[derive(Debug)]
pub struct OutletReader {
    events: mpsc::Receiver<Box<Outgoing>>,
    frames: mpsc::Receiver<Box<Outgoing>>,
}

impl Outlet {
    /// Both ends.
    pub fn new() -> (Self, OutletReader) {
        let (events, events_reader) = mpsc::channel(OUTLET_PLACES);
        let (frames, frames_reader) = mpsc::channel(FRAMES_WAITING_MAX);
        (Self { events, frames }, OutletReader { events: events_reader, frames: frames_reader })
    }

    /// A place for a batch, if there is one.
    pub(super) fn place(&self) -> Option<Place<'_>> {
        self.events.try_reserve().ok().map(Place)
    }

    /// Waits for a place; `false` when the writer is gone.
    pub(super) fn wait_for_place(&self) -> impl Future<Output = bool> + use<> {
        let events = self.events.clone();
        async move { events.reserve_owned().await.is_ok() }
    }

    /// Sends something that must keep its place among events; `false` when there is no place.
    pub(super) fn send_in_order(&self, outgoing: Outgoing) -> bool {
        self.events.try_send(Box::new(outgoing)).is_ok()
    }

    /// Sends a small frame; `false` when too many wait.
    pub(super) fn send_frame(&self, outgoing: Outgoing) -> bool {
        self.frames.try_send(Box::new(outgoing)).is_ok()
    }
}

impl OutletReader {
    /// What goes out next; none when the session is gone and everything was taken.
    pub async fn next(&mut self) -> Option<Outgoing> {
        tokio::select! {
            biased;
            Some(frame) = self.frames.recv() => Some(*frame),
            Some(events) = self.events.recv() => Some(*events),
            else => None,
        }
    }
}
