//! Scripts: what happens to a conversation, one step after another, and the lines that must follow.
//!
//! Steps are parted by `|` or a line break; ids are the names that [`super::render`] gives.
//! ```text
//! user: hi            a message under the next client id (c1, c2, ..); user#c7: the same under this id
//! user steer: hi      with a policy
//! route: pricing      the router's answer to its oldest question; `route steerable: x`, `route replays: x`,
//!                     `route fallback: x`
//! nobody: no_agent    the router knows nobody
//! auto: pricing       from here on the router answers by itself; `auto steerable: x`
//! say: He + say: llo  what the open run says in one go; `say@run1: x` is another run's word
//! tool idempotent: call1 search · tool#call1 idempotent: call2 search (made again with the first one's key)
//! message_end · tool: call1 search · result: call1 (or `result: call1 error`) · context: 2 · taken: m2
//! done · hand: product because · fail: model_unavailable
//! step: node 3 · input: field · question: 1 tool · settled: 1 expired · waiting · decide: 1 approved [hash]
//! cancel: t1 (or c1) · deadline: t1 · end: reason · crash · wait: 60 (seconds) · limit: handoffs_max 2
//! ```

use std::time::Duration;

use protocol::{
    AgentId, ApprovalId, Code, MessageId, RunId, Timestamp, TurnId,
    event::{JsonObject, SwitchReason, Usage},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{render::Names, world::World};
use crate::conversation::{
    Assignment, CancelTarget, Checkpoint, CheckpointStatus, Command, Decide, Limits, NewMessage, Route, RouteAsk,
    run::{ApprovalQuestion, RunEnd, RunItem, ToolIntent, ToolOutcome},
};

/// Runs a script and compares the lines.
///
/// Events are always compared; effects (`>`), replies (`=`) and refusals (`!`) only where some line of theirs is expected.
/// An expectation that begins with `...` tells the last lines alone.
#[track_caller]
pub(super) fn check(script: &str, expect: &str) {
    let expected: Vec<&str> = expect.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_wanted = |line: &str| {
        let kind = line.chars().next();
        kind.is_some_and(|kind| kind.is_ascii_digit()) || expected.iter().any(|other| other.chars().next() == kind)
    };
    let lines: Vec<String> = run(script).lines.into_iter().filter(|line| is_wanted(line)).collect();
    let (expected, got) = match expected.strip_prefix(&["..."]) {
        Some(tail) => (tail, &lines[lines.len().saturating_sub(tail.len())..]),
        None => (&expected[..], &lines[..]),
    };
    assert!(got == expected, "{script}\n-- got --\n{}\n-- expected --\n{}", lines.join("\n"), expected.join("\n"));
}

/// Runs a script.
#[track_caller]
pub(super) fn run(script: &str) -> Driver {
    let mut driver = Driver::default();
    for step in script.split(['|', '\n']).map(str::trim).filter(|step| !step.is_empty()) {
        driver.step(step);
    }
    driver
}

/// A world with names for what is in it.
#[derive(Debug)]
pub(super) struct Driver {
    pub world: World,
    pub lines: Vec<String>,
    names: Names,
    auto: Option<Assignment>,
    clients: u32,
}

impl Default for Driver {
    fn default() -> Self {
        let world = World::new(Limits::default());
        Self { world, lines: Vec::new(), names: Names::default(), auto: None, clients: 0 }
    }
}

/// The parts of a step: `verb@at#client word: argument`.
struct Step<'a> {
    verb: &'a str,
    at: Option<&'a str>,
    client: Option<&'a str>,
    word: Option<&'a str>,
    argument: &'a str,
}

impl<'a> Step<'a> {
    fn parse(text: &'a str) -> Self {
        let (head, argument) = text.split_once(':').map_or((text, ""), |(head, argument)| (head, argument.trim()));
        let (head, word) = head.trim().split_once(' ').map_or((head.trim(), None), |(head, word)| (head, Some(word)));
        let (head, client) = head.split_once('#').map_or((head, None), |(head, client)| (head, Some(client)));
        let (verb, at) = head.split_once('@').map_or((head, None), |(verb, at)| (verb, Some(at)));
        Self { verb, at, client, word, argument }
    }
}

