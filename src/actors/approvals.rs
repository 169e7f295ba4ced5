//! How a decision about a tool call comes in.

use protocol::{ApprovalId, Code, TurnId, event::ApprovalDecision, frame::Approve};
use serde::Serialize;

use super::{
    client::{ConversationClient, unexpected},
    conversation::{Ask, Refusal},
};
use crate::{
    conversation::{Decide, Reply},
    store::{ApprovalRecord, ConversationKey},
};

/// The longest comment, in characters.
const COMMENT_CHARS_MAX: usize = 1_000;

/// A decision that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionAnswer {
    /// The question.
    pub approval_id: ApprovalId,
    /// What was decided.
    pub decision: ApprovalDecision,
    /// The turn that goes on from it.
    pub turn_id: Option<TurnId>,
    /// The same had been decided before.
    pub duplicate: bool,
}

impl ConversationClient {
    /// Decides about a tool call. The same decision again has the same answer.
    ///
    /// # Errors
    /// The [`Refusal`] that the client is told: `not_found`, `approval_expired`, `approval_decided` where it was decided
    /// otherwise, `invalid_field` where the arguments that were shown are not those of the call.
    pub async fn decide(&self, key: &ConversationKey, approve: Approve) -> Result<DecisionAnswer, Refusal> {
        self.refuse_if_draining()?;
        let Approve { approval_id, decision, arguments_hash, comment } = approve;
        let approve = match decision {
            ApprovalDecision::Approved => true,
            ApprovalDecision::Rejected => false,
            ApprovalDecision::Expired => {
                let message = "`decision` is `approved` or `rejected`; a question expires by itself";
                return Err(Refusal::new(Code::InvalidField, message));
            }
        };
        check_comment(comment.as_deref())?;
        let by = key.owner.user.to_string();
        let command = Decide { approval_id, approve, arguments_hash: arguments_hash.clone(), by, comment };
        let answered = self.ask_if(key, Ask::Decide(command), true).await?;
        match answered.reply {
            Reply::Decided { turn_id } => {
                Ok(DecisionAnswer { approval_id, decision, turn_id: Some(turn_id), duplicate: false })
            }
            Reply::Expired => Err(expired(approval_id)),
            Reply::NotAsked => self.decided_before(key, approval_id, decision, &arguments_hash).await,
            _ => Err(unexpected(&answered)),
        }
    }

    async fn decided_before(
        &self,
        key: &ConversationKey,
        approval_id: ApprovalId,
        decision: ApprovalDecision,
        arguments_hash: &str,
    ) -> Result<DecisionAnswer, Refusal> {
        let id = self.must_exist(key).await?;
        let read = self.on_io(move |store| async move { store.approval(id, approval_id).await }).await?;
        let Some(ApprovalRecord { decision: Some(known), turn_resolved: turn_id, arguments_hash: hash, .. }) = read
        else {
            return Err(Refusal::new(
                Code::NotFound,
                format!("there is no approval {approval_id} in this conversation"),
            ));
        };
        match known {
            ApprovalDecision::Expired => Err(expired(approval_id)),
            known if known == decision && hash == arguments_hash => {
                Ok(DecisionAnswer { approval_id, decision, turn_id, duplicate: true })
            }
            known => {
                let message = format!("the approval {approval_id} is `{}` already, and stays so", known.as_str());
                Err(Refusal::new(Code::ApprovalDecided, message))
            }
        }
    }
}

fn expired(approval_id: ApprovalId) -> Refusal {
    let message = format!("the approval {approval_id} expired before it was decided; ask for the same again");
    Refusal::new(Code::ApprovalExpired, message)
}

fn check_comment(comment: Option<&str>) -> Result<(), Refusal> {
    let chars = comment.map_or(0, |comment| comment.chars().count());
    if chars > COMMENT_CHARS_MAX || comment.is_some_and(|comment| comment.contains('\0')) {
        let message = format!("`comment` has {chars} characters; at most {COMMENT_CHARS_MAX}, without U+0000");
        return Err(Refusal::new(Code::InvalidField, message));
    }
    Ok(())
}
