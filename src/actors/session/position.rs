//! Where a client may go on: exactly there, or not at all and it is told.

use protocol::{Code, Epoch, Seq};

use crate::{
    chaos::{self, Bug},
    store::ConversationRecord,
};

/// Why a client cannot go on exactly where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// What comes next is not kept any more.
    Expired,
    /// The position is of another history.
    EpochMismatch,
    /// The position is past the head.
    Future,
}

impl Gap {
    /// The stable code.
    pub fn code(self) -> Code {
        match self {
            Self::Expired => Code::Expired,
            Self::EpochMismatch => Code::EpochMismatch,
            Self::Future => Code::Future,
        }
    }
}

/// Where a session begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Right after this event, with nothing missing.
    After(Seq),
    /// After the head, and the client is told what is missing.
    Gap(Gap),
}

/// Where a session with this position begins. Never clamped: a position that cannot be resumed exactly is a gap.
pub fn start_at(after: Option<Seq>, epoch: Option<&Epoch>, record: &ConversationRecord) -> Start {
    if epoch.is_some_and(|epoch| *epoch != record.epoch) {
        return Start::Gap(Gap::EpochMismatch);
    }
    match after {
        None => Start::After(record.first_seq.previous()),
        Some(after) if after > record.head => Start::Gap(Gap::Future),
        Some(after) if after.next() < record.first_seq => Start::Gap(Gap::Expired),
        Some(after) if chaos::plants(Bug::OffByOneResume) => Start::After(after.next()),
        Some(after) => Start::After(after),
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Timestamp, event::JsonObject};

    use super::*;
    use crate::store::ConversationStatus;

    fn record(first: u64, head: u64) -> ConversationRecord {
        let at = Timestamp::from_millis(0);
        ConversationRecord {
            conversation_id: "0191e4c0-7d1c-7cc3-9a55-0f4f7a1c2b3d".parse().unwrap(),
            status: ConversationStatus::Open,
            current_agent: None,
            epoch: "e1".parse().unwrap(),
            first_seq: Seq(first),
            head: Seq(head),
            open_turn: None,
            created_at: at,
            updated_at: at,
            metadata: JsonObject::new(),
        }
    }

    #[track_caller]
    fn check(after: Option<u64>, epoch: Option<&str>, kept: (u64, u64), expected: Start) {
        let epoch: Option<Epoch> = epoch.map(|epoch| epoch.parse().unwrap());
        assert_eq!(start_at(after.map(Seq), epoch.as_ref(), &record(kept.0, kept.1)), expected);
    }

    #[test]
    fn a_position_is_resumed_exactly_or_not_at_all() {
        check(None, None, (1, 0), Start::After(Seq(0)));
        check(None, None, (11, 42), Start::After(Seq(10)));
        check(Some(17), Some("e1"), (1, 42), Start::After(Seq(17)));
        check(Some(42), None, (1, 42), Start::After(Seq(42)));
        check(Some(43), None, (1, 42), Start::Gap(Gap::Future));
        check(Some(10), None, (11, 42), Start::After(Seq(10)));
        check(Some(9), None, (11, 42), Start::Gap(Gap::Expired));
        check(Some(0), None, (1, 42), Start::After(Seq(0)));
        check(Some(17), Some("e2"), (1, 42), Start::Gap(Gap::EpochMismatch));
        check(None, Some("e2"), (1, 42), Start::Gap(Gap::EpochMismatch));
    }
}
