//! Retention, as the table's statements do it.

use protocol::{Seq, Timestamp};

use super::{Conversation, State};
use crate::store::{Sweep, Swept};

impl State {
    pub(in crate::store::memory) fn sweep(&mut self, sweep: &Sweep) -> Swept {
        let mut swept = Swept::default();
        for conversation in self.conversations.values_mut() {
            let events = conversation.trim(sweep.events_before);
            swept.conversations += u64::from(events > 0);
            swept.event_rows += events;
        }
        let buried =
            |conversation: &Conversation| conversation.erased && conversation.updated_at < sweep.tombstones_before;
        let before = self.conversations.len();
        self.conversations.retain(|_, conversation| !buried(conversation));
        self.names.retain(|_, id| self.conversations.contains_key(id));
        swept.tombstones = (before - self.conversations.len()) as u64;
        swept
    }
}

impl Conversation {
    /// Drops the events of turns that ended before, up to the first turn that did not; answers how many.
    fn trim(&mut self, before: Timestamp) -> u64 {
        let is_old = |ended: Option<Timestamp>| ended.is_some_and(|at| at < before);
        let (old, kept): (Vec<_>, Vec<_>) = self.turns.iter().partition(|turn| is_old(turn.ended_at));
        let Some(end) = old.iter().filter_map(|turn| turn.seq_end).max().map(Seq::next) else { return 0 };
        let kept_from = kept.iter().map(|turn| turn.seq_accepted).min();
        let first = kept_from.map_or(end, |kept| kept.min(end));
        let dropped = first.0.saturating_sub(self.first_seq().0);
        self.events.drain(..usize::try_from(dropped).unwrap_or(0));
        self.trimmed += dropped;
        dropped
    }
}
