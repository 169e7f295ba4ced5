//! Decisions of people about tool calls: bound to the exact arguments, good for one call, and for a time.

use protocol::{AgentId, ApprovalId, Event, Timestamp, TurnId, event::ApprovalDecision};

use super::{
    command::{Rejection, Reply},
    draft::Draft,
    state::Status,
};

/// Who decided where no person did.
pub(super) const BY_SERVER: &str = "server";

/// A question about a tool call that nobody has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names it.
    pub approval_id: ApprovalId,
    /// Who wants to call.
    pub agent_id: AgentId,
    /// Binds the decision to exactly these arguments.
    pub arguments_hash: String,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
}

/// A decision of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decide {
    /// The question.
    pub approval_id: ApprovalId,
    /// Go on, or do not.
    pub approve: bool,
    /// The hash that came with the arguments that the person saw.
    pub arguments_hash: String,
    /// Who decides.
    pub by: String,
    /// In that person's words.
    pub comment: Option<String>,
}

impl Draft<'_, '_> {
    /// Takes a decision. The turn that goes on from it waits like any other.
    pub(super) fn decide(&mut self, decide: Decide) -> Result<Reply, Rejection> {
        let of_this = |question: &&Question| question.approval_id == decide.approval_id;
        let Some(question) = self.state.questions.iter().find(of_this).cloned() else { return Ok(Reply::NotAsked) };
        if self.state.status == Status::Ended {
            return Err(Rejection::Ended);
        }
        if question.arguments_hash != decide.arguments_hash {
            return Err(Rejection::OtherArguments);
        }
        if !self.state.is_idle() {
            self.check_room(self.state.waiting_behind())?;
        }
        let is_late = self.env.now >= question.expires_at;
        let (decision, by, comment) = match (is_late, decide.approve) {
            (true, _) => (ApprovalDecision::Expired, BY_SERVER.to_owned(), None),
            (false, true) => (ApprovalDecision::Approved, decide.by, decide.comment),
            (false, false) => (ApprovalDecision::Rejected, decide.by, decide.comment),
        };
        let turn_id = TurnId(self.env.ids.uuid());
        let Question { approval_id, agent_id, .. } = question;
        let was_idle = self.state.is_idle();
        self.emit(Some(turn_id), Event::ApprovalResolved { approval_id, decision, by, agent_id, comment });
        if was_idle {
            self.route_next();
        }
        Ok(if is_late { Reply::Expired } else { Reply::Decided { turn_id } })
    }
}
