//! The way out of a run: a buffer with credits, and a bell.
//!
//! A run pushes items; the conversation takes all of them at once when its bell rings, so what piled up while a commit
//! was under way becomes one batch. A run that is ahead waits for credits, which come back when its items are stored:
//! that is how a slow disk slows the model's socket. A tool call waits longer: until it is stored that it will be made.
//! One bell is under way at a time, so a flood of items is a single message in the conversation's mailbox.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use protocol::ToolCallId;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::UserMessage;
pub use crate::conversation::run::{
    ApprovalQuestion, Checkpoint, CheckpointStatus, RunEnd, RunItem, ToolEffect, ToolIntent, ToolOutcome,
};

/// The longest text of one item, in bytes; a longer one is pushed in pieces.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// As many items may be said together: fewer than a pipe has credits.
pub const TOGETHER_ITEMS_MAX: usize = 16;

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
    settled: watch::Sender<Settled>,
    bell: Bell,
    cancel: CancellationToken,
}

#[derive(Default)]
struct Buffer {
    items: VecDeque<RunItem>,
    steer: VecDeque<UserMessage>,
    /// What is said together with the end.
    last: Vec<RunItem>,
    /// How many items were said, the end not counted.
    said: u64,
    ended: bool,
}

/// How far what was said has come.
#[derive(Debug, Clone, Copy, Default)]
struct Settled {
    /// Items that are stored, or became no event and never will be.
    items: u64,
    /// The run is over.
    closed: bool,
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
            settled: watch::Sender::default(),
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

    /// Gives back the credits of items that are stored, in their order. The last item has none. Items that became no event
    /// come with those around them; where the run was stopped instead of an item being stored, [`RunPipe::cancel`] must be
    /// called before.
    pub fn give_back(&self, items: usize) {
        self.credits.add_permits(items);
        self.settled.send_modify(|settled| settled.items += items as u64);
    }

    /// Stops the run: its token is cancelled and its sink refuses.
    pub fn cancel(&self) {
        self.cancel.cancel();
        self.close();
    }

    /// Cancelled when the run must stop.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Says how the run ended; needs no credit. Only the first word counts. Whoever waits for a credit waits in vain from
    /// here on, so the sink refuses.
    pub fn end(&self, end: RunEnd) {
        {
            let mut buffer = self.lock();
            if buffer.ended {
                return;
            }
            buffer.ended = true;
            let last = std::mem::take(&mut buffer.last);
            buffer.items.extend(last);
            buffer.items.push_back(RunItem::Ended(end));
        }
        self.close();
        self.ring();
    }

    /// Hands the running agent a further message of the user.
    pub fn steer(&self, message: UserMessage) {
        self.lock().steer.push_back(message);
    }

    /// Answers which item it is, counted from 1.
    fn push(&self, item: RunItem) -> Result<u64, SinkClosed> {
        self.push_all([item])
    }

    /// The conversation takes all of them at once. Answers which item the last one is.
    fn push_all(&self, items: impl IntoIterator<Item = RunItem>) -> Result<u64, SinkClosed> {
        let place = {
            let mut buffer = self.lock();
            if buffer.ended || self.cancel.is_cancelled() {
                return Err(SinkClosed);
            }
            for item in items {
                buffer.items.push_back(item);
                buffer.said += 1;
            }
            buffer.said
        };
        self.ring();
        Ok(place)
    }

    /// Waits until an item is stored. A run that is over hears so first: its last items may never be.
    async fn stored(&self, place: u64) -> Result<(), SinkClosed> {
        let mut settled = self.settled.subscribe();
        let reached = settled.wait_for(|settled| settled.closed || settled.items >= place).await;
        if reached.is_ok_and(|settled| !settled.closed) { Ok(()) } else { Err(SinkClosed) }
    }

    fn close(&self) {
        self.credits.close();
        self.settled.send_modify(|settled| settled.closed = true);
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

    /// Says that a tool is about to be called. Returns only once that is stored, however long it takes: whatever happens
    /// from there on, the log knows that the call may have been made.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over: do not call the tool then.
    pub async fn tool_started(&self, intent: ToolIntent) -> Result<(), SinkClosed> {
        let place = self.push_counted(RunItem::ToolStarted(intent)).await?;
        self.pipe.stored(place).await
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

    /// Says several things that are stored together or not at all, and returns once they are. At most
    /// [`TOGETHER_ITEMS_MAX`].
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over.
    pub async fn together(&self, items: Vec<RunItem>) -> Result<(), SinkClosed> {
        debug_assert!(items.len() <= TOGETHER_ITEMS_MAX, "more than a pipe may have credits for");
        let credits = u32::try_from(items.len()).unwrap_or(u32::MAX);
        self.pipe.credits.acquire_many(credits).await.map_err(|_| SinkClosed)?.forget();
        let place = self.pipe.push_all(items)?;
        self.pipe.stored(place).await
    }

    /// Says something together with how the run ends: all of it is stored in one transaction, or nothing.
    ///
    /// # Errors
    /// [`SinkClosed`] when the run is over.
    pub fn at_the_end(&self, items: Vec<RunItem>) -> Result<(), SinkClosed> {
        let mut buffer = self.pipe.lock();
        if buffer.ended || self.pipe.cancel.is_cancelled() {
            return Err(SinkClosed);
        }
        buffer.last.extend(items);
        Ok(())
    }

    async fn push(&self, item: RunItem) -> Result<(), SinkClosed> {
        self.push_counted(item).await.map(|_| ())
    }

    async fn push_counted(&self, item: RunItem) -> Result<u64, SinkClosed> {
        self.pipe.credits.acquire().await.map_err(|_| SinkClosed)?.forget();
        self.pipe.push(item)
    }
}

#[cfg(test)]
mod tests;
