//! Follows `env:NAME` and `file:PATH`, and hides what may be a secret from everything that is printed.

use std::{collections::BTreeMap, io::Read, path::Path};

use serde_json::Value as Json;

use super::{
    error::{Finding, Rule},
    schema,
    secret::ConnectionKind,
    tree::{KeyPath, Node, Place, Value},
};

/// The longest secret that is read from a file.
const SECRET_BYTES_MAX: u64 = 64 * 1024;
/// A shorter admin token is accepted with a warning.
const TOKEN_CHARS_MIN: usize = 16;
/// Headers with one of these words are credentials.
const CREDENTIAL_WORDS: [&str; 6] = ["auth", "cookie", "key", "password", "secret", "token"];

/// Where references lead.
pub(super) struct Sources<'a> {
    /// The environment.
    pub(super) environment: &'a BTreeMap<String, String>,
    /// What relative paths are relative to.
    pub(super) folder: &'a Path,
}

/// Puts in place of each reference what it refers to. What cannot be fetched stays as it is.
pub(super) fn resolve(root: &mut Node, sources: &Sources<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    schema::visit_mut(root, schema::schema(), &KeyPath::default(), &mut |path, node, schema| {
        let (Some(kind), Some(text)) = (secret_kind(schema), node.text()) else { return };
        match fetch(path, kind, text, node, sources).and_then(|text| fits(path, kind, schema, text)) {
            Ok(text) => node.value = Value::Text(text),
            Err(rule) => findings.push(Finding::new(node.place.clone(), rule)),
        }
    });
    findings
}

fn secret_kind(schema: &Json) -> Option<&str> {
    schema.get("x-secret").and_then(Json::as_str)
}

fn is_reference(text: &str) -> bool {
    text.starts_with("env:") || text.starts_with("file:")
}

fn fetch(path: &KeyPath, kind: &str, text: &str, node: &Node, sources: &Sources<'_>) -> Result<String, Rule> {
    let unavailable = |reason| Rule::SecretUnavailable { key: path.to_string(), from: text.to_owned(), reason };
    if let Some(name) = text.strip_prefix("env:") {
        return from_environment(name, sources).map_err(unavailable);
    }
    if let Some(file) = text.strip_prefix("file:") {
        return from_file(&sources.folder.join(file)).map_err(unavailable);
    }
    // Whoever sets the environment keeps no file that could be shared.
    if node.place.is_environment() || !must_refer(path, kind, text) {
        return Ok(text.to_owned());
    }
    Err(Rule::LiteralSecret { key: path.to_string() })
}

/// Whether a text in the file gives a secret away.
fn must_refer(path: &KeyPath, kind: &str, text: &str) -> bool {
    match kind {
        "url" => holds_credentials(text),
        "header" => {
            let path = path.to_string();
            let name = path.rsplit_once(".headers.").map(|(_, name)| name.to_lowercase()).unwrap_or_default();
            CREDENTIAL_WORDS.iter().any(|word| name.contains(word))
        }
        _ => true,
    }
}

fn holds_credentials(url: &str) -> bool {
    url.contains('@') || url.to_lowercase().contains("password=")
}

fn from_environment(name: &str, sources: &Sources<'_>) -> Result<String, String> {
    match sources.environment.get(name) {
        None => Err("which is not set".into()),
        Some(text) if text.is_empty() => Err("which is empty".into()),
        Some(text) => Ok(text.clone()),
    }
}

fn from_file(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("which cannot be read: {}", error.kind());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err("which is not a file".into());
    }
    refuse_readable_by_all(&meta)?;
    let mut text = String::new();
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        return Err(format!("which is larger than {SECRET_BYTES_MAX} bytes"));
    }
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err("which is empty".into()) } else { Ok(text.to_owned()) }
}

#[cfg(unix)]
fn refuse_readable_by_all(meta: &std::fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o004 == 0 { Ok(()) } else { Err(format!("which every user may read (mode {mode:04o}): chmod 600 it")) }
}

#[cfg(not(unix))]
fn refuse_readable_by_all(_: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}

