//! The command line, and the commands that need no server.

mod check;
mod graph;
mod help;
mod line;

use std::io;

pub use self::{
    check::{run_check, run_schema, summary, write_errors},
    graph::run_graph,
    line::{BackupOptions, CheckOptions, Command, GraphOptions, RestoreOptions, SandboxOptions, ServeOptions, parse},
};

/// The process's environment, as far as it is UTF-8.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// How a command ended, as the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// It failed while it ran.
    Failed = 1,
    /// The command line or the config is wrong.
    Wrong = 2,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Who reads the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person at a terminal: the lines of the file are shown, in colour.
    Terminal,
    /// A person or a program behind a pipe: one line for each error.
    Pipe,
}

impl Reader {
    /// Who reads this stream. `NO_COLOR` is honoured as a wish for plain lines.
    pub fn of(stream: &impl io::IsTerminal) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !plain { Self::Terminal } else { Self::Pipe }
    }
}
