//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{floor::FloorOptions, scenario::Scenario, target::Target};

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench                              everything, PostgreSQL included; some ten minutes
  cargo xtask bench -- --quick                   the same, short: does it run at all?
  switchboard-bench --only 16x200 --targets f3-normal,sqlite-normal
  switchboard-bench --transport sse --json out.json

Reading the table: docs/benchmarks.md.";

/// Puts load on Switchboard and on the floors beside it, checks that every token arrives once and in order, and prints
/// what that took.
#[derive(Debug, Parser)]
#[command(name = "switchboard-bench", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) part: Option<Part>,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

/// The processes that a run starts; not for people.
#[derive(Debug, Subcommand)]
pub(crate) enum Part {
    /// The model: as many stamped tokens as a request asks for.
    #[command(hide = true)]
    Upstream,
    /// A floor.
    #[command(hide = true)]
    Floor(FloorOptions),
}

/// What to measure, and how long.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// The scenarios; all, if left out.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCENARIO,…")]
    pub(crate) only: Vec<Scenario>,
    /// The servers; all, if left out. `postgres` needs --postgres.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SERVER,…")]
    pub(crate) targets: Vec<Target>,
    /// How clients follow a conversation of Switchboard. The floors have WebSockets alone.
    #[arg(long, value_enum, default_value = "ws")]
    pub(crate) transport: Transport,
    /// Each scenario has this long on each server: the sum over its rounds. A round is one answer of each conversation,
    /// 0.03 to 4 s; the warm-up, and opening and closing of connections, are not counted.
    #[arg(long, default_value_t = 10.0, value_name = "SECONDS")]
    pub(crate) seconds: f64,
    /// A short run, to see that everything works: its figures say little.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Also write the figures to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// The release binary of Switchboard; left out: the one beside this program.
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
    /// A PostgreSQL server on which databases may be made and dropped. Left out: `postgres` is not measured.
    #[arg(long, value_name = "URL", env = "TEST_DATABASE_URL")]
    pub(crate) postgres: Option<String>,
    /// The disk to measure on: a folder of its own is made here, and removed. Left out: beside this program.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// How clients follow a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// WebSocket.
    Ws,
    /// Server-Sent Events, with messages by HTTP.
    Sse,
}
