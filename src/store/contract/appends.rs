//! Appending: dense, fenced, and once.

use protocol::{
    Event, Seq,
    event::{MessageStatus, Role},
};
use serde_json::json;

use super::support::*;
use crate::store::{ConversationStatus, Fence, PageRequest, Store, StoredEvent, Written};

pub(super) async fn appends_are_dense_and_come_back_byte_for_byte(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let first = vec![writer.accepted(turn, "c1", "hello"), writer.switched(turn, "a"), writer.started(turn)];
    let second = vec![writer.chunk(turn, "hi\nthere"), writer.said(turn, "hi\nthere", MessageStatus::Complete)];
    assert_eq!(writer.append(store, first.clone()).await, Written::Appended { head: Seq(3) });
    assert_eq!(writer.append(store, second.clone()).await, Written::Appended { head: Seq(5) });
    let page = all_events(store, writer.id).await;
    assert_eq!((page.epoch.as_str(), page.first_seq, page.head), ("e1", Seq(1), Seq(5)));
    assert_eq!(page.events, bodies(&[first, second].concat()));
    let (id, record) = here(store.conversation(&writer.key).await.unwrap());
    assert_eq!(id, writer.id);
    assert_eq!((record.head, record.open_turn, record.updated_at), (Seq(5), Some(turn), at(5)));
    assert_eq!(record.current_agent, Some(agent("a")));
    assert_eq!(record.metadata, new_conversation().metadata);
}

pub(super) async fn a_wrong_head_is_fenced_and_nothing_of_it_is_stored(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    writer.head = 5;
    let gap = [writer.accepted(turn, "c1", "too early")];
    assert_eq!(writer.append(store, gap).await, Written::Fenced);
    assert_eq!(all_events(store, writer.id).await.events, []);
    let page = store.messages(writer.id, &PageRequest { cursor: None, limit: 10 }).await.unwrap();
    assert_eq!(page.items, []);
    writer.head = 0;
    let next = [writer.accepted(turn, "c1", "now")];
    assert_eq!(writer.append(store, next).await, Written::Appended { head: Seq(1) });
}

pub(super) async fn a_stale_fence_is_fenced(store: &dyn Store) {
    let mut old = Writer::new(store).await;
    let mut new = Writer::open(store, old.key.clone()).await;
    assert!(new.fence > old.fence);
    let turn = new_turn();
    let late = [old.accepted(turn, "c1", "old")];
    assert_eq!(old.append(store, late).await, Written::Fenced);
    let next = [new.accepted(turn, "c1", "new")];
    assert_eq!(new.append(store, next.clone()).await, Written::Appended { head: Seq(1) });
    let mut future = new.clone();
    future.fence = Fence(new.fence.0 + 1);
    let early = [future.chunk(turn, "x")];
    assert_eq!(future.append(store, early).await, Written::Fenced);
    assert_eq!(all_events(store, new.id).await.events, bodies(&next));
}

pub(super) async fn the_same_append_again_is_appended(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let first = vec![writer.accepted(turn, "c1", "a"), writer.started(turn)];
    let second = vec![writer.chunk(turn, "b")];
    for _ in 0..2 {
        assert_eq!(writer.append(store, first.clone()).await, Written::Appended { head: Seq(2) });
    }
    assert_eq!(writer.append(store, second.clone()).await, Written::Appended { head: Seq(3) });
    assert_eq!(writer.append(store, first.clone()).await, Written::Appended { head: Seq(2) });
    assert_eq!(writer.append(store, second.clone()).await, Written::Appended { head: Seq(3) });
    // The same bytes count however they are cut into appends.
    let both = [first, second].concat();
    assert_eq!(writer.append(store, both.clone()).await, Written::Appended { head: Seq(3) });
    assert_eq!(all_events(store, writer.id).await.events, bodies(&both));
    let page = store.messages(writer.id, &PageRequest { cursor: None, limit: 10 }).await.unwrap();
    assert_eq!(page.items.len(), 1);
}

