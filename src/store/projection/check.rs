//! What an append must be to be stored at all.

use protocol::{Envelope, Seq};

use crate::store::{StoredEvent, nul};

/// Why events cannot be stored as one append.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing to append.
    #[error("an append needs at least one event")]
    Empty,
    /// The numbers have a gap.
    #[error("event {found} stands where {expected} belongs")]
    Gap {
        /// The number that belongs there.
        expected: Seq,
        /// The number that stands there.
        found: Seq,
    },
    /// The numbers leave what the wire can carry.
    #[error("event {0} is outside 1 to 2^53 - 1")]
    Range(Seq),
    /// Rows hold one event a line.
    #[error("the body of event {0} has a line break")]
    LineBreak(Seq),
    /// PostgreSQL cannot hold it, so no store takes it. Those who take text in (the border and the sink) remove it.
    #[error("event {0} holds U+0000")]
    Nul(Seq),
    /// Nested so deeply that nobody could read it again.
    #[error("event {0} is nested too deeply to be read again")]
    TooDeep(Seq),
    /// A message without its turn.
    #[error("event {0} needs a turn")]
    NoTurn(Seq),
    /// Without the note a duplicate could not be told from a conflict.
    #[error("message_accepted {0} came without its note")]
    NoNote(Seq),
}

/// Whether the numbers are dense and in range.
pub(super) fn order(events: &[StoredEvent]) -> Result<(), Unfit> {
    let mut expected = events.first().ok_or(Unfit::Empty)?.seq();
    for found in events.iter().map(StoredEvent::seq) {
        if found == Seq::ZERO || found > Seq::MAX {
            return Err(Unfit::Range(found));
        }
        if found != expected {
            return Err(Unfit::Gap { expected, found });
        }
        expected = found.next();
    }
    Ok(())
}

/// Whether the bytes are what every store can hold.
pub(super) fn text(event: &StoredEvent) -> Result<(), Unfit> {
    if event.body.contains('\n') {
        return Err(Unfit::LineBreak(event.seq()));
    }
    if may_be_deep(&event.body) && serde_json::from_str::<Envelope>(&event.body).is_err() {
        return Err(Unfit::TooDeep(event.seq()));
    }
    let note_holds_nul = event.accepted.as_ref().is_some_and(|note| nul::in_object(&note.metadata));
    if note_holds_nul || nul::in_json(&event.body) { Err(Unfit::Nul(event.seq())) } else { Ok(()) }
}

/// Readers of JSON give up at 128 levels. Few events have that many brackets at all: only those are tried.
fn may_be_deep(body: &str) -> bool {
    body.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > 100
}
