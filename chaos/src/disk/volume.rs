//! Names and files: one folder, which is all that a server's data is. The names are seen at once and on the disk later,
//! like the bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
};

use fastrand::Rng;

use super::content::Content;

/// What is not on the disk for sure takes so much memory at most, a file; beyond it the oldest is written.
const CHANGES_BYTES_MAX: usize = 32 << 20;
/// Names and open files; a server has less than ten.
const FILES_MAX: usize = 1000;

/// Which file. Never used for another one.
pub(super) type FileId = u64;

/// Why something cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskError {
    /// There is no such name or file.
    NotFound,
    /// The name is taken.
    Exists,
    /// There is no room.
    NoSpace,
}

/// A change of the folder that is not on the disk for sure. A rename comes or goes whole, as on file systems with a journal.
#[derive(Debug, Clone)]
enum Naming {
    Added(OsString, FileId),
    Removed(OsString),
    Renamed(OsString, OsString, FileId),
}

/// A file and who uses it.
#[derive(Debug, Clone, Default)]
struct Entry {
    bytes: Content,
    mode: u16,
    opens: usize,
}

/// What a file is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    /// Which.
    pub(super) id: FileId,
    /// In bytes.
    pub(super) len: usize,
    /// Its permissions.
    pub(super) mode: u16,
    /// Whether it has a name.
    pub(super) is_named: bool,
}

type Names = BTreeMap<OsString, FileId>;

/// The folder and its files.
#[derive(Debug, Clone)]
pub(super) struct Volume {
    files: BTreeMap<FileId, Entry>,
    seen: Names,
    durable: Names,
    namings: Vec<Naming>,
    next: FileId,
    bytes_max: usize,
}

impl Volume {
    /// An empty one, whose files get ids from here on and have so many bytes at most in all.
    pub(super) fn new(first: FileId, bytes_max: usize) -> Self {
        let (files, seen, durable) = (BTreeMap::new(), Names::new(), Names::new());
        Self { files, seen, durable, namings: Vec::new(), next: first, bytes_max }
    }

    /// How many bytes all files may have.
    pub(super) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Makes it smaller or larger. What is there stays, also where it is too much.
    pub(super) fn set_bytes_max(&mut self, bytes_max: usize) {
        self.bytes_max = bytes_max;
    }

    /// How many bytes all files have.
    pub(super) fn bytes_used(&self) -> usize {
        self.files.values().map(|entry| entry.bytes.len()).sum()
    }

