//! What a process holds, as the kernel tells it: memory, threads, and each file and socket by what it is.

use std::{collections::BTreeMap, fmt, fs, path::PathBuf};

/// One look at a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Its memory that stands in RAM and that no file backs: what it has allocated.
    pub memory_kib: u64,
    /// Its threads.
    pub threads: u64,
    /// How many files and sockets of each kind.
    pub files: BTreeMap<String, usize>,
}

impl Held {
    /// Of a process that runs; of one that does not, nothing.
    pub fn by(pid: u32) -> Self {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        let sockets = sockets(&fs::read_to_string(process.join("net/tcp")).unwrap_or_default());
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(process.join("fd")).into_iter().flatten().flatten() {
            // One that was closed since is not held.
            let Ok(link) = fs::read_link(entry.path()) else { continue };
            let link = link.to_string_lossy().into_owned();
            let kind = sockets.get(&link).cloned().unwrap_or_else(|| kind(&link));
            *files.entry(kind).or_default() += 1;
        }
        Self { memory_kib: line(&status, "RssAnon:"), threads: line(&status, "Threads:"), files }
    }

    /// Files and sockets of all kinds.
    pub fn files_open(&self) -> usize {
        self.files.values().sum()
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB, {} threads, {} files", self.memory_kib, self.threads, self.files_open())?;
        self.files.iter().try_for_each(|(kind, count)| write!(f, "; {count} {kind}"))
    }
}

/// The number behind a word of `/proc/PID/status`.
fn line(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// The name of a file without its folder; what has no name is told by its type.
fn kind(link: &str) -> String {
    let name = if link.starts_with('/') { link.rsplit('/').next().unwrap_or(link) } else { link };
    name.split(":[").next().unwrap_or(name).to_owned()
}

/// For each TCP socket, as a link of `/proc/PID/fd` names it: its ends and its state.
fn sockets(table: &str) -> BTreeMap<String, String> {
    let rows = table.lines().skip(1).filter_map(|row| {
        let words: Vec<&str> = row.split_whitespace().collect();
        let (local, remote, state, inode) = (words.get(1)?, words.get(2)?, words.get(3)?, words.get(9)?);
        Some((format!("socket:[{inode}]"), (port(local)?, port(remote)?, *state)))
    });
    let rows: BTreeMap<String, (u16, u16, &str)> = rows.collect();
    let listening: Vec<u16> = rows.values().filter(|(.., state)| *state == "0A").map(|(local, ..)| *local).collect();
    let tell = |(local, remote, state): (u16, u16, &str)| {
        let end = if listening.contains(&local) { format!("from a client at {local}") } else { format!("to {remote}") };
        match state {
            "01" => format!("connection {end}"),
            "08" => format!("connection {end} that the other side has closed"),
            "0A" => format!("listener at {local}"),
            state => format!("connection {end} in state {state}"),
        }
    };
    rows.into_iter().map(|(link, row)| (link, tell(row))).collect()
}

/// Of `0100007F:1538`.
fn port(end: &str) -> Option<u16> {
    u16::from_str_radix(end.rsplit(':').next()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_is_told_by_its_ends_and_gone_when_it_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let (server, _) = listener.accept().unwrap();
        let kind = format!("connection from a client at {port}");
        let held = Held::by(std::process::id());
        // Both ends are in this process.
        assert_eq!(held.files.get(&kind), Some(&1), "{held}");
        assert_eq!(held.files.get(&format!("connection to {port}")), Some(&1), "{held}");
        assert!(held.memory_kib > 0 && held.threads > 0, "{held}");
        drop(client);
        let closed = format!("{kind} that the other side has closed");
        assert_eq!(Held::by(std::process::id()).files.get(&closed), Some(&1));
        drop(server);
        assert_eq!(Held::by(std::process::id()).files.get(&closed), None);
    }
}
