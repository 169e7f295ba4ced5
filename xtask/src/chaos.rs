//! `cargo xtask chaos`, and the kills that are a part of `cargo xtask test`.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{
    ChaosArgs,
    chores::{cargo, target_folder, workspace},
    interrupt::Interrupt,
    needs::{self, For},
    servers::Servers,
    timeline::Timeline,
};

/// Short runs of `kill -9` alone, the same each time.
const KILLS: &[&str] = &["--menu", "kills", "--runs", "50", "--seed", "1", "--jobs", "4"];
/// The same with power losses.
const POWER: &[&str] = &["--menu", "power", "--runs", "20", "--seed", "1", "--jobs", "4"];
/// Each planted bug, in at most so many runs.
const PLANTED: &[&str] = &["--planted", "--runs", "20"];

/// `cargo xtask chaos`.
pub(crate) fn chaos(args: &ChaosArgs) -> Result<ExitCode> {
    let asks = |words: &[&str]| args.arguments.iter().any(|argument| words.contains(&argument.as_str()));
    let interrupt = Interrupt::watch()?;
    let mut timeline = Timeline::new(interrupt.clone());
    if asks(&["--help", "-h", "--version"]) {
        timeline.command("build", cargo()?.args(["build", "--locked", "--package", "chaos"]))?;
        kit(&mut timeline, "the help", &args.arguments, |_| {})?;
        return Ok(timeline.close());
    }
    let programs = timeline.part("what the kit needs", || needs::provide(For::Chaos, true))?;
    if !build(&mut timeline, if asks(&["--planted"]) { "planted_bugs" } else { "chaos" })? {
        timeline.left_out("the runs", "the kit does not build");
        return Ok(timeline.close());
    }
    let mut servers = timeline.part("start PostgreSQL", || Servers::start_durable(&programs, &interrupt))?;
    kit(&mut timeline, "the runs", &args.arguments, |command| {
        command.envs(programs.variables()).envs(servers.variables());
    })?;
    timeline.part("end PostgreSQL", || {
        servers.end();
        Ok(())
    })?;
    Ok(timeline.close())
}

/// The part of `cargo xtask test`: kills, power losses where this machine can have them, and the trial of the checker.
pub(crate) fn test(timeline: &mut Timeline) -> Result<()> {
    // What a call before found proves nothing of the server as it is now.
    let report = tempfile::tempdir()?;
    let report = report.path().join("report.jsonl").display().to_string();
    if !build(timeline, "planted_bugs")? {
        timeline.left_out("kills", "the chaos kit does not build");
        return Ok(());
    }
    let words = |own: &[&str]| own.iter().copied().chain(["--report", &report]).map(str::to_owned).collect::<Vec<_>>();
    kit(timeline, "50 runs with kill -9", &words(KILLS), |_| {})?;
    if can_lose_power()? {
        kit(timeline, "20 runs with power losses", &words(POWER), |_| {})?;
    } else {
        timeline.left_out("20 runs with power losses", "FUSE is not here (/dev/fuse, and the right to mount)");
    }
    kit(timeline, "the checker sees planted bugs", &words(PLANTED), |_| {})?;
    Ok(())
}

/// Whether the kit can mount the disk whose power it cuts; it says itself why not.
fn can_lose_power() -> Result<bool> {
    let mut command = Command::new(target_folder()?.join("debug/switchboard-chaos"));
    Ok(command.arg("--can-lose-power").status()?.success())
}

/// The server with this feature, and the kit.
fn build(timeline: &mut Timeline, feature: &str) -> Result<bool> {
    let feature = format!("switchboard/{feature}");
    let packages = ["--package", "switchboard", "--package", "chaos", "--features", &feature];
    timeline.command("build the server with fail points", cargo()?.args(["build", "--locked"]).args(packages))
}

fn kit(timeline: &mut Timeline, name: &str, words: &[String], prepare: impl FnOnce(&mut Command)) -> Result<bool> {
    let folder = target_folder()?.join("debug");
    let mut command = Command::new(folder.join("switchboard-chaos"));
    command.current_dir(workspace()?).args(words);
    if !words.iter().any(|word| word == "--server" || word.starts_with("--server=")) {
        command.arg("--server").arg(folder.join("switchboard"));
    }
    prepare(&mut command);
    timeline.command(name, &mut command)
}
