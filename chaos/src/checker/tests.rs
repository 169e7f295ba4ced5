//! Small histories, each with one promise broken: the checker names it, and nothing else.

use super::{
    Invariant, check,
    evidence::{Call, Calm, Evidence, History, Note, Row, Stored, Turn},
};

const LINES: [&str; 9] = [
    r#"{"seq":1,"type":"message_accepted","turnId":"t1","clientMessageId":"m1","content":"hi"}"#,
    r#"{"seq":2,"type":"agent_start","turnId":"t1","runId":"r1"}"#,
    r#"{"seq":3,"type":"tool_execution","turnId":"t1","toolCallId":"k1"}"#,
    r#"{"seq":4,"type":"tool_result","turnId":"t1","toolCallId":"k1"}"#,
    r#"{"seq":5,"type":"content_chunk","turnId":"t1","messageId":"a1","content":"he"}"#,
    r#"{"seq":6,"type":"content_chunk","turnId":"t1","messageId":"a1","content":"llo"}"#,
    r#"{"seq":7,"type":"message_complete","turnId":"t1","messageId":"a1","content":"hello"}"#,
    r#"{"seq":8,"type":"agent_complete","turnId":"t1","runId":"r1"}"#,
    r#"{"seq":9,"type":"turn_end","turnId":"t1"}"#,
];

fn saw(seq: usize) -> Note {
    Note::Saw { epoch: "e".into(), seq: i64::try_from(seq).unwrap(), bytes: LINES[seq - 1].into() }
}

fn acked() -> Note {
    Note::Acked { id: "m1".into(), content: "hi".into(), turn: "t1".into(), seq: 1, epoch: "e".into() }
}

/// A conversation with one whole turn, one client that saw it all, and one call of a tool.
fn whole() -> Evidence {
    let mut notes = vec![acked(), Note::Joined { after: 0 }];
    notes.extend((1..=9).map(saw));
    let row = |first: usize, last: usize| Row {
        first: i64::try_from(first).unwrap(),
        last: i64::try_from(last).unwrap(),
        body: LINES[first - 1..last].join("\n"),
    };
    let stored = Stored {
        conversation: "c".into(),
        epoch: "e".into(),
        first: 1,
        head: 9,
        rows: vec![row(1, 4), row(5, 9)],
        turns: vec![Turn { id: "t1".into(), end: Some(9) }],
        client_message_ids: vec!["m1".into()],
        tool_keys: vec!["k1".into()],
    };
    Evidence {
        histories: vec![History { client: "one".into(), conversation: "c".into(), notes, heard: "heard".into() }],
        stored: vec![stored],
        calls: vec![Call { tool: "once".into(), key: Some("k1".into()), tag: "m1".into() }],
        canaries: vec!["canary".into()],
        texts: vec![("the log".into(), "nothing".into())],
        restless: Vec::new(),
        calm: Calm { asked: 1, completed: 1 },
        may_go_back: false,
    }
}

#[track_caller]
fn finds(expected: &[Invariant], breaks: impl FnOnce(&mut Evidence)) {
    let mut evidence = whole();
    breaks(&mut evidence);
    let found = check(&evidence);
    let mut broken: Vec<Invariant> = found.iter().map(|violation| violation.invariant).collect();
    broken.sort_unstable();
    broken.dedup();
    assert_eq!(broken, expected, "{found:?}");
}

/// Replaces an event in the log and in what the client saw.
fn rewrite(evidence: &mut Evidence, seq: usize, line: &str) {
    let row = usize::from(seq > 4);
    evidence.stored[0].rows[row].body = evidence.stored[0].rows[row].body.replace(LINES[seq - 1], line);
    for note in &mut evidence.histories[0].notes {
        if let Note::Saw { bytes, .. } = note {
            *bytes = bytes.replace(LINES[seq - 1], line);
        }
    }
}

#[test]
fn a_whole_history_breaks_nothing() {
    finds(&[], |_| {});
}

