//! A PostgreSQL of a run's own, which may be killed, stopped and frozen, and recovers from its log as a real one does.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

/// A port that was free may be taken before the server listens on it.
const TRIES: usize = 3;
/// A recovery of a few megabytes, on a machine with other things to do.
const READY_WITHIN: Duration = Duration::from_mins(1);
const ENDED_WITHIN: Duration = Duration::from_mins(1);
/// An end that nobody waits for, because the kit itself ends.
const DROPPED_WITHIN: Duration = Duration::from_secs(3);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(10);
const SETTINGS: &[&str] = &["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=60", "fsync=on"];

/// An empty cluster that each run gets a copy of: making one takes seconds.
#[derive(Debug)]
pub struct Template {
    folder: TempDir,
    programs: PathBuf,
    user: Option<&'static str>,
}

impl Template {
    /// Makes it with `initdb`; the server itself lies beside that.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub async fn make(initdb: &Path) -> Result<Self> {
        let folder = folder()?;
        let user = rustix::process::geteuid().is_root().then_some("postgres");
        let programs = initdb.canonicalize().with_context(|| initdb.display().to_string())?;
        let programs = programs.parent().context("initdb lies in a folder")?.to_owned();
        let data = folder.path().join("data");
        fs::create_dir(&data)?;
        if let Some(user) = user {
            // PostgreSQL refuses to run as root; its package brings a user for it.
            succeed(Command::new("chown").arg(format!("{user}:")).arg(&data)).await?;
        }
        let mut command = tied(&programs.join("initdb"), user, "KILL");
        command.current_dir(&data).arg("-D").arg(&data).stdout(Stdio::null());
        succeed(command.args(["-U", "switchboard", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])).await?;
        Ok(Self { folder, programs, user })
    }
}

/// Whoever runs PostgreSQL must get through to its own folder inside, and see nothing else.
fn folder() -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("switchboard-chaos-pg-").tempdir()?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
    Ok(folder)
}

/// The cluster, and the server that runs on it. Dropped, all its processes end.
#[derive(Debug)]
pub struct Cluster {
    server: Option<Child>,
    port: u16,
    /// Whoever wakes up what is frozen.
    thaws: Option<Child>,
    folder: TempDir,
    program: PathBuf,
    user: Option<&'static str>,
}

impl Cluster {
    /// A copy of the template, started.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn start(template: &Template) -> Result<Self> {
        let folder = folder()?;
        succeed(Command::new("cp").arg("-a").arg(template.folder.path().join("data")).arg(folder.path())).await?;
        let program = template.programs.join("postgres");
        let mut cluster = Self { server: None, port: 0, thaws: None, folder, program, user: template.user };
        cluster.revive().await?;
        Ok(cluster)
    }

    /// How it is reached; elsewhere after each start.
    pub fn url(&self) -> String {
        format!("postgres://switchboard@127.0.0.1:{}/postgres", self.port)
    }

    /// As a crash of the machine's memory would: SIGKILL for the server and all its processes, in the midst of anything.
    ///
    /// # Errors
    /// Where something of it survives.
    pub async fn kill(&mut self) -> Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        let all = frozen_family(&server).await?;
        signal(&all, Signal::KILL);
        server.wait().await?;
        let until = Instant::now() + ENDED_WITHIN;
        // One that is left would keep the next start from beginning.
        while all.iter().any(|pid| is_alive(*pid)) {
            ensure!(Instant::now() < until, "PostgreSQL survives a kill");
            sleep(LOOK_AGAIN_AFTER).await;
        }
        Ok(())
    }

    /// A fast shutdown: sessions are ended, everything is written.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn stop(&mut self) -> Result<()> {
        self.end_with(Signal::INT).await
    }

    /// Starts it again on what it has stored.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn revive(&mut self) -> Result<()> {
        for _ in 0..TRIES {
            self.port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
            let mut server = self.command()?.spawn().context("can't start PostgreSQL")?;
            if self.is_ready(&mut server).await? {
                self.server = Some(server);
                return Ok(());
            }
        }
        bail!("PostgreSQL does not start:\n{}", fs::read_to_string(self.log()).unwrap_or_default())
    }

    /// Stops all its processes where they are: connections stay, and nobody answers.
    ///
    /// # Errors
    /// Where they cannot be woken up again.
    pub async fn freeze(&mut self) -> Result<()> {
        let Some(server) = &self.server else { return Ok(()) };
        // Another process wakes them up once this one lets its pipe go, so that a kit that is killed leaves nothing frozen.
        let mut thaws = Command::new("sh");
        thaws.args(["-c", "read -r nothing; kill -CONT \"$@\"", "sh"]).process_group(0).stdin(Stdio::piped());
        let family = frozen_family(server).await?;
        thaws.args(family.iter().map(|pid| pid.as_raw_nonzero().to_string())).stderr(Stdio::null());
        // Where it does not start, the guard wakes them.
        self.thaws = Some(thaws.spawn().context("can't start sh")?);
        Ok(())
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// Those of waiting.
    pub async fn thaw(&mut self) -> Result<()> {
        if let Some(mut thaws) = self.thaws.take() {
            drop(thaws.stdin.take());
            thaws.wait().await?;
        }
        Ok(())
    }

    /// Ends it for good, as quickly as it may go without leaving anything behind.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn end(mut self) -> Result<()> {
        self.thaw().await?;
        self.end_with(Signal::QUIT).await
    }

    async fn end_with(&mut self, how: Signal) -> Result<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        signal(pid(&server).as_slice(), how);
        timeout(ENDED_WITHIN, server.wait()).await.context("PostgreSQL does not end")??;
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn command(&self) -> Result<Command> {
        let data = self.folder.path().join("data");
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = tied(&self.program, self.user, "QUIT");
        command.current_dir(&data).arg("-D").arg(&data).args(["-p", &self.port.to_string()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        Ok(command)
    }

    /// Whether it takes connections; not where it ended instead.
    async fn is_ready(&self, server: &mut Child) -> Result<bool> {
        let until = Instant::now() + READY_WITHIN;
        while Instant::now() < until {
            if server.try_wait()?.is_some() {
                return Ok(false);
            }
            if self.says_ready(server) {
                return Ok(true);
            }
            sleep(LOOK_AGAIN_AFTER).await;
        }
        Ok(false)
    }

    /// The line of its lock file where it says how far it is. One that was killed has left its own file behind.
    fn says_ready(&self, server: &Child) -> bool {
        let lock = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = lock.lines().map(str::trim).collect();
        let is_its_own = lines.first().and_then(|line| line.parse().ok()) == server.id();
        is_its_own && lines.get(7) == Some(&"ready")
    }
}

impl Drop for Cluster {
    #[expect(clippy::disallowed_methods, reason = "the kit is ending, and what it started must end before")]
    fn drop(&mut self) {
        drop(self.thaws.take().and_then(|mut thaws| thaws.stdin.take()));
        let Some(mut server) = self.server.take() else { return };
        let all = family(&server);
        signal(&all, Signal::CONT);
        signal(pid(&server).as_slice(), Signal::QUIT);
        let until = Instant::now() + DROPPED_WITHIN;
        while matches!(server.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
        signal(&all.into_iter().filter(|pid| is_alive(*pid)).collect::<Vec<_>>(), Signal::KILL);
    }
}

/// A command that the kernel signals when this process dies, and that may run as another user.
fn tied(program: &Path, user: Option<&str>, signal: &str) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    if !setpriv.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(setpriv);
    if let Some(user) = user {
        command.args(["--reuid", user, "--regid", user, "--init-groups"]);
    }
    command.args(["--pdeathsig", signal, "--"]).arg(program);
    command
}

async fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {}: {said}", command.as_std(), output.status);
    Ok(())
}

