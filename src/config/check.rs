//! The tree against the JSON Schema: all that is wrong at once, each with its place and in our own words.

use std::{collections::HashSet, sync::LazyLock};

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind as Kind};
use serde_json::Value as Json;

use super::{
    error::{Finding, Rule},
    models::HttpUrl,
    schema::{self, describe, list},
    secret::without_credentials,
    tools::AddressRange,
    tree::{Entry, KeyPath, Node, Place, Value},
};
use crate::units::{ByteSize, HumanDuration};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the schema is made from our types; every test of this module compiles it")]
    jsonschema::validator_for(schema::schema()).expect("our own schema compiles")
});

/// The longest part of a value that a message quotes, in characters.
const QUOTED_CHARS_MAX: usize = 60;

/// The keys that a message lists: the nearest ones.
const KEYS_SHOWN_MAX: usize = 16;

/// Everything that the schema says about the tree.
pub(super) fn check(root: &Node) -> Vec<Finding> {
    let mut findings = repeated(root);
    let json = root.to_json();
    let mut wrong = HashSet::new();
    for error in VALIDATOR.iter_errors(&json) {
        explain(root, &error, &mut wrong, &mut findings);
    }
    schema::visit(root, schema::schema(), &KeyPath::default(), &mut |path, node, schema| {
        if !wrong.contains(&path.to_string()) && breaks_form(node, schema) {
            findings.push(bad_value(path, node, schema));
        }
    });
    findings
}

/// Where an error points: the way to a value, the value, and the place of its key.
struct Spot<'a> {
    path: KeyPath,
    node: &'a Node,
}

fn locate<'a>(root: &'a Node, pointer: &str) -> Option<Spot<'a>> {
    let mut spot = Spot { path: KeyPath::default(), node: root };
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        spot = match &spot.node.value {
            Value::List(items) => {
                let index = step.parse().ok()?;
                Spot { path: spot.path.index(index), node: items.get(index)? }
            }
            _ => Spot { path: spot.path.key(&step), node: spot.node.get(&step)? },
        };
    }
    Some(spot)
}

fn explain(root: &Node, error: &ValidationError<'_>, wrong: &mut HashSet<String>, findings: &mut Vec<Finding>) {
    let Some(spot) = locate(root, error.instance_path().as_str()) else { return };
    let rule_at = error.schema_path().as_str();
    let (parent, _) = rule_at.rsplit_once('/').unwrap_or_default();
    let schema = schema::schema().pointer(parent).unwrap_or(&Json::Null);
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let unexpected: HashSet<&str> = unexpected.iter().map(String::as_str).collect();
            let entries = spot.node.entries().iter().filter(|entry| unexpected.contains(entry.key.as_str()));
            findings.extend(entries.map(|entry| unknown_key(&spot.path, entry, schema)));
        }
        Kind::Required { property } => findings.push(missing(&spot, property.as_str().unwrap_or_default(), schema)),
        Kind::PropertyNames { error } => findings.extend(bad_name(&spot, error.instance(), schema)),
        // What a reference must look like is said where it is followed.
        Kind::Pattern { .. } if schema.get("x-secret").is_some() => {}
        _ => {
            if wrong.insert(spot.path.to_string()) {
                findings.push(bad_value(&spot.path, spot.node, schema));
            }
        }
    }
}

fn unknown_key(path: &KeyPath, entry: &Entry, schema: &Json) -> Finding {
    let rule = Rule::UnknownKey { key: path.key(&cut(&entry.key)).to_string(), hint: hint(&entry.key, schema) };
    Finding::new(entry.place.clone(), rule)
}

/// The key that was meant, or those that are allowed.
fn hint(key: &str, schema: &Json) -> String {
    let distance = |known: &str| strsim::damerau_levenshtein(known, key);
    let mut allowed = schema::keys(schema);
    allowed.sort_by_key(|known| distance(known));
    let nearest = allowed.first().filter(|known| distance(known) <= 1 + key.chars().count() / 4);
    if let Some(known) = nearest {
        return format!("did you mean `{known}`?");
    }
    let rest = allowed.len().saturating_sub(KEYS_SHOWN_MAX);
    allowed.truncate(KEYS_SHOWN_MAX);
    allowed.sort_unstable();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("allowed here: {}{more}", list(&allowed))
}