#[test]
fn a_message_that_was_acknowledged_and_is_gone_breaks_i1() {
    finds(&[Invariant::I1], |evidence| {
        let lost = Note::Acked { id: "m2".into(), content: "ho".into(), turn: "t2".into(), seq: 10, epoch: "e".into() };
        evidence.histories[0].notes.push(lost);
    });
    finds(&[Invariant::I1], |evidence| evidence.stored[0].client_message_ids.push("m1".into()));
    finds(&[Invariant::I1], |evidence| {
        evidence.histories[0].notes[0] =
            Note::Acked { id: "m1".into(), content: "hi".into(), turn: "t9".into(), seq: 1, epoch: "e".into() };
    });
}

#[test]
fn a_message_that_is_stored_twice_breaks_i1() {
    finds(&[Invariant::I1], |evidence| {
        let line = r#"{"seq":10,"type":"message_accepted","turnId":"t1","clientMessageId":"m1","content":"hi"}"#;
        evidence.stored[0].rows.push(Row { first: 10, last: 10, body: line.into() });
        evidence.stored[0].head = 10;
    });
}

#[test]
fn a_hole_in_the_log_breaks_i2() {
    finds(&[Invariant::I2], |evidence| evidence.stored[0].head = 10);
    finds(&[Invariant::I2, Invariant::I3], |evidence| {
        evidence.stored[0].rows[0] = Row { first: 1, last: 2, body: LINES[..2].join("\n") };
    });
}

#[test]
fn an_event_that_is_stored_otherwise_than_it_was_seen_breaks_i3() {
    finds(&[Invariant::I3], |evidence| {
        let row = &mut evidence.stored[0].rows[1];
        row.body = row.body.replace("llo\"", "LLO\"");
    });
    finds(&[Invariant::I3], |evidence| {
        evidence.histories[0].notes.push(Note::Saw { epoch: "e".into(), seq: 10, bytes: "{}".into() });
    });
    finds(&[Invariant::I3], |evidence| evidence.stored[0].epoch = "f".into());
}

#[test]
fn a_gap_a_reorder_and_a_refused_place_break_i4() {
    finds(&[Invariant::I4], |evidence| {
        evidence.histories[0].notes.remove(5);
    });
    finds(&[Invariant::I4], |evidence| evidence.histories[0].notes.swap(5, 6));
    finds(&[Invariant::I4], |evidence| evidence.histories[0].notes.push(Note::Lost { reason: "future".into() }));
    finds(&[Invariant::I4], |evidence| evidence.histories[0].notes.push(Note::Joined { after: 12 }));
}

#[test]
fn what_comes_again_after_a_resume_breaks_nothing() {
    finds(&[], |evidence| {
        evidence.histories[0].notes.extend([Note::Joined { after: 7 }, saw(8), saw(9)]);
    });
}

