//! The floors: what forwarding, storing and storing before sending cost, with nothing else around them.
//!
//! - F1 calls the model for each message and forwards each event to the WebSocket.
//! - F2 also writes each event as a row; one writer thread, one commit for all that waits; it sends before the commit.
//! - F3 is F2 that sends only what is committed: Switchboard's own promise.

mod events;
mod server;
mod writer;

use std::{io::Write, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;

/// Which floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FloorKind {
    /// Forwards.
    F1,
    /// Forwards, then stores.
    F2,
    /// Stores, then forwards.
    F3,
}

impl FloorKind {
    /// The word on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::F1 => "f1",
            Self::F2 => "f2",
            Self::F3 => "f3",
        }
    }
}

/// What a commit on SQLite waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Synchronous {
    /// The operating system has it.
    Normal,
    /// The disk has it.
    Full,
}

impl Synchronous {
    /// The word in SQL and in Switchboard's config.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Full => "full",
        }
    }
}

/// How a floor is started.
#[derive(Debug, Clone, Args)]
pub(crate) struct FloorOptions {
    /// Which floor.
    #[arg(long, value_enum)]
    pub(crate) kind: FloorKind,
    /// What its commits wait for.
    #[arg(long, value_enum, default_value = "normal")]
    pub(crate) synchronous: Synchronous,
    /// Where the model is, up to and with `/v1`.
    #[arg(long)]
    pub(crate) upstream: String,
    /// The folder of its database.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// Where it listens.
    #[arg(long)]
    pub(crate) port: u16,
}

/// Is a floor, until it is killed.
pub(crate) fn serve(options: &FloorOptions) -> Result<ExitCode> {
    server::serve(options)?;
    Ok(ExitCode::SUCCESS)
}

/// Is the model, until it is killed; says on its standard output where it is.
pub(crate) fn upstream() -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1")?;
        writeln!(std::io::stdout(), "http://{}/v1", listener.local_addr()?)?;
        fakemodel::pour::pour(listener).await.context("the model's socket")
    })?;
    Ok(ExitCode::SUCCESS)
}
