//! Knows the events alone, and says where they break a rule of the wire: C1 to C7 of the core. And C8: a state against
//! the one that its events give.

use std::collections::{HashMap, HashSet};

use protocol::{AgentId, ApprovalId, Envelope, Event, MessageId, RunId, Seq, ToolCallId, TurnId};

use crate::conversation::{ConversationState, open_turn::OpenTurn};

#[derive(Debug, Default)]
pub(super) struct Checker {
    head: u64,
    ended: bool,
    agent: Option<AgentId>,
    turns: HashMap<TurnId, Turn>,
    open_turn: Option<TurnId>,
    run: Option<Run>,
    runs_started: HashSet<RunId>,
    messages: HashSet<MessageId>,
    calls: HashSet<ToolCallId>,
    clients: HashSet<String>,
    /// Questions that nobody has decided.
    questions: HashSet<ApprovalId>,
}

#[derive(Debug, Default)]
struct Turn {
    runs: u32,
    is_over: bool,
}

#[derive(Debug)]
struct Run {
    id: RunId,
    agent: AgentId,
    message: Option<(MessageId, String)>,
    calls: HashSet<ToolCallId>,
}

impl Checker {
    pub(super) fn take(&mut self, envelope: &Envelope) {
        assert!(!self.ended, "C7: something follows the end");
        self.head += 1;
        assert_eq!(envelope.seq, Seq(self.head), "C1: seq is dense");
        match envelope.turn_id {
            Some(turn) => self.take_in_turn(turn, &envelope.event),
            None => self.take_outside(&envelope.event),
        }
    }

    /// The turn that is under way.
    pub(super) fn turn_open(&self) -> Option<TurnId> {
        self.open_turn
    }

    /// Turns without their end.
    pub(super) fn turns_open(&self) -> usize {
        self.turns.values().filter(|turn| !turn.is_over).count()
    }

    fn take_outside(&mut self, event: &Event) {
        assert!(matches!(event, Event::ConversationEnd { .. }), "outside a turn: {event:?}");
        assert!(self.turns_open() == 0 && self.run.is_none(), "C3: the end leaves something open");
        self.ended = true;
    }

    fn take_in_turn(&mut self, id: TurnId, event: &Event) {
        if let Event::MessageAccepted { client_message_id, message_id, .. } = event {
            assert!(self.clients.insert(client_message_id.to_string()), "a client id was accepted twice");
            assert!(self.messages.insert(*message_id), "a message id was given twice");
            let joins = self.turns.entry(id).or_default();
            assert!(!joins.is_over, "C3: a message joins a turn that is over");
            return;
        }
        if let Event::ApprovalResolved { approval_id, .. } = event {
            assert!(self.questions.remove(approval_id), "a decision about what was not asked, or was decided");
            let turn = self.turns.entry(id).or_default();
            assert!(!turn.is_over && (turn.runs == 0 || self.run.is_some()), "a decision in the middle of nothing");
            return;
        }
        let turn = self.turns.get_mut(&id).expect("a turn begins with its message or decision");
        assert!(!turn.is_over, "C3: something follows `turn_end`");
        if let Event::TurnEnd { runs, .. } = event {
            assert!(self.open_turn != Some(id) || self.run.is_none(), "C3: a turn ends before its run");
            assert_eq!(*runs, turn.runs, "the count of runs");
            turn.is_over = true;
            // An id of a call is the agent's own; that no other turn has it is for the agent to see to.
            if self.open_turn == Some(id) {
                self.open_turn = None;
                self.calls.clear();
            }
            return;
        }
        assert_eq!(*self.open_turn.get_or_insert(id), id, "C2: one turn at a time");
        self.take_in_open_turn(id, event);
    }

