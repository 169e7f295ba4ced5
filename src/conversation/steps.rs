//! What the runs of a turn did, as far as a run after a crash goes on from it.

use std::collections::BTreeMap;

use protocol::{AgentId, Event, MessageId, ToolCallId, event::MessageStatus};

use super::{
    command::TurnMessage,
    note::{EffectNote, EffectStatus},
    run::{Step, ToolEffect, ToolIntent, ToolOutcome},
};

/// What the run under way and those that a crash cut before it did. As long as a turn's tool calls and text may be.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Steps {
    done: Vec<Step>,
    /// Who made the calls among them.
    callers: BTreeMap<ToolCallId, AgentId>,
    /// The messages of these runs, those that were cut included.
    messages: Vec<MessageId>,
}

impl Steps {
    pub(super) fn apply(&mut self, event: &Event, note: Option<&EffectNote>) {
        match event {
            Event::MessageComplete { message_id, content, status, .. } => {
                self.messages.push(*message_id);
                if *status == MessageStatus::Complete {
                    self.done.push(Step::Said { message_id: *message_id, content: content.clone() });
                }
            }
            Event::ToolResult { result, is_error, truncated, .. } => {
                if note.is_none_or(|note| note.status == EffectStatus::Done) {
                    let (result, is_error, truncated) = (result.clone(), *is_error, *truncated);
                    self.answered(event, ToolOutcome { result, is_error, truncated });
                }
            }
            event => {
                let called = intent_of(event, note).map(|intent| Step::Called { intent, outcome: None });
                self.done.extend(called);
                if let Event::ToolExecution { tool_call_id, agent_id, .. } = event {
                    self.callers.insert(tool_call_id.clone(), agent_id.clone());
                }
            }
        }
    }

    /// A message that joined the turn was taken into account.
    pub(super) fn heard(&mut self, message: TurnMessage) {
        let TurnMessage { id: message_id, content } = message;
        self.done.push(Step::Heard { message_id, content });
    }

    /// The messages that were taken into account, which are so no more.
    pub(super) fn take_heard(&mut self) -> Vec<TurnMessage> {
        let heard = self.done.extract_if(.., |step| matches!(step, Step::Heard { .. }));
        let messages = heard.filter_map(|step| match step {
            Step::Heard { message_id: id, content } => Some(TurnMessage { id, content }),
            Step::Said { .. } | Step::Called { .. } => None,
        });
        messages.collect()
    }

    fn answered(&mut self, event: &Event, answer: ToolOutcome) {
        let Event::ToolResult { tool_call_id, .. } = event else { return };
        let of_call = |step: &&mut Step| matches!(step, Step::Called { intent, .. } if intent.call_id == *tool_call_id);
        if let Some(Step::Called { outcome, .. }) = self.done.iter_mut().rev().find(of_call) {
            *outcome = Some(answer);
        }
    }

    /// What was done so far need not be told: it is in a checkpoint. A call that is still under way, of a branch beside the
    /// one that came further, is not; nor are the calls of another agent, whose run a crash cut, and which may be asked again.
    pub(super) fn forget(&mut self, of: &AgentId) {
        let stays = |place: usize| self.is_under_way(place) || self.is_call_of_another(place, of);
        let stays: Vec<bool> = (0..self.done.len()).map(stays).collect();
        let mut stays = stays.into_iter();
        self.done.retain(|_| stays.next().unwrap_or_default());
    }

    fn is_call_of_another(&self, place: usize, than: &AgentId) -> bool {
        let Some(Step::Called { intent, .. }) = self.done.get(place) else { return false };
        self.callers.get(&intent.call_id).is_some_and(|caller| caller != than)
    }

    fn is_under_way(&self, place: usize) -> bool {
        let step = self.done.get(place);
        matches!(step, Some(Step::Called { intent, outcome: None }) if !self.is_made_again_after(place, intent))
    }

    /// Whether a tool was called.
    pub(super) fn have_calls(&self) -> bool {
        self.done.iter().any(|step| matches!(step, Step::Called { .. }))
    }

    /// Whether a call of which nobody knows whether it took effect is of this kind.
    pub(super) fn leave_open(&self, is_kind: impl Fn(ToolEffect) -> bool) -> bool {
        self.unknown().any(|intent| is_kind(intent.effect))
    }

    /// The messages of these runs: what was said or heard is told as a step, or begun again.
    pub(super) fn messages(&self) -> impl Iterator<Item = MessageId> {
        let heard = self.done.iter().filter_map(|step| match step {
            Step::Heard { message_id, .. } => Some(*message_id),
            Step::Said { .. } | Step::Called { .. } => None,
        });
        self.messages.iter().copied().chain(heard)
    }

    /// What a new run goes on from: nothing where no tool was called, because then the turn simply begins again. Of a call
    /// that was made more than once there is the last time.
    pub(super) fn to_go_on_from(&self) -> Vec<Step> {
        if !self.have_calls() {
            return Vec::new();
        }
        let counts = |(place, step): &(usize, &Step)| match step {
            Step::Called { intent, outcome: None } => !self.is_made_again_after(*place, intent),
            Step::Called { .. } | Step::Said { .. } | Step::Heard { .. } => true,
        };
        self.done.iter().enumerate().filter(counts).map(|(_, step)| step.clone()).collect()
    }

    fn unknown(&self) -> impl Iterator<Item = &ToolIntent> {
        self.done.iter().enumerate().filter_map(|(place, step)| match step {
            Step::Called { intent, outcome: None } if !self.is_made_again_after(place, intent) => Some(intent),
            Step::Called { .. } | Step::Said { .. } | Step::Heard { .. } => None,
        })
    }

    fn is_made_again_after(&self, place: usize, of: &ToolIntent) -> bool {
        let again =
            |step: &Step| matches!(step, Step::Called { intent, .. } if intent.idempotency_key == of.idempotency_key);
        self.done.iter().skip(place + 1).any(again)
    }
}

/// The call that an event says is about to be made. Without its note it counts as one that is never made again.
pub(super) fn intent_of(event: &Event, note: Option<&EffectNote>) -> Option<ToolIntent> {
    let Event::ToolExecution { tool_name, tool_call_id, arguments, .. } = event else { return None };
    let intent = ToolIntent::new(tool_call_id.clone(), tool_name.clone(), arguments.clone());
    Some(match note {
        Some(note) => ToolIntent { effect: note.effect, idempotency_key: note.idempotency_key.clone(), ..intent },
        None => intent,
    })
}
