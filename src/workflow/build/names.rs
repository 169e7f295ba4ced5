//! What names in expressions and steps may refer to.

use serde_json::{Map, Value};

use super::{Builder, Definition, Path, Surroundings, nearest};
use crate::workflow::expression::{ExpressionError, Formula, NAMES, Template, Text};

/// What is known where a step stands.
pub(super) struct Names<'a> {
    pub(super) definition: &'a Definition,
    pub(super) around: &'a Surroundings,
}

impl Builder<'_> {
    pub(super) fn formula(&mut self, text: &str, names: &Names<'_>, path: &Path) -> Option<Formula> {
        let compiled = Formula::compile(text);
        self.compiled(compiled, Formula::names, names.definition, path)
    }

    pub(super) fn text(&mut self, text: &str, names: &Names<'_>, path: &Path) -> Option<Text> {
        self.compiled(Text::compile(text), Text::names, names.definition, path)
    }

    /// The values of a map, each compiled over `definition`'s state.
    pub(super) fn map(
        &mut self,
        entries: &Map<String, Value>,
        definition: &Definition,
        path: &Path,
    ) -> Vec<(String, Template)> {
        let entry = |(key, value): (&String, &Value)| {
            let compiled = self.compiled(Template::compile(value), Template::names, definition, &path.key(key))?;
            Some((key.clone(), compiled))
        };
        entries.iter().filter_map(entry).collect()
    }

    /// Each key must be one of the state.
    pub(super) fn keys<'k>(&mut self, keys: impl Iterator<Item = &'k String>, definition: &Definition, path: &Path) {
        for key in keys.filter(|key| !definition.state.contains_key(*key)) {
            let known = nearest(key, definition.state.keys());
            self.problems.push(path.key(key).problem(format!("`{key}` is no key of `state`; {known}")));
        }
    }

    pub(super) fn result_key(&mut self, into: Option<&String>, names: &Names<'_>, path: &Path) {
        let Some(key) = into.filter(|key| !names.definition.state.contains_key(*key)) else { return };
        let known = nearest(key, names.definition.state.keys());
        self.problems.push(path.key("into").problem(format!("`{key}` is no key of `state`; {known}")));
    }

    /// A name that must be among those that are known.
    pub(super) fn known<'k>(
        &mut self,
        name: &str,
        what: &str,
        known: impl Iterator<Item = &'k String> + Clone,
        path: &Path,
    ) {
        if !known.clone().any(|one| one == name) {
            self.problems.push(path.problem(format!("`{name}` is no {what}; {}", nearest(name, known))));
        }
    }

    fn compiled<T>(
        &mut self,
        compiled: Result<T, ExpressionError>,
        used: impl Fn(&T) -> std::collections::HashSet<String>,
        definition: &Definition,
        path: &Path,
    ) -> Option<T> {
        let compiled = compiled.map_err(|error| self.problems.push(path.problem(error.to_string()))).ok()?;
        for name in used(&compiled) {
            if !definition.state.contains_key(&name) && !NAMES.contains(&name.as_str()) && !is_builtin(&name) {
                let known = nearest(&name, definition.state.keys());
                self.problems.push(path.problem(format!("`{name}` is no key of `state`; {known}")));
            }
        }
        Some(compiled)
    }
}

/// Functions of the expression language are names, too.
fn is_builtin(name: &str) -> bool {
    ["range", "dict", "namespace", "debug"].contains(&name)
}
