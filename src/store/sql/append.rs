//! Appends: the fence is checked in the statement that moves the head, for all conversations of a batch at once.

use std::collections::{HashMap, HashSet};

use protocol::Seq;
use sea_orm::{DatabaseTransaction, DbErr, Value};

use super::{
    error::Failure,
    insert::{Addition, insert},
    log::{Range, lines},
    statement::{ManyRows, int},
};
use crate::store::{Fence, InternalId, StoredEvent, Written, projection::Rows};

/// Moves the head where fence and head are what the writer believes, and nowhere else.
/// `updated_at` stands in an index: text alone, the most of all appends, leaves it as it is.
pub(super) const MOVE: ManyRows<'_> = ManyRows {
    head: "WITH moves (of_id, of_fence, of_head, to_head, to_agent, to_status, to_time) AS (",
    columns: 7,
    tail: ") UPDATE conversations SET head = to_head, updated_at = COALESCE(to_time, updated_at), \
           current_agent = COALESCE(to_agent, current_agent), status = COALESCE(to_status, status) \
           FROM moves WHERE id = of_id AND fence = of_fence AND head = of_head RETURNING id, tenant",
};

/// One append of a group, with the rows that follow from it.
pub(super) struct Append<'a> {
    /// Its place in the group.
    pub(super) index: usize,
    pub(super) conversation: InternalId,
    pub(super) fence: Fence,
    /// At least one: the projection refuses less.
    pub(super) events: &'a [StoredEvent],
    pub(super) rows: Rows,
}

/// The appends of a group to one conversation: each begins where the one before ends.
pub(super) struct Part<'a> {
    conversation: InternalId,
    fence: Fence,
    appends: Vec<Append<'a>>,
}

impl Append<'_> {
    /// The place of its oldest event.
    pub(super) fn first(&self) -> i64 {
        self.events.first().map_or(0, |event| int(event.seq().0))
    }

    /// The place of its newest event.
    pub(super) fn head(&self) -> Seq {
        self.events.last().map(StoredEvent::seq).unwrap_or_default()
    }
}

impl<'a> Part<'a> {
    /// One append alone.
    pub(super) fn of(append: Append<'a>) -> Self {
        Self { conversation: append.conversation, fence: append.fence, appends: vec![append] }
    }

    /// Its rows, and for each append its place in the group and the head that it moves to.
    pub(super) fn into_addition(self, tenant: String) -> (Vec<(usize, Seq)>, Addition<'a>) {
        let (mut rows, mut appends, mut heads) = (Rows::default(), Vec::with_capacity(self.appends.len()), Vec::new());
        for append in self.appends {
            heads.push((append.index, append.head()));
            rows.absorb(append.rows);
            appends.push(append.events);
        }
        (heads, Addition { conversation: self.conversation, tenant, fence: self.fence, appends, rows })
    }

    fn first(&self) -> i64 {
        self.appends.first().map_or(0, Append::first)
    }

    fn last(&self) -> Option<&StoredEvent> {
        self.appends.last().and_then(|append| append.events.last())
    }

    fn goes_on_with(&self, append: &Append<'_>) -> bool {
        let next = self.last().map(|event| event.seq().next());
        self.fence == append.fence && next == append.events.first().map(StoredEvent::seq)
    }

    /// In the order of [`MOVE`]'s columns.
    pub(super) fn move_values(&self) -> Vec<Value> {
        let agent = self.appends.iter().rev().find_map(|append| append.rows.current_agent.as_ref());
        let ended = self.appends.iter().any(|append| append.rows.ended);
        let news = self.appends.iter().rfind(|append| !append.rows.is_empty());
        vec![
            self.conversation.0.into(),
            int(self.fence.0).into(),
            (self.first() - 1).into(),
            self.last().map(|event| int(event.seq().0)).into(),
            agent.map(ToString::to_string).into(),
            ended.then_some("ended").into(),
            news.and_then(|append| append.events.last()).map(|event| event.envelope.at.to_datetime()).into(),
        ]
    }
}

/// What came of the writes of a group so far.
pub(super) struct Progress {
    answers: Vec<Option<Written>>,
    fenced: HashSet<InternalId>,
}

impl Progress {
    pub(super) fn new(writes: usize) -> Self {
        Self { answers: vec![None; writes], fenced: HashSet::new() }
    }

    pub(super) fn answer(&mut self, index: usize, written: Written) {
        if let Some(answer) = self.answers.get_mut(index) {
            *answer = Some(written);
        }
    }

    /// All answers in the order of the writes. A write without one would have been forgotten, which no path does.
    pub(super) fn finish(self) -> Vec<Written> {
        self.answers.into_iter().map(|answer| answer.unwrap_or(Written::Fenced)).collect()
    }

    fn answer_append(&mut self, append: &Append<'_>, written: Written) {
        if written == Written::Fenced {
            self.fenced.insert(append.conversation);
        }
        self.answer(append.index, written);
    }
}

