//! What the memory store answers.

use std::sync::Arc;

use protocol::{AgentId, ClientMessageId, MessageId, Seq, TurnId, event::Role};

use super::{Conversation, State};
use crate::{
    agent::PastMessage,
    store::{
        AcceptedMessage, ConversationKey, ConversationRecord, EventPage, Found, InteractionRecord, InternalId,
        MessageRecord, Owner, Page, PageRequest, StoreError, TurnRecord,
        cursor::{ConversationPlace, LogList, page_limit, page_of},
        projection::{InteractionRow, MessageRow, TurnState},
    },
};

impl State {
    pub(in crate::store::memory) fn conversation(
        &self,
        key: &ConversationKey,
    ) -> Found<(InternalId, ConversationRecord)> {
        match self.names.get(key).and_then(|id| Some((*id, self.conversations.get(id)?))) {
            None => Found::NotFound,
            Some((_, conversation)) if conversation.erased => Found::Erased,
            Some((id, conversation)) => Found::Here((id, record(conversation))),
        }
    }

    pub(in crate::store::memory) fn conversations(
        &self,
        owner: &Owner,
        page: &PageRequest,
    ) -> Result<Page<ConversationRecord>, StoreError> {
        let before = ConversationPlace::parse(page.cursor.as_deref())?;
        let mut found: Vec<_> = self
            .conversations
            .iter()
            .filter(|(_, conversation)| conversation.key.owner == *owner && !conversation.erased)
            .map(|(id, conversation)| (conversation.updated_at, *id, conversation))
            .filter(|(at, id, _)| before.is_none_or(|place| (*at, *id) < (place.updated_at, place.id)))
            .collect();
        found.sort_by_key(|(at, id, _)| std::cmp::Reverse((*at, *id)));
        let limit = page_limit(page);
        found.truncate(limit + 1);
        let page = page_of(found, limit, |(updated_at, id, _)| {
            ConversationPlace { updated_at: *updated_at, id: *id }.cursor()
        });
        Ok(Page {
            items: page.items.into_iter().map(|(_, _, conversation)| record(conversation)).collect(),
            next: page.next,
        })
    }

    pub(in crate::store::memory) fn unfinished(&self) -> Vec<ConversationKey> {
        let open = self.conversations.values().filter(|conversation| conversation.open_turn().is_some());
        open.map(|conversation| conversation.key.clone()).collect()
    }

