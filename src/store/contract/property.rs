//! Any sequence of writes gets the same answers and gives the same reads on memory, SQLite and PostgreSQL.

use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use protocol::{
    ConversationId, MessageId, Seq, TurnId,
    event::{JsonObject, MessageStatus},
};
use serde_json::json;
use uuid::Uuid;

use super::support::*;
use crate::store::{
    ConversationKey, Fence, InternalId, NewConversation, PageRequest, Store, StoredEvent, Write, Written,
    memory::MemoryStore,
    sql::{
        SqlStore,
        testing::{PostgresDatabase, SqliteFile},
    },
};

const CONVERSATIONS: usize = 3;

/// A step of a writer of one of the conversations.
#[derive(Debug, Clone)]
enum Step {
    Open,
    Append { events: Vec<Kind>, fence_off: bool, head_off: i64 },
    Again,
    Erase,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Accepted { turn: u8, client: u8 },
    Started { turn: u8 },
    Chunk { turn: u8 },
    Said { turn: u8 },
    Switched { turn: u8 },
    Tool { turn: u8 },
    Completed { turn: u8 },
    TurnEnd { turn: u8 },
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        3 => (0..4_u8, 0..12_u8).prop_map(|(turn, client)| Kind::Accepted { turn, client }),
        2 => (0..4_u8).prop_map(|turn| Kind::Started { turn }),
        4 => (0..4_u8).prop_map(|turn| Kind::Chunk { turn }),
        2 => (0..4_u8).prop_map(|turn| Kind::Said { turn }),
        1 => (0..4_u8).prop_map(|turn| Kind::Switched { turn }),
        1 => (0..4_u8).prop_map(|turn| Kind::Tool { turn }),
        1 => (0..4_u8).prop_map(|turn| Kind::Completed { turn }),
        2 => (0..4_u8).prop_map(|turn| Kind::TurnEnd { turn }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let head_off = prop_oneof![18 => Just(0_i64), 1 => Just(1), 1 => Just(-1)];
    let append = (vec(kind(), 0..6), proptest::bool::weighted(0.05), head_off);
    prop_oneof![
        20 => append.prop_map(|(events, fence_off, head_off)| Step::Append { events, fence_off, head_off }),
        3 => Just(Step::Again),
        2 => Just(Step::Open),
        1 => Just(Step::Erase),
    ]
}

/// The writer of one conversation, as far as the test knows.
#[derive(Debug, Clone)]
struct Model {
    writer: Writer,
    place: u128,
    ids: u128,
    last: Option<Write>,
}

impl Model {
    fn new(place: usize) -> Self {
        let key = key_of("u", ConversationId(Uuid::from_u128(place as u128 + 1)));
        let writer = Writer { key, id: InternalId(Uuid::from_u128(100 + place as u128)), fence: Fence(0), head: 0 };
        Self { writer, place: place as u128, ids: 0, last: None }
    }

    fn open(&self) -> Write {
        let (key, id): (ConversationKey, _) = (self.writer.key.clone(), self.writer.id);
        let create = NewConversation { id, epoch: "e".parse().unwrap(), metadata: JsonObject::new() };
        Write::Open { key, create: Some(create), now: at(0) }
    }

    fn write(&mut self, step: &Step) -> Write {
        let write = match step {
            Step::Open => return self.open(),
            Step::Erase => return self.writer.erase(),
            Step::Again => self.last.clone().unwrap_or_else(|| self.open()),
            Step::Append { events, fence_off, head_off } => {
                let mut writer = self.writer.clone();
                writer.head = writer.head.saturating_add_signed(*head_off);
                writer.fence.0 += u64::from(*fence_off);
                let events: Vec<_> = events.iter().flat_map(|kind| self.events(&mut writer, *kind)).collect();
                self.writer.head = writer.head.saturating_add_signed(-*head_off);
                writer.write(events)
            }
        };
        self.last = Some(write.clone());
        write
    }

    fn events(&mut self, writer: &mut Writer, kind: Kind) -> Vec<StoredEvent> {
        let turn = |turn: u8| TurnId(Uuid::from_u128(1000 + self.place * 100 + u128::from(turn)));
        let mut events = match kind {
            Kind::Accepted { turn: of, client } => vec![writer.accepted(turn(of), &format!("c{client}"), "words")],
            Kind::Started { turn: of } => vec![writer.started(turn(of))],
            Kind::Chunk { turn: of } => {
                vec![writer.chunk(turn(of), "words").with_taken(vec![MessageId(Uuid::from_u128(7))])]
            }
            Kind::Said { turn: of } => vec![writer.said(turn(of), "слова", MessageStatus::Complete)],
            Kind::Switched { turn: of } => vec![writer.switched(turn(of), "b")],
            Kind::Tool { turn: of } => writer.tool(turn(of), "t", json!([1, {}]), json!("r")).to_vec(),
            Kind::Completed { turn: of } => vec![writer.completed(turn(of), JsonObject::new())],
            Kind::TurnEnd { turn: of } => vec![writer.turn_end(turn(of))],
        };
        for event in &mut events {
            self.ids += 1;
            *event = with_id(event, MessageId(Uuid::from_u128((self.place << 64) + 5000 + self.ids)));
        }
        events
    }

