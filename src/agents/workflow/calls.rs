//! Tool calls of a workflow. The key of a call follows from the step alone, so the same step after a crash has the same key.

use std::sync::Arc;

use protocol::ToolCallId;
use serde_json::Value;

use super::{WorkflowAgent, perform::Performed};
use crate::{
    agent::{EventSink, SinkClosed, Step, ToolOutcome, Turn, sink::RunItem},
    agents::model::Spending,
    store::InternalId,
    tools::{Effect, ToolContext, new_call_id, run_intended},
    workflow::{
        NodeId,
        work::{Call, Done, Failure, Task, Work},
    },
};

/// What the calls of a run need.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) agent: &'a WorkflowAgent,
    pub(super) turn: &'a Turn,
    pub(super) sink: &'a EventSink,
    /// Names the run of the graph.
    pub(super) progress_id: &'a str,
    /// What this run spent on questions to a model.
    pub(super) spending: &'a Spending,
}

impl Caller<'_> {
    /// Calls a tool, or takes what the log knows of this very call. `tried`: how often this run has come here already.
    pub(super) async fn call(
        &self,
        task: &Task,
        call: &Call,
        tried: usize,
        call_id: Option<ToolCallId>,
    ) -> Result<Performed, SinkClosed> {
        let key = self.key(task);
        match self.before(&key, tried) {
            Some((effect, Some(outcome))) => Ok(Performed::done(Vec::new(), done(call, outcome, effect))),
            Some((Effect::NonIdempotent, None)) => Ok(Performed::done(Vec::new(), unknown(call))),
            Some((_, None)) => self.make(task, call, key, new_call_id(), true).await,
            None => {
                // The call that was approved of by its id is the first try alone: ids are used once. A checkpoint that another
                // branch stored after that try knows of it by `failed`, and the log tells no more of it.
                let is_first = tried == 0 && task.failed == 0;
                let first = call_id.filter(|_| is_first);
                self.make(task, call, key, first.unwrap_or_else(new_call_id), !is_first).await
            }
        }
    }

    /// What came of a try, where the log knows that it failed in a way that may pass.
    pub(super) fn failed_before(&self, task: &Task, tried: usize) -> Option<Done> {
        let call = match &task.work {
            Work::Call(call) => call,
            Work::Approve(approve) => &approve.call,
            _ => return None,
        };
        let (effect, outcome) = self.before(&self.key(task), tried)?;
        Some(done(call, outcome?, effect)).filter(|done| matches!(done, Done::Failed { may_pass: true, .. }))
    }

    fn key(&self, task: &Task) -> ToolCallId {
        key_of(self.turn.workflow.conversation(), self.progress_id, (&task.place, &task.node, task.since))
    }

    async fn make(
        &self,
        task: &Task,
        call: &Call,
        key: ToolCallId,
        call_id: ToolCallId,
        is_repeat: bool,
    ) -> Result<Performed, SinkClosed> {
        let context = ToolContext {
            agent_id: self.turn.agent_id.clone(),
            tenant: Arc::clone(self.turn.context.tenant()),
            call_id: call_id.clone(),
            idempotency_key: key,
            is_repeat,
            cancel: self.turn.cancel.clone(),
            time_max: task.time_max.unwrap_or(self.turn.time_max).min(self.turn.time_max),
        };
        let arguments = Value::Object(call.arguments.clone());
        let effect = self.agent.toolbox.effect(&call.tool).unwrap_or(Effect::Pure);
        let outcome = run_intended(&self.agent.toolbox, self.sink, &call.tool, arguments, &context).await?;
        let item = RunItem::ToolFinished { call_id, outcome: outcome.clone() };
        Ok(Performed::done(vec![item], done(call, &outcome, effect)))
    }

    /// What the log knows of a try: its effect, and its outcome where there is one. The tries of a call have one key.
    fn before(&self, key: &ToolCallId, tried: usize) -> Option<(Effect, Option<&ToolOutcome>)> {
        let mut of_key = self.turn.steps.iter().filter_map(|step| match step {
            Step::Called { intent, outcome } if intent.idempotency_key == *key => {
                Some((intent.effect, outcome.as_ref()))
            }
            _ => None,
        });
        of_key.nth(tried)
    }
}

/// The key of a step's call: the place of the step, its name, and the steps that had been taken when the run came to it. No
/// other call of any conversation has it.
pub(super) fn key_of(
    conversation: InternalId,
    progress_id: &str,
    (place, node, since): (&[usize], &NodeId, u32),
) -> ToolCallId {
    let mut hash = blake3::Hasher::new_derive_key("switchboard workflow call");
    hash.update(conversation.0.as_bytes()).update(progress_id.as_bytes());
    hash.update(&since.to_be_bytes()).update(node.as_str().as_bytes());
    for index in place {
        hash.update(&(*index as u64).to_be_bytes());
    }
    let text = format!("step_{}", &hash.finalize().to_hex()[..32]);
    text.parse().unwrap_or_else(|_| new_call_id())
}

fn done(call: &Call, outcome: &ToolOutcome, effect: Effect) -> Done {
    if !outcome.is_error {
        return Done::Wrote(call.into.iter().map(|key| (key.clone(), outcome.result.clone())).collect());
    }
    let word = |key: &str, otherwise: &str| outcome.result[key].as_str().unwrap_or(otherwise).to_owned();
    let failure = Failure::new(word("error", "tool_failed"), word("message", "the tool failed"));
    // What was not granted or does not fit is so the next time, too; and of a call that counts nobody knows whether it took
    // effect before it failed.
    let may_pass = failure.code == "tool_failed" && effect != Effect::NonIdempotent;
    Done::Failed { failure, may_pass }
}

fn unknown(call: &Call) -> Done {
    let message = format!(
        "the server was restarted while `{}` was at work, and whether it took effect is not known; check before you ask again",
        call.tool
    );
    Done::Failed { failure: Failure::new("tool_outcome_unknown", message), may_pass: false }
}