pub(super) async fn another_append_at_the_same_place_is_fenced(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let stored = vec![writer.accepted(turn, "c1", "a"), writer.started(turn)];
    assert_eq!(writer.append(store, stored.clone()).await, Written::Appended { head: Seq(2) });
    writer.head = 0;
    let other = vec![writer.accepted(turn, "c1", "b"), writer.started(turn)];
    assert_eq!(writer.append(store, other).await, Written::Fenced);
    writer.head = 2;
    // One event more than is stored: not the same append.
    let longer = [stored.clone(), vec![writer.chunk(turn, "x")]].concat();
    assert_eq!(writer.append(store, longer).await, Written::Fenced);
    assert_eq!(all_events(store, writer.id).await.events, bodies(&stored));
}

pub(super) async fn what_no_store_can_hold_is_refused(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let good = writer.accepted(turn, "c1", "a");
    let nul = StoredEvent { body: r#"{"content":"\u0000"}"#.into(), ..good.clone() };
    for bad in [vec![], vec![nul], vec![good.clone(), good.clone()]] {
        let answer = writer.append(store, bad).await;
        assert!(matches!(answer, Written::Refused(_)), "{answer:?}");
    }
    assert_eq!(writer.append(store, [good]).await, Written::Appended { head: Seq(1) });
    // Of what models and tools say, U+0000 is left out when an event is made.
    let made = [writer.said(turn, "a\0b", MessageStatus::Complete)];
    assert_eq!(writer.append(store, made).await, Written::Appended { head: Seq(2) });
    let page = store.messages(writer.id, &PageRequest { cursor: None, limit: 10 }).await.unwrap();
    assert_eq!(page.items.last().unwrap().content, "ab");
}

pub(super) async fn unicode_and_large_bodies_come_back(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let content = "Цена 👩‍👩‍👧 \u{1}\u{7f}\u{2028}\r\n\t\"\\u0000\" e\u{301} 𝔘 ".repeat(1500);
    assert!(content.len() > 64 * 1024);
    let events = [writer.accepted(turn, "c1", &content), writer.said(turn, &content, MessageStatus::Complete)];
    assert_eq!(writer.append(store, events.clone()).await, Written::Appended { head: Seq(2) });
    assert_eq!(all_events(store, writer.id).await.events, bodies(&events));
    let page = store.messages(writer.id, &PageRequest { cursor: None, limit: 10 }).await.unwrap();
    assert!(page.items.iter().all(|message| message.content == content));
    let opened = opened(open(store, &writer.key, false).await);
    assert_eq!(opened.replay, events.map(|event| event.envelope));
}

pub(super) async fn a_tool_call_is_a_message_and_so_is_its_result(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let accepted = writer.accepted(turn, "c1", "1 + 2?");
    let [called, answered] = writer.tool(turn, "t1", json!({"of": [1, 2.5, 1e300]}), json!({"sum": 3}));
    writer.append(store, [accepted, called, answered]).await;
    let items = store.messages(writer.id, &PageRequest { cursor: None, limit: 10 }).await.unwrap().items;
    let [_, call, result] = &items[..] else { panic!("{items:?}") };
    assert_eq!((call.role, call.content.as_str(), call.seq), (Role::Assistant, "", Seq(2)));
    assert_eq!(call.tool_calls, Some(json!([{"id": "t1", "name": "sum", "arguments": {"of": [1, 2.5, 1e300]}}])));
    assert_eq!((result.role, result.content.as_str(), result.seq), (Role::Tool, r#"{"sum":3}"#, Seq(3)));
    assert_eq!((result.tool_call_id.as_deref(), result.tool_name.as_deref()), (Some("t1"), Some("sum")));
    assert_eq!((result.at, result.turn_id), (at(3), turn));
}

pub(super) async fn the_end_of_a_conversation_is_kept(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let end = [writer.event(None, Event::ConversationEnd { reason: "done".to_owned() })];
    assert_eq!(writer.append(store, end).await, Written::Appended { head: Seq(1) });
    let (_, record) = here(store.conversation(&writer.key).await.unwrap());
    assert_eq!(record.status, ConversationStatus::Ended);
    assert_eq!(opened(open(store, &writer.key, true).await).record.status, ConversationStatus::Ended);
}
