//! The ledger of tool effects, and what was taken, goes with what it belongs to: the log of its turn, and its conversation.

use protocol::{RunId, event::TurnStatus};
use serde_json::json;

use super::*;
use crate::{
    conversation::{EffectStatus, run::ToolEffect},
    store::{EffectNote, Sweep},
};

fn event(seq: u64, event: Event) -> StoredEvent {
    let turn_id = Some(TurnId(Uuid::from_u128(3)));
    StoredEvent::new(Envelope { seq: Seq(seq), event, conversation_id: key().id, turn_id, at: now() }, None).unwrap()
}

fn call(seq: u64) -> StoredEvent {
    let (tool_name, agent_id) = ("order".to_owned(), "buyer".parse().unwrap());
    let tool_call_id = "call-1".parse().unwrap();
    let called = event(seq, Event::ToolExecution { tool_name, agent_id, tool_call_id, arguments: json!({}) });
    called.with_taken(vec![protocol::MessageId(Uuid::from_u128(6))]).with_effect(EffectNote {
        run_id: RunId(Uuid::from_u128(4)),
        effect: ToolEffect::Idempotent,
        idempotency_key: "call-0".parse().unwrap(),
        arguments_hash: [9; 32],
        status: EffectStatus::Intent,
    })
}

async fn lines(store: &SqlStore) -> i64 {
    let (mut calls, mut taken) = (0, 0);
    for (table, count) in [("tool_effects", &mut calls), ("steers_taken", &mut taken)] {
        let sql = Statement::from_string(store.backend, format!("SELECT COUNT(*) FROM {table}"));
        *count = store.reader().query_one_raw(sql).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    }
    assert_eq!(calls, taken, "each call of these tests follows one message that was taken");
    calls
}

async fn check(store: &SqlStore) {
    let opened = open(store).await;
    let events = [accepted(1, "buy"), call(2)];
    let append = |events: Vec<StoredEvent>| Write::Append {
        conversation: opened.id,
        fence: opened.fence,
        events: events.into(),
    };
    store.commit(&[append(events.to_vec())]).await.unwrap();
    let later = Timestamp::from_millis(now().as_millis() + 1);
    let sweep = Sweep { now: later, events_before: later, tombstones_before: Timestamp::from_millis(0) };
    store.sweep(&sweep).await.unwrap();
    assert_eq!(lines(store).await, 1, "the turn is open");
    let end = event(3, Event::TurnEnd { status: TurnStatus::Failed, runs: 1, milliseconds: 1 });
    store.commit(&[append(vec![end])]).await.unwrap();
    store.sweep(&sweep).await.unwrap();
    assert_eq!(lines(store).await, 0, "the log of the turn is gone");
    let mut again = accepted(4, "buy");
    again.envelope.turn_id = Some(TurnId(Uuid::from_u128(5)));
    let second = StoredEvent { envelope: Envelope { turn_id: again.envelope.turn_id, ..call(5).envelope }, ..call(5) };
    store.commit(&[append(vec![again, second])]).await.unwrap();
    assert_eq!(lines(store).await, 1);
    let erase = Write::Erase { conversation: opened.id, fence: opened.fence, now: later };
    assert_eq!(store.commit(&[erase]).await, Ok(vec![Written::Erased]));
    assert_eq!(lines(store).await, 0);
}

#[tokio::test]
async fn a_line_goes_with_the_log_of_its_turn_and_with_its_conversation() {
    let (file, database) = (SqliteFile::new(), PostgresDatabase::create().await);
    for store in [file.open().await, database.open().await] {
        check(&store).await;
        store.close().await;
    }
    database.drop().await;
}
