//! The tail of a conversation's log, shared between its writer and its sessions.
//!
//! The writer publishes what is stored; a session is a cursor that reads from here, or from the store where it is
//! further behind than the tail reaches. Nobody waits for anybody: publishing takes a short lock and rings each session's
//! bell at most once until that session looked. A topic outlives its conversation actor, so sessions stay attached
//! while an idle conversation is put away and when it comes back.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use protocol::Seq;

use crate::store::{ConversationKey, StoredEvent};

/// Bounds of a tail; from config `limits.ring_…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailBounds {
    /// Events kept in memory.
    pub ring_events_max: usize,
    /// Bytes kept in memory.
    pub ring_bytes_max: usize,
}

impl Default for TailBounds {
    fn default() -> Self {
        Self { ring_events_max: 512, ring_bytes_max: 512 * 1024 }
    }
}

/// What a reader gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tail {
    /// It has everything that was published.
    AtHead,
    /// The next events, dense, right after its position.
    Events(Vec<(Seq, Arc<str>)>),
    /// The next event is not in memory any more: read the store.
    InStore,
}

/// Wakes one reader.
pub struct Bell {
    rung: AtomicBool,
    ring: Box<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bell").field("rung", &self.rung).finish_non_exhaustive()
    }
}

impl Bell {
    /// `ring` is called at most once until [`Bell::answered`].
    pub fn new(ring: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { rung: AtomicBool::new(false), ring: Box::new(ring) })
    }

    /// The reader looks now; it may be rung again. Call before looking.
    pub fn answered(&self) {
        self.rung.store(false, Ordering::SeqCst);
    }

    fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            (self.ring)();
        }
    }
}

/// All topics that somebody holds. Survives the registry, so that a session never listens to a topic that nobody writes.
#[derive(Debug)]
pub struct Topics {
    bounds: TailBounds,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    topics: HashMap<ConversationKey, Weak<Topic>>,
    sweep_at: usize,
}

/// From how many entries on the map is swept of topics that nobody holds any more.
const SWEEP_FROM: usize = 256;

impl Topics {
    /// No topics yet; each will have these bounds.
    pub fn new(bounds: TailBounds) -> Self {
        Self { bounds, held: Mutex::new(Held { topics: HashMap::new(), sweep_at: SWEEP_FROM }) }
    }

    /// The topic of a conversation, live or not.
    pub fn get(&self, key: &ConversationKey) -> Arc<Topic> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(topic) = held.topics.get(key).and_then(Weak::upgrade) {
            return topic;
        }
        if held.topics.len() >= held.sweep_at {
            held.topics.retain(|_, topic| topic.strong_count() > 0);
            held.sweep_at = (held.topics.len() * 2).max(SWEEP_FROM);
        }
        let topic = Arc::new(Topic::new(self.bounds));
        held.topics.insert(key.clone(), Arc::downgrade(&topic));
        topic
    }
}

/// The tail of one conversation's log.
#[derive(Debug)]
pub struct Topic {
    bounds: TailBounds,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    ring: VecDeque<(Seq, Arc<str>)>,
    bytes: usize,
    head: Seq,
    ended: bool,
    erased: bool,
    readers: Vec<Weak<Bell>>,
}

impl Topic {
    /// An empty tail.
    pub fn new(bounds: TailBounds) -> Self {
        Self { bounds, inner: Mutex::default() }
    }

    /// Adds a reader; it is gone when its bell is dropped.
    pub fn follow(&self, bell: &Arc<Bell>) {
        let mut inner = self.lock();
        inner.readers.retain(|reader| reader.strong_count() > 0);
        inner.readers.push(Arc::downgrade(bell));
    }

    /// How many read.
    pub fn readers(&self) -> usize {
        self.lock().readers.iter().filter(|reader| reader.strong_count() > 0).count()
    }

    /// Publishes events that are stored. `ends` says that the last one is the end of the conversation.
    pub fn publish(&self, events: &[StoredEvent], ends: bool) {
        let mut inner = self.lock();
        for event in events {
            inner.push(event.seq(), Arc::clone(&event.body), self.bounds);
        }
        inner.ended |= ends;
        let readers = inner.live_readers();
        drop(inner);
        for bell in readers {
            bell.ring();
        }
    }

    /// A writer begins at this head. What was stored and never published, because the writer before fell in between, is
    /// read from the store; readers are woken, also those that wait for the conversation to be made.
    pub fn begin_at(&self, head: Seq, ended: bool) {
        let mut inner = self.lock();
        if inner.head != head {
            inner.clear();
            inner.head = head;
        }
        inner.ended |= ended;
        let readers = inner.live_readers();
        drop(inner);
        for bell in readers {
            bell.ring();
        }
    }

    /// Says that the conversation was erased; readers are woken.
    pub fn erase(&self) {
        let mut inner = self.lock();
        inner.erased = true;
        inner.clear();
        let readers = inner.live_readers();
        drop(inner);
        for bell in readers {
            bell.ring();
        }
    }

