//! Where it was measured.

use std::{fmt, process::Command};

use serde::Serialize;

use crate::{load::Bare, ours, stats::Spread};

/// The machine and the settings of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    cpu: String,
    kernel: String,
    memory_kib: u64,
    files_max: u64,
    commit: String,
    #[serde(flatten)]
    measured: Measured,
    raised: &'static str,
}

/// What was measured of the machine before the load.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// Milliseconds for the disk to keep 4 KiB that were appended.
    pub(crate) fsync_ms: Option<Spread>,
    pub(crate) fdatasync_ms: Option<Spread>,
    /// The model alone.
    pub(crate) model: Bare,
    /// What commits of PostgreSQL wait for.
    pub(crate) postgres: Option<String>,
}

impl Machine {
    pub(crate) fn look(measured: Measured, files_max: u64) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |path: &str, name: &str| {
            let text = read(path);
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches([' ', '\t', ':']).to_owned()
        };
        Self {
            cores: std::thread::available_parallelism().map_or(0, Into::into),
            cpu: field("/proc/cpuinfo", "model name"),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            memory_kib: field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0),
            files_max,
            commit: commit(),
            measured,
            raised: ours::RAISED,
        }
    }
}

/// The commit of the folder that the run was started in; `unknown` outside a repository.
fn commit() -> String {
    let output = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output();
    let text = output.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    text.map_or_else(|| "unknown".to_owned(), |text| String::from_utf8_lossy(&text).trim().to_owned())
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spread = |spread: &Option<Spread>| match spread {
            Some(spread) => format!("p50 {:.2} ms, p99 {:.2} ms", spread.p50, spread.p99),
            None => "not measured".to_owned(),
        };
        writeln!(f, "commit {}", self.commit)?;
        let memory_gib = self.memory_kib / (1024 * 1024);
        writeln!(
            f,
            "{} cores ({}), {memory_gib} GiB, Linux {}, shared with the load",
            self.cores, self.cpu, self.kernel
        )?;
        let Measured { fsync_ms, fdatasync_ms, model, postgres } = &self.measured;
        writeln!(f, "disk: fsync {}; fdatasync {}", spread(fsync_ms), spread(fdatasync_ms))?;
        let (rate, cpu) = (model.tokens_per_second, model.cpu_ms_per_1000);
        writeln!(f, "model alone: {rate:.0} tokens/s at {cpu:.1} CPU ms per 1,000")?;
        if let Some(postgres) = postgres {
            writeln!(f, "PostgreSQL: {postgres}")?;
        }
        writeln!(f, "raised: {}", self.raised)
    }
}
