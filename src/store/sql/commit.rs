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
    append::{Batch, Progress},
    erase::erase,
    error::Failure,
    open::open,
    prepared::Prepared,
};
use crate::{
    chaos::{self, Point},
    store::{StoreError, Write, Written},
};

impl SqlStore {
    pub(super) async fn commit_group(&self, group: &[Write]) -> Result<Vec<Written>, StoreError> {
        let mut prepared = Prepared::all(group);
        if let Some(answers) = self.commit_plain(&prepared).await? {
            return Ok(answers);
        }
        if self.takes_whole(&prepared) {
            if let Some(answers) = self.commit_whole(prepared).await? {
                return Ok(answers);
            }
            prepared = Prepared::all(group);
        }
        let mut done = self.attempt(prepared, Way::Together).await;
        if let Err(Failure::Part(reason)) = &done {
            debug!(%reason, writes = group.len(), "a part of the group breaks a rule, storing the parts one by one");
            done = self.attempt(Prepared::all(group), Way::OneByOne).await;
        }
        let answers = done?;
        if let (true, Some(checkpoints)) = (answers.contains(&Written::Erased), &self.checkpoints) {
            // What was erased is zeroed in the file, but the write-ahead log still has it.
            checkpoints.shed().await;
        }
        Ok(answers)
    }

    async fn attempt(&self, group: Vec<Prepared<'_>>, way: Way) -> Result<Vec<Written>, Failure> {
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
async fn together(transaction: &DatabaseTransaction, group: Vec<Prepared<'_>>) -> Result<Vec<Written>, Failure> {
    let mut progress = Progress::new(group.len());
    let mut batch = Batch::default();
    for (index, write) in group.into_iter().enumerate() {
        match write {
            Prepared::Refused(reason) => progress.answer(index, Written::Refused(reason)),
            Prepared::Append(append) => {
                if !batch.has_room_for(&append) {
                    std::mem::take(&mut batch).store(transaction, &mut progress).await?;
                }
                batch.add(*append);
            }
            Prepared::Rare(write) => {
                std::mem::take(&mut batch).store(transaction, &mut progress).await?;
                progress.answer(index, rare(transaction, write).await?);
            }
        }
    }
    batch.store(transaction, &mut progress).await?;
    Ok(progress.finish())
}

/// Each write behind its own savepoint.
async fn one_by_one(transaction: &DatabaseTransaction, group: Vec<Prepared<'_>>) -> Result<Vec<Written>, Failure> {
    let mut progress = Progress::new(group.len());
    for (index, write) in group.into_iter().enumerate() {
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
    write: Prepared<'_>,
    progress: &mut Progress,
) -> Result<(), Failure> {
    match write {
        Prepared::Refused(reason) => progress.answer(index, Written::Refused(reason)),
        Prepared::Rare(write) => progress.answer(index, rare(savepoint, write).await?),
        Prepared::Append(append) => {
            let mut batch = Batch::default();
            batch.add(*append);
            batch.store(savepoint, progress).await?;
        }
    }
    Ok(())
}

async fn rare(transaction: &DatabaseTransaction, write: &Write) -> Result<Written, Failure> {
    match write {
        Write::Open { key, create, now } => open(transaction, key, create.as_ref(), *now).await,
        Write::Erase { conversation, fence, now } => Ok(erase(transaction, *conversation, *fence, *now).await?),
        // Appends were taken before; one that comes here would be a writer's that is not the writer.
        Write::Append { .. } => Ok(Written::Fenced),
    }
}
