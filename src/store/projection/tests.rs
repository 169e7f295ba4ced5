//! Events and the rows that follow from them, as data.

use std::sync::Arc;

use protocol::{
    Timestamp, TurnId,
    event::{JsonObject, RunStatus, SwitchReason, TurnStatus, Usage},
};

use super::*;

const CONVERSATION: InternalId = InternalId(Uuid::from_u128(1));

fn turn(number: u128) -> TurnId {
    TurnId(Uuid::from_u128(1000 + number))
}

fn stored(seq: u64, turn_id: Option<TurnId>, event: Event) -> StoredEvent {
    let is_message = matches!(event, Event::MessageAccepted { .. });
    let note = is_message.then(|| Arc::new(AcceptedNote { metadata: JsonObject::new(), body_hash: [7; 32] }));
    let conversation_id = protocol::ConversationId(Uuid::from_u128(2));
    let at = Timestamp::from_millis(i64::try_from(seq).unwrap());
    StoredEvent::new(Envelope { seq: Seq(seq), event, conversation_id, turn_id, at }, note).unwrap()
}

fn json_event(seq: u64, turn_id: u128, event: Value) -> StoredEvent {
    stored(seq, Some(turn(turn_id)), serde_json::from_value(event).unwrap())
}

fn accepted(seq: u64, turn_id: u128) -> StoredEvent {
    let event = json!({"type": "message_accepted", "clientMessageId": format!("c{seq}"), "content": "hi", "role": "user",
        "messageId": Uuid::from_u128(u128::from(seq))});
    json_event(seq, turn_id, event)
}

fn started(seq: u64, turn_id: u128) -> StoredEvent {
    let event = json!({"type": "agent_start", "agentId": "a", "agentName": "A", "agentVersion": "1",
        "runId": Uuid::from_u128(9)});
    json_event(seq, turn_id, event)
}

fn ended(seq: u64, turn_id: u128, status: TurnStatus, runs: u32) -> StoredEvent {
    stored(seq, Some(turn(turn_id)), Event::TurnEnd { status, runs, milliseconds: 5 })
}

#[track_caller]
fn turns(appends: &[&[StoredEvent]], expected: &[(u128, TurnState, u64, Option<u64>, u32)]) {
    let mut rows = Rows::default();
    for events in appends {
        rows.absorb(project(CONVERSATION, events).unwrap());
    }
    let found: Vec<_> =
        rows.turns.iter().map(|row| (row.id, row.state, row.seq_accepted, row.seq_end, row.runs)).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|&(id, state, first, end, runs)| (turn(id), state, Seq(first), end.map(Seq), runs))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_turn_is_queued_then_runs_then_ends() {
    let done = TurnState::Ended(TurnStatus::Completed);
    turns(&[&[accepted(1, 1)]], &[(1, TurnState::Queued, 1, None, 0)]);
    turns(&[&[accepted(1, 1), started(2, 1)]], &[(1, TurnState::Running, 1, None, 1)]);
    turns(&[&[accepted(1, 1)], &[started(2, 1), started(3, 1)]], &[(1, TurnState::Running, 1, None, 2)]);
    let ends: &[StoredEvent] = &[started(2, 1), ended(3, 1, TurnStatus::Completed, 1)];
    turns(&[&[accepted(1, 1)], ends], &[(1, done, 1, Some(3), 1)]);
}

#[test]
fn a_message_that_joins_a_turn_does_not_set_it_back() {
    turns(&[&[accepted(1, 1), started(2, 1)], &[accepted(3, 1)]], &[(1, TurnState::Running, 1, None, 1)]);
}

#[test]
fn a_queued_message_inside_another_turn_has_its_own_row() {
    let events = [accepted(1, 1), started(2, 1), accepted(3, 2), ended(4, 1, TurnStatus::Failed, 1)];
    let failed = TurnState::Ended(TurnStatus::Failed);
    turns(&[&events], &[(1, failed, 1, Some(4), 1), (2, TurnState::Queued, 3, None, 0)]);
}

#[test]
fn messages_are_the_user_s_the_agent_s_the_calls_and_their_results() {
    let events = [
        accepted(1, 1),
        json_event(
            2,
            1,
            json!({"type": "message_complete", "messageId": Uuid::from_u128(5), "agentId": "a", "content": "so", "status": "interrupted"}),
        ),
        json_event(
            3,
            1,
            json!({"type": "tool_execution", "toolName": "sum", "agentId": "a", "toolCallId": "t1", "arguments": {"x": 1}}),
        ),
        json_event(
            4,
            1,
            json!({"type": "tool_result", "toolName": "sum".repeat(50), "agentId": "a", "toolCallId": "t1", "result": "два",
                "isError": true, "truncated": false}),
        ),
    ];
    let messages = project(CONVERSATION, &events).unwrap().messages;
    let shown: Vec<_> =
        messages.iter().map(|row| (row.seq.0, row.role.as_str(), row.content.as_str(), row.status.as_str())).collect();
    let expected = [
        (1, "user", "hi", "complete"),
        (2, "assistant", "so", "interrupted"),
        (3, "assistant", "", "complete"),
        (4, "tool", "\"два\"", "complete"),
    ];
    assert_eq!(shown, expected);
    assert_eq!(messages[2].tool_calls, Some(json!([{"id": "t1", "name": "sum", "arguments": {"x": 1}}])));
    assert_eq!(messages[3].tool_call_id.as_deref(), Some("t1"));
    assert_eq!(messages[3].tool_name.as_ref().unwrap().chars().count(), TOOL_NAME_CHARS_MAX);
    assert_eq!(messages[3].metadata, Some(json!({"isError": true, "truncated": false})));
    assert_eq!(messages[0].client.as_ref().unwrap().0.as_str(), "c1");
}

