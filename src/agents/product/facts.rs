//! Facts about a product out of free text, in English and Russian, in any order. Pure.

mod lexicon;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::Regex;

use self::lexicon::{LABELS, colour, intent_end, is_filler, orders};
pub use self::lexicon::{is_colour, is_stray};
use super::{
    money::{self, Priced},
    naming,
    rules::{Code, Finding},
};
use crate::agents::language::Language;

/// The longest value of a label that is kept, in characters.
const VALUE_CHARS_MAX: usize = 6000;
/// The longest name of a product, in characters.
const PRODUCT_CHARS_MAX: usize = 120;

/// Marks between a label and its value.
const MARKS: [char; 5] = [':', '=', '—', '–', '-'];

/// What a text says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// By label: `brand`, `color`, `title` and so on.
    pub labelled: BTreeMap<&'static str, String>,
    /// Those of them whose label had a mark behind it: `brand: Norvik`.
    pub sure: BTreeSet<&'static str>,
    /// What it is: the first words that belong to nothing else.
    pub product: Option<String>,
    /// A colour among these words; what was said of it by its label counts more.
    pub colour: Option<&'static str>,
    /// In roubles, or why it is no price.
    pub price: Option<Result<u64, Finding>>,
    /// In cm.
    pub dimensions: Option<[u32; 3]>,
    /// In grams.
    pub weight_g: Option<u32>,
    /// Links.
    pub photos: Vec<String>,
}

impl Facts {
    /// With what a model heard in the same text: it knows better what belongs together, the rules know numbers, and a value
    /// behind a label with a mark is what it says.
    #[must_use]
    pub fn with(mut self, heard: Self, language: Language) -> Self {
        if heard.product.is_some() {
            self.colour = heard.product.as_deref().and_then(|product| colour(product, language)).or(self.colour);
            self.product = heard.product;
        }
        for (field, value) in heard.labelled {
            if !self.sure.contains(field) {
                self.labelled.insert(field, value);
            }
        }
        let is_none = |price: &Result<u64, Finding>| price.as_ref().is_err_and(|bad| bad.code == Code::PriceNotNumber);
        if self.price.as_ref().is_none_or(is_none) {
            self.price = heard.price.or(self.price);
        }
        self.dimensions = self.dimensions.or(heard.dimensions);
        self.weight_g = self.weight_g.or(heard.weight_g);
        self
    }
}

#[expect(clippy::expect_used, reason = "a test of this module compiles every pattern")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that a test compiles")
}

static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r#"https?://[^\s<>"»]+"#));
static SIDES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\b(?:dimensions?|габарит\p{L}*|размер(?:ы)? упаковки|package)\b\s*[:=—–-]?\s*)?(\d+(?:[.,]\d+)?)\s*(?:[x×х*]|by|на)\s*(\d+(?:[.,]\d+)?)\s*(?:[x×х*]|by|на)\s*(\d+(?:[.,]\d+)?)\s*(mm|мм|cm|см|m|м)?\b",
    )
});
static WEIGHT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\b(?:weight|weighs|вес\p{L}*|масса)\b\s*(?:to\b|is\b|на\b|с упаковкой)?\s*[:=—–-]?\s*)?(\d+(?:[.,]\d+)?)\s*(kg|кг|килограмм\p{L}*|grams?|g|гр|грамм\p{L}*|г)\b(/?)",
    )
});

/// Everything that a text says. `asked` is the field that the user was asked for, which the whole text may answer.
pub fn read(text: &str, asked: Option<&str>, language: Language) -> Facts {
    let mut facts = Facts::default();
    let mut rest = text.to_owned();
    // A title or a description is taken as it is written: it may say anything, prices too.
    take_whole_lines(&mut rest, &mut facts);
    take_links(&mut rest, &mut facts);
    take_sides(&mut rest, &mut facts);
    take_weight(&mut rest, &mut facts);
    if let Some(Priced { price, span }) = money::price(&rest, asked == Some("price"), language) {
        facts.price = Some(price);
        blank(&mut rest, span);
    }
    take_labelled(&mut rest, &mut facts);
    facts.product = product(&rest).map(|product| naming::nominative(&product));
    facts.colour = facts.product.as_deref().and_then(|product| colour(product, language));
    facts
}

/// What a card calls a colour that was said in another form; none for another field or an unknown one.
pub fn colour_of(field: &str, value: &str, language: Language) -> Option<String> {
    let is_one = field == "color" && !value.contains([',', ' ']);
    if is_one { colour(value, language).map(str::to_owned) } else { None }
}

/// A text without what it wants of us: the words of its beginning, verbs of orders, pronouns, and links. What is left is
/// about the product.
pub fn without_orders(text: &str) -> String {
    let words: Vec<&str> = text[intent_end(text)..].split_whitespace().collect();
    let about = words.iter().zip(orders(&words)).filter(|(word, is_order)| !word.contains("://") && !is_order);
    about.map(|(word, _)| *word).collect::<Vec<_>>().join(" ")
}

/// A text without the lines that are taken as they are written, labels and all: a title or a description says nothing else.
pub fn without_whole_lines(text: &str) -> String {
    let mut rest = text.to_owned();
    take_whole_lines(&mut rest, &mut Facts::default());
    rest
}

/// Puts a mark in the place of what was taken, so that it separates what stood around it.
fn blank(text: &mut String, (from, to): (usize, usize)) {
    text.replace_range(from..to, ";");
}

fn take_whole_lines(rest: &mut String, facts: &mut Facts) {
    for label in LABELS.iter().filter(|label| label.takes_line) {
        let Some(found) = label.regex().find(rest) else { continue };
        let line_end = rest[found.end()..].find('\n').map_or(rest.len(), |at| found.end() + at);
        let value = clean(&rest[found.end()..line_end]);
        if !value.is_empty() {
            facts.labelled.insert(label.field, value);
            let span = (found.start(), line_end);
            blank(rest, span);
        }
    }
}

