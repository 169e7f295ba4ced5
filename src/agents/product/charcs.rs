//! Characteristics of the category: filled from what was said, and read from answers. Types and numbers of values are kept.
//! Pure.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Number, Value, json};

use super::{
    draft::{Charc, Draft},
    rules::{self, Finding},
};
use crate::agents::language::Language;

/// The most characteristics that are kept.
const CHARCS_MAX: usize = 100;
/// The longest name or unit that is kept, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Parts of names of characteristics, and what was said under which name.
const SOURCES: [(&str, &[&str]); 5] = [
    ("color", &["цвет", "color", "colour"]),
    ("composition", &["состав", "composition", "материал", "material"]),
    ("country", &["страна", "country"]),
    ("gender", &["пол", "gender"]),
    ("season", &["сезон", "season"]),
];
/// Units as the marketplace writes them, and as people do. Sizes and weights are of the packing, so they are not read so.
const UNITS: [(&str, &str); 6] = [
    ("мл", "мл|ml"),
    ("л", "л|литр[а-я]*|l|liters?|litres?"),
    ("вт", "вт|w|watts?"),
    ("ч", "ч|час[а-я]*|h|hours?"),
    ("шт", "шт|pcs|pieces?"),
    ("г/м2", "г/м2|gsm"),
];

#[expect(clippy::expect_used, reason = "a number is a pattern")]
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+(?:[.,]\d+)?").expect("a number is a pattern"));

/// What a category asks, as the tool answers it.
pub fn read(found: &Value) -> Vec<Charc> {
    let text = |value: &Value| value.as_str().unwrap_or_default().chars().take(NAME_CHARS_MAX).collect::<String>();
    let charc = |one: &Value| {
        Some(Charc {
            id: one["charcID"].as_u64()?,
            name: text(&one["name"]),
            required: one["required"] == true,
            unit: text(&one["unitName"]),
            max_count: one["maxCount"].as_u64().and_then(|max| u32::try_from(max).ok()).unwrap_or(0),
            is_number: one["charcType"] == 4,
        })
    };
    let used = found.as_array().into_iter().flatten().filter(|one| one["charcType"] != 0);
    let mut charcs: Vec<Charc> = used.filter_map(charc).collect();
    charcs.sort_by_key(|charc| !charc.required);
    charcs.truncate(CHARCS_MAX);
    charcs
}

/// Fills what was said and has no value yet.
pub fn fill(draft: &mut Draft) {
    let charcs = draft.charcs.clone().unwrap_or_default();
    for charc in charcs {
        if draft.values.contains_key(&charc.id) {
            continue;
        }
        let said = said(draft, &charc).or_else(|| with_unit(draft, &charc));
        if let Some(Ok(value)) = said.map(|said| value(&charc, &said, Language::English)) {
            draft.values.insert(charc.id, value);
        }
    }
}

fn said(draft: &Draft, charc: &Charc) -> Option<String> {
    let name = charc.name.to_lowercase();
    if let Some(own) = draft.said.get(&name) {
        return Some(own.clone());
    }
    draft.said.get(source(&name)?).cloned()
}

/// What is said in words of which a characteristic of this name, in lower case, is one: `color` of `цвет товара`.
pub(super) fn source(name: &str) -> Option<&'static str> {
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
    SOURCES.iter().find(|(_, names)| words.iter().any(|word| names.contains(word))).map(|(source, _)| *source)
}

/// A number before the unit, in what the user wrote.
fn with_unit(draft: &Draft, charc: &Charc) -> Option<String> {
    let (_, written) = UNITS.iter().find(|(unit, _)| *unit == charc.unit.to_lowercase()).filter(|_| charc.is_number)?;
    let pattern = Regex::new(&format!(r"(?i)(\d+(?:[.,]\d+)?)\s*(?:{written})\b")).ok()?;
    let found = draft.texts.iter().rev().find_map(|text| pattern.captures(text))?;
    Some(found.get(1)?.as_str().to_owned())
}

/// What was said about a field of the draft is said anew: values that came from it go.
pub fn forget(draft: &mut Draft, source: &str) {
    let Some((_, names)) = SOURCES.iter().find(|(name, _)| *name == source) else { return };
    let of_it = |charc: &Charc| {
        let name = charc.name.to_lowercase();
        name.split(|c: char| !c.is_alphanumeric()).any(|word| names.contains(&word))
    };
    let ids: Vec<u64> = draft.charcs.iter().flatten().filter(|charc| of_it(charc)).map(|charc| charc.id).collect();
    draft.values.retain(|id, _| !ids.contains(id));
}

/// The value that a text gives a characteristic.
///
/// # Errors
/// A [`Finding`] where it does not fit.
pub fn value(charc: &Charc, text: &str, language: Language) -> Result<Value, Finding> {
    let value = if charc.is_number {
        let number = NUMBER.find(text).map(|found| found.as_str().replace(',', "."));
        let number = number.and_then(|number| {
            number.parse::<u64>().ok().map(Number::from).or_else(|| number.parse().ok().and_then(Number::from_f64))
        });
        number.map_or_else(|| Value::String(text.trim().chars().take(60).collect()), Value::Number)
    } else {
        json!(items(text))
    };
    rules::check_value(charc, &value, language).map_or(Ok(value), Err)
}

