//! A commit: one transaction for the whole group.
//!
//! Groups that are nothing but appends are one statement where that is enough (`plain`, `whole`). The usual way takes all
//! appends of the group together. Where the data of one part breaks a rule (a duplicate client
//! message id, say) the database refuses the statement for all, so the group is taken again from the start, each write
//! behind a savepoint of its own, and only that one is refused.

use sea_orm::{DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tracing::debug;

use super::{
    SqlStore,
    append::{Append, Batch, Progress},
    erase::erase,
    error::Failure,
    open::open,
};
use crate::{
    chaos::{self, Point},
    store::{StoreError, Write, Written, projection::project},
};

impl SqlStore {
    pub(super) async fn commit_group(&self, group: &[Write]) -> Result<Vec<Written>, StoreError> {
        if let Some(answers) = self.commit_plain(group).await? {
            return Ok(answers);
        }
        if let Some(answers) = self.commit_whole(group).await? {
            return Ok(answers);
        }
        let mut done = self.attempt(group, Way::Together).await;
        if let Err(Failure::Part(reason)) = &done {
            debug!(%reason, writes = group.len(), "a part of the group breaks a rule, storing the parts one by one");
            done = self.attempt(group, Way::OneByOne).await;
        }
        let answers = done?;
        if let (true, Some(checkpoints)) = (answers.contains(&Written::Erased), &self.checkpoints) {
            // What was erased is zeroed in the file, but the write-ahead log still has it.
            checkpoints.shed().await;
        }
        Ok(answers)
    }

    async fn attempt(&self, group: &[Write], way: Way) -> Result<Vec<Written>, Failure> {
        let transaction = self.begin().await?;
        let stored = match way {
            Way::Together => together(&transaction, group).await,
            Way::OneByOne => one_by_one(&transaction, group).await,
        };
        match stored {
            Ok(answers) => {
                chaos::at(Point::BeforeCommit);
                transaction.commit().await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
                Ok(answers)
            }
            Err(failure) => {
                // What cannot be rolled back was rolled back by the database, or its connection is gone.
                transaction.rollback().await.ok();
                Err(failure)
            }
        }
    }

    /// SQLite takes the lock for writing at once: a transaction that begins with reading may find it taken later.
    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writer().begin_with_options(options).await
    }
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Together,
    OneByOne,
}

/// The writes in their order, with runs of appends taken at once.
async fn together(transaction: &DatabaseTransaction, group: &[Write]) -> Result<Vec<Written>, Failure> {
    let mut progress = Progress::new(group.len());
    let mut batch = Batch::default();
    for (index, write) in group.iter().enumerate() {
        match prepared(index, write) {
            Prepared::Refused(reason) => progress.answer(index, Written::Refused(reason)),
            Prepared::Append(append) => {
                if !batch.has_room_for(&append) {
                    std::mem::take(&mut batch).store(transaction, &mut progress).await?;
                }
                batch.add(append);
            }
            Prepared::Rare => {
                std::mem::take(&mut batch).store(transaction, &mut progress).await?;
                progress.answer(index, rare(transaction, write).await?);
            }
        }
    }
    batch.store(transaction, &mut progress).await?;
    Ok(progress.finish())
}

/// Each write behind its own savepoint.
async fn one_by_one(transaction: &DatabaseTransaction, group: &[Write]) -> Result<Vec<Written>, Failure> {
    let mut progress = Progress::new(group.len());
    for (index, write) in group.iter().enumerate() {
        let savepoint = transaction.begin().await?;
        match one(&savepoint, index, write, &mut progress).await {
            Ok(()) => savepoint.commit().await?,
            Err(Failure::Part(reason)) => {
                savepoint.rollback().await?;
                progress.answer(index, Written::Refused(reason));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(progress.finish())
}

async fn one(
    savepoint: &DatabaseTransaction,
    index: usize,
    write: &Write,
    progress: &mut Progress,
) -> Result<(), Failure> {
    match prepared(index, write) {
        Prepared::Refused(reason) => progress.answer(index, Written::Refused(reason)),
        Prepared::Rare => progress.answer(index, rare(savepoint, write).await?),
        Prepared::Append(append) => {
            let mut batch = Batch::default();
            batch.add(append);
            batch.store(savepoint, progress).await?;
        }
    }
    Ok(())
}

enum Prepared<'a> {
    Append(Append<'a>),
    Refused(String),
    Rare,
}

fn prepared(index: usize, write: &Write) -> Prepared<'_> {
    let Write::Append { conversation, fence, events } = write else { return Prepared::Rare };
    match project(*conversation, events) {
        Err(unfit) => Prepared::Refused(unfit.to_string()),
        Ok(rows) => Prepared::Append(Append { index, conversation: *conversation, fence: *fence, events, rows }),
    }
}

async fn rare(transaction: &DatabaseTransaction, write: &Write) -> Result<Written, Failure> {
    match write {
        Write::Open { key, create, now } => open(transaction, key, create.as_ref(), *now).await,
        Write::Erase { conversation, fence, now } => Ok(erase(transaction, *conversation, *fence, *now).await?),
        // Appends were taken before; one that comes here would be a writer's that is not the writer.
        Write::Append { .. } => Ok(Written::Fenced),
    }
}
