//! One step, performed.

use std::time::Duration;

use protocol::AgentId;
use serde_json::{Value, json};

use super::{calls::Caller, form, library::NativeCall, words};
use crate::{
    agent::{
        RunError,
        sink::{ApprovalQuestion, RunItem, TEXT_BYTES_MAX},
    },
    workflow::work::{Done, Failure, Form, Task, Work},
};

/// What a step asks the user, once nothing else is left to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asks {
    Input {
        prompt: String,
        fields: Vec<String>,
        /// Whether the user is told now; else it was said before.
        says: bool,
    },
    Approval {
        say: Option<String>,
        question: ApprovalQuestion,
    },
}

/// What came of a step.
#[derive(Debug)]
pub(super) struct Performed {
    /// To be stored together with the step.
    pub(super) items: Vec<RunItem>,
    pub(super) done: Done,
    pub(super) asks: Option<Asks>,
    pub(super) hands_over: Option<(AgentId, Option<String>)>,
    /// The user wants no more of it.
    pub(super) is_stopped: bool,
}

impl Performed {
    pub(super) fn done(items: Vec<RunItem>, done: Done) -> Self {
        Self { items, done, asks: None, hands_over: None, is_stopped: false }
    }

    pub(super) fn waits(remember: Value, wrote: Vec<(String, Value)>, asks: Asks) -> Self {
        Self { asks: Some(asks), ..Self::done(Vec::new(), Done::Waits { remember, wrote }) }
    }

    fn failed(code: &str, message: impl Into<String>, may_pass: bool) -> Self {
        Self::done(Vec::new(), Done::Failed { failure: Failure::new(code, message), may_pass })
    }
}

/// What is known of the run around a step.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// How often this run has tried it already.
    pub(super) tried: usize,
    pub(super) user: Value,
    /// The user's message, if this step may take it.
    pub(super) message: Option<String>,
}

impl Caller<'_> {
    /// Performs a step, after a wait where it is tried again.
    pub(super) async fn perform(
        self,
        task: Task,
        around: Around,
        after: Option<Duration>,
    ) -> Result<(Task, Performed), RunError> {
        if let Some(after) = after {
            tokio::time::sleep(after).await;
        }
        let performed = match task.time_max {
            // Tools keep to their time by themselves, and say so in the log.
            Some(time_max) if matches!(task.work, Work::Native { .. } | Work::Ask(_)) => {
                // What a model showed already would stand there twice.
                let may_pass = !matches!(&task.work, Work::Ask(ask) if ask.show);
                let late = || Performed::failed("timeout", format!("it took longer than {time_max:?}"), may_pass);
                tokio::time::timeout(time_max, self.work(&task, &around)).await.unwrap_or_else(|_| Ok(late()))
            }
            _ => self.work(&task, &around).await,
        }?;
        Ok((task, performed))
    }

    async fn work(&self, task: &Task, around: &Around) -> Result<Performed, RunError> {
        let message = around.message.as_deref();
        Ok(match &task.work {
            Work::Say(text) => Performed::done(said(text), Done::Wrote(Vec::new())),
            Work::Call(call) => self.call(task, call, around.tried, None).await?,
            Work::Approve(approve) => self.approve(task, approve, around.tried, message, &around.user).await?,
            Work::Collect(form) => self.collect(task, form, around),
            Work::HandOff { to, reason, data } => self.hand_off(to, reason.clone(), data.clone()).await,
            Work::Native { name, input, state } => {
                let Some(native) = self.agent.library.native(name) else {
                    return Ok(Performed::failed("internal", format!("there is no function `{name}`"), false));
                };
                let call =
                    NativeCall { input: input.clone(), state: state.clone(), user: &around.user, turn: self.turn };
                match native.call(call).await {
                    Ok(wrote) => Performed::done(Vec::new(), Done::Wrote(wrote.into_iter().collect())),
                    Err(failure) => Performed::done(Vec::new(), Done::Failed { failure, may_pass: true }),
                }
            }
            Work::Ask(ask) => self.ask_model(ask).await?,
        })
    }

    fn collect(&self, task: &Task, form: &Form, around: &Around) -> Performed {
        let asked = task.waits.as_ref().and_then(|waits| waits["asked"].as_str());
        let reader = form.reader.as_ref().and_then(|name| self.agent.library.reader(name));
        let message = around.message.as_deref();
        if asked.is_some() && message.is_some_and(words::is_stop) {
            let stopped = Failure::new("cancelled", "the user wants no more of it");
            let done = Done::Failed { failure: stopped, may_pass: false };
            return Performed { is_stopped: true, ..Performed::done(Vec::new(), done) };
        }
        // What the user wrote before anything was asked may have answers in it already.
        let first = around.user["message"].as_str().filter(|_| task.waits.is_none());
        let filled = form::fill(form, reader, asked, message.or(first), &around.user);
        match filled.next {
            None => Performed::done(Vec::new(), Done::Wrote(filled.wrote)),
            Some(question) => {
                let says = message.is_some() || task.waits.is_none();
                let asks = Asks::Input { prompt: question.prompt, fields: question.missing, says };
                Performed::waits(json!({ "asked": question.field }), filled.wrote, asks)
            }
        }
    }

    async fn hand_off(&self, to: &str, reason: Option<String>, data: serde_json::Map<String, Value>) -> Performed {
        let colleague = self.turn.colleagues.iter().find(|colleague| colleague.id.as_str() == to);
        let Some(colleague) = colleague else {
            return Performed::failed("agent_unavailable", format!("the agent `{to}` is not available"), true);
        };
        let to = colleague.id.clone();
        if !data.is_empty()
            && let Err(error) = self.turn.context.share_with(&to, data).await
        {
            return Performed::failed("storage_unavailable", error.to_string(), true);
        }
        Performed { hands_over: Some((to, reason)), ..Performed::done(Vec::new(), Done::Wrote(Vec::new())) }
    }
}

/// A whole message.
pub(super) fn said(text: &str) -> Vec<RunItem> {
    let clean = text.replace('\0', "");
    let (mut items, mut rest) = (Vec::new(), clean.as_str());
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at(rest.floor_char_boundary(TEXT_BYTES_MAX));
        items.push(RunItem::Delta(piece.to_owned()));
        rest = tail;
    }
    if !items.is_empty() {
        items.push(RunItem::MessageEnd);
    }
    items
}
