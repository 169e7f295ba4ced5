//! Forms: fields are read out of what the user says, and what is missing is asked for. Pure.

use serde_json::{Map, Number, Value};

use super::{
    library::{Reader, Reading},
    words,
};
use crate::{
    json_schema,
    workflow::work::{Form, FormField},
};

/// How a form stands after a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filled {
    /// What was read, in the order of the fields.
    pub(super) wrote: Vec<(String, Value)>,
    /// What is asked for next; none where the form is whole.
    pub(super) next: Option<Question>,
}

/// What a form asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The field.
    pub(super) field: String,
    /// In words, with what was wrong with the answer before.
    pub(super) prompt: String,
    /// All fields that are missing.
    pub(super) missing: Vec<String>,
}

/// Reads a message. `asked` is the field that the user was asked for; `message` is none where there is nothing to read.
pub(super) fn fill(
    form: &Form,
    reader: Option<Reader>,
    asked: Option<&str>,
    message: Option<&str>,
    user: &Value,
) -> Filled {
    let (mut wrote, mut wrong) = (Vec::new(), None);
    if let Some(message) = message {
        let found = match (reader, asked) {
            (Some(reader), _) => reader(&Reading { message, asked, fields: &form.fields }),
            (None, Some(asked)) => by_schema(form, asked, message, user, &mut wrong),
            (None, None) => Map::new(),
        };
        for field in &form.fields {
            let Some(value) = found.get(&field.name) else { continue };
            match fits(field, value) {
                Ok(()) => wrote.push((field.name.clone(), value.clone())),
                Err(why) => wrong = Some(format!("{}: {why}.", words::does_not_fit(user))),
            }
        }
    }
    let is_missing = |field: &&FormField| {
        !field.optional && field.value.is_null() && wrote.iter().all(|(name, _)| *name != field.name)
    };
    let missing: Vec<&FormField> = form.fields.iter().filter(is_missing).collect();
    let next = missing.first().map(|field| Question {
        field: field.name.clone(),
        prompt: wrong.into_iter().chain([field.ask.clone()]).collect::<Vec<_>>().join(" "),
        missing: missing.iter().map(|field| field.name.clone()).collect(),
    });
    Filled { wrote, next }
}

/// The whole message as the answer to one question.
fn by_schema(form: &Form, asked: &str, message: &str, user: &Value, wrong: &mut Option<String>) -> Map<String, Value> {
    let Some(field) = form.fields.iter().find(|field| field.name == asked) else { return Map::new() };
    let kind = field.schema.as_ref().and_then(|schema| schema["type"].as_str()).unwrap_or("string");
    let read = match kind {
        "number" | "integer" => number(message, kind == "integer").ok_or_else(|| words::no_number(user)),
        "boolean" => yes_or_no(message).map(Value::Bool).ok_or_else(|| words::no_yes_or_no(user)),
        _ => Ok(Value::String(one_of(field, message))),
    };
    match read {
        Ok(value) => Map::from_iter([(field.name.clone(), value)]),
        Err(why) => {
            *wrong = Some(why.to_owned());
            Map::new()
        }
    }
}

/// As an `enum` of the schema has it, whatever the case.
fn one_of(field: &FormField, message: &str) -> String {
    let said = message.trim();
    let words = field.schema.as_ref().and_then(|schema| schema["enum"].as_array());
    let known = words.into_iter().flatten().filter_map(Value::as_str);
    let same = known.into_iter().find(|word| word.to_lowercase() == said.to_lowercase());
    same.unwrap_or(said).to_owned()
}

/// The one number of a text: `500`, `1 200,50 руб.`, `about -3`. None where there is none, more than one, or one that no
/// computer holds.
pub(super) fn number(text: &str, is_whole: bool) -> Option<Value> {
    let mut numbers = numbers(text);
    let (Some(first), None) = (numbers.next(), numbers.next()) else { return None };
    if is_whole || !first.contains('.') {
        if let Ok(whole) = first.parse::<i64>() {
            return Some(whole.into());
        }
        if is_whole {
            return None;
        }
    }
    Number::from_f64(first.parse().ok()?).map(Value::Number)
}