/// The values of a list, as people separate them.
pub fn items(text: &str) -> Vec<String> {
    let parts = text.split([',', ';', '\n']).flat_map(|part| part.split(" и ")).flat_map(|part| part.split(" and "));
    let mut items: Vec<String> = Vec::new();
    for part in parts.map(|part| part.trim().trim_end_matches('.').trim()).filter(|part| !part.is_empty()) {
        if !items.iter().any(|item| item == part) {
            items.push(part.to_owned());
        }
    }
    items
}

/// The first required one without a value.
pub fn missing(draft: &Draft) -> Option<&Charc> {
    let is_filled = |charc: &&Charc| draft.values.get(&charc.id).is_none_or(Value::is_null);
    draft.charcs.iter().flatten().filter(|charc| charc.required).find(is_filled)
}

/// The characteristic that a message begins with the name of, and the rest of the message.
pub fn named<'d>(draft: &'d Draft, message: &str) -> Option<(&'d Charc, String)> {
    let lower = message.trim().to_lowercase();
    let begin = ["change the ", "change ", "set the ", "set ", "поменяй ", "измени ", "замени "];
    let lower = begin.iter().find_map(|word| lower.strip_prefix(word)).unwrap_or(&lower).to_owned();
    let fits = |charc: &&Charc| lower.strip_prefix(&charc.name.to_lowercase()).is_some_and(is_after_name);
    let charc = draft.charcs.iter().flatten().filter(fits).max_by_key(|charc| charc.name.len())?;
    let after_name = lower.chars().count().saturating_sub(charc.name.to_lowercase().chars().count());
    let skipped = message.trim().chars().count().saturating_sub(after_name);
    let rest: String = message.trim().chars().skip(skipped).collect();
    let rest = rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '—' | '–' | '-'));
    let rest = ["to ", "is ", "на "].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    (!rest.trim().is_empty()).then(|| (charc, rest.trim().to_owned()))
}

fn is_after_name(rest: &str) -> bool {
    rest.chars().next().is_some_and(|c| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charc(id: u64, name: &str, max_count: u32, unit: &str) -> Charc {
        let is_number = !unit.is_empty();
        Charc { id, name: name.to_owned(), required: true, unit: unit.to_owned(), max_count, is_number }
    }

    fn draft() -> Draft {
        let charcs = vec![charc(1, "Цвет", 2, ""), charc(2, "Материал посуды", 2, ""), charc(3, "Объем", 0, "мл")];
        Draft { charcs: Some(charcs), ..Draft::default() }
    }

    #[test]
    fn what_was_said_fills_values_of_their_types() {
        let mut draft = draft();
        draft.said.insert("color".into(), "красный и белый".into());
        draft.said.insert("composition".into(), "керамика".into());
        draft.texts.push("кружка на 350 мл".into());
        fill(&mut draft);
        assert_eq!(json!(draft.values), json!({ "1": ["красный", "белый"], "2": ["керамика"], "3": 350 }));
        draft.said.insert("color".into(), "синий".into());
        forget(&mut draft, "color");
        fill(&mut draft);
        assert_eq!(draft.values[&1], json!(["синий"]));
        assert_eq!(missing(&draft), None);
    }

    #[test]
    fn too_many_values_are_asked_for_again() {
        let mut draft = draft();
        draft.said.insert("color".into(), "a, b, c".into());
        fill(&mut draft);
        assert_eq!(missing(&draft).unwrap().id, 1);
        let wrong = value(&draft.charcs.as_ref().unwrap()[0], "a, b, c", Language::English).unwrap_err();
        assert_eq!(wrong.code, rules::Code::CharacteristicTooMany);
        let wrong = value(&draft.charcs.as_ref().unwrap()[2], "big", Language::English).unwrap_err();
        assert_eq!(wrong.code, rules::Code::CharacteristicNotNumber);
    }

    #[test]
    fn a_correction_names_the_characteristic() {
        let draft = draft();
        let named = |message| named(&draft, message).map(|(charc, rest)| (charc.id, rest));
        assert_eq!(named("Объем 400"), Some((3, "400".into())));
        assert_eq!(named("поменяй материал посуды на фарфор"), Some((2, "фарфор".into())));
        assert_eq!(named("объемный"), None);
        assert_eq!(named("Объем"), None);
    }

    #[test]
    fn what_the_marketplace_asks_is_read_required_ones_first() {
        let found = json!([
            { "charcID": 5, "name": "Вес", "required": false, "unitName": "г", "maxCount": 0, "charcType": 4 },
            { "charcID": 6, "name": "Старое", "required": true, "charcType": 0 },
            { "charcID": 7, "name": "Цвет", "required": true, "unitName": "", "maxCount": 5, "charcType": 1 },
            { "name": "без номера", "charcType": 1 }
        ]);
        let read: Vec<(u64, bool)> = read(&found).into_iter().map(|charc| (charc.id, charc.is_number)).collect();
        assert_eq!(read, [(7, false), (5, true)]);
    }
}
