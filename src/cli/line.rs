//! The command line: what can be asked of `switchboard`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::units::HumanDuration;

use super::help::{BACKUP_HELP, CHECK_HELP, EXAMPLES, GRAPH_HELP, RESTORE_HELP, SANDBOX_HELP, SCHEMA_HELP};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run the server.
    Serve(ServeOptions),
    /// Tell what is wrong with a config.
    Check(CheckOptions),
    /// Print the JSON Schema of the config.
    Schema,
    /// Print the graphs of workflows as pictures.
    Graph(GraphOptions),
    /// Serve the sandbox of the marketplace alone.
    Sandbox(SandboxOptions),
    /// Copy the database while a server may write it.
    Backup(BackupOptions),
    /// Put a backup in the place of the database.
    Restore(RestoreOptions),
}

/// How the server is to run.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ServeOptions {
    /// The config; left out: ./config.yaml if there is one, else the built-in config.
    #[arg(long, value_name = "FILE", env = "SWITCHBOARD_CONFIG")]
    pub config: Option<PathBuf>,
    /// The folder of everything that is kept: the SQLite database, the admin token; made if missing. `database.url` goes before it.
    #[arg(long, value_name = "DIR", env = "SWITCHBOARD_DATA", default_value = "data")]
    pub data: PathBuf,
}

/// Where the copy goes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct BackupOptions {
    /// The file that is made; it must not be there.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub of: ServeOptions,
}

/// What is restored.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RestoreOptions {
    /// A backup of SQLite: made by `switchboard backup` or `sqlite3 … ".backup FILE"`, or copied while the server was stopped.
    #[arg(value_name = "FILE", required_unless_present = "epochs_only", conflicts_with = "epochs_only")]
    pub file: Option<PathBuf>,
    /// The database was restored by other means: only give its conversations new epochs.
    #[arg(long)]
    pub epochs_only: bool,
    /// Which database.
    #[command(flatten)]
    pub of: ServeOptions,
}

/// Which config is to be checked.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CheckOptions {
    /// The config; left out: the one that `serve` would read.
    #[arg(value_name = "FILE", env = "SWITCHBOARD_CONFIG")]
    pub file: Option<PathBuf>,
}

/// Which graphs are to be printed.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct GraphOptions {
    /// A config, or a file with one graph: `start` and `nodes` at its top. Left out: the config that `serve` would read.
    #[arg(value_name = "FILE", env = "SWITCHBOARD_CONFIG")]
    pub file: Option<PathBuf>,
    /// Only the graph of this agent.
    #[arg(long, value_name = "ID")]
    pub agent: Option<String>,
}

/// How the sandbox is to be.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SandboxOptions {
    /// The TCP port on 127.0.0.1; 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = 18_090)]
    pub port: u16,
    /// Decides the goods and the history of the shop: one seed and one day give one shop.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// The pause between calls that it asks for, in percent of the marketplace's own; 0 is no limit.
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub limit_interval_percent: u32,
    /// How long cards and prices lie before they are looked at: 500ms, 2s, 1m.
    #[arg(long, value_name = "TIME", default_value = "2s")]
    pub work_delay: HumanDuration,
}

/// A self-hosted server where many agents share one conversation and the user feels one assistant.
#[derive(Debug, Parser)]
#[command(name = "switchboard", bin_name = "switchboard", version, propagate_version = true, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
struct Line {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    serve: ServeOptions,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the server; what happens without a command too.
    #[command(after_help = EXAMPLES)]
    Serve(ServeOptions),
    /// Tell all that is wrong with a config, and start nothing.
    #[command(after_help = CHECK_HELP)]
    Check(CheckOptions),
    /// Print the JSON Schema of the config, for editors.
    #[command(after_help = SCHEMA_HELP)]
    Schema,
    /// Print the graphs of workflows as Mermaid, which GitHub, GitLab and most wikis draw.
    #[command(after_help = GRAPH_HELP)]
    Graph(GraphOptions),
    /// Serve a marketplace's seller API from a shop in memory, to try agents and tools with.
    #[command(after_help = SANDBOX_HELP)]
    Sandbox(SandboxOptions),
    /// Copy the SQLite database into one file, while the server runs.
    #[command(after_help = BACKUP_HELP)]
    Backup(BackupOptions),
    /// Put a backup in the place of the database, so that no client takes it for what it saw.
    #[command(after_help = RESTORE_HELP)]
    Restore(RestoreOptions),
}

