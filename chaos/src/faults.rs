//! The stage of a run: everything that is started for it, and what can be done to it.

mod config;
mod postgres;

use std::{
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use fakemodel::FakeModel;
use faultproxy::{Proxy, Weather};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::{
    cluster::Cluster,
    database::OwnPostgres,
    held::Held,
    ledger::Ledger,
    model,
    plan::{Fault, Plan},
    power::Mains,
    redis::Redis,
    run::Options,
    server::{Launch, Log, Server},
};

/// Between two tries to start a server that does not start because what it stands on is away.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// A start that hangs, on a database that is silent, is given up and begins again.
const START_WITHIN: Duration = Duration::from_secs(15);
/// How long a server may take to be up once nothing is in its way.
const UP_WITHIN: Duration = Duration::from_secs(90);
/// So long after the disk or the database came back the server may still be waiting to try it again.
const EXCUSED_FOR: Duration = Duration::from_secs(15);
/// No file grows beyond: less than any database has.
const FULL_BYTES: u64 = 4096;

/// Everything that a run stands on. Dropped, all processes end.
#[derive(Debug)]
pub struct Stage {
    launch: Launch,
    arms: Vec<Option<String>>,
    server: Option<Server>,
    starts: usize,
    deaths: usize,
    /// Whether the server that runs was started with a fail point.
    is_armed: bool,
    had_kill: bool,
    /// When the disk or the database last came back.
    disturbed: Option<Instant>,
    pub(crate) log: Log,
    clients: Proxy,
    database: Option<(OwnPostgres, Proxy)>,
    /// Where that database is, unless the runs share a server.
    cluster: Option<Cluster>,
    redis: Option<Redis>,
    _model: FakeModel,
    pub(crate) ledger: Ledger,
    http: reqwest::Client,
    canaries: [String; 3],
    /// Before the folder that it lies in: the first is dropped first.
    mains: Option<Mains>,
    _folder: TempDir,
}

impl Stage {
    /// Starts everything but the server.
    ///
    /// # Errors
    /// Where something does not start.
    pub async fn build(plan: &Plan, options: &Options, log: Log) -> Result<Self> {
        let canaries = ["model-key", "admin-token", "tool-header"].map(|what| format!("canary-{what}-{}", plan.seed));
        let folder = tempfile::Builder::new().prefix("switchboard-chaos-").tempdir()?;
        let ledger = Ledger::start(&canaries[2])?;
        let model = model::start(ledger.url.clone()).await?;
        let config = config::of(model.url(), &ledger.url);
        std::fs::write(folder.path().join("config.yaml"), config)?;
        let mut env = vec![("MODEL_KEY".into(), canaries[0].clone()), ("ADMIN_TOKEN".into(), canaries[1].clone())];
        if plan.rounds > 1 {
            // What is compared after each storm is a server that has put everything away.
            env.push(("SWITCHBOARD_LIMITS__CONVERSATION_IDLE".into(), "1s".into()));
        }
        env.extend(options.bug.map(|bug| ("CHAOS_BUG".to_owned(), bug.to_owned())));
        let (database, cluster) = postgres::start(plan, options).await?;
        if let Some((own, proxy)) = &database {
            env.push(("SWITCHBOARD_DATABASE__URL".into(), own.url_at(proxy.address())));
        }
        if plan.power.is_some_and(|power| power.is_normal) {
            env.push(("SWITCHBOARD_DATABASE__SYNCHRONOUS".into(), "normal".into()));
        }
        let redis = redis(plan, options).await?;
        env.extend(redis.as_ref().map(|redis| ("SWITCHBOARD_CONTEXT__URL".to_owned(), redis.url())));
        let mains =
            plan.power.map(|power| Mains::turn_on(power, plan.seed, &folder.path().join("data"))).transpose()?;
        let launch = Launch { program: options.server.clone(), folder: folder.path().to_owned(), env };
        Ok(Self {
            launch,
            arms: plan.arms.clone(),
            server: None,
            starts: 0,
            deaths: 0,
            is_armed: false,
            had_kill: false,
            disturbed: None,
            log,
            clients: Proxy::start()?,
            database,
            cluster,
            redis,
            _model: model,
            ledger,
            http: reqwest::Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .timeout(Duration::from_secs(10))
                .build()?,
            canaries,
            mains,
            _folder: folder,
        })
    }

    /// Where clients find the server.
    pub fn url(&self) -> String {
        format!("http://{}", self.clients.address())
    }

    /// The server itself, without weather.
    pub fn direct_url(&self) -> String {
        self.server.as_ref().map_or_else(|| self.url(), |server| format!("http://{}", server.address))
    }

    /// For short requests.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// What may stand nowhere.
    pub fn canaries(&self) -> Vec<String> {
        self.canaries.to_vec()
    }

    /// What the server holds.
    pub fn holds(&self) -> Held {
        self.server.as_ref().map_or_else(Held::default, Server::holds)
    }

    /// How often the server died or was killed.
    pub fn deaths(&self) -> usize {
        self.deaths
    }

    /// How often the power went.
    pub fn power_losses(&self) -> usize {
        self.mains.as_ref().map_or(0, Mains::losses)
    }

    /// Whether one process lived through it all.
    pub fn had_no_kill(&self) -> bool {
        !self.had_kill && self.deaths == 0
    }

    /// The server's folder.
    pub fn data(&self) -> PathBuf {
        self.launch.folder.join("data")
    }

    /// A copy of the server's folder, to be read. A database on a disk of ours must not be opened by this process, which serves
    /// the disk: SQLite maps one of its files, and whoever waits for a page of it holds what the disk's thread may need.
    ///
    /// # Errors
    /// Those of copying.
    pub fn leave_behind(&self) -> Result<TempDir> {
        let copy = tempfile::Builder::new().prefix("switchboard-chaos-").tempdir()?;
        for entry in std::fs::read_dir(self.data())? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
            }
        }
        Ok(copy)
    }

    /// How the database in this copy is read.
    pub fn database_url(&self, copy: &Path) -> String {
        let file = copy.join("switchboard.db");
        self.database.as_ref().map_or_else(|| format!("sqlite://{}", file.display()), |(own, _)| own.url())
    }

    /// Starts the server with what is armed for this start; answers whether it is up.
    async fn try_start(&mut self) -> Result<bool> {
        let arm = self.arms.get(self.starts).cloned().flatten();
        self.starts += 1;
        self.is_armed = arm.is_some();
        if let Some(mains) = &self.mains {
            self.launch.set("CHAOS_BOOT_ID", mains.boot_id());
        }
        match Server::start(&self.launch, arm.as_deref(), &self.log).await? {
            None => self.died()?,
            Some(server) => {
                self.clients.lead_to(server.address);
                self.server = Some(server);
            }
        }
        Ok(self.server.is_some())
    }

    /// Starts the server until it is up.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn until_up(&mut self) -> Result<()> {
        let until = Instant::now() + UP_WITHIN;
        while self.server.is_none() {
            if Instant::now() > until {
                bail!("the server does not start:\n{}", tail(&self.log.text()));
            }
            if !self.try_start().await? {
                sleep(TRY_AGAIN_AFTER).await;
            }
        }
        Ok(())
    }

    /// Lets time pass. A server that dies meanwhile, because of a fail point, is started again, as systemd would; a start
    /// that was begun is waited for.
    ///
    /// # Errors
    /// Where it cannot be started at all.
    pub async fn go_on(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if let Some(server) = &mut self.server {
                let Ok(status) = timeout_at(until, server.ended()).await else { return Ok(()) };
                self.server = None;
                self.died()?;
                status?;
            } else {
                match timeout(START_WITHIN, self.try_start()).await {
                    Ok(Ok(true)) => {}
                    Ok(Ok(false)) => sleep(TRY_AGAIN_AFTER).await,
                    Ok(Err(error)) => return Err(error),
                    // Killed in its start.
                    Err(_) => self.deaths += 1,
                }
            }
        }
        Ok(())
    }

    /// Does what the fault says, until it is over.
    ///
    /// # Errors
    /// Where the kit itself fails.
    pub async fn strike(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Kill => self.kill().await,
            Fault::PowerLoss => {
                self.kill().await?;
                self.mains.iter_mut().try_for_each(|mains| mains.lose_power(&self.log))
            }
            Fault::Terminate => self.terminate_in_order().await,
            Fault::Freeze(span) => {
                self.freeze(span).await;
                Ok(())
            }
            Fault::DiskFull(span) => self.disk_full(span).await,
            Fault::DiskFullThenKill(span) => {
                self.set_full(true);
                self.go_on(span).await?;
                self.kill().await?;
                self.set_full(false);
                Ok(())
            }
            Fault::Clients(weather, span) => {
                self.clients.turn(weather);
                self.go_on(span).await?;
                self.clients.turn(Weather::Clear);
                Ok(())
            }
            Fault::Database(weather, span) => {
                self.database_turns(weather);
                self.go_on(span).await?;
                self.database_turns(Weather::Clear);
                self.disturbed = Some(Instant::now());
                Ok(())
            }
            Fault::Postgres(outage, span) => self.postgres_fails(outage, span).await,
            Fault::RedisRestart(span) => self.redis_restart(span).await,
            Fault::RedisFreeze(span) => self.redis_freeze(span).await,
        }
    }

    async fn kill(&mut self) -> Result<()> {
        self.had_kill = true;
        if let Some(mut server) = self.server.take() {
            self.deaths += 1;
            server.kill().await?;
        }
        Ok(())
    }

    /// As an operator ends it; answers how it ended.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.had_kill = true;
        self.until_up().await?;
        let mut server = self.server.take().context("it is up")?;
        server.terminate().await.with_context(|| tail(&self.log.text()))
    }

    /// SIGTERM under load. Where the database was there, the server leaves in order; one that reaches its fail point in that
    /// moment dies of it.
    async fn terminate_in_order(&mut self) -> Result<()> {
        let was_disturbed = self.disturbed.is_some_and(|at| at.elapsed() < EXCUSED_FOR);
        let status = self.terminate().await?;
        let is_excused = was_disturbed || self.is_armed;
        ensure!(
            is_excused || status.success(),
            "SIGTERM ended the server with {status} instead of 0:\n{}",
            tail(&self.log.text())
        );
        Ok(())
    }

    async fn freeze(&mut self, span: Duration) {
        if let Some(server) = &self.server {
            server.signal(Signal::STOP);
            sleep(span).await;
            server.signal(Signal::CONT);
        }
    }

    /// On a disk of ours it is the disk that has no room. Else it is a limit of this process; another one has room.
    fn set_full(&self, is_full: bool) {
        match (&self.mains, &self.server) {
            (Some(mains), _) => mains.set_full(is_full),
            (None, Some(server)) => server.limit_files(is_full.then_some(FULL_BYTES)),
            (None, None) => {}
        }
    }

    /// It ended without having been asked, at a fail point or in its start.
    fn died(&mut self) -> Result<()> {
        self.deaths += 1;
        self.mains.iter_mut().try_for_each(|mains| mains.server_died(&self.log))
    }

    async fn disk_full(&mut self, span: Duration) -> Result<()> {
        self.set_full(true);
        self.go_on(span).await?;
        self.set_full(false);
        self.disturbed = Some(Instant::now());
        Ok(())
    }

    fn database_turns(&self, weather: Weather) {
        if let Some((_, proxy)) = &self.database {
            proxy.turn(weather);
        }
    }

    async fn redis_restart(&mut self, span: Duration) -> Result<()> {
        if let Some(redis) = &mut self.redis {
            redis.kill().await?;
        }
        self.go_on(span).await?;
        if let Some(redis) = &mut self.redis {
            redis.revive().await?;
        }
        Ok(())
    }

    async fn redis_freeze(&mut self, span: Duration) -> Result<()> {
        let signal = |stage: &Self, signal| {
            stage.redis.iter().for_each(|redis| redis.signal(signal));
        };
        signal(self, Signal::STOP);
        self.go_on(span).await?;
        signal(self, Signal::CONT);
        Ok(())
    }

    /// From here on nothing is armed and nothing is in the way. A fail point that nobody reached goes with its process.
    ///
    /// # Errors
    /// Where the server does not come up.
    pub async fn end_faults(&mut self) -> Result<()> {
        self.arms.clear();
        if self.is_armed {
            self.kill().await?;
        }
        self.until_up().await
    }

    /// Removes what does not go by itself.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove(self) -> Result<()> {
        self.ledger.end().await;
        match (self.database, self.cluster) {
            (_, Some(cluster)) => cluster.end().await,
            (Some((own, _)), None) => own.remove().await,
            (None, None) => Ok(()),
        }
    }
}

async fn redis(plan: &Plan, options: &Options) -> Result<Option<Redis>> {
    let (true, Some(program)) = (plan.redis, &options.redis) else { return Ok(None) };
    Ok(Some(Redis::start(Path::new(program)).await?))
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
