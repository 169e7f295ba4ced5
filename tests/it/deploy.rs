//! What operators install, the systemd unit and the Dockerfile, says what is true of the server.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use switchboard::{
    cli::{self, ServeOptions},
    config::{Config, Limits},
};

use crate::support::required;

const UNIT: &str = "deploy/switchboard.service";
/// Requests under way and the last writes have their time after `limits.drain_timeout`.
const AFTER_DRAIN: Duration = Duration::from_secs(10);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn limits() -> Limits {
    let config = Config::load(Some(&root().join("config.yaml")), std::iter::empty());
    config.unwrap_or_else(|errors| panic!("{errors}")).config.limits
}

/// The value of a key that stands once.
#[track_caller]
fn value<'a>(unit: &'a str, key: &str) -> &'a str {
    let values: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect();
    assert_eq!(values.len(), 1, "{key}: {values:?}");
    values[0]
}

/// What systemd says of a unit whose program is there.
fn complaints(unit: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("switchboard.service");
    std::fs::write(&path, unit.replace("/usr/local/bin/switchboard", env!("CARGO_BIN_EXE_switchboard"))).unwrap();
    let mut analyze = Command::new(required("TEST_SYSTEMD_ANALYZE"));
    let output = analyze.args(["verify", "--man=no"]).arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    // It speaks of the machine's other units too.
    said.lines().filter(|line| line.contains("switchboard")).map(ToOwned::to_owned).collect()
}

#[test]
fn systemd_understands_every_line_of_the_unit() {
    let unit = read(UNIT);
    assert_eq!(complaints(&unit), [""; 0]);
    let misspelt = complaints(&unit.replace("RestartSec=", "RestartSex="));
    assert!(misspelt.len() == 1 && misspelt[0].contains("RestartSex"), "{misspelt:?}");
}

#[test]
fn the_unit_starts_again_for_ever_but_where_the_operations_say_that_it_mends_nothing() {
    let (unit, operations) = (read(UNIT), read("docs/operations.md"));
    let rows = operations.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        Some((cells.get(1)?.parse::<u8>().ok()?, cells.get(3)?.starts_with("no")))
    });
    let hopeless: Vec<String> = rows.filter(|(_, hopeless)| *hopeless).map(|(code, _)| code.to_string()).collect();
    assert_eq!(hopeless, ["2", "73"]);
    assert_eq!(value(&unit, "RestartPreventExitStatus"), hopeless.join(" "));
    assert_eq!((value(&unit, "Restart"), value(&unit, "StartLimitIntervalSec")), ("always", "0"));
    assert_eq!(seconds(value(&unit, "RestartSec")), Duration::from_secs(5));
    assert!(!unit.contains("\nExecStartPre="), "its exit code is not heard by RestartPreventExitStatus");
}

#[test]
fn the_unit_calls_the_server_as_it_is_called_and_leaves_it_what_its_limits_need() {
    let (unit, limits) = (read(UNIT), limits());
    let command = cli::parse(value(&unit, "ExecStart").split(' ').map(Into::into)).unwrap();
    let config = Some(PathBuf::from("/etc/switchboard/config.yaml"));
    let data = Path::new("/var/lib").join(value(&unit, "StateDirectory"));
    assert_eq!(command, cli::Command::Serve(ServeOptions { config, data }));
    assert!(seconds(value(&unit, "TimeoutStopSec")) >= limits.drain_timeout.0 + AFTER_DRAIN);
    assert!(value(&unit, "LimitNOFILE").parse::<usize>().unwrap() > limits.sessions_max);
}

#[track_caller]
fn seconds(text: &str) -> Duration {
    Duration::from_secs(text.trim_end_matches('s').parse().unwrap())
}

/// A Dockerfile's instructions, each on one line.
struct Dockerfile {
    header: String,
    lines: Vec<String>,
}

