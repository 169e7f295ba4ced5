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
    /// It succeeded, but ran no test.
    Empty,
    LeftOut(&'static str),
}

/// What a command must have done to count as a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Least {
    Nothing,
    OneTest,
}

/// What happened so far.
#[derive(Debug)]
pub(crate) struct Timeline {
    interrupt: Interrupt,
    watch: Stopwatch,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    took: Duration,
    outcome: Outcome,
    /// Where it ran tests.
    tally: Tally,
}

impl Timeline {
    pub(crate) fn new(interrupt: Interrupt) -> Self {
        Self { interrupt, watch: Stopwatch::start(), rows: Vec::new() }
    }

    /// Does a part whose failure ends the chore.
    pub(crate) fn part<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n── {name}");
        let watch = Stopwatch::start();
        let result = work();
        let outcome = if result.is_ok() { Outcome::Done } else { Outcome::Failed(1) };
        self.note(name, watch.elapsed(), outcome, Tally::default());
        result
    }

    /// Names a part that this call does not do, and why.
    pub(crate) fn left_out(&mut self, name: &str, reason: &'static str) {
        self.note(name, Duration::ZERO, Outcome::LeftOut(reason), Tally::default());
    }

    /// Runs a command and says whether it succeeded. Its failure is kept for the summary, so that the next command can
    /// still run: one call tells everything.
    pub(crate) fn command(&mut self, name: &str, command: &mut Command) -> Result<bool> {
        self.run(name, command, Least::Nothing)
    }

    /// Runs tests: where not one of them ran, that is a failure.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command) -> Result<bool> {
        self.run(name, command, Least::OneTest)
    }

    fn run(&mut self, name: &str, command: &mut Command, least: Least) -> Result<bool> {
        if self.interrupt.is_set() {
            self.left_out(name, "interrupted");
            return Ok(false);
        }
        println!("\n── {name}: {}", shown(command));
        let watch = Stopwatch::start();
        let (code, tally) = supervise(command, &self.interrupt).with_context(|| format!("can't run {name}"))?;
        let is_empty = least == Least::OneTest && tally.passed == 0;
        let outcome = match code {
            0 if is_empty => Outcome::Empty,
            0 => Outcome::Done,
            _ => Outcome::Failed(code),
        };
        println!("── {name}: {} in {}", word(&outcome), Shown(watch.elapsed()));
        let is_done = matches!(outcome, Outcome::Done);
        self.note(name, watch.elapsed(), outcome, tally);
        Ok(is_done)
    }

    fn note(&mut self, name: &str, took: Duration, outcome: Outcome, tally: Tally) {
        self.rows.push(Row { name: name.to_owned(), took, outcome, tally });
    }

    /// Prints the summary; the code is the first failure's.
    pub(crate) fn close(&self) -> ExitCode {
        println!("\n── summary");
        let mut tally = Tally::default();
        for row in &self.rows {
            let count = if row.tally.is_none() { String::new() } else { format!(": {}", row.tally) };
            println!("   {:<28} {:>12}  {}{count}", row.name, Shown(row.took), word(&row.outcome));
            tally += row.tally;
        }
        if !tally.is_none() {
            println!("   tests: {tally}");
        }
        println!("   total: {}", Shown(self.watch.elapsed()));
        ExitCode::from(if self.interrupt.is_set() { INTERRUPTED } else { self.first_failure() })
    }

    fn first_failure(&self) -> u8 {
        let codes = self.rows.iter().map(|row| match row.outcome {
            Outcome::Failed(code) => code,
            Outcome::Empty => 1,
            Outcome::Done | Outcome::LeftOut(_) => 0,
        });
        codes.into_iter().find(|code| *code != 0).unwrap_or(0)
    }
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "ok".to_owned(),
        Outcome::Failed(code) => format!("FAILED (exit code {code})"),
        Outcome::Empty => "FAILED (no test ran)".to_owned(),
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
