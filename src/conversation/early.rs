//! Cancels that are ahead of their messages.

use std::{collections::VecDeque, time::Duration};

use protocol::{ClientMessageId, Timestamp};

/// How many are kept; the oldest gives way.
const KEPT_MAX: usize = 32;

/// Cancels of messages that were not seen yet, the oldest first, each since when. Lost with the process: a promise for a
/// minute, not a fact.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EarlyCancels(VecDeque<(ClientMessageId, Timestamp)>);

impl EarlyCancels {
    /// Keeps one, anew if it is kept already.
    pub fn keep(&mut self, client: ClientMessageId, now: Timestamp) {
        self.0.retain(|(id, _)| *id != client);
        if self.0.len() == KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back((client, now));
    }

    /// Whether there is one that is not older than `kept`.
    pub fn any(&self, now: Timestamp, kept: Duration) -> bool {
        self.0.iter().any(|(_, at)| is_kept(*at, now, kept))
    }

    /// Takes the one of this message, if it is there and not older than `kept`.
    pub(super) fn take(&mut self, client: &ClientMessageId, now: Timestamp, kept: Duration) -> bool {
        self.0.retain(|(_, at)| is_kept(*at, now, kept));
        let place = self.0.iter().position(|(id, _)| id == client);
        place.and_then(|place| self.0.remove(place)).is_some()
    }
}

fn is_kept(at: Timestamp, now: Timestamp, kept: Duration) -> bool {
    u128::from(now.millis_since(at)) < kept.as_millis()
}
