//! What is kept beside an event: stored in the same transaction, never on the wire.

use std::sync::Arc;

use protocol::{RunId, ToolCallId, event::JsonObject};
use serde_json::Value;

use super::run::{ToolEffect, ToolIntent};

/// What is kept beside an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// Beside a `message_accepted`.
    Accepted {
        /// The client's own fields, never read.
        metadata: JsonObject,
        /// The hash of the content: tells a duplicate from a conflict.
        body_hash: [u8; 32],
    },
    /// Beside a `tool_execution`, and beside its `tool_result`: the call's line in the ledger of effects.
    Effect(EffectNote),
    /// Beside what a workflow did or asks: where it is from here on. Takes the place of the one before.
    Checkpoint(Checkpoint),
}

/// Where a workflow is: all that is needed to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whether it runs, waits or is over.
    pub status: CheckpointStatus,
    /// The version of its graph.
    pub version: Arc<str>,
    /// Its progress as JSON; empty where it is over.
    pub progress: Arc<str>,
}

/// Whether a workflow runs, waits or is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointStatus {
    /// In the middle of a turn.
    Running,
    /// For a message or a decision.
    Waiting,
    /// The next message begins anew.
    Over,
}

impl CheckpointStatus {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Over => "over",
        }
    }
}

impl std::str::FromStr for CheckpointStatus {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = [Self::Running, Self::Waiting, Self::Over];
        let found = all.into_iter().find(|status| status.as_str() == word);
        found.ok_or_else(|| format!("`{word}` is no status of a checkpoint"))
    }
}

/// A tool call as the ledger of effects has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectNote {
    /// The run that calls.
    pub run_id: RunId,
    /// What the call may change.
    pub effect: ToolEffect,
    /// The same for every attempt of one call: the id of the first.
    pub idempotency_key: ToolCallId,
    /// BLAKE3 over the arguments as JSON.
    pub arguments_hash: [u8; 32],
    /// How far it is.
    pub status: EffectStatus,
}

/// How far a tool call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectStatus {
    /// It is about to be made, or was made and has no result yet.
    Intent,
    /// The tool answered, and the answer is in the log.
    Done,
    /// The run ended before the tool answered: whether it took effect is not known.
    Unknown,
}

impl EffectStatus {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Done => "done",
            Self::Unknown => "unknown",
        }
    }
}

impl std::str::FromStr for EffectStatus {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = [Self::Intent, Self::Done, Self::Unknown];
        all.into_iter().find(|status| status.as_str() == word).ok_or_else(|| format!("`{word}` is no status of a call"))
    }
}

impl EffectNote {
    pub(super) fn of(run_id: RunId, intent: &ToolIntent) -> Self {
        Self {
            run_id,
            effect: intent.effect,
            idempotency_key: intent.idempotency_key.clone(),
            arguments_hash: *hash(&intent.arguments).as_bytes(),
            status: EffectStatus::Intent,
        }
    }
}

impl Note {
    pub(super) fn body_hash(&self) -> Option<[u8; 32]> {
        match self {
            Self::Accepted { body_hash, .. } => Some(*body_hash),
            Self::Effect(_) | Self::Checkpoint(_) => None,
        }
    }

    pub(super) fn effect(&self) -> Option<&EffectNote> {
        match self {
            Self::Effect(effect) => Some(effect),
            Self::Accepted { .. } | Self::Checkpoint(_) => None,
        }
    }
}

/// What a decision about a call is bound to: 64 hexadecimal digits of BLAKE3 over the arguments as JSON, whose keys are in
/// the order of their letters.
pub fn arguments_hash(arguments: &Value) -> String {
    hash(arguments).to_hex().to_string()
}

/// The hash that tells calls apart without keeping their arguments twice.
fn hash(arguments: &Value) -> blake3::Hash {
    blake3::hash(arguments.to_string().as_bytes())
}
