//! The run: each scenario on each server, one after another.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use fakemodel::pour::monotonic_micros;
use tokio::time::sleep;

use crate::{
    cli::{RunOptions, Transport},
    disk, load,
    ours::{self, Bounds},
    process::{Server, raise_file_limit},
    procfs,
    report::{self, Deaf, Figures, Idle, Machine, Measured, Report, Row, Shared, Start, Stepped, Talked, Timed},
    scenario::{Plan, Scenario},
    stage::{Place, Stage},
    stats::median,
    target::Target,
};

/// How often each kind of start is measured.
const STARTS: usize = 5;
/// After a start the server has some work left to do; then its memory is read.
const SETTLE: Duration = Duration::from_millis(500);
/// Clients that never read, and how often rounds without and with them follow each other.
const DEAF_CLIENTS: usize = 50;
const DEAF_PAIRS: usize = 3;
/// How long conversations may take to be put away, after the time that they stay.
const PUT_AWAY_WITHIN: Duration = Duration::from_secs(30);

/// Measures what was asked for, prints the tables, and fails if a token was lost, doubled or out of order.
pub(crate) async fn run(options: &RunOptions) -> Result<ExitCode> {
    let files_max = raise_file_limit()?;
    let mut stage = Stage::set(options).await?;
    let report = all(options, &mut stage, files_max).await;
    if let Some(postgres) = stage.postgres.take() {
        postgres.clean().await?;
    }
    let report = report?;
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text + "\n").with_context(|| path.display().to_string())?;
    }
    Ok(if report.is_faultless() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn all(options: &RunOptions, stage: &mut Stage, files_max: u64) -> Result<Report> {
    let [fsync, fdatasync] = disk::sync_times(stage.folder(), if options.quick { 50 } else { 300 })?;
    let postgres = match &stage.postgres {
        Some(postgres) => Some(postgres.safety().await?),
        None => None,
    };
    let model = load::bare(stage.upstream_url(), stage.upstream_pid()).await.context("the model alone")?;
    let measured = Measured { fsync_ms: fsync, fdatasync_ms: fdatasync, model, postgres };
    let mut report = Report { machine: Machine::look(measured, files_max), rows: Vec::new() };
    println!("{}", report.machine);
    let scenarios = if options.only.is_empty() { Scenario::value_variants() } else { &options.only };
    for scenario in scenarios {
        for target in targets(options, *scenario) {
            let figures = one(options, stage, *scenario, target).await;
            let figures = figures.with_context(|| format!("{} on {}", scenario.name(), target.name()))?;
            report.rows.push(Row { scenario: *scenario, target, figures });
        }
        println!("{}", report::table(*scenario, &report.rows));
    }
    Ok(report)
}

/// Which servers a scenario says something about.
fn targets(options: &RunOptions, scenario: Scenario) -> Vec<Target> {
    let wanted = if options.targets.is_empty() { Target::value_variants() } else { &options.targets };
    let is_asked_for = !options.targets.is_empty();
    let fits = |target: &&Target| match scenario {
        // What no floor can do.
        Scenario::Start | Scenario::Cancel | Scenario::Restart | Scenario::Storm | Scenario::Workflow => {
            target.is_ours()
        }
        // Memory does not hang on what a commit waits for, nor does what a session does that waits.
        Scenario::Deaf => matches!(target, Target::SqliteFull | Target::Postgres) || target.is_ours() && is_asked_for,
        Scenario::Idle => matches!(target, Target::F1 | Target::SqliteFull | Target::Postgres) || is_asked_for,
        _ => true,
    };
    let can = |target: &&Target| is_asked_for || **target != Target::Postgres || options.postgres.is_some();
    wanted.iter().filter(fits).filter(can).copied().collect()
}

async fn one(options: &RunOptions, stage: &mut Stage, scenario: Scenario, target: Target) -> Result<Figures> {
    let bounds = match scenario {
        Scenario::Idle => Bounds::Idle(ours::conversation_idle(options)),
        Scenario::Deaf => Bounds::Default,
        Scenario::Workflow => Bounds::Workflow,
        _ => Bounds::Raised,
    };
    let place = stage.place(target, bounds).await?;
    let figures = match scenario.plan() {
        Some(plan) if scenario == Scenario::Deaf => Figures::Deaf(deaf(options, stage, &place, plan).await?),
        Some(plan) => Figures::Talked(talk(options, stage, &place, plan).await?),
        None => match scenario {
            Scenario::Start => Figures::Start(start(stage, &place).await?),
            Scenario::Cancel => Figures::Timed(cancel(options, stage, &place).await?),
            Scenario::Restart => Figures::Timed(restart(options, stage, &place).await?),
            Scenario::Workflow => Figures::Stepped(workflow(options, stage, &place).await?),
            Scenario::Storm => Figures::Timed(storm(options, stage, &place).await?),
            _ => Figures::Idle(idle(stage, &place, if options.quick { 200 } else { 5000 }).await?),
        },
    };
    place.remove()?;
    Ok(figures)
}

async fn talk(options: &RunOptions, stage: &Stage, place: &Place, plan: Plan) -> Result<Talked> {
    let (server, _) = stage.start(place).await?;
    sleep(SETTLE).await;
    let rss_start_kib = procfs::rss_kib(server.pid())?;
    let load = load::Load {
        plan,
        transport: if place.target.is_ours() { options.transport } else { Transport::Ws },
        port: server.port,
        pid: server.pid(),
        seconds_min: if options.quick { 0.5 } else { options.seconds },
    };
    let before = Cpu::now(stage, server.pid())?;
    let rounds = load::run(&load).await.with_context(|| server.words())?;
    Ok(Talked::of(rounds, rss_start_kib, &before.until_now(stage, server.pid())?))
}

async fn deaf(options: &RunOptions, stage: &Stage, place: &Place, plan: Plan) -> Result<Deaf> {
    let (server, _) = stage.start(place).await?;
    sleep(SETTLE).await;
    let load = load::Load { plan, transport: Transport::Ws, port: server.port, pid: server.pid(), seconds_min: 0.0 };
    let pairs = if options.quick { 1 } else { DEAF_PAIRS };
    let found = load::deafness(&load, pairs, DEAF_CLIENTS).await.with_context(|| server.words())?;
    Ok(Deaf::of(DEAF_CLIENTS, found))
}

/// Who took how many seconds of CPU.
struct Cpu {
    server: f64,
    others: f64,
    machine: f64,
    at: u64,
}

impl Cpu {
    fn now(stage: &Stage, server: u32) -> Result<Self> {
        Ok(Self {
            server: procfs::cpu_seconds(server)?,
            others: procfs::cpu_seconds(std::process::id())? + procfs::cpu_seconds(stage.upstream_pid())?,
            machine: procfs::machine_cpu_seconds()?,
            at: monotonic_micros(),
        })
    }

    fn until_now(&self, stage: &Stage, server: u32) -> Result<Shared> {
        let now = Self::now(stage, server)?;
        let foreign = (now.machine - self.machine) - (now.server - self.server) - (now.others - self.others);
        let seconds = Duration::from_micros(now.at - self.at).as_secs_f64();
        Ok(Shared { others_cpu_seconds: now.others - self.others, foreign_cores: foreign.max(0.0) / seconds })
    }
}

/// Cancels of this many conversations, each again and again, until there are so many.
async fn cancel(options: &RunOptions, stage: &Stage, place: &Place) -> Result<Timed> {
    let (server, _) = stage.start(place).await?;
    sleep(SETTLE).await;
    let (talking, each) = if options.quick { (10, 2) } else { (100, 10) };
    load::cancels(server.port, stage.upstream_url(), talking, each).await.with_context(|| server.words())
}

async fn restart(options: &RunOptions, stage: &Stage, place: &Place) -> Result<Timed> {
    let (server, _) = stage.start(place).await?;
    sleep(SETTLE).await;
    let port = server.port;
    let open = load::talking(port, if options.quick { 50 } else { 1000 }).await.with_context(|| server.words())?;
    let killed_at = monotonic_micros();
    // Which kills it, and waits for its end.
    drop(server);
    let coming_back = load::come_back(open, port, killed_at);
    let (server, each) = tokio::join!(stage.start_at(place, port), coming_back);
    let (server, _) = server?;
    load::compare(port, each).await.with_context(|| server.words())
}

async fn storm(options: &RunOptions, stage: &Stage, place: &Place) -> Result<Timed> {
    let (server, _) = stage.start(place).await?;
    sleep(SETTLE).await;
    let away = load::away(server.port, if options.quick { 200 } else { 5000 }).await.with_context(|| server.words())?;
    let each = load::come_back(away, server.port, monotonic_micros()).await;
    load::compare(server.port, each).await.with_context(|| server.words())
}

async fn workflow(options: &RunOptions, stage: &Stage, place: &Place) -> Result<Stepped> {
    let (server, _) = stage.start(place).await?;
    sleep(SETTLE).await;
    let runs = if options.quick { 50 } else { 500 };
    let found = load::walks(server.port, server.pid(), runs).await.with_context(|| server.words())?;
    Ok(Stepped::of(found))
}

async fn start(stage: &Stage, place: &Place) -> Result<Start> {
    let (server, new_database_ms) = stage.start(place).await?;
    sleep(SETTLE).await;
    let rss_kib = procfs::rss_kib(server.pid())?;
    drop(server);
    let mut existing = Vec::new();
    for _ in 0..STARTS {
        existing.push(stage.start(place).await?.1);
    }
    let existing_database_ms = median(existing).context("there was a start")?;
    Ok(Start { new_database_ms, existing_database_ms, rss_kib })
}

async fn idle(stage: &Stage, place: &Place, sessions: usize) -> Result<Idle> {
    let (server, _) = stage.start(place).await?;
    sleep(SETTLE).await;
    let rss_start_kib = procfs::rss_kib(server.pid())?;
    let mut sockets = load::idle(server.port, sessions).await.with_context(|| server.words())?;
    let conversations = match place.conversation_idle() {
        Some(idle) if place.target.is_ours() => Some(Conversations::of(&server, &place.admin_token()?, idle)?),
        _ => None,
    };
    let rss_live_kib = live(conversations.as_ref(), &server, sessions).await?;
    if let Some(conversations) = conversations {
        conversations.put_away().await?;
    }
    sleep(4 * SETTLE).await;
    let rss_put_away_kib = procfs::rss_kib(server.pid())?;
    let open = sockets.iter_mut().map(load::Socket::is_open).filter(|open| *open).count();
    if open < sessions {
        bail!("the server closed {} of {sessions} idle sessions", sessions - open);
    }
    Ok(Idle { sessions, rss_start_kib, rss_live_kib, rss_put_away_kib })
}

/// Memory while every conversation is in it, before the reading and after.
async fn live(conversations: Option<&Conversations>, server: &Server, sessions: usize) -> Result<u64> {
    let Some(conversations) = conversations else { return procfs::rss_kib(server.pid()) };
    let before = conversations.live().await?;
    let rss_kib = procfs::rss_kib(server.pid())?;
    let after = conversations.live().await?;
    if before != sessions as u64 || after != before {
        bail!(
            "{before}, then {after} of {sessions} conversations are in memory: `conversation_idle` is too short here"
        );
    }
    Ok(rss_kib)
}

/// Which conversations Switchboard has in memory.
struct Conversations {
    http: reqwest::Client,
    url: String,
    token: String,
    idle: Duration,
}

impl Conversations {
    fn of(server: &Server, token: &str, idle: Duration) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = format!("http://127.0.0.1:{}/api/admin/conversations", server.port);
        Ok(Self { http, url, token: token.trim().to_owned(), idle })
    }

    async fn live(&self) -> Result<u64> {
        let answer = self.http.get(&self.url).bearer_auth(&self.token).send().await?.error_for_status()?;
        let list: serde_json::Value = answer.json().await?;
        list["count"].as_u64().with_context(|| format!("{} tells no count", self.url))
    }

    /// Waits until none is in memory any more.
    async fn put_away(&self) -> Result<()> {
        let within = self.idle + PUT_AWAY_WITHIN;
        for _ in 0..within.as_secs() {
            if self.live().await? == 0 {
                return Ok(());
            }
            sleep(Duration::from_secs(1)).await;
        }
        bail!("conversations are still in memory after {within:?}")
    }
}
