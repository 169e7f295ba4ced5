//! From a file and the environment to a [`Config`], or to everything that is wrong with them.

use std::{
    collections::BTreeMap,
    fmt,
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    Config, ConfigErrors, check,
    error::{Finding, Rule},
    marketplace, overrides, references,
    resolve::{self, Sources},
    schema,
    tools::KINDS,
    tree::{Entry, KeyPath, Node, Place, Value},
    yaml,
};

/// The config that is built in: the one that stands in the repository's root.
pub const DEFAULT_CONFIG: &str = include_str!("../../config.yaml");
/// The file that is read if none is named.
pub const DEFAULT_FILE: &str = "config.yaml";
/// A report with more findings than this is cut.
const FINDINGS_MAX: usize = 200;

/// Where a config came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// This file.
    File(PathBuf),
    /// The one that is built in.
    BuiltIn,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::BuiltIn => f.write_str("the built-in config"),
        }
    }
}

/// A config without errors.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// All sections.
    pub config: Config,
    /// Where it came from.
    pub source: Source,
    /// What is allowed but seldom meant.
    pub warnings: Vec<Finding>,
}

impl Config {
    /// Reads `path`, or `./config.yaml`, or the config that is built in; then the environment over it.
    ///
    /// `environment` is also where `env:NAME` leads. `file:PATH` is relative to the folder of the config.
    ///
    /// # Errors
    /// Everything that is wrong, at once, sorted by place.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigErrors> {
        let default = Path::new(DEFAULT_FILE);
        match path.or_else(|| default.exists().then_some(default)) {
            None => Self::from_text(DEFAULT_CONFIG, Source::BuiltIn, environment),
            Some(path) => {
                let source = Source::File(path.to_owned());
                match read(path) {
                    Ok(text) => Self::from_text(&text, source, environment),
                    Err(rule) => Err(errors(&source, None, vec![Finding::new(Place::Whole, rule)])),
                }
            }
        }
    }

    /// The same for a text that was read already.
    ///
    /// # Errors
    /// Everything that is wrong, at once, sorted by place.
    pub fn from_text(
        text: &str,
        source: Source,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigErrors> {
        let environment: BTreeMap<String, String> = environment.collect();
        let mut root = yaml::parse(text).map_err(|finding| errors(&source, None, vec![*finding]))?;
        let (mut findings, blotted) = prepare(&mut root, text, &environment);
        findings.extend(check::check(&root));
        findings.extend(references::check(&root));
        let folder = match &source {
            Source::File(path) => path.parent().unwrap_or(Path::new("")),
            Source::BuiltIn => Path::new(""),
        };
        findings.extend(resolve::resolve(&mut root, &Sources { environment: &environment, folder }));
        if !findings.is_empty() {
            return Err(errors(&source, Some(&blotted), findings));
        }
        let mut config = typed(&root).map_err(|finding| errors(&source, Some(&blotted), vec![*finding]))?;
        marketplace::hand_down(&mut config);
        let mut warnings = references::advice(&root);
        warnings.extend(resolve::advice(&root));
        warnings.sort_by(Finding::order);
        Ok(Loaded { config, source, warnings })
    }
}

/// Reads at most what the parser would take.
pub(super) fn read(path: &Path) -> Result<String, Rule> {
    let unreadable = |error: std::io::Error| Rule::Unreadable(error.to_string());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(yaml::FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > yaml::FILE_BYTES_MAX {
        return Err(Rule::TooLarge { bytes_max: yaml::FILE_BYTES_MAX });
    }
    String::from_utf8(bytes)
        .map_err(|error| Rule::Unreadable(format!("not UTF-8 after byte {}", error.utf8_error().valid_up_to())))
}

/// The environment over the tree, and what the types expect of it. Also the text that a report may show.
pub(super) fn prepare(root: &mut Node, text: &str, environment: &BTreeMap<String, String>) -> (Vec<Finding>, String) {
    let blotted = resolve::blot(text, root);
    if root.value == Value::Null {
        root.value = Value::Map(Vec::new());
    }
    let findings = overrides::apply(root, environment.iter());
    drop_empty(root);
    name_kinds(root);
    (findings, blotted)
}

/// A key without a value is the same as no key: what remains of a section whose lines are all commented out.
fn drop_empty(root: &mut Node) {
    schema::visit_mut(root, schema::schema(), &KeyPath::default(), &mut |_, node, schema| {
        if let Value::Map(entries) = &mut node.value {
            let known = schema::keys(schema);
            entries.retain(|entry| entry.node.value != Value::Null || !known.contains(&entry.key.as_str()));
        }
    });
}

/// A tool whose name is a kind needs no `kind`, and so nothing at all.
fn name_kinds(root: &mut Node) {
    let Value::Map(sections) = &mut root.value else { return };
    let Some(section) = sections.iter_mut().rfind(|section| section.key == "tools") else { return };
    let Value::Map(tools) = &mut section.node.value else { return };
    for tool in tools.iter_mut().filter(|tool| KINDS.contains(&tool.key.as_str())) {
        if tool.node.value == Value::Null {
            tool.node.value = Value::Map(Vec::new());
        }
        let Value::Map(keys) = &mut tool.node.value else { continue };
        if !keys.iter().any(|entry| entry.key == "kind") {
            let kind = Node::new(Value::Text(tool.key.clone()), tool.place.clone());
            keys.push(Entry { key: "kind".into(), place: tool.place.clone(), node: kind });
        }
    }
}

/// The checks before this should leave nothing to fail; what does is told with its key and without its value.
fn typed(root: &Node) -> Result<Config, Box<Finding>> {
    serde_path_to_error::deserialize(root.to_json()).map_err(|error| {
        let key = error.path().to_string();
        let rule = Rule::BadValue { key, expected: "readable".into(), got: "a value that is not".into() };
        Box::new(Finding::new(Place::Whole, rule))
    })
}

pub(super) fn errors(source: &Source, text: Option<&str>, mut findings: Vec<Finding>) -> ConfigErrors {
    findings.sort_by(Finding::order);
    findings.dedup();
    let rest = findings.len().saturating_sub(FINDINGS_MAX);
    findings.truncate(FINDINGS_MAX);
    if rest > 0 {
        findings.push(Finding::new(Place::Whole, Rule::Advice(format!("{rest} further findings are not shown"))));
    }
    ConfigErrors { source: source.to_string(), text: text.map(Into::into), findings }
}
