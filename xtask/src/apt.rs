//! Installs Debian packages, where this process may.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// Keeps Debian from making a database cluster of its own, which would take port 5432.
const CLUSTER_CONF: &str = "/etc/postgresql-common/createcluster.conf";

/// The command that a person would type.
pub(crate) fn advice(packages: &[&str]) -> String {
    let sudo = if rustix::process::geteuid().is_root() { "" } else { "sudo " };
    format!("{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {}", packages.join(" "))
}

/// Installs packages as root, or through `sudo` where that asks no password. Where neither is possible it does nothing:
/// the caller looks again and names what is missing.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let Some(root) = Root::find() else {
        println!("   may not install packages here (not root, and `sudo -n` asks a password or is not there)");
        return Ok(());
    };
    println!("   installing {}", packages.join(", "));
    if packages.contains(&"postgresql") && !Path::new(CLUSTER_CONF).exists() {
        println!("   writing {CLUSTER_CONF}, so that Debian makes no database of its own");
        root.run(
            "sh",
            &["-c", &format!("mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > {CLUSTER_CONF}")],
        )?;
    }
    root.run("apt-get", &["update", "-qq"])?;
    // confold: the file written above stays as it is, without a question.
    let options = ["install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"];
    root.run("apt-get", &[options.as_slice(), packages].concat())
        .with_context(|| format!("to see why, run `{}`", advice(packages)))
}

/// A way to act as root.
struct Root(&'static [&'static str]);

impl Root {
    fn find() -> Option<Self> {
        if !succeeds("apt-get", &["--version"]) {
            return None;
        }
        if rustix::process::geteuid().is_root() {
            return Some(Self(&["env"]));
        }
        succeeds("sudo", &["-n", "true"]).then_some(Self(&["sudo", "-n", "env"]))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let (first, rest) = self.0.split_first().context("a way to act as root has at least one word")?;
        let mut command = Command::new(first);
        command.args(rest).arg("DEBIAN_FRONTEND=noninteractive").arg(program).args(arguments);
        let status = command.status().with_context(|| format!("can't start {program}"))?;
        if !status.success() {
            bail!("`{program} {}` failed: {status}", arguments.join(" "));
        }
        Ok(())
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}
