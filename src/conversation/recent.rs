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

    pub(crate) fn push(&mut self, accepted: Accepted) {
        if self.newest_last.len() == RECENT_MAX {
            self.newest_last.pop_front();
            self.older_exist = true;
        }
        self.newest_last.push_back(accepted);
    }
}
