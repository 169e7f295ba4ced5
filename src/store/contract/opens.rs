//! Becoming the writer, and what is read then.

use protocol::{
    MessageId, Seq,
    event::{JsonObject, MessageStatus},
};
use serde_json::json;
use uuid::Uuid;

use super::support::*;
use crate::store::{
    ConversationStatus, EffectNote, EffectRecord, Fence, Found, PageRequest, Store, StoredEvent, Write, Written,
};

pub(super) async fn a_conversation_is_made_once_and_each_open_raises_the_fence(store: &dyn Store) {
    let key = some_key();
    let first = opened(open(store, &key, true).await);
    assert!(first.created && first.replay.is_empty() && first.recent.is_empty() && first.recent_is_all);
    assert_eq!(first.record.conversation_id, key.id);
    assert_eq!((first.record.status, first.record.head), (ConversationStatus::Open, Seq::ZERO));
    assert_eq!((first.record.first_seq, first.record.created_at), (Seq(1), at(0)));
    let second = opened(open(store, &key, true).await);
    assert!(!second.created);
    assert_eq!((second.id, second.fence), (first.id, Fence(first.fence.0 + 1)));
    let third = opened(open(store, &key, false).await);
    assert_eq!((third.id, third.fence), (first.id, Fence(first.fence.0 + 2)));
    assert_eq!(third.record, first.record);
}

pub(super) async fn writers_that_open_at_once_make_one_conversation(store: &dyn Store) {
    let key = some_key();
    let opens = (0..6).map(|_| open(store, &key, true));
    let opened: Vec<_> = futures::future::join_all(opens).await.into_iter().map(opened).collect();
    assert_eq!(opened.iter().filter(|opened| opened.created).count(), 1);
    assert!(opened.iter().all(|other| other.id == opened[0].id));
    let mut fences: Vec<_> = opened.iter().map(|opened| opened.fence.0).collect();
    fences.sort_unstable();
    assert_eq!(fences, [1, 2, 3, 4, 5, 6]);
}

pub(super) async fn metadata_that_no_store_can_hold_is_refused(store: &dyn Store) {
    let (bad, good) = (some_key(), some_key());
    let mut create = new_conversation();
    create.metadata.insert("a".to_owned(), "b\0".into());
    let writes = [
        Write::Open { key: bad.clone(), create: Some(create), now: at(0) },
        Write::Open { key: good, create: Some(new_conversation()), now: at(0) },
    ];
    let answers = store.commit(&writes).await.unwrap();
    assert!(matches!(&answers[..], [Written::Refused(_), Written::Opened(_)]), "{answers:?}");
    assert_eq!(store.conversation(&bad).await.unwrap(), Found::NotFound);
}

