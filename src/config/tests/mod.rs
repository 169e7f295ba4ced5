//! Bad configs, and what is said of each.

mod default;
mod document;
mod keywords;
mod marketplace;
mod overrides;
mod random;
mod report;
mod rules;
mod secrets;
mod workflows;

use std::path::PathBuf;

use super::{Config, ConfigErrors, Loaded, Source};

/// What a test's config needs to be whole.
const AGENTS: &str = "agents: [{ id: concierge, kind: concierge }]\n";

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_text(text, Source::File(PathBuf::from("c.yaml")), environment)
}

/// Loads `text` with an agent added at its end, and compares all that is wrong with it.
#[track_caller]
fn check(text: &str, environment: &[(&str, &str)], expected: &[&str]) {
    let text = format!("{text}\n{AGENTS}");
    check_whole(&text, environment, expected);
}

#[track_caller]
fn check_whole(text: &str, environment: &[(&str, &str)], expected: &[&str]) {
    let found = load(text, environment).err().map(|errors| errors.to_string()).unwrap_or_default();
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{text}");
}