/// The server and the processes that it has made, all of them stopped: so none is made while they are counted.
async fn frozen_family(server: &Child) -> Result<Vec<Pid>> {
    let first = pid(server).context("PostgreSQL has ended by itself")?;
    signal(&[first], Signal::STOP);
    let until = Instant::now() + ENDED_WITHIN;
    while stat(first).is_some_and(|(state, _)| state != 'T' && state != 'Z') {
        ensure!(Instant::now() < until, "PostgreSQL does not stop where it is");
        sleep(LOOK_AGAIN_AFTER).await;
    }
    let all = family(server);
    signal(&all, Signal::STOP);
    Ok(all)
}

fn family(server: &Child) -> Vec<Pid> {
    let parent = pid(server);
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter(|pid| Some(*pid) == parent || (parent.is_some() && stat(*pid).is_some_and(|(_, of)| of == parent)))
        .collect()
}

/// Its state and its parent.
fn stat(pid: Pid) -> Option<(char, Option<Pid>)> {
    let text = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    let state = words.next()?.chars().next()?;
    Some((state, Pid::from_raw(words.next()?.parse().ok()?)))
}

/// One that only has to be collected by its parent is not.
fn is_alive(pid: Pid) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z')
}

/// One that is gone already gets none.
fn signal(pids: &[Pid], signal: Signal) {
    for pid in pids {
        rustix::process::kill_process(*pid, signal).ok();
    }
}

fn pid(child: &Child) -> Option<Pid> {
    child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

    use super::*;

    async fn connect(cluster: &Cluster) -> DatabaseConnection {
        Database::connect(cluster.url()).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_committed_is_there_after_each_outage_and_nothing_runs_on_after_the_end() {
        let initdb = std::env::var_os("TEST_INITDB").expect("TEST_INITDB must name PostgreSQL's `initdb`");
        let template = Template::make(Path::new(&initdb)).await.unwrap();
        let mut cluster = Cluster::start(&template).await.unwrap();
        connect(&cluster).await.execute_unprepared("CREATE TABLE t (n INT)").await.unwrap();
        for n in 1..=2 {
            let open = connect(&cluster).await;
            open.execute_unprepared(&format!("INSERT INTO t VALUES ({n})")).await.unwrap();
            // With a session that is open.
            match n {
                1 => cluster.kill().await.unwrap(),
                _ => cluster.stop().await.unwrap(),
            }
            drop(open);
            cluster.revive().await.unwrap();
            let found = connect(&cluster).await.execute_unprepared("DELETE FROM t WHERE n > 0").await.unwrap();
            assert_eq!(found.rows_affected(), 1);
        }
        let open = connect(&cluster).await;
        cluster.freeze().await.unwrap();
        let mut asked = std::pin::pin!(open.execute_unprepared("SELECT 1"));
        assert!(timeout(Duration::from_millis(200), &mut asked).await.is_err(), "a frozen server answered");
        cluster.thaw().await.unwrap();
        asked.await.unwrap();
        // Also one that is dropped while it is frozen.
        cluster.freeze().await.unwrap();
        let all = family(cluster.server.as_ref().unwrap());
        assert!(all.len() > 3, "{all:?}");
        drop(cluster);
        let gone = async {
            while all.iter().any(|pid| is_alive(*pid)) {
                sleep(LOOK_AGAIN_AFTER).await;
            }
        };
        assert!(timeout(ENDED_WITHIN, gone).await.is_ok(), "some of {all:?} run on");
    }
}
