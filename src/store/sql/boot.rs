//! Whether a power loss may have taken something back: `synchronous: normal` on SQLite.
//!
//! Such a commit is in the operating system's hands, not on the disk. It survives the end of the process, so after a
//! `kill -9` everything is there. A machine that went down is known by its new boot id, which the mark beside the file
//! has. Then the latest commits may be missing, and nobody can tell whose: the row of the conversation went back with
//! them. So every conversation to which something could have been added counts as another history: its clients resume
//! from a snapshot and are told so. One whose end is stored has all of it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use serde::{Deserialize, Serialize};

use super::{Synchronous, statement::statement};

/// Gives all of them one name, which none of them had.
const NEW_EPOCH: &str = "UPDATE conversations SET epoch = ? WHERE status = 'open'";

/// As many as conversations begin with.
const EPOCH_CHARS: usize = 16;

/// What is in the log is on the disk after this, whether it was moved or not.
const SYNC: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The id of this boot of the machine; none where the system has none.
pub fn boot_id() -> Option<String> {
    if let Some(pretended) = crate::chaos::boot_id() {
        return Some(pretended);
    }
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}

/// What is known of the last process that wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// In which boot of the machine.
    boot_id: String,
    /// Whether everything that it was told to store is on the disk.
    is_synced: bool,
}

/// Whether something that was stored may be gone now.
fn may_have_lost(last: Option<&Mark>, boot_id: &str) -> bool {
    last.is_some_and(|last| !last.is_synced && last.boot_id != boot_id)
}

/// The mark beside a database.
#[derive(Debug, Clone)]
pub(super) struct BootMark {
    path: PathBuf,
    log: PathBuf,
    mark: Mark,
}

impl BootMark {
    /// Looks at the mark of the last process, gives conversations new epochs where something may have been lost, and sets
    /// its own mark. Comes before the first write.
    pub(super) async fn set(
        database: &str,
        writer: &DatabaseConnection,
        synchronous: Synchronous,
        boot_id: String,
    ) -> Result<Self, DbErr> {
        let path = PathBuf::from(format!("{database}-boot"));
        let last = read(&path).map_err(|error| cannot(&path, &error))?;
        if may_have_lost(last.as_ref(), &boot_id) {
            tracing::warn!(
                "the machine went down and `database.synchronous` was `normal`: the last moments may be lost, so \
                 conversations get a new epoch"
            );
            give_new_epochs(writer).await?;
        }
        if last.is_some_and(|last| !last.is_synced) {
            writer.query_one_raw(Statement::from_string(writer.get_database_backend(), SYNC)).await?;
        }
        let log = PathBuf::from(format!("{database}-wal"));
        let mark = Self { path, log, mark: Mark { boot_id, is_synced: synchronous == Synchronous::Full } };
        mark.write().map_err(|error| cannot(&mark.path, &error))?;
        Ok(mark)
    }

    /// After the last connection closed: then the log was moved into the file and the file synced, unless somebody else
    /// holds it open.
    pub(super) fn closed(mut self) {
        if self.mark.is_synced || fs::metadata(&self.log).is_ok_and(|log| log.len() > 0) {
            return;
        }
        self.mark.is_synced = true;
        if let Err(error) = self.write() {
            tracing::warn!(%error, "it could not be noted that everything is on the disk; after a new boot of the \
                machine conversations get a new epoch");
        }
    }