/// Appends that can go into the same statements.
#[derive(Default)]
pub(super) struct Batch<'a> {
    parts: Vec<Part<'a>>,
    of: HashMap<InternalId, usize>,
}

impl<'a> Batch<'a> {
    /// Whether an append can be added: it is the first of its conversation, or goes on from what the batch has of it.
    pub(super) fn has_room_for(&self, append: &Append<'_>) -> bool {
        self.part_of(append.conversation)
            .is_none_or(|at| self.parts.get(at).is_some_and(|part| part.goes_on_with(append)))
    }

    /// Adds an append that there is room for.
    pub(super) fn add(&mut self, append: Append<'a>) {
        if let Some(part) = self.part_of(append.conversation).and_then(|at| self.parts.get_mut(at)) {
            part.appends.push(append);
        } else {
            self.of.insert(append.conversation, self.parts.len());
            self.parts.push(Part::of(append));
        }
    }

    fn part_of(&self, conversation: InternalId) -> Option<usize> {
        self.of.get(&conversation).copied()
    }

    /// Stores what can be stored and answers each append.
    pub(super) async fn store(self, transaction: &DatabaseTransaction, progress: &mut Progress) -> Result<(), Failure> {
        let (fenced, tried): (Vec<_>, Vec<_>) =
            self.parts.into_iter().partition(|part| progress.fenced.contains(&part.conversation));
        for append in fenced.iter().flat_map(|part| &part.appends) {
            progress.answer(append.index, Written::Fenced);
        }
        let missed = store_moved(transaction, tried, progress).await?;
        for part in missed {
            // More than one: the first may be stored already, and the next go on from it.
            let first_alone = part.appends.len() > 1;
            for append in part.appends {
                store_missed(transaction, append, first_alone, progress).await?;
            }
        }
        Ok(())
    }
}

/// Stores the parts whose head could be moved; gives back the others.
async fn store_moved<'a>(
    transaction: &DatabaseTransaction,
    parts: Vec<Part<'a>>,
    progress: &mut Progress,
) -> Result<Vec<Part<'a>>, Failure> {
    let mut moved = HashMap::with_capacity(parts.len());
    for row in MOVE.query(transaction, &parts, Part::move_values).await? {
        moved.insert(InternalId(row.try_get_by_index(0)?), row.try_get_by_index::<String>(1)?);
    }
    let (mut additions, mut missed) = (Vec::with_capacity(parts.len()), Vec::new());
    for part in parts {
        match moved.remove(&part.conversation) {
            None => missed.push(part),
            Some(tenant) => {
                let (heads, addition) = part.into_addition(tenant);
                for (index, head) in heads {
                    progress.answer(index, Written::Appended { head });
                }
                additions.push(addition);
            }
        }
    }
    insert(transaction, &additions).await?;
    Ok(missed)
}

/// An append whose part could not be stored: sent again after its answer was lost, or somebody else's turn.
async fn store_missed(
    transaction: &DatabaseTransaction,
    append: Append<'_>,
    try_to_move: bool,
    progress: &mut Progress,
) -> Result<(), Failure> {
    if progress.fenced.contains(&append.conversation) {
        progress.answer(append.index, Written::Fenced);
        return Ok(());
    }
    let mut left = Some(append);
    if try_to_move && let Some(append) = left.take() {
        let mut missed = store_moved(transaction, vec![Part::of(append)], progress).await?;
        left = missed.pop().and_then(|mut part| part.appends.pop());
    }
    let Some(append) = left else { return Ok(()) };
    let written = match append.events.last() {
        Some(last) if is_stored(transaction, &append).await? => Written::Appended { head: last.seq() },
        _ => Written::Fenced,
    };
    progress.answer_append(&append, written);
    Ok(())
}

/// Whether exactly these bytes are stored at these places.
async fn is_stored(transaction: &DatabaseTransaction, append: &Append<'_>) -> Result<bool, Failure> {
    let (Some(first), Some(last)) = (append.events.first(), append.events.last()) else { return Ok(false) };
    let head = head(transaction, append.conversation).await?;
    if head.is_none_or(|head| head < int(last.seq().0)) {
        return Ok(false);
    }
    let range = Range::all(first.seq().previous(), last.seq());
    let stored = lines(transaction, append.conversation, range).await?;
    Ok(stored.iter().map(|(_, line)| line).eq(append.events.iter().map(|event| &event.body)))
}

async fn head(transaction: &DatabaseTransaction, id: InternalId) -> Result<Option<i64>, DbErr> {
    use sea_orm::ConnectionTrait;
    let sql = "SELECT head FROM conversations WHERE id = ? AND status <> 'erased'";
    let sql = super::statement::statement(transaction.get_database_backend(), sql, [id.0.into()]);
    transaction.query_one_raw(sql).await?.map(|row| row.try_get_by_index(0)).transpose()
}
