//! A lower layer never names a higher one, and the other rules of the house that a reader of the source can check.
//!
//! The rules are a table ([`table`]); the source is read as text, so a rule holds for code that a feature or a platform
//! switches off, too.

mod lexer;
mod paths;
mod table;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use lexer::{Placed, Token};
use paths::Named;
use table::{LAYERS, LINES_MAX, Layer, RESERVED, SEQ_PLACES, TEST_PLACES};

/// The folders that the layers are about.
const LAYERED: &[&str] = &["src", "protocol/src", "entity/src", "migration/src"];
/// The folders that the rules for files are about as well.
const OTHERS: &[&str] =
    &["tests", "fakemodel/src", "faultproxy/src", "xtask/src", "chaos/src", "sandbox/src", "sandbox/tests"];

#[derive(Debug, PartialEq, Eq)]
struct Violation {
    file: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.rule)
    }
}

/// One source file.
struct Source {
    /// From the workspace's root.
    file: String,
    text: String,
}

impl Source {
    fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned() }
    }

    /// Where it stands: `["context", "sql"]` for `src/context/sql.rs`, `["protocol"]` for all of that crate.
    fn place(&self) -> Vec<String> {
        let Some(inner) = self.file.strip_prefix("src/") else {
            return vec![self.file.split('/').next().unwrap_or_default().to_owned()];
        };
        let names = inner.trim_end_matches(".rs").split('/').filter(|name| *name != "mod");
        names.map(str::to_owned).collect()
    }

    /// Its module, from its crate's root.
    fn module(&self) -> Vec<String> {
        let mut module = self.place();
        if !self.file.starts_with("src/") || matches!(self.file.as_str(), "src/lib.rs" | "src/main.rs") {
            module.clear();
        }
        module
    }

    fn is_test(&self) -> bool {
        let is_below = |folder: &&str| self.file.starts_with(*folder);
        self.file.ends_with("/tests.rs") || self.file.contains("/tests/") || TEST_PLACES.iter().any(is_below)
    }

    fn violation(&self, line: usize, rule: impl Into<String>) -> Violation {
        Violation { file: self.file.clone(), line, rule: rule.into() }
    }
}

fn is_below(place: &[String], folder: &str) -> bool {
    let mut names = place.iter();
    folder.split("::").all(|name| names.next().is_some_and(|own| own == name))
}

fn layer_of(place: &[String]) -> Option<Layer> {
    let matching = LAYERS.iter().filter(|(folder, _)| is_below(place, folder));
    matching.max_by_key(|(folder, _)| folder.len()).map(|(_, layer)| *layer)
}

fn check_layers(source: &Source) -> Vec<Violation> {
    let place = source.place();
    let Some(own) = layer_of(&place) else {
        let rule = format!("`{}` has no layer: add it to tests/it/layers/table.rs", place.join("::"));
        return vec![source.violation(1, rule)];
    };
    let tokens = lexer::lex(&source.text);
    let mut found = Vec::new();
    for named in paths::paths(&tokens, &source.module()) {
        found.extend(higher(source, own, &named));
        found.extend(reserved(source, &place, &named));
    }
    found.extend(numbering(source, &place, &tokens));
    found
}

fn higher(source: &Source, own: Layer, named: &Named) -> Option<Violation> {
    let target = named.path.strip_prefix(&["crate".to_owned()])?;
    let theirs = layer_of(target).filter(|theirs| *theirs > own)?;
    let rule =
        format!("{own:?} names `{}`, which is {theirs:?}: a lower layer never names a higher one", target.join("::"));
    (source.file.starts_with("src/") && !source.is_test()).then(|| source.violation(named.line, rule))
}

fn reserved(source: &Source, place: &[String], named: &Named) -> Option<Violation> {
    let rule = RESERVED.iter().find(|rule| {
        let applies = rule.names.iter().any(|name| is_below(&named.path, name));
        applies && !rule.places.iter().any(|allowed| is_below(place, allowed))
    })?;
    Some(source.violation(named.line, format!("`{}` is named here: {}", named.path.join("::"), rule.reason)))
}

fn numbering(source: &Source, place: &[String], tokens: &[Placed]) -> Vec<Violation> {
    if SEQ_PLACES.iter().any(|allowed| is_below(place, allowed)) {
        return Vec::new();
    }
    let rule = "an event gets its seq here: only the conversation numbers events";
    numbered(source, tokens).into_iter().map(|line| source.violation(line, rule)).collect()
}

/// The lines where `Envelope { seq: …, … }` is a value; with `..`, or before `=`, it is a pattern.
fn numbered(source: &Source, tokens: &[Placed]) -> Vec<usize> {
    let starts = tokens.windows(2).enumerate().filter(|(_, pair)| pair[0].is_word("Envelope") && pair[1].is('{'));
    let built = starts.filter(|(at, pair)| !pair[0].in_tests() && gives_seq(&tokens[at + 2..]));
    if source.is_test() { Vec::new() } else { built.map(|(_, pair)| pair[0].line).collect() }
}

fn gives_seq(inside: &[Placed]) -> bool {
    let mut depth = 1_usize;
    let mut has_seq = false;
    for (at, placed) in inside.iter().enumerate() {
        match &placed.token {
            Token::Punct('{') => depth += 1,
            Token::Punct('}') if depth == 1 => {
                return has_seq && !inside.get(at + 1).is_some_and(|next| next.is('='));
            }
            Token::Punct('}') => depth -= 1,
            Token::Punct('.') if depth == 1 && inside.get(at + 1).is_some_and(|next| next.is('.')) => return false,
            Token::Word(word) => has_seq |= depth == 1 && word == "seq",
            _ => {}
        }
    }
    false
}

