//! Going on after a crash: what the runs before had done goes into the dialogue, so that the model does not ask for it
//! again, and counts towards the budgets.

use protocol::ToolCallId;
use serde_json::Value;
use uuid::Uuid;

use super::{ToolMode, assemble::ToolCall, dialogue, json_mode, rounds::Rounds};
use crate::agent::{RunError, Step, ToolIntent, ToolOutcome};

/// Ids for the calls of one answer. Models repeat theirs; ours name a call for ever, say which calls belong together, and
/// are as long as servers take: 40 characters at most, as an answer has 64 calls at most.
pub(super) fn new_ids(calls: usize) -> Vec<String> {
    let answer = Uuid::now_v7().simple();
    (0..calls).map(|place| format!("call_{answer}-{place}")).collect()
}

/// The answer that a call belongs to.
fn answer_of(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(answer, _)| answer)
}

/// One answer of the model, as far as it is in the log: what it said, what it called, what it was told.
#[derive(Debug, Default, PartialEq)]
struct Round {
    words: String,
    calls: Vec<ToolCall>,
    ids: Vec<String>,
    outcomes: Vec<ToolOutcome>,
}

impl Round {
    fn goes_on_with(&self, id: &str) -> bool {
        self.ids.last().is_none_or(|last| answer_of(last) == answer_of(id))
    }

    fn add(&mut self, intent: &ToolIntent, outcome: &ToolOutcome) {
        self.calls.push(call_of(intent));
        self.ids.push(intent.call_id.to_string());
        self.outcomes.push(outcome.clone());
    }
}

/// What is told to the model again.
#[derive(Debug, PartialEq)]
enum Told {
    /// An answer of its own.
    Round(Round),
    /// A message of the user that had come meanwhile.
    Heard(String),
}

/// What was heard, and the answers of which everything is known.
fn told_of(steps: &[Step]) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for step in steps {
        match step {
            Step::Heard { content, .. } => told.push(Told::Heard(content.clone())),
            Step::Said { content, .. } => {
                told.push(Told::Round(Round { words: content.clone(), ..Round::default() }));
            }
            Step::Called { outcome: None, .. } => {}
            Step::Called { intent, outcome: Some(outcome) } => match told.last_mut() {
                Some(Told::Round(round)) if round.goes_on_with(intent.call_id.as_str()) => round.add(intent, outcome),
                _ => {
                    let mut round = Round::default();
                    round.add(intent, outcome);
                    told.push(Told::Round(round));
                }
            },
        }
    }
    told
}

fn call_of(intent: &ToolIntent) -> ToolCall {
    let arguments = match &intent.arguments {
        // What the model wrote was no JSON.
        Value::String(text) => text.clone(),
        arguments => arguments.to_string(),
    };
    ToolCall { id: String::new(), name: intent.name.clone(), arguments }
}

impl Rounds<'_> {
    /// Takes up what the runs before a crash did, and makes the calls again of which nobody knows whether they took effect.
    /// Answers how many rounds of tools there were.
    ///
    /// # Errors
    /// A budget that is used up, or the end of the run.
    pub(super) async fn go_on(&mut self) -> Result<u32, RunError> {
        let turn = self.turn;
        let mut rounds = 0;
        for told in told_of(&turn.steps) {
            match told {
                Told::Heard(content) => self.messages.push(dialogue::user(&content)),
                Told::Round(round) => rounds += self.take_up(round),
            }
        }
        for step in &turn.steps {
            if let Step::Called { intent, outcome: None } = step {
                rounds += 1;
                self.make_again(intent).await?;
            }
        }
        if !turn.steps.is_empty() {
            self.hear_steers().await?;
        }
        Ok(rounds)
    }

    /// Answers how many rounds of tools that is.
    fn take_up(&mut self, round: Round) -> u32 {
        let Round { words, calls, ids, outcomes } = round;
        self.model_calls += 1;
        self.output_bytes += words.len();
        self.shown_bytes += words.len();
        if calls.is_empty() {
            let said = if self.mode == ToolMode::Json { json_mode::said(&words) } else { words };
            self.messages.push(dialogue::assistant(&said));
            return 0;
        }
        for call in &calls {
            self.calls.count_before(call, true);
        }
        self.told_again(&words, &calls, &ids, &outcomes);
        1
    }

    async fn make_again(&mut self, intent: &ToolIntent) -> Result<(), RunError> {
        let (call, ids) = (call_of(intent), new_ids(1));
        self.model_calls += 1;
        self.calls.count_before(&call, false);
        let key: &ToolCallId = &intent.idempotency_key;
        let id = ids.first().map(String::as_str).unwrap_or_default();
        let outcome = self.calls.again(&call, id, key).await?;
        self.told_again("", &[call], &ids, &[outcome]);
        Ok(())
    }

    fn told_again(&mut self, words: &str, calls: &[ToolCall], ids: &[String], outcomes: &[ToolOutcome]) {
        let asked = if self.mode == ToolMode::Json { json_mode::asked(calls) } else { words.to_owned() };
        self.told(&asked, calls, ids, outcomes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn called(id: &str, is_known: bool) -> Step {
        let intent = ToolIntent::new(id.parse().unwrap(), "sum", json!({ "of": id }));
        let outcome = ToolOutcome { result: json!(id), is_error: false, truncated: false };
        Step::Called { intent, outcome: is_known.then_some(outcome) }
    }

    fn said(content: &str) -> Step {
        Step::Said { message_id: protocol::MessageId(Uuid::nil()), content: content.to_owned() }
    }

    #[track_caller]
    fn check(steps: &[Step], expected: &[(&str, &[&str])]) {
        let told = told_of(steps);
        let found: Vec<(&str, Vec<&str>)> = told
            .iter()
            .map(|told| match told {
                Told::Round(round) => (round.words.as_str(), round.ids.iter().map(String::as_str).collect()),
                Told::Heard(content) => (content.as_str(), vec!["heard"]),
            })
            .collect();
        let expected: Vec<_> = expected.iter().map(|(words, ids)| (*words, ids.to_vec())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn calls_of_one_answer_stay_together_with_what_was_said_before_them() {
        let steps = [called("a-0", true), called("a-1", true), said("Now"), called("b-0", true), called("c-0", true)];
        check(&steps, &[("", &["a-0", "a-1"]), ("Now", &["b-0"]), ("", &["c-0"])]);
        check(&[said("One."), said("Two.")], &[("One.", &[]), ("Two.", &[])]);
        check(&[called("a-0", true), called("a-1", false)], &[("", &["a-0"])]);
        check(&[called("k1", true), called("k2", true)], &[("", &["k1"]), ("", &["k2"])]);
        let heard = Step::Heard { message_id: protocol::MessageId(Uuid::nil()), content: "And?".to_owned() };
        let steps = [said("One."), heard, called("a-0", true)];
        check(&steps, &[("One.", &[]), ("And?", &["heard"]), ("", &["a-0"])]);
    }

    #[test]
    fn the_ids_of_an_answer_belong_together_and_are_not_too_long() {
        let (ids, others) = (new_ids(64), new_ids(1));
        assert!(ids.iter().all(|id| id.len() <= 40 && answer_of(id) == answer_of(&ids[0])));
        assert_ne!(answer_of(&ids[0]), answer_of(&others[0]));
    }
}
