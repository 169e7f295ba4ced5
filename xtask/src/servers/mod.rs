//! Private servers for the tests: on free loopback ports, in a temporary folder, ended with their guard.

mod model;
mod postgres;
mod redis;

use std::{
    ffi::OsStr,
    fs::File,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use self::postgres::Commits;
use crate::{
    group::{Group, Stop},
    interrupt::Interrupt,
    model::Model,
    needs::Programs,
    stopwatch::wait_until,
};

/// A port can be taken by somebody else between the moment it is found free and the start of the server.
const TRIES: usize = 3;
pub(crate) const READY_WITHIN: Duration = Duration::from_mins(1);

/// The servers that run. The order of the fields is the order of their end: the folder last.
#[derive(Debug)]
pub(crate) struct Servers {
    running: Vec<Server>,
    _folder: TempDir,
}

/// One server and how to reach it.
#[derive(Debug)]
struct Server {
    group: Group,
    variable: &'static str,
    url: String,
}

impl Servers {
    /// Starts PostgreSQL, Redis and the small language model, and waits until all answer.
    pub(crate) fn start(programs: &Programs, small: &Model, interrupt: &Interrupt) -> Result<Self> {
        let folder = folder()?;
        let postgres = postgres::start(programs.get("TEST_INITDB")?, folder.path(), Commits::Forgetful, interrupt)?;
        println!("   PostgreSQL: {} (fsync is off: these tests prove nothing about power loss)", postgres.url);
        let redis = redis::start(programs.get("TEST_REDIS_SERVER")?, folder.path(), interrupt)?;
        println!("   Redis:      {}", redis.url);
        let model = model::start(small, folder.path(), interrupt)?;
        println!("   model:      {}", model.url);
        Ok(Self { running: vec![postgres, redis, model], _folder: folder })
    }

    /// Starts PostgreSQL alone, which keeps what it commits, and waits until it answers.
    pub(crate) fn start_durable(programs: &Programs, interrupt: &Interrupt) -> Result<Self> {
        let folder = folder()?;
        let postgres = postgres::start(programs.get("TEST_INITDB")?, folder.path(), Commits::Durable, interrupt)?;
        println!("   PostgreSQL: {} (fsync is on)", postgres.url);
        Ok(Self { running: vec![postgres], _folder: folder })
    }

    /// For the environment of the tests.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.running.iter().map(|server| (server.variable, server.url.as_str()))
    }

    pub(crate) fn end(&mut self) {
        for server in &mut self.running {
            server.group.end();
        }
    }
}

fn folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("switchboard-test-").tempdir()?;
    // PostgreSQL may run as another user, who must get through to its own folder inside.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
    Ok(folder)
}

/// How one kind of server is started.
struct Launch<'a> {
    name: &'a str,
    stop: Stop,
    log: &'a Path,
    command: &'a dyn Fn(u16) -> Command,
    ready: &'a dyn Fn(u16) -> bool,
    interrupt: &'a Interrupt,
}

impl Launch<'_> {
    /// Tries a few free ports; answers the group and the port once the server is ready.
    fn run(&self) -> Result<(Group, u16)> {
        for _ in 0..TRIES {
            let port = free_port()?;
            let mut group = self.spawn(port)?;
            let mut over = false;
            wait_until(READY_WITHIN, || {
                over = self.interrupt.is_set() || !matches!(group.poll(), Ok(None));
                over || (self.ready)(port)
            });
            if self.interrupt.is_set() {
                bail!("interrupted");
            }
            if !over && (self.ready)(port) {
                return Ok((group, port));
            }
        }
        bail!("{} does not start; the end of its log:\n{}", self.name, tail(self.log))
    }

    fn spawn(&self, port: u16) -> Result<Group> {
        let mut command = (self.command)(port);
        logged(&mut command, self.log)?;
        Group::spawn(&mut command, self.stop).with_context(|| format!("can't start {}", self.name))
    }
}

/// Sends what a command says to a file.
fn logged<'a>(command: &'a mut Command, log: &Path) -> Result<&'a mut Command> {
    let file = File::options().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
    Ok(command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file))
}

/// A command that the kernel signals when this process dies, even by SIGKILL, and that may run as another user.
pub(crate) fn tied(program: &Path, user: Option<&str>, signal: &str) -> Command {
    if !Path::new("/usr/bin/setpriv").exists() {
        return Command::new(program);
    }
    let mut command = Command::new("/usr/bin/setpriv");
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.args(["--pdeathsig", signal]).args([OsStr::new("--"), program.as_os_str()]);
    command
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
