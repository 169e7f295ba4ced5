//! YAML into a [`Node`]. What costs out of proportion (alias bombs, deep nesting, many documents) is refused.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::Number;
use serde_saphyr::{
    Location, Spanned,
    options::{DuplicateKeyPolicy, Options},
};

use super::{
    error::{Finding, Rule},
    tree::{Entry, Node, Place, Span, Value},
};

/// The longest file that is read.
pub(super) const FILE_BYTES_MAX: usize = 1024 * 1024;
/// The deepest nesting that is read.
const DEPTH_MAX: usize = 32;
/// The values that a file may hold, those that aliases repeat included.
const NODES_MAX: usize = 50_000;
/// The aliases that a file may use.
const ALIASES_MAX: usize = 1_000;

/// Reads one document. An empty one is a [`Value::Null`].
pub(super) fn parse(text: &str) -> Result<Node, Box<Finding>> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Box::new(Finding::new(Place::Whole, Rule::TooLarge { bytes_max: FILE_BYTES_MAX })));
    }
    let spanned: Spanned<Raw> =
        serde_saphyr::from_str_with_options(text, options()).map_err(|error| refused(&error, text))?;
    Ok(node(spanned, text))
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_events: 2 * NODES_MAX,
            max_aliases: ALIASES_MAX,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: NODES_MAX, max_replay_stack_depth: 8 },
        // Repeated keys are kept here, so that all of them are reported, each with its place.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        emit_comments: false,
        with_snippet: false,
    }
}

fn refused(error: &serde_saphyr::Error, text: &str) -> Box<Finding> {
    let place = error.location().map_or(Place::Whole, |at| place(&at, text));
    Box::new(Finding::new(place, Rule::Syntax(words(error))))
}

fn words(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::{Error, budget::BudgetBreach};
    match error.without_snippet() {
        Error::Unexpected { expected: "string scalar", .. } | Error::NullIntoString { .. } => {
            "a key must be a text".into()
        }
        Error::NonFiniteFloat { .. } => "a number must be finite".into(),
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => "more than 1 document".into(),
        Error::Budget { breach: BudgetBreach::Nodes { .. }, .. } => format!("more than {NODES_MAX} values"),
        Error::AliasReplayLimitExceeded { .. } => format!("aliases repeat more than {NODES_MAX} values"),
        other => unquoted(&other.to_string()),
    }
}

/// The parser's words without its place, which the finding has, and without what it quotes, which may be a secret.
fn unquoted(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or_default();
    let kept: String = message.split('`').step_by(2).collect();
    kept.trim_end_matches([':', ',', ' ']).to_owned()
}

fn place(at: &Location, text: &str) -> Place {
    let (Ok(line), Ok(column)) = (u32::try_from(at.line()), u32::try_from(at.column())) else { return Place::Whole };
    if line == 0 {
        return Place::Whole;
    }
    let within = |bytes: Option<u64>| bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0).min(text.len());
    let offset = within(at.span().byte_offset());
    let bytes = within(at.span().byte_len()).min(text.len() - offset);
    Place::File(Span { line, column, offset, bytes })
}

/// A value as the parser hands it over.
enum Raw {
    Plain(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn node(spanned: Spanned<Raw>, text: &str) -> Node {
    let value = match spanned.value {
        Raw::Plain(value) => value,
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(item, text)).collect()),
        Raw::Map(entries) => Value::Map(entries.into_iter().map(|(key, value)| entry(key, value, text)).collect()),
    };
    Node::new(value, place(&spanned.referenced, text))
}

fn entry(key: Spanned<String>, value: Spanned<Raw>, text: &str) -> Entry {
    Entry { place: place(&key.referenced, text), key: key.value, node: node(value, text) }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> de::Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Null))
    }
    fn visit_none<E: de::Error>(self) -> Result<Raw, E> {
        self.visit_unit()
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Raw, D::Error> {
        Raw::deserialize(from)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Bool(value)))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Number(value.into())))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Number(value.into())))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Raw, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number must be finite"))?;
        Ok(Raw::Plain(Value::Number(number)))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        self.visit_string(value.to_owned())
    }
    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Text(value)))
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(node: &Node) -> String {
        let Place::File(span) = &node.place else { return "?".into() };
        let inner = match &node.value {
            Value::List(items) => items.iter().map(shape).collect::<Vec<_>>().join(" "),
            Value::Map(entries) => entries.iter().map(shape_of_entry).collect::<Vec<_>>().join(" "),
            _ => node.to_json().to_string(),
        };
        format!("{}:{}[{inner}]", span.line, span.column)
    }

    fn shape_of_entry(entry: &Entry) -> String {
        let Place::File(span) = &entry.place else { return "?".into() };
        format!("{}@{}:{}={}", entry.key, span.line, span.column, shape(&entry.node))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        match parse(text) {
            Ok(node) => assert_eq!(shape(&node), expected, "{text}"),
            Err(finding) => assert_eq!(format!("{finding}"), expected, "{text}"),
        }
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        check("a: 1\nb:\n  c: x y # note\n", "1:1[a@1:1=1:4[1] b@2:1=3:3[c@3:3=3:6[\"x y\"]]]");
        check("- 1\n- [true, 'z']\n", "1:1[1:3[1] 2:3[2:4[true] 2:10[\"z\"]]]");
        check("ключ: значение\n", "1:1[ключ@1:1=1:7[\"значение\"]]");
    }
}
