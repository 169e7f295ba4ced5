//! A workflow's approved call that fails and is tried again while other branches go on: under which id each try goes, through
//! whatever crash. It keeps to the rule that workflows keep to, and no run may fail for it.

use protocol::{AgentId, Code, Event, ToolCallId, event::RunStatus};
use serde_json::{Value, json};

use super::super::dice::Dice;
use crate::conversation::{
    Note, Numbered, RunOrder,
    run::{RunItem, Step, ToolEffect, ToolIntent, ToolOutcome},
};

/// The tries of one call, as a run sees them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries {
    /// Names the call: whose it is, and the event before the first that the run, or one before it that a crash cut, could see.
    name: String,
    /// What the run was handed of the tries: whether each failed, if that is known.
    known: Vec<Option<bool>>,
    /// How often this run has come to the call.
    tried: usize,
    /// Tries that failed, as checkpoints tell.
    failed: u32,
    is_done: bool,
    under_way: Option<ToolCallId>,
    /// Ids that were given out, in all runs.
    ids: u64,
}

impl Tries {
    /// As a run begins: from what it is handed, and from the last checkpoint.
    pub(super) fn begin(&self, order: &RunOrder, log: &[Numbered]) -> Self {
        let since = log.iter().rev().find(|numbered| is_end(&numbered.envelope.event));
        let since = since.map_or(0, |end| end.envelope.seq.0);
        let checkpoint = log.iter().rev().take_while(|numbered| numbered.envelope.seq.0 > since);
        let progress = checkpoint.filter_map(|numbered| match &numbered.note {
            Some(Note::Checkpoint(checkpoint)) if is_of(&numbered.envelope.event, &order.agent_id) => {
                Some(checkpoint.progress.to_string())
            }
            _ => None,
        });
        let (failed, is_done) = progress.map(|text| serde_json::from_str(&text).unwrap()).next().unwrap_or_default();
        let name = format!("{}{since}", order.agent_id);
        let begun = Self { name, failed, is_done, ids: self.ids, ..Self::default() };
        let known = order.steps.iter().filter_map(|step| match step {
            Step::Called { intent, outcome } if intent.idempotency_key == begun.key() => {
                Some(outcome.as_ref().map(|outcome| outcome.is_error))
            }
            _ => None,
        });
        let mut begun = Self { known: known.collect(), ..begun };
        // At once: a checkpoint of another branch must know of them.
        while let Some(Some(is_error)) = begun.known.get(begun.tried).copied() {
            begun.ended(is_error);
        }
        begun
    }

    /// What a checkpoint keeps of it.
    pub(super) fn progress(&self) -> String {
        json!([self.failed, self.is_done]).to_string()
    }

    /// Whether a call is one of these.
    pub(super) fn are(&self, intent: &ToolIntent) -> bool {
        intent.idempotency_key == self.key()
    }

    /// What comes next of it; none where it is done.
    pub(super) fn next(&mut self, dice: &mut Dice) -> Option<RunItem> {
        if let Some(call_id) = self.under_way.take() {
            let is_error = dice.below(4) > 0;
            self.ended(is_error);
            return Some(RunItem::ToolFinished {
                call_id,
                outcome: ToolOutcome { result: Value::Null, is_error, truncated: false },
            });
        }
        if self.is_done {
            return None;
        }
        let is_first = self.tried == 0 && self.failed == 0 && self.known.is_empty();
        let call_id = if is_first { self.key() } else { self.new_id() };
        self.under_way = Some(call_id.clone());
        let intent = ToolIntent::new(call_id, "tool", json!({}));
        Some(RunItem::ToolStarted(ToolIntent { effect: ToolEffect::Idempotent, idempotency_key: self.key(), ..intent }))
    }

    fn ended(&mut self, is_error: bool) {
        self.tried += 1;
        self.failed += u32::from(is_error);
        self.is_done |= !is_error;
    }

    /// The id that was approved names the call, too.
    fn key(&self) -> ToolCallId {
        format!("approved-{}", self.name).parse().unwrap()
    }

    fn new_id(&mut self) -> ToolCallId {
        self.ids += 1;
        format!("again{}", self.ids).parse().unwrap()
    }
}

/// Whether what runs before it did is nothing to those after it.
fn is_end(event: &Event) -> bool {
    match event {
        Event::AgentComplete { status, .. } => *status != RunStatus::Interrupted,
        Event::Error { run_id, .. } => run_id.is_some(),
        Event::TurnEnd { .. } => true,
        _ => false,
    }
}

fn is_of(event: &Event, agent: &AgentId) -> bool {
    match event {
        Event::StepComplete { agent_id, .. }
        | Event::InputRequest { agent_id, .. }
        | Event::ApprovalRequest { agent_id, .. } => agent_id == agent,
        _ => false,
    }
}

/// Two calls under one id end a run.
pub(super) fn check(events: &[Numbered]) {
    let is_failure = |event: &Event| matches!(event, Event::Error { code: Code::Internal, .. });
    assert!(!events.iter().any(|numbered| is_failure(&numbered.envelope.event)), "an id was used twice: {events:?}");
}