impl Driver {
    #[track_caller]
    pub(super) fn step(&mut self, text: &str) {
        let step = Step::parse(text);
        match step.verb {
            "user" => self.user(&step),
            "auto" => {
                self.auto = Some(assignment(step.argument, step.word));
                self.answer_asks();
            }
            "route" | "nobody" => {
                let (turn_id, ask) = self.world.asks.pop_front().expect("the router was asked");
                let turn_id = step.at.map_or(turn_id, |name| TurnId(self.names.id(name).unwrap()));
                self.give(Command::Routed { turn_id, route: route(&step, &ask) });
            }
            "cancel" => self.cancel(step.argument),
            "deadline" => {
                let turn_id = TurnId(self.names.id(step.argument).unwrap());
                self.give(Command::TurnDeadline { turn_id, time_max: Duration::from_mins(2) });
            }
            "decide" => self.decide(step.argument),
            "end" => self.give(Command::End { reason: step.argument.to_owned() }),
            "crash" => {
                self.world.state = self.world.rebuilt();
                self.world.asks.clear();
                self.give(Command::Recover);
            }
            "wait" => {
                let millis = step.argument.parse::<i64>().unwrap() * 1000;
                self.world.now = Timestamp::from_millis(self.world.now.as_millis() + millis);
            }
            "limit" => self.limit(step.argument),
            _ => self.output(text, step.at),
        }
    }

    fn user(&mut self, step: &Step<'_>) {
        self.clients += u32::from(step.client.is_none());
        let client = step.client.map_or_else(|| format!("c{}", self.clients), ToOwned::to_owned);
        let client_message_id = client.parse().unwrap();
        let must_ask = self.world.state.recent().must_ask_store(&client_message_id);
        self.give(Command::Accept(NewMessage {
            client_message_id,
            content: step.argument.to_owned(),
            policy: step.word.map(|word| word.parse().unwrap()),
            metadata: JsonObject::new(),
            stored: if must_ask { self.world.stored(&client) } else { None },
        }));
    }

    /// `1 approved`, or `1 approved other` for the hash of other arguments.
    fn decide(&mut self, argument: &str) {
        let mut words = argument.split(' ');
        let approval_id = approval(words.next().unwrap());
        let approve = words.next().unwrap() == "approved";
        let arguments_hash = words.next().unwrap_or("hash").to_owned();
        self.give(Command::Decide(Decide {
            approval_id,
            approve,
            arguments_hash,
            by: "user".to_owned(),
            comment: None,
        }));
    }

    fn cancel(&mut self, name: &str) {
        let target = match self.names.id(name) {
            Some(turn) => CancelTarget::Turn(TurnId(turn)),
            None => CancelTarget::Message(name.parse().unwrap()),
        };
        self.give(Command::Cancel(target));
    }

    #[track_caller]
    fn output(&mut self, text: &str, at: Option<&str>) {
        let run_id = match at {
            Some(name) => RunId(self.names.id(name).unwrap()),
            None => self.world.state.open_run().unwrap_or_else(|| panic!("no run is open at `{text}`")),
        };
        let items = text.split(" + ").map(|item| self.item(&Step::parse(item))).collect();
        self.give(Command::Output { run_id, items });
    }

    fn item(&self, step: &Step<'_>) -> RunItem {
        let (first, rest) = step.argument.split_once(' ').unwrap_or((step.argument, ""));
        let usage = Usage::default();
        match step.verb {
            "say" => RunItem::Delta(step.argument.to_owned()),
            "message_end" => RunItem::MessageEnd,
            "tool" => RunItem::ToolStarted(intent(step, first, rest)),
            "result" => {
                let outcome = ToolOutcome { result: Value::Null, is_error: rest == "error", truncated: false };
                RunItem::ToolFinished { call_id: first.parse().unwrap(), outcome }
            }
            "context" => RunItem::ContextUpdated { version: first.parse().unwrap(), changed: vec!["key".to_owned()] },
            "taken" => RunItem::SteerTaken(MessageId(self.names.id(first).unwrap())),
            "step" => RunItem::StepComplete {
                node: first.to_owned(),
                passed: Vec::new(),
                steps: rest.parse().unwrap_or(1),
                checkpoint: checkpoint(CheckpointStatus::Running),
            },
            "input" => RunItem::InputRequest {
                prompt: "?".to_owned(),
                fields: vec![first.to_owned()],
                checkpoint: checkpoint(CheckpointStatus::Waiting),
            },
            "question" => RunItem::ApprovalRequest {
                question: self.question(first, rest),
                checkpoint: checkpoint(CheckpointStatus::Waiting),
            },
            "settled" => RunItem::ApprovalSettled {
                approval_id: approval(first),
                decision: rest.parse().unwrap(),
                comment: "Nobody decided.".to_owned(),
            },
            "waiting" => RunItem::Ended(RunEnd::Waiting { final_state: JsonObject::new(), usage }),
            "done" => RunItem::Ended(RunEnd::Completed { final_state: JsonObject::new(), usage }),
            "hand" => {
                let detail = (!rest.is_empty()).then(|| rest.to_owned());
                RunItem::Ended(RunEnd::HandOver { to: first.parse().unwrap(), detail, usage })
            }
            "fail" => RunItem::Ended(RunEnd::Failed {
                code: code(first),
                safe: "It failed.".to_owned(),
                retryable: false,
                correlation_id: "r".to_owned(),
            }),
            other => panic!("`{other}` is not a step"),
        }
    }

