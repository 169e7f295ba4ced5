//! The command line: what can be asked of `switchboard`, and the commands that need no server.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand};

use crate::config::{self, Config, ConfigErrors, Loaded};

const EXAMPLES: &str = "\
Examples:
  switchboard                                     serve by ./config.yaml, or by the built-in config
  switchboard --config my.yaml --data /var/lib/switchboard
  SWITCHBOARD_SERVER__PORT=9000 switchboard       one key from the environment
  switchboard check my.yaml                       tell all that is wrong, start nothing
  switchboard schema > config.schema.json         let an editor complete the config
  switchboard backup copy.db                      copy the SQLite database while the server runs
  switchboard restore copy.db                     put it back; --help says what that means for clients

Environment:
  SWITCHBOARD_SECTION__KEY=VALUE sets any key of the config, over the file: SWITCHBOARD_DATABASE__URL,
  SWITCHBOARD_ADMIN__TOKEN, SWITCHBOARD_LIMITS__DRAIN_TIMEOUT=1m, SWITCHBOARD_AGENTS__PRICING_AGENT__ENABLED=false.
  Lists and mappings are written as YAML: SWITCHBOARD_SERVER__CORS_ORIGINS='[https://app.example.com]'.

Exit codes:
  0    done, or stopped as asked
  1    it failed while it ran
  2    the command line or the config is wrong
  69   the port or the database cannot be had
  70   what everything stands on was given up: start it again
  71   the system refused threads or files
  73   the data folder cannot be used, or another process holds it
  74   stopped as asked, but the database took no writes until the end
  143  told twice to stop: left at once";

const CHECK_HELP: &str = "\
All errors come at once, each with file, line, column and the rule; the environment is read as `serve` reads it,
references to secrets included. At a terminal the lines are shown, else each error is one line.

Exit codes:
  0  the config is good; warnings may have been printed
  2  it is not";

const SCHEMA_HELP: &str = "\
Example:
  switchboard schema > config.schema.json
The first line of config.yaml then tells an editor where it is: # yaml-language-server: $schema=config.schema.json";

const BACKUP_HELP: &str = "\
Example:
  switchboard backup /backups/chat-$(date +%F).db
The copy is the database at one moment, in one file. PostgreSQL has `pg_dump`.

Exit codes:
  0   done
  1   FILE is there already, or cannot be written
  2   the command line or the config is wrong, or the database is not SQLite
  69  the database cannot be read";

const RESTORE_HELP: &str = "\
Examples:
  switchboard restore /backups/chat-2026-11-28.db   SQLite: FILE is checked, copied and put in the place of the database
  switchboard restore --epochs-only                 after `pg_restore`, or after a file was put there by hand

Stop the server first: while one holds the data folder nothing is done. What was stored since the backup is gone, so clients
may know events that are not there, whose numbers others will get. With a new epoch they are told so (`epoch_mismatch`) and
get a snapshot. The database that was there is kept beside it, under a name that is said. Conversations that were erased since
the backup are there again: erase them again. On PostgreSQL see to it yourself that no server runs on the database.

Exit codes:
  0   done
  1   a file cannot be read or written
  2   the command line or the config is wrong, FILE is the database itself, or the database is not SQLite
  65  FILE is no database of switchboard, is damaged, or is of a newer switchboard
  69  the database cannot be had
  73  the data folder cannot be used, or a server that runs holds it";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Run the server.
    Serve(ServeOptions),
    /// Tell what is wrong with a config.
    Check(CheckOptions),
    /// Print the JSON Schema of the config.
    Schema,
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
        Some(Task::Backup(options)) => Command::Backup(options),
        Some(Task::Restore(options)) => Command::Restore(options),
    })
}

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

