//! Where a run takes place: the folder, the model, and the servers that are started one after another.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use fakemodel::pour::monotonic_micros;
use tempfile::TempDir;

use crate::{
    cli::RunOptions,
    ours::{self, Bounds, Database},
    postgres::Postgres,
    process::{Server, free_port, tied},
    target::{Kind, Target},
};

/// The parts that all measurements share. Dropping it ends the model and removes the folder.
#[derive(Debug)]
pub(crate) struct Stage {
    own_program: PathBuf,
    server_program: PathBuf,
    upstream: Upstream,
    pub(crate) postgres: Option<Postgres>,
    runs: usize,
    folder: TempDir,
}

/// A target's place: a new folder and database.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) target: Target,
    folder: PathBuf,
    database: Option<Database>,
    /// What is changed of Switchboard's bounds.
    bounds: Bounds,
}

impl Stage {
    pub(crate) async fn set(options: &RunOptions) -> Result<Self> {
        let own_program = std::env::current_exe().context("where this program is")?;
        let beside = own_program.parent().context("this program lies in no folder")?.to_owned();
        let server_program = options.server.clone().unwrap_or_else(|| beside.join("switchboard"));
        if !server_program.is_file() {
            bail!(
                "there is no {}; build it with `cargo build --release`, or name it with --server",
                server_program.display()
            );
        }
        let parent = options.data.clone().unwrap_or(beside);
        let folder = tempfile::Builder::new().prefix("bench-data-").tempdir_in(&parent);
        let folder = folder.with_context(|| format!("can't make a folder in {}", parent.display()))?;
        let postgres = match &options.postgres {
            Some(url) => Some(Postgres::connect(url).await?),
            None => None,
        };
        let upstream = Upstream::start(&own_program)?;
        Ok(Self { own_program, server_program, upstream, postgres, runs: 0, folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn upstream_url(&self) -> &str {
        &self.upstream.url
    }

    pub(crate) fn upstream_pid(&self) -> u32 {
        self.upstream.child.id()
    }

    /// A new folder and database for one measurement.
    pub(crate) async fn place(&mut self, target: Target, bounds: Bounds) -> Result<Place> {
        self.runs += 1;
        let folder = self.folder.path().join(format!("run-{}", self.runs));
        std::fs::create_dir(&folder)?;
        let database = match (target.kind(), &mut self.postgres) {
            (Kind::Floor(..), _) => None,
            (Kind::Sqlite(synchronous), _) => Some(Database::Sqlite(synchronous)),
            (Kind::Postgres, Some(postgres)) => Some(Database::Postgres(postgres.fresh().await?)),
            (Kind::Postgres, None) => bail!("`postgres` needs --postgres URL; `cargo xtask bench` starts one"),
        };
        Ok(Place { target, folder, database, bounds })
    }

    /// Starts the target there and waits until it is ready; milliseconds that it took.
    pub(crate) async fn start(&self, place: &Place) -> Result<(Server, f64)> {
        self.start_at(place, free_port()?).await
    }

    /// The same, at a port that clients know already.
    pub(crate) async fn start_at(&self, place: &Place, port: u16) -> Result<(Server, f64)> {
        let mut command = match (place.target.kind(), &place.database) {
            (Kind::Floor(kind, synchronous), _) => {
                let mut command = tied(&self.own_program);
                command.args(["floor", "--kind", kind.word(), "--synchronous", synchronous.word()]);
                command.args(["--port", &port.to_string(), "--upstream", &self.upstream.url]);
                command.arg("--data").arg(&place.folder);
                command
            }
            (_, Some(database)) => self.ours(place, database, port)?,
            (_, None) => bail!("{} has no database", place.target.name()),
        };
        let began = monotonic_micros();
        let mut server = Server::start(&mut command, &place.folder.join("log"), port)?;
        let millis = server.ready(began).await.with_context(|| place.target.name())?;
        Ok((server, millis))
    }

    fn ours(&self, place: &Place, database: &Database, port: u16) -> Result<Command> {
        let config = place.folder.join("config.yaml");
        let text = ours::config(port, &self.upstream.url, &place.folder, database, place.bounds);
        std::fs::write(&config, text)?;
        let mut command = tied(&self.server_program);
        command.arg("--config").arg(&config).arg("--data").arg(&place.folder);
        // What the caller has set must not change what is measured.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SWITCHBOARD_") {
                command.env_remove(name);
            }
        }
        if let Database::Postgres(url) = database {
            command.env(ours::DATABASE_URL_VARIABLE, url);
        }
        Ok(command)
    }
}

impl Place {
    /// How long conversations stay in memory with nothing to do, where that is not the default.
    pub(crate) fn conversation_idle(&self) -> Option<Duration> {
        match self.bounds {
            Bounds::Idle(idle) => Some(idle),
            Bounds::Default | Bounds::Raised | Bounds::Workflow => None,
        }
    }

    /// Switchboard's admin token, which it made at its first start.
    pub(crate) fn admin_token(&self) -> Result<String> {
        let path = self.folder.join("admin-token");
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Frees the disk; the next run must not find it full.
    pub(crate) fn remove(self) -> Result<()> {
        std::fs::remove_dir_all(&self.folder).with_context(|| self.folder.display().to_string())
    }
}

/// The model's process.
#[derive(Debug)]
struct Upstream {
    child: Child,
    url: String,
}

impl Upstream {
    fn start(program: &Path) -> Result<Self> {
        let mut command = tied(program);
        let child = command.arg("upstream").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut upstream = Self { child, url: String::new() };
        let out = upstream.child.stdout.take().context("the model's standard output is a pipe")?;
        BufReader::new(out).read_line(&mut upstream.url)?;
        upstream.url.truncate(upstream.url.trim_end().len());
        if upstream.url.is_empty() {
            bail!("the model does not start");
        }
        Ok(upstream)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // The only refusal possible is that it is gone already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
