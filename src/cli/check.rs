//! `switchboard check` and `switchboard schema`: a config, told about.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{Exit, Reader};
use crate::config::{self, Config, ConfigErrors, Loaded};

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
        assert!(
            out.ends_with(
                "c.yaml: good (agents: pricing_agent, concierge, product_agent, analytics_agent; models: 0; tools: 5)\n"
            ),
            "{out}"
        );
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
