//! The reads: each its own statement, on a connection that no commit waits for.

use entity::{agent_interaction, agent_switch, message, turn};
use futures::TryStreamExt;
use protocol::{AgentId, ClientMessageId, ConversationId, Seq, Timestamp, TurnId};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, StreamTrait, Value, sea_query::OnConflict,
};

use super::{
    SqlStore,
    log::{Range, lines},
    record::{AcceptedRow, ConversationRow, PastRow, interaction_record, message_record, parsed, turn_record},
    statement::{int, statement},
};
use crate::{
    agent::PastMessage,
    store::{
        AcceptedMessage, ConversationKey, ConversationRecord, EventPage, Found, InteractionRecord, InternalId,
        MessageRecord, Owner, Page, PageRequest, StoreError, TurnRecord,
        cursor::{ConversationPlace, LogList, page_limit, page_of},
    },
};

pub(super) const RECORD: &str = "SELECT c.id, c.public_id, c.status, c.current_agent, c.epoch, c.first_seq, c.head, c.fence, \
     c.created_at, c.updated_at, c.metadata, (SELECT t.id FROM turns t WHERE t.conversation_id = c.id \
     AND t.seq_end IS NULL ORDER BY t.seq_accepted LIMIT 1) AS open_turn FROM conversations c WHERE";

const UNFINISHED: &str = "SELECT tenant, owner, public_id FROM conversations \
     WHERE id IN (SELECT conversation_id FROM turns WHERE seq_end IS NULL) ORDER BY created_at, id";

const ACCEPTED: &str = "SELECT id, turn_id, seq, client_message_id, body_hash FROM messages \
     WHERE conversation_id = ? AND client_message_id = ?";

const HISTORY: &str = "SELECT id, seq, turn_id, role, agent_id, content FROM messages WHERE conversation_id = ? \
     AND seq < ? AND role IN ('user', 'assistant') AND content <> '' ORDER BY seq DESC LIMIT ?";

impl SqlStore {
    pub(super) async fn read_conversation(
        &self,
        key: &ConversationKey,
    ) -> Result<Found<(InternalId, ConversationRecord)>, StoreError> {
        let values = [key.owner.tenant.as_ref().into(), key.owner.user.as_ref().into(), key.id.0.into()];
        let row = self.record("c.tenant = ? AND c.owner = ? AND c.public_id = ?", values).await?;
        Ok(match row {
            Found::Here(row) => Found::Here((InternalId(row.id), row.record()?)),
            Found::NotFound => Found::NotFound,
            Found::Erased => Found::Erased,
        })
    }

    pub(super) async fn read_conversations(
        &self,
        owner: &Owner,
        page: &PageRequest,
    ) -> Result<Page<ConversationRecord>, StoreError> {
        let limit = page_limit(page);
        let mut sql = format!("{RECORD} c.tenant = ? AND c.owner = ? AND c.status <> 'erased'");
        let mut values: Vec<Value> = vec![owner.tenant.as_ref().into(), owner.user.as_ref().into()];
        if let Some(place) = ConversationPlace::parse(page.cursor.as_deref())? {
            sql.push_str(" AND (c.updated_at, c.id) < (?, ?)");
            values.extend([place.updated_at.to_datetime().into(), place.id.0.into()]);
        }
        sql.push_str(" ORDER BY c.updated_at DESC, c.id DESC LIMIT ?");
        values.push(int(limit as u64 + 1).into());
        let rows = self.all(&sql, values).await?;
        let found = rows.iter().map(|row| ConversationRow::from_query_result(row, "")).collect::<Result<_, _>>()?;
        let page = page_of(found, limit, ConversationRow::cursor);
        let items = page.items.into_iter().map(ConversationRow::record).collect::<Result<_, _>>()?;
        Ok(Page { items, next: page.next })
    }

    pub(super) async fn read_unfinished(&self) -> Result<Vec<ConversationKey>, StoreError> {
        let key = |row: &QueryResult| {
            let (tenant, user): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let owner = Owner { tenant: tenant.into(), user: user.into() };
            Ok(ConversationKey { owner, id: ConversationId(row.try_get_by_index(2)?) })
        };
        self.all(UNFINISHED, []).await?.iter().map(key).collect()
    }