    /// Names and their files, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = (&OsStr, FileId)> {
        self.seen.iter().map(|(name, id)| (name.as_os_str(), *id))
    }

    /// The file of this name.
    pub(super) fn find(&self, name: &OsStr) -> Result<FileId, DiskError> {
        self.seen.get(name).copied().ok_or(DiskError::NotFound)
    }

    /// What it is like.
    pub(super) fn facts(&self, id: FileId) -> Result<Facts, DiskError> {
        let entry = self.files.get(&id).ok_or(DiskError::NotFound)?;
        let is_named = self.seen.values().any(|named| *named == id);
        Ok(Facts { id, len: entry.bytes.len(), mode: entry.mode, is_named })
    }

    /// Makes an empty file.
    pub(super) fn create(&mut self, name: &OsStr, mode: u16) -> Result<FileId, DiskError> {
        if self.seen.contains_key(name) {
            return Err(DiskError::Exists);
        }
        if self.files.len() >= FILES_MAX {
            return Err(DiskError::NoSpace);
        }
        let id = self.next;
        self.next += 1;
        self.files.insert(id, Entry { mode, ..Entry::default() });
        self.seen.insert(name.to_owned(), id);
        self.namings.push(Naming::Added(name.to_owned(), id));
        Ok(id)
    }

    /// Somebody uses it: it stays when its name goes.
    pub(super) fn open(&mut self, id: FileId) -> Result<(), DiskError> {
        self.entry(id)?.opens += 1;
        Ok(())
    }

    /// The one who used it has gone.
    pub(super) fn close(&mut self, id: FileId) {
        if let Ok(entry) = self.entry(id) {
            entry.opens = entry.opens.saturating_sub(1);
        }
        self.clean();
    }

    /// Up to so many bytes.
    pub(super) fn read(&self, id: FileId, at: usize, bytes_max: usize) -> Result<&[u8], DiskError> {
        Ok(self.files.get(&id).ok_or(DiskError::NotFound)?.bytes.read(at, bytes_max))
    }

    /// All of the bytes, or none where there is no room.
    pub(super) fn write(&mut self, id: FileId, at: usize, bytes: &[u8]) -> Result<(), DiskError> {
        let end = at.checked_add(bytes.len()).ok_or(DiskError::NoSpace)?;
        self.has_room_for(id, end)?;
        let file = &mut self.entry(id)?.bytes;
        file.write(at, bytes);
        file.write_back(CHANGES_BYTES_MAX);
        Ok(())
    }

    /// Cuts it off, or adds zeros.
    pub(super) fn resize(&mut self, id: FileId, len: usize) -> Result<(), DiskError> {
        self.has_room_for(id, len)?;
        self.entry(id)?.bytes.resize(len);
        Ok(())
    }

    /// Sets its permissions, which are on the disk at once: nothing that is tried here hangs on them.
    pub(super) fn set_mode(&mut self, id: FileId, mode: u16) -> Result<(), DiskError> {
        self.entry(id)?.mode = mode;
        Ok(())
    }

    /// Takes a name away.
    pub(super) fn remove(&mut self, name: &OsStr) -> Result<(), DiskError> {
        self.seen.remove(name).ok_or(DiskError::NotFound)?;
        self.namings.push(Naming::Removed(name.to_owned()));
        self.clean();
        Ok(())
    }

    /// Gives a file another name, which it takes from whoever has it.
    pub(super) fn rename(&mut self, from: &OsStr, to: &OsStr) -> Result<(), DiskError> {
        let id = self.find(from)?;
        if from != to {
            let naming = Naming::Renamed(from.to_owned(), to.to_owned(), id);
            naming.apply(&mut self.seen);
            self.namings.push(naming);
            self.clean();
        }
        Ok(())
    }

    /// `fsync` and `fdatasync`: bytes and size are on the disk. The name is not: POSIX does not say so, though ext4 does it.
    pub(super) fn sync(&mut self, id: FileId) -> Result<(), DiskError> {
        self.entry(id)?.bytes.sync();
        Ok(())
    }

    /// `fsync` of the folder: the names are on the disk.
    pub(super) fn sync_names(&mut self) {
        self.namings.clear();
        self.durable.clone_from(&self.seen);
        self.clean();
    }

    /// The power goes and comes back. Nobody uses a file any more.
    pub(super) fn lose_power(&mut self, dice: &mut Rng) {
        for naming in self.namings.drain(..) {
            if dice.bool() {
                naming.apply(&mut self.durable);
            }
        }
        self.seen.clone_from(&self.durable);
        for entry in self.files.values_mut() {
            entry.opens = 0;
            entry.bytes.lose_power(dice);
        }
        self.clean();
    }

    fn entry(&mut self, id: FileId) -> Result<&mut Entry, DiskError> {
        self.files.get_mut(&id).ok_or(DiskError::NotFound)
    }

    fn has_room_for(&self, id: FileId, len: usize) -> Result<(), DiskError> {
        let now = self.files.get(&id).map_or(0, |entry| entry.bytes.len());
        let more = len.saturating_sub(now);
        if more > 0 && self.bytes_used().saturating_add(more) > self.bytes_max {
            return Err(DiskError::NoSpace);
        }
        Ok(())
    }

    /// What has no name, could not get one back and is not open goes.
    fn clean(&mut self) {
        let named: BTreeSet<FileId> = self.seen.values().chain(self.durable.values()).copied().collect();
        let renamed: BTreeSet<FileId> = self.namings.iter().filter_map(Naming::file).collect();
        self.files.retain(|id, entry| entry.opens > 0 || named.contains(id) || renamed.contains(id));
    }
}

