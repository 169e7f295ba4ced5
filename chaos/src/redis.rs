//! A Redis of the run's own, which may be killed.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

/// A Redis that runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Redis {
    child: Child,
    program: std::path::PathBuf,
    port: u16,
}

impl Redis {
    /// Starts one with nothing in it, and waits until it takes connections.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn start(program: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let child = spawn(program, port).await?;
        Ok(Self { child, program: program.to_owned(), port })
    }

    /// How it is reached.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Kills it.
    ///
    /// # Errors
    /// Those of waiting.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Starts it again at the same place, empty.
    ///
    /// # Errors
    /// Where it does not start.
    pub async fn revive(&mut self) -> Result<()> {
        self.child = spawn(&self.program, self.port).await?;
        Ok(())
    }

    /// Stops it without its end, or lets it go on.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        pid.map(|pid| rustix::process::kill_process(pid, signal));
    }
}

async fn spawn(program: &Path, port: u16) -> Result<Child> {
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let child = command.spawn().with_context(|| format!("can't start {}", program.display()))?;
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok(child);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("Redis takes no connections")
}