/// Checks a config and says what is wrong with it.
///
/// # Errors
/// Those of `out`.
pub fn run_check(
    path: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    reader: Reader,
    out: &mut impl Write,
) -> io::Result<Exit> {
    match Config::load(path, environment) {
        Ok(loaded) => {
            writeln!(out, "{}", summary(&loaded))?;
            Ok(Exit::Done)
        }
        Err(errors) => {
            write_errors(&errors, reader, out)?;
            Ok(Exit::Wrong)
        }
    }
}

/// Says what is wrong with a config, for `check` and for a start that fails.
///
/// # Errors
/// Those of `out`.
pub fn write_errors(errors: &ConfigErrors, reader: Reader, out: &mut impl Write) -> io::Result<()> {
    match reader {
        Reader::Terminal => write!(out, "{}", errors.render(true))?,
        Reader::Pipe => writeln!(out, "{errors}")?,
    }
    let count = errors.findings().len();
    writeln!(out, "{}: {count} {}", errors.source_name(), if count == 1 { "error" } else { "errors" })
}

/// Warnings, and what the config holds: lines without a line break at the end.
pub fn summary(loaded: &Loaded) -> String {
    let source = loaded.source.to_string();
    let mut lines: Vec<String> =
        loaded.warnings.iter().map(|warning| format!("warning: {}", warning.line(&source))).collect();
    let config = &loaded.config;
    let agents: Vec<&str> = config.agents.iter().map(|agent| agent.id.as_str()).collect();
    let (models, tools) = (config.models.len(), config.tools.len());
    lines.push(format!("{source}: good (agents: {}; models: {models}; tools: {tools})", agents.join(", ")));
    lines.join("\n")
}

/// Prints the JSON Schema of the config.
///
/// # Errors
/// Those of `out`.
pub fn run_schema(out: &mut impl Write) -> io::Result<Exit> {
    serde_json::to_writer_pretty(&mut *out, config::schema())?;
    writeln!(out)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            "switchboard backup",
            "switchboard restore",
            "switchboard restore a --epochs-only",
        ] {
            let error = parse(line.split(' ').map(OsString::from)).unwrap_err();
            assert_eq!(error.exit_code(), i32::from(Exit::Wrong as u8), "{line}");
        }
    }

    #[test]
    fn check_prints_a_line_for_each_error_and_says_how_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.yaml");
        std::fs::write(&path, "server:\n  port: 70000\n  hots: x\nagents: [{ id: concierge, kind: concierge }]\n")
            .unwrap();
        let mut out = Vec::new();
        let exit = run_check(Some(&path), std::iter::empty(), Reader::Pipe, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap().replace(&path.display().to_string(), "c.yaml");
        assert_eq!(exit, Exit::Wrong);
        assert_eq!(
            out,
            "c.yaml:2:9: `server.port` must be a whole number between 0 and 65535, got `70000`\n\
             c.yaml:3:3: unknown key `server.hots`; did you mean `host`?\n\
             c.yaml: 2 errors\n"
        );
    }

    #[test]
    fn check_says_what_a_good_config_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.yaml");
        std::fs::write(&path, config::DEFAULT_CONFIG).unwrap();
        let mut out = Vec::new();
        assert_eq!(run_check(Some(&path), std::iter::empty(), Reader::Pipe, &mut out).unwrap(), Exit::Done);
        let out = String::from_utf8(out).unwrap();
        assert!(out.ends_with("c.yaml: good (agents: pricing_agent, concierge; models: 0; tools: 1)\n"), "{out}");
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let mut out = Vec::new();
        let exit = run_check(Some(Path::new("/nowhere/c.yaml")), std::iter::empty(), Reader::Pipe, &mut out).unwrap();
        assert_eq!(exit, Exit::Wrong);
        let out = String::from_utf8(out).unwrap();
        assert!(out.starts_with("/nowhere/c.yaml: cannot be read: No such file"), "{out}");
    }

    #[test]
    fn the_schema_is_json() {
        let mut out = Vec::new();
        run_schema(&mut out).unwrap();
        let schema: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(schema["properties"]["server"]["properties"]["port"]["default"], 8080);
    }
}
