//! Retention, as the table's statements do it.

use std::sync::Arc;

use protocol::{Seq, Timestamp};

use super::{Conversation, State};
use crate::store::{InternalId, Sweep, Swept, Tombstone};

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

    pub(in crate::store::memory) fn tombstones(&self, after: (Timestamp, InternalId), limit: usize) -> Vec<Tombstone> {
        let erased = self.conversations.iter().filter(|(_, conversation)| conversation.erased);
        let mut found: Vec<_> = erased
            .map(|(id, conversation)| Tombstone {
                tenant: Arc::clone(&conversation.key.owner.tenant),
                id: *id,
                erased_at: conversation.updated_at,
            })
            .filter(|tombstone| (tombstone.erased_at, tombstone.id) > after)
            .collect();
        found.sort_unstable_by_key(|tombstone| (tombstone.erased_at, tombstone.id));
        found.truncate(limit);
        found
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
        let kept_from = self.first_seq();
        self.effects.retain(|effect| effect.seq_intent >= kept_from);
        self.taken.retain(|taken| taken.seq >= kept_from);
        dropped
    }
}
