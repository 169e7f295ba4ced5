//! What the kernel asks, told to the volume and back. No thinking here.

use std::{
    ffi::OsStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::volume::{DiskError, Facts, FileId, Volume};

/// The kernel may believe what it was told for this long: nobody but the kernel changes anything.
const BELIEVED_FOR: Duration = Duration::from_hours(1);
/// What `stat` says of blocks, which is what 512 stands for there.
const STAT_BLOCK_BYTES: u64 = 512;
const BLOCK_BYTES: u32 = 4096;
const NAME_BYTES_MAX: u32 = 255;
/// The folder's number; those of files come after it.
pub(super) const ROOT: u64 = 1;

/// The volume as long as the power is there. Without it every request fails, also those that the kernel sends late for a
/// process that is gone.
#[derive(Debug, Clone, Default)]
pub(super) struct Powered(Arc<Mutex<Option<Volume>>>);

impl Powered {
    pub(super) fn new(volume: Volume) -> Self {
        Self(Arc::new(Mutex::new(Some(volume))))
    }

    /// Cuts the power; answers what lies on the disk, if it had any.
    pub(super) fn cut(&self) -> Option<Volume> {
        self.lock().take()
    }

    /// Does something with it, while there is power.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Volume) -> T) -> Option<T> {
        self.lock().as_mut().map(work)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Volume>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T>(&self, work: impl FnOnce(&mut Volume) -> Result<T, DiskError>) -> Result<T, Errno> {
        self.with(work).ok_or(Errno::EIO)?.map_err(errno)
    }
}

fn errno(error: DiskError) -> Errno {
    match error {
        DiskError::NotFound => Errno::ENOENT,
        DiskError::Exists => Errno::EEXIST,
        DiskError::NoSpace => Errno::ENOSPC,
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn attributes(ino: u64, kind: FileType, len: u64, mode: u16, names: u32) -> FileAttr {
    // Nothing that runs here looks at times.
    let time = SystemTime::UNIX_EPOCH;
    FileAttr {
        ino: INodeNo(ino),
        size: len,
        blocks: len.div_ceil(STAT_BLOCK_BYTES),
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind,
        perm: mode,
        nlink: names,
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
        rdev: 0,
        blksize: BLOCK_BYTES,
        flags: 0,
    }
}

fn of_file(facts: Facts) -> FileAttr {
    attributes(facts.id, FileType::RegularFile, facts.len as u64, facts.mode, facts.is_named.into())
}

fn of_folder() -> FileAttr {
    attributes(ROOT, FileType::Directory, 0, 0o700, 2)
}

fn of(volume: &Volume, ino: INodeNo) -> Result<FileAttr, DiskError> {
    if ino.0 == ROOT { Ok(of_folder()) } else { volume.facts(ino.0).map(of_file) }
}

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or(0o600)
}

fn done(reply: ReplyEmpty, result: Result<(), Errno>) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

impl Filesystem for Powered {
    fn lookup(&self, _: &Request, _parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match self.ask(|volume| volume.find(name).and_then(|id| volume.facts(id))) {
            Ok(facts) => reply.entry(&BELIEVED_FOR, &of_file(facts), Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.ask(|volume| of(volume, ino)) {
            Ok(attributes) => reply.attr(&BELIEVED_FOR, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let set = self.ask(|volume| {
            if let Some(size) = size {
                volume.resize(ino.0, place(size))?;
            }
            if let (Some(mode), true) = (mode, ino.0 != ROOT) {
                volume.set_mode(ino.0, permissions(mode))?;
            }
            of(volume, ino)
        });
        match set {
            Ok(attributes) => reply.attr(&BELIEVED_FOR, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, _parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(reply, self.ask(|volume| volume.remove(name)));
    }

    fn rename(
        &self,
        _: &Request,
        _parent: INodeNo,
        name: &OsStr,
        _new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        if flags.is_empty() {
            done(reply, self.ask(|volume| volume.rename(name, new_name)));
        } else {
            reply.error(Errno::EINVAL);
        }
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.ask(|volume| volume.open(ino.0)) {
            Ok(()) => reply.opened(FileHandle(0), FopenFlags::empty()),
            Err(error) => reply.error(error),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.ask(|volume| volume.read(ino.0, place(offset), place(size.into())).map(<[u8]>::to_vec)) {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.ask(|volume| volume.write(ino.0, place(offset), data)) {
            // What the kernel sends at once is a few MiB at most.
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn release(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        self.with(|volume| volume.close(ino.0));
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        done(reply, self.ask(|volume| volume.sync(ino.0)));
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        done(
            reply,
            self.ask(|volume| {
                volume.sync_names();
                Ok(())
            }),
        );
    }

    fn readdir(&self, _: &Request, _: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let listed = self.ask(|volume| {
            let files = volume.names().map(|(name, id)| (id, FileType::RegularFile, name.to_owned()));
            let own = [".", ".."].map(|name| (ROOT, FileType::Directory, name.into()));
            Ok(own.into_iter().chain(files).collect::<Vec<(FileId, FileType, _)>>())
        });
        let listed = match listed {
            Ok(listed) => listed,
            Err(error) => return reply.error(error),
        };
        for (next, (ino, kind, name)) in (1..).zip(listed).skip(place(offset)) {
            if reply.add(INodeNo(ino), next, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let blocks = |bytes: usize| bytes as u64 / u64::from(BLOCK_BYTES);
        let (max, used) = self.with(|volume| (volume.bytes_max(), volume.bytes_used())).unwrap_or_default();
        let free = blocks(max.saturating_sub(used));
        reply.statfs(blocks(max), free, free, 0, 0, BLOCK_BYTES, NAME_BYTES_MAX, BLOCK_BYTES);
    }

    fn create(
        &self,
        _: &Request,
        _parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        let created = self.ask(|volume| {
            let id = volume.create(name, permissions(mode & !umask))?;
            volume.open(id)?;
            volume.facts(id)
        });
        match created {
            Ok(facts) => {
                reply.created(&BELIEVED_FOR, &of_file(facts), Generation(0), FileHandle(0), FopenFlags::empty());
            }
            Err(error) => reply.error(error),
        }
    }
}
