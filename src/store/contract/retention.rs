//! What is kept, and for how long.

use protocol::{Seq, Timestamp, event::MessageStatus};
use uuid::Uuid;

use super::support::*;
use crate::store::{Found, InternalId, PageRequest, Store, StoredEvent, Sweep, Swept, Tombstone, Write, Written};

/// A sweep of events before, and of no tombstones.
fn events_before(before: Timestamp) -> Sweep {
    Sweep { now: at(2_000_000), events_before: before, tombstones_before: at(-1) }
}

/// A whole turn in one row of the log: five events, the last of them at `writer.head` milliseconds.
fn whole_turn(writer: &mut Writer, client: &str) -> Vec<StoredEvent> {
    let turn = new_turn();
    vec![
        writer.accepted(turn, client, "question"),
        writer.started(turn),
        writer.chunk(turn, "answer"),
        writer.said(turn, "answer", MessageStatus::Complete),
        writer.turn_end(turn),
    ]
}

async fn first_and_head(store: &dyn Store, writer: &Writer) -> (u64, u64) {
    let (_, record) = here(store.conversation(&writer.key).await.unwrap());
    let page = here(store.events(writer.id, record.first_seq.previous(), usize::MAX, usize::MAX).await.unwrap());
    assert_eq!((page.first_seq, page.head), (record.first_seq, record.head));
    assert_eq!(page.events.first().map_or(record.head.next(), |(seq, _)| *seq), record.first_seq);
    let dense = page.events.iter().zip(record.first_seq.0..).all(|((seq, _), wanted)| seq.0 == wanted);
    assert!(dense && page.events.len() as u64 == record.head.0 + 1 - record.first_seq.0, "{:?}", page.events);
    (record.first_seq.0, record.head.0)
}

pub(super) async fn the_log_of_old_turns_goes_and_their_messages_stay(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    for number in 0..4 {
        let turn = whole_turn(&mut writer, &format!("c{number}"));
        writer.append(store, turn).await;
    }
    let swept = store.sweep(&events_before(at(11))).await.unwrap();
    assert_eq!((swept.conversations, swept.tombstones), (1, 0));
    assert!(swept.event_rows > 0);
    assert_eq!(first_and_head(store, &writer).await, (11, 20));
    for after in [0, 3, 9] {
        let page = here(store.events(writer.id, Seq(after), 100, 10_000).await.unwrap());
        assert_eq!((page.events.len(), page.first_seq), (0, Seq(11)), "after {after}");
    }
    let page = PageRequest { cursor: None, limit: 100 };
    assert_eq!(store.messages(writer.id, &page).await.unwrap().items.len(), 8);
    assert_eq!(store.interactions(writer.id, &page).await.unwrap().items.len(), 4);
    assert_eq!(store.history(writer.id, Seq::MAX, 100, 10_000).await.unwrap().len(), 8);
    assert!(store.accepted(writer.id, &"c0".parse().unwrap()).await.unwrap().is_some());
    store.sweep(&events_before(at(21))).await.unwrap();
    assert_eq!(first_and_head(store, &writer).await, (21, 20));
}

pub(super) async fn a_turn_that_is_open_or_young_keeps_the_log_from_its_beginning(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let past = whole_turn(&mut writer, "c0");
    let (over, waits) = (new_turn(), new_turn());
    let meanwhile = vec![
        writer.accepted(over, "c1", "a"),
        writer.accepted(waits, "c2", "comes while the other turn runs"),
        writer.chunk(over, "x"),
        writer.turn_end(over),
    ];
    // One row of the log for both turns: a border may stand inside a row.
    writer.append(store, [past, meanwhile].concat()).await;
    store.sweep(&events_before(at(1_000))).await.unwrap();
    assert_eq!(first_and_head(store, &writer).await, (7, 9));
    let reopened = opened(open(store, &writer.key, false).await);
    assert_eq!(reopened.replay.first().map(|envelope| envelope.seq), Some(Seq(7)));
    writer.fence = reopened.fence;
    let end = vec![writer.turn_end(waits)];
    writer.append(store, end).await;
    store.sweep(&events_before(at(10))).await.unwrap();
    assert_eq!(first_and_head(store, &writer).await, (7, 10));
    store.sweep(&events_before(at(11))).await.unwrap();
    assert_eq!(first_and_head(store, &writer).await, (11, 10));
}

pub(super) async fn a_writer_goes_on_over_a_sweep(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    for number in 0..30 {
        let turn = whole_turn(&mut writer, &format!("c{number}"));
        let head = writer.head;
        let appended = Written::Appended { head: Seq(head) };
        assert_eq!(writer.append(store, turn.clone()).await, appended);
        store.sweep(&events_before(at(i64::try_from(head).unwrap() - 4))).await.unwrap();
        assert_eq!(first_and_head(store, &writer).await, (head - 4, head));
        assert_eq!(writer.append(store, turn).await, appended, "the same append again");
    }
}

pub(super) async fn a_tombstone_goes_when_it_is_old(store: &dyn Store) {
    let writer = Writer::new(store).await;
    one(store, writer.erase()).await;
    let sweep = |before| Sweep { tombstones_before: before, ..events_before(at(0)) };
    assert_eq!(store.sweep(&sweep(at(1_000_000))).await.unwrap(), Swept::default());
    assert_eq!(store.conversation(&writer.key).await.unwrap(), Found::Erased);
    assert_eq!(store.sweep(&sweep(at(1_000_001))).await.unwrap(), Swept { tombstones: 1, ..Swept::default() });
    assert_eq!(store.conversation(&writer.key).await.unwrap(), Found::NotFound);
    assert!(opened(open(store, &writer.key, true).await).created);
}

pub(super) async fn tombstones_come_in_pages_in_the_order_of_their_erasure(store: &dyn Store) {
    let mut erased = Vec::new();
    for (number, millis) in [(0, 30), (1, 10), (2, 20), (3, 20), (4, 20)] {
        let writer = Writer::new(store).await;
        if number == 0 {
            Writer::new(store).await;
        }
        one(store, Write::Erase { conversation: writer.id, fence: writer.fence, now: at(millis) }).await;
        erased.push(Tombstone { tenant: "t".into(), id: writer.id, erased_at: at(millis) });
    }
    erased.sort_by_key(|tombstone| (tombstone.erased_at, tombstone.id));
    let mut found = Vec::new();
    let mut after = (at(10), InternalId(Uuid::nil()));
    loop {
        let page = store.tombstones(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = (last.erased_at, last.id);
        found.extend(page);
    }
    assert_eq!(found, erased);
    assert_eq!(store.tombstones((at(11), InternalId(Uuid::nil())), 9).await.unwrap(), erased[1..]);
}

pub(super) async fn a_sweep_with_nothing_to_do_does_nothing(store: &dyn Store) {
    assert_eq!(store.sweep(&events_before(at(1_000))).await.unwrap(), Swept::default());
    let mut writer = Writer::new(store).await;
    let turn = whole_turn(&mut writer, "c0");
    writer.append(store, turn).await;
    assert_eq!(store.sweep(&events_before(at(5))).await.unwrap(), Swept::default());
    assert_eq!(first_and_head(store, &writer).await, (1, 5));
}
