//! What the rows beside the log are, given the events of one append. Pure: the memory twin and the SQL store use the
//! same function, so they cannot differ in it.
//!
//! Each row follows from its event alone and not from how events were grouped into appends: so the rows could be built
//! again from the log. That is why a tool call is a message of its own (an assistant's, without text, with the call in
//! `tool_calls`, at the place of its `tool_execution`), followed by the tool's message at its `tool_result`. Models read
//! a history in this form.

mod check;
mod rows;
mod waits;

use protocol::{
    MessageId, Seq,
    event::{Envelope, Event, MessageStatus, Role},
};
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::{
    check::Unfit,
    rows::{
        ApprovalRow, AskedRow, CheckpointRow, EffectRow, InteractionRow, MessageRow, ResolvedRow, Rows, TakenRow,
        TurnRow, TurnState,
    },
};
use super::{AcceptedNote, EffectNote, InternalId, StoredEvent};

/// The characters of a tool's name that the table keeps; the log has all of them.
const TOOL_NAME_CHARS_MAX: usize = 100;
/// The characters of an agent's id that the table keeps.
const AGENT_ID_CHARS_MAX: usize = 50;

/// The rows that follow from the events of one append.
///
/// # Errors
/// [`Unfit`]: nothing of the append may be stored.
pub fn project(conversation: InternalId, events: &[StoredEvent]) -> Result<Rows, Unfit> {
    check::order(events)?;
    let mut rows = Rows::default();
    for event in events {
        check::text(event)?;
        let mut projector = Projector { conversation, envelope: &event.envelope, rows: &mut rows };
        projector.add(event.accepted.as_deref())?;
        projector.effect(event.effect.as_deref());
        projector.taken(&event.taken);
        projector.checkpoint(event.checkpoint.as_ref());
    }
    Ok(rows)
}

struct Projector<'a> {
    conversation: InternalId,
    envelope: &'a Envelope,
    rows: &'a mut Rows,
}

