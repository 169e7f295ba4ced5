//! A config before it is typed: every key and value knows where it stands.

use std::{fmt, sync::Arc};

use serde_json::Number;

/// Where a key or a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file.
    File(Span),
    /// In this environment variable.
    Environment(Arc<str>),
    /// Nowhere in particular: the file as a whole.
    Whole,
}

/// A stretch of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The offset in bytes.
    pub offset: usize,
    /// The length in bytes.
    pub bytes: usize,
}

impl Place {
    pub(super) fn is_environment(&self) -> bool {
        matches!(self, Self::Environment(_))
    }
}

/// A value and where it stands. Has no `Debug`: it may hold a secret.
#[derive(Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

#[derive(Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value. A file may repeat a key; the last one counts and the first check reports the others.
#[derive(Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn new(value: Value, place: Place) -> Self {
        Self { value, place }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rfind(|entry| entry.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// Neither a list nor a mapping.
    pub(super) fn is_plain(&self) -> bool {
        !matches!(self.value, Value::List(_) | Value::Map(_))
    }

    /// The text under a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// Gives every part another place: for what an environment variable said.
    pub(super) fn moved_to(mut self, place: &Place) -> Self {
        self.value = match self.value {
            Value::List(items) => Value::List(items.into_iter().map(|item| item.moved_to(place)).collect()),
            Value::Map(entries) => Value::Map(entries.into_iter().map(|entry| entry.moved_to(place)).collect()),
            plain => plain,
        };
        self.place = place.clone();
        self
    }
}

impl Entry {
    fn moved_to(self, place: &Place) -> Self {
        Self { key: self.key, place: place.clone(), node: self.node.moved_to(place) }
    }
}

/// The way to a value, as messages show it: `agents[0].tools[1].name`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct KeyPath(String);

impl KeyPath {
    pub(super) fn key(&self, key: &str) -> Self {
        if self.0.is_empty() { Self(key.to_owned()) } else { Self(format!("{}.{key}", self.0)) }
    }

    pub(super) fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the config" } else { &self.0 })
    }
}
