//! Events, effects and replies as one line each, with short names for ids: `3 t1 agent_start pricing run1`.

use std::{collections::HashMap, fmt::Write as _};

use protocol::{Envelope, Event, MessageId, RunId, TurnId};
use uuid::Uuid;

use crate::conversation::{Effect, Reply, RouteAsk, RunOrder, run::Step};

/// Short names by first appearance: turns `t1`, messages `m1`, runs `run1`.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: HashMap<Uuid, String>,
    counts: HashMap<&'static str, u32>,
}

impl Names {
    fn name(&mut self, kind: &'static str, id: Uuid) -> String {
        let count = self.counts.entry(kind).or_default();
        let new = || {
            *count += 1;
            format!("{kind}{count}")
        };
        self.names.entry(id).or_insert_with(new).clone()
    }

    pub(super) fn turn(&mut self, id: TurnId) -> String {
        self.name("t", id.0)
    }

    pub(super) fn message(&mut self, id: MessageId) -> String {
        self.name("m", id.0)
    }

    pub(super) fn run(&mut self, id: RunId) -> String {
        self.name("run", id.0)
    }

    /// The id behind a name.
    pub(super) fn id(&self, name: &str) -> Option<Uuid> {
        self.names.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    pub(super) fn event(&mut self, envelope: &Envelope) -> String {
        let turn = envelope.turn_id.map_or_else(|| "-".to_owned(), |turn| self.turn(turn));
        format!("{} {turn} {}", envelope.seq, self.event_words(&envelope.event))
    }

    fn event_words(&mut self, event: &Event) -> String {
        match event {
            Event::MessageAccepted { client_message_id, message_id, content, .. } => {
                format!("message_accepted {client_message_id} {} {content}", self.message(*message_id))
            }
            Event::AgentSwitch { from_agent, to_agent, reason, detail } => {
                let detail = detail.as_ref().map_or_else(String::new, |detail| format!(" {detail}"));
                format!("agent_switch {from_agent} {to_agent} {}{detail}", reason.as_str())
            }
            Event::AgentStart { agent_id, run_id, .. } => format!("agent_start {agent_id} {}", self.run(*run_id)),
            Event::ContentChunk { content, message_id, .. } => {
                format!("content_chunk {} {content}", self.message(*message_id))
            }
            Event::MessageComplete { message_id, content, status, .. } => {
                format!("message_complete {} {} {content}", self.message(*message_id), status.as_str())
            }
            Event::ToolExecution { tool_name, tool_call_id, .. } => {
                format!("tool_execution {tool_call_id} {tool_name}")
            }
            Event::ToolResult { tool_name, tool_call_id, is_error, .. } => {
                let word = if *is_error { "error" } else { "ok" };
                format!("tool_result {tool_call_id} {tool_name} {word}")
            }
            Event::AgentComplete { agent_id, run_id, status, .. } => {
                format!("agent_complete {agent_id} {} {}", self.run(*run_id), status.as_str())
            }
            Event::Error { code, agent_id, run_id, .. } => {
                let run = run_id.map_or_else(String::new, |run| format!(" {}", self.run(run)));
                format!("error {code} {agent_id}{run}")
            }
            Event::TurnEnd { status, runs, .. } => format!("turn_end {} runs={runs}", status.as_str()),
            Event::ContextUpdated { version, changed } => format!("context_updated {version} {}", changed.join(",")),
            Event::ConversationEnd { reason } => format!("conversation_end {reason}"),
            Event::StepComplete { node, steps, .. } => format!("step_complete {node} {steps}"),
            Event::InputRequest { fields, .. } => format!("input_request {}", fields.join(",")),
            Event::ApprovalRequest { approval_id, tool_call_id, tool_name, .. } => {
                format!("approval_request {} {tool_call_id} {tool_name}", approval_id.0.as_u128())
            }
            Event::ApprovalResolved { approval_id, decision, by, .. } => {
                format!("approval_resolved {} {} {by}", approval_id.0.as_u128(), decision.as_str())
            }
        }
    }

    pub(super) fn effect(&mut self, effect: &Effect) -> String {
        match effect {
            Effect::Route { turn_id, ask } => format!("> route {} {}", self.turn(*turn_id), ask_words(ask)),
            Effect::Abort(run_id) => format!("> abort {}", self.run(*run_id)),
            Effect::Steer { run_id, message } => {
                format!("> steer {} {}", self.run(*run_id), self.message(message.id))
            }
            Effect::Start(order) => self.order(order),
        }
    }

    fn order(&mut self, order: &RunOrder) -> String {
        let (run, message) = (self.run(order.run_id), self.message(order.message.id));
        let skip: Vec<_> = order.not_history.iter().map(|id| self.message(*id)).collect();
        let mut line = format!("> start {run} {} {message} attempt={}", order.agent_id, order.attempt);
        if let Some((from, detail)) = &order.handed_over {
            write!(line, " from={from}:{}", detail.as_deref().unwrap_or_default()).unwrap();
        }
        if !order.steers.is_empty() {
            let steers: Vec<_> = order.steers.iter().map(|steer| self.message(steer.id)).collect();
            write!(line, " steers={}", steers.join(",")).unwrap();
        }
        if !order.steps.is_empty() {
            let steps: Vec<_> = order.steps.iter().map(|step| self.step(step)).collect();
            write!(line, " steps={}", steps.join(",")).unwrap();
        }
        write!(line, " skip={} before={}", skip.join(","), order.history_before).unwrap();
        line
    }

    /// `m2` was said, `^m2` was heard, `k1` was called and answered, `k1!` failed, `k1?k` is to be made again with the key k.
    fn step(&mut self, step: &Step) -> String {
        match step {
            Step::Heard { message_id, .. } => format!("^{}", self.message(*message_id)),
            Step::Said { message_id, .. } => self.message(*message_id),
            Step::Called { intent, outcome: None } => format!("{}?{}", intent.call_id, intent.idempotency_key),
            Step::Called { intent, outcome: Some(outcome) } => {
                format!("{}{}", intent.call_id, if outcome.is_error { "!" } else { "" })
            }
        }
    }

    /// Nothing for [`Reply::Done`].
    pub(super) fn reply(&mut self, reply: &Reply) -> Option<String> {
        Some(match reply {
            Reply::Accepted { accepted, duplicate } => {
                let word = if *duplicate { "duplicate" } else { "accepted" };
                let (turn, message) = (self.turn(accepted.turn_id), self.message(accepted.message_id));
                format!("= {word} {turn} {message} {}", accepted.seq)
            }
            Reply::Decided { turn_id } => format!("= decided {}", self.turn(*turn_id)),
            Reply::Expired => "= expired".to_owned(),
            Reply::NotAsked => "= not_asked".to_owned(),
            Reply::Cancelled { turn_id } => format!("= cancelled {}", self.turn(*turn_id)),
            Reply::CancelKept => "= kept".to_owned(),
            Reply::NotOpen => "= not_open".to_owned(),
            Reply::Ended => "= ended".to_owned(),
            Reply::Done => return None,
        })
    }
}

fn ask_words(ask: &RouteAsk) -> String {
    match ask {
        RouteAsk::Message { content, is_awaited: true } => format!("awaited {content}"),
        RouteAsk::Message { content, .. } => format!("message {content}"),
        RouteAsk::HandOver { from, to, .. } => format!("hand_over {from} {to}"),
        RouteAsk::Again { agent } => format!("again {agent}"),
    }
}