impl Projector<'_> {
    fn add(&mut self, note: Option<&AcceptedNote>) -> Result<(), Unfit> {
        match &self.envelope.event {
            Event::MessageAccepted { .. } => return self.accepted(note),
            Event::MessageComplete { .. } | Event::ToolExecution { .. } | Event::ToolResult { .. } => {
                return self.said();
            }
            Event::AgentStart { .. } => {
                self.turn(TurnState::Running, None, 1);
                self.interaction();
            }
            Event::AgentSwitch { to_agent, .. } => {
                self.rows.current_agent = Some(to_agent.clone());
                self.interaction();
            }
            Event::AgentComplete { .. } | Event::Error { .. } => self.interaction(),
            Event::TurnEnd { status, runs, .. } => {
                self.turn(TurnState::Ended(*status), Some(self.envelope.seq), *runs);
            }
            Event::ConversationEnd { .. } => self.rows.ended = true,
            Event::ApprovalRequest { .. } => self.approval(),
            Event::ApprovalResolved { .. } => {
                self.approval();
                // Opens a turn where it stands in none yet.
                self.turn(TurnState::Queued, None, 0);
            }
            Event::ContentChunk { .. }
            | Event::InputRequest { .. }
            | Event::StepComplete { .. }
            | Event::ContextUpdated { .. } => {}
        }
        Ok(())
    }

    fn accepted(&mut self, note: Option<&AcceptedNote>) -> Result<(), Unfit> {
        let Event::MessageAccepted { client_message_id, message_id, content, role } = &self.envelope.event else {
            return Ok(());
        };
        let note = note.ok_or(Unfit::NoNote(self.envelope.seq))?;
        let row = MessageRow {
            id: message_id.0,
            role: *role,
            content: content.clone(),
            metadata: Some(Value::Object(note.metadata.clone())),
            client: Some((client_message_id.clone(), note.body_hash)),
            ..self.message()?
        };
        self.rows.messages.push(row);
        self.turn(TurnState::Queued, None, 0);
        Ok(())
    }

    fn said(&mut self) -> Result<(), Unfit> {
        let row = self.message()?;
        let row = match &self.envelope.event {
            Event::MessageComplete { message_id, agent_id, content, status } => MessageRow {
                id: message_id.0,
                agent_id: Some(agent_id.clone()),
                content: content.clone(),
                status: *status,
                ..row
            },
            Event::ToolExecution { tool_name, agent_id, tool_call_id, arguments } => MessageRow {
                agent_id: Some(agent_id.clone()),
                tool_calls: Some(json!([{ "id": tool_call_id, "name": tool_name, "arguments": arguments }])),
                ..row
            },
            Event::ToolResult { result, tool_name, agent_id, tool_call_id, is_error, truncated } => MessageRow {
                role: Role::Tool,
                agent_id: Some(agent_id.clone()),
                content: result.to_string(),
                tool_call_id: Some(tool_call_id.to_string()),
                tool_name: Some(cut(tool_name, TOOL_NAME_CHARS_MAX)),
                metadata: Some(json!({ "isError": is_error, "truncated": truncated })),
                ..row
            },
            _ => return Ok(()),
        };
        self.rows.messages.push(row);
        Ok(())
    }

    /// A call's line in the ledger. Events from before there was one have none.
    fn effect(&mut self, note: Option<&EffectNote>) {
        let (Some(note), Some(turn_id)) = (note, self.envelope.turn_id) else { return };
        let (Event::ToolExecution { tool_name, agent_id, tool_call_id, .. }
        | Event::ToolResult { tool_name, agent_id, tool_call_id, .. }) = &self.envelope.event
        else {
            return;
        };
        let is_result = matches!(self.envelope.event, Event::ToolResult { .. });
        self.rows.add_effect(EffectRow {
            turn_id,
            call_id: tool_call_id.clone(),
            agent_id: agent_id.clone(),
            tool_name: cut(tool_name, TOOL_NAME_CHARS_MAX),
            note: note.clone(),
            seq_intent: self.envelope.seq,
            seq_result: is_result.then_some(self.envelope.seq),
            created_at: self.envelope.at,
            updated_at: self.envelope.at,
        });
    }

    /// What the run took since the event before.
    fn taken(&mut self, messages: &[MessageId]) {
        let (seq, at) = (self.envelope.seq, self.envelope.at);
        self.rows.taken.extend(messages.iter().map(|message_id| TakenRow { seq, message_id: *message_id, at }));
    }

    /// An assistant's message without content, where this event stands.
    fn message(&self) -> Result<MessageRow, Unfit> {
        Ok(MessageRow {
            id: self.row_id("message"),
            turn_id: self.envelope.turn_id.ok_or(Unfit::NoTurn(self.envelope.seq))?,
            seq: self.envelope.seq,
            role: Role::Assistant,
            agent_id: None,
            content: String::new(),
            status: MessageStatus::Complete,
            tool_calls: None,
            tool_call_id: None,
            tool_name: None,
            metadata: None,
            client: None,
            at: self.envelope.at,
        })
    }

    fn turn(&mut self, state: TurnState, seq_end: Option<Seq>, runs: u32) {
        let Some(id) = self.envelope.turn_id else { return };
        let at = self.envelope.at;
        let ended_at = seq_end.map(|_| at);
        let seq_accepted = self.envelope.seq;
        self.rows.add_turn(TurnRow { id, state, seq_accepted, seq_end, runs, created_at: at, ended_at });
    }

    fn interaction(&mut self) {
        let (agent_id, action_type, from_agent, reason, state_snapshot) = match &self.envelope.event {
            Event::AgentStart { agent_id, .. } => (agent_id.as_str(), "start", None, None, None),
            Event::AgentSwitch { from_agent, to_agent, reason, .. } => {
                let from = cut(from_agent, AGENT_ID_CHARS_MAX);
                (to_agent.as_str(), "switch", Some(from), Some(reason.as_str()), None)
            }
            Event::AgentComplete { agent_id, status, final_state, .. } => {
                let state = Value::Object(final_state.clone());
                (agent_id.as_str(), "complete", None, Some(status.as_str()), Some(state))
            }
            Event::Error { agent_id, code, .. } => (agent_id.as_str(), "error", None, Some(code.as_str()), None),
            _ => return,
        };
        self.rows.interactions.push(InteractionRow {
            id: self.row_id("interaction"),
            turn_id: self.envelope.turn_id,
            seq: self.envelope.seq,
            agent_id: cut(agent_id, AGENT_ID_CHARS_MAX),
            action_type,
            from_agent,
            reason: reason.map(str::to_owned),
            state_snapshot,
            at: self.envelope.at,
        });
    }

    /// The id of a row whose event brings none: made from its place, so that it is the same whenever it is made.
    fn row_id(&self, table: &str) -> Uuid {
        let mut hash = blake3::Hasher::new_derive_key("switchboard row id");
        hash.update(self.conversation.0.as_bytes()).update(&self.envelope.seq.0.to_be_bytes()).update(table.as_bytes());
        let mut bytes = [0; 16];
        hash.finalize_xof().fill(&mut bytes);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

#[cfg(test)]
mod tests;
