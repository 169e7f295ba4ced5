//! The inserts of a commit: for each table one statement over the rows of many conversations.

use sea_orm::{DatabaseTransaction, DbErr, Value};

use super::{
    approvals::{APPROVALS, approval_values},
    statement::{ManyRows, int},
};
use crate::store::{
    EffectNote, Fence, InternalId, StoredEvent,
    projection::{CheckpointRow, EffectRow, InteractionRow, MessageRow, Rows, TakenRow, TurnRow},
};

/// Everything that one conversation adds in a commit.
pub(super) struct Addition<'a> {
    pub(super) conversation: InternalId,
    pub(super) tenant: String,
    pub(super) fence: Fence,
    /// One slice an append: each becomes a row of the log.
    pub(super) appends: Vec<&'a [StoredEvent]>,
    pub(super) rows: Rows,
}

/// A table, with what an insert says of it.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) tail: &'static str,
}

const EVENTS: Table = Table {
    name: "events",
    columns: &["conversation_id", "seq_first", "seq_last", "tenant", "fence", "body", "created_at"],
    tail: "",
};

/// A turn that is new gets a row; of one that is known only what changes is taken. Its conversation guards against an id
/// that was used twice.
const TURNS: Table = Table {
    name: "turns",
    columns: &[
        "id",
        "conversation_id",
        "tenant",
        "status",
        "seq_accepted",
        "seq_end",
        "runs",
        "created_at",
        "ended_at",
    ],
    tail: "ON CONFLICT (id) DO UPDATE SET \
           status = CASE WHEN excluded.status = 'queued' THEN turns.status ELSE excluded.status END, \
           seq_end = COALESCE(excluded.seq_end, turns.seq_end), \
           runs = CASE WHEN excluded.seq_end IS NULL THEN turns.runs + excluded.runs ELSE excluded.runs END, \
           ended_at = COALESCE(excluded.ended_at, turns.ended_at) \
           WHERE turns.conversation_id = excluded.conversation_id",
};

const MESSAGES: Table = Table {
    name: "messages",
    columns: &[
        "id",
        "conversation_id",
        "agent_id",
        "role",
        "content",
        "tool_calls",
        "tool_call_id",
        "tool_name",
        "metadata",
        "created_at",
        "updated_at",
        "tenant",
        "turn_id",
        "seq",
        "status",
        "client_message_id",
        "body_hash",
    ],
    tail: "",
};

const INTERACTIONS: Table = Table {
    name: "agent_interactions",
    columns: &[
        "id",
        "conversation_id",
        "agent_id",
        "action_type",
        "from_agent",
        "reason",
        "state_snapshot",
        "created_at",
        "tenant",
        "turn_id",
        "seq",
    ],
    tail: "",
};

/// A call gets its row with its intent; of its result only what changes is taken.
const EFFECTS: Table = Table {
    name: "tool_effects",
    columns: &[
        "turn_id",
        "tool_call_id",
        "conversation_id",
        "tenant",
        "run_id",
        "agent_id",
        "tool_name",
        "effect",
        "idempotency_key",
        "arguments_hash",
        "status",
        "seq_intent",
        "seq_result",
        "created_at",
        "updated_at",
    ],
    tail: "ON CONFLICT (turn_id, tool_call_id) DO UPDATE SET status = excluded.status, \
           seq_result = COALESCE(excluded.seq_result, tool_effects.seq_result), updated_at = excluded.updated_at \
           WHERE tool_effects.conversation_id = excluded.conversation_id",
};

const TAKEN: Table = Table {
    name: "steers_taken",
    columns: &["conversation_id", "seq", "message_id", "tenant", "created_at"],
    tail: "",
};

/// Each takes the place of the one before.
const CHECKPOINTS: Table = Table {
    name: "workflow_checkpoints",
    columns: &[
        "conversation_id",
        "agent_id",
        "tenant",
        "turn_id",
        "seq",
        "status",
        "graph_version",
        "progress",
        "updated_at",
    ],
    tail: "ON CONFLICT (conversation_id, agent_id) DO UPDATE SET turn_id = excluded.turn_id, seq = excluded.seq, \
           status = excluded.status, graph_version = excluded.graph_version, progress = excluded.progress, \
           updated_at = excluded.updated_at",
};

/// Rows to be inserted into one table.
pub(super) struct Insertion {
    pub(super) table: Table,
    /// In the order of its columns.
    pub(super) rows: Vec<Vec<Value>>,
}