#[test]
fn rows_do_not_depend_on_how_events_were_grouped() {
    let events = [accepted(1, 1), started(2, 1), accepted(3, 2), ended(4, 1, TurnStatus::Completed, 1), started(5, 2)];
    let whole = project(CONVERSATION, &events).unwrap();
    for at in 1..events.len() {
        let (first, second) = events.split_at(at);
        let mut rows = project(CONVERSATION, first).unwrap();
        rows.absorb(project(CONVERSATION, second).unwrap());
        assert_eq!(rows, whole, "cut at {at}");
    }
}

#[test]
fn interactions_are_starts_switches_ends_and_errors() {
    let agent: protocol::AgentId = "b".parse().unwrap();
    let run_id = protocol::RunId(Uuid::from_u128(9));
    let final_state = json!({"k": 1}).as_object().unwrap().clone();
    let (from_agent, reason) = ("none".to_owned(), SwitchReason::Fallback);
    let switch = Event::AgentSwitch { from_agent, to_agent: agent.clone(), reason, detail: None };
    let usage = Usage::default();
    let complete =
        Event::AgentComplete { agent_id: agent.clone(), run_id, status: RunStatus::Waiting, final_state, usage };
    let error = json!({"type": "error", "error": "x", "code": "no_agent", "agentId": "router", "retryable": true,
        "correlationId": "q"});
    let events = [stored(1, None, switch), started(2, 1), stored(3, Some(turn(1)), complete), json_event(4, 1, error)];
    let rows = project(CONVERSATION, &events).unwrap();
    let shown: Vec<_> = rows
        .interactions
        .iter()
        .map(|row| {
            (row.seq.0, row.agent_id.as_str(), row.action_type, row.from_agent.as_deref(), row.reason.as_deref())
        })
        .collect();
    let expected = [
        (1, "b", "switch", Some("none"), Some("fallback")),
        (2, "a", "start", None, None),
        (3, "b", "complete", None, Some("waiting")),
        (4, "router", "error", None, Some("no_agent")),
    ];
    assert_eq!(shown, expected);
    assert_eq!(rows.interactions[2].state_snapshot, Some(json!({"k": 1})));
    assert_eq!(rows.current_agent, Some(agent));
    assert!(!rows.ended);
}

#[test]
fn the_end_of_a_conversation_ends_it() {
    let rows = project(CONVERSATION, &[stored(1, None, Event::ConversationEnd { reason: "done".into() })]).unwrap();
    assert!(rows.ended);
}

#[test]
fn refuses_what_could_not_be_read_again() {
    let nested = (0..130).fold(json!(1), |inner, _| json!([inner]));
    let result = |result: Value| {
        json_event(
            1,
            1,
            json!({"type": "tool_result", "toolName": "x", "agentId": "a", "toolCallId": "t", "result": result,
            "isError": false, "truncated": false}),
        )
    };
    let by_hand = StoredEvent { body: r#"{"x":"\u0000"}"#.into(), ..accepted(1, 1) };
    let two_lines = StoredEvent { body: "{\n}".into(), ..accepted(1, 1) };
    let no_note = StoredEvent { accepted: None, ..accepted(1, 1) };
    let note = AcceptedNote { metadata: json!({"a": "\0"}).as_object().unwrap().clone(), body_hash: [0; 32] };
    let nul_in_note = StoredEvent { accepted: Some(Arc::new(note)), ..accepted(1, 1) };
    let mut no_turn = accepted(1, 1);
    no_turn.envelope.turn_id = None;
    for (events, expected) in [
        (vec![], Unfit::Empty),
        (vec![accepted(1, 1), started(3, 1)], Unfit::Gap { expected: Seq(2), found: Seq(3) }),
        (vec![started(0, 1)], Unfit::Range(Seq(0))),
        (vec![two_lines], Unfit::LineBreak(Seq(1))),
        (vec![by_hand], Unfit::Nul(Seq(1))),
        (vec![nul_in_note], Unfit::Nul(Seq(1))),
        (vec![result(nested)], Unfit::TooDeep(Seq(1))),
        (vec![no_note], Unfit::NoNote(Seq(1))),
        (vec![no_turn], Unfit::NoTurn(Seq(1))),
    ] {
        assert_eq!(project(CONVERSATION, &events), Err(expected));
    }
}

#[test]
fn a_stored_event_leaves_out_what_no_store_can_hold() {
    let event = json_event(
        1,
        1,
        json!({"type": "tool_result", "toolName": "x", "agentId": "a", "toolCallId": "t",
        "result": {"a\0": "b\0c", "d": "\\u0000"}, "isError": false, "truncated": false}),
    );
    let Event::ToolResult { result, .. } = &event.envelope.event else { panic!("{event:?}") };
    assert_eq!(*result, json!({"a": "bc", "d": "\\u0000"}));
    assert_eq!(serde_json::from_str::<Envelope>(&event.body).unwrap(), event.envelope);
}