pub(super) async fn an_unknown_conversation_is_not_found(store: &dyn Store) {
    let key = some_key();
    assert_eq!(open(store, &key, false).await, Written::NotFound);
    assert_eq!(store.conversation(&key).await.unwrap(), Found::NotFound);
    let id = new_conversation().id;
    assert_eq!(store.events(id, Seq::ZERO, 1, 1).await.unwrap(), Found::NotFound);
    assert_eq!(store.accepted(id, &"c1".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.history(id, Seq::MAX, 1, 1).await.unwrap(), []);
}

pub(super) async fn replay_begins_where_the_oldest_open_turn_was_accepted(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let (done, runs, waits) = (new_turn(), new_turn(), new_turn());
    let past = vec![writer.accepted(done, "c1", "a"), writer.started(done), writer.turn_end(done)];
    writer.append(store, past).await;
    let opened_idle = opened(open(store, &writer.key, false).await);
    assert_eq!((opened_idle.replay, opened_idle.record.open_turn), (vec![], None));
    writer.fence = opened_idle.fence;
    let first = vec![writer.accepted(runs, "c2", "b"), writer.started(runs), writer.chunk(runs, "x")];
    let second = vec![writer.chunk(runs, "y"), writer.accepted(waits, "c3", "c"), writer.accepted(runs, "c4", "steer")];
    // A row of the log that begins before the open turn and ends within it.
    let both = [first, second].concat();
    assert_eq!(writer.append(store, both.clone()).await, Written::Appended { head: Seq(9) });
    let reopened = opened(open(store, &writer.key, false).await);
    assert_eq!(reopened.record.open_turn, Some(runs));
    assert_eq!(reopened.replay, both.iter().map(|event| event.envelope.clone()).collect::<Vec<_>>());
    writer.fence = reopened.fence;
    let end = vec![writer.completed(runs, JsonObject::new()), writer.turn_end(runs)];
    assert_eq!(writer.append(store, end.clone()).await, Written::Appended { head: Seq(11) });
    let reopened = opened(open(store, &writer.key, false).await);
    assert_eq!(reopened.record.open_turn, Some(waits));
    let expected: Vec<_> = both.iter().chain(&end).skip(4).map(|event| event.envelope.clone()).collect();
    assert_eq!(reopened.replay, expected);
}

pub(super) async fn the_ledger_of_open_turns_comes_along(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let (done, runs) = (new_turn(), new_turn());
    let mut past = vec![writer.accepted(done, "c1", "a")];
    past.extend(writer.tool(done, "k", json!({}), json!(1)));
    past.extend([writer.turn_end(done), writer.accepted(runs, "c2", "b")]);
    writer.append(store, past).await;
    let [called, answered] = writer.tool(runs, "k", json!({}), json!(1));
    let expected = |event: &StoredEvent| {
        let note = EffectNote::clone(event.effect.as_ref().unwrap());
        vec![EffectRecord { turn_id: runs, call_id: "k".parse().unwrap(), note }]
    };
    for event in [called, answered] {
        writer.append(store, [event.clone()]).await;
        let opened = opened(open(store, &writer.key, false).await);
        assert_eq!(opened.effects, expected(&event));
        writer.fence = opened.fence;
    }
    // The intent and the result in one append.
    let both = writer.tool(runs, "l", json!({}), json!(1));
    writer.append(store, both.clone()).await;
    let opened = opened(open(store, &writer.key, false).await);
    assert_eq!(opened.effects.last().map(|line| &line.note), both[1].effect.as_deref());
    assert_eq!(opened.effects.len(), 2);
}

pub(super) async fn what_runs_took_of_the_messages_of_open_turns_comes_along(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let (done, runs) = (new_turn(), new_turn());
    let [one, two, three, four] = [1, 2, 3, 4].map(|number| MessageId(Uuid::from_u128(number)));
    let past = vec![writer.accepted(done, "c1", "a"), writer.chunk(done, "x").with_taken(vec![one])];
    writer.append(store, past).await;
    let over = vec![writer.turn_end(done), writer.accepted(runs, "c2", "b"), writer.started(runs)];
    writer.append(store, over).await;
    // Beside text alone, and with everything else; the same once more.
    let text = vec![writer.chunk(runs, "y").with_taken(vec![two])];
    writer.append(store, text.clone()).await;
    assert_eq!(writer.append(store, text).await, Written::Appended { head: Seq(6) });
    let called = writer.tool(runs, "k", json!({}), json!(1)).map(|event| event.with_taken(vec![three]));
    let other = [writer.chunk(runs, "z").with_taken(vec![two, four])];
    writer.append(store, [called.to_vec(), other.to_vec()].concat()).await;
    let opened = opened(open(store, &writer.key, false).await);
    let expected = [(6, two), (7, three), (8, three), (9, two), (9, four)].map(|(seq, id)| (Seq(seq), id));
    assert_eq!(opened.taken, expected);
}

pub(super) async fn the_latest_256_accepted_messages_come_along(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    for (count, is_all) in [(256, true), (257, false)] {
        let events: Vec<_> = (writer.head + 1..=count)
            .map(|number| writer.accepted(new_turn(), &format!("c{number}"), &format!("content {number}")))
            .collect();
        writer.append(store, events).await;
        let opened = opened(open(store, &writer.key, false).await);
        writer.fence = opened.fence;
        assert_eq!((opened.recent.len(), opened.recent_is_all), (256, is_all));
        let last = opened.recent.last().unwrap();
        assert_eq!((last.client_message_id.as_str(), last.seq), (format!("c{count}").as_str(), Seq(count)));
        assert_eq!(last.body_hash, body_hash(&format!("content {count}")));
        let found = store.accepted(writer.id, &last.client_message_id).await.unwrap();
        assert_eq!(found.as_ref(), Some(last));
    }
    assert!(store.accepted(writer.id, &"c1".parse().unwrap()).await.unwrap().is_some());
    assert_eq!(store.accepted(writer.id, &"c0".parse().unwrap()).await.unwrap(), None);
}

pub(super) async fn two_owners_may_use_the_same_id(store: &dyn Store) {
    let mine = some_key();
    let theirs = key_of("somebody else", mine.id);
    let (mut one, mut two) = (Writer::open(store, mine.clone()).await, Writer::open(store, theirs.clone()).await);
    assert_ne!(one.id, two.id);
    let secret = [one.accepted(new_turn(), "c1", "mine")];
    one.append(store, secret.clone()).await;
    let other = [two.accepted(new_turn(), "c1", "theirs")];
    two.append(store, other.clone()).await;
    assert_eq!(all_events(store, one.id).await.events, bodies(&secret));
    assert_eq!(all_events(store, two.id).await.events, bodies(&other));
    let page = store.conversations(&theirs.owner, &PageRequest { cursor: None, limit: 10 }).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(store.conversation(&key_of("a third", mine.id)).await.unwrap(), Found::NotFound);
}

pub(super) async fn unfinished_names_each_conversation_with_an_open_turn(store: &dyn Store) {
    let (mut open, mut done, idle) = (Writer::new(store).await, Writer::new(store).await, Writer::new(store).await);
    let mut gone = Writer::new(store).await;
    let turn = new_turn();
    let events = [open.accepted(new_turn(), "c1", "a"), open.accepted(new_turn(), "c2", "b")];
    open.append(store, events).await;
    let events = [done.accepted(turn, "c1", "a"), done.turn_end(turn)];
    done.append(store, events).await;
    let events = [gone.accepted(new_turn(), "c1", "a")];
    gone.append(store, events).await;
    one(store, gone.erase()).await;
    assert_eq!(store.unfinished().await.unwrap(), [open.key]);
    assert_eq!(idle.head, 0);
}

pub(super) async fn an_erased_conversation_leaves_a_tombstone(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let events = [writer.accepted(turn, "c1", "secret"), writer.said(turn, "so", MessageStatus::Complete)];
    writer.append(store, events.clone()).await;
    assert_eq!(one(store, writer.erase()).await, Written::Erased);
    assert_eq!(one(store, writer.erase()).await, Written::Erased);
    assert_eq!(open(store, &writer.key, true).await, Written::Erased);
    assert_eq!(open(store, &writer.key, false).await, Written::Erased);
    assert_eq!(store.conversation(&writer.key).await.unwrap(), Found::Erased);
    assert_eq!(store.events(writer.id, Seq::ZERO, 10, 10).await.unwrap(), Found::Erased);
    assert_eq!(writer.append(store, events).await, Written::Fenced);
    let next = [writer.chunk(turn, "x")];
    assert_eq!(writer.append(store, next).await, Written::Fenced);
    let page = PageRequest { cursor: None, limit: 10 };
    assert_eq!(store.messages(writer.id, &page).await.unwrap().items, []);
    assert_eq!(store.interactions(writer.id, &page).await.unwrap().items, []);
    assert_eq!(store.history(writer.id, Seq::MAX, 10, 1000).await.unwrap(), []);
    assert_eq!(store.accepted(writer.id, &"c1".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.conversations(&writer.key.owner, &page).await.unwrap().items, []);
}

pub(super) async fn only_the_writer_erases(store: &dyn Store) {
    let old = Writer::new(store).await;
    let new = Writer::open(store, old.key.clone()).await;
    assert_eq!(one(store, old.erase()).await, Written::Fenced);
    here(store.conversation(&new.key).await.unwrap());
    let nobody = Write::Erase { conversation: new_conversation().id, fence: Fence(1), now: at(0) };
    assert_eq!(one(store, nobody).await, Written::Fenced);
    assert_eq!(one(store, new.erase()).await, Written::Erased);
}
