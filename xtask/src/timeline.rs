//! The steps of a chore: each is announced, timed, and named again in the closing summary.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Command, ExitCode, ExitStatus, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context, Result};

use crate::{
    group::{Group, Stop},
    interrupt::Interrupt,
    stopwatch::{Shown, Stopwatch, pause},
    tally::Tally,
};

/// What a shell says of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[derive(Debug)]
enum Outcome {
    Done,
    Failed(u8),
    LeftOut(&'static str),
}

/// What happened so far.
#[derive(Debug)]
pub(crate) struct Timeline {
    interrupt: Interrupt,
    watch: Stopwatch,
    rows: Vec<(String, Duration, Outcome)>,
    tally: Option<Tally>,
}

impl Timeline {
    pub(crate) fn new(interrupt: Interrupt) -> Self {
        Self { interrupt, watch: Stopwatch::start(), rows: Vec::new(), tally: None }
    }

    /// Does a part whose failure ends the chore.
    pub(crate) fn part<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n── {name}");
        let watch = Stopwatch::start();
        let result = work();
        let outcome = if result.is_ok() { Outcome::Done } else { Outcome::Failed(1) };
        self.rows.push((name.to_owned(), watch.elapsed(), outcome));
        result
    }

    /// Names a part that this call does not do, and why.
    pub(crate) fn left_out(&mut self, name: &str, reason: &'static str) {
        self.rows.push((name.to_owned(), Duration::ZERO, Outcome::LeftOut(reason)));
    }

    /// Runs a command and says whether it succeeded. Its failure is kept for the summary, so that the next command can
    /// still run: one call tells everything.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) -> Result<bool> {
        if self.interrupt.is_set() {
            self.left_out(name, "interrupted");
            return Ok(false);
        }
        println!("\n── {name}: {}", shown(command));
        let watch = Stopwatch::start();
        let (code, tally) = supervise(command, &self.interrupt).with_context(|| format!("can't run {name}"))?;
        let outcome = if code == 0 { Outcome::Done } else { Outcome::Failed(code) };
        println!("── {name}: {} in {}", word(&outcome), Shown(watch.elapsed()));
        self.rows.push((name.to_owned(), watch.elapsed(), outcome));
        if tally != Tally::default() {
            self.tally = Some(tally);
        }
        Ok(code == 0)
    }

    /// Prints the summary; the code is the first failure's.
    pub(crate) fn close(&self) -> ExitCode {
        println!("\n── summary");
        for (name, took, outcome) in &self.rows {
            println!("   {:<28} {:>12}  {}", name, Shown(*took), word(outcome));
        }
        if let Some(tally) = self.tally {
            println!("   tests: {tally}");
        }
        println!("   total: {}", Shown(self.watch.elapsed()));
        ExitCode::from(if self.interrupt.is_set() { INTERRUPTED } else { self.first_failure() })
    }

    fn first_failure(&self) -> u8 {
        let codes = self.rows.iter().map(|(_, _, outcome)| if let Outcome::Failed(code) = outcome { *code } else { 0 });
        codes.into_iter().find(|code| *code != 0).unwrap_or(0)
    }
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "ok".to_owned(),
        Outcome::Failed(code) => format!("FAILED (exit code {code})"),
        Outcome::LeftOut(reason) => format!("left out: {reason}"),
    }
}

/// Runs a command in its own group until it ends or somebody asks this process to end.
fn supervise(command: &mut Command, interrupt: &Interrupt) -> Result<(u8, Tally)> {
    let mut group = Group::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()), Stop::TermAll)?;
    let printer = group.take_stdout().map(print_and_count);
    let status = loop {
        if let Some(status) = group.poll()? {
            break Some(status);
        }
        if interrupt.is_set() {
            break None;
        }
        pause();
    };
    group.end();
    let tally = printer.and_then(|thread| thread.join().ok()).unwrap_or_default();
    Ok((status.map_or(INTERRUPTED, exit_code), tally))
}

/// Passes the output on as it comes, and counts tests on the way.
fn print_and_count(from: impl Read + Send + 'static) -> JoinHandle<Tally> {
    std::thread::spawn(move || {
        let mut tally = Tally::default();
        let mut lines = BufReader::new(from);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            tally.read(&String::from_utf8_lossy(&line));
            // A reader of ours that went away is no reason to stop the tests.
            std::io::stdout().write_all(&line).ok();
            line.clear();
        }
        tally
    })
}

/// A command's exit code; 128 + the signal's number where a signal ended it, as shells have it.
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