impl Naming {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Added(name, id) => {
                names.insert(name.clone(), *id);
            }
            Self::Removed(name) => {
                names.remove(name);
            }
            Self::Renamed(from, to, id) => {
                if names.get(from) == Some(id) {
                    names.remove(from);
                }
                names.insert(to.clone(), *id);
            }
        }
    }

    fn file(&self) -> Option<FileId> {
        match self {
            Self::Added(_, id) | Self::Renamed(_, _, id) => Some(*id),
            Self::Removed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEDS: u64 = 200;

    fn volume() -> Volume {
        Volume::new(2, 1 << 20)
    }

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    fn made(volume: &mut Volume, text: &str, bytes: &[u8]) -> FileId {
        let id = volume.create(name(text), 0o600).unwrap();
        volume.write(id, 0, bytes).unwrap();
        id
    }

    fn lists(volume: &Volume) -> Vec<String> {
        volume.names().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }

    /// What may be found after a power loss, over many seeds, each once.
    fn outcomes<T: Ord>(before: &Volume, found: impl Fn(&Volume) -> T) -> Vec<T> {
        let after = (0..SEEDS).map(|seed| {
            let mut volume = before.clone();
            volume.lose_power(&mut Rng::with_seed(seed));
            found(&volume)
        });
        after.collect::<BTreeSet<T>>().into_iter().collect()
    }

    #[test]
    fn a_file_that_was_synced_in_a_folder_that_was_synced_is_always_there() {
        let mut volume = volume();
        let id = made(&mut volume, "a", b"kept");
        volume.sync(id).unwrap();
        volume.sync_names();
        volume.write(id, 4, b", and more").unwrap();
        let found = outcomes(&volume, |volume| volume.read(id, 0, 4).map(<[u8]>::to_vec).unwrap());
        assert_eq!(found, [b"kept".to_vec()]);
    }

    #[test]
    fn a_new_name_may_be_gone_though_its_bytes_were_synced() {
        let mut volume = volume();
        let id = made(&mut volume, "a", b"kept");
        volume.sync(id).unwrap();
        assert_eq!(outcomes(&volume, lists), [vec![], vec!["a".to_owned()]]);
    }

    #[test]
    fn a_name_that_was_taken_away_may_be_back_with_what_it_had() {
        let mut volume = volume();
        let id = made(&mut volume, "a", b"kept");
        volume.sync(id).unwrap();
        volume.sync_names();
        volume.remove(name("a")).unwrap();
        assert_eq!(volume.find(name("a")), Err(DiskError::NotFound));
        let found = outcomes(&volume, |volume| {
            volume.find(name("a")).map(|id| volume.read(id, 0, 9).unwrap().to_vec()).unwrap_or_default()
        });
        assert_eq!(found, [b"".to_vec(), b"kept".to_vec()]);
    }

    #[test]
    fn a_rename_shows_the_old_or_the_new_and_never_neither() {
        let mut volume = volume();
        for (text, bytes) in [("mark", b"old"), ("partial", b"new")] {
            let id = made(&mut volume, text, bytes);
            volume.sync(id).unwrap();
        }
        volume.sync_names();
        volume.rename(name("partial"), name("mark")).unwrap();
        let found = outcomes(&volume, |volume| {
            let mark = volume.find(name("mark")).unwrap();
            (volume.read(mark, 0, 3).unwrap().to_vec(), lists(volume).len())
        });
        assert_eq!(found, [(b"new".to_vec(), 1), (b"old".to_vec(), 2)]);
    }

    #[test]
    fn a_full_disk_refuses_what_would_grow_and_takes_what_does_not() {
        let mut volume = volume();
        let id = made(&mut volume, "a", &[1; 1000]);
        volume.set_bytes_max(1000);
        assert_eq!(volume.write(id, 999, b"xx"), Err(DiskError::NoSpace));
        assert_eq!(volume.resize(id, 1001), Err(DiskError::NoSpace));
        volume.write(id, 998, b"xx").unwrap();
        volume.resize(id, 10).unwrap();
        volume.write(id, 10, b"room again").unwrap();
    }

    #[test]
    fn an_open_file_outlives_its_name_and_leaves_nothing_behind() {
        let mut volume = volume();
        let id = made(&mut volume, "a", &[1; 1000]);
        volume.open(id).unwrap();
        volume.remove(name("a")).unwrap();
        volume.sync_names();
        assert_eq!(volume.read(id, 0, 2).unwrap(), [1, 1]);
        volume.close(id);
        assert_eq!((volume.facts(id), volume.bytes_used()), (Err(DiskError::NotFound), 0));
    }

    #[test]
    fn names_have_a_bound() {
        let mut volume = volume();
        for number in 0..FILES_MAX {
            volume.create(name(&number.to_string()), 0o600).unwrap();
        }
        assert_eq!(volume.create(name("one more"), 0o600), Err(DiskError::NoSpace));
    }
}
