//! What a workflow does and asks, each with the checkpoint from which it goes on.

use protocol::{
    ApprovalId, Event, TurnId,
    event::{ApprovalDecision, MessageStatus},
};

use super::{
    approvals::BY_SERVER,
    draft::Draft,
    note::{Checkpoint, Note},
    run::ApprovalQuestion,
};

impl Draft<'_, '_> {
    pub(super) fn step_complete(
        &mut self,
        turn_id: TurnId,
        (node, passed, steps): (String, Vec<String>, u32),
        checkpoint: Checkpoint,
    ) {
        self.close_message(turn_id, MessageStatus::Complete);
        let Some((agent_id, run_id)) = self.run().map(|run| (run.agent_id.clone(), run.run_id)) else { return };
        self.emit_noted(
            Some(turn_id),
            Event::StepComplete { agent_id, run_id, node, passed, steps },
            Some(Note::Checkpoint(checkpoint)),
        );
    }

    pub(super) fn input_request(
        &mut self,
        turn_id: TurnId,
        prompt: String,
        fields: Vec<String>,
        checkpoint: Checkpoint,
    ) {
        self.close_message(turn_id, MessageStatus::Complete);
        let Some(agent_id) = self.run().map(|run| run.agent_id.clone()) else { return };
        let event = Event::InputRequest { agent_id, prompt, fields };
        self.emit_noted(Some(turn_id), event, Some(Note::Checkpoint(checkpoint)));
    }

    pub(super) fn approval_request(&mut self, turn_id: TurnId, question: ApprovalQuestion, checkpoint: Checkpoint) {
        self.close_message(turn_id, MessageStatus::Complete);
        let Some(agent_id) = self.run().map(|run| run.agent_id.clone()) else { return };
        let ApprovalQuestion { approval_id, call_id, tool_name, arguments, arguments_hash, expires_at } = question;
        let event = Event::ApprovalRequest {
            approval_id,
            tool_call_id: call_id,
            tool_name,
            arguments,
            arguments_hash,
            agent_id,
            expires_at,
        };
        self.emit_noted(Some(turn_id), event, Some(Note::Checkpoint(checkpoint)));
    }

    /// A question that is decided already stays so.
    pub(super) fn approval_settled(
        &mut self,
        turn_id: TurnId,
        approval_id: ApprovalId,
        decision: ApprovalDecision,
        comment: String,
    ) {
        let Some(agent_id) = self.run().map(|run| run.agent_id.clone()) else { return };
        if self
            .state
            .questions
            .iter()
            .any(|question| question.approval_id == approval_id && question.agent_id == agent_id)
        {
            let (by, comment) = (BY_SERVER.to_owned(), Some(comment));
            self.emit(Some(turn_id), Event::ApprovalResolved { approval_id, decision, by, agent_id, comment });
        }
    }
}