#[test]
fn a_second_end_a_missing_end_and_an_open_message_break_i5() {
    finds(&[Invariant::I5], |evidence| {
        let line = r#"{"seq":10,"type":"turn_end","turnId":"t1"}"#;
        evidence.stored[0].rows.push(Row { first: 10, last: 10, body: line.into() });
        evidence.stored[0].head = 10;
    });
    let harmless = |seq: usize| format!(r#"{{"seq":{seq},"type":"context_updated"}}"#);
    for missing in [4, 7, 8, 9] {
        finds(&[Invariant::I5], |evidence| rewrite(evidence, missing, &harmless(missing)));
    }
}

#[test]
fn a_message_that_is_not_its_chunks_and_what_comes_after_the_end_break_i5() {
    let complete = LINES.iter().position(|line| line.contains("message_complete")).unwrap() + 1;
    let other = LINES[complete - 1].replace("\"content\":\"", "\"content\":\"not ");
    assert_ne!(other, LINES[complete - 1]);
    finds(&[Invariant::I5], |evidence| rewrite(evidence, complete, &other));
    finds(&[Invariant::I5], |evidence| {
        let lines = "{\"seq\":10,\"type\":\"conversation_end\"}\n{\"seq\":11,\"type\":\"context_updated\"}";
        evidence.stored[0].rows.push(Row { first: 10, last: 11, body: lines.into() });
        evidence.stored[0].head = 11;
    });
}

#[test]
fn a_waiting_message_that_is_cancelled_within_another_turn_breaks_nothing() {
    finds(&[], |evidence| {
        let mut lines: Vec<String> = LINES[..5].iter().map(ToString::to_string).collect();
        lines.push(r#"{"seq":6,"type":"message_accepted","turnId":"t2","clientMessageId":"m2"}"#.into());
        lines.push(r#"{"seq":7,"type":"turn_end","turnId":"t2"}"#.into());
        lines.extend(LINES[6..].iter().enumerate().map(|(place, line)| {
            let line = line.replace(&format!(r#""seq":{}"#, place + 7), &format!(r#""seq":{}"#, place + 8));
            line.replace("hello", "he")
        }));
        let last = i64::try_from(lines.len()).unwrap();
        evidence.stored[0].rows = vec![Row { first: 1, last, body: lines.join("\n") }];
        evidence.stored[0].head = last;
        evidence.stored[0].client_message_ids.push("m2".into());
        evidence.histories[0].notes.truncate(7);
    });
}

#[test]
fn a_call_that_is_made_twice_or_was_not_announced_breaks_i6() {
    let call = |tool: &str, key: &str| Call { tool: tool.into(), key: Some(key.into()), tag: "m1".into() };
    finds(&[Invariant::I6], |evidence| evidence.calls.push(call("once", "k1")));
    finds(&[Invariant::I6], |evidence| evidence.calls.push(call("keyed", "k2")));
    finds(&[Invariant::I6], |evidence| evidence.calls[0].key = None);
    finds(&[Invariant::I6], |evidence| evidence.stored[0].tool_keys.clear());
    finds(&[], |evidence| evidence.calls = vec![call("keyed", "k1"), call("keyed", "k1")]);
}

#[test]
fn a_secret_anywhere_breaks_i9() {
    finds(&[Invariant::I9], |evidence| evidence.texts[0].1 = "a canary sings".into());
    finds(&[Invariant::I9], |evidence| evidence.histories[0].heard = "a canary sings".into());
}

#[test]
fn what_never_comes_to_rest_breaks_i11() {
    finds(&[Invariant::I11], |evidence| evidence.restless.push("a client".into()));
    finds(&[Invariant::I11], |evidence| {
        rewrite(evidence, 9, r#"{"seq":9,"type":"context_updated"}"#);
        evidence.stored[0].turns[0].end = None;
    });
}

#[test]
fn a_run_without_answers_breaks_i12() {
    finds(&[Invariant::I12], |evidence| evidence.calm = Calm { asked: 2, completed: 1 });
    finds(&[Invariant::I12], |evidence| evidence.calm = Calm::default());
}

/// What the client saw before a power loss that took it back: another history, which is told.
fn gone_back(evidence: &mut Evidence, reason: &str) {
    let before = vec![
        Note::Joined { after: 0 },
        Note::Acked { id: "m0".into(), content: "ho".into(), turn: "t0".into(), seq: 1, epoch: "d".into() },
        Note::Saw { epoch: "d".into(), seq: 1, bytes: "gone".into() },
        Note::Lost { reason: reason.into() },
    ];
    evidence.histories[0].notes.splice(..0, before);
}

#[test]
fn what_a_power_loss_took_back_breaks_nothing_where_it_may_and_is_told() {
    finds(&[], |evidence| {
        evidence.may_go_back = true;
        gone_back(evidence, "epoch_mismatch");
    });
    finds(&[Invariant::I4], |evidence| {
        evidence.may_go_back = true;
        gone_back(evidence, "expired");
    });
    finds(&[Invariant::I1, Invariant::I3, Invariant::I4], |evidence| gone_back(evidence, "epoch_mismatch"));
}

#[test]
fn a_history_that_has_not_changed_its_name_lost_nothing_with_the_power() {
    finds(&[Invariant::I1], |evidence| {
        evidence.may_go_back = true;
        evidence.stored[0].client_message_ids.clear();
    });
    finds(&[Invariant::I3], |evidence| {
        evidence.may_go_back = true;
        let other = Note::Saw { epoch: "e".into(), seq: 10, bytes: "more".into() };
        evidence.histories[0].notes.push(other);
    });
}

#[test]
fn two_clients_never_saw_two_things_at_a_place_of_one_history() {
    finds(&[Invariant::I3], |evidence| {
        evidence.may_go_back = true;
        gone_back(evidence, "epoch_mismatch");
        let mut other = evidence.histories[0].clone();
        other.notes[2] = Note::Saw { epoch: "d".into(), seq: 1, bytes: "something else".into() };
        evidence.histories.push(other);
    });
}
