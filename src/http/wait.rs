//! Waiting for a turn: follows the log until its `turn_end`, for callers that want one answer and no stream.

use std::sync::Arc;

use protocol::{
    AgentId, Code, Envelope, Event, MessageId, Seq, Timestamp, TurnId,
    event::{MessageStatus, Role, TurnStatus},
};
use serde::Serialize;
use tokio::sync::Notify;

use super::{hub::Hub, problem::Problem};
use crate::{
    actors::{
        client::MessageAnswer,
        topic::{Bell, Tail, Topic},
    },
    store::{ConversationKey, Found, view::MessageView},
};

/// Bytes of one read.
const READ_BYTES_MAX: usize = 256 * 1024;

/// A turn that is over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnView {
    /// Which.
    turn_id: TurnId,
    /// How it ended.
    status: TurnStatus,
    /// What was said in it, oldest first.
    messages: Vec<MessageView>,
    /// What went wrong in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<TurnError>,
    /// The newest event of the conversation.
    head: Seq,
}

/// What went wrong in a turn.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnError {
    /// The stable code.
    code: Code,
    /// In words for people.
    error: String,
    /// The agent, or `router`.
    agent_id: String,
    /// Whether the same message may succeed later.
    retryable: bool,
    /// Finds the operator's words in the log.
    correlation_id: String,
}

/// Waits until the turn of an accepted message is over; none when it takes longer than `limits.wait_time_max`.
///
/// # Errors
/// That the log cannot be read.
pub async fn for_turn(hub: &Hub, key: &ConversationKey, answer: &MessageAnswer) -> Result<Option<TurnView>, Problem> {
    let topic = hub.sessions.topics.get(key);
    let rung = Arc::new(Notify::new());
    let theirs = Arc::clone(&rung);
    let bell = Bell::new(move || theirs.notify_one());
    topic.follow(&bell);
    let watch = async {
        let mut watched = Watched::new(answer);
        loop {
            bell.answered();
            while let Some(events) = next(hub, key, &topic, watched.cursor).await? {
                if let Some(view) = watched.take(&events)? {
                    return Ok(view);
                }
            }
            rung.notified().await;
        }
    };
    tokio::select! {
        watched = tokio::time::timeout(hub.limits.wait_time_max, watch) => watched.ok().transpose(),
        // The turn goes on after the next start; the client has what a request without `wait` gets.
        () = hub.sessions.closing.cancelled() => Ok(None),
    }
}

/// What comes right after a position; none at the head.
async fn next(
    hub: &Hub,
    key: &ConversationKey,
    topic: &Topic,
    after: Seq,
) -> Result<Option<Vec<(Seq, Arc<str>)>>, Problem> {
    match topic.read(after, READ_BYTES_MAX) {
        Tail::Events(events) => return Ok(Some(events)),
        Tail::AtHead if topic.head() > Seq::ZERO => return Ok(None),
        Tail::AtHead | Tail::InStore => {}
    }
    let key = key.clone();
    let read = hub.client.on_io(move |store| async move {
        match store.conversation(&key).await? {
            Found::Here((id, _)) => store.events(id, after, 1000, READ_BYTES_MAX).await,
            Found::NotFound => Ok(Found::NotFound),
            Found::Erased => Ok(Found::Erased),
        }
    });
    match read.await? {
        Found::Here(page) if page.events.is_empty() => Ok(None),
        Found::Here(page) => Ok(Some(page.events)),
        Found::NotFound | Found::Erased => Err(Problem::new(Code::Erased, "the conversation was erased")),
    }
}

/// What was seen of the turn so far.
struct Watched {
    turn_id: TurnId,
    cursor: Seq,
    messages: Vec<MessageView>,
    error: Option<TurnError>,
}

impl Watched {
    fn new(answer: &MessageAnswer) -> Self {
        let cursor = answer.seq.previous();
        Self { turn_id: answer.turn_id, cursor, messages: Vec::new(), error: None }
    }

    fn take(&mut self, events: &[(Seq, Arc<str>)]) -> Result<Option<TurnView>, Problem> {
        for (seq, body) in events {
            self.cursor = *seq;
            // Chunks are most of the log and say nothing that `message_complete` does not say again.
            if body.contains(r#""type":"content_chunk""#) {
                continue;
            }
            let envelope: Envelope =
                serde_json::from_str(body).map_err(|error| Problem::internal(&error.to_string()))?;
            if envelope.turn_id == Some(self.turn_id)
                && let Some(status) = self.event(envelope)
            {
                let (messages, error) = (std::mem::take(&mut self.messages), self.error.take());
                return Ok(Some(TurnView { turn_id: self.turn_id, status, messages, error, head: *seq }));
            }
        }
        Ok(None)
    }

    fn event(&mut self, envelope: Envelope) -> Option<TurnStatus> {
        let (seq, at) = (envelope.seq, envelope.at);
        match envelope.event {
            Event::MessageAccepted { message_id, content, role, .. } => {
                self.message(seq, at, message_id, role, None, content, MessageStatus::Complete);
            }
            Event::MessageComplete { message_id, agent_id, content, status } => {
                self.message(seq, at, message_id, Role::Assistant, Some(agent_id), content, status);
            }
            Event::Error { error, code, agent_id, retryable, correlation_id, .. } => {
                self.error = Some(TurnError { code, error, agent_id, retryable, correlation_id });
            }
            Event::TurnEnd { status, .. } => return Some(status),
            _ => {}
        }
        None
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one message")]
    fn message(
        &mut self,
        seq: Seq,
        at: Timestamp,
        message_id: MessageId,
        role: Role,
        agent_id: Option<AgentId>,
        content: String,
        status: MessageStatus,
    ) {
        let turn_id = self.turn_id;
        let (tool_calls, tool_call_id, tool_name) = (None, None, None);
        let view = MessageView {
            message_id,
            turn_id,
            seq,
            role,
            agent_id,
            content,
            status,
            tool_calls,
            tool_call_id,
            tool_name,
            at,
        };
        self.messages.push(view);
    }
}