fn take_links(rest: &mut String, facts: &mut Facts) {
    while let Some(found) = LINK.find(rest) {
        let link = found.as_str().trim_end_matches(['.', ',', ';', ')', '!', '?']).to_owned();
        let span = (found.start(), found.start() + link.len());
        if !facts.photos.contains(&link) {
            facts.photos.push(link);
        }
        blank(rest, span);
    }
}

fn take_sides(rest: &mut String, facts: &mut Facts) {
    let Some(found) = SIDES.captures(rest) else { return };
    let unit = found.get(4).map_or("см", |unit| unit.as_str()).to_lowercase();
    let cm = match unit.as_str() {
        "mm" | "мм" => 0.1,
        "m" | "м" => 100.0,
        _ => 1.0,
    };
    let side = |at: usize| found.get(at).and_then(|side| decimal(side.as_str())).map(|side| up(side * cm));
    let (Some(Some(length)), Some(Some(width)), Some(Some(height))) = (side(1), side(2), side(3)) else { return };
    let span = found.get(0).map(|whole| (whole.start(), whole.end()));
    facts.dimensions = Some([length, width, height]);
    if let Some(span) = span {
        blank(rest, span);
    }
}

fn take_weight(rest: &mut String, facts: &mut Facts) {
    let all: Vec<_> = WEIGHT.captures_iter(rest).collect();
    // `180 г/м2` is a density.
    let Some(found) = all.into_iter().find(|found| found.get(3).is_none_or(|slash| slash.is_empty())) else { return };
    let unit = found.get(2).map_or("", |unit| unit.as_str()).to_lowercase();
    let grams = if unit.starts_with('k') || unit.starts_with('к') { 1000.0 } else { 1.0 };
    let Some(weight) = found.get(1).and_then(|number| decimal(number.as_str())).and_then(|n| up(n * grams)) else {
        return;
    };
    let span = found.get(0).map(|whole| (whole.start(), whole.end()));
    facts.weight_g = Some(weight);
    if let Some(span) = span {
        blank(rest, span);
    }
}

fn decimal(text: &str) -> Option<f64> {
    text.replace(',', ".").parse().ok()
}

/// To the next whole number: a parcel must not be larger than its card says. A hair above a whole one is a whole one.
fn up(number: f64) -> Option<u32> {
    let whole = (number - 1e-6).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and within bounds")]
    (0.0..=f64::from(u32::MAX)).contains(&whole).then_some(whole as u32)
}

/// Values after their labels, each up to the next label or the end of the sentence.
fn take_labelled(rest: &mut String, facts: &mut Facts) {
    let mut places: Vec<(usize, usize, &'static str)> = LABELS
        .iter()
        .filter(|label| !label.takes_line)
        .filter_map(|label| label.regex().find(rest).map(|found| (found.start(), found.end(), label.field)))
        // A product card is what is made, not what it is made for.
        .filter(|(_, end, field)| *field != "product" || !rest[*end..].trim_start().starts_with("card"))
        .collect();
    places.sort_unstable();
    places.dedup_by(|next, one| next.0 < one.1);
    let ends: Vec<usize> = places.iter().skip(1).map(|(start, ..)| *start).chain([rest.len()]).collect();
    let mut spans = Vec::new();
    for ((start, end, field), next) in places.into_iter().zip(ends) {
        if rest[start..end].ends_with(MARKS) {
            facts.sure.insert(field);
        }
        let value = &rest[end..next];
        let stop = value.find([';', '\n']).into_iter().chain(value.find(". ")).min().unwrap_or(value.len());
        let value = clean(&value[..stop]);
        if !value.is_empty() {
            facts.labelled.entry(field).or_insert(value);
            spans.push((start, end + stop));
        }
    }
    for span in spans.into_iter().rev() {
        blank(rest, span);
    }
}

/// What is left of a value: without the marks and the small words around it.
fn clean(value: &str) -> String {
    let mut text = value.trim();
    loop {
        let before = text;
        text = text.trim_matches(|c: char| {
            c.is_whitespace() || matches!(c, ':' | '=' | '—' | '–' | ',' | ';' | '«' | '»' | '"' | '“' | '”')
        });
        for small in ["to ", "is ", "на ", "это "] {
            text = text.strip_prefix(small).unwrap_or(text);
        }
        for small in [" and", " и", " а"] {
            text = text.strip_suffix(small).unwrap_or(text);
        }
        if text == before {
            break;
        }
    }
    let text = text.strip_suffix('.').filter(|text| !text.contains(". ")).unwrap_or(text);
    text.chars().take(VALUE_CHARS_MAX).collect()
}

/// The first words that belong to nothing else.
fn product(rest: &str) -> Option<String> {
    let mut parts = rest.split([';', '\n', ',', '.', '!', '?']).map(|part| named(&part[intent_end(part)..]));
    let says = |part: &String| part.chars().filter(|c| c.is_alphabetic()).count() > 2 && !is_filler(part);
    let found = parts.find(says)?;
    Some(found.chars().take(PRODUCT_CHARS_MAX).collect())
}

/// The name in a part of a sentence: without orders around it.
fn named(part: &str) -> String {
    let part = clean(part);
    let words: Vec<&str> = part.split_whitespace().collect();
    let orders = orders(&words);
    let from = orders.iter().position(|is_order| !is_order).unwrap_or(words.len());
    let to = orders.iter().rposition(|is_order| !is_order).map_or(from, |at| at + 1);
    words[from..to].join(" ")
}

#[cfg(test)]
mod tests;
