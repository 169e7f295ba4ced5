//! The way out of a run: a buffer with credits, and a bell.
//!
//! A run pushes items; the conversation takes all of them at once when its bell rings, so what piled up while a commit
//! was under way becomes one batch. A run that is ahead waits for credits, which come back when its items are stored:
//! that is how a slow disk slows the model's socket. One bell is under way at a time, so a flood of items is a single
//! message in the conversation's mailbox.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use protocol::ToolCallId;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::UserMessage;
pub use crate::conversation::run::{RunEnd, RunItem, ToolOutcome};

/// The longest text of one item, in bytes; a longer one is pushed in pieces.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// The run is over for everybody else: it was cancelled, replaced or ran out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run is over")]
pub struct SinkClosed;

/// Wakes the conversation. Called at most once until the pipe was emptied.
pub type Bell = Box<dyn Fn() + Send + Sync>;

/// The pipe between one run and its conversation.
pub struct RunPipe {
    buffer: Mutex<Buffer>,
    rung: AtomicBool,
    credits: Semaphore,
    bell: Bell,
    cancel: CancellationToken,
}

#[derive(Default)]
struct Buffer {
    items: VecDeque<RunItem>,
    steer: VecDeque<UserMessage>,
    ended: bool,
}

impl std::fmt::Debug for RunPipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunPipe").field("credits", &self.credits.available_permits()).finish_non_exhaustive()
    }
}

impl RunPipe {
    /// A pipe that holds at most `credits` items that are not stored yet.
    pub fn new(credits: usize, bell: Bell) -> Arc<Self> {
        Arc::new(Self {
            buffer: Mutex::default(),
            rung: AtomicBool::new(false),
            credits: Semaphore::new(credits),
            bell,
            cancel: CancellationToken::new(),
        })
    }

    /// The end that the run gets.
    pub fn sink(self: &Arc<Self>) -> EventSink {
        EventSink { pipe: Arc::clone(self) }
    }

    /// Takes all that was said since the last time. The bell may ring again from here on.
    pub fn take(&self) -> Vec<RunItem> {
        self.rung.store(false, Ordering::SeqCst);
        let mut buffer = self.lock();
        buffer.items.drain(..).collect()
    }

    /// Gives back the credits of items that are stored. The last item has none.
    pub fn give_back(&self, items: usize) {
        self.credits.add_permits(items);
    }

    /// Stops the run: its token is cancelled and its sink refuses.
    pub fn cancel(&self) {
        self.cancel.cancel();
        self.credits.close();
    }

    /// Cancelled when the run must stop.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Says how the run ended; needs no credit. Only the first word counts.
    pub fn end(&self, end: RunEnd) {
        {
            let mut buffer = self.lock();
            if buffer.ended {
                return;
            }
            buffer.ended = true;
            buffer.items.push_back(RunItem::Ended(end));
        }
        self.ring();
    }

    /// Hands the running agent a further message of the user.
    pub fn steer(&self, message: UserMessage) {
        self.lock().steer.push_back(message);
    }

    fn push(&self, item: RunItem) -> Result<(), SinkClosed> {
        {
            let mut buffer = self.lock();
            if buffer.ended || self.cancel.is_cancelled() {
                return Err(SinkClosed);
            }
            buffer.items.push_back(item);
        }
        self.ring();
        Ok(())
    }

    fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            (self.bell)();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Buffer> {
        // A panic between lock and unlock can't leave a half-done change here: each is a single push or drain.
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a run says what it does. Cheap to clone.
///
/// Every method waits while too much of what was said is not stored yet.
#[derive(Debug, Clone)]
pub struct EventSink {
    pipe: Arc<RunPipe>,
}

impl EventSink {
    /// Says a piece of text. U+0000 is left out: PostgreSQL cannot hold it.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over.
    pub async fn text(&self, text: &str) -> Result<(), SinkClosed> {
        let clean = if text.contains('\0') { text.replace('\0', "") } else { text.to_owned() };
        let mut rest = clean.as_str();
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(rest.floor_char_boundary(TEXT_BYTES_MAX));
            self.push(RunItem::Delta(piece.to_owned())).await?;
            rest = tail;
        }
        Ok(())
    }

    /// Closes the message; the next text opens another.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over.
    pub async fn end_message(&self) -> Result<(), SinkClosed> {
        self.push(RunItem::MessageEnd).await
    }

    /// Says that a tool is about to be called.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over: do not call the tool then.
    pub async fn tool_started(&self, call_id: ToolCallId, name: &str, arguments: Value) -> Result<(), SinkClosed> {
        self.push(RunItem::ToolStarted { call_id, name: name.to_owned(), arguments }).await
    }

    /// Says what a tool answered.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over.
    pub async fn tool_finished(&self, call_id: ToolCallId, outcome: ToolOutcome) -> Result<(), SinkClosed> {
        self.push(RunItem::ToolFinished { call_id, outcome }).await
    }

    /// Says that the shared context was changed.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over.
    pub async fn context_updated(&self, version: u64, changed: Vec<String>) -> Result<(), SinkClosed> {
        self.push(RunItem::ContextUpdated { version, changed }).await
    }

    /// Takes the next message that came while the run was under way, if there is one. From here on the run owes it an
    /// answer.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over.
    pub async fn take_steer(&self) -> Result<Option<UserMessage>, SinkClosed> {
        let Some(message) = self.pipe.lock().steer.pop_front() else { return Ok(None) };
        self.push(RunItem::SteerTaken(message.id)).await?;
        Ok(Some(message))
    }

    async fn push(&self, item: RunItem) -> Result<(), SinkClosed> {
        self.pipe.credits.acquire().await.map_err(|_| SinkClosed)?.forget();
        self.pipe.push(item)
    }
}
