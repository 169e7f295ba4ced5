//! What one key says about another: names that lead somewhere, values that fit together.
//!
//! It works on the tree, not on the typed config, so that a dangling name is reported beside a wrong type elsewhere.

use std::collections::BTreeMap;

use protocol::AgentId;
use serde_json::Value as Json;

use super::{
    agents::{ANALYTICS_KEYS, MODEL_KEYS, SPEAKER_KEYS},
    error::{Finding, Rule},
    keywords,
    marketplace::PLACE_KEYS,
    sandbox::SANDBOX,
    schema::{self, list},
    tools::{KEYS_OF_KINDS, KINDS},
    tree::{KeyPath, Node, Place, Value},
    workflows,
};
use crate::units::{ByteSize, HumanDuration};

/// Pairs of one section where the first must not be above the second; `true`: it must be below.
const ORDERED: [(&str, &str, &str, bool); 5] = [
    // Else a pool without a free connection would be taken for a database that is silent.
    ("database", "acquire_timeout", "commit_timeout", true),
    ("database", "statement_timeout", "commit_timeout", false),
    ("limits", "content_bytes_max", "frame_bytes_max", false),
    ("limits", "websocket_pong_timeout", "websocket_ping_interval", true),
    ("supervision", "backoff_min", "backoff_max", false),
];
/// The same for each of `models`.
const ORDERED_IN_MODELS: [(&str, &str, bool); 3] = [
    ("connect_timeout", "call_timeout", false),
    ("first_byte_timeout", "call_timeout", false),
    ("retry_backoff_min", "retry_backoff_max", false),
];

/// Everything that does not fit together.
pub(super) fn check(root: &Node) -> Vec<Finding> {
    let mut findings = Vec::new();
    let agents = root.get("agents").map(Node::items).unwrap_or_default();
    check_ids(agents, &mut findings);
    for (index, agent) in agents.iter().enumerate() {
        check_agent(root, agent, &KeyPath::default().key("agents").index(index), &mut findings);
    }
    check_fallback(root, agents, &mut findings);
    check_tools(root, &mut findings);
    check_order(root, &mut findings);
    findings
}

fn check_ids(agents: &[Node], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (index, agent) in agents.iter().enumerate() {
        let Some(node) = agent.get("id") else { continue };
        let Some(id) = node.text() else { continue };
        let key = format!("agents[{index}].id");
        if [AgentId::ROUTER, AgentId::NONE].contains(&id) {
            findings.push(Finding::new(node.place.clone(), Rule::ReservedId { key: key.clone(), value: id.into() }));
        }
        if let Some(first) = seen.get(id) {
            let rule = Rule::DuplicateId { key: key.clone(), value: id.into(), first: first.clone() };
            findings.push(Finding::new(node.place.clone(), rule));
        } else {
            seen.insert(id, key);
        }
    }
}

fn check_agent(root: &Node, agent: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    let is_model = agent.text_of("kind") == Some("model");
    if is_model {
        check_model(root, agent, path, findings);
    } else if agent.text_of("kind") == Some("workflow") {
        for key in SPEAKER_KEYS {
            not_of_kind(agent, path, key, ("workflow", &["model"]), findings);
        }
        if let Some(model) = agent.get("model") {
            dangling(root, "models", model, &path.key("model"), findings);
        }
    } else if let Some(kind) = agent.text_of("kind") {
        for key in MODEL_KEYS {
            not_of_kind(agent, path, key, (kind, &["model"]), findings);
        }
    }
    if let Some(kind) = agent.text_of("kind").filter(|kind| *kind != "analytics") {
        for key in ANALYTICS_KEYS {
            not_of_kind(agent, path, key, (kind, &["analytics"]), findings);
        }
    }
    workflows::check(root, agent, path, findings);
    let grants = agent.get("tools").map(Node::items).unwrap_or_default();
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for (index, grant) in grants.iter().enumerate() {
        let key = path.key("tools").index(index).key("name");
        let Some((node, name)) = grant.get("name").and_then(|node| Some((node, node.text()?))) else { continue };
        dangling(root, "tools", node, &key, findings);
        if let Some(first) = seen.get(name) {
            let rule = Rule::DuplicateId { key: key.to_string(), value: name.into(), first: first.clone() };
            findings.push(Finding::new(node.place.clone(), rule));
        } else {
            seen.insert(name, key.to_string());
        }
    }
}