    /// Lets go of what is kept in memory; the store has it.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// Says that the store has the conversation as over at this event. Its writer may be about to publish that; what the
    /// tail lacks until then is read from the store.
    pub fn mark_ended(&self, head: Seq) {
        let mut inner = self.lock();
        inner.ended = true;
        if inner.head >= head {
            return;
        }
        inner.clear();
        inner.head = head;
        let readers = inner.live_readers();
        drop(inner);
        for bell in readers {
            bell.ring();
        }
    }

    /// The newest event that was published here.
    pub fn head(&self) -> Seq {
        self.lock().head
    }

    /// Whether the conversation is over, as far as was published here.
    pub fn is_ended(&self) -> bool {
        self.lock().ended
    }

    /// Whether the conversation was erased.
    pub fn is_erased(&self) -> bool {
        self.lock().erased
    }

    /// What comes right after a position, no further once `bytes_max` is reached (but at least one event).
    pub fn read(&self, after: Seq, bytes_max: usize) -> Tail {
        let inner = self.lock();
        if after >= inner.head {
            return Tail::AtHead;
        }
        let skip = inner.ring.front().and_then(|(first, _)| (after.0 + 1).checked_sub(first.0));
        match skip.and_then(|skip| usize::try_from(skip).ok()).filter(|skip| *skip < inner.ring.len()) {
            Some(skip) => Tail::Events(take_bytes(inner.ring.iter().skip(skip), bytes_max)),
            None => Tail::InStore,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Each change under this lock is complete before anything can panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, seq: Seq, body: Arc<str>, bounds: TailBounds) {
        if seq <= self.head && self.head != Seq::ZERO {
            return;
        }
        // Readers count places: the ring has no holes.
        if seq != self.head.next() {
            self.clear();
        }
        self.head = seq;
        self.bytes += body.len();
        self.ring.push_back((seq, body));
        while self.ring.len() > bounds.ring_events_max || self.bytes > bounds.ring_bytes_max {
            let Some((_, dropped)) = self.ring.pop_front() else { break };
            self.bytes -= dropped.len();
        }
    }

    fn clear(&mut self) {
        self.ring = VecDeque::new();
        self.bytes = 0;
    }

    fn live_readers(&self) -> Vec<Arc<Bell>> {
        self.readers.iter().filter_map(Weak::upgrade).collect()
    }
}

fn take_bytes<'a>(events: impl Iterator<Item = &'a (Seq, Arc<str>)>, bytes_max: usize) -> Vec<(Seq, Arc<str>)> {
    let mut bytes = 0;
    let mut taken = Vec::new();
    for (seq, body) in events {
        if !taken.is_empty() && bytes + body.len() > bytes_max {
            break;
        }
        bytes += body.len();
        taken.push((*seq, Arc::clone(body)));
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(published: &[u64]) -> Topic {
        let topic = Topic::new(TailBounds::default());
        for seq in published {
            topic.lock().push(Seq(*seq), "x".into(), TailBounds::default());
        }
        topic
    }

    #[track_caller]
    fn check(topic: &Topic, after: u64, expected: Option<&[u64]>) {
        let found = match topic.read(Seq(after), 1000) {
            Tail::Events(events) => Some(events.iter().map(|(seq, _)| seq.0).collect::<Vec<_>>()),
            Tail::InStore => None,
            Tail::AtHead => Some(Vec::new()),
        };
        assert_eq!(found.as_deref(), expected, "after {after}");
    }

    #[test]
    fn a_hole_is_never_jumped() {
        let topic = topic(&[1, 2, 5, 6]);
        check(&topic, 2, None);
        check(&topic, 4, Some(&[5, 6]));
        check(&topic, 6, Some(&[]));
    }

    #[test]
    fn what_the_writer_before_stored_and_never_published_is_in_the_store() {
        let topic = topic(&[1, 2]);
        topic.begin_at(Seq(4), false);
        check(&topic, 2, None);
        topic.lock().push(Seq(5), "x".into(), TailBounds::default());
        check(&topic, 2, None);
        check(&topic, 4, Some(&[5]));
    }

    #[test]
    fn whoever_joins_while_the_end_is_published_reads_it_from_the_store() {
        let topic = topic(&[1, 2, 3]);
        topic.mark_ended(Seq(5));
        for seq in [4, 5] {
            topic.lock().push(Seq(seq), "x".into(), TailBounds::default());
        }
        check(&topic, 2, None);
        check(&topic, 3, None);
        check(&topic, 5, Some(&[]));
        assert!(topic.is_ended());
    }

    #[test]
    fn an_end_that_was_published_already_changes_nothing() {
        let topic = topic(&[1, 2, 3]);
        topic.mark_ended(Seq(3));
        check(&topic, 1, Some(&[2, 3]));
    }

    #[test]
    fn a_writer_that_begins_where_the_last_one_ended_keeps_the_tail() {
        let topic = topic(&[1, 2]);
        topic.begin_at(Seq(2), true);
        check(&topic, 0, Some(&[1, 2]));
        assert!(topic.is_ended());
    }
}
