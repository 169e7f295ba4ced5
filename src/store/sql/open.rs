//! Opening: raises the fence, so that no earlier writer can store any more, and reads what the new one needs.

use std::collections::BTreeSet;

use protocol::{Envelope, MessageId, Seq, Timestamp, TurnId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use super::{
    approvals::{awaiting, questions},
    error::{Failure, damaged},
    log::{Range, lines},
    record::{AcceptedRow, ConversationRow, EffectColumns, seq},
    statement::{int, statement},
};
use crate::{
    chaos::{self, Bug},
    store::{
        AcceptedMessage, ConversationKey, EffectRecord, Fence, InternalId, NewConversation, Opened, StoreError,
        Written, nul,
    },
};

/// The latest accepted messages that an opened conversation brings.
const RECENT_MAX: usize = 256;

/// What else there is to read. Most conversations have little of it, and each statement is a way to the database and back:
/// a start opens, one after another, all that had a turn under way.
const RETURNING: &str = "RETURNING id, public_id, status, current_agent, epoch, first_seq, head, fence, created_at, \
     updated_at, metadata, \
     (SELECT t.id FROM turns t WHERE t.conversation_id = conversations.id AND t.seq_end IS NULL \
     ORDER BY t.seq_accepted LIMIT 1) AS open_turn, \
     (SELECT t.seq_accepted FROM turns t WHERE t.conversation_id = conversations.id AND t.seq_end IS NULL \
     ORDER BY t.seq_accepted LIMIT 1) AS open_since, \
     EXISTS (SELECT 1 FROM tool_effects e WHERE e.conversation_id = conversations.id) AS has_effects, \
     EXISTS (SELECT 1 FROM workflow_checkpoints w WHERE w.conversation_id = conversations.id) AS has_workflows, \
     EXISTS (SELECT 1 FROM steers_taken s WHERE s.conversation_id = conversations.id) AS has_taken";

/// The status is asked for outside of the find: inside, it would let the index of the lists be taken for it.
pub(super) const RAISE: &str = "UPDATE conversations SET fence = fence + 1 \
     WHERE id = (SELECT id FROM conversations WHERE tenant = ? AND owner = ? AND public_id = ?) AND status <> 'erased'";

/// Makes a conversation with its first fence, or raises the fence of the one that is there.
const CREATE: &str = "INSERT INTO conversations (id, tenant, owner, public_id, status, epoch, first_seq, head, fence, \
     metadata, created_at, updated_at) VALUES (?, ?, ?, ?, 'open', ?, 1, 0, 1, ?, ?, ?) \
     ON CONFLICT (tenant, owner, public_id) DO UPDATE SET fence = conversations.fence + 1 \
     WHERE conversations.status <> 'erased'";

const STATUS: &str = "SELECT status FROM conversations WHERE tenant = ? AND owner = ? AND public_id = ?";

/// What the open turn must not be mistaken for.
const NEWEST_TURN: &str =
    "SELECT id, seq_accepted FROM turns WHERE conversation_id = ? ORDER BY seq_accepted DESC LIMIT 1";

const RECENT: &str = "SELECT id, turn_id, seq, client_message_id, body_hash FROM messages \
     WHERE conversation_id = ? AND client_message_id IS NOT NULL ORDER BY seq DESC LIMIT ?";

const EFFECTS: &str = "SELECT turn_id, tool_call_id, run_id, effect, idempotency_key, arguments_hash, status \
     FROM tool_effects WHERE conversation_id = ? AND seq_intent >= ? ORDER BY seq_intent";

const TAKEN: &str = "SELECT seq, message_id FROM steers_taken WHERE conversation_id = ? AND seq >= ? \
     ORDER BY seq, message_id";

/// Becomes the writer of a conversation.
pub(super) async fn open(
    transaction: &DatabaseTransaction,
    key: &ConversationKey,
    create: Option<&NewConversation>,
    now: Timestamp,
) -> Result<Written, Failure> {
    if create.is_some_and(|new| nul::in_object(&new.metadata)) {
        return Err(Failure::Part("the metadata of the conversation holds U+0000".to_owned()));
    }
    let raised = match create {
        Some(new) => raise(transaction, CREATE, create_values(key, new, now)).await?,
        None => raise(transaction, RAISE, key_values(key)).await?,
    };
    let Some(raised) = raised else { return Ok(gone(transaction, key).await?) };
    // Where the answer to this very write was lost and it comes again, the fence tells.
    let created = create.is_some_and(|new| new.id.0 == raised.row.id) && raised.row.fence == 1;
    match opened(transaction, raised, created).await {
        // One conversation that cannot be read must not keep the rest of the group from being stored.
        Err(StoreError::Damaged(reason)) => Err(Failure::Part(format!("stored data is damaged: {reason}"))),
        other => Ok(Written::Opened(Box::new(other?))),
    }
}

/// What the raising told.
struct Raised {
    row: ConversationRow,
    open_turn: Option<(TurnId, Seq)>,
    has_effects: bool,
    has_taken: bool,
    has_workflows: bool,
}

impl Raised {
    fn of(result: &QueryResult) -> Result<Self, DbErr> {
        let row = ConversationRow::from_query_result(result, "")?;
        let since: Option<i64> = result.try_get("", "open_since")?;
        let open_turn = match (row.open_turn, since) {
            (Some(turn), Some(since)) => {
                Some((TurnId(turn), seq(since).map_err(|error| DbErr::Type(error.to_string()))?))
            }
            _ => None,
        };
        Ok(Self {
            row,
            open_turn,
            has_effects: result.try_get("", "has_effects")?,
            has_taken: result.try_get("", "has_taken")?,
            has_workflows: result.try_get("", "has_workflows")?,
        })
    }

    /// The planted bug: what must not be taken for an open turn is.
    async fn mistake_newest_turn(&mut self, transaction: &DatabaseTransaction) -> Result<(), StoreError> {
        let Some(row) = one(transaction, NEWEST_TURN, [self.row.id.into()]).await? else { return Ok(()) };
        self.row.open_turn = Some(row.try_get_by_index::<Uuid>(0)?);
        self.open_turn = Some((TurnId(row.try_get_by_index::<Uuid>(0)?), seq(row.try_get_by_index(1)?)?));
        Ok(())
    }
}

async fn raise(transaction: &DatabaseTransaction, sql: &str, values: Vec<Value>) -> Result<Option<Raised>, DbErr> {
    one(transaction, &format!("{sql} {RETURNING}"), values).await?.as_ref().map(Raised::of).transpose()
}

async fn gone(transaction: &DatabaseTransaction, key: &ConversationKey) -> Result<Written, DbErr> {
    let row = one(transaction, STATUS, key_values(key)).await?;
    Ok(if row.is_some() { Written::Erased } else { Written::NotFound })
}

async fn opened(transaction: &DatabaseTransaction, mut raised: Raised, created: bool) -> Result<Opened, StoreError> {
    let (id, fence) = (InternalId(raised.row.id), Fence(raised.row.fence.cast_unsigned()));
    let (mut replay, mut effects, mut taken, mut recent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if chaos::plants(Bug::RecoverFinished) {
        raised.mistake_newest_turn(transaction).await?;
    }
    if let Some((_, accepted)) = raised.open_turn {
        replay = events(transaction, id, accepted, seq(raised.row.head)?).await?;
        if raised.has_effects {
            effects = ledger(transaction, id, accepted).await?;
        }
        if raised.has_taken {
            taken = steers_taken(transaction, id, accepted).await?;
        }
    }
    if !created {
        recent = recent_messages(transaction, id).await?;
    }
    let (mut asked, mut waiting) = (Vec::new(), BTreeSet::new());
    if raised.has_workflows {
        asked = questions(transaction, id).await?;
        waiting = awaiting(transaction, id).await?;
    }
    let recent_is_all = recent.len() <= RECENT_MAX;
    recent.truncate(RECENT_MAX);
    recent.reverse();
    Ok(Opened {
        id,
        fence,
        created,
        record: raised.row.record()?,
        replay,
        effects,
        taken,
        recent,
        recent_is_all,
        questions: asked,
        awaiting: waiting,
    })
}

async fn events(
    transaction: &DatabaseTransaction,
    id: InternalId,
    from: Seq,
    head: Seq,
) -> Result<Vec<Envelope>, StoreError> {
    let lines = lines(transaction, id, Range::all(from.previous(), head)).await?;
    let parsed = |(seq, line): &(Seq, std::sync::Arc<str>)| {
        serde_json::from_str(line).map_err(|error| damaged(&format!("event {seq}"), error))
    };
    lines.iter().map(parsed).collect()
}

async fn ledger(transaction: &DatabaseTransaction, id: InternalId, from: Seq) -> Result<Vec<EffectRecord>, StoreError> {
    let rows = transaction.query_all_raw(prepared(transaction, EFFECTS, [id.0.into(), int(from.0).into()])).await?;
    rows.iter().map(|row| EffectColumns::from_query_result(row, "")?.record()).collect()
}

async fn steers_taken(
    transaction: &DatabaseTransaction,
    id: InternalId,
    from: Seq,
) -> Result<Vec<(Seq, MessageId)>, StoreError> {
    let rows = transaction.query_all_raw(prepared(transaction, TAKEN, [id.0.into(), int(from.0).into()])).await?;
    rows.iter().map(|row| Ok((seq(row.try_get_by_index(0)?)?, MessageId(row.try_get_by_index(1)?)))).collect()
}

/// The newest first, and one more than is wanted: that tells whether these are all.
async fn recent_messages(
    transaction: &DatabaseTransaction,
    id: InternalId,
) -> Result<Vec<AcceptedMessage>, StoreError> {
    let limit = i64::try_from(RECENT_MAX + 1).unwrap_or(i64::MAX);
    let rows = transaction.query_all_raw(prepared(transaction, RECENT, [id.0.into(), limit.into()])).await?;
    rows.iter().map(|row| AcceptedRow::from_query_result(row, "")?.message()).collect()
}

fn key_values(key: &ConversationKey) -> Vec<Value> {
    vec![key.owner.tenant.as_ref().into(), key.owner.user.as_ref().into(), key.id.0.into()]
}

fn create_values(key: &ConversationKey, new: &NewConversation, now: Timestamp) -> Vec<Value> {
    let mut values = vec![new.id.0.into()];
    values.extend(key_values(key));
    values.push(new.epoch.as_str().into());
    values.push(serde_json::Value::Object(new.metadata.clone()).into());
    values.extend([now.to_datetime().into(), now.to_datetime().into()]);
    values
}

fn prepared(transaction: &DatabaseTransaction, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    statement(transaction.get_database_backend(), sql, values)
}

async fn one(
    transaction: &DatabaseTransaction,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<sea_orm::QueryResult>, DbErr> {
    let sql = prepared(transaction, sql, values);
    transaction.query_one_raw(sql).await
}
