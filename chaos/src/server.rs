//! The server under test: the real program, as a process on a folder of its own.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::held::Held;

const READY_WITHIN: Duration = Duration::from_mins(1);
/// Longer than the drain that the configuration of a run allows, on a machine with other things to do.
const TERMINATED_WITHIN: Duration = Duration::from_mins(1);

/// How the server is started, each time.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Where `config.yaml` and `data` are.
    pub folder: PathBuf,
    /// What it is told beside its configuration.
    pub env: Vec<(String, String)>,
}

impl Launch {
    /// Tells it this from the next start on.
    pub fn set(&mut self, name: &str, value: String) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value));
    }
}

/// All that the server said, over all its starts.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<String>>);

impl Log {
    /// As it is now.
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a line of the kit's own.
    pub fn add(&self, line: &str) {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(line);
        text.push('\n');
    }
}

/// A server that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts it; none where it ended before it was ready, as one with a fail point in its start does.
    ///
    /// # Errors
    /// Where it cannot be started, or neither ends nor becomes ready.
    pub async fn start(launch: &Launch, arm: Option<&str>, log: &Log) -> Result<Option<Self>> {
        log.add(&format!("--- start, armed: {arm:?}"));
        let mut child = command(launch, arm).spawn().context("can't start the server")?;
        let (out, err) = (child.stdout.take().context("its output")?, child.stderr.take().context("its errors")?);
        let (address, ready) = tokio::sync::oneshot::channel();
        tokio::spawn(keep(out, log.clone(), Some(address)));
        tokio::spawn(keep(err, log.clone(), None));
        match timeout(READY_WITHIN, ready).await {
            Ok(Ok(address)) => Ok(Some(Self { child, address })),
            Ok(Err(_)) => {
                let status = child.wait().await?;
                not_refused(status)?;
                log.add(&format!("--- ended before it was ready: {status}"));
                Ok(None)
            }
            Err(_) => bail!("the server is not ready after {READY_WITHIN:?}"),
        }
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// Where it did not take what it was told.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await?;
        not_refused(status)?;
        Ok(status)
    }

    /// As `kill -9` does. By itself it proves nothing about fsync: the kernel keeps what was written.
    ///
    /// # Errors
    /// Those of waiting.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// As an operator does; answers how it ended.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM);
        match timeout(TERMINATED_WITHIN, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!("the server did not end within {TERMINATED_WITHIN:?} of SIGTERM"),
        }
    }

    /// Sends a signal; one that comes after its end goes nowhere.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            rustix::process::kill_process(pid, signal).ok();
        }
    }

    /// No file of it may grow beyond this; none: as far as it likes. A write beyond fails, as on a full disk.
    pub fn limit_files(&self, bytes_max: Option<u64>) {
        if let Some(pid) = self.pid() {
            let limit = Rlimit { current: bytes_max, maximum: None };
            rustix::process::prlimit(Some(pid), Resource::Fsize, limit).ok();
        }
    }

    /// What it holds.
    pub fn holds(&self) -> Held {
        self.child.id().map_or_else(Held::default, Held::by)
    }

    fn pid(&self) -> Option<Pid> {
        self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw)
    }
}

/// A server that does not know its fail point, its bug or its configuration says so with its exit code, and proves nothing.
fn not_refused(status: ExitStatus) -> Result<()> {
    ensure!(status.code() != Some(2), "the server refused its configuration, its CHAOS_POINT or its CHAOS_BUG");
    Ok(())
}

/// Started so that the kernel kills it when this process dies, and refuses where it would end it for a file too large.
fn command(launch: &Launch, arm: Option<&str>) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    let tie = if setpriv.exists() { "exec setpriv --pdeathsig KILL -- \"$@\"" } else { "exec \"$@\"" };
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; {tie}"), "sh"]).arg(&launch.program);
    command.args(["serve", "--config", "config.yaml", "--data", "data"]).current_dir(&launch.folder);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("SWITCHBOARD_") || name.starts_with("CHAOS_") {
            command.env_remove(&*name);
        }
    }
    command.envs(launch.env.iter().map(|(name, value)| (name, value)));
    if let Some(arm) = arm {
        command.env("CHAOS_POINT", arm);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Keeps each line; tells the address once it is said that the server is ready.
async fn keep(from: impl AsyncRead + Unpin, log: Log, mut address: Option<tokio::sync::oneshot::Sender<SocketAddr>>) {
    let mut lines = BufReader::new(from).lines();
    let mut found = None;
    while let Ok(Some(line)) = lines.next_line().await {
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        found = found.or_else(|| url.and_then(|url| url.trim_end_matches('/').parse().ok()));
        if let (true, Some(found)) = (line.contains("ready"), found) {
            address.take().map(|to| to.send(found));
        }
        log.add(&line);
    }
}
