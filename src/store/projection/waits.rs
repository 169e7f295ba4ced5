//! The rows of workflows: where they are, and what they ask people.

use std::sync::Arc;

use protocol::Event;

use super::{
    Projector,
    rows::{ApprovalRow, AskedRow, CheckpointRow, ResolvedRow},
};
use crate::store::Checkpoint;

impl Projector<'_> {
    /// Where a workflow is from here on.
    pub(super) fn checkpoint(&mut self, note: Option<&Arc<Checkpoint>>) {
        let (Event::StepComplete { agent_id, .. }
        | Event::InputRequest { agent_id, .. }
        | Event::ApprovalRequest { agent_id, .. }) = &self.envelope.event
        else {
            return;
        };
        let (Some(checkpoint), Some(turn_id)) = (note, self.envelope.turn_id) else { return };
        let (agent_id, checkpoint) = (agent_id.clone(), Arc::clone(checkpoint));
        let (seq, at) = (self.envelope.seq, self.envelope.at);
        self.rows.add_checkpoint(CheckpointRow { agent_id, turn_id, seq, checkpoint, at });
    }

    /// What a person is asked, and what was decided.
    pub(super) fn approval(&mut self) {
        let (seq, at) = (self.envelope.seq, self.envelope.at);
        let Some(turn_id) = self.envelope.turn_id else { return };
        match self.envelope.event.clone() {
            Event::ApprovalRequest {
                approval_id,
                tool_call_id,
                tool_name,
                arguments,
                arguments_hash,
                agent_id,
                expires_at,
            } => {
                let call_id = tool_call_id;
                let asked = AskedRow { turn_id, call_id, tool_name, arguments, arguments_hash, expires_at, seq, at };
                self.rows.add_approval(ApprovalRow { id: approval_id, agent_id, asked: Some(asked), resolved: None });
            }
            Event::ApprovalResolved { approval_id, decision, by, agent_id, comment } => {
                let resolved = Some(ResolvedRow { decision, by, comment, turn_id, seq, at });
                self.rows.add_approval(ApprovalRow { id: approval_id, agent_id, asked: None, resolved });
            }
            _ => {}
        }
    }
}
