//! What the memory store keeps, and how it changes.

mod reads;
mod sweep;
mod waits;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::{AgentId, Envelope, Epoch, Seq, Timestamp, event::JsonObject};
use uuid::Uuid;

use crate::store::{
    ConversationKey, ConversationStatus, EffectRecord, Fence, InternalId, NewConversation, Opened, StoreError,
    StoredEvent, Write, Written, nul,
    projection::{ApprovalRow, CheckpointRow, EffectRow, InteractionRow, MessageRow, Rows, TakenRow, TurnRow, project},
};

/// The latest accepted messages that an opened conversation brings.
const RECENT_MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct State {
    names: BTreeMap<ConversationKey, InternalId>,
    conversations: BTreeMap<InternalId, Conversation>,
    switches: BTreeMap<AgentId, bool>,
    /// The ids of all messages: unique, as in the table.
    message_ids: BTreeSet<Uuid>,
    /// By version.
    graphs: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Conversation {
    key: ConversationKey,
    status: ConversationStatus,
    erased: bool,
    current_agent: Option<AgentId>,
    epoch: Epoch,
    fence: Fence,
    created_at: Timestamp,
    updated_at: Timestamp,
    metadata: JsonObject,
    /// How many events at the beginning of the log are gone.
    trimmed: u64,
    /// The log from there on.
    events: Vec<Arc<str>>,
    turns: Vec<TurnRow>,
    messages: Vec<MessageRow>,
    interactions: Vec<InteractionRow>,
    effects: Vec<EffectRow>,
    taken: Vec<TakenRow>,
    checkpoints: Vec<CheckpointRow>,
    approvals: Vec<ApprovalRow>,
}

impl Conversation {
    fn new(key: ConversationKey, new: NewConversation, now: Timestamp) -> Self {
        Self {
            key,
            status: ConversationStatus::Open,
            erased: false,
            current_agent: None,
            epoch: new.epoch,
            fence: Fence(1),
            created_at: now,
            updated_at: now,
            metadata: new.metadata,
            trimmed: 0,
            events: Vec::new(),
            turns: Vec::new(),
            messages: Vec::new(),
            interactions: Vec::new(),
            effects: Vec::new(),
            taken: Vec::new(),
            checkpoints: Vec::new(),
            approvals: Vec::new(),
        }
    }

    fn head(&self) -> Seq {
        Seq(self.trimmed + self.events.len() as u64)
    }

    fn first_seq(&self) -> Seq {
        Seq(self.trimmed + 1)
    }

    /// Where an event stands in `events`; none for one that was trimmed.
    fn place(&self, seq: Seq) -> Option<usize> {
        usize::try_from(seq.0.checked_sub(self.trimmed + 1)?).ok()
    }

    fn holds(&self, event: &StoredEvent) -> bool {
        let index = self.place(event.seq());
        index.and_then(|index| self.events.get(index)).is_some_and(|body| *body == event.body)
    }

    fn add(&mut self, events: &[StoredEvent], rows: Rows) {
        self.events.extend(events.iter().map(|event| Arc::clone(&event.body)));
        // Text alone leaves it as it is, as in the table.
        let news = events.last().filter(|_| !rows.is_empty());
        self.updated_at = news.map_or(self.updated_at, |event| event.envelope.at);
        self.current_agent = rows.current_agent.or(self.current_agent.take());
        if rows.ended {
            self.status = ConversationStatus::Ended;
        }
        for row in rows.turns {
            match self.turns.iter_mut().find(|turn| turn.id == row.id) {
                Some(turn) => turn.absorb(&row),
                None => self.turns.push(row),
            }
        }
        self.messages.extend(rows.messages);
        self.interactions.extend(rows.interactions);
        self.taken.extend(rows.taken);
        self.add_waits(rows.checkpoints, rows.approvals);
        for row in rows.effects {
            match self.effects.iter_mut().find(|known| known.is_of_same_call(&row)) {
                Some(known) => known.absorb(&row),
                None => self.effects.push(row),
            }
        }
    }

    fn erase(&mut self, now: Timestamp) {
        self.erased = true;
        self.fence = Fence(self.fence.0 + 1);
        self.updated_at = now;
        self.current_agent = None;
        self.metadata.clear();
        self.trimmed = 0;
        self.events.clear();
        self.turns.clear();
        self.messages.clear();
        self.interactions.clear();
        self.effects.clear();
        self.taken.clear();
        self.checkpoints.clear();
        self.approvals.clear();
    }

    /// The oldest turn that is not over.
    fn open_turn(&self) -> Option<&TurnRow> {
        self.turns.iter().filter(|turn| turn.seq_end.is_none()).min_by_key(|turn| turn.seq_accepted)
    }
}

impl State {
    pub(super) fn commit(&mut self, group: &[Write]) -> Result<Vec<Written>, StoreError> {
        let mut fenced = BTreeSet::new();
        group.iter().map(|write| self.write(write, &mut fenced)).collect()
    }

    fn write(&mut self, write: &Write, fenced: &mut BTreeSet<InternalId>) -> Result<Written, StoreError> {
        match write {
            Write::Open { key, create, now } => self.open(key, create.as_ref(), *now),
            Write::Erase { conversation, fence, now } => Ok(self.erase(*conversation, *fence, *now)),
            Write::Append { conversation, fence, events } => {
                let answer = match project(*conversation, events) {
                    Err(unfit) => Written::Refused(unfit.to_string()),
                    Ok(_) if fenced.contains(conversation) => Written::Fenced,
                    Ok(rows) => self.append(*conversation, *fence, events, rows),
                };
                if answer == Written::Fenced {
                    fenced.insert(*conversation);
                }
                Ok(answer)
            }
        }
    }

    fn open(
        &mut self,
        key: &ConversationKey,
        create: Option<&NewConversation>,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        if create.is_some_and(|new| nul::in_object(&new.metadata)) {
            return Ok(Written::Refused("the metadata of the conversation holds U+0000".to_owned()));
        }
        let (id, created) = match (self.names.get(key), create) {
            (Some(id), _) => (*id, false),
            (None, None) => return Ok(Written::NotFound),
            (None, Some(new)) => {
                self.names.insert(key.clone(), new.id);
                self.conversations.insert(new.id, Conversation::new(key.clone(), new.clone(), now));
                (new.id, true)
            }
        };
        let Some(conversation) = self.conversations.get_mut(&id) else { return Ok(Written::NotFound) };
        if conversation.erased {
            return Ok(Written::Erased);
        }
        if !created {
            conversation.fence = Fence(conversation.fence.0 + 1);
        }
        Ok(Written::Opened(Box::new(opened(id, created, conversation)?)))
    }

    fn append(&mut self, id: InternalId, fence: Fence, events: &[StoredEvent], rows: Rows) -> Written {
        let (Some(conversation), Some(first), Some(last)) =
            (self.conversations.get_mut(&id), events.first(), events.last())
        else {
            return Written::Fenced;
        };
        if conversation.fence != fence || conversation.head() != first.seq().previous() {
            let stored = events.iter().all(|event| conversation.holds(event));
            return if stored { Written::Appended { head: last.seq() } } else { Written::Fenced };
        }
        if let Some(reason) = duplicate(conversation, &self.message_ids, &rows.messages) {
            return Written::Refused(reason);
        }
        self.message_ids.extend(rows.messages.iter().map(|message| message.id));
        conversation.add(events, rows);
        Written::Appended { head: last.seq() }
    }

    fn erase(&mut self, id: InternalId, fence: Fence, now: Timestamp) -> Written {
        match self.conversations.get_mut(&id) {
            Some(conversation) if conversation.erased => Written::Erased,
            Some(conversation) if conversation.fence == fence => {
                for message in &conversation.messages {
                    self.message_ids.remove(&message.id);
                }
                conversation.erase(now);
                Written::Erased
            }
            _ => Written::Fenced,
        }
    }
}

/// What the unique keys of the table would say.
fn duplicate(conversation: &Conversation, ids: &BTreeSet<Uuid>, messages: &[MessageRow]) -> Option<String> {
    let (mut new_ids, mut clients) = (BTreeSet::new(), BTreeSet::new());
    clients.extend(conversation.messages.iter().filter_map(|row| row.client.as_ref()).map(|(client, _)| client));
    for message in messages {
        if ids.contains(&message.id) || !new_ids.insert(message.id) {
            return Some(format!("there is a message `{}` already", message.id));
        }
        if let Some((client, _)) = &message.client
            && !clients.insert(client)
        {
            return Some(format!("there is a message with the client id `{client}` already"));
        }
    }
    None
}

fn opened(id: InternalId, created: bool, conversation: &Conversation) -> Result<Opened, StoreError> {
    let from = conversation.open_turn().map_or(conversation.head().next(), |turn| turn.seq_accepted);
    let skipped = conversation.place(from).unwrap_or(usize::MAX);
    let replay = conversation.events.iter().skip(skipped).map(|body| parsed(body)).collect::<Result<_, _>>()?;
    let effects = conversation.effects.iter().filter(|row| row.seq_intent >= from).map(effect).collect();
    let taken = conversation.taken.iter().filter(|row| row.seq >= from).map(|row| (row.seq, row.message_id)).collect();
    let mut recent: Vec<_> = conversation.messages.iter().rev().filter_map(reads::accepted).collect();
    let recent_is_all = recent.len() <= RECENT_MAX;
    recent.truncate(RECENT_MAX);
    recent.reverse();
    let record = reads::record(conversation);
    let (questions, awaiting) = (conversation.questions(), conversation.awaiting());
    Ok(Opened {
        id,
        fence: conversation.fence,
        created,
        record,
        replay,
        effects,
        taken,
        recent,
        recent_is_all,
        questions,
        awaiting,
    })
}

fn effect(row: &EffectRow) -> EffectRecord {
    EffectRecord { turn_id: row.turn_id, call_id: row.call_id.clone(), note: row.note.clone() }
}

/// Read from its bytes, as a database would, so that nothing passes here that would not pass there.
fn parsed(body: &str) -> Result<Envelope, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::Damaged(format!("an event cannot be read: {error}")))
}
