//! The turn and the run that are under way, and how each event changes them.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    AgentId, Event, MessageId, RunId, Timestamp, ToolCallId, TurnId,
    event::{RunStatus, SwitchReason},
};

use super::{
    command::TurnMessage,
    note::EffectNote,
    run::ToolIntent,
    steps::{Steps, intent_of},
};

/// A turn that waits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WaitingTurn {
    pub turn_id: TurnId,
    pub accepted_at: Timestamp,
    pub message: TurnMessage,
    /// The agent that goes on; none where the router is asked who answers a message.
    pub goes_on: Option<AgentId>,
}

/// The turn that is under way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OpenTurn {
    pub turn_id: TurnId,
    pub accepted_at: Timestamp,
    /// What is answered: the message that opened it, or one that joined it too late for the run before.
    pub message: TurnMessage,
    /// Messages that joined it and that no run has taken yet.
    pub steers: Vec<TurnMessage>,
    /// Those of them that the run has taken since the last event: the next one says so. Lost with the process, and nothing
    /// with them: no tool is called and nothing is shown without an event.
    pub taking: Vec<MessageId>,
    /// The last run completed, and the turn did not go to another agent by a hand-over since.
    pub answered: bool,
    /// Runs so far.
    pub runs: u32,
    /// Runs that a crash cut.
    pub interrupted: u32,
    /// The tool calls so far: an id is good for one call.
    pub call_ids: BTreeSet<ToolCallId>,
    /// How many of them the last run made.
    pub last_tool_calls: u32,
    /// What the run under way and those that a crash cut before it did.
    pub steps: Steps,
    /// Who went on after whom; the same agent twice where it was asked again after a hand-over that led nowhere.
    pub handovers: Vec<(AgentId, AgentId)>,
    /// Who handed the present message to the agent at work, and why.
    pub handed_over: Option<(AgentId, Option<String>)>,
    /// The agent of the last run.
    pub last_agent: Option<AgentId>,
    /// The last run is of a workflow: whatever a crash cuts, it goes on from its last step.
    pub has_checkpoint: bool,
    pub run: Option<OpenRun>,
}

/// The run that is under way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OpenRun {
    pub run_id: RunId,
    pub agent_id: AgentId,
    pub started_at: Timestamp,
    /// The message that is being said.
    pub message: Option<(MessageId, String)>,
    /// Calls without a result.
    pub calls: BTreeMap<ToolCallId, OpenCall>,
    pub tool_calls: u32,
    pub output_bytes: usize,
}

/// A call without a result.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OpenCall {
    pub tool_name: String,
    pub note: EffectNote,
}

impl OpenTurn {
    pub(super) fn new(turn: WaitingTurn) -> Self {
        Self {
            turn_id: turn.turn_id,
            accepted_at: turn.accepted_at,
            message: turn.message,
            steers: Vec::new(),
            taking: Vec::new(),
            answered: false,
            runs: 0,
            interrupted: 0,
            call_ids: BTreeSet::new(),
            last_tool_calls: 0,
            steps: Steps::default(),
            handovers: Vec::new(),
            handed_over: None,
            last_agent: None,
            has_checkpoint: false,
            run: None,
        }
    }

    pub(super) fn apply(&mut self, event: &Event, at: Timestamp, note: Option<&EffectNote>) {
        match event {
            Event::AgentSwitch { reason, detail, .. } => self.switch(*reason, detail.as_ref()),
            Event::AgentStart { agent_id, run_id, .. } => self.start_run(agent_id, *run_id, at),
            Event::AgentComplete { status, .. } => {
                self.interrupted += u32::from(*status == RunStatus::Interrupted);
                self.answered = *status == RunStatus::Completed;
                self.run = None;
                if *status != RunStatus::Interrupted {
                    self.steps = Steps::default();
                }
            }
            Event::Error { run_id: Some(_), .. } => {
                self.run = None;
                self.steps = Steps::default();
            }
            Event::StepComplete { agent_id, .. }
            | Event::InputRequest { agent_id, .. }
            | Event::ApprovalRequest { agent_id, .. } => self.checkpoint(agent_id),
            event => self.apply_in_run(event, note),
        }
    }

    /// What was done before is in the checkpoint. A run that comes this far is no poison: the count of crashes begins anew.
    fn checkpoint(&mut self, of: &AgentId) {
        self.steps.forget(of);
        self.has_checkpoint = true;
        self.interrupted = 0;
    }

    /// The run has taken these of the messages that joined.
    pub(super) fn hear(&mut self, taken: &[MessageId]) {
        for id in taken {
            if let Some(place) = self.steers.iter().position(|steer| steer.id == *id) {
                self.steps.heard(self.steers.remove(place));
            }
        }
    }

    /// How many messages that joined nobody has taken.
    pub(super) fn untaken(&self) -> usize {
        self.steers.len() - self.taking.len()
    }

    fn apply_in_run(&mut self, event: &Event, note: Option<&EffectNote>) {
        let Some(run) = &mut self.run else { return };
        run.apply(event);
        self.steps.apply(event, note);
        if let Some(intent) = intent_of(event, note) {
            run.called(&intent, note);
            self.call_ids.insert(intent.call_id);
            self.last_tool_calls = run.tool_calls;
        }
    }

    fn switch(&mut self, reason: SwitchReason, detail: Option<&String>) {
        self.handed_over = None;
        if reason == SwitchReason::Handoff {
            self.handed_over = self.last_agent.clone().map(|from| (from, detail.cloned()));
            self.answered = false;
        }
    }

    /// A run that follows an answer is for the first message that joined the turn too late for it. Without one, the run
    /// goes on after a hand-over.
    fn start_run(&mut self, agent_id: &AgentId, run_id: RunId, at: Timestamp) {
        // What begins again hears again what it had heard.
        if !self.steps.have_calls() {
            self.steers.splice(0..0, self.steps.take_heard());
        }
        let left_over = self.answered && !self.steers.is_empty();
        if left_over {
            self.message = self.steers.remove(0);
            self.handed_over = None;
        }
        if let Some(last) = self.last_agent.replace(agent_id.clone())
            && (last != *agent_id || (self.answered && !left_over))
        {
            self.handovers.push((last, agent_id.clone()));
        }
        self.runs += 1;
        self.has_checkpoint &= !self.answered && self.handed_over.is_none();
        self.answered = false;
        self.last_tool_calls = 0;
        self.run = Some(OpenRun::new(agent_id.clone(), run_id, at));
    }
}

impl OpenRun {
    fn new(agent_id: AgentId, run_id: RunId, started_at: Timestamp) -> Self {
        let calls = BTreeMap::new();
        Self { run_id, agent_id, started_at, message: None, calls, tool_calls: 0, output_bytes: 0 }
    }

    fn called(&mut self, intent: &ToolIntent, note: Option<&EffectNote>) {
        let note = note.cloned().unwrap_or_else(|| EffectNote::of(self.run_id, intent));
        self.tool_calls += 1;
        self.calls.insert(intent.call_id.clone(), OpenCall { tool_name: intent.name.clone(), note });
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::ContentChunk { content, message_id, .. } => {
                self.output_bytes += content.len();
                let (_, text) = self.message.get_or_insert_with(|| (*message_id, String::new()));
                text.push_str(content);
            }
            Event::MessageComplete { .. } => self.message = None,
            Event::ToolResult { tool_call_id, .. } => {
                self.calls.remove(tool_call_id);
            }
            _ => {}
        }
    }
}
