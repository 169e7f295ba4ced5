//! Groups: one that is refused does not touch the others.

use protocol::Seq;

use super::support::*;
use crate::store::{Found, Store, StoredEvent, Write, Written};

#[track_caller]
fn heads(answers: &[Written], expected: &[Option<u64>]) {
    let found: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Written::Appended { head } => Some(head.0),
            _ => None,
        })
        .collect();
    assert_eq!(found, expected, "{answers:?}");
}

pub(super) async fn a_duplicate_client_message_id_is_refused_alone(store: &dyn Store) {
    let mut writers = Vec::new();
    for _ in 0..20 {
        let mut writer = Writer::new(store).await;
        let first = [writer.accepted(new_turn(), "c1", "a")];
        writer.append(store, first).await;
        writers.push(writer);
    }
    let group: Vec<_> = writers
        .iter_mut()
        .enumerate()
        .map(|(number, writer)| {
            let client = if number % 7 == 3 { "c1" } else { "c2" };
            let turn = new_turn();
            let events = [writer.started(turn), writer.accepted(turn, client, "b")];
            writer.write(events)
        })
        .collect();
    let answers = store.commit(&group).await.unwrap();
    for (number, (writer, answer)) in writers.iter().zip(&answers).enumerate() {
        let head = all_events(store, writer.id).await.head;
        if number % 7 == 3 {
            assert!(matches!(answer, Written::Refused(_)), "{answer:?}");
            assert_eq!(head, Seq(1));
        } else {
            assert_eq!((answer, head), (&Written::Appended { head: Seq(3) }, Seq(3)));
        }
    }
    // Who was refused is still the writer.
    let refused = &mut writers[3];
    refused.head = 1;
    let next = [refused.accepted(new_turn(), "c3", "c")];
    assert_eq!(refused.append(store, next).await, Written::Appended { head: Seq(2) });
}

pub(super) async fn two_hundred_conversations_go_into_one_group(store: &dyn Store) {
    let keys: Vec<_> = (0..200).map(|_| some_key()).collect();
    let opens: Vec<_> =
        keys.iter().map(|key| Write::Open { key: key.clone(), create: Some(new_conversation()), now: at(0) }).collect();
    let opened: Vec<_> = store.commit(&opens).await.unwrap().into_iter().map(opened).collect();
    let mut writers: Vec<_> = keys
        .into_iter()
        .zip(opened)
        .map(|(key, opened)| Writer { key, id: opened.id, fence: opened.fence, head: 0 })
        .collect();
    writers[77].fence.0 += 1;
    let events: Vec<Vec<StoredEvent>> = writers
        .iter_mut()
        .map(|writer| {
            let turn = new_turn();
            vec![writer.accepted(turn, "c1", "a"), writer.switched(turn, "a"), writer.started(turn)]
        })
        .collect();
    let group: Vec<_> = writers.iter().zip(&events).map(|(writer, events)| writer.write(events.clone())).collect();
    let answers = store.commit(&group).await.unwrap();
    let expected: Vec<_> = (0..200).map(|number| (number != 77).then_some(3)).collect();
    heads(&answers, &expected);
    for number in [0, 76, 78, 199] {
        assert_eq!(all_events(store, writers[number].id).await.events, bodies(&events[number]));
    }
    assert_eq!(all_events(store, writers[77].id).await.events, []);
}

pub(super) async fn appends_to_one_conversation_are_applied_in_order(store: &dyn Store) {
    let (mut one, mut two) = (Writer::new(store).await, Writer::new(store).await);
    let (turn, other) = (new_turn(), new_turn());
    let appends = [
        vec![one.accepted(turn, "c1", "a")],
        vec![two.accepted(other, "c1", "b")],
        vec![one.started(turn), one.chunk(turn, "x")],
        vec![two.started(other)],
        vec![one.turn_end(turn)],
    ];
    let group: Vec<_> = appends
        .iter()
        .zip([&one, &two, &one, &two, &one])
        .map(|(events, writer)| writer.write(events.clone()))
        .collect();
    heads(&store.commit(&group).await.unwrap(), &[Some(1), Some(1), Some(3), Some(2), Some(4)]);
    let expected = [appends[0].clone(), appends[2].clone(), appends[4].clone()].concat();
    assert_eq!(all_events(store, one.id).await.events, bodies(&expected));
    let (_, record) = here(store.conversation(&one.key).await.unwrap());
    assert_eq!((record.open_turn, record.updated_at), (None, at(4)));
    let (_, record) = here(store.conversation(&two.key).await.unwrap());
    assert_eq!(record.open_turn, Some(other));
    // The whole group again, as after a lost answer.
    heads(&store.commit(&group).await.unwrap(), &[Some(1), Some(1), Some(3), Some(2), Some(4)]);
    assert_eq!(all_events(store, one.id).await.head, Seq(4));
}

