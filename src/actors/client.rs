//! How sessions and HTTP handlers ask a conversation for something.

use std::{sync::Arc, time::Duration};

use actix::{Addr, MailboxError};
use protocol::{
    ClientMessageId, Code, ConversationId, Epoch, MessageId, Seq, TurnId,
    event::{JsonObject, Policy, TurnStatus},
};
use serde::Serialize;
use tokio::{
    runtime::Handle,
    sync::{Mutex, oneshot},
};
use tokio_util::sync::CancellationToken;

use super::{
    conversation::{Answer, Answered, Ask, Give, Refusal},
    registry::{ConversationRegistry, Find, Locate, Located},
};
use crate::{
    context::ContextStore,
    conversation::{CancelTarget, NewMessage, Reply, check_content},
    store::{ConversationKey, Found, InternalId, Store, StoreError, nul},
};

/// How long an answer may take: longer means that the store does not take writes.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// An accepted message: the answer on HTTP and in an `ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageAnswer {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The turn that it opened or joined.
    pub turn_id: TurnId,
    /// The server's id of it.
    pub message_id: MessageId,
    /// Where its `message_accepted` stands.
    pub seq: Seq,
    /// The history that `seq` counts in.
    pub epoch: Epoch,
    /// It had been accepted before.
    pub duplicate: bool,
}

/// What came of a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelAnswer {
    /// The turn; absent where its message was not seen yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// `cancelled` now, how it had ended before, or absent where its message was not seen yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TurnStatus>,
    /// The turn had ended before.
    #[serde(skip)]
    pub was_over: bool,
}

/// A message as it came over the border.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The client's id of it.
    pub client_message_id: ClientMessageId,
    /// The text, unchecked.
    pub content: String,
    /// What happens if a turn runs; the policy of the agent that runs where none is given.
    pub policy: Option<Policy>,
    /// The client's own fields.
    pub metadata: JsonObject,
}

/// Asks conversations.
#[derive(Debug, Clone)]
pub struct ConversationClient {
    /// Finds the actor.
    pub registry: Addr<ConversationRegistry>,
    /// Knows what exists.
    pub store: Arc<dyn Store>,
    /// The runtime that does the I/O.
    pub io: Handle,
    /// The longest text of a message.
    pub content_bytes_max: usize,
    /// Where agents keep what they know.
    pub context: Arc<dyn ContextStore>,
    /// Cancelled when no new work is taken any more because the server goes down.
    pub draining: CancellationToken,
    /// Held while a command finds its way, so that the commands of one socket arrive in the order that they were sent.
    pub order: Arc<Mutex<()>>,
}

impl ConversationClient {
    /// The same, with an order of its own.
    #[must_use]
    pub fn for_session(&self) -> Self {
        Self { order: Arc::default(), ..self.clone() }
    }

    /// Accepts a message of the user; makes the conversation if it does not exist.
    ///
    /// # Errors
    /// The [`Refusal`] that the client is told.
    pub async fn message(&self, key: &ConversationKey, incoming: Incoming) -> Result<MessageAnswer, Refusal> {
        self.refuse_if_draining()?;
        check_content(&incoming.content, self.content_bytes_max)
            .map_err(|error| Refusal::new(error.code(), error.to_string()))?;
        check_metadata(&incoming.metadata)?;
        let message = NewMessage {
            client_message_id: incoming.client_message_id,
            content: incoming.content,
            policy: incoming.policy,
            metadata: incoming.metadata,
            stored: None,
        };
        let answered = self.ask(key, Ask::Message(message)).await?;
        let Reply::Accepted { accepted, duplicate } = answered.reply else { return Err(unexpected(&answered)) };
        Ok(MessageAnswer {
            conversation_id: key.id,
            turn_id: accepted.turn_id,
            message_id: accepted.message_id,
            seq: accepted.seq,
            epoch: answered.epoch,
            duplicate,
        })
    }

