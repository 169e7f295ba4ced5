//! What each command does, step by step.

use std::{
    env,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::{
    BenchArgs, ModelArgs, TestArgs, chaos,
    combinations::COMBINATIONS,
    interrupt::Interrupt,
    model::Model,
    needs::{self, For, Programs},
    servers::Servers,
    stopwatch::pause,
    timeline::Timeline,
};

/// `cargo xtask check`.
pub(crate) fn check() -> Result<ExitCode> {
    let mut timeline = Timeline::new(Interrupt::watch()?);
    lint(&mut timeline)?;
    Ok(timeline.close())
}

/// `cargo xtask test`.
pub(crate) fn test(args: &TestArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let mut timeline = Timeline::new(interrupt.clone());
    let programs = timeline.part("what the tests need", || needs::provide(For::Tests, !args.no_install))?;
    let model = timeline.part("the small model", || Model::provide(&programs, !args.no_install, &interrupt))?;
    if args.filter.is_some() {
        timeline.left_out("formatting and lints", "a filter was given");
    } else {
        lint(&mut timeline)?;
    }
    if timeline.command("build the tests", cargo()?.args(["test", "--workspace", "--locked", "--no-run"]))? {
        run_tests(args, &programs, &model, &interrupt, &mut timeline)?;
    } else {
        timeline.left_out("run the tests", "they do not build");
    }
    Ok(timeline.close())
}

fn run_tests(
    args: &TestArgs,
    programs: &Programs,
    model: &Model,
    interrupt: &Interrupt,
    timeline: &mut Timeline,
) -> Result<()> {
    let mut servers = timeline.part("start the servers", || Servers::start(programs, model, interrupt))?;
    let prepare = |tests: &mut Command| {
        tests.envs(programs.variables()).envs(model.variables()).envs(servers.variables());
        if args.full {
            tests.env("SWITCHBOARD_TEST_FULL", "1");
        }
    };
    let mut tests = cargo()?;
    tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]).args(&args.filter);
    prepare(&mut tests);
    timeline.command("run the tests", &mut tests)?;
    for combination in COMBINATIONS {
        let mut tests = cargo()?;
        tests.args(["test", "--package", "switchboard", "--test", "it", "--locked", "--"]).args(&args.filter);
        prepare(combination.apply(&mut tests));
        // A filter may leave nothing of it.
        let name = combination.name();
        if args.filter.is_some() {
            timeline.command(&name, &mut tests)?
        } else {
            timeline.tests(&name, &mut tests)?
        };
    }
    timeline.part("end the servers", || {
        servers.end();
        Ok(())
    })?;
    if args.filter.is_none() {
        chaos::test(timeline)?;
    }
    Ok(())
}

/// `cargo xtask servers`.
pub(crate) fn servers(no_install: bool) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let programs = needs::provide(For::Tests, !no_install)?;
    let model = Model::provide(&programs, !no_install, &interrupt)?;
    let servers = Servers::start(&programs, &model, &interrupt)?;
    println!("\nIn the terminal where `cargo test` is to run:\n");
    for (variable, path) in programs.variables().chain(model.variables()) {
        println!("export {variable}={}", path.display());
    }
    for (variable, url) in servers.variables() {
        println!("export {variable}={url}");
    }
    println!("\nCtrl-C here ends the servers and removes their data.");
    while !interrupt.is_set() {
        pause();
    }
    Ok(ExitCode::SUCCESS)
}

/// `cargo xtask model`.
pub(crate) fn model(args: &ModelArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let programs = needs::provide(For::Model, !args.no_install)?;
    let model = Model::provide(&programs, !args.no_install, &interrupt)?;
    if args.serve {
        return model.serve(args.port, &interrupt);
    }
    println!("\nTo talk to it: `cargo xtask model --serve`.");
    Ok(ExitCode::SUCCESS)
}

/// `cargo xtask bench`.
pub(crate) fn bench(args: &BenchArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let mut timeline = Timeline::new(interrupt.clone());
    let programs = timeline.part("what the benchmark needs", || needs::provide(For::Bench, !args.no_install))?;
    let packages = ["--package", "switchboard", "--package", "bench"];
    if !timeline.command("build", cargo()?.args(["build", "--release", "--locked"]).args(packages))? {
        timeline.left_out("the benchmark", "it does not build");
        return Ok(timeline.close());
    }
    let mut servers = timeline.part("start PostgreSQL", || Servers::start_durable(&programs, &interrupt))?;
    let mut run = Command::new(release_folder()?.join("switchboard-bench"));
    run.current_dir(workspace()?);
    timeline.command("the benchmark", run.args(&args.arguments).envs(servers.variables()))?;
    timeline.part("end PostgreSQL", || {
        servers.end();
        Ok(())
    })?;
    Ok(timeline.close())
}

/// `cargo xtask tour`.
pub(crate) fn tour() -> Result<ExitCode> {
    let mut timeline = Timeline::new(Interrupt::watch()?);
    let mut test = cargo()?;
    test.args(["test", "--package", "switchboard", "--test", "it", "--locked", "--", "tour::"]);
    timeline.command("the tour", test.env("SWITCHBOARD_WRITE_TOUR", "1"))?;
    Ok(timeline.close())
}

fn lint(timeline: &mut Timeline) -> Result<()> {
    timeline.command("formatting", cargo()?.args(["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    timeline.command("lints", cargo()?.args(clippy))?;
    // What no other build compiles.
    let hidden = ["clippy", "--package", "switchboard", "--lib", "--locked", "--features", "planted_bugs"];
    timeline.command("lints of fail points", cargo()?.args(hidden).args(["--", "-D", "warnings"]))?;
    Ok(())
}

/// Cargo in the workspace's folder, with colours where a person looks on although the output passes through a pipe.
pub(crate) fn cargo() -> Result<Command> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace()?);
    // What `cargo run` says of xtask's own package is no business of this call: a build script that watches these
    // variables (ring's does) would run again, and all that stands on it would be built anew.
    for (name, _) in env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
            cargo.env_remove(name);
        }
    }
    if std::io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    Ok(cargo)
}

/// Beside the folder that this program was built into. `cargo run` could build with other features once more.
fn release_folder() -> Result<PathBuf> {
    Ok(target_folder()?.join("release"))
}

/// Where this program was built.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let own = env::current_exe().context("where xtask is")?;
    let target = own.parent().and_then(Path::parent).context("xtask lies in no target folder")?;
    Ok(target.to_owned())
}

/// Asked at run time: a target folder that several checkouts share must not mix them up.
pub(crate) fn workspace() -> Result<PathBuf> {
    let own =
        env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`, which says where the workspace is")?;
    let folder = PathBuf::from(own).parent().map(PathBuf::from);
    folder.context("the folder of xtask has no parent")
}
