//! Lists, pages and cursors.

use protocol::{
    Seq,
    event::{JsonObject, MessageStatus, Role},
};
use serde_json::json;

use super::support::*;
use crate::store::{PageRequest, Store, StoreError, StoredEvent, Written};

fn page(cursor: Option<String>, limit: u32) -> PageRequest {
    PageRequest { cursor, limit }
}

/// Appends in rows of 1, 2, 3, … events.
async fn long_log(store: &dyn Store, count: u64) -> (Writer, Vec<StoredEvent>) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let mut all = vec![writer.accepted(turn, "c1", "a")];
    while all.len() < usize::try_from(count).unwrap() {
        all.push(writer.chunk(turn, "some words"));
    }
    let (mut rest, mut size) = (&all[..], 1);
    while !rest.is_empty() {
        let (append, later) = rest.split_at(size.min(rest.len()));
        assert!(matches!(writer.append(store, append.to_vec()).await, Written::Appended { .. }));
        (rest, size) = (later, size + 1);
    }
    (writer, all)
}

pub(super) async fn events_come_in_pages(store: &dyn Store) {
    let (writer, all) = long_log(store, 60).await;
    let expected = bodies(&all);
    for (after, limit) in [(0, 60), (0, 7), (1, 1), (9, 10), (10, 1), (14, 100), (59, 5), (0, 0)] {
        let found = here(store.events(writer.id, Seq(after), limit, usize::MAX).await.unwrap());
        let from = usize::try_from(after).unwrap();
        assert_eq!(found.events, expected[from..(from + limit).min(60)], "after {after}, limit {limit}");
        assert_eq!((found.first_seq, found.head), (Seq(1), Seq(60)));
    }
    let size = |count: usize| expected[3..3 + count].iter().map(|(_, body)| body.len()).sum::<usize>();
    for (bytes_max, count) in [(0, 1), (1, 1), (size(1), 1), (size(5), 5), (size(5) + 1, 5), (size(20) - 1, 19)] {
        let found = here(store.events(writer.id, Seq(3), 100, bytes_max).await.unwrap());
        assert_eq!(found.events, expected[3..3 + count], "at most {bytes_max} bytes");
    }
}

pub(super) async fn events_outside_the_log_are_no_events(store: &dyn Store) {
    let (writer, _) = long_log(store, 3).await;
    for after in [3, 4, u64::MAX] {
        let found = here(store.events(writer.id, Seq(after), 10, 1000).await.unwrap());
        assert_eq!((found.events, found.head), (vec![], Seq(3)), "after {after}");
    }
}

pub(super) async fn messages_come_in_pages_oldest_first(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let mut events = Vec::new();
    for number in 0..60 {
        let turn = new_turn();
        events.push(writer.accepted(turn, &format!("c{number}"), &format!("question {number}")));
        events.push(writer.chunk(turn, "x"));
        events.push(writer.said(turn, &format!("answer {number}"), MessageStatus::Interrupted));
    }
    writer.append(store, events).await;
    for limit in [1, 50, 60, 119, 120, 500] {
        let (mut found, mut cursor, mut pages) = (Vec::new(), None, 0_u32);
        loop {
            let page = store.messages(writer.id, &page(cursor, limit)).await.unwrap();
            assert!(page.items.len() <= usize::try_from(limit).unwrap());
            found.extend(page.items);
            pages += 1;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((found.len(), pages), (120, 120_u32.div_ceil(limit)), "limit {limit}");
        assert!(found.is_sorted_by_key(|message| message.seq));
        let (first, last) = (&found[0], &found[119]);
        assert_eq!((first.content.as_str(), first.role, first.agent_id.as_ref()), ("question 0", Role::User, None));
        assert_eq!((last.content.as_str(), last.status), ("answer 59", MessageStatus::Interrupted));
        assert_eq!((last.agent_id.clone(), last.seq, last.at), (Some(agent("a")), Seq(180), at(180)));
    }
}

pub(super) async fn the_latest_messages_are_those_up_to_a_place(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let events = (0..6).map(|number| writer.accepted(turn, &format!("c{number}"), &format!("question {number}")));
    let events: Vec<_> = events.collect();
    writer.append(store, events).await;
    for (up_to, limit, expected) in
        [(6, 2, &[5, 6][..]), (4, 3, &[2, 3, 4]), (2, 50, &[1, 2]), (0, 50, &[]), (99, 1, &[6])]
    {
        let found = store.latest_messages(writer.id, Seq(up_to), limit).await.unwrap();
        let places: Vec<u64> = found.iter().map(|message| message.seq.0).collect();
        assert_eq!(places, expected, "up to {up_to}, {limit}");
    }
}

pub(super) async fn interactions_come_in_pages_oldest_first(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let state = json!({"price": 1.25, "теги": ["a"]}).as_object().unwrap().clone();
    let events = [
        writer.accepted(turn, "c1", "a"),
        writer.switched(turn, "a"),
        writer.started(turn),
        writer.completed(turn, state.clone()),
    ];
    writer.append(store, events).await;
    let first = store.interactions(writer.id, &page(None, 2)).await.unwrap();
    let actions: Vec<_> = first.items.iter().map(|item| (item.action_type.as_str(), item.seq)).collect();
    assert_eq!(actions, [("switch", Seq(2)), ("start", Seq(3))]);
    assert_eq!(first.items[0].from_agent.as_deref(), Some("none"));
    assert_eq!(first.items[0].reason.as_deref(), Some("first_message"));
    let second = store.interactions(writer.id, &page(first.next, 2)).await.unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
    let complete = &second.items[0];
    assert_eq!((complete.action_type.as_str(), complete.reason.as_deref()), ("complete", Some("completed")));
    assert_eq!(complete.state_snapshot, Some(state.into()));
    assert_eq!((complete.turn_id, complete.at), (Some(turn), at(4)));
}

pub(super) async fn conversations_come_newest_first(store: &dyn Store) {
    let mut writers = Vec::new();
    for _ in 0..7 {
        writers.push(Writer::new(store).await);
    }
    // The later they were made, the fewer events they get; two get none and tie.
    for (number, writer) in writers.iter_mut().enumerate() {
        let turn = new_turn();
        let mut events = vec![writer.accepted(turn, "c1", "a")];
        events.extend((number..6).map(|_| writer.chunk(turn, "x")));
        if number < 5 {
            writer.append(store, events).await;
        }
    }
    let owner = &writers[0].key.owner;
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.conversations(owner, &page(cursor, 2)).await.unwrap();
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), 7);
    assert!(found.is_sorted_by(|one, two| one.updated_at >= two.updated_at));
    let expected: Vec<_> = writers[..5].iter().map(|writer| writer.key.id).collect();
    let newest: Vec<_> = found[..5].iter().map(|record| record.conversation_id).collect();
    assert_eq!(newest, expected);
    assert!(found[..5].iter().all(|record| record.open_turn.is_some()));
}

