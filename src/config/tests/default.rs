//! The built-in config: clean, and every key is explained in it.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::{Config, DEFAULT_CONFIG, Loaded, Source, schema, yaml};

/// The default config with every setting that is commented out taken in.
fn uncommented() -> String {
    DEFAULT_CONFIG.lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

/// `#key: value` and `#  key: value` are settings; `# words` is a comment.
fn uncomment(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    match line.trim_start().strip_prefix('#') {
        Some(setting) if indent > 0 && (!setting.starts_with(' ') || setting.starts_with("  ")) => {
            format!("{}{setting}", &line[..indent])
        }
        _ => line.to_owned(),
    }
}

fn load(text: &str) -> Loaded {
    let environment = ["ADMIN_TOKEN", "OPENAI_API_KEY", "WILDBERRIES_TOKEN"]
        .map(|name| (name.to_owned(), "0123456789abcdef".to_owned()));
    Config::from_text(text, Source::BuiltIn, environment.into_iter()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_default_loads_without_a_warning_and_needs_nothing() {
    let loaded = Config::from_text(DEFAULT_CONFIG, Source::BuiltIn, std::iter::empty()).unwrap();
    assert!(loaded.warnings.is_empty());
    let ids: Vec<&str> = loaded.config.agents.iter().map(|agent| agent.id.as_str()).collect();
    assert_eq!(ids, ["pricing_agent", "concierge", "product_agent", "analytics_agent"]);
}

#[test]
fn every_line_that_is_commented_out_can_be_taken_in() {
    let loaded = load(&uncommented());
    assert_eq!(loaded.config.agents.len(), 6);
    assert_eq!(loaded.config.models.len(), 2);
}

#[test]
fn every_key_of_the_schema_stands_in_the_default() {
    let root = yaml::parse(&uncommented()).unwrap().to_json();
    let mut written = BTreeSet::new();
    collect_written(&root, "", &mut written);
    let mut known = BTreeSet::new();
    collect_known(schema(), "", &mut known);
    let missing: Vec<_> = known.difference(&written).collect();
    assert!(missing.is_empty(), "config.yaml does not mention {missing:?}");
}

/// Keys of mappings; names of models and tools, and places in lists, become `*`.
fn collect_written(value: &Json, path: &str, written: &mut BTreeSet<String>) {
    match value {
        Json::Object(entries) => {
            for (key, inner) in entries {
                let key = if ["/models", "/tools"].contains(&path) { "*" } else { key };
                let path = format!("{path}/{key}");
                collect_written(inner, &path, written);
                written.insert(path);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect_written(item, &format!("{path}/*"), written)),
        _ => {}
    }
}

fn collect_known(schema: &Json, path: &str, known: &mut BTreeSet<String>) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        collect_known(inner, &path, known);
        known.insert(path);
    }
    for inner in [&schema["additionalProperties"], &schema["items"]] {
        if inner.is_object() {
            collect_known(inner, &format!("{path}/*"), known);
        }
    }
}

#[test]
fn the_values_that_are_commented_out_are_the_defaults() {
    let root = yaml::parse(&uncommented()).unwrap().to_json();
    for section in ["server", "database", "context", "sandbox", "routing", "supervision", "retention", "limits"] {
        for (key, schema) in schema()["properties"][section]["properties"].as_object().unwrap() {
            if let Some(default) = schema.get("default") {
                assert_eq!(&root[section][key], default, "{section}.{key}");
            }
        }
    }
}

#[test]
fn every_key_is_described_and_bounded() {
    let mut bare = Vec::new();
    collect_bare(schema(), "", &mut bare);
    assert!(bare.is_empty(), "without description or bound: {bare:?}");
}

fn collect_bare(schema: &Json, path: &str, bare: &mut Vec<String>) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        let numeric = inner["type"] == "integer" || inner["type"] == "number";
        if inner["description"].is_null() || (numeric && inner["maximum"].is_null()) {
            bare.push(path.clone());
        }
        collect_bare(inner, &path, bare);
        collect_bare(&inner["additionalProperties"], &path, bare);
        collect_bare(&inner["items"], &path, bare);
    }
}
