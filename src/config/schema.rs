//! The JSON Schema of the config: what editors complete by, and what the check goes by.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value as Json;

use super::{
    Config,
    tree::{KeyPath, Node, Value},
};

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>();
    schema.insert("title".into(), "Switchboard's config.yaml".into());
    let mut schema = schema.to_value();
    // A tool whose name is a kind needs no `kind`, which JSON Schema can't say briefly; the check of tools does.
    if let Some(tool) = schema.pointer_mut("/properties/tools/additionalProperties").and_then(Json::as_object_mut) {
        tool.remove("required");
    }
    schema
});

/// The JSON Schema of the config. Keys that begin with `x-` say what JSON Schema cannot: ranges of durations and sizes,
/// and which values are secrets.
pub fn schema() -> &'static Json {
    &SCHEMA
}

/// The schema of a key of a mapping.
pub(super) fn of_key<'a>(schema: &'a Json, key: &str) -> Option<&'a Json> {
    schema
        .get("properties")
        .and_then(|properties| properties.get(key))
        .or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object()))
}

/// The schema of the items of a list.
pub(super) fn of_items(schema: &Json) -> Option<&Json> {
    schema.get("items").filter(|schema| schema.is_object())
}

/// Whether a value holds others: a list or a mapping.
pub(super) fn holds_others(schema: &Json) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object" || kind == "array")
}

/// The keys that a mapping may have.
pub(super) fn keys(schema: &Json) -> Vec<&str> {
    schema
        .get("properties")
        .and_then(Json::as_object)
        .map(|all| all.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

/// Shows each value with its schema, parents first.
pub(super) fn visit<'a>(
    node: &'a Node,
    schema: &'a Json,
    path: &KeyPath,
    see: &mut dyn FnMut(&KeyPath, &'a Node, &'a Json),
) {
    see(path, node, schema);
    for entry in node.entries() {
        if let Some(inner) = of_key(schema, &entry.key) {
            visit(&entry.node, inner, &path.key(&entry.key), see);
        }
    }
    for (index, item) in node.items().iter().enumerate() {
        if let Some(inner) = of_items(schema) {
            visit(item, inner, &path.index(index), see);
        }
    }
}

/// The same with values that may be changed.
pub(super) fn visit_mut(
    node: &mut Node,
    schema: &Json,
    path: &KeyPath,
    see: &mut dyn FnMut(&KeyPath, &mut Node, &Json),
) {
    see(path, node, schema);
    match &mut node.value {
        Value::Map(entries) => {
            for entry in entries {
                if let Some(inner) = of_key(schema, &entry.key) {
                    visit_mut(&mut entry.node, inner, &path.key(&entry.key), see);
                }
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                if let Some(inner) = of_items(schema) {
                    visit_mut(item, inner, &path.index(index), see);
                }
            }
        }
        _ => {}
    }
}

/// What a value may be, in words that follow "must be".
pub(super) fn describe(schema: &Json) -> String {
    if let Some(words) = schema.get("x-expected").and_then(Json::as_str) {
        return words.to_owned();
    }
    if let Some(range) = schema.get("x-duration") {
        return format!("{}, {}", crate::units::DURATION_FORM, between(&range["min"], &range["max"]));
    }
    if let Some(range) = schema.get("x-size") {
        return format!("{}, {}", crate::units::SIZE_FORM, between(&range["min"], &range["max"]));
    }
    let words = words(schema);
    if !words.is_empty() {
        return format!("one of {}", list(&words));
    }
    describe_type(schema)
}

fn describe_type(schema: &Json) -> String {
    let kind = schema.get("type").and_then(Json::as_str).unwrap_or_default();
    match kind {
        "integer" => format!("a whole number{}", bounds(schema, "minimum", "maximum", "")),
        "number" => format!("a number{}", bounds(schema, "minimum", "maximum", "")),
        "boolean" => "`true` or `false`".into(),
        "string" if schema.get("x-secret").is_some_and(|kind| kind != "header") => "env:NAME or file:PATH".into(),
        "string" => format!("a text{}", bounds(schema, "minLength", "maxLength", " characters")),
        "array" => format!("a list{}", bounds(schema, "minItems", "maxItems", " items")),
        "object" => "a mapping of keys and values".into(),
        _ => "a value".into(),
    }
}

/// The words of an enum, whichever way the schema lists them.
fn words(schema: &Json) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten();
    let described =
        schema.get("oneOf").and_then(Json::as_array).into_iter().flatten().filter_map(|one| one.get("const"));
    let nested = schema.get("oneOf").and_then(Json::as_array).into_iter().flatten();
    let nested = nested.filter_map(|one| one.get("enum")).filter_map(Json::as_array).flatten();
    listed.chain(described).chain(nested).filter_map(Json::as_str).collect()
}

fn bounds(schema: &Json, min: &str, max: &str, unit: &str) -> String {
    match (schema.get(min), schema.get(max)) {
        (Some(min), Some(max)) => format!(" {}{unit}", between(min, max)),
        (Some(min), None) => format!(" of at least {}{unit}", plain(min)),
        (None, Some(max)) => format!(" of at most {}{unit}", plain(max)),
        (None, None) => String::new(),
    }
}

fn between(min: &Json, max: &Json) -> String {
    format!("between {} and {}", plain(min), plain(max))
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Names in backticks, with commas.
pub(super) fn list<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}
