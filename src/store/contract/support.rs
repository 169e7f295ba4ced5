//! What the cases of the contract are written with.

use std::sync::Arc;

use protocol::{
    AgentId, ConversationId, Envelope, Event, MessageId, RunId, Seq, Timestamp, ToolCallId, TurnId,
    event::{JsonObject, MessageStatus, Role, RunStatus, SwitchReason, TurnStatus, Usage},
};
use serde_json::Value;
use uuid::Uuid;

use crate::conversation::{EffectStatus, run::ToolEffect};
use crate::store::{
    AcceptedNote, ConversationKey, EffectNote, EventPage, Fence, Found, InternalId, NewConversation, Opened, Owner,
    Store, StoredEvent, Write, Written,
};

/// The start of all times in the contract.
const START: i64 = 1_795_437_919_000;

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

pub(super) fn key_of(user: &str, id: ConversationId) -> ConversationKey {
    ConversationKey { owner: Owner { tenant: "t".into(), user: user.into() }, id }
}

pub(super) fn some_key() -> ConversationKey {
    key_of("u", ConversationId(Uuid::new_v4()))
}

pub(super) fn new_turn() -> TurnId {
    TurnId(Uuid::now_v7())
}

pub(super) fn new_conversation() -> NewConversation {
    let metadata = serde_json::json!({"from": "contract", "n": 1.5, "список": [1, null]});
    NewConversation {
        id: InternalId(Uuid::now_v7()),
        epoch: "e1".parse().unwrap(),
        metadata: metadata.as_object().unwrap().clone(),
    }
}

pub(super) fn agent(id: &str) -> AgentId {
    id.parse().unwrap()
}

pub(super) fn body_hash(content: &str) -> [u8; 32] {
    *blake3::hash(content.as_bytes()).as_bytes()
}

/// Commits one write.
pub(super) async fn one(store: &dyn Store, write: Write) -> Written {
    let mut answers = store.commit(&[write]).await.unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

pub(super) async fn open(store: &dyn Store, key: &ConversationKey, create: bool) -> Written {
    let create = create.then(new_conversation);
    one(store, Write::Open { key: key.clone(), create, now: at(0) }).await
}

#[track_caller]
pub(super) fn opened(written: Written) -> Opened {
    match written {
        Written::Opened(opened) => *opened,
        other => panic!("not opened: {other:?}"),
    }
}

#[track_caller]
pub(super) fn here<T: std::fmt::Debug>(found: Found<T>) -> T {
    match found {
        Found::Here(found) => found,
        other => panic!("not here: {other:?}"),
    }
}

pub(super) async fn all_events(store: &dyn Store, id: InternalId) -> EventPage {
    here(store.events(id, Seq::ZERO, usize::MAX, usize::MAX).await.unwrap())
}

/// A conversation's writer, as an actor would be.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    pub(super) key: ConversationKey,
    pub(super) id: InternalId,
    pub(super) fence: Fence,
    pub(super) head: u64,
}

impl Writer {
    /// Opens a new conversation.
    pub(super) async fn new(store: &dyn Store) -> Self {
        Self::open(store, some_key()).await
    }

    pub(super) async fn open(store: &dyn Store, key: ConversationKey) -> Self {
        let opened = opened(open(store, &key, true).await);
        Self { key, id: opened.id, fence: opened.fence, head: opened.record.head.0 }
    }

    /// The next event. Its time goes on with its number.
    pub(super) fn event(&mut self, turn_id: Option<TurnId>, event: Event) -> StoredEvent {
        self.event_with(turn_id, event, None)
    }

    fn event_with(&mut self, turn_id: Option<TurnId>, event: Event, note: Option<AcceptedNote>) -> StoredEvent {
        self.head += 1;
        let at = at(i64::try_from(self.head).unwrap());
        let envelope = Envelope { seq: Seq(self.head), event, conversation_id: self.key.id, turn_id, at };
        StoredEvent::new(envelope, note.map(Arc::new)).unwrap()
    }

