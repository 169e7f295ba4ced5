//! What an older program stored, and graphs of an older version: how today's program goes on with them.

use std::collections::BTreeSet;

use protocol::ToolCallId;
use serde_json::{Map, Value};

use super::calls::key_of;
use crate::{
    agent::{Step, Turn},
    workflow::{Graph, Progress, work::Done},
};

/// How far back a call that an older program made is looked for, in steps of the run: what branches beside it can take while
/// it is under way. Each costs one hash.
const LOOKED_BACK_STEPS_MAX: u32 = 10_000;

/// Dates the steps of a checkpoint that an older program stored without `since`. Its calls had the key of the steps that all
/// branches together had taken when the call was made: those of the checkpoint, or fewer where a branch beside it went on.
pub(super) fn date(progress: &mut Progress, turn: &Turn) {
    let keys: BTreeSet<&ToolCallId> = turn.steps.iter().filter_map(key).collect();
    let (id, steps, conversation) = (progress.id.clone(), progress.steps, turn.workflow.conversation());
    let looked_back = if keys.is_empty() { 0 } else { LOOKED_BACK_STEPS_MAX };
    progress.date(|place, node| {
        let is_called = |since: &u32| keys.contains(&key_of(conversation, &id, (place, node, *since)));
        // Nought is what was hashed for a while of what had no `since`.
        let mut candidates = (steps.saturating_sub(looked_back)..=steps).rev().chain([0]);
        candidates.find(is_called).unwrap_or(steps)
    });
}

fn key(step: &Step) -> Option<&ToolCallId> {
    if let Step::Called { intent, .. } = step { Some(&intent.idempotency_key) } else { None }
}

/// Leaves out what a function of today's program writes to keys that a graph of an older version does not have, where today's
/// graph begins with the very same: it says nothing that the older graph could miss. What does say something is left, and
/// fails the step: going on without it could take a way that nobody meant.
pub(super) fn fitted(done: Done, state: &Map<String, Value>, today: &Graph, path: &str) -> Done {
    let Done::Wrote(mut values) = done else { return done };
    values.retain(|(key, value)| state.contains_key(key) || today.default_of(path, key) != Some(value));
    Done::Wrote(values)
}
