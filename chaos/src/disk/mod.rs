//! A disk that forgets what was not synced: a folder in memory, mounted with FUSE, whose power can be cut.
//!
//! `content` and `volume` are the disk itself, pure: they know what is on it for sure and what is not. `adapter` tells them what
//! the kernel asks. Nothing here makes anything durable that POSIX does not: `fsync` of a file does so for its bytes and
//! its size, `fsync` of the folder for its names. Of the rest a seed decides, a sector of 512 bytes at a time.

mod adapter;
mod content;
mod volume;

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use fuser::{BackgroundSession, Config, MountOption, Session};
use rustix::mount::{UnmountFlags, unmount};

use adapter::{Powered, ROOT};
use volume::Volume;

/// What the names of our mounts begin with; the process that made them follows.
const MOUNT_NAME: &str = "switchboard-chaos-";
/// What all files of a run may have: ten times what any run was seen to have.
const BYTES_MAX: usize = 256 << 20;
/// A name that is not synced is there after half of the power losses.
const TRIES: u64 = 64;

/// A disk, mounted. Dropped, it is gone.
#[derive(Debug)]
pub struct Disk {
    at: PathBuf,
    power: Powered,
    session: Option<BackgroundSession>,
}

impl Disk {
    /// Mounts an empty one on a folder.
    ///
    /// # Errors
    /// Where FUSE is not there or nothing may be mounted.
    pub fn mount(at: &Path) -> Result<Self> {
        let mut disk = Self { at: at.to_owned(), power: Powered::default(), session: None };
        disk.turn_on(Volume::new(ROOT + 1, BYTES_MAX))?;
        Ok(disk)
    }

    /// The power goes and comes back: what was not synced is there or not, as the dice say. Nobody may run on it: a file
    /// that is open fails from now on.
    ///
    /// # Errors
    /// Where it cannot be mounted again.
    pub fn lose_power(&mut self, dice: &mut Rng) -> Result<()> {
        let mut volume = self.power.cut().context("the disk has no power")?;
        volume.lose_power(dice);
        self.take_away();
        self.turn_on(volume)
    }

    /// There is no room for a byte more, until there is.
    pub fn set_full(&self, is_full: bool) {
        self.power.with(|volume| {
            let bytes_max = if is_full { volume.bytes_used() } else { BYTES_MAX };
            volume.set_bytes_max(bytes_max);
        });
    }

    /// A new mount each time: the kernel has nothing in its caches of what was lost.
    fn turn_on(&mut self, volume: Volume) -> Result<()> {
        self.power = Powered::new(volume);
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName(format!("{MOUNT_NAME}{}", std::process::id()))];
        let session = Session::new(self.power.clone(), &self.at, &config);
        let session = session.and_then(Session::spawn);
        self.session = Some(session.with_context(|| format!("mounting {} with FUSE", self.at.display()))?);
        Ok(())
    }

    /// Also from under those who still use it. The session's thread ends by itself when the last of them is gone.
    fn take_away(&mut self) {
        if self.session.is_some() {
            // Where this may not be done, the session does it with fusermount.
            unmount(&self.at, UnmountFlags::DETACH).ok();
        }
        self.session = None;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.power.cut();
        self.take_away();
    }
}

/// Tries such a disk: whether there can be one on this machine, and whether it keeps what was synced and nothing else.
///
/// # Errors
/// In words for people.
pub fn available() -> Result<()> {
    let folder = tempfile::Builder::new().prefix(MOUNT_NAME).tempdir()?;
    let mut disk = Disk::mount(folder.path())?;
    let kept = folder.path().join("kept");
    let mut file = File::create(&kept)?;
    file.write_all(b"kept")?;
    file.sync_all()?;
    File::open(folder.path())?.sync_all()?;
    drop(file);
    for seed in 0.. {
        // Another name each time: one that came through once is on the disk.
        let lost = folder.path().join(format!("lost-{seed}"));
        std::fs::write(&lost, "lost")?;
        disk.lose_power(&mut Rng::with_seed(seed))?;
        ensure!(std::fs::read(&kept)? == b"kept", "a file that was synced is not there after a power loss");
        if !lost.exists() {
            break;
        }
        ensure!(seed < TRIES, "a file that was not synced is there after each of {TRIES} power losses");
    }
    Ok(())
}

/// Takes away what a kit left mounted that was killed itself; answers where.
///
/// # Errors
/// Where the list of mounts cannot be read.
pub fn remove_stale() -> io::Result<Vec<PathBuf>> {
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let is_alive = |process: &str| Path::new("/proc").join(process).exists();
    let stale = stale(&mounts, is_alive).map(PathBuf::from);
    Ok(stale.filter(|at| unmount(at, UnmountFlags::DETACH).is_ok()).collect())
}

/// The places of our mounts whose process is gone. Temporary folders have no blanks, which this list would escape.
fn stale(mounts: &str, is_alive: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
    mounts.lines().filter_map(move |line| {
        let mut words = line.split(' ');
        let process = words.next()?.strip_prefix(MOUNT_NAME)?;
        words.next().filter(|_| !is_alive(process))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mounts_of_a_kit_that_is_gone_are_stale() {
        let mounts = "/dev/vda / ext4 rw 0 0\n\
                      switchboard-chaos-17 /tmp/a/data fuse rw,nosuid 0 0\n\
                      switchboard-chaos-18 /tmp/b/data fuse rw,nosuid 0 0\n";
        let found: Vec<&str> = stale(mounts, |process| process == "18").collect();
        assert_eq!(found, ["/tmp/a/data"]);
    }
}
