//! Load on Switchboard and, in the same run, on floors beside it: servers that do only what the promise costs.
//!
//! One process makes the load and reads the figures; the model, each floor and Switchboard are processes of their own,
//! started here and ended here.

#![expect(clippy::print_stdout, reason = "a command for people speaks on its standard output")]

mod cli;
mod disk;
mod floor;
mod load;
mod measure;
mod ours;
mod postgres;
mod process;
mod procfs;
mod report;
mod scenario;
mod stage;
mod stats;
mod target;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Part};

/// The allocator that Switchboard has: a floor with another one would not be comparable.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    // One of two providers must be named, though nothing here speaks TLS; a second naming changes nothing.
    rustls::crypto::ring::default_provider().install_default().ok();
    let cli = Cli::parse();
    let outcome = match cli.part {
        Some(Part::Upstream) => floor::upstream(),
        Some(Part::Floor(options)) => floor::serve(&options),
        None => run(&cli.run),
    };
    outcome.unwrap_or_else(|error| {
        println!("switchboard-bench: {error:#}");
        ExitCode::FAILURE
    })
}

/// On one thread, so that the load takes at most one of the cores.
fn run(options: &cli::RunOptions) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        // Whatever ends the run, the guards of its processes are dropped on the way out.
        tokio::select! {
            code = measure::run(options) => code,
            _ = tokio::signal::ctrl_c() => Ok(ExitCode::from(INTERRUPTED)),
            _ = terminate.recv() => Ok(ExitCode::from(INTERRUPTED)),
        }
    })
}