    pub(in crate::store::memory) fn events(
        &self,
        id: InternalId,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Found<EventPage> {
        let Some(conversation) = self.conversations.get(&id) else { return Found::NotFound };
        if conversation.erased {
            return Found::Erased;
        }
        // As in the table: nothing where the position itself is not kept.
        let skipped = if after < conversation.head() { conversation.place(after.next()) } else { None };
        let mut bytes = 0;
        let numbered = conversation
            .events
            .iter()
            .zip(conversation.first_seq().0..)
            .map(|(body, seq)| (Seq(seq), Arc::clone(body)));
        let events = numbered
            .skip(skipped.unwrap_or(usize::MAX))
            .take(limit)
            .take_while(|(_, body)| {
                let first = bytes == 0;
                bytes += body.len();
                first || bytes <= bytes_max
            })
            .collect();
        let (epoch, first_seq, head) = (conversation.epoch.clone(), conversation.first_seq(), conversation.head());
        Found::Here(EventPage { epoch, first_seq, head, events })
    }

    pub(in crate::store::memory) fn accepted(
        &self,
        id: InternalId,
        client: &ClientMessageId,
    ) -> Option<AcceptedMessage> {
        let mut messages = self.rows(id).iter().filter_map(accepted);
        messages.find(|message| message.client_message_id == *client)
    }

    pub(in crate::store::memory) fn history(
        &self,
        id: InternalId,
        before: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Vec<PastMessage> {
        let spoken = |row: &&MessageRow| {
            row.seq < before && matches!(row.role, Role::User | Role::Assistant) && !row.content.is_empty()
        };
        let mut bytes = 0;
        let newest = self.rows(id).iter().rev().filter(spoken).take(limit).take_while(|row| {
            bytes += row.content.len();
            bytes <= bytes_max
        });
        let mut found: Vec<_> = newest.map(past).collect();
        found.reverse();
        found
    }

    pub(in crate::store::memory) fn messages(
        &self,
        id: InternalId,
        page: &PageRequest,
    ) -> Result<Page<MessageRecord>, StoreError> {
        let after = LogList::Messages.after(page.cursor.as_deref())?;
        let limit = page_limit(page);
        let found = self.rows(id).iter().filter(|row| row.seq > after).take(limit + 1).map(message).collect();
        Ok(page_of(found, limit, |row| LogList::Messages.cursor(row.seq)))
    }

    pub(in crate::store::memory) fn latest_messages(
        &self,
        id: InternalId,
        up_to: Seq,
        limit: u32,
    ) -> Vec<MessageRecord> {
        let rows = self.rows(id);
        let rows = &rows[..rows.partition_point(|row| row.seq <= up_to)];
        let skip = rows.len().saturating_sub(limit as usize);
        rows.iter().skip(skip).map(message).collect()
    }

    pub(in crate::store::memory) fn turn(&self, id: InternalId, turn: TurnId) -> Option<TurnRecord> {
        let row = self.conversations.get(&id)?.turns.iter().find(|row| row.id == turn)?;
        let ended = match row.state {
            TurnState::Ended(status) => Some(status),
            TurnState::Queued | TurnState::Running => None,
        };
        let (runs, seq_accepted, seq_end) = (row.runs, row.seq_accepted, row.seq_end);
        Some(TurnRecord { turn_id: row.id, ended, runs, seq_accepted, seq_end })
    }

    pub(in crate::store::memory) fn interactions(
        &self,
        id: InternalId,
        page: &PageRequest,
    ) -> Result<Page<InteractionRecord>, StoreError> {
        let after = LogList::Interactions.after(page.cursor.as_deref())?;
        let limit = page_limit(page);
        let rows = self.conversations.get(&id).map_or(&[][..], |conversation| &conversation.interactions);
        let found = rows.iter().filter(|row| row.seq > after).take(limit + 1).map(interaction).collect();
        Ok(page_of(found, limit, |row| LogList::Interactions.cursor(row.seq)))
    }

    pub(in crate::store::memory) fn agent_switches(&self) -> Vec<(AgentId, bool)> {
        self.switches.iter().map(|(agent, enabled)| (agent.clone(), *enabled)).collect()
    }

    pub(in crate::store::memory) fn set_agent_switch(&mut self, agent: &AgentId, enabled: bool) {
        self.switches.insert(agent.clone(), enabled);
    }

    fn rows(&self, id: InternalId) -> &[MessageRow] {
        self.conversations.get(&id).map_or(&[], |conversation| &conversation.messages)
    }
}

pub(super) fn record(conversation: &Conversation) -> ConversationRecord {
    ConversationRecord {
        conversation_id: conversation.key.id,
        status: conversation.status,
        current_agent: conversation.current_agent.clone(),
        epoch: conversation.epoch.clone(),
        first_seq: conversation.first_seq(),
        head: conversation.head(),
        open_turn: conversation.open_turn().map(|turn| turn.id),
        created_at: conversation.created_at,
        updated_at: conversation.updated_at,
        metadata: conversation.metadata.clone(),
    }
}

pub(super) fn accepted(row: &MessageRow) -> Option<AcceptedMessage> {
    let (client_message_id, body_hash) = row.client.clone()?;
    let message_id = MessageId(row.id);
    Some(AcceptedMessage { client_message_id, body_hash, turn_id: row.turn_id, message_id, seq: row.seq })
}

fn past(row: &MessageRow) -> PastMessage {
    PastMessage {
        id: MessageId(row.id),
        seq: row.seq,
        turn_id: row.turn_id,
        role: row.role,
        agent_id: row.agent_id.clone(),
        content: row.content.clone(),
    }
}

fn message(row: &MessageRow) -> MessageRecord {
    MessageRecord {
        message_id: MessageId(row.id),
        turn_id: row.turn_id,
        seq: row.seq,
        role: row.role,
        agent_id: row.agent_id.clone(),
        content: row.content.clone(),
        status: row.status,
        tool_calls: row.tool_calls.clone(),
        tool_call_id: row.tool_call_id.clone(),
        tool_name: row.tool_name.clone(),
        at: row.at,
    }
}

fn interaction(row: &InteractionRow) -> InteractionRecord {
    InteractionRecord {
        seq: row.seq,
        turn_id: row.turn_id,
        agent_id: row.agent_id.clone(),
        action_type: row.action_type.to_owned(),
        from_agent: row.from_agent.clone(),
        reason: row.reason.clone(),
        state_snapshot: row.state_snapshot.clone(),
        at: row.at,
    }
}
