//! A process under measure, which never outlives the guard that holds it.

use std::{
    fs::File,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use fakemodel::pour::monotonic_micros;
use rustix::process::{Resource, Rlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

const READY_WITHIN: Duration = Duration::from_secs(30);
/// Lines of a log that are shown when its process fails.
const LOG_LINES_SHOWN: usize = 20;

/// A server that was started here. Dropping it kills it and waits for its end.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    /// Where it listens.
    pub(crate) port: u16,
}

impl Server {
    /// Starts `command`, whose words go to `log`; it must listen on `port` by itself.
    pub(crate) fn start(command: &mut Command, log: &Path, port: u16) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log).with_context(|| log.display().to_string())?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("can't start {}", command.get_program().display()))?;
        Ok(Self { child, log: log.to_owned(), port })
    }

    /// Waits until `GET /readyz` answers 200; milliseconds since `began` ([`monotonic_micros`]).
    pub(crate) async fn ready(&mut self, began: u64) -> Result<f64> {
        let until = began + u64::try_from(READY_WITHIN.as_micros())?;
        while monotonic_micros() < until {
            if get(self.port, "/readyz").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                #[expect(clippy::cast_precision_loss, reason = "a start takes far less than 2^52 microseconds")]
                return Ok((monotonic_micros() - began) as f64 / 1000.0);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}; {}", self.words());
            }
            sleep(Duration::from_millis(1)).await;
        }
        bail!("it is not ready after {READY_WITHIN:?}; {}", self.words())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The end of its log, for a message.
    pub(crate) fn words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let shown = lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n");
        format!("the end of its log:\n{shown}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The only refusal possible is that it is gone already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A command that the kernel kills when this process dies, even by SIGKILL.
pub(crate) fn tied(program: &Path) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    if !setpriv.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// The head and what came with it of an answer; as much HTTP as waiting for a start needs.
async fn get(port: u16, path: &str) -> std::io::Result<String> {
    let ask = async {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await?;
        let mut answer = vec![0; 1024];
        let read = socket.read(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer[..read]).into_owned())
    };
    timeout(Duration::from_secs(5), ask).await.unwrap_or_else(|late| Err(late.into()))
}

/// Lets this process and its children have as many sockets as the system permits.
pub(crate) fn raise_file_limit() -> Result<u64> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    rustix::process::setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}