    /// Stops a turn.
    ///
    /// # Errors
    /// The [`Refusal`] that the client is told; `not_found` where there is no such turn.
    pub async fn cancel(&self, key: &ConversationKey, target: CancelTarget) -> Result<CancelAnswer, Refusal> {
        let must_exist = matches!(target, CancelTarget::Turn(_));
        let answer = self.cancel_live(key, target.clone(), must_exist).await?;
        if !answer.was_over {
            return Ok(answer);
        }
        let id = self.must_exist(key).await?;
        let found = self.how_it_ended(id, target).await?;
        let (Some(turn_id), None) = (found.turn_id, found.status) else { return Ok(found) };
        // Its message is older than those that the conversation remembers, and its turn has no end in the store yet.
        let turn = CancelTarget::Turn(turn_id);
        let answer = self.cancel_live(key, turn.clone(), false).await?;
        if answer.was_over { self.how_it_ended(id, turn).await } else { Ok(answer) }
    }

    async fn cancel_live(
        &self,
        key: &ConversationKey,
        target: CancelTarget,
        must_exist: bool,
    ) -> Result<CancelAnswer, Refusal> {
        let answered = self.ask_if(key, Ask::Cancel(target), must_exist).await?;
        let status = Some(TurnStatus::Cancelled);
        match answered.reply {
            Reply::Cancelled { turn_id } => Ok(CancelAnswer { turn_id: Some(turn_id), status, was_over: false }),
            Reply::CancelKept => Ok(CancelAnswer { turn_id: None, status: None, was_over: false }),
            Reply::NotOpen => Ok(CancelAnswer { turn_id: None, status: None, was_over: true }),
            _ => Err(unexpected(&answered)),
        }
    }

    async fn how_it_ended(&self, id: InternalId, target: CancelTarget) -> Result<CancelAnswer, Refusal> {
        let by_message = matches!(target, CancelTarget::Message(_));
        let read = self.on_io(move |store| async move {
            let turn_id = match target {
                CancelTarget::Turn(turn_id) => Some(turn_id),
                CancelTarget::Message(client) => store.accepted(id, &client).await?.map(|known| known.turn_id),
            };
            match turn_id {
                Some(turn_id) => store.turn(id, turn_id).await,
                None => Ok(None),
            }
        });
        match read.await? {
            Some(turn) => Ok(CancelAnswer { turn_id: Some(turn.turn_id), status: turn.ended, was_over: true }),
            // Nobody saw that message yet: the conversation keeps the cancel until it comes.
            None if by_message => Ok(CancelAnswer { turn_id: None, status: None, was_over: false }),
            None => Err(Refusal::new(Code::NotFound, "there is no such turn in this conversation")),
        }
    }

    /// Ends a conversation; again is fine.
    ///
    /// # Errors
    /// The [`Refusal`] that the client is told.
    pub async fn end(&self, key: &ConversationKey) -> Result<Answered, Refusal> {
        self.ask_if(key, Ask::End { reason: "ended_by_client".to_owned() }, true).await
    }

    /// Erases a conversation; again is fine.
    ///
    /// # Errors
    /// The [`Refusal`] that the client is told.
    pub async fn erase(&self, key: &ConversationKey) -> Result<(), Refusal> {
        let id = match self.must_exist(key).await {
            Err(refusal) if refusal.code == Code::Erased => return Ok(()),
            other => other?,
        };
        let asked = self.ask(key, Ask::Erase).await;
        // Also where the answer is late or lost: the write may come through all the same.
        self.forget_context(key, id).await;
        match asked {
            Err(refusal) if refusal.code != Code::Erased => Err(refusal),
            _ => Ok(()),
        }
    }

    /// The caches of the context: the rows went with the conversation. Where a cache cannot be told, the retention tells
    /// it later.
    async fn forget_context(&self, key: &ConversationKey, id: InternalId) {
        let (context, tenant) = (Arc::clone(&self.context), Arc::clone(&key.owner.tenant));
        let forgotten = self.io.spawn(async move { context.forget(&tenant, id.0).await });
        if let Ok(Err(error)) = forgotten.await {
            tracing::debug!(%error, "what was erased may still be in the cache, it is told again with the next sweep");
        }
    }

    /// Makes a conversation, unless it exists.
    ///
    /// # Errors
    /// The [`Refusal`] that the client is told.
    pub async fn create(&self, key: &ConversationKey, metadata: JsonObject) -> Result<Answered, Refusal> {
        self.refuse_if_draining()?;
        check_metadata(&metadata)?;
        self.ask(key, Ask::Create { metadata }).await
    }

