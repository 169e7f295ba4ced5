//! What the marketplace asks of a card, and what is wrong with one. Pure.

mod words;

pub(super) use self::words::field_name;

use serde_json::Value;

use super::{
    charcs,
    draft::{Charc, Draft},
};
use crate::agents::language::Language;

/// The longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 60;
/// The longest description, in characters. Some categories take less, which the marketplace says when it looks.
pub const DESCRIPTION_CHARS_MAX: usize = 5000;
/// The longest vendor code, in characters.
const VENDOR_CODE_CHARS_MAX: usize = 72;
/// The longest side with the packing, in cm.
const SIDE_CM_MAX: u32 = 1000;
/// The most that it may weigh with the packing, in grams.
const WEIGHT_G_MAX: u32 = 1_000_000;
/// The most photos of a card.
const PHOTOS_MAX: usize = 30;
/// The longest value of a characteristic, in characters.
const VALUE_CHARS_MAX: usize = 255;

/// Words that no card may use: names of marketplaces and messengers, words about the price, and claims.
pub const FORBIDDEN_WORDS: &[&str] = &[
    "wildberries",
    "вайлдберриз",
    "вайлдберис",
    "ozon",
    "озон",
    "aliexpress",
    "алиэкспресс",
    "whatsapp",
    "ватсап",
    "telegram",
    "телеграм",
    "скидка",
    "скидки",
    "распродажа",
    "дешево",
    "дёшево",
    "акция",
    "хит",
    "топ",
    "бестселлер",
    "реплика",
    "replica",
    "подделка",
    "fake",
    "discount",
    "sale",
    "cheap",
    "cheapest",
    "bestseller",
];

/// What is wrong, as a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "rules::words says each in words")]
pub enum Code {
    PriceNotNumber,
    PriceNotPositive,
    PriceNotWhole,
    PriceTooHigh,
    CurrencyOther,
    CurrencyMix,
    TitleEmpty,
    TitleTooLong,
    DescriptionTooLong,
    ForbiddenWord,
    ForbiddenCharacters,
    Contact,
    CharacteristicMissing,
    CharacteristicTooMany,
    CharacteristicNotNumber,
    CharacteristicTooLong,
    CharacteristicNotWord,
    DimensionsOutOfBounds,
    WeightOutOfBounds,
    BarcodeInvalid,
    BarcodeTwice,
    BarcodesTooMany,
    SizeTwice,
    PhotosTooMany,
    VendorCodeLength,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// Where: a field of the draft, or the name of a characteristic.
    pub field: String,
    /// What stands there.
    pub value: String,
    /// In words for the user: the field, the value, the rule, and what to do.
    pub words: String,
}

impl Finding {
    /// A finding, in the user's language.
    pub fn new(code: Code, field: impl Into<String>, value: impl Into<String>, language: Language) -> Self {
        let (field, value) = (field.into(), value.into());
        let words = words::sentence(code, &field, &value, language);
        Self { code, field, value, words }
    }
}

/// Everything that is wrong with a draft, with these texts for buyers.
pub fn check(draft: &Draft, title: &str, description: &str, language: Language) -> Vec<Finding> {
    let mut found = Found { findings: Vec::new(), language };
    found.texts(title, description);
    found.numbers(draft);
    found.sizes(draft);
    for charc in draft.charcs.iter().flatten() {
        found.charc(charc, draft.values.get(&charc.id));
    }
    found.findings
}

/// What is wrong with a value of a characteristic.
pub fn check_value(charc: &Charc, value: &Value, language: Language) -> Option<Finding> {
    let mut found = Found { findings: Vec::new(), language };
    found.charc(charc, Some(value));
    found.findings.pop()
}

/// The forbidden words of a text.
pub fn forbidden(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    FORBIDDEN_WORDS.iter().copied().filter(|word| words.contains(word)).collect()
}

/// Pictures and control characters but line ends.
pub fn is_forbidden(c: char) -> bool {
    let picture = matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0xFE0F);
    picture || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

struct Found {
    findings: Vec<Finding>,
    language: Language,
}

impl Found {
    fn add(&mut self, code: Code, field: &str, value: impl Into<String>) {
        self.findings.push(Finding::new(code, field, value, self.language));
    }

