//! Rows as the store's callers get them. What does not parse is damaged: the server wrote it in one form only.

use std::str::FromStr;

use entity::{agent_interaction, message, turn};
use protocol::{ConversationId, MessageId, RunId, Seq, Timestamp, TurnId};
use sea_orm::{FromQueryResult, prelude::*};

use super::error::damaged;
use crate::{
    agent::PastMessage,
    store::{
        AcceptedMessage, ConversationRecord, ConversationStatus, EffectNote, EffectRecord, InteractionRecord,
        MessageRecord, StoreError, TurnRecord,
    },
};

/// A conversation as the statements select it.
#[derive(Debug, FromQueryResult)]
pub(super) struct ConversationRow {
    pub(super) id: Uuid,
    public_id: Uuid,
    pub(super) status: String,
    current_agent: Option<String>,
    epoch: String,
    first_seq: i64,
    pub(super) head: i64,
    pub(super) fence: i64,
    created_at: DateTimeUtc,
    updated_at: DateTimeUtc,
    metadata: Json,
    /// Selected by some statements alone.
    pub(super) open_turn: Option<Uuid>,
}

impl ConversationRow {
    pub(super) fn updated_at(&self) -> Timestamp {
        self.updated_at.into()
    }

    pub(super) fn record(self) -> Result<ConversationRecord, StoreError> {
        let status = match self.status.as_str() {
            "open" => ConversationStatus::Open,
            "ended" => ConversationStatus::Ended,
            other => return Err(damaged("the status of a conversation", format!("`{other}` is none"))),
        };
        let Json::Object(metadata) = self.metadata else {
            return Err(damaged("the metadata of a conversation", "it is no JSON object"));
        };
        Ok(ConversationRecord {
            conversation_id: ConversationId(self.public_id),
            status,
            current_agent: self.current_agent.as_deref().map(parsed).transpose()?,
            epoch: parsed(&self.epoch)?,
            first_seq: seq(self.first_seq)?,
            head: seq(self.head)?,
            open_turn: self.open_turn.map(TurnId),
            created_at: self.created_at.into(),
            updated_at: self.updated_at.into(),
            metadata,
        })
    }
}

/// An accepted message as the statements select it.
#[derive(Debug, FromQueryResult)]
pub(super) struct AcceptedRow {
    id: Uuid,
    turn_id: Uuid,
    seq: i64,
    client_message_id: String,
    body_hash: Vec<u8>,
}

/// A line of the ledger as the statements select it.
#[derive(Debug, FromQueryResult)]
pub(super) struct EffectColumns {
    turn_id: Uuid,
    tool_call_id: String,
    run_id: Uuid,
    effect: String,
    idempotency_key: String,
    arguments_hash: Vec<u8>,
    status: String,
}

impl EffectColumns {
    pub(super) fn record(self) -> Result<EffectRecord, StoreError> {
        let hash = <[u8; 32]>::try_from(self.arguments_hash);
        let note = EffectNote {
            run_id: RunId(self.run_id),
            effect: parsed(&self.effect)?,
            idempotency_key: parsed(&self.idempotency_key)?,
            arguments_hash: hash
                .map_err(|hash| damaged("the hash of arguments", format!("it has {} bytes", hash.len())))?,
            status: parsed(&self.status)?,
        };
        Ok(EffectRecord { turn_id: TurnId(self.turn_id), call_id: parsed(&self.tool_call_id)?, note })
    }
}

impl AcceptedRow {
    pub(super) fn message(self) -> Result<AcceptedMessage, StoreError> {
        let hash = <[u8; 32]>::try_from(self.body_hash);
        Ok(AcceptedMessage {
            client_message_id: parsed(&self.client_message_id)?,
            body_hash: hash.map_err(|hash| damaged("the hash of a message", format!("it has {} bytes", hash.len())))?,
            turn_id: TurnId(self.turn_id),
            message_id: MessageId(self.id),
            seq: seq(self.seq)?,
        })
    }
}

/// A spoken message as the statements select it.
#[derive(Debug, FromQueryResult)]
pub(super) struct PastRow {
    id: Uuid,
    seq: i64,
    turn_id: Uuid,
    role: String,
    agent_id: Option<String>,
    pub(super) content: String,
}

impl PastRow {
    pub(super) fn message(self) -> Result<PastMessage, StoreError> {
        Ok(PastMessage {
            id: MessageId(self.id),
            seq: seq(self.seq)?,
            turn_id: TurnId(self.turn_id),
            role: parsed(&self.role)?,
            agent_id: self.agent_id.as_deref().map(parsed).transpose()?,
            content: self.content,
        })
    }
}

pub(super) fn turn_record(row: turn::Model) -> Result<TurnRecord, StoreError> {
    let seq_end = row.seq_end.map(seq).transpose()?;
    Ok(TurnRecord {
        turn_id: TurnId(row.id),
        ended: seq_end.map(|_| parsed(&row.status)).transpose()?,
        runs: u32::try_from(row.runs).map_err(|error| damaged("the runs of a turn", error))?,
        seq_accepted: seq(row.seq_accepted)?,
        seq_end,
    })
}

pub(super) fn message_record(row: message::Model) -> Result<MessageRecord, StoreError> {
    Ok(MessageRecord {
        message_id: MessageId(row.id),
        turn_id: TurnId(row.turn_id),
        seq: seq(row.seq)?,
        role: parsed(&row.role)?,
        agent_id: row.agent_id.as_deref().map(parsed).transpose()?,
        content: row.content,
        status: parsed(&row.status)?,
        tool_calls: row.tool_calls,
        tool_call_id: row.tool_call_id,
        tool_name: row.tool_name,
        at: row.created_at.into(),
    })
}

pub(super) fn interaction_record(row: agent_interaction::Model) -> Result<InteractionRecord, StoreError> {
    Ok(InteractionRecord {
        seq: seq(row.seq)?,
        turn_id: row.turn_id.map(TurnId),
        agent_id: row.agent_id,
        action_type: row.action_type,
        from_agent: row.from_agent,
        reason: row.reason,
        state_snapshot: row.state_snapshot,
        at: row.created_at.into(),
    })
}

/// A place in the log as the databases have it.
pub(super) fn seq(number: i64) -> Result<Seq, StoreError> {
    u64::try_from(number).map(Seq).map_err(|error| damaged(&format!("the seq {number}"), error))
}

pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| damaged("a word in a row", error))
}
