//! Environment variables over the file: `SWITCHBOARD_SERVER__PORT=9000` sets `server.port`.
//!
//! A key that takes text gets the variable's text as it is; every other value is read as YAML. A variable without `__`
//! is none of ours: orchestrators make `SWITCHBOARD_PORT` and the like for a service of that name.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    error::{Finding, Rule},
    schema,
    tree::{Entry, Node, Place, Value},
    yaml,
};

/// What the names of overrides begin with.
pub const PREFIX: &str = "SWITCHBOARD_";

/// Sets what the environment says, in the order of the names. An empty variable counts as not set.
pub(super) fn apply<'a>(root: &mut Node, variables: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, text) in variables.filter(|(_, text)| !text.is_empty()) {
        let Some(way) = name.strip_prefix(PREFIX).filter(|way| way.contains("__")) else { continue };
        let place = Place::Environment(Arc::from(name.as_str()));
        let steps: Vec<&str> = way.split("__").collect();
        let setting = Setting { text, place: &place };
        if let Err(reason) = set(root, Some(schema::schema()), &steps, &setting) {
            findings.push(Finding::new(place, Rule::Override(reason)));
        }
    }
    findings
}

struct Setting<'a> {
    text: &'a str,
    place: &'a Place,
}

fn set(node: &mut Node, schema: Option<&Json>, steps: &[&str], setting: &Setting<'_>) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else {
        *node = read(schema, setting)?;
        return Ok(());
    };
    if step.is_empty() {
        return Err("leads nowhere: a name between `__` is empty".into());
    }
    if node.value == Value::Null {
        *node = Node::new(Value::Map(Vec::new()), setting.place.clone());
    }
    match &mut node.value {
        Value::Map(entries) => {
            let entry = entry_for(entries, schema, step, setting.place);
            let inner = schema.and_then(|schema| schema::of_key(schema, &entry.key));
            set(&mut entry.node, inner, rest, setting)
        }
        Value::List(items) => {
            let item = item_for(items, step)?;
            set(item, schema.and_then(schema::of_items), rest, setting)
        }
        _ => Err(format!("leads nowhere: there is nothing under the plain value before `{step}`")),
    }
}

/// The entry that a step means; made if there is none.
fn entry_for<'a>(entries: &'a mut Vec<Entry>, schema: Option<&Json>, step: &str, place: &Place) -> &'a mut Entry {
    let found = entries.iter().rposition(|entry| folded(&entry.key) == folded(step));
    let index = found.unwrap_or_else(|| {
        let known = schema.map(schema::keys).unwrap_or_default().into_iter().find(|key| folded(key) == folded(step));
        let key = known.map_or_else(|| step.to_lowercase(), str::to_owned);
        entries.push(Entry { key, place: place.clone(), node: Node::new(Value::Null, place.clone()) });
        entries.len() - 1
    });
    &mut entries[index]
}

/// The item that a step means: by position from 0, or by its `id` or `name`.
fn item_for<'a>(items: &'a mut [Node], step: &str) -> Result<&'a mut Node, String> {
    let names =
        |item: &Node| ["id", "name"].iter().any(|key| item.text_of(key).is_some_and(|id| folded(id) == folded(step)));
    let count = items.len();
    let index = step.parse().ok().filter(|index| *index < count).or_else(|| items.iter().position(names));
    match index {
        Some(index) => Ok(&mut items[index]),
        None => Err(format!("leads nowhere: the list has {count} items and none is named `{}`", step.to_lowercase())),
    }
}

/// Names of variables have neither small letters nor `-`.
fn folded(name: &str) -> String {
    name.to_lowercase().replace(['-', '.'], "_")
}

fn read(schema: Option<&Json>, setting: &Setting<'_>) -> Result<Node, String> {
    let takes_text = schema.is_some_and(|schema| schema.get("pattern").is_some() || takes_text(schema));
    let text = || Node::new(Value::Text(setting.text.to_owned()), setting.place.clone());
    if takes_text {
        return Ok(text());
    }
    match yaml::parse(setting.text) {
        Ok(node) => Ok(node.moved_to(setting.place)),
        // Nobody says what is expected here: the words of the check do.
        Err(_) if schema.is_none() => Ok(text()),
        Err(finding) => Err(finding.rule.to_string()),
    }
}

fn takes_text(schema: &Json) -> bool {
    schema.get("type").is_some_and(|kind| kind == "string")
}
