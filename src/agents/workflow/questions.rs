//! Calls that need a person's approval: asked, decided, and then made once with exactly what was approved.

use protocol::{ApprovalId, Timestamp, ToolCallId, event::ApprovalDecision};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    calls::Caller,
    perform::{Asks, Performed},
    words,
};
use crate::{
    agent::{
        RunError,
        sink::{ApprovalQuestion, RunItem},
    },
    conversation::arguments_hash,
    store::ApprovalRecord,
    tools::new_call_id,
    workflow::work::{Approve, Done, Failure, Task},
};

/// What a step remembers while it waits for a decision.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    approval: ApprovalId,
    call: ToolCallId,
}

impl Caller<'_> {
    /// Asks, or goes on from what was decided. `message` is what the user wrote in place of a decision.
    pub(super) async fn approve(
        &self,
        task: &Task,
        approve: &Approve,
        tried: usize,
        message: Option<&str>,
        user: &Value,
    ) -> Result<Performed, RunError> {
        let asked = task.waits.as_ref().and_then(|waits| serde_json::from_value::<Asked>(waits.clone()).ok());
        let Some(asked) = asked else { return Ok(self.ask(approve)) };
        let record = self.turn.workflow.approval(asked.approval).await?;
        // The arguments were worked out anew: where they are others, another decision is needed.
        let Some(record) = record.filter(|record| record.arguments_hash == hash_of(approve)) else {
            return Ok(self.ask(approve));
        };
        let now = self.turn.workflow.clock().now();
        match record.decision {
            Some(ApprovalDecision::Approved) => Ok(self.call(task, &approve.call, tried, Some(asked.call)).await?),
            Some(ApprovalDecision::Rejected) => Ok(rejected("rejected", "the user did not approve")),
            Some(ApprovalDecision::Expired) => Ok(rejected("expired", "nobody decided in time")),
            None if now >= record.expires_at => {
                Ok(settled(&record, ApprovalDecision::Expired, ("expired", "nobody decided in time")))
            }
            // A word is no approval, but it can be the end of one.
            None if message.is_some_and(words::is_refusal) => {
                Ok(settled(&record, ApprovalDecision::Rejected, ("rejected", "the user wants no more of it")))
            }
            None if message.is_some() && approve.withdraw => {
                let why = ("message", "the user wrote in place of a decision");
                Ok(settled(&record, ApprovalDecision::Rejected, why))
            }
            None => Ok(still_open(approve, task, message.is_some(), user)),
        }
    }

    fn ask(&self, approve: &Approve) -> Performed {
        let call_id = new_call_id();
        let approval_id = ApprovalId(Uuid::now_v7());
        let expires = i64::try_from(approve.expires.as_millis()).unwrap_or(i64::MAX);
        let now = self.turn.workflow.clock().now().as_millis();
        let question = ApprovalQuestion {
            approval_id,
            call_id: call_id.clone(),
            tool_name: approve.call.tool.clone(),
            arguments: Value::Object(approve.call.arguments.clone()),
            arguments_hash: hash_of(approve),
            expires_at: Timestamp::from_millis(now.saturating_add(expires)),
        };
        let remember = serde_json::to_value(Asked { approval: approval_id, call: call_id }).unwrap_or_default();
        Performed::waits(remember, Vec::new(), Asks::Approval { say: approve.say.clone(), question })
    }
}

fn hash_of(approve: &Approve) -> String {
    arguments_hash(&Value::Object(approve.call.arguments.clone()))
}

fn rejected(code: &str, message: &str) -> Performed {
    Performed::done(Vec::new(), Done::Rejected(Failure::new(code, message)))
}

/// Nobody decides any more.
fn settled(record: &ApprovalRecord, decision: ApprovalDecision, (code, message): (&str, &str)) -> Performed {
    let item = RunItem::ApprovalSettled { approval_id: record.approval_id, decision, comment: format!("{message}.") };
    Performed::done(vec![item], Done::Rejected(Failure::new(code, message)))
}

fn still_open(approve: &Approve, task: &Task, spoke: bool, user: &Value) -> Performed {
    let prompt = approve.say.clone().unwrap_or_else(|| words::undecided(user).to_owned());
    let remember = task.waits.clone().unwrap_or_default();
    Performed::waits(remember, Vec::new(), Asks::Input { prompt, fields: Vec::new(), says: spoke })
}
