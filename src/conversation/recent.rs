//! The latest accepted messages, to tell a duplicate at once.

use std::collections::VecDeque;

use protocol::{ClientMessageId, MessageId, Seq, TurnId};

/// How many a conversation remembers; older ones are asked of the store.
pub(crate) const RECENT_MAX: usize = 256;

/// An accepted message, as far as a duplicate needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The client's id of it.
    pub client_message_id: ClientMessageId,
    /// The hash of its content.
    pub body_hash: [u8; 32],
    /// The turn that it opened or joined.
    pub turn_id: TurnId,
    /// The server's id of it.
    pub message_id: MessageId,
    /// Where its `message_accepted` stands.
    pub seq: Seq,
}

/// The hash that tells a duplicate from a conflict: BLAKE3 over the content.
pub fn body_hash(content: &str) -> [u8; 32] {
    *blake3::hash(content.as_bytes()).as_bytes()
}

/// The latest accepted messages of a conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recent {
    newest_last: VecDeque<Accepted>,
    /// Whether some are only in the store.
    older_exist: bool,
}

impl Recent {
    /// From what the store read, newest last; `is_all` says that it has no more.
    pub fn new(newest_last: Vec<Accepted>, is_all: bool) -> Self {
        let mut recent = Self { newest_last: VecDeque::new(), older_exist: !is_all };
        for accepted in newest_last {
            recent.push(accepted);
        }
        recent
    }

    /// The message with this id, if it is remembered.
    pub fn find(&self, client: &ClientMessageId) -> Option<&Accepted> {
        self.newest_last.iter().rev().find(|accepted| accepted.client_message_id == *client)
    }

    /// Whether the store must be asked before this id can be called new.
    pub fn must_ask_store(&self, client: &ClientMessageId) -> bool {
        self.older_exist && self.find(client).is_none()
    }

    /// Whether no message was ever accepted but these.
    pub(crate) fn are_all_of(&self, ids: &[MessageId]) -> bool {
        !self.older_exist && self.newest_last.iter().all(|accepted| ids.contains(&accepted.message_id))
    }

    /// Remembers a message, if it is newer than all that are: an older one is remembered already or is in the store.
    pub(crate) fn push(&mut self, accepted: Accepted) {
        if self.newest_last.back().is_some_and(|newest| newest.seq >= accepted.seq) {
            return;
        }
        if self.newest_last.len() == RECENT_MAX {
            self.newest_last.pop_front();
            self.older_exist = true;
        }
        self.newest_last.push_back(accepted);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn accepted(number: usize) -> Accepted {
        Accepted {
            client_message_id: client(number),
            body_hash: body_hash("hi"),
            turn_id: TurnId(Uuid::nil()),
            message_id: MessageId(Uuid::nil()),
            seq: Seq(u64::try_from(number).unwrap()),
        }
    }

    fn client(number: usize) -> ClientMessageId {
        format!("c{number}").parse().unwrap()
    }

    fn of(count: usize, is_all: bool) -> Recent {
        Recent::new((1..=count).map(accepted).collect(), is_all)
    }

    #[test]
    fn a_message_that_was_remembered_is_found() {
        let recent = of(3, true);
        assert_eq!(recent.find(&client(2)), Some(&accepted(2)));
        assert_eq!(recent.find(&client(4)), None);
    }

    #[test]
    fn the_store_is_asked_only_where_it_may_know_more() {
        assert!(!of(3, true).must_ask_store(&client(4)));
        assert!(!of(3, false).must_ask_store(&client(3)));
        assert!(of(3, false).must_ask_store(&client(4)));
    }

    #[test]
    fn the_oldest_gives_way_and_is_asked_of_the_store_from_then_on() {
        let mut recent = of(RECENT_MAX, true);
        assert!(!recent.must_ask_store(&client(0)));
        recent.push(accepted(RECENT_MAX + 1));
        assert_eq!(recent.find(&client(1)), None);
        assert!(recent.must_ask_store(&client(1)));
        assert!(recent.find(&client(2)).is_some() && recent.find(&client(RECENT_MAX + 1)).is_some());
    }

    #[test]
    fn what_is_replayed_does_not_push_out_what_is_newer() {
        let mut recent = of(RECENT_MAX + 5, false);
        let before = recent.clone();
        recent.push(accepted(2));
        recent.push(accepted(RECENT_MAX + 5));
        assert_eq!(recent, before);
    }

    #[test]
    fn the_hash_is_of_the_content_to_the_byte() {
        assert_eq!(body_hash("hi"), body_hash("hi"));
        assert_ne!(body_hash("hi"), body_hash("hi "));
    }
}