/// What was fetched must be usable: a known scheme, a header that can be sent.
fn fits(path: &KeyPath, kind: &str, schema: &Json, text: String) -> Result<String, Rule> {
    let wrong = |got: String| Rule::BadValue { key: path.to_string(), expected: schema::describe(schema), got };
    match kind {
        "url" if scheme_of(&text, schema).is_none() => {
            let begin: String = text.split(':').next().unwrap_or_default().chars().take(20).collect();
            Err(wrong(if text.contains(':') {
                format!("an address that begins with `{begin}:`")
            } else {
                "no address".into()
            }))
        }
        "url" => Ok(text),
        _ if text.bytes().any(|byte| !(b' '..=b'~').contains(&byte)) => {
            let expected = "printable ASCII, since it travels in a header".into();
            Err(Rule::BadValue { key: path.to_string(), expected, got: "a value that is not shown".into() })
        }
        _ => Ok(text),
    }
}

fn scheme_of(url: &str, schema: &Json) -> Option<ConnectionKind> {
    let word = match ConnectionKind::of(url)? {
        ConnectionKind::Memory => "memory",
        ConnectionKind::Redis => "redis",
        ConnectionKind::Sqlite => "sqlite",
        ConnectionKind::Postgres => "postgres",
    };
    let allowed = schema.get("x-schemes").and_then(Json::as_array)?;
    allowed.iter().any(|scheme| scheme == word).then(|| ConnectionKind::of(url))?
}

/// Warns of a token that could be guessed.
pub(super) fn advice(root: &Node) -> Option<Finding> {
    let token = root.get("admin")?.get("token")?;
    let words = format!("`admin.token` is shorter than {TOKEN_CHARS_MIN} characters and could be guessed");
    let short = token.text()?.chars().count() < TOKEN_CHARS_MIN;
    short.then(|| Finding::new(token.place.clone(), Rule::Advice(words)))
}

/// The file with all that may be a secret blotted out: for the lines that a report shows.
///
/// The value of an unknown key is blotted too: it may be a misspelt `api_key`.
pub(super) fn blot(text: &str, root: &Node) -> String {
    let mut spans = Vec::new();
    collect(root, Some(schema::schema()), &mut spans);
    let mut hidden = vec![false; text.len()];
    for (from, to) in spans {
        let to = to.min(hidden.len());
        hidden[from.min(to)..to].fill(true);
    }
    let mut blotted = String::with_capacity(text.len());
    for (offset, letter) in text.char_indices() {
        // As many bytes as before: the places of other findings stay right.
        if hidden[offset] && !letter.is_whitespace() {
            blotted.extend(std::iter::repeat_n('*', letter.len_utf8()));
        } else {
            blotted.push(letter);
        }
    }
    blotted
}

fn collect(node: &Node, schema: Option<&Json>, spans: &mut Vec<(usize, usize)>) {
    if hidden(node, schema) {
        collect_all(node, spans);
        return;
    }
    let Some(schema) = schema else { return };
    // Everything is allowed there, so nothing is a misspelt key.
    if schema.get("additionalProperties") == Some(&Json::Bool(true)) {
        return;
    }
    node.entries().iter().for_each(|entry| collect(&entry.node, schema::of_key(schema, &entry.key), spans));
    node.items().iter().for_each(|item| collect(item, schema::of_items(schema), spans));
}

fn collect_all(node: &Node, spans: &mut Vec<(usize, usize)>) {
    if node.is_plain() {
        spans.extend(span(&node.place));
    }
    for entry in node.entries() {
        spans.extend(span(&entry.place));
        collect_all(&entry.node, spans);
    }
    node.items().iter().for_each(|item| collect_all(item, spans));
}

fn hidden(node: &Node, schema: Option<&Json>) -> bool {
    let Some(schema) = schema else { return true };
    if node.is_plain() && schema::holds_others(schema) {
        return true;
    }
    match (secret_kind(schema), node.text()) {
        (Some(_), Some(text)) if is_reference(text) => false,
        (Some("url"), Some(text)) => holds_credentials(text),
        (Some(_), _) => true,
        (None, text) => schema.get("x-http-url").is_some() && text.is_some_and(holds_credentials),
    }
}

fn span(place: &Place) -> Option<(usize, usize)> {
    match place {
        Place::File(span) => Some((span.offset, span.offset + span.bytes.max(1))),
        _ => None,
    }
}
