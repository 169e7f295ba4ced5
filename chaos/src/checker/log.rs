//! The log by itself: dense (I2), and everything that begins ends once (I5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    Findings, Invariant,
    evidence::{Evidence, Stored},
};

pub(super) fn check(evidence: &Evidence, findings: &mut Findings) {
    for stored in &evidence.stored {
        dense(stored, findings);
        Lives::of(stored).check(stored, findings);
    }
}

fn dense(stored: &Stored, findings: &mut Findings) {
    let mut broken = |what: String| findings.add(Invariant::I2, format!("{}: {what}", stored.conversation));
    let mut next = stored.first;
    for row in &stored.rows {
        if row.first != next {
            broken(format!("a row begins at {} where {next} is due", row.first));
        }
        let lines = i64::try_from(row.body.lines().count()).unwrap_or(i64::MAX);
        if row.last - row.first + 1 != lines {
            broken(format!("the row {}..{} has {lines} events", row.first, row.last));
        }
        next = row.last + 1;
    }
    if next - 1 != stored.head {
        broken(format!("the log ends at {} and the head is {}", next - 1, stored.head));
    }
    for (seq, event) in stored.events() {
        let said = serde_json::from_str::<Value>(event).ok().and_then(|event| event["seq"].as_i64());
        if said != Some(seq) {
            broken(format!("the event at {seq} says of itself {said:?}"));
        }
    }
}

/// A run under way.
struct Run {
    id: String,
    turn: String,
}

/// What began and what ended, by id.
#[derive(Default)]
struct Lives {
    accepted: BTreeSet<String>,
    turn_ends: BTreeMap<String, u32>,
    run_starts: BTreeMap<String, u32>,
    run_ends: BTreeMap<String, u32>,
    /// Messages and calls that are open.
    open: BTreeSet<String>,
    /// What was said of each message so far.
    texts: BTreeMap<String, String>,
    is_over: bool,
    /// The run that speaks.
    run: Option<Run>,
    faults: Vec<String>,
}

impl Lives {
    fn of(stored: &Stored) -> Self {
        let mut lives = Self::default();
        for (seq, event) in stored.events() {
            if let Ok(event) = serde_json::from_str::<Value>(event) {
                lives.take(seq, &event);
            }
        }
        lives
    }

    fn take(&mut self, seq: i64, event: &Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        if self.is_over {
            self.faults.push(format!("{seq} comes after the end of the conversation"));
        }
        match event["type"].as_str().unwrap_or_default() {
            "message_accepted" => {
                self.accepted.insert(text("turnId"));
            }
            "turn_end" => {
                // That of a message that waited and was cancelled comes while another turn runs.
                if self.run.as_ref().is_none_or(|run| run.turn == text("turnId")) {
                    self.nothing_is_open(seq);
                    self.run_is_over(seq);
                }
                *self.turn_ends.entry(text("turnId")).or_default() += 1;
            }
            "agent_start" => {
                self.run_is_over(seq);
                *self.run_starts.entry(text("runId")).or_default() += 1;
                self.run = Some(Run { id: text("runId"), turn: text("turnId") });
            }
            "agent_complete" => self.ends(seq, text("runId")),
            "error" if event["runId"].is_string() => self.ends(seq, text("runId")),
            "content_chunk" => {
                self.texts.entry(text("messageId")).or_default().push_str(&text("content"));
                self.opens(seq, text("messageId"), true);
            }
            "tool_execution" => self.opens(seq, text("toolCallId"), false),
            "message_complete" => {
                let said = self.texts.remove(&text("messageId"));
                if said.is_some_and(|said| said != text("content")) {
                    self.faults.push(format!("{seq} has another text than its chunks"));
                }
                self.closes(seq, &text("messageId"), true);
            }
            "conversation_end" => self.is_over = true,
            "tool_result" => self.closes(seq, &text("toolCallId"), false),
            _ => {}
        }
    }

    fn ends(&mut self, seq: i64, run: String) {
        self.nothing_is_open(seq);
        if self.run.as_ref().is_none_or(|under_way| under_way.id != run) {
            self.faults.push(format!("{seq} ends the run {run}, which is not under way"));
        }
        *self.run_ends.entry(run).or_default() += 1;
        self.run = None;
    }

    fn opens(&mut self, seq: i64, id: String, again: bool) {
        if self.run.is_none() {
            self.faults.push(format!("{seq} speaks for no run"));
        }
        if !self.open.insert(id.clone()) && !again {
            self.faults.push(format!("{seq} opens {id} a second time"));
        }
    }

    /// A message may be whole without a chunk before.
    fn closes(&mut self, seq: i64, id: &str, alone: bool) {
        if !self.open.remove(id) && !alone {
            self.faults.push(format!("{seq} closes {id}, which is not open"));
        }
    }

    fn nothing_is_open(&mut self, seq: i64) {
        let open = std::mem::take(&mut self.open);
        if !open.is_empty() {
            self.faults.push(format!("{seq} ends what has {open:?} open"));
        }
    }

    fn run_is_over(&mut self, seq: i64) {
        if let Some(run) = self.run.take() {
            self.faults.push(format!("{seq} comes while the run {} is under way", run.id));
        }
    }

    fn check(self, stored: &Stored, findings: &mut Findings) {
        let mut broken = |what: String| findings.add(Invariant::I5, format!("{}: {what}", stored.conversation));
        self.faults.into_iter().for_each(&mut broken);
        for turn in &self.accepted {
            match self.turn_ends.get(turn) {
                Some(1) => {}
                // It may yet come: then it is late, which is I11.
                None if stored.turns.iter().any(|row| row.id == *turn && row.end.is_none()) => {}
                ends => broken(format!("the turn {turn} has {} ends", ends.unwrap_or(&0))),
            }
        }
        for turn in self.turn_ends.keys().filter(|turn| !self.accepted.contains(*turn)) {
            broken(format!("the turn {turn} ends and was never accepted"));
        }
        for (run, starts) in &self.run_starts {
            let ends = self.run_ends.get(run).unwrap_or(&0);
            if (*starts, *ends) != (1, 1) && self.run.as_ref().is_none_or(|under_way| under_way.id != *run) {
                broken(format!("the run {run} has {starts} starts and {ends} ends"));
            }
        }
        for turn in &stored.turns {
            if turn.end.is_some() && !self.turn_ends.contains_key(&turn.id) {
                broken(format!("the row of the turn {} has an end and the log has none", turn.id));
            }
        }
    }
}
