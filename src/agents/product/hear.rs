//! What a language model reads out of a seller's message: when it is asked, what it is told, and what of its answer is
//! believed. Pure.
//!
//! Nothing is taken that the seller did not write: each value must be made of his words and numbers, and then passes the same
//! readers as a message. What the rules read with certainty (a price, a weight, a value behind a label with a mark) stays.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;
use serde_json::Value;

use super::{
    category::stem,
    facts::{self, Facts},
    glossary,
    money::{self, Priced},
    rules,
};
use crate::agents::language::Language;

/// The most of a message that a model reads, in characters.
const MESSAGE_CHARS_MAX: usize = 4000;
/// The longest value that is taken, in characters; the schema of the step says the same.
const VALUE_CHARS_MAX: usize = 120;
/// Sizes that are taken.
const SIZES_MAX: usize = 30;
/// Words that a message about a product, or another answer, must have to be worth a question.
const WORDS_MIN: (usize, usize) = (2, 4);
/// A word of so many characters with digits among Latin letters is a key or a token: nobody calls a product so.
const SECRET_CHARS_MIN: usize = 20;
/// What the answer calls the facts that are texts, and what we call them.
const TEXTS: [(&str, &str); 6] = [
    ("brand", "brand"),
    ("color", "color"),
    ("material", "composition"),
    ("country", "country"),
    ("gender", "gender"),
    ("season", "season"),
];

#[expect(clippy::expect_used, reason = "a test reads tokens")]
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d+|\p{L}+|%").expect("runs of letters or digits, and %"));

/// Whether a model may find more in an answer than the rules. An answer to a field that takes it whole is that field's: what
/// a model heard in it would go before it, and the answer would be lost.
pub fn is_worth_it(asked: &str, message: &str) -> bool {
    let message = facts::without_whole_lines(message);
    let words = message.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
    match asked {
        "begin" | "product" => words >= WORDS_MIN.0,
        "review" | "" | "price" | "dimensions" | "weight" => words >= WORDS_MIN.1,
        _ => false,
    }
}

/// What the model is asked about a message.
pub fn prompt(asked: &str, message: &str) -> String {
    let asked = match asked {
        "begin" | "product" => "what is sold",
        "review" | "" => "corrections of the listing",
        asked => asked,
    };
    let message: String =
        without_secrets(&facts::without_whole_lines(message)).chars().take(MESSAGE_CHARS_MAX).collect();
    format!("The seller was asked for: {asked}.\nThe message, between the lines:\n-----\n{message}\n-----")
}

/// A text without links and whatever looks like a key: no model needs them.
pub fn without_secrets(text: &str) -> String {
    let is_secret = |word: &str| {
        let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
        word.chars().count() >= SECRET_CHARS_MIN && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
    };
    let shown = |word: &str| if word.contains("://") || is_secret(word) { "…".to_owned() } else { word.to_owned() };
    let line = |line: &str| line.split_whitespace().map(shown).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What of an answer the seller's message bears out.
pub fn read(answer: &Value, message: &str, language: Language) -> Facts {
    let said = Said::new(&facts::without_whole_lines(message));
    let text = |key: &str| answer[key].as_str().and_then(|value| said.words(value));
    let mut heard = Facts { product: text("product"), ..Facts::default() };
    for (key, field) in TEXTS {
        if let Some(value) = text(key) {
            heard.labelled.insert(field, value);
        }
    }
    let sizes = answer["sizes"].as_array().into_iter().flatten().take(SIZES_MAX);
    let sizes: Vec<String> = sizes.filter_map(|size| size.as_str().and_then(|size| said.words(size))).collect();
    if !sizes.is_empty() {
        heard.labelled.insert("sizes", sizes.join(", "));
    }
    let numbers = |key: &str| answer[key].as_str().filter(|value| said.numbers(value, key));
    let price = numbers("price").and_then(|value| money::price(value, true, language));
    heard.price = price.and_then(|Priced { price, .. }| price.ok().map(Ok));
    heard.weight_g = numbers("weight").and_then(|value| facts::read(value, None, language).weight_g);
    heard.dimensions = numbers("dimensions").and_then(|value| facts::read(value, None, language).dimensions);
    heard
}

/// What the seller wrote, word by word.
struct Said {
    tokens: Vec<String>,
    stems: BTreeSet<String>,
}

impl Said {
    fn new(message: &str) -> Self {
        let tokens = tokens(message);
        let stems = tokens.iter().map(|token| stem(token)).collect();
        Self { tokens, stems }
    }

    /// A value all of whose words were said, in whatever form.
    fn words(&self, value: &str) -> Option<String> {
        let value = value.trim();
        let is_said = |token: &String| {
            if token == "%" {
                // It is no word: `80 percent` says as much.
                return true;
            }
            if is_number(token) { self.tokens.contains(token) } else { self.stems.contains(&stem(token)) }
        };
        let of_value = tokens(value);
        let is_short = value.chars().count() <= VALUE_CHARS_MAX;
        let is_clean = !value.chars().any(rules::is_forbidden) && !value.contains("://");
        (is_short && is_clean && !of_value.is_empty() && of_value.iter().all(is_said)).then(|| value.to_owned())
    }

    /// Whether all numbers of a value were said, none of them of something else.
    fn numbers(&self, value: &str, of: &str) -> bool {
        let numbers: Vec<String> = tokens(value).into_iter().filter(|token| is_number(token)).collect();
        let is_said = |number: &String| {
            let places = (0..).zip(&self.tokens).filter(|(_, token)| *token == number).map(|(at, _)| at);
            places.into_iter().any(|at: usize| may_be(of, self.tokens.get(at + 1), value))
        };
        value.chars().count() <= VALUE_CHARS_MAX && !numbers.is_empty() && numbers.iter().all(is_said)
    }
}

/// Whether a number before this word may be what the model takes it for.
fn may_be(of: &str, next: Option<&String>, value: &str) -> bool {
    let class = next.and_then(|next| unit_class(next));
    match of {
        "price" => class.is_none(),
        "weight" => class.is_none_or(|class| tokens(value).iter().any(|token| unit_class(token) == Some(class))),
        _ => class.is_none_or(|class| class == "length"),
    }
}

/// What a word measures; none where it is no unit.
fn unit_class(word: &str) -> Option<&'static str> {
    let begins = |begins: &[&str]| begins.iter().any(|begin| word.starts_with(begin));
    if word == "%" || begins(&["percent", "процент"]) {
        return Some("share");
    }
    if matches!(word, "g" | "г" | "гр") || begins(&["gram", "грамм"]) {
        return Some("g");
    }
    if matches!(word, "kg" | "кг") || begins(&["kilo", "килогр"]) {
        return Some("kg");
    }
    if matches!(word, "cm" | "см" | "mm" | "мм" | "m" | "м" | "x" | "х" | "by" | "на") || begins(&["centim", "сантим"])
    {
        return Some("length");
    }
    glossary::is_unit(word).then_some("other")
}

fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace('ё', "е");
    TOKEN.find_iter(&lower).map(|found| found.as_str().to_owned()).collect()
}

fn is_number(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests;