    /// On the disk when it returns.
    fn write(&self) -> io::Result<()> {
        let partial = self.path.with_added_extension("partial");
        let mut file = File::create(&partial)?;
        file.write_all(serde_json::to_string(&self.mark)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// The mark, if there is one. One that makes no sense says nothing good.
fn read(path: &Path) -> io::Result<Option<Mark>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let unknown = |_| Mark { boot_id: String::new(), is_synced: false };
    Ok(Some(serde_json::from_str(&text).unwrap_or_else(unknown)))
}

/// Makes another history of every conversation that has not ended; answers how many.
pub(super) async fn give_new_epochs(writer: &DatabaseConnection) -> Result<u64, DbErr> {
    let mut epoch = uuid::Uuid::new_v4().simple().to_string();
    epoch.truncate(EPOCH_CHARS);
    let changed = writer.execute_raw(statement(writer.get_database_backend(), NEW_EPOCH, [epoch.into()])).await?;
    tracing::info!(conversations = changed.rows_affected(), "new epochs");
    Ok(changed.rows_affected())
}

fn cannot(path: &Path, error: &io::Error) -> DbErr {
    DbErr::Custom(format!("`{}`, which tells a power loss, cannot be read or written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        ConversationKey, Found, InternalId, NewConversation, Owner, Store, Write as Stored,
        sql::{SqlOptions, SqlStore, testing::SqliteFile},
    };

    #[test]
    fn only_another_boot_after_something_that_was_not_synced_may_have_lost() {
        let mark = |boot_id: &str, is_synced| Some(Mark { boot_id: boot_id.to_owned(), is_synced });
        for (last, expected) in [
            (None, false),
            (mark("a", false), false),
            (mark("a", true), false),
            (mark("b", true), false),
            (mark("b", false), true),
            (mark("", false), true),
        ] {
            assert_eq!(may_have_lost(last.as_ref(), "a"), expected, "{last:?}");
        }
    }

    async fn open(file: &SqliteFile, boot: &str, synchronous: Synchronous) -> SqlStore {
        let options = SqlOptions { synchronous, boot_id: Some(boot.to_owned()), ..file.options() };
        SqlStore::connect(options).await.unwrap()
    }

    /// A process of this boot that begins and ends; answers the epoch of its conversation. Where it does not close in order,
    /// the mark is left as a `kill -9` leaves it.
    async fn process(file: &SqliteFile, boot: &str, synchronous: Synchronous, closes: bool) -> String {
        let mut store = open(file, boot, synchronous).await;
        let key = ConversationKey { owner: Owner::local(), id: protocol::ConversationId(uuid::Uuid::nil()) };
        let create = NewConversation {
            id: InternalId(uuid::Uuid::now_v7()),
            epoch: "first".parse().unwrap(),
            metadata: protocol::event::JsonObject::new(),
        };
        let now = protocol::Timestamp::from_millis(1_795_437_919_000);
        store.commit(&[Stored::Open { key: key.clone(), create: Some(create), now }]).await.unwrap();
        let Found::Here((_, record)) = store.conversation(&key).await.unwrap() else { panic!("it was made") };
        store.boot = store.boot.filter(|_| closes);
        store.close().await;
        record.epoch.to_string()
    }

    #[tokio::test]
    async fn an_epoch_changes_with_a_new_boot_after_unsynced_commits_and_with_nothing_else() {
        use Synchronous::{Full, Normal};
        let file = SqliteFile::new();
        for (boot, synchronous, closes, same, what) in [
            ("a", Normal, false, true, "the first start"),
            ("a", Normal, false, true, "a kill -9"),
            ("b", Normal, false, false, "a power loss"),
            ("b", Normal, true, true, "a kill -9 in the new boot"),
            ("c", Normal, false, true, "a new boot after an end in order"),
            ("c", Full, false, true, "full from here on, and what was not synced is synced first"),
            ("d", Full, false, true, "a power loss with full"),
            ("e", Normal, false, true, "normal again after full"),
            ("f", Full, false, false, "a power loss with normal is noticed by full too"),
            ("f", Full, false, true, "and only once"),
        ] {
            let before = fs::read_to_string(file.0.path().join("epoch")).unwrap_or_else(|_| "first".to_owned());
            let epoch = process(&file, boot, synchronous, closes).await;
            assert_eq!(epoch == before, same, "{what}: {before} {epoch}");
            fs::write(file.0.path().join("epoch"), epoch).unwrap();
        }
    }

    #[tokio::test]
    async fn an_ended_conversation_has_lost_nothing_and_a_mark_without_sense_says_nothing_good() {
        let file = SqliteFile::new();
        assert_eq!(process(&file, "a", Synchronous::Normal, true).await, "first");
        fs::write(file.0.path().join("test.sqlite-boot"), "nonsense").unwrap();
        let changed = process(&file, "a", Synchronous::Normal, false).await;
        assert_ne!(changed, "first");
        let store = open(&file, "a", Synchronous::Normal).await;
        store.writer().execute_unprepared("UPDATE conversations SET status = 'ended'").await.unwrap();
        store.close().await;
        fs::write(file.0.path().join("test.sqlite-boot"), "nonsense").unwrap();
        assert_eq!(process(&file, "a", Synchronous::Normal, false).await, changed);
    }
}
