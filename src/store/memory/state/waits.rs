//! Where workflows are, and what they ask people.

use std::collections::BTreeSet;

use protocol::{AgentId, ApprovalId};

use super::{Conversation, State};
use crate::store::{
    ApprovalRecord, CheckpointRecord, CheckpointStatus, InternalId, Question,
    projection::{ApprovalRow, CheckpointRow},
};

impl Conversation {
    pub(super) fn add_waits(&mut self, checkpoints: Vec<CheckpointRow>, approvals: Vec<ApprovalRow>) {
        for row in checkpoints {
            match self.checkpoints.iter_mut().find(|known| known.agent_id == row.agent_id) {
                Some(known) => *known = row,
                None => self.checkpoints.push(row),
            }
        }
        for row in approvals {
            match self.approvals.iter_mut().find(|known| known.id == row.id) {
                Some(known) => known.absorb(row),
                None => self.approvals.push(row),
            }
        }
    }

    pub(super) fn questions(&self) -> Vec<Question> {
        let open = self.approvals.iter().filter(|row| row.resolved.is_none());
        let question = |row: &ApprovalRow| {
            row.asked.as_ref().map(|asked| Question {
                approval_id: row.id,
                agent_id: row.agent_id.clone(),
                arguments_hash: asked.arguments_hash.clone(),
                expires_at: asked.expires_at,
            })
        };
        open.filter_map(question).collect()
    }

    pub(super) fn awaiting(&self) -> BTreeSet<AgentId> {
        let waits = self.checkpoints.iter().filter(|row| row.checkpoint.status == CheckpointStatus::Waiting);
        waits.map(|row| row.agent_id.clone()).collect()
    }
}

impl State {
    pub(in crate::store::memory) fn checkpoint(&self, id: InternalId, agent: &AgentId) -> Option<CheckpointRecord> {
        let row = self.conversations.get(&id)?.checkpoints.iter().find(|row| row.agent_id == *agent)?;
        let checkpoint = row.checkpoint.as_ref().clone();
        Some(CheckpointRecord { turn_id: row.turn_id, seq: row.seq, checkpoint })
    }

    pub(in crate::store::memory) fn approval(&self, id: InternalId, approval: ApprovalId) -> Option<ApprovalRecord> {
        let row = self.conversations.get(&id)?.approvals.iter().find(|row| row.id == approval)?;
        let asked = row.asked.as_ref()?;
        Some(ApprovalRecord {
            approval_id: row.id,
            agent_id: row.agent_id.clone(),
            call_id: asked.call_id.clone(),
            tool_name: asked.tool_name.clone(),
            arguments: asked.arguments.clone(),
            arguments_hash: asked.arguments_hash.clone(),
            expires_at: asked.expires_at,
            decision: row.resolved.as_ref().map(|resolved| resolved.decision),
            turn_resolved: row.resolved.as_ref().map(|resolved| resolved.turn_id),
        })
    }

    pub(in crate::store::memory) fn keep_graph(&mut self, version: &str, definition: &str) {
        self.graphs.entry(version.to_owned()).or_insert_with(|| definition.to_owned());
    }

    pub(in crate::store::memory) fn graph(&self, version: &str) -> Option<String> {
        self.graphs.get(version).cloned()
    }
}