    fn take_in_open_turn(&mut self, id: TurnId, event: &Event) {
        match event {
            Event::AgentSwitch { from_agent, to_agent, .. } => {
                assert!(self.run.is_none(), "C2: a switch while a run is open");
                assert_eq!(*from_agent, self.agent.as_ref().map_or("none", AgentId::as_str));
                assert_ne!(self.agent.as_ref(), Some(to_agent), "a switch changes the agent");
                self.agent = Some(to_agent.clone());
            }
            Event::AgentStart { agent_id, run_id, .. } => {
                assert!(self.run.is_none(), "C2: one run at a time");
                assert!(self.runs_started.insert(*run_id), "a run id was given twice");
                assert_eq!(self.agent.as_ref(), Some(agent_id), "a start without its switch");
                self.turns.get_mut(&id).unwrap().runs += 1;
                let (message, calls) = (None, HashSet::new());
                self.run = Some(Run { id: *run_id, agent: agent_id.clone(), message, calls });
            }
            Event::Error { run_id: None, .. } => {
                assert!(self.run.is_none(), "an error of the turn while a run is open");
            }
            Event::Error { run_id: Some(run_id), .. } | Event::AgentComplete { run_id, .. } => {
                let run = self.run.take().expect("C3: one end of each run");
                assert_eq!(run.id, *run_id, "C3: the end of another run");
                assert!(run.message.is_none() && run.calls.is_empty(), "C4: a run left something open: {run:?}");
            }
            event => self.take_in_run(event),
        }
    }

    fn take_in_run(&mut self, event: &Event) {
        let run = self.run.as_mut().expect("C6: a word outside a run");
        match event {
            Event::ContentChunk { content, message_id, agent_id } => {
                assert!(!content.is_empty(), "an empty chunk");
                assert_eq!(*agent_id, run.agent);
                let messages = &mut self.messages;
                let (open, text) = run.message.get_or_insert_with(|| {
                    assert!(messages.insert(*message_id), "a message id was given twice");
                    (*message_id, String::new())
                });
                assert_eq!(*open, *message_id, "C4: a message opens within another");
                text.push_str(content);
            }
            Event::MessageComplete { message_id, content, .. } => {
                let (open, text) = run.message.take().expect("C4: the end of no message");
                assert_eq!((open, &text), (*message_id, content), "C5: the chunks are the message");
            }
            Event::ToolExecution { tool_call_id, .. } => {
                assert!(self.calls.insert(tool_call_id.clone()), "C4: a call id twice");
                run.calls.insert(tool_call_id.clone());
            }
            Event::ToolResult { tool_call_id, .. } => {
                assert!(run.calls.remove(tool_call_id), "C4: a result of no call");
            }
            Event::ContextUpdated { .. } => {}
            Event::StepComplete { agent_id, .. } | Event::InputRequest { agent_id, .. } => {
                assert!(*agent_id == run.agent && run.message.is_none(), "C4: a message goes over a step");
            }
            Event::ApprovalRequest { approval_id, agent_id, .. } => {
                assert!(*agent_id == run.agent && run.message.is_none(), "C4: a message goes over a question");
                self.questions.insert(*approval_id);
            }
            other => panic!("not in a run: {other:?}"),
        }
    }
}

/// C8, without what is lost with the process: early cancels, whether the run takes steers, those that it took since the
/// last event, and the order of the turns that wait after an interrupt.
#[track_caller]
pub(super) fn same_facts(live: &ConversationState, replayed: &ConversationState) {
    assert_eq!((live.head, live.status), (replayed.head, replayed.status), "C8");
    assert_eq!(live.current_agent, replayed.current_agent, "C8");
    assert_eq!((&live.questions, &live.awaiting), (&replayed.questions, &replayed.awaiting), "C8");
    assert_eq!(live.waiting.len(), replayed.waiting.len(), "C8: the queue");
    assert!(live.waiting.iter().all(|turn| replayed.waiting.contains(turn)), "C8: the queue");
    match (&live.open, &replayed.open) {
        (Some(live), Some(replayed)) => {
            let live = OpenTurn { taking: Vec::new(), ..live.clone() };
            assert_eq!(live, *replayed, "C8");
        }
        (live, replayed) => assert_eq!(live, replayed, "C8"),
    }
}