/// Reads the command line, program name first.
///
/// # Errors
/// What clap says about it, the texts of `--help` and `--version` included: print it, and exit with its code.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let line = Line::try_parse_from(arguments)?;
    Ok(match line.task {
        None => Command::Serve(line.serve),
        Some(Task::Serve(options)) => Command::Serve(options),
        Some(Task::Check(options)) => Command::Check(options),
        Some(Task::Schema) => Command::Schema,
        Some(Task::Graph(options)) => Command::Graph(options),
        Some(Task::Sandbox(options)) => Command::Sandbox(options),
        Some(Task::Backup(options)) => Command::Backup(options),
        Some(Task::Restore(options)) => Command::Restore(options),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Exit;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split(' ').map(OsString::from)).map_err(|error| error.to_string())
    }

    fn serve(config: Option<&str>, data: &str) -> Command {
        Command::Serve(ServeOptions { config: config.map(PathBuf::from), data: data.into() })
    }

    #[track_caller]
    fn check(line: &str, expected: Command) {
        assert_eq!(parsed(line), Ok(expected), "{line}");
    }

    #[test]
    fn serves_if_no_command_is_named() {
        check("switchboard", serve(None, "data"));
        check("switchboard --config a.yaml", serve(Some("a.yaml"), "data"));
        check("switchboard serve --data d --config a.yaml", serve(Some("a.yaml"), "d"));
        check("switchboard check a.yaml", Command::Check(CheckOptions { file: Some("a.yaml".into()) }));
        check("switchboard check", Command::Check(CheckOptions { file: None }));
        check("switchboard schema", Command::Schema);
        let graph = |agent: Option<&str>| {
            Command::Graph(GraphOptions { file: Some("a.yaml".into()), agent: agent.map(str::to_owned) })
        };
        check("switchboard graph a.yaml", graph(None));
        let sandbox = |port, seed, limit_interval_percent, work_delay| {
            let work_delay = HumanDuration::from_secs(work_delay);
            Command::Sandbox(SandboxOptions { port, seed, limit_interval_percent, work_delay })
        };
        check("switchboard sandbox", sandbox(18_090, 1, 100, 2));
        let all = "switchboard sandbox --port 0 --seed 7 --limit-interval-percent 0 --work-delay 1m";
        check(all, sandbox(0, 7, 0, 60));
        check("switchboard graph a.yaml --agent seller", graph(Some("seller")));
        let of = ServeOptions { config: None, data: "d".into() };
        let restore = |file: Option<&str>, epochs_only| {
            Command::Restore(RestoreOptions { file: file.map(PathBuf::from), epochs_only, of: of.clone() })
        };
        check("switchboard restore a.db --data d", restore(Some("a.db"), false));
        check("switchboard restore --epochs-only --data d", restore(None, true));
        check("switchboard backup a.db --data d", Command::Backup(BackupOptions { file: "a.db".into(), of }));
    }

    #[test]
    fn help_and_version_stand_on_every_command() {
        for command in [
            "switchboard",
            "switchboard serve",
            "switchboard check",
            "switchboard schema",
            "switchboard graph",
            "switchboard sandbox",
            "switchboard backup",
            "switchboard restore",
        ] {
            let help = parsed(&format!("{command} --help")).unwrap_err();
            assert!(help.contains("Usage: switchboard") && help.contains("xample") | help.contains("Exit"), "{help}");
            let version = parsed(&format!("{command} --version")).unwrap_err();
            assert!(version.trim().ends_with(env!("CARGO_PKG_VERSION")), "{version}");
        }
    }

    #[test]
    fn a_wrong_line_is_refused_with_code_2() {
        for line in [
            "switchboard serv",
            "switchboard --port 1",
            "switchboard check a b",
            "switchboard schema x",
            "switchboard graph a b",
            "switchboard graph a --agent",
            "switchboard sandbox --port 70000",
            "switchboard sandbox --limit-interval-percent 1001",
            "switchboard sandbox --work-delay soon",
            "switchboard backup",
            "switchboard restore",
            "switchboard restore a --epochs-only",
        ] {
            let error = parse(line.split(' ').map(OsString::from)).unwrap_err();
            assert_eq!(error.exit_code(), i32::from(Exit::Wrong as u8), "{line}");
        }
    }
}
