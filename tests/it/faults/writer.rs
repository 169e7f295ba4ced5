//! A writer of one conversation, straight on the store, behind a proxy.

use std::{sync::Arc, time::Duration};

use faultproxy::Proxy;
use protocol::{
    AgentId, ConversationId, Envelope, Event, MessageId, Seq, Timestamp, TurnId,
    event::{JsonObject, Role},
};
use switchboard::store::{
    AcceptedNote, ConversationKey, Fence, Found, InternalId, NewConversation, Owner, Store, StoreError, StoredEvent,
    Write, Written,
    sql::{SqlOptions, SqlStore},
};
use tokio::time::Instant;
use uuid::Uuid;

/// Far more than any store may take to come back.
const PATIENCE: Duration = Duration::from_mins(1);

/// A store with one connection, which goes through a proxy.
pub(super) struct Bench {
    pub(super) proxy: Proxy,
    pub(super) store: SqlStore,
}

impl Bench {
    pub(super) async fn on(database: &str, tweak: impl FnOnce(&mut SqlOptions)) -> Self {
        let proxy = Proxy::before(database).unwrap();
        let mut options = SqlOptions { connections_max: 1, ..SqlOptions::new(proxy.url(database).into()) };
        tweak(&mut options);
        let store = SqlStore::connect(options).await.unwrap();
        Self { proxy, store }
    }

    /// Tries until the store answers; the last write's answer.
    pub(super) async fn commit(&self, group: &[Write]) -> Written {
        let began = Instant::now();
        loop {
            match self.store.commit(group).await {
                Ok(mut answers) => return answers.pop().unwrap(),
                Err(StoreError::Unavailable(why)) => {
                    assert!(began.elapsed() < PATIENCE, "the store does not come back: {why}");
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

/// What a group of appends is like on its way to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One statement over the log: text alone.
    Plain,
    /// One statement over four tables: a message is accepted and an agent starts.
    Message,
    /// A transaction: the same, and text that goes on from it.
    Transaction,
}

pub(super) struct Writer {
    key: ConversationKey,
    id: InternalId,
    fence: Fence,
    /// Everything that must be stored, as its bytes.
    sent: Vec<(Seq, Arc<str>)>,
}

impl Writer {
    pub(super) async fn on(bench: &Bench) -> Self {
        let key = ConversationKey { owner: Owner::local(), id: ConversationId(Uuid::new_v4()) };
        let open = Write::Open { key: key.clone(), create: Some(some_new()), now: now() };
        match bench.commit(&[open]).await {
            Written::Opened(opened) => Self { key, id: opened.id, fence: opened.fence, sent: Vec::new() },
            other => panic!("{other:?}"),
        }
    }

    /// The next group. It counts as sent: from here on it must be stored once.
    pub(super) fn next(&mut self, shape: Shape) -> Vec<Write> {
        match shape {
            Shape::Plain => vec![self.append(false)],
            Shape::Message => vec![self.append(true)],
            Shape::Transaction => vec![self.append(true), self.append(false)],
        }
    }

    fn append(&mut self, accepts: bool) -> Write {
        let turn = TurnId(Uuid::now_v7());
        let message_id = MessageId(Uuid::now_v7());
        let agent: AgentId = "a".parse().unwrap();
        let client = Uuid::now_v7().to_string().parse().unwrap();
        let (content, role) = ("words".to_owned(), Role::User);
        let events = if accepts {
            let note = AcceptedNote { metadata: JsonObject::new(), body_hash: [7; 32] };
            let switch = Event::AgentSwitch {
                from_agent: "none".to_owned(),
                to_agent: agent,
                reason: protocol::event::SwitchReason::FirstMessage,
                detail: None,
            };
            let accepted = Event::MessageAccepted { client_message_id: client, message_id, content, role };
            vec![(accepted, Some(Arc::new(note))), (switch, None)]
        } else {
            vec![(Event::ContentChunk { content, agent_id: agent, message_id }, None)]
        };
        let events: Arc<[StoredEvent]> =
            events.into_iter().map(|(event, note)| self.event(turn, event, note)).collect();
        Write::Append { conversation: self.id, fence: self.fence, events }
    }

    fn event(&mut self, turn: TurnId, event: Event, note: Option<Arc<AcceptedNote>>) -> StoredEvent {
        let seq = Seq(self.sent.len() as u64 + 1);
        let envelope = Envelope { seq, event, conversation_id: self.key.id, turn_id: Some(turn), at: now() };
        let stored = StoredEvent::new(envelope, note).unwrap();
        self.sent.push((seq, Arc::clone(&stored.body)));
        stored
    }

    /// The answer that an append must have once everything that was sent is stored.
    pub(super) fn appended(&self) -> Written {
        Written::Appended { head: Seq(self.sent.len() as u64) }
    }

    /// Whether the last group is stored, although nobody said so.
    pub(super) async fn is_stored(&self, bench: &Bench) -> bool {
        for _ in 0..50 {
            if let Ok(Found::Here((_, record))) = bench.store.conversation(&self.key).await {
                return record.head == Seq(self.sent.len() as u64);
            }
        }
        panic!("the store does not come back");
    }

    /// Everything that was sent is stored: once, in order, byte for byte.
    pub(super) async fn check(&self, bench: &Bench) {
        let Found::Here(page) = bench.store.events(self.id, Seq::ZERO, usize::MAX, usize::MAX).await.unwrap() else {
            panic!("the conversation is gone");
        };
        assert_eq!(page.events, self.sent);
        assert_eq!(page.head, Seq(self.sent.len() as u64));
    }
}

fn some_new() -> NewConversation {
    NewConversation { id: InternalId(Uuid::now_v7()), epoch: "e".parse().unwrap(), metadata: JsonObject::new() }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_795_437_919_031)
}
