//! Knows the events and what is kept beside them, and says where a tool would be called that must not be: C9 of the core.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Event, ToolCallId, event::RunStatus};

use crate::conversation::{
    EffectNote, EffectStatus, Numbered, RunOrder,
    run::{Step, ToolEffect},
};

/// The calls of the open turn.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Keys of calls whose results are known.
    known: BTreeSet<ToolCallId>,
    /// What each key's call may change.
    effects: BTreeMap<ToolCallId, ToolEffect>,
    /// The calls of the run under way and of those before it that a crash cut, with their keys.
    chain: Vec<(ToolCallId, ToolCallId)>,
}

impl Ledger {
    pub(super) fn take(&mut self, numbered: &Numbered) {
        let note = numbered.note.as_ref().and_then(crate::conversation::Note::effect);
        match (&numbered.envelope.event, note) {
            (Event::ToolExecution { tool_call_id, .. }, Some(note)) => self.called(tool_call_id, note),
            (Event::ToolResult { .. }, Some(note)) if note.status == EffectStatus::Done => {
                self.known.insert(note.idempotency_key.clone());
            }
            (Event::ToolResult { .. }, Some(note)) => assert_eq!(note.status, EffectStatus::Unknown),
            (Event::ToolExecution { .. } | Event::ToolResult { .. }, None) => panic!("no note: {numbered:?}"),
            (Event::AgentComplete { status: RunStatus::Interrupted, .. }, _) => {}
            (Event::AgentComplete { .. } | Event::Error { run_id: Some(_), .. }, _) => self.chain.clear(),
            _ => {}
        }
    }

    fn called(&mut self, call_id: &ToolCallId, note: &EffectNote) {
        assert_eq!(note.status, EffectStatus::Intent);
        let key = &note.idempotency_key;
        if let Some(effect) = self.effects.insert(key.clone(), note.effect) {
            assert_eq!(effect, note.effect, "C9: a call changed its effect");
            assert_ne!(effect, ToolEffect::NonIdempotent, "C9: a call was made twice");
            assert!(!self.known.contains(key), "C9: a call was made again though its result was known");
        }
        self.chain.push((call_id.clone(), key.clone()));
    }

    /// A run that begins is handed each known result once, and each call to be made again once.
    pub(super) fn handed(&self, order: &RunOrder) {
        let calls = order.steps.iter().filter_map(|step| match step {
            Step::Called { intent, outcome } => Some((intent, outcome.is_some())),
            Step::Said { .. } | Step::Heard { .. } => None,
        });
        let handed: Vec<_> = calls.map(|(intent, is_known)| (intent.idempotency_key.clone(), is_known)).collect();
        let keys: BTreeSet<_> = self.chain.iter().map(|(_, key)| key.clone()).collect();
        let expected: BTreeMap<_, _> = keys.into_iter().map(|key| (key.clone(), self.known.contains(&key))).collect();
        assert_eq!(handed.len(), expected.len(), "C9: {handed:?} of {expected:?}");
        assert_eq!(handed.into_iter().collect::<BTreeMap<_, _>>(), expected, "C9");
    }

    /// What is known is in the checkpoint; what is still under way beside it is not.
    pub(super) fn checkpoint(&mut self) {
        self.chain.retain(|(_, key)| !self.known.contains(key));
    }

    /// The turn is over.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
