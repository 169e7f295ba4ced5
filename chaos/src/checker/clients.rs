//! What clients were told against what is stored: acknowledgements (I1), bytes (I3), order (I4).

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{
    Findings, Invariant,
    evidence::{Evidence, History, Note, Stored},
};

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    let books: HashMap<&str, Book<'_>> =
        evidence.stored.iter().map(|stored| (stored.conversation.as_str(), Book::of(stored))).collect();
    for book in books.values() {
        book.no_message_twice(findings);
    }
    the_same_for_everybody(evidence, findings);
    for history in &evidence.histories {
        order(history, evidence.may_go_back, findings);
        match books.get(history.conversation.as_str()) {
            Some(book) => book.compare(history, evidence.may_go_back, findings),
            None if history.notes.is_empty() => {}
            None => findings.add(Invariant::I1, format!("{}: the conversation is not stored", history.conversation)),
        }
    }
}

/// A conversation's log, for looking things up.
struct Book<'a> {
    stored: &'a Stored,
    events: BTreeMap<i64, &'a str>,
    /// The places of each message, by its client's id.
    accepted: BTreeMap<String, Vec<i64>>,
}

impl<'a> Book<'a> {
    fn of(stored: &'a Stored) -> Self {
        let events: BTreeMap<i64, &str> = stored.events().collect();
        let mut accepted = BTreeMap::<String, Vec<i64>>::new();
        for (seq, event) in &events {
            let event: Value = serde_json::from_str(event).unwrap_or_default();
            if event["type"] == "message_accepted" {
                let id = event["clientMessageId"].as_str().unwrap_or_default();
                accepted.entry(id.to_owned()).or_default().push(*seq);
            }
        }
        Self { stored, events, accepted }
    }

    /// Acknowledged or not.
    fn no_message_twice(&self, findings: &mut Findings) {
        for (id, places) in self.accepted.iter().filter(|(_, places)| places.len() > 1) {
            findings.add(Invariant::I1, format!("the message {id} is stored {} times: {places:?}", places.len()));
        }
    }

    fn compare(&self, history: &History, may_go_back: bool, findings: &mut Findings) {
        for note in &history.notes {
            match note {
                // That history is over, and what is left of it is another one.
                Note::Saw { epoch, .. } | Note::Acked { epoch, .. } if may_go_back && *epoch != self.stored.epoch => {}
                Note::Saw { epoch, seq, bytes } => self.saw(history, epoch, *seq, bytes, findings),
                Note::Acked { id, content, turn, seq, .. } => self.acked(id, content, turn, *seq, findings),
                Note::Joined { .. } | Note::Lost { .. } => {}
            }
        }
    }

    fn saw(&self, history: &History, epoch: &str, seq: i64, bytes: &str, findings: &mut Findings) {
        let client = &history.client;
        if epoch != self.stored.epoch {
            findings.add(Invariant::I3, format!("{client} saw the history {epoch}, stored is {}", self.stored.epoch));
        }
        match self.events.get(&seq) {
            Some(stored) if *stored == bytes => {}
            Some(stored) => findings.add(Invariant::I3, format!("{client} saw at {seq} {bytes}, stored is {stored}")),
            None => findings.add(Invariant::I3, format!("{client} saw at {seq} {bytes}, nothing is stored there")),
        }
    }

    fn acked(&self, id: &str, content: &str, turn: &str, seq: i64, findings: &mut Findings) {
        let mut broken =
            |what: String| findings.add(Invariant::I1, format!("the message {id} was acknowledged {what}"));
        let rows = self.stored.client_message_ids.iter().filter(|row| *row == id).count();
        if rows != 1 {
            broken(format!("and has {rows} rows"));
        }
        let event = self.events.get(&seq).and_then(|event| serde_json::from_str::<Value>(event).ok());
        let event = event.unwrap_or_default();
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        if text("clientMessageId") != id {
            broken(format!("at {seq}, where it is not"));
        } else if text("content") != content || text("turnId") != turn {
            broken(format!("in the turn {turn}, stored is {event}"));
        }
    }
}

/// Two clients never saw two things at one place of one history, whether it is still there or not.
fn the_same_for_everybody(evidence: &Evidence, findings: &mut Findings) {
    let mut seen: HashMap<(&str, &str, i64), &str> = HashMap::new();
    for history in &evidence.histories {
        for note in &history.notes {
            let Note::Saw { epoch, seq, bytes } = note else { continue };
            let first = *seen.entry((&history.conversation, epoch, *seq)).or_insert(bytes);
            if first != bytes {
                let client = &history.client;
                findings.add(Invariant::I3, format!("{client} saw at {seq} {bytes}, somebody else saw {first}"));
            }
        }
    }
}

/// Each connection goes on exactly where it said, and the client's whole past has no gap.
fn order(history: &History, may_go_back: bool, findings: &mut Findings) {
    let client = &history.client;
    let (mut known, mut at) = (0, 0);
    for note in &history.notes {
        match note {
            Note::Joined { after } if *after > known => {
                findings.add(Invariant::I4, format!("{client} goes on after {after}, and has seen up to {known}"));
            }
            Note::Joined { after } => at = *after,
            Note::Saw { seq, .. } => {
                if *seq != at + 1 {
                    findings.add(Invariant::I4, format!("{client} saw {seq} right after {at}"));
                }
                (at, known) = (*seq, known.max(*seq));
            }
            // It is told so, and begins again.
            Note::Lost { reason } if may_go_back && reason.contains("epoch_mismatch") => (known, at) = (0, 0),
            // Nothing is trimmed, restored or erased in a run.
            Note::Lost { reason } => {
                findings.add(Invariant::I4, format!("{client} was refused its place {known}: {reason}"));
            }
            Note::Acked { .. } => {}
        }
    }
}
