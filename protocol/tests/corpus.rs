//! Stored events must parse for ever, and be written again as the very same bytes.

use std::collections::BTreeSet;

use protocol::Envelope;

const EVENTS: &str = include_str!("corpus/events.jsonl");

/// Every `type` of the protocol. A new one gets a line here and a sample in the corpus.
const TYPES: [&str; 16] = [
    "agent_complete",
    "agent_start",
    "agent_switch",
    "approval_request",
    "approval_resolved",
    "content_chunk",
    "context_updated",
    "conversation_end",
    "error",
    "input_request",
    "message_accepted",
    "message_complete",
    "step_complete",
    "tool_execution",
    "tool_result",
    "turn_end",
];

#[test]
fn every_stored_event_parses_and_is_written_again_as_the_same_bytes() {
    for line in EVENTS.lines() {
        let event: Envelope = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        assert_eq!(serde_json::to_string(&event).unwrap(), line);
    }
}

#[test]
fn the_corpus_has_a_sample_of_every_type() {
    let seen: BTreeSet<String> = EVENTS
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), TYPES);
}
