//! Commands from outside and their answers.

use std::collections::VecDeque;

use actix::{ActorFutureExt, AsyncContext, Context, Message, WrapFuture};
use protocol::{Code, Epoch, Seq, event::JsonObject};
use tokio::sync::oneshot;

use super::{ConversationActor, Phase, live::Live};
use crate::{
    conversation::{Accepted, CancelTarget, Command, Decide, NewMessage, Rejection, Reply},
    store::StoreError,
};

/// What can be asked from outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Make sure that it exists.
    Create {
        /// The client's own fields, if it is made.
        metadata: JsonObject,
    },
    /// A message of the user.
    Message(NewMessage),
    /// Stop a turn.
    Cancel(CancelTarget),
    /// A decision about a tool call.
    Decide(Decide),
    /// End the conversation.
    End {
        /// Why.
        reason: String,
    },
    /// Erase it everywhere.
    Erase,
    /// Go on with what was open when the server stopped.
    Wake,
}

impl Ask {
    /// Whether it makes a conversation that does not exist.
    pub fn creates(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Message(_))
    }
}

/// A command on its way. A closed reply channel means that the actor was stopped: look the conversation up and ask again.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Give {
    /// What.
    pub ask: Ask,
    /// Where the answer goes, once its events are stored.
    pub reply: oneshot::Sender<Answer>,
}

/// What came of a command.
pub type Answer = Result<Answered, Refusal>;

/// A command was carried out and stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The core's answer.
    pub reply: Reply,
    /// The history that `seq`s count in.
    pub epoch: Epoch,
    /// The newest stored event.
    pub head: Seq,
    /// The conversation was made by this command.
    pub created: bool,
}

/// A command was refused; nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// Why, for the client.
    pub message: String,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Nothing can be stored at the moment.
    pub fn storage() -> Self {
        Self::new(Code::StorageUnavailable, "nothing can be stored at the moment; send the same message again later")
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection.code(), rejection.to_string())
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        match code {
            Code::Erased => Self::new(code, "the conversation was erased"),
            Code::NotFound => Self::new(code, "there is no such conversation"),
            Code::StorageUnavailable => Self::storage(),
            code => Self::new(code, "the conversation cannot be read; the operator's log says why"),
        }
    }
}

impl ConversationActor {
    pub(super) fn give(&mut self, give: Give, ctx: &mut Context<Self>) {
        let is_message = matches!(give.ask, Ask::Message(_));
        if is_message && !self.parts.persistence.health().takes_writes() {
            give.reply.send(Err(Refusal::storage())).ok();
            return;
        }
        match &mut self.phase {
            Phase::Unopened => {
                let may_create = give.ask.creates();
                self.wait(give);
                self.open(may_create, ctx);
            }
            Phase::Opening { .. } => self.wait(give),
            Phase::Gone(code) => {
                give.reply.send(Err((*code).into())).ok();
            }
            Phase::Live(live) if live.looking_up.is_some() && !overtakes(&give.ask, live, &self.waiting) => {
                self.wait(give);
            }
            Phase::Live(_) => self.give_live(give, ctx),
        }
    }

    fn wait(&mut self, give: Give) {
        let waiting_max = self.parts.bounds.commands_waiting_max;
        if self.waiting.len() < waiting_max {
            self.waiting.push_back(give);
        } else {
            let message = format!("{waiting_max} commands wait for this conversation already; send again later");
            give.reply.send(Err(Refusal::new(Code::Busy, message))).ok();
        }
    }

    /// Carries on with what waited, until one must wait again.
    pub(super) fn give_waiting(&mut self, ctx: &mut Context<Self>) {
        while matches!(&self.phase, Phase::Live(live) if live.looking_up.is_none()) {
            let Some(give) = self.waiting.pop_front() else { break };
            self.give_live(give, ctx);
        }
    }

    fn give_live(&mut self, give: Give, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        let Give { ask, reply } = give;
        match ask {
            Ask::Create { .. } | Ask::Wake => {
                live.answer_when_stored(reply, Reply::Done);
                self.settle(ctx);
            }
            Ask::Erase => self.erase(reply, ctx),
            Ask::Cancel(target) => self.carry_out(Command::Cancel(target), Some(reply), ctx),
            Ask::Decide(decide) => self.carry_out(Command::Decide(decide), Some(reply), ctx),
            Ask::End { reason } => self.carry_out(Command::End { reason }, Some(reply), ctx),
            Ask::Message(message) if live.state.recent().must_ask_store(&message.client_message_id) => {
                self.look_up(message, reply, ctx);
            }
            Ask::Message(message) => self.accept(message, reply, ctx),
        }
    }

    /// A message that says nothing itself follows the policy of the agent that runs.
    fn accept(&mut self, message: NewMessage, reply: oneshot::Sender<Answer>, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &self.phase else { return };
        let policy = message.policy.or_else(|| self.parts.router.policy_of(live.state.current_agent()?));
        self.carry_out(Command::Accept(NewMessage { policy, ..message }), Some(reply), ctx);
    }

    /// Asks the store whether it has this client id; other commands wait, so that their order is kept.
    fn look_up(&mut self, message: NewMessage, reply: oneshot::Sender<Answer>, ctx: &mut Context<Self>) {
        let Phase::Live(live) = &mut self.phase else { return };
        let (store, id, client) = (self.parts.store.clone(), live.id, message.client_message_id.clone());
        live.looking_up = Some(client.clone());
        let read = self.parts.io.spawn(async move { store.accepted(id, &client).await });
        let done = read.into_actor(self).map(|joined, actor, ctx| {
            let found = joined.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())));
            actor.looked_up(message, reply, found, ctx);
        });
        ctx.spawn(done);
    }

    fn looked_up(
        &mut self,
        message: NewMessage,
        reply: oneshot::Sender<Answer>,
        found: Result<Option<Accepted>, StoreError>,
        ctx: &mut Context<Self>,
    ) {
        if let Phase::Live(live) = &mut self.phase {
            live.looking_up = None;
        }
        match found {
            Ok(stored) => self.accept(NewMessage { stored, ..message }, reply, ctx),
            Err(error) => {
                tracing::warn!(conversation = %self.key.id, %error, "a duplicate could not be looked up");
                reply.send(Err(Refusal::storage())).ok();
            }
        }
        self.give_waiting(ctx);
        self.count_busy();
    }
}

/// Whether a command need not wait for the store's answer: a cancel must stop a run at once, also while the store is silent.
/// One that may mean a message which waits itself comes after it.
fn overtakes(ask: &Ask, live: &Live, waiting: &VecDeque<Give>) -> bool {
    let Ask::Cancel(target) = ask else { return false };
    let CancelTarget::Message(client) = target else { return true };
    let is_of = |give: &Give| matches!(&give.ask, Ask::Message(message) if message.client_message_id == *client);
    live.looking_up.as_ref() != Some(client) && !waiting.iter().any(is_of)
}