/// All rows of all conversations. A row of an earlier table may be named by one of a later.
pub(super) fn insertions(additions: &[Addition<'_>]) -> [Insertion; 8] {
    fn of<T>(table: Table, rows: &[T], values: impl Fn(&T) -> Vec<Value>) -> Insertion {
        Insertion { table, rows: rows.iter().map(values).collect() }
    }
    let events: Vec<_> = placed(additions, |addition| &addition.appends);
    let turns = placed(additions, |addition| &addition.rows.turns);
    let messages = placed(additions, |addition| &addition.rows.messages);
    let interactions = placed(additions, |addition| &addition.rows.interactions);
    let effects = placed(additions, |addition| &addition.rows.effects);
    let taken = placed(additions, |addition| &addition.rows.taken);
    let checkpoints = placed(additions, |addition| &addition.rows.checkpoints);
    let approvals = placed(additions, |addition| &addition.rows.approvals);
    [
        of(EVENTS, &events, |(addition, events)| event_values(addition, events)),
        of(TURNS, &turns, |(addition, row)| turn_values(addition, row)),
        of(MESSAGES, &messages, |(addition, row)| message_values(addition, row)),
        of(INTERACTIONS, &interactions, |(addition, row)| interaction_values(addition, row)),
        of(EFFECTS, &effects, |(addition, row)| effect_values(addition, row)),
        of(TAKEN, &taken, |(addition, row)| taken_values(addition, row)),
        of(CHECKPOINTS, &checkpoints, |(addition, row)| checkpoint_values(addition, row)),
        of(APPROVALS, &approvals, |(addition, row)| approval_values(addition, row)),
    ]
}

/// Inserts all rows of all conversations.
pub(super) async fn insert(transaction: &DatabaseTransaction, additions: &[Addition<'_>]) -> Result<(), DbErr> {
    for Insertion { table, rows } in insertions(additions) {
        let head = format!("INSERT INTO {} ({})", table.name, table.columns.join(", "));
        let many = ManyRows { head: &head, columns: table.columns.len(), tail: table.tail };
        many.execute(transaction, &rows, Clone::clone).await?;
    }
    Ok(())
}

/// The rows of one table, each with the conversation that it belongs to.
fn placed<'a, 'b, T>(
    additions: &'a [Addition<'b>],
    rows: impl Fn(&'a Addition<'b>) -> &'a Vec<T>,
) -> Vec<(&'a Addition<'b>, &'a T)> {
    additions.iter().flat_map(|addition| rows(addition).iter().map(move |row| (addition, row))).collect()
}

/// One event a line.
pub(super) fn body_of(events: &[StoredEvent]) -> String {
    let mut body = String::with_capacity(events.iter().map(|event| event.body.len() + 1).sum());
    for event in events {
        if !body.is_empty() {
            body.push('\n');
        }
        body.push_str(&event.body);
    }
    body
}

fn event_values(addition: &Addition<'_>, events: &[StoredEvent]) -> Vec<Value> {
    let (first, last) = (events.first(), events.last());
    vec![
        addition.conversation.0.into(),
        first.map(|event| int(event.seq().0)).into(),
        last.map(|event| int(event.seq().0)).into(),
        addition.tenant.as_str().into(),
        int(addition.fence.0).into(),
        body_of(events).into(),
        last.map(|event| event.envelope.at.to_datetime()).into(),
    ]
}

fn turn_values(addition: &Addition<'_>, row: &TurnRow) -> Vec<Value> {
    vec![
        row.id.0.into(),
        addition.conversation.0.into(),
        addition.tenant.as_str().into(),
        row.state.as_str().into(),
        int(row.seq_accepted.0).into(),
        row.seq_end.map(|seq| int(seq.0)).into(),
        i64::from(row.runs).into(),
        row.created_at.to_datetime().into(),
        row.ended_at.map(protocol::Timestamp::to_datetime).into(),
    ]
}

fn message_values(addition: &Addition<'_>, row: &MessageRow) -> Vec<Value> {
    let at = row.at.to_datetime();
    let (client, hash) = row.client.as_ref().map(|(client, hash)| (client.to_string(), hash.to_vec())).unzip();
    vec![
        row.id.into(),
        addition.conversation.0.into(),
        row.agent_id.as_ref().map(ToString::to_string).into(),
        row.role.as_str().into(),
        row.content.as_str().into(),
        row.tool_calls.clone().into(),
        row.tool_call_id.clone().into(),
        row.tool_name.clone().into(),
        row.metadata.clone().into(),
        at.into(),
        at.into(),
        addition.tenant.as_str().into(),
        row.turn_id.0.into(),
        int(row.seq.0).into(),
        row.status.as_str().into(),
        client.into(),
        hash.into(),
    ]
}

fn interaction_values(addition: &Addition<'_>, row: &InteractionRow) -> Vec<Value> {
    vec![
        row.id.into(),
        addition.conversation.0.into(),
        row.agent_id.as_str().into(),
        row.action_type.into(),
        row.from_agent.clone().into(),
        row.reason.clone().into(),
        row.state_snapshot.clone().into(),
        row.at.to_datetime().into(),
        addition.tenant.as_str().into(),
        row.turn_id.map(|turn| turn.0).into(),
        int(row.seq.0).into(),
    ]
}

fn effect_values(addition: &Addition<'_>, row: &EffectRow) -> Vec<Value> {
    let EffectNote { run_id, effect, idempotency_key, arguments_hash, status } = &row.note;
    vec![
        row.turn_id.0.into(),
        row.call_id.as_str().into(),
        addition.conversation.0.into(),
        addition.tenant.as_str().into(),
        run_id.0.into(),
        row.agent_id.as_str().into(),
        row.tool_name.as_str().into(),
        effect.as_str().into(),
        idempotency_key.as_str().into(),
        arguments_hash.to_vec().into(),
        status.as_str().into(),
        int(row.seq_intent.0).into(),
        row.seq_result.map(|seq| int(seq.0)).into(),
        row.created_at.to_datetime().into(),
        row.updated_at.to_datetime().into(),
    ]
}

fn taken_values(addition: &Addition<'_>, row: &TakenRow) -> Vec<Value> {
    vec![
        addition.conversation.0.into(),
        int(row.seq.0).into(),
        row.message_id.0.into(),
        addition.tenant.as_str().into(),
        row.at.to_datetime().into(),
    ]
}

fn checkpoint_values(addition: &Addition<'_>, row: &CheckpointRow) -> Vec<Value> {
    vec![
        addition.conversation.0.into(),
        row.agent_id.as_str().into(),
        addition.tenant.as_str().into(),
        row.turn_id.0.into(),
        int(row.seq.0).into(),
        row.checkpoint.status.as_str().into(),
        row.checkpoint.version.as_ref().into(),
        row.checkpoint.progress.as_ref().into(),
        row.at.to_datetime().into(),
    ]
}