fn check_model(root: &Node, agent: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    if let Some(model) = agent.get("model") {
        dangling(root, "models", model, &path.key("model"), findings);
    } else {
        let rule = Rule::Missing { key: path.key("model").to_string(), expected: "a key of `models`".into() };
        findings.push(Finding::new(agent.place.clone(), rule));
    }
    let Some(prompt) = agent.get("system_prompt") else { return };
    let parsed = prompt.text().map(|text| minijinja::Environment::new().template_from_str(text).map(drop));
    if let Some(Err(error)) = parsed {
        let line = error.line().map(|line| format!(", in its line {line}")).unwrap_or_default();
        let reason = format!("{}{line}", error.detail().unwrap_or("syntax error"));
        let rule = Rule::Template { key: path.key("system_prompt").to_string(), reason };
        findings.push(Finding::new(prompt.place.clone(), rule));
    }
}

/// A name must be a key of `section`.
pub(super) fn dangling(root: &Node, section: &str, name: &Node, path: &KeyPath, findings: &mut Vec<Finding>) {
    let Some(text) = name.text() else { return };
    let known: Vec<&str> =
        root.get(section).map(Node::entries).unwrap_or_default().iter().map(|one| one.key.as_str()).collect();
    if !known.contains(&text) {
        let rule = Rule::Dangling { key: path.to_string(), value: text.into(), known: there_are(section, &known) };
        findings.push(Finding::new(name.place.clone(), rule));
    }
}

fn there_are(section: &str, known: &[&str]) -> String {
    if known.is_empty() { format!("`{section}` is empty") } else { format!("`{section}` has only {}", list(known)) }
}

fn check_fallback(root: &Node, agents: &[Node], findings: &mut Vec<Finding>) {
    let ids: Vec<&str> = agents.iter().filter_map(|agent| agent.text_of("id")).collect();
    if agents.is_empty() {
        let place = root.entry("agents").map_or(Place::Whole, |entry| entry.place.clone());
        let expected = "a list of at least one agent".into();
        findings.push(Finding::new(place, Rule::Missing { key: "agents".into(), expected }));
        return;
    }
    let written = root.get("routing").and_then(|routing| routing.get("fallback"));
    let default = schema::schema().pointer("/properties/routing/properties/fallback/default").and_then(Json::as_str);
    let Some(fallback) = written.map_or(default, Node::text) else { return };
    if !ids.contains(&fallback) {
        let place = written.map(|node| &node.place).or(root.entry("agents").map(|entry| &entry.place));
        let rule =
            Rule::Dangling { key: "routing.fallback".into(), value: fallback.into(), known: there_are("agents", &ids) };
        findings.push(Finding::new(place.cloned().unwrap_or(Place::Whole), rule));
    }
}

fn check_tools(root: &Node, findings: &mut Vec<Finding>) {
    for entry in root.get("tools").map(Node::entries).unwrap_or_default() {
        let path = KeyPath::default().key("tools").key(&entry.key);
        if matches!(entry.node.value, Value::Map(_)) && entry.node.get("kind").is_none() {
            let rule =
                Rule::Missing { key: path.key("kind").to_string(), expected: format!("one of {}", list(&KINDS)) };
            findings.push(Finding::new(entry.place.clone(), rule));
        }
        let Some(kind) = entry.node.text_of("kind").filter(|kind| KINDS.contains(kind)) else { continue };
        if let ("keyword_research", Some(named)) = (kind, entry.node.get("marketplace")) {
            keywords::check(root, named, &path.key("marketplace"), findings);
        }
        for (key, kinds) in KEYS_OF_KINDS.iter().filter(|(_, kinds)| !kinds.contains(&kind)) {
            not_of_kind(&entry.node, &path, key, (kind, kinds), findings);
        }
    }
}

fn not_of_kind(node: &Node, path: &KeyPath, key: &str, (kind, only): (&str, &[&str]), findings: &mut Vec<Finding>) {
    for entry in node.entries().iter().filter(|entry| entry.key == key) {
        let kinds = only.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(" and ");
        let only = format!("{kinds} {}", if only.len() == 1 { "has it" } else { "have it" });
        let rule = Rule::NotOfKind { key: path.key(key).to_string(), kind: kind.into(), only };
        findings.push(Finding::new(entry.place.clone(), rule));
    }
}