fn numbers(text: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '\u{a0}' | '\u{202f}' | '-' | '−');
    text.split(move |c: char| !is_part(c)).filter_map(plain)
}

/// Digits with one dot at most; none for a piece without digits.
fn plain(piece: &str) -> Option<String> {
    let trimmed = piece.trim_matches(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '−')));
    let (sign, digits) = match trimmed.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", trimmed),
    };
    let compact: String = digits.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect();
    let compact = compact.replace(',', ".");
    let is_number = compact.starts_with(|c: char| c.is_ascii_digit()) && compact.matches('.').count() <= 1;
    (is_number && !compact.contains(['-', '−'])).then(|| format!("{sign}{compact}"))
}

fn yes_or_no(text: &str) -> Option<bool> {
    let word = text.trim().trim_end_matches(['.', '!']).to_lowercase();
    match word.as_str() {
        "yes" | "y" | "yeah" | "ok" | "sure" | "true" | "да" | "ага" | "конечно" | "ок" => Some(true),
        "no" | "n" | "nope" | "false" | "нет" | "не" => Some(false),
        _ => None,
    }
}

fn fits(field: &FormField, value: &Value) -> Result<(), String> {
    let Some(schema) = &field.schema else { return Ok(()) };
    json_schema::compile(schema).and_then(|validator| json_schema::check(&validator, value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_one_number_of_a_text_is_read_as_people_write_it() {
        for (text, expected) in [
            ("500", json!(500)),
            ("1 200,50 руб.", json!(1200.5)),
            ("it costs 12.5", json!(12.5)),
            ("−5", json!(-5)),
            ("-3 rub", json!(-3)),
            ("1\u{a0}000", json!(1000)),
        ] {
            assert_eq!(number(text, false), Some(expected), "{text}");
        }
        for text in ["abc", "", "10 or 20", "1.2.3", "9".repeat(400).as_str(), "12.5 and 13"] {
            assert_eq!(number(text, false), None, "{text}");
        }
        assert_eq!(number("12.5", true), None);
    }

    fn form() -> Form {
        let field = |name: &str, schema: Value, optional| FormField {
            name: name.to_owned(),
            ask: format!("{name}?"),
            schema: Some(schema),
            optional,
            value: Value::Null,
        };
        Form {
            fields: vec![
                field("cost", json!({ "type": "number", "exclusiveMinimum": 0 }), false),
                field("name", json!({ "type": "string", "maxLength": 5 }), false),
                field("note", json!({ "type": "string" }), true),
            ],
            reader: None,
        }
    }

    #[track_caller]
    fn check(asked: Option<&str>, message: Option<&str>, wrote: Value, prompt: Option<&str>) {
        let filled = fill(&form(), None, asked, message, &json!({}));
        let read: Map<String, Value> = filled.wrote.into_iter().collect();
        assert_eq!(Value::Object(read), wrote, "{message:?}");
        assert_eq!(filled.next.map(|next| next.prompt).as_deref(), prompt, "{message:?}");
    }

    #[test]
    fn what_is_missing_is_asked_for_one_after_another() {
        check(None, Some("hello"), json!({}), Some("cost?"));
        check(Some("cost"), Some("500 rub"), json!({ "cost": 500 }), Some("name?"));
        check(Some("cost"), None, json!({}), Some("cost?"));
    }

    #[test]
    fn an_answer_that_does_not_fit_is_asked_for_again_with_the_reason() {
        check(Some("cost"), Some("abc"), json!({}), Some("I need a number here. cost?"));
        let filled = fill(&form(), None, Some("cost"), Some("−5"), &json!({}));
        assert_eq!(filled.wrote, []);
        assert!(filled.next.unwrap().prompt.starts_with("This does not fit: "));
    }

    #[test]
    fn a_form_is_whole_without_what_is_optional() {
        let mut form = form();
        form.fields[0].value = json!(1);
        form.fields[1].value = json!("Ann");
        assert_eq!(fill(&form, None, None, Some("x"), &json!({})).next, None);
    }
}