fn missing(spot: &Spot<'_>, property: &str, schema: &Json) -> Finding {
    let expected = schema::of_key(schema, property).map(describe).unwrap_or_default();
    Finding::new(spot.node.place.clone(), Rule::Missing { key: spot.path.key(property).to_string(), expected })
}

fn bad_name(spot: &Spot<'_>, name: &Json, schema: &Json) -> Option<Finding> {
    let entry = spot.node.entry(name.as_str()?)?;
    let expected = describe(schema);
    let rule = Rule::BadValue {
        key: spot.path.to_string(),
        expected: format!("keyed by {expected}"),
        got: quoted(&entry.key),
    };
    Some(Finding::new(entry.place.clone(), rule))
}

fn bad_value(path: &KeyPath, node: &Node, schema: &Json) -> Finding {
    let got = shown(node, schema);
    Finding::new(node.place.clone(), Rule::BadValue { key: path.to_string(), expected: describe(schema), got })
}

/// A value as a message may quote it.
fn shown(node: &Node, schema: &Json) -> String {
    if node.is_plain() && schema.get("x-secret").is_some() {
        return "a value that is not shown".into();
    }
    match &node.value {
        Value::Null => "nothing".into(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("`{number}`"),
        // A text in place of a section may be anything, a misplaced key too.
        Value::Text(_) if schema::holds_others(schema) => "a text".into(),
        Value::Text(text) if schema.get("x-http-url").is_some() => quoted(&without_credentials(text)),
        Value::Text(text) => quoted(text),
        Value::List(_) => "a list".into(),
        Value::Map(_) => "a mapping".into(),
    }
}

fn quoted(text: &str) -> String {
    format!("`{}`", cut(text))
}

fn cut(text: &str) -> String {
    let one_line = text.replace(char::is_control, " ");
    match one_line.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}

/// What JSON Schema cannot say: ranges of durations and sizes, addresses.
fn breaks_form(node: &Node, schema: &Json) -> bool {
    if let Some(range) = schema.get("x-duration") {
        return node.text().is_some_and(|text| !within::<HumanDuration>(text, range));
    }
    if let Some(range) = schema.get("x-size") {
        let text = match &node.value {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            _ => return false,
        };
        return !within::<ByteSize>(&text, range);
    }
    // JSON Schema takes 80.0 for a whole number; the types do not.
    if let (Value::Number(number), true) = (&node.value, schema.get("type").is_some_and(|kind| kind == "integer")) {
        return number.is_f64();
    }
    let breaks = |parses: fn(&str) -> bool| node.text().is_some_and(|text| !parses(text));
    (schema.get("x-http-url").is_some() && breaks(|text| text.parse::<HttpUrl>().is_ok()))
        || (schema.get("x-address-range").is_some() && breaks(|text| text.parse::<AddressRange>().is_ok()))
        || node.text().is_some_and(|text| text.contains('\0'))
}

fn within<T: std::str::FromStr + PartialOrd>(text: &str, range: &Json) -> bool {
    let bound = |key: &str| range.get(key).and_then(Json::as_str).and_then(|text| text.parse::<T>().ok());
    let Ok(value) = text.parse::<T>() else { return false };
    bound("min").is_none_or(|min| value >= min) && bound("max").is_none_or(|max| value <= max)
}

/// Keys that stand twice in one mapping.
fn repeated(root: &Node) -> Vec<Finding> {
    let mut findings = Vec::new();
    collect_repeated(root, &KeyPath::default(), &mut findings);
    findings
}

fn collect_repeated(node: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    let mut seen = std::collections::HashMap::new();
    for entry in node.entries() {
        let first = *seen.entry(entry.key.as_str()).or_insert(&entry.place);
        if let (false, Place::File(first)) = (std::ptr::eq(first, &raw const entry.place), first) {
            let key = path.key(&cut(&entry.key)).to_string();
            findings.push(Finding::new(entry.place.clone(), Rule::DuplicateKey { key, first_line: first.line }));
        }
        collect_repeated(&entry.node, &path.key(&entry.key), findings);
    }
    for (index, item) in node.items().iter().enumerate() {
        collect_repeated(item, &path.index(index), findings);
    }
}