    pub(super) fn accepted(&mut self, turn: TurnId, client: &str, content: &str) -> StoredEvent {
        let event = Event::MessageAccepted {
            client_message_id: client.parse().unwrap(),
            message_id: MessageId(Uuid::now_v7()),
            content: content.to_owned(),
            role: Role::User,
        };
        let note = AcceptedNote { metadata: JsonObject::new(), body_hash: body_hash(content) };
        self.event_with(Some(turn), event, Some(note))
    }

    pub(super) fn chunk(&mut self, turn: TurnId, content: &str) -> StoredEvent {
        let (message_id, agent_id) = (MessageId(Uuid::now_v7()), agent("a"));
        self.event(Some(turn), Event::ContentChunk { content: content.to_owned(), agent_id, message_id })
    }

    pub(super) fn said(&mut self, turn: TurnId, content: &str, status: MessageStatus) -> StoredEvent {
        let (message_id, agent_id) = (MessageId(Uuid::now_v7()), agent("a"));
        self.event(Some(turn), Event::MessageComplete { message_id, agent_id, content: content.to_owned(), status })
    }

    pub(super) fn started(&mut self, turn: TurnId) -> StoredEvent {
        let (agent_name, agent_version) = ("A".to_owned(), "1".to_owned());
        let run_id = RunId(Uuid::now_v7());
        self.event(Some(turn), Event::AgentStart { agent_id: agent("a"), agent_name, agent_version, run_id })
    }

    pub(super) fn completed(&mut self, turn: TurnId, final_state: JsonObject) -> StoredEvent {
        let (run_id, status, usage) = (RunId(Uuid::now_v7()), RunStatus::Completed, Usage::default());
        self.event(Some(turn), Event::AgentComplete { agent_id: agent("a"), run_id, status, final_state, usage })
    }

    pub(super) fn switched(&mut self, turn: TurnId, to: &str) -> StoredEvent {
        let (from_agent, reason) = (AgentId::NONE.to_owned(), SwitchReason::FirstMessage);
        self.event(Some(turn), Event::AgentSwitch { from_agent, to_agent: agent(to), reason, detail: None })
    }

    pub(super) fn tool(&mut self, turn: TurnId, call: &str, arguments: Value, result: Value) -> [StoredEvent; 2] {
        let tool_call_id: ToolCallId = call.parse().unwrap();
        let (tool_name, agent_id) = ("sum".to_owned(), agent("a"));
        let called = Event::ToolExecution {
            tool_name: tool_name.clone(),
            agent_id: agent_id.clone(),
            tool_call_id: tool_call_id.clone(),
            arguments,
        };
        let answered =
            Event::ToolResult { result, tool_name, agent_id, tool_call_id, is_error: false, truncated: true };
        let note = |status| EffectNote {
            run_id: RunId(Uuid::nil()),
            effect: ToolEffect::Idempotent,
            idempotency_key: "first-call".parse().unwrap(),
            arguments_hash: body_hash(call),
            status,
        };
        [
            self.event(Some(turn), called).with_effect(note(EffectStatus::Intent)),
            self.event(Some(turn), answered).with_effect(note(EffectStatus::Done)),
        ]
    }

    pub(super) fn turn_end(&mut self, turn: TurnId) -> StoredEvent {
        self.event(Some(turn), Event::TurnEnd { status: TurnStatus::Completed, runs: 1, milliseconds: 7 })
    }

    pub(super) fn write(&self, events: impl Into<Arc<[StoredEvent]>>) -> Write {
        Write::Append { conversation: self.id, fence: self.fence, events: events.into() }
    }

    pub(super) async fn append(&self, store: &dyn Store, events: impl Into<Arc<[StoredEvent]>>) -> Written {
        one(store, self.write(events)).await
    }

    pub(super) fn erase(&self) -> Write {
        Write::Erase { conversation: self.id, fence: self.fence, now: at(1_000_000) }
    }
}

/// The bodies that a page should hold.
pub(super) fn bodies(events: &[StoredEvent]) -> Vec<(Seq, Arc<str>)> {
    events.iter().map(|event| (event.seq(), Arc::clone(&event.body))).collect()
}