pub(super) async fn history_is_what_was_said_and_fits(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let [called, answered] = {
        let accepted = writer.accepted(turn, "c1", "one");
        writer.append(store, [accepted]).await;
        writer.tool(turn, "t1", json!({}), json!("tool"))
    };
    let events = [
        called,
        answered,
        writer.said(turn, "", MessageStatus::Interrupted),
        writer.said(turn, "two", MessageStatus::Cancelled),
        writer.completed(turn, JsonObject::new()),
        writer.accepted(new_turn(), "c2", "три"),
    ];
    writer.append(store, events).await;
    for (before, limit, bytes_max, expected) in [
        (Seq::MAX, 10, 1000, &["one", "two", "три"][..]),
        (Seq(7), 10, 1000, &["one", "two"]),
        (Seq::MAX, 2, 1000, &["two", "три"]),
        (Seq::MAX, 10, 9, &["two", "три"]),
        (Seq::MAX, 10, 8, &["три"]),
        (Seq::MAX, 10, 5, &[]),
        (Seq::MAX, 0, 1000, &[]),
        (Seq(1), 10, 1000, &[]),
    ] {
        let found = store.history(writer.id, before, limit, bytes_max).await.unwrap();
        let said: Vec<_> = found.iter().map(|message| message.content.as_str()).collect();
        assert_eq!(said, expected, "before {before}, limit {limit}, at most {bytes_max} bytes");
    }
    let found = store.history(writer.id, Seq::MAX, 10, 1000).await.unwrap();
    assert_eq!((found[0].role, found[0].seq, found[0].turn_id), (Role::User, Seq(1), turn));
    assert_eq!((found[1].role, found[1].agent_id.clone()), (Role::Assistant, Some(agent("a"))));
}

pub(super) async fn a_foreign_cursor_is_refused(store: &dyn Store) {
    let (writer, _) = long_log(store, 3).await;
    let refused = |text: &str| Err::<(), _>(StoreError::BadCursor(text.to_owned()));
    for bad in ["", "0", "zzz", "m1", "'; DROP TABLE messages; --"] {
        let page = page(Some(bad.to_owned()), 10);
        assert_eq!(store.messages(writer.id, &page).await.map(|_| ()), refused(bad));
        assert_eq!(store.interactions(writer.id, &page).await.map(|_| ()), refused(bad));
        assert_eq!(store.conversations(&writer.key.owner, &page).await.map(|_| ()), refused(bad));
    }
}

pub(super) async fn agent_switches_are_kept(store: &dyn Store) {
    assert_eq!(store.agent_switches().await.unwrap(), []);
    store.set_agent_switch(&agent("b"), false, at(0)).await.unwrap();
    store.set_agent_switch(&agent("a"), true, at(1)).await.unwrap();
    store.set_agent_switch(&agent("b"), true, at(2)).await.unwrap();
    store.set_agent_switch(&agent("a"), false, at(3)).await.unwrap();
    assert_eq!(store.agent_switches().await.unwrap(), [(agent("a"), false), (agent("b"), true)]);
}

pub(super) async fn it_answers_a_ping(store: &dyn Store) {
    assert_eq!(store.ping().await, Ok(()));
}
