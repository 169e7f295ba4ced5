//! What a conversation costs on the disk, over ten thousand turns and more.

use std::sync::Arc;

use protocol::{
    AgentId, ConversationId, Envelope, Event, MessageId, RunId, Seq, Timestamp, TurnId,
    event::{JsonObject, MessageStatus, Role, RunStatus, TurnStatus, Usage},
};
use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use crate::store::sql::{
    SqlStore,
    testing::{PostgresDatabase, SqliteFile},
};
use crate::store::{
    AcceptedNote, ConversationKey, Fence, InternalId, NewConversation, Owner, Store, StoredEvent, Sweep, Write, Written,
};

const TURNS: i64 = 10_000;
/// Of `cargo xtask test --full`.
const TURNS_FULL: i64 = 50_000;
/// A turn a minute.
const MINUTE_MILLIS: i64 = 60_000;
/// Turns in one commit, each a row of the log.
const GROUP: i64 = 50;
/// Turns that are kept where a sweep keeps few.
const KEPT: i64 = 500;

pub(super) struct Writer {
    id: InternalId,
    fence: Fence,
    conversation: ConversationId,
    head: u64,
}

impl Writer {
    pub(super) async fn new(store: &SqlStore) -> Self {
        let conversation = ConversationId(Uuid::now_v7());
        let create = NewConversation {
            id: InternalId(Uuid::now_v7()),
            epoch: "e".parse().unwrap(),
            metadata: JsonObject::new(),
        };
        let key = ConversationKey { owner: Owner::local(), id: conversation };
        let open = Write::Open { key, create: Some(create), now: Timestamp::from_millis(0) };
        let Some(Written::Opened(opened)) = store.commit(&[open]).await.unwrap().pop() else { panic!("not opened") };
        Self { id: opened.id, fence: opened.fence, conversation, head: 0 }
    }

    /// A turn as an agent that streams ten words makes it, in one append.
    pub(super) fn turn(&mut self, number: i64) -> Write {
        let (turn, message, run) = (TurnId(Uuid::now_v7()), MessageId(Uuid::now_v7()), RunId(Uuid::now_v7()));
        let agent: AgentId = "pricing_agent".parse().unwrap();
        let content = "a question of a seller, about as long as they are".to_owned();
        let client_message_id = format!("m-{number}").parse().unwrap();
        let message_id = MessageId(Uuid::now_v7());
        let mut events = vec![
            Event::MessageAccepted { client_message_id, message_id, content, role: Role::User },
            Event::AgentStart {
                agent_id: agent.clone(),
                agent_name: "Pricing".to_owned(),
                agent_version: "1.0.0".to_owned(),
                run_id: run,
            },
        ];
        let chunk =
            || Event::ContentChunk { content: "word ".to_owned(), agent_id: agent.clone(), message_id: message };
        events.extend(std::iter::repeat_with(chunk).take(10));
        let (agent_id, content) = (agent.clone(), "word ".repeat(10));
        events.push(Event::MessageComplete { message_id: message, agent_id, content, status: MessageStatus::Complete });
        let (status, final_state, usage) = (RunStatus::Completed, JsonObject::new(), Usage::default());
        events.push(Event::AgentComplete { agent_id: agent, run_id: run, status, final_state, usage });
        events.push(Event::TurnEnd { status: TurnStatus::Completed, runs: 1, milliseconds: 7 });
        let at = Timestamp::from_millis(number * MINUTE_MILLIS);
        let events: Arc<[StoredEvent]> = events.into_iter().map(|event| self.stored(event, turn, at)).collect();
        Write::Append { conversation: self.id, fence: self.fence, events }
    }

    fn stored(&mut self, event: Event, turn: TurnId, at: Timestamp) -> StoredEvent {
        self.head += 1;
        let is_message = matches!(event, Event::MessageAccepted { .. });
        let note = || Arc::new(AcceptedNote { metadata: JsonObject::new(), body_hash: [7; 32] });
        let (seq, turn_id) = (Seq(self.head), Some(turn));
        let envelope = Envelope { seq, event, conversation_id: self.conversation, turn_id, at };
        StoredEvent::new(envelope, is_message.then(note)).unwrap()
    }
}

/// Bytes of tables and indexes that hold something.
async fn bytes(store: &SqlStore) -> i64 {
    let sql = match store.backend {
        sea_orm::DbBackend::Postgres => "SELECT pg_database_size(current_database())",
        _ => {
            "SELECT (page_count - freelist_count) * page_size \
              FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()"
        }
    };
    let row = store.writer().query_one_raw(Statement::from_string(store.backend, sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

fn turns() -> i64 {
    if std::env::var_os("SWITCHBOARD_TEST_FULL").is_some() { TURNS_FULL } else { TURNS }
}

/// Runs so many turns, sweeping after each five hundred; answers the bytes that each quarter added, a turn.
async fn run(store: &SqlStore, turns: i64, kept: i64) -> Vec<i64> {
    let mut writer = Writer::new(store).await;
    let (mut quarters, mut before) = (Vec::new(), bytes(store).await);
    for number in (GROUP..=turns).step_by(usize::try_from(GROUP).unwrap()) {
        let group: Vec<_> = (number - GROUP + 1..=number).map(|number| writer.turn(number)).collect();
        let stored = store.commit(&group).await.unwrap();
        assert!(stored.iter().all(|written| matches!(written, Written::Appended { .. })), "{stored:?}");
        if number % KEPT == 0 {
            let events_before = Timestamp::from_millis((number - kept) * MINUTE_MILLIS + 1);
            let now = Timestamp::from_millis(number * MINUTE_MILLIS);
            let sweep = Sweep { now, events_before, tombstones_before: Timestamp::from_millis(0) };
            store.sweep(&sweep).await.unwrap();
        }
        if number % (turns / 4) == 0 {
            let after = bytes(store).await;
            quarters.push((after - before) / (turns / 4));
            before = after;
        }
    }
    quarters
}

#[track_caller]
fn assert_constant(quarters: &[i64]) {
    let (least, most) = (quarters.iter().min().unwrap(), quarters.iter().max().unwrap());
    assert!(most * 100 <= least * 110, "bytes a turn, by quarter: {quarters:?}");
}

#[tokio::test]
async fn a_turn_costs_the_same_after_ten_thousand_and_a_trimmed_one_much_less() {
    let file = SqliteFile::new();
    let store = file.open().await;
    let kept = run(&store, turns(), turns()).await;
    assert_constant(&kept);
    store.close().await;
    let file = SqliteFile::new();
    let store = file.open().await;
    let trimmed = run(&store, turns(), KEPT).await;
    // The first quarter pays for the turns whose log is kept.
    assert_constant(&trimmed[1..]);
    assert!(trimmed[3] * 2 < kept[3], "bytes a turn, kept {kept:?}, trimmed {trimmed:?}");
    store.close().await;
}

#[tokio::test]
async fn a_turn_costs_the_same_after_ten_thousand_on_postgresql() {
    let database = PostgresDatabase::create().await;
    let store = database.open().await;
    assert_constant(&run(&store, turns(), turns()).await);
    store.close().await;
    database.drop().await;
}
