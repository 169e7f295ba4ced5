//! Knows the events and what is kept beside them, and says where a tool would be called that must not be: C9 of the core.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{AgentId, Event, ToolCallId, event::RunStatus};

use crate::conversation::{
    EffectNote, EffectStatus, Numbered, RunOrder,
    run::{Step, ToolEffect},
};

/// The calls of the open turn.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Keys of calls that are known to have succeeded. One that failed may be tried again.
    known: BTreeSet<ToolCallId>,
    /// What each key's call may change.
    effects: BTreeMap<ToolCallId, ToolEffect>,
    /// The calls of the run under way and of those before it that a crash cut.
    chain: Vec<Made>,
}

/// A call that was made.
#[derive(Debug)]
struct Made {
    call_id: ToolCallId,
    key: ToolCallId,
    by: AgentId,
    is_answered: bool,
}

impl Ledger {
    pub(super) fn take(&mut self, numbered: &Numbered) {
        let note = numbered.note.as_ref().and_then(crate::conversation::Note::effect);
        match (&numbered.envelope.event, note) {
            (Event::ToolExecution { tool_call_id, agent_id, .. }, Some(note)) => {
                self.called(tool_call_id, agent_id, note);
            }
            (Event::ToolResult { tool_call_id, is_error, .. }, Some(note)) if note.status == EffectStatus::Done => {
                if !is_error {
                    self.known.insert(note.idempotency_key.clone());
                }
                let made = self.chain.iter_mut().filter(|made| made.call_id == *tool_call_id);
                made.for_each(|made| made.is_answered = true);
            }
            (Event::ToolResult { .. }, Some(note)) => assert_eq!(note.status, EffectStatus::Unknown),
            (Event::ToolExecution { .. } | Event::ToolResult { .. }, None) => panic!("no note: {numbered:?}"),
            (Event::AgentComplete { status: RunStatus::Interrupted, .. }, _) => {}
            (Event::AgentComplete { .. } | Event::Error { run_id: Some(_), .. }, _) => self.chain.clear(),
            _ => {}
        }
    }

    fn called(&mut self, call_id: &ToolCallId, by: &AgentId, note: &EffectNote) {
        assert_eq!(note.status, EffectStatus::Intent);
        let key = &note.idempotency_key;
        if let Some(effect) = self.effects.insert(key.clone(), note.effect) {
            assert_eq!(effect, note.effect, "C9: a call changed its effect");
            assert_ne!(effect, ToolEffect::NonIdempotent, "C9: a call was made twice");
            assert!(!self.known.contains(key), "C9: a call was made again though its result was known");
        }
        let (call_id, key, by) = (call_id.clone(), key.clone(), by.clone());
        self.chain.push(Made { call_id, key, by, is_answered: false });
    }

    /// A run that begins is handed each known result in its order, and each call to be made again once.
    pub(super) fn handed(&self, order: &RunOrder) {
        let calls = order.steps.iter().filter_map(|step| match step {
            Step::Called { intent, outcome } => Some((&intent.call_id, outcome.is_some())),
            Step::Said { .. } | Step::Heard { .. } => None,
        });
        let expected = self.chain.iter().enumerate().filter(|(place, made)| made.is_answered || self.is_open(*place));
        let expected = expected.map(|(_, made)| (&made.call_id, made.is_answered));
        assert_eq!(calls.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "C9: {:?}", self.chain);
    }

    /// What is known to an agent is in its checkpoint; what is still under way beside it is not.
    pub(super) fn checkpoint(&mut self, of: &AgentId) {
        let stays = |place: usize| self.chain[place].by != *of || self.is_open(place);
        let mut stays = (0..self.chain.len()).map(stays).collect::<Vec<_>>().into_iter();
        self.chain.retain(|_| stays.next().unwrap());
    }

    /// Nobody knows what came of it, and it was not made again since.
    fn is_open(&self, place: usize) -> bool {
        let made = &self.chain[place];
        !made.is_answered && !self.chain[place + 1..].iter().any(|later| later.key == made.key)
    }

    /// The turn is over.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
