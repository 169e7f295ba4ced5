//! A private PostgreSQL, on loopback only: fast and forgetful for tests, as safe as it comes for benchmarks.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::{Launch, Server, logged, tail, tied};
use crate::{group::Stop, interrupt::Interrupt};

/// No Unix socket, because nobody needs a second way in.
const SETTINGS: &[&str] = &["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"];
/// The data of tests live for one run.
const FORGETFUL: &[&str] = &["fsync=off", "full_page_writes=off"];

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commits {
    /// No: these data are thrown away.
    Forgetful,
    /// Yes, as PostgreSQL does by itself: what a benchmark measures must be what people run.
    Durable,
}

/// Makes a cluster in `folder` and starts it.
pub(super) fn start(initdb: &Path, folder: &Path, commits: Commits, interrupt: &Interrupt) -> Result<Server> {
    let data = folder.join("postgres");
    std::fs::create_dir(&data)?;
    let user = other_user(&data)?;
    let log = folder.join("postgres.log");
    make_cluster(initdb, user, &data, &log)?;
    // What PATH names may be a link; the server itself lies beside the real file.
    let postgres = initdb.canonicalize()?.with_file_name("postgres");
    let command = |port: u16| {
        let mut command = tied(&postgres, user, "INT");
        command.current_dir(&data).arg("-D").arg(&data).args(["-p", &port.to_string()]);
        let forgetful = if commits == Commits::Forgetful { FORGETFUL } else { &[] };
        command.args(SETTINGS.iter().chain(forgetful).flat_map(|setting| ["-c", setting]));
        command
    };
    let ready = |_| says_ready(&data);
    let launch =
        Launch { name: "PostgreSQL", stop: Stop::IntFirst, log: &log, command: &command, ready: &ready, interrupt };
    let (group, port) = launch.run()?;
    let url = format!("postgres://switchboard@127.0.0.1:{port}/postgres");
    Ok(Server { group, variable: "TEST_DATABASE_URL", url })
}

fn make_cluster(initdb: &Path, user: Option<&str>, data: &Path, log: &Path) -> Result<()> {
    let mut command = tied(initdb, user, "KILL");
    command.current_dir(data).arg("-D").arg(data);
    command.args(["-U", "switchboard", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
    let status = logged(&mut command, log)?.status().context("can't start initdb")?;
    if !status.success() {
        bail!("initdb failed: {status}; the end of its log:\n{}", tail(log));
    }
    Ok(())
}

/// The line of its lock file where the server says how far it is; there is no half-written state of it.
fn says_ready(data: &Path) -> bool {
    let lock: PathBuf = data.join("postmaster.pid");
    std::fs::read_to_string(lock).is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}

/// PostgreSQL refuses to run as root; the package brings a user `postgres` for it.
fn other_user(data: &Path) -> Result<Option<&'static str>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let owner = [numeric("-u")?, numeric("-g")?];
    std::os::unix::fs::chown(data, Some(owner[0]), Some(owner[1]))?;
    Ok(Some("postgres"))
}

fn numeric(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, "postgres"]).output().context("can't start `id`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .context("PostgreSQL does not run as root and there is no user `postgres`: run this as another user")
}