    fn texts(&mut self, title: &str, description: &str) {
        let chars = title.chars().count();
        if title.trim().is_empty() {
            self.add(Code::TitleEmpty, "title", "");
        }
        if chars > TITLE_CHARS_MAX {
            self.add(Code::TitleTooLong, "title", chars.to_string());
        }
        let chars = description.chars().count();
        if chars > DESCRIPTION_CHARS_MAX {
            self.add(Code::DescriptionTooLong, "description", chars.to_string());
        }
        for (field, text) in [("title", title), ("description", description)] {
            for word in forbidden(text) {
                self.add(Code::ForbiddenWord, field, word);
            }
            let symbols: String = text.chars().filter(|c| is_forbidden(*c)).collect();
            if !symbols.is_empty() {
                self.add(Code::ForbiddenCharacters, field, symbols);
            }
            if let Some(contact) = text.split_whitespace().find(|word| is_contact(word)) {
                self.add(Code::Contact, field, contact);
            }
        }
    }

    fn numbers(&mut self, draft: &Draft) {
        if let Some(sides) = draft.dimensions
            && sides.iter().any(|side| !(1..=SIDE_CM_MAX).contains(side))
        {
            self.add(Code::DimensionsOutOfBounds, "dimensions", sides.map(|side| side.to_string()).join("×"));
        }
        if let Some(grams) = draft.weight_g
            && !(1..=WEIGHT_G_MAX).contains(&grams)
        {
            self.add(Code::WeightOutOfBounds, "weight", grams.to_string());
        }
        if draft.photos.len() > PHOTOS_MAX {
            self.add(Code::PhotosTooMany, "photos", draft.photos.len().to_string());
        }
        let chars = draft.vendor_code.chars().count();
        if !(1..=VENDOR_CODE_CHARS_MAX).contains(&chars) {
            self.add(Code::VendorCodeLength, "vendorCode", chars.to_string());
        }
    }

    fn sizes(&mut self, draft: &Draft) {
        let places = draft.sizes.len().max(1);
        if draft.barcodes.len() > places {
            self.add(Code::BarcodesTooMany, "barcodes", draft.barcodes.len().to_string());
        }
        for (at, barcode) in draft.barcodes.iter().enumerate() {
            if !is_barcode(barcode) {
                self.add(Code::BarcodeInvalid, "barcodes", barcode);
            } else if draft.barcodes[..at].contains(barcode) {
                self.add(Code::BarcodeTwice, "barcodes", barcode);
            }
        }
        let twice = draft.sizes.iter().enumerate().find(|(at, size)| draft.sizes[..*at].contains(size));
        if let Some((_, size)) = twice {
            self.add(Code::SizeTwice, "sizes", size);
        }
    }

    fn charc(&mut self, charc: &Charc, value: Option<&Value>) {
        match value {
            None | Some(Value::Null) => {
                if charc.required {
                    self.add(Code::CharacteristicMissing, &charc.name, "");
                }
            }
            Some(Value::Array(items)) if !charc.is_number => {
                let max = charc.max_count as usize;
                if max > 0 && items.len() > max {
                    self.add(Code::CharacteristicTooMany, &charc.name, format!("{} > {max}", items.len()));
                }
                let long = items.iter().filter_map(Value::as_str).find(|item| item.chars().count() > VALUE_CHARS_MAX);
                let is_word = |item: &Value| item.as_str().is_some_and(|item| item.chars().any(char::is_alphabetic));
                if let Some(bad) =
                    items.iter().find(|item| charcs::source(&charc.name.to_lowercase()).is_some() && !is_word(item))
                {
                    self.add(Code::CharacteristicNotWord, &charc.name, bad.as_str().unwrap_or_default());
                }
                if let Some(long) = long {
                    self.add(Code::CharacteristicTooLong, &charc.name, long.chars().count().to_string());
                }
            }
            Some(Value::Number(_)) if charc.is_number => {}
            Some(other) => self.add(Code::CharacteristicNotNumber, &charc.name, other.to_string()),
        }
    }
}

/// An e-mail address or a link.
fn is_contact(word: &str) -> bool {
    let email =
        word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.trim_end_matches('.').contains('.'));
    email || word.contains("http://") || word.contains("https://") || word.starts_with("www.")
}

/// 8 to 14 digits; of the 13 of EAN-13 the last checks the others.
fn is_barcode(text: &str) -> bool {
    let is_digits = (8..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && (text.len() != 13 || is_checked(text))
}

fn is_checked(thirteen: &str) -> bool {
    let weighted =
        thirteen.bytes().enumerate().map(|(at, byte)| u32::from(byte - b'0') * if at % 2 == 0 { 1 } else { 3 });
    weighted.sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests;