    /// What a writer learns from the answer to the last of its writes in a group.
    fn learn(&mut self, written: &Written) {
        if let Written::Opened(opened) = written {
            (self.writer.fence, self.writer.head) = (opened.fence, opened.record.head.0);
        }
    }
}

/// Ids of messages are told by the test, so that a failing case is the same each time.
fn with_id(event: &StoredEvent, id: MessageId) -> StoredEvent {
    use protocol::Event;
    let mut envelope = event.envelope.clone();
    if let Event::MessageAccepted { message_id, .. } | Event::MessageComplete { message_id, .. } = &mut envelope.event {
        *message_id = id;
    }
    let (effect, taken) = (event.effect.clone(), event.taken.clone());
    StoredEvent { effect, taken, ..StoredEvent::new(envelope, event.accepted.clone()).unwrap() }
}

fn same_words(one: &Written, two: &Written) -> bool {
    match (one, two) {
        // Each says it in its own words.
        (Written::Refused(_), Written::Refused(_)) => true,
        _ => one == two,
    }
}

async fn same_reads(one: &dyn Store, two: &dyn Store, writer: &Writer) {
    let found = one.conversation(&writer.key).await.unwrap();
    assert_eq!(found, two.conversation(&writer.key).await.unwrap());
    let id = writer.id;
    for (after, limit, bytes_max) in [(0, usize::MAX, usize::MAX), (2, 3, usize::MAX), (1, 100, 400)] {
        let expected = one.events(id, Seq(after), limit, bytes_max).await.unwrap();
        assert_eq!(expected, two.events(id, Seq(after), limit, bytes_max).await.unwrap());
    }
    for limit in [3, 500] {
        let page = PageRequest { cursor: None, limit };
        assert_eq!(one.messages(id, &page).await, two.messages(id, &page).await);
        assert_eq!(one.interactions(id, &page).await, two.interactions(id, &page).await);
    }
    assert_eq!(one.history(id, Seq(9), 4, 30).await, two.history(id, Seq(9), 4, 30).await);
    for client in 0..12 {
        let client = format!("c{client}").parse().unwrap();
        assert_eq!(one.accepted(id, &client).await, two.accepted(id, &client).await);
    }
}

async fn same(postgres: &SqlStore, groups: &[Vec<(usize, Step)>]) {
    let file = SqliteFile::new();
    let (memory, sqlite) = (MemoryStore::default(), file.open().await);
    let others: [&dyn Store; 2] = [&sqlite, postgres];
    let mut models: Vec<_> = (0..CONVERSATIONS).map(Model::new).collect();
    let opens: Vec<_> = models.iter().map(Model::open).collect();
    let group: Vec<(usize, Write)> = opens.into_iter().enumerate().collect();
    same_group(&memory, others, &mut models, group).await;
    for steps in groups {
        let group = steps.iter().map(|(place, step)| (*place, models[*place].write(step))).collect();
        same_group(&memory, others, &mut models, group).await;
    }
    let sorted = |mut keys: Vec<ConversationKey>| {
        keys.sort();
        keys
    };
    for other in others {
        for model in &models {
            same_reads(&memory, other, &model.writer).await;
        }
        assert_eq!(sorted(memory.unfinished().await.unwrap()), sorted(other.unfinished().await.unwrap()));
    }
    sqlite.close().await;
}

async fn same_group(memory: &MemoryStore, others: [&dyn Store; 2], models: &mut [Model], group: Vec<(usize, Write)>) {
    let (places, writes): (Vec<_>, Vec<_>) = group.into_iter().unzip();
    let expected = memory.commit(&writes).await.unwrap();
    for other in others {
        let answers = other.commit(&writes).await.unwrap();
        assert_eq!(answers.len(), expected.len());
        for (answer, expected) in answers.iter().zip(&expected) {
            assert!(same_words(answer, expected), "{answer:?} of {other:?} and {expected:?}");
        }
    }
    for (place, answer) in places.iter().zip(&expected) {
        models[*place].learn(answer);
    }
    // What was not appended is numbered again.
    for model in models {
        if let crate::store::Found::Here((_, record)) = memory.conversation(&model.writer.key).await.unwrap() {
            model.writer.head = record.head.0;
        }
    }
}

#[test]
fn all_stores_answer_alike() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(PostgresDatabase::create());
    let postgres = runtime.block_on(database.open());
    let groups = vec(vec((0..CONVERSATIONS, step()), 1..8), 1..10);
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(&groups, |groups| {
        runtime.block_on(async {
            database.empty().await;
            same(&postgres, &groups).await;
        });
        Ok(())
    });
    checked.unwrap();
    runtime.block_on(async {
        postgres.close().await;
        database.drop().await;
    });
}
