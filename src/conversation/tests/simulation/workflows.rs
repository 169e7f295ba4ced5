//! What workflows say, and what people decide.

use protocol::{
    ApprovalId, Timestamp,
    event::{ApprovalDecision, JsonObject, Usage},
};
use serde_json::json;

use super::Simulation;
use crate::conversation::{
    Checkpoint, CheckpointStatus, Command, Decide,
    run::{ApprovalQuestion, RunEnd, RunItem},
};

impl Simulation {
    pub(super) fn workflow_item(&mut self) -> RunItem {
        let progress = self.tries.progress();
        let checkpoint = |status| Checkpoint { status, version: "v".into(), progress: progress.as_str().into() };
        match self.dice.below(8) {
            0..4 => RunItem::StepComplete {
                node: "a".to_owned(),
                passed: Vec::new(),
                steps: 1,
                checkpoint: checkpoint(CheckpointStatus::Running),
            },
            4 => RunItem::InputRequest {
                prompt: "?".to_owned(),
                fields: Vec::new(),
                checkpoint: checkpoint(CheckpointStatus::Waiting),
            },
            5 => RunItem::ApprovalRequest {
                question: self.question(),
                checkpoint: checkpoint(CheckpointStatus::Waiting),
            },
            6 => RunItem::ApprovalSettled {
                approval_id: self.approval(),
                decision: ApprovalDecision::Expired,
                comment: String::new(),
            },
            _ => RunItem::Ended(RunEnd::Waiting { final_state: JsonObject::new(), usage: Usage::default() }),
        }
    }

    fn question(&mut self) -> ApprovalQuestion {
        self.calls += 1;
        ApprovalQuestion {
            approval_id: ApprovalId(uuid::Uuid::from_u128(u128::from(self.calls))),
            call_id: format!("k{}", self.calls).parse().unwrap(),
            tool_name: "tool".to_owned(),
            arguments: json!({}),
            arguments_hash: "hash".to_owned(),
            expires_at: Timestamp::from_millis(self.world.now.as_millis() + 20_000),
        }
    }

    /// One that is open, or any.
    fn approval(&mut self) -> ApprovalId {
        let open: Vec<_> = self.world.state.questions.iter().map(|question| question.approval_id).collect();
        let any = ApprovalId(uuid::Uuid::from_u128(u128::from(self.dice.below(self.calls + 1))));
        self.dice.one_of(&open).copied().filter(|_| self.dice.below(4) > 0).unwrap_or(any)
    }

    pub(super) fn decide(&mut self) {
        let hash = if self.dice.below(8) == 0 { "other" } else { "hash" };
        let approval_id = self.approval();
        let was_open = self.world.state.questions.iter().any(|question| question.approval_id == approval_id);
        let events = self.world.log.len();
        let approve = self.dice.below(2) == 0;
        let (arguments_hash, by) = (hash.to_owned(), "user".to_owned());
        self.give(Command::Decide(Decide { approval_id, approve, arguments_hash, by, comment: None }));
        let is_taken = self.world.log.len() > events;
        assert!(!is_taken || (was_open && hash == "hash"), "a decision was taken that nobody asked for");
    }
}
