//! Questions to a model.

use serde_json::Value;

use super::{calls::Caller, perform::Performed};
use crate::{
    agent::{RunError, sink::RunItem},
    agents::model::{AskError, Question},
    workflow::work::{Ask, Done, Failure},
};

impl Caller<'_> {
    /// Asks the model. What the user sees of the answer is said as it comes; the message ends with the step.
    pub(super) async fn ask_model(&self, ask: &Ask) -> Result<Performed, RunError> {
        let Some(asker) = self.agent.library.asker() else {
            let failure = Failure::new("model_unavailable", "this agent has no model");
            return Ok(Performed::done(Vec::new(), Done::Failed { failure, may_pass: false }));
        };
        let _alone = if ask.show { Some(self.spending.speaks().await) } else { None };
        let question = Question { system: ask.system.as_deref(), prompt: &ask.prompt, schema: ask.schema.as_ref() };
        match asker.ask(&question, self.spending, ask.show.then_some(self.sink)).await {
            Ok(value) => Ok(Performed::done(end_of_message(ask.show), wrote(ask, value))),
            Err(AskError::Closed(closed)) => Err(closed.into()),
            Err(AskError::Failed { error, is_shown }) => {
                tracing::warn!(code = %error.code, error = error.operator, "a step got no answer of its model");
                let failure = Failure::new(error.code.as_str(), error.safe);
                // What was shown would stand there twice.
                let may_pass = error.retryable && !is_shown;
                Ok(Performed::done(end_of_message(is_shown), Done::Failed { failure, may_pass }))
            }
        }
    }
}

fn end_of_message(is_shown: bool) -> Vec<RunItem> {
    if is_shown { vec![RunItem::MessageEnd] } else { Vec::new() }
}

fn wrote(ask: &Ask, value: Value) -> Done {
    Done::Wrote(ask.into.iter().map(|key| (key.clone(), value.clone())).collect())
}