fn check_file(source: &Source) -> Vec<Violation> {
    let lines = source.text.lines().count();
    let mut found = Vec::new();
    if !source.text.starts_with("//!") {
        found.push(source.violation(1, "a file begins with a `//!` line that says what it is about"));
    }
    if lines > LINES_MAX {
        found.push(
            source.violation(lines, format!("{lines} lines; a file has at most {LINES_MAX}: split it by subject")),
        );
    }
    found
}

fn read_all(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in folders {
        collect(&root.join(folder), &mut files);
    }
    let source = |path: &PathBuf| {
        let file = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        Source { file, text: std::fs::read_to_string(path).unwrap() }
    };
    files.iter().map(source).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[track_caller]
fn none(found: &[Violation]) {
    let lines: Vec<String> = found.iter().map(Violation::to_string).collect();
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), lines.join("\n"));
}

#[test]
fn a_lower_layer_never_names_a_higher_one() {
    let sources = read_all(LAYERED);
    assert!(sources.len() > 10, "the source is not where it should be");
    none(&sources.iter().flat_map(check_layers).collect::<Vec<_>>());
}

#[test]
fn an_event_gets_its_seq_in_one_place() {
    let mut places = Vec::new();
    for source in read_all(&["src"]) {
        let lines = numbered(&source, &lexer::lex(&source.text));
        places.extend(lines.iter().map(|line| format!("{}:{line}", source.file)));
    }
    assert!(places.len() <= 1, "events get their seq in {} places: {}", places.len(), places.join(", "));
}

#[test]
fn every_file_says_what_it_is_about_and_has_one_subject() {
    none(&read_all(&[LAYERED, OTHERS].concat()).iter().flat_map(check_file).collect::<Vec<_>>());
}

/// Plants one piece of source; `expected` is a part of the one message that must come, empty for none.
#[track_caller]
fn planted(file: &str, text: &str, line: usize, expected: &str) {
    let found = check_layers(&Source::new(file, text));
    if expected.is_empty() {
        assert_eq!(found, [], "in {file}: {text}");
        return;
    }
    assert_eq!(found.len(), 1, "in {file}: {text}: {found:?}");
    assert_eq!((found[0].file.as_str(), found[0].line), (file, line));
    assert!(found[0].rule.contains(expected), "{}", found[0]);
}

#[test]
fn a_planted_violation_is_found() {
    planted(
        "src/store/mod.rs",
        "//! x\nuse crate::{\n    agent::Agent,\n    actors::session,\n};",
        4,
        "names `actors::session`",
    );
    planted("src/store/mod.rs", "fn f() { crate::http::serve(); }", 1, "names `http::serve`");
    planted("src/routing/keyword.rs", "use super::super::agents::model;", 1, "names `agents::model`");
    planted("src/context/mod.rs", "pub mod sql;\npub use sql::SqlContext;", 2, "names `context::sql::SqlContext`");
    planted("src/agent/mod.rs", "use actix::prelude::*;", 1, "actix stays inside");
    planted("src/agents/model.rs", "type A = actix_web::web::Bytes;", 1, "actix stays inside");
    planted("src/actors/registry.rs", "use entity::conversation;", 1, "only the SQL adapters");
    planted("src/http/ws.rs", "use sea_orm::DbErr as E;", 1, "only the SQL adapters");
    planted("src/routing/model.rs", "async fn f() -> reqwest::Result<()> { Ok(()) }", 1, "only adapters do network");
    planted("src/store/sql/mod.rs", "use redis::Client;", 1, "Redis is a cache");
    planted("protocol/src/time.rs", "use sea_orm::Value;", 1, "only the SQL adapters");
    planted("src/actors/session.rs", "use std::{sync::Arc, time::{Duration, Instant}};", 1, "tests can hold");
    planted("src/actors/session.rs", "let now = Utc::now();", 1, "tests can hold");
    planted("src/actors/session.rs", "let e = Envelope { seq, event, at };", 1, "only the conversation numbers");
    planted("src/newcomer.rs", "", 1, "has no layer");
}

#[test]
fn what_is_allowed_is_not_found() {
    planted("src/actors/session.rs", "use actix::Actor; use crate::{store::sql, conversation::State};", 0, "");
    planted("src/http/ws.rs", "use crate::actors::session; // crate::app::run\n", 0, "");
    planted("src/tools/mod.rs", "#[cfg(test)] mod tests { use super::http_like; use super::*; }", 0, "");
    planted(
        "src/agent/mod.rs",
        "const S: &str = \"crate::http\"; const R: &str = r#\"a \" crate::app\"#; /* actix::x */",
        0,
        "",
    );
    planted("src/agent/mod.rs", "fn f<'a>(x: &'a str) -> char { 'x' } fn g() { let q = '\"'; let r = '\\''; }", 0, "");
    planted("src/actors/session.rs", "use tokio::time::Instant; fn f() { Instant::now(); }", 0, "");
    planted("src/actors/session.rs", "let Envelope { seq, event } = x; match y { Envelope { seq, .. } => seq }", 0, "");
    planted("src/conversation/decision.rs", "let e = Envelope { seq, event, at };", 0, "");
    planted("src/store/memory.rs", "mod tests { fn f() { Envelope { seq, event, at } } }", 0, "");
    planted("src/main.rs", "use switchboard::app;", 0, "");
}

#[test]
fn a_file_without_a_head_or_with_too_many_lines_is_found() {
    let found = check_file(&Source::new("src/x.rs", &"fn f() {}\n".repeat(LINES_MAX + 1)));
    assert_eq!(found.len(), 2, "{found:?}");
}
