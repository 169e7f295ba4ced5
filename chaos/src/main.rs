//! The command line of the chaos kit.

#![expect(clippy::print_stdout, reason = "a command for people speaks on its standard output")]

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Result, ensure};
use chaos::{
    batch::{self, Batch},
    cluster::Template,
    disk,
    plan::Menu,
    planted,
    report::{Report, table},
    run::{LIVENESS, Options},
};
use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};

const AFTER_HELP: &str = "\
A run is a seed. It decides who talks, over what (SQLite or PostgreSQL, with or without Redis), what goes wrong and when.
Afterwards everything is compared: what each client was told and shown, what the database holds, what the tool counted.

Examples:
  cargo xtask chaos                              twenty runs, with private servers
  cargo xtask chaos --runs 1 --seed 4711         that one run once more (name another --report, or it is told from there)
  cargo xtask chaos --runs 1000                  as many as you have time for: what is done stands in the report, and the
                                                 same call later goes on from there
  cargo xtask chaos --menu kills --runs 50       kill -9 alone, what `cargo xtask test` does
  cargo xtask chaos --menu power --runs 100      kill -9 and power losses, on a disk that forgets what was not synced (FUSE)
  cargo xtask chaos --menu storms --runs 10      the same storm twelve times without a kill: nothing may stay behind
  cargo xtask chaos --planted                    the trial of the checker: it must see each bug that is planted

Of a run that breaks a promise, the server's log lies beside the report. docs/guarantees.md has the promises, the invariants
I1 to I12 that stand for them, and what these runs do not prove.

Exit codes: 0 every promise was kept, 1 one was broken or the kit failed, 2 the command line is wrong.";

/// Breaks a real server in every way that a seed says, and checks that nothing is lost.
#[derive(Debug, Parser)]
#[command(name = "switchboard-chaos", bin_name = "cargo xtask chaos", after_help = AFTER_HELP)]
struct Cli {
    /// How many runs.
    #[arg(long, default_value_t = 20)]
    runs: u64,
    /// The seed of the first run; each further one has the next.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Begin with this run: 40 of 100 goes on with the seed of the 41st.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many runs at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// Which faults.
    #[arg(long, value_enum, default_value_t = Menu::All)]
    menu: Menu,
    /// Where outcomes are kept, a line of JSON each. What is in it is not run again.
    #[arg(long, default_value = "target/chaos/report.jsonl")]
    report: PathBuf,
    /// Plant each bug that the checker must see, in up to `--runs` runs, and fail where it does not.
    #[arg(long)]
    planted: bool,
    /// Say whether this machine can have power losses (it needs FUSE, and to mount), with 0 or 1, and do nothing else.
    #[arg(long)]
    can_lose_power: bool,
    /// The server, built with the feature `chaos` (for `--planted`: `planted_bugs`).
    #[arg(long, default_value = "target/debug/switchboard")]
    server: PathBuf,
    /// A PostgreSQL server that may make databases; without it everything runs on SQLite.
    #[arg(long, env = "TEST_DATABASE_URL")]
    postgres: Option<String>,
    /// The program `initdb` with `postgres` beside it, for runs that stop their PostgreSQL; without it none does.
    #[arg(long, env = "TEST_INITDB")]
    initdb: Option<PathBuf>,
    /// The program `redis-server`; without it there is no Redis.
    #[arg(long, env = "TEST_REDIS_SERVER")]
    redis: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    // One of two providers must be named, though nothing here speaks TLS; a second naming changes nothing.
    rustls::crypto::ring::default_provider().install_default().ok();
    let cli = Cli::parse();
    let outcome = tokio::select! {
        outcome = run(&cli) => outcome,
        // Whatever was started is ended with its guard.
        () = asked_to_end() => return ExitCode::from(130),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("chaos: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the power can go on this machine. Where it cannot, that is said, and where nothing else was asked for it is an error.
fn power(cli: &Cli) -> Result<bool> {
    for at in disk::remove_stale()? {
        println!("took away {}, which a kit that was killed had left mounted", at.display());
    }
    if matches!(cli.menu, Menu::Kills | Menu::Storms) && !cli.planted {
        return Ok(false);
    }
    match disk::available() {
        Ok(()) => Ok(true),
        Err(error) if cli.menu == Menu::Power => Err(error.context("power losses cannot be had on this machine")),
        Err(error) => {
            println!("no power losses in these runs, because this machine does not mount our disk: {error:#}");
            Ok(false)
        }
    }
}

/// Ctrl-C, SIGTERM or SIGHUP.
async fn asked_to_end() {
    let mut terminate = signal(SignalKind::terminate()).ok();
    let mut hangup = signal(SignalKind::hangup()).ok();
    let first = async |signal: &mut Option<Signal>| match signal {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = first(&mut terminate) => {}
        _ = first(&mut hangup) => {}
    }
}

async fn run(cli: &Cli) -> Result<bool> {
    if cli.can_lose_power {
        return disk::available().map(|()| true);
    }
    let server = cli.server.canonicalize().unwrap_or_else(|_| cli.server.clone());
    ensure!(server.is_file(), "there is no server at {}: build it, or name it with --server", server.display());
    let template = match &cli.initdb {
        Some(initdb) if cli.menu != Menu::Kills && !cli.planted => Some(Arc::new(Template::make(initdb).await?)),
        _ => None,
    };
    let options = Options {
        server,
        menu: cli.menu,
        postgres: cli.postgres.clone(),
        template,
        redis: cli.redis.clone(),
        fuse: power(cli)?,
        patience: LIVENESS,
        bug: None,
    };
    let mut out = std::io::stdout();
    if cli.planted {
        return planted::all(cli.seed, cli.runs, &options, &mut out).await;
    }
    let batch = Batch { seed: cli.seed, runs: cli.from..cli.runs, jobs: cli.jobs.into() };
    let outcomes = batch::all(&batch, &options, Report::open(&cli.report)?, &mut out).await?;
    println!("\n{}", table(&outcomes));
    let bad: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_good()).collect();
    for outcome in &bad {
        println!(
            "seed {} broke a promise; its log: {}",
            outcome.seed,
            Report::open(&cli.report)?.log_of(outcome).display()
        );
    }
    Ok(bad.is_empty())
}