impl Dockerfile {
    fn read() -> Self {
        let text = read("Dockerfile");
        let header = text.lines().take_while(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n");
        let whole = text.replace("\\\n", " ");
        let lines = whole.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Self { header, lines: lines.map(ToOwned::to_owned).collect() }
    }

    /// What stands behind each instruction of this name.
    fn all(&self, name: &str) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::trim).collect()
    }

    /// What stands behind the only one.
    #[track_caller]
    fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all[0]
    }

    /// Name and value of each variable.
    fn variables(&self) -> Vec<(String, String)> {
        let pairs = self.all("ENV").into_iter().flat_map(str::split_whitespace);
        pairs.map(|pair| pair.split_once('=').unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
    }

    #[track_caller]
    fn variable(&self, name: &str) -> String {
        self.variables().into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("no {name}")).1
    }
}

#[test]
fn the_image_is_built_from_what_is_there() {
    let file = Dockerfile::read();
    let toolchain = read("rust-toolchain.toml");
    let image = file.all("FROM")[0].strip_prefix("rust:").unwrap();
    let channel = format!("channel = \"{}.", image.split('-').next().unwrap());
    assert!(toolchain.contains(&channel), "`{image}` is another compiler than\n{toolchain}");
    let program = Path::new(env!("CARGO_BIN_EXE_switchboard")).file_name().unwrap().to_str().unwrap();
    let copies = file.all("COPY");
    let (built, ours): (Vec<&str>, Vec<&str>) = copies.into_iter().partition(|copy| copy.starts_with("--from="));
    for copy in ours {
        let source = copy.split(' ').next().unwrap();
        assert!(root().join(source).exists(), "COPY {copy}");
    }
    let (built, installed) = built[0].strip_prefix("--from=build ").unwrap().split_once(' ').unwrap();
    let install = format!("install -D target/release/{program} {built}");
    assert!(file.all("RUN").iter().any(|run| run.contains("--release --locked") && run.contains(&install)));
    assert_eq!(file.one("ENTRYPOINT"), format!("[\"{installed}\"]"));
}

#[test]
fn the_image_sets_what_the_server_knows_and_opens_the_port_that_it_listens_on() {
    let file = Dockerfile::read();
    let copied = format!("config.yaml {}", file.variable("SWITCHBOARD_CONFIG"));
    assert!(file.all("COPY").contains(&copied.as_str()), "{copied}");
    assert_eq!(file.one("VOLUME"), file.variable("SWITCHBOARD_DATA"));
    // A key that the config does not know is an error.
    let loaded = Config::load(Some(&root().join("config.yaml")), file.variables().into_iter());
    let server = loaded.unwrap_or_else(|errors| panic!("{errors}")).config.server;
    assert_eq!(server.host, file.variable("SWITCHBOARD_SERVER__HOST"));
    assert_eq!(file.one("EXPOSE"), server.port.to_string());
    let probe = file.one("HEALTHCHECK");
    assert!(
        probe.contains(&format!("/dev/tcp/127.0.0.1/{} ", server.port)) && probe.contains("GET /readyz "),
        "{probe}"
    );
    let help = cli::parse(["switchboard", "serve", "--help"].map(Into::into)).unwrap_err().to_string();
    for (name, _) in file.variables().iter().filter(|(name, _)| !name.contains("__")) {
        assert!(help.contains(&format!("[env: {name}=")), "{name}: {help}");
    }
}

#[test]
fn the_container_is_started_so_that_it_comes_back_and_may_end_its_turns() {
    let file = Dockerfile::read();
    let run = file.header.lines().find(|line| line.contains("docker run")).unwrap();
    assert!(run.contains(" --restart unless-stopped "), "{run}");
    let stop = run.split_once("--stop-timeout ").and_then(|(_, rest)| rest.split(' ').next()).unwrap();
    assert!(seconds(stop) >= limits().drain_timeout.0 + AFTER_DRAIN, "{run}");
    assert_eq!(file.one("STOPSIGNAL"), "SIGTERM");
}