pub(super) async fn appends_after_a_fenced_one_are_fenced_with_it(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let mut bystander = Writer::new(store).await;
    let turn = new_turn();
    let stored = [writer.accepted(turn, "c1", "a"), writer.started(turn)];
    writer.append(store, stored.clone()).await;
    writer.head = 0;
    let other = vec![writer.accepted(turn, "c9", "b"), writer.started(turn)];
    let fits = vec![writer.chunk(turn, "x")];
    let fine = vec![bystander.accepted(new_turn(), "c1", "z")];
    let group = [writer.write(other), bystander.write(fine), writer.write(fits.clone()), writer.write(fits)];
    heads(&store.commit(&group).await.unwrap(), &[None, Some(1), None, None]);
    assert_eq!(all_events(store, writer.id).await.events, bodies(&stored));
}

pub(super) async fn a_lost_answer_is_found_when_the_next_append_comes_along(store: &dyn Store) {
    let mut writer = Writer::new(store).await;
    let turn = new_turn();
    let first = vec![writer.accepted(turn, "c1", "a"), writer.started(turn)];
    writer.append(store, first.clone()).await;
    let second = vec![writer.chunk(turn, "x")];
    let third = vec![writer.turn_end(turn)];
    let group = [writer.write(first.clone()), writer.write(second.clone()), writer.write(third.clone())];
    heads(&store.commit(&group).await.unwrap(), &[Some(2), Some(3), Some(4)]);
    assert_eq!(all_events(store, writer.id).await.events, bodies(&[first, second, third].concat()));
    assert_eq!(store.unfinished().await.unwrap(), []);
}

pub(super) async fn opens_appends_and_erasures_keep_their_order(store: &dyn Store) {
    let mut old = Writer::new(store).await;
    let mut gone = Writer::new(store).await;
    let turn = new_turn();
    let before = vec![old.accepted(turn, "c1", "a")];
    let after = vec![old.started(turn)];
    let lost = vec![gone.accepted(new_turn(), "c1", "a")];
    let reopen = Write::Open { key: old.key.clone(), create: None, now: at(9) };
    let revive = Write::Open { key: gone.key.clone(), create: Some(new_conversation()), now: at(9) };
    let group = [gone.write(lost), old.write(before.clone()), reopen, old.write(after), gone.erase(), revive];
    let answers = store.commit(&group).await.unwrap();
    heads(&answers, &[Some(1), Some(1), None, None, None, None]);
    let reopened = opened(answers[2].clone());
    assert_eq!((reopened.record.head, reopened.replay.len(), reopened.recent.len()), (Seq(1), 1, 1));
    assert_eq!(answers[3], Written::Fenced);
    assert_eq!(answers[4..], [Written::Erased, Written::Erased]);
    assert_eq!(store.conversation(&gone.key).await.unwrap(), Found::Erased);
    assert_eq!(all_events(store, old.id).await.events, bodies(&before));
}

pub(super) async fn an_empty_group_is_nothing(store: &dyn Store) {
    assert_eq!(store.commit(&[]).await.unwrap(), []);
}

pub(super) async fn of_many_that_speak_at_once_a_stale_one_alone_is_fenced(store: &dyn Store) {
    let turn = new_turn();
    for count in [1, 2, 3, 64, 65] {
        let mut writers = Vec::new();
        for _ in 0..count {
            writers.push(Writer::new(store).await);
        }
        let group: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                let words = [writer.chunk(turn, "some"), writer.chunk(turn, "words")];
                writer.write(words)
            })
            .collect();
        let stored = vec![Written::Appended { head: Seq(2) }; count];
        assert_eq!(store.commit(&group).await.unwrap(), stored);
        // The answer was lost.
        assert_eq!(store.commit(&group).await.unwrap(), stored);
        let stale = count / 2;
        Writer::open(store, writers[stale].key.clone()).await;
        let mut expected = vec![Written::Appended { head: Seq(3) }; count];
        expected[stale] = Written::Fenced;
        let group: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                let word = [writer.chunk(turn, "more")];
                writer.write(word)
            })
            .collect();
        assert_eq!(store.commit(&group).await.unwrap(), expected, "{count}");
        for (at, writer) in writers.iter().enumerate() {
            let page = all_events(store, writer.id).await;
            assert_eq!(page.events.len(), if at == stale { 2 } else { 3 }, "{at} of {count}");
        }
    }
}