    /// The row and the log are two reads. Where the log was erased or trimmed in between they do not fit, and both are
    /// read again.
    pub(super) async fn read_events(
        &self,
        id: InternalId,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Found<EventPage>, StoreError> {
        match self.try_events(id, after, limit, bytes_max).await {
            Err(StoreError::Damaged(_)) => self.try_events(id, after, limit, bytes_max).await,
            done => done,
        }
    }

    async fn try_events(
        &self,
        id: InternalId,
        after: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Found<EventPage>, StoreError> {
        let row = match self.record("c.id = ?", [id.0.into()]).await? {
            Found::Here(row) => row,
            Found::NotFound => return Ok(Found::NotFound),
            Found::Erased => return Ok(Found::Erased),
        };
        let ConversationRecord { epoch, first_seq, head, .. } = row.record()?;
        let mut page = EventPage { epoch, first_seq, head, events: Vec::new() };
        if after >= first_seq.previous() && after < head {
            page.events = lines(&self.reader(), id, Range { after, up_to: head, limit, bytes_max }).await?;
        }
        Ok(Found::Here(page))
    }

    pub(super) async fn read_accepted(
        &self,
        id: InternalId,
        client: &ClientMessageId,
    ) -> Result<Option<AcceptedMessage>, StoreError> {
        let rows = self.all(ACCEPTED, [id.0.into(), client.as_str().into()]).await?;
        rows.first().map(|row| AcceptedRow::from_query_result(row, "")?.message()).transpose()
    }

    pub(super) async fn read_history(
        &self,
        id: InternalId,
        before: Seq,
        limit: usize,
        bytes_max: usize,
    ) -> Result<Vec<PastMessage>, StoreError> {
        let values = [id.0.into(), int(before.0).into(), int(limit as u64).into()];
        let mut rows = self.reader().stream_raw(statement(self.backend, HISTORY, values)).await?;
        let (mut found, mut bytes) = (Vec::new(), 0_usize);
        while let Some(row) = rows.try_next().await? {
            let row = PastRow::from_query_result(&row, "")?;
            bytes = bytes.saturating_add(row.content.len());
            if bytes > bytes_max {
                break;
            }
            found.push(row.message()?);
        }
        found.reverse();
        Ok(found)
    }

    pub(super) async fn read_turn(&self, id: InternalId, turn: TurnId) -> Result<Option<TurnRecord>, StoreError> {
        let found = turn::Entity::find_by_id(turn.0).filter(turn::Column::ConversationId.eq(id.0));
        found.one(&self.reader()).await?.map(turn_record).transpose()
    }

    pub(super) async fn read_latest_messages(
        &self,
        id: InternalId,
        up_to: Seq,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let newest_first = message::Entity::find()
            .filter(message::Column::ConversationId.eq(id.0))
            .filter(message::Column::Seq.lte(int(up_to.0)))
            .order_by_desc(message::Column::Seq)
            .limit(u64::from(limit))
            .all(&self.reader())
            .await?;
        newest_first.into_iter().rev().map(message_record).collect()
    }

    pub(super) async fn read_messages(
        &self,
        id: InternalId,
        page: &PageRequest,
    ) -> Result<Page<MessageRecord>, StoreError> {
        let after = LogList::Messages.after(page.cursor.as_deref())?;
        let limit = page_limit(page);
        let rows = message::Entity::find()
            .filter(message::Column::ConversationId.eq(id.0))
            .filter(message::Column::Seq.gt(int(after.0)))
            .order_by_asc(message::Column::Seq)
            .limit(limit as u64 + 1)
            .all(&self.reader())
            .await?;
        let found = rows.into_iter().map(message_record).collect::<Result<_, _>>()?;
        Ok(page_of(found, limit, |row: &MessageRecord| LogList::Messages.cursor(row.seq)))
    }

    pub(super) async fn read_interactions(
        &self,
        id: InternalId,
        page: &PageRequest,
    ) -> Result<Page<InteractionRecord>, StoreError> {
        let after = LogList::Interactions.after(page.cursor.as_deref())?;
        let limit = page_limit(page);
        let rows = agent_interaction::Entity::find()
            .filter(agent_interaction::Column::ConversationId.eq(id.0))
            .filter(agent_interaction::Column::Seq.gt(int(after.0)))
            .order_by_asc(agent_interaction::Column::Seq)
            .limit(limit as u64 + 1)
            .all(&self.reader())
            .await?;
        let found = rows.into_iter().map(interaction_record).collect::<Result<_, _>>()?;
        Ok(page_of(found, limit, |row: &InteractionRecord| LogList::Interactions.cursor(row.seq)))
    }

    pub(super) async fn read_agent_switches(&self) -> Result<Vec<(AgentId, bool)>, StoreError> {
        let rows = agent_switch::Entity::find().order_by_asc(agent_switch::Column::AgentId).all(&self.reader()).await?;
        rows.into_iter().map(|row| Ok((parsed(&row.agent_id)?, row.enabled))).collect()
    }

    pub(super) async fn write_agent_switch(
        &self,
        agent: &AgentId,
        enabled: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (agent_id, updated_at) = (agent.to_string(), now.to_datetime());
        let row =
            agent_switch::ActiveModel { agent_id: Set(agent_id), enabled: Set(enabled), updated_at: Set(updated_at) };
        let update = OnConflict::column(agent_switch::Column::AgentId)
            .update_columns([agent_switch::Column::Enabled, agent_switch::Column::UpdatedAt])
            .to_owned();
        agent_switch::Entity::insert(row).on_conflict(update).exec_without_returning(&self.writer()).await?;
        Ok(())
    }

    async fn record(
        &self,
        condition: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Found<ConversationRow>, StoreError> {
        let rows = self.all(&format!("{RECORD} {condition}"), values).await?;
        let Some(row) = rows.first() else { return Ok(Found::NotFound) };
        let row = ConversationRow::from_query_result(row, "")?;
        Ok(if row.status == "erased" { Found::Erased } else { Found::Here(row) })
    }

    pub(super) async fn all(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        Ok(self.reader().query_all_raw(statement(self.backend, sql, values)).await?)
    }
}

impl ConversationRow {
    fn cursor(&self) -> String {
        ConversationPlace { updated_at: self.updated_at(), id: InternalId(self.id) }.cursor()
    }
}