    /// Lets a conversation go on with what was open when the server stopped.
    ///
    /// # Errors
    /// The [`Refusal`].
    pub async fn wake(&self, key: &ConversationKey) -> Result<(), Refusal> {
        self.ask(key, Ask::Wake).await.map(|_| ())
    }

    pub(super) async fn must_exist(&self, key: &ConversationKey) -> Result<InternalId, Refusal> {
        self.find(key).await?.ok_or_else(|| Code::NotFound.into())
    }

    async fn find(&self, key: &ConversationKey) -> Result<Option<InternalId>, Refusal> {
        let key = key.clone();
        match self.on_io(move |store| async move { store.conversation(&key).await }).await? {
            Found::Here((id, _)) => Ok(Some(id)),
            Found::NotFound => Ok(None),
            Found::Erased => Err(Code::Erased.into()),
        }
    }

    /// Reads the store on the runtime that owns its connections.
    ///
    /// # Errors
    /// `storage_unavailable`, or `internal` with the cause in the log.
    pub async fn on_io<T, F, Fut>(&self, read: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(Arc<dyn Store>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let store = Arc::clone(&self.store);
        let read = self.io.spawn(async move { read(store).await });
        read.await.map_err(|error| internal(&error.to_string()))?.map_err(|error| match error {
            StoreError::BadCursor(_) => Refusal::new(Code::InvalidField, error.to_string()),
            StoreError::Unavailable(why) => {
                tracing::warn!(why, "the store could not be read");
                Refusal::storage()
            }
            StoreError::Damaged(why) => internal(&why),
        })
    }

    pub(super) fn refuse_if_draining(&self) -> Result<(), Refusal> {
        if self.draining.is_cancelled() {
            return Err(Refusal::new(Code::Draining, "the server goes down; send it to the next one"));
        }
        Ok(())
    }

    async fn ask(&self, key: &ConversationKey, ask: Ask) -> Answer {
        self.ask_if(key, ask, false).await
    }

    /// Gives a command and waits for its answer. An actor that was put away in between is looked up again, once.
    pub(super) async fn ask_if(&self, key: &ConversationKey, ask: Ask, must_exist: bool) -> Answer {
        for _ in 0..2 {
            let (reply, answer) = oneshot::channel();
            self.send(key, Give { ask: ask.clone(), reply }, must_exist).await?;
            match tokio::time::timeout(ANSWER_TIME_MAX, answer).await {
                Ok(Ok(answer)) => return answer,
                Ok(Err(_closed)) => {}
                Err(_late) => return Err(Refusal::storage()),
            }
        }
        Err(internal("the conversation's actor was stopped twice"))
    }

    async fn send(&self, key: &ConversationKey, give: Give, must_exist: bool) -> Result<(), Refusal> {
        let _in_order = self.order.lock().await;
        let located = self.locate(key, must_exist).await?;
        // Bounded by the asker, who waits; whether it arrived shows in the reply channel.
        located.addr.do_send(give);
        Ok(())
    }

    /// The store is asked only where no actor is there yet: a cancel stops what runs also while the store is silent.
    async fn locate(&self, key: &ConversationKey, must_exist: bool) -> Result<Located, Refusal> {
        if must_exist {
            if let Some(live) = self.registry.send(Find(key.clone())).await.map_err(lost)? {
                return Ok(live);
            }
            self.must_exist(key).await?;
        }
        self.registry.send(Locate(key.clone())).await.map_err(lost)
    }
}

fn check_metadata(metadata: &JsonObject) -> Result<(), Refusal> {
    if nul::in_object(metadata) {
        return Err(Refusal::new(Code::InvalidText, "`metadata` holds U+0000, which cannot be stored"));
    }
    Ok(())
}

fn internal(why: &str) -> Refusal {
    let correlation_id = super::run::correlation();
    tracing::error!(correlation_id, why, "internal error");
    Refusal::new(Code::Internal, format!("an internal error; the operator finds it as {correlation_id}"))
}

/// The registry could not be asked.
fn lost(error: MailboxError) -> Refusal {
    internal(&error.to_string())
}

pub(super) fn unexpected(answered: &Answered) -> Refusal {
    internal(&format!("an unexpected answer: {:?}", answered.reply))
}