fn check_order(root: &Node, findings: &mut Vec<Finding>) {
    for (section, low, high, strict) in ORDERED {
        let pointer = format!("/properties/{section}");
        if let (Some(node), Some(schema)) = (root.get(section), schema::schema().pointer(&pointer)) {
            order(node, schema, &KeyPath::default().key(section), (low, high, strict), findings);
        }
    }
    let Some(schema) = schema::schema().pointer("/properties/models/additionalProperties") else { return };
    for entry in root.get("models").map(Node::entries).unwrap_or_default() {
        for pair in ORDERED_IN_MODELS {
            order(&entry.node, schema, &KeyPath::default().key("models").key(&entry.key), pair, findings);
        }
    }
}

fn order(node: &Node, schema: &Json, path: &KeyPath, pair: (&str, &str, bool), findings: &mut Vec<Finding>) {
    let (low, high, strict) = pair;
    let (Some(value), Some(limit)) = (written_or_default(node, schema, low), written_or_default(node, schema, high))
    else {
        return;
    };
    let (Some(amount), Some(bound)) = (amount(&value), amount(&limit)) else { return };
    if amount < bound || (amount == bound && !strict) {
        return;
    }
    let place = node.get(low).or(node.get(high)).map_or(Place::Whole, |node| node.place.clone());
    let relation = if strict { "less than" } else { "at most" };
    let rule =
        Rule::Order { key: path.key(low).to_string(), relation, other: path.key(high).to_string(), limit, value };
    findings.push(Finding::new(place, rule));
}

fn written_or_default(node: &Node, schema: &Json, key: &str) -> Option<String> {
    let json = match node.get(key) {
        Some(node) => node.to_json(),
        None => schema::of_key(schema, key)?.get("default")?.clone(),
    };
    json.as_str().map(str::to_owned).or_else(|| json.as_u64().map(|number| number.to_string()))
}

/// A duration in nanoseconds or a size in bytes.
fn amount(text: &str) -> Option<u128> {
    let duration = text.parse::<HumanDuration>().map(|duration| duration.get().as_nanos());
    duration.ok().or_else(|| text.parse::<ByteSize>().map(|size| size.get() as u128).ok())
}

/// Whether a tool of the marketplace has nothing to show there.
fn is_refused(root: &Node, tool: &Node) -> bool {
    let stands_alone = PLACE_KEYS.iter().any(|key| tool.get(key).is_some());
    let place = if stands_alone { Some(tool) } else { root.get("marketplace") };
    let Some(place) = place else { return true };
    let has_token = place.get("token").is_some() || place.get("tokens").is_some();
    !has_token && place.text_of("base_url") != Some(SANDBOX)
}

/// What is allowed but seldom meant.
pub(super) fn advice(root: &Node) -> Vec<Finding> {
    let mut findings = Vec::new();
    let fallback = root.get("routing").and_then(|routing| routing.text_of("fallback")).unwrap_or("concierge");
    for agent in root.get("agents").map(Node::items).unwrap_or_default() {
        let off = agent.get("enabled").filter(|node| node.value == Value::Bool(false));
        if let (Some(off), true) = (off, agent.text_of("id") == Some(fallback)) {
            let words =
                format!("the fallback `{fallback}` is disabled, so a message that no other agent claims is refused");
            findings.push(Finding::new(off.place.clone(), Rule::Advice(words)));
        }
    }
    for entry in root.get("tools").map(Node::entries).unwrap_or_default() {
        let hosts = entry.node.get("hosts_allowed").map(Node::items).unwrap_or_default();
        if entry.node.text_of("kind") == Some("http") && hosts.is_empty() {
            let words = format!("`tools.{}.hosts_allowed` is empty, so every call is refused", entry.key);
            findings.push(Finding::new(entry.place.clone(), Rule::Advice(words)));
        }
        if entry.node.text_of("kind") == Some("wildberries_api") && is_refused(root, &entry.node) {
            let words = format!(
                "`tools.{}` has neither `token` nor `tokens`, and `marketplace` has none for it, so every call is refused",
                entry.key
            );
            findings.push(Finding::new(entry.place.clone(), Rule::Advice(words)));
        }
    }
    findings
}
