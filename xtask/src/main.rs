//! The project's own chores: `cargo xtask test`, `check`, `servers`, `model`, `bench`, `tour` and `chaos`.
//!
//! Only this crate may install packages and start servers. What the tests need is a table ([`needs`]); what is missing is
//! installed or named, never skipped.

#![expect(clippy::print_stdout, reason = "a command for people speaks on its standard output")]

mod apt;
mod chaos;
mod chores;
mod combinations;
mod group;
mod interrupt;
mod model;
mod needs;
mod servers;
mod stopwatch;
mod tally;
mod timeline;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the Switchboard workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

const AFTER_HELP: &str = "\
Examples:
  cargo xtask test                 everything that must be green before a change lands, over every store
  cargo xtask test resume          only the tests with `resume` in their name, servers included
  cargo xtask test --full          also the sizes and times that need longer than a coffee
  cargo xtask check                formatting and lints alone: quick, before each commit
  cargo xtask servers              PostgreSQL, Redis and a model for `cargo test` in another terminal
  cargo xtask model --serve        a small language model to try the server with: no key, no account
  cargo xtask bench                load on release binaries and on the floors beside them; prints the tables
  cargo xtask bench -- --quick     the same, short; all that follows `--` goes to switchboard-bench (try --help)
  cargo xtask tour                 write docs/tour.md anew, after a change of what agents say
  cargo xtask chaos                kills, starves and cuts off a real server, and checks that nothing is lost (try --help)";

#[derive(Debug, Subcommand)]
enum Chore {
    /// Install what the tests need, start it, check formatting and lints, run all tests, and those that hang on stores once
    /// more over each of them, end what was started.
    Test(TestArgs),
    /// Formatting and lints, without tests. Clippy compiles everything on the way, so this finds type errors too.
    Check,
    /// Start private PostgreSQL and Redis servers and a small language model, print how to reach them, and end them at Ctrl-C.
    Servers {
        /// Install nothing: name what is missing and fail.
        #[arg(long)]
        no_install: bool,
    },
    /// Fetch a small real language model (127 MB, once) and check it; with `--serve`, answer with it.
    Model(ModelArgs),
    /// Build release binaries, start a PostgreSQL that keeps what it commits, and put load on everything.
    Bench(BenchArgs),
    /// Hold a whole conversation in each language with a server as it comes, and write it down in docs/tour.md. The tests
    /// hold the page to it.
    Tour,
    /// Break a real server as seeds say, and check that every promise was kept. All words go to switchboard-chaos.
    #[command(disable_help_flag = true)]
    Chaos(ChaosArgs),
}

/// How `cargo xtask chaos` runs.
#[derive(Debug, clap::Args)]
struct ChaosArgs {
    /// For switchboard-chaos; `--help` teaches them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// How `cargo xtask model` runs.
#[derive(Debug, clap::Args)]
struct ModelArgs {
    /// Serve it until Ctrl-C, as an OpenAI-compatible address on this machine alone.
    #[arg(long)]
    serve: bool,
    /// The port to serve it on.
    #[arg(long, requires = "serve", default_value_t = 8090, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Install and fetch nothing: name what is missing and fail.
    #[arg(long)]
    no_install: bool,
}

/// How `cargo xtask bench` runs.
#[derive(Debug, clap::Args)]
struct BenchArgs {
    /// Install nothing: name what is missing and fail.
    #[arg(long)]
    no_install: bool,
    /// For switchboard-bench, after `--`.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// How `cargo xtask test` runs.
#[derive(Debug, clap::Args)]
struct TestArgs {
    /// Let tests that scale take their full size (they read `SWITCHBOARD_TEST_FULL=1`).
    #[arg(long)]
    full: bool,
    /// Install nothing: name what is missing and fail.
    #[arg(long)]
    no_install: bool,
    /// Run only tests whose name contains this; formatting and lints are left out then.
    filter: Option<String>,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().chore {
        Chore::Test(args) => chores::test(&args),
        Chore::Check => chores::check(),
        Chore::Model(args) => chores::model(&args),
        Chore::Servers { no_install } => chores::servers(no_install),
        Chore::Bench(args) => chores::bench(&args),
        Chore::Tour => chores::tour(),
        Chore::Chaos(args) => chaos::chaos(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            println!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
