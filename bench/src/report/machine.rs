//! Where it was measured.

use std::{fmt, process::Command};

use serde::Serialize;

use crate::{ours, stats::Spread};

/// The machine and the settings of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    cpu: String,
    kernel: String,
    memory_kib: u64,
    files_max: u64,
    commit: String,
    /// Milliseconds for the disk to keep 4 KiB that were appended.
    fsync_ms: Option<Spread>,
    fdatasync_ms: Option<Spread>,
    postgres: Option<String>,
    raised: &'static str,
}

impl Machine {
    pub(crate) fn look(
        fsync_ms: Option<Spread>,
        fdatasync_ms: Option<Spread>,
        postgres: Option<String>,
        files_max: u64,
    ) -> Self {
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
            fsync_ms,
            fdatasync_ms,
            postgres,
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
        writeln!(f, "disk: fsync {}; fdatasync {}", spread(&self.fsync_ms), spread(&self.fdatasync_ms))?;
        if let Some(postgres) = &self.postgres {
            writeln!(f, "PostgreSQL: {postgres}")?;
        }
        writeln!(f, "raised: {}", self.raised)
    }
}