    /// Good for a minute.
    fn question(&self, number: &str, tool: &str) -> ApprovalQuestion {
        ApprovalQuestion {
            approval_id: approval(number),
            call_id: format!("call{number}").parse().unwrap(),
            tool_name: tool.to_owned(),
            arguments: json!({}),
            arguments_hash: "hash".to_owned(),
            expires_at: Timestamp::from_millis(self.world.now.as_millis() + 60_000),
        }
    }

    fn limit(&mut self, argument: &str) {
        let (name, value) = argument.split_once(' ').unwrap();
        let (limits, value) = (&mut self.world.limits, value.parse::<usize>().unwrap());
        match name {
            "turns_waiting_max" => limits.turns_waiting_max = value,
            "handoffs_max" => limits.handoffs_max = value,
            "tool_calls_max" => limits.tool_calls_max = u32::try_from(value).unwrap(),
            "output_bytes_max" => limits.output_bytes_max = value,
            "chunk_bytes_max" => limits.chunk_bytes_max = value,
            "recoveries_max" => limits.recoveries_max = u32::try_from(value).unwrap(),
            other => panic!("`{other}` is not a limit"),
        }
    }

    fn give(&mut self, command: Command) {
        match self.world.give(command) {
            Ok(decision) => {
                for numbered in &decision.events {
                    self.lines.push(self.names.event(&numbered.envelope));
                }
                for effect in &decision.effects {
                    self.lines.push(self.names.effect(effect));
                }
                self.lines.extend(self.names.reply(&decision.reply));
            }
            Err(rejection) => self.lines.push(format!("! {}", rejection.code())),
        }
        self.answer_asks();
    }

    fn answer_asks(&mut self) {
        if let Some(to) = self.auto.clone()
            && let Some((turn_id, ask)) = self.world.asks.pop_front()
        {
            self.give(Command::Routed { turn_id, route: Route::To(answer(to, &ask)) });
        }
    }
}

fn approval(number: &str) -> ApprovalId {
    ApprovalId(Uuid::from_u128(number.parse().unwrap()))
}

fn checkpoint(status: CheckpointStatus) -> Checkpoint {
    Checkpoint { status, version: "v".into(), progress: "{}".into() }
}

fn intent(step: &Step<'_>, call: &str, name: &str) -> ToolIntent {
    let plain = ToolIntent::new(call.parse().unwrap(), name, json!({}));
    ToolIntent {
        effect: step.word.map_or(plain.effect, |word| word.parse().unwrap()),
        idempotency_key: step.client.map_or(plain.idempotency_key, |key| key.parse().unwrap()),
        ..plain
    }
}

fn route(step: &Step<'_>, ask: &RouteAsk) -> Route {
    if step.verb == "nobody" {
        return Route::Nobody { code: code(step.argument), safe: "Nobody is there.".to_owned() };
    }
    let to = assignment(step.argument, step.word);
    let is_fallback = to.reason.is_some();
    Route::To(if is_fallback { to } else { answer(Assignment { reason: None, ..to }, ask) })
}

/// The answer of a router that finds everybody: a hand-over and `again` go to whom they name.
fn answer(to: Assignment, ask: &RouteAsk) -> Assignment {
    match ask {
        RouteAsk::Message { .. } => to,
        RouteAsk::Again { agent } => Assignment { agent_id: agent.clone(), ..to },
        RouteAsk::HandOver { to: agent, detail, .. } => {
            Assignment { agent_id: agent.clone(), reason: Some(SwitchReason::Handoff), detail: detail.clone(), ..to }
        }
    }
}

fn assignment(agent: &str, word: Option<&str>) -> Assignment {
    Assignment {
        agent_id: agent.parse::<AgentId>().unwrap(),
        name: agent.to_owned(),
        version: "1".to_owned(),
        steerable: word.is_some_and(|word| word.contains("steerable")),
        replays: word.is_some_and(|word| word.contains("replays")),
        reason: (word == Some("fallback")).then_some(SwitchReason::AgentUnavailable),
        detail: None,
    }
}

fn code(word: &str) -> Code {
    serde_json::from_value(Value::from(word)).unwrap()
}
