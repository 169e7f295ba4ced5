//! What a card must be like. The marketplace looks when it gets to it, not when the card is sent.

use std::collections::HashSet;

use serde_json::Value;

use super::{Draft, Shop, prices::PRICE_MAX};
use crate::catalog::{Charc, FORBIDDEN_WORDS, Kind, Locale, Subject, subject};

const TITLE_CHARS_MAX: usize = 60;
const VENDOR_CODE_CHARS_MAX: usize = 72;
const DIMENSION_CM_MAX: i64 = 1_000;
const WEIGHT_KG_MAX: f64 = 1_000.0;
const VALUE_CHARS_MAX: usize = 255;

/// Where words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Title,
    Description,
}

impl Field {
    const fn name(self, locale: Locale) -> &'static str {
        match (self, locale) {
            (Self::Title, Locale::Ru) => "Наименование",
            (Self::Title, Locale::En) => "Title",
            (Self::Description, Locale::Ru) => "Описание",
            (Self::Description, Locale::En) => "Description",
        }
    }
}

/// Why a card was rejected.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CardError {
    TooLong { field: Field, chars: usize, max: usize },
    Symbols { field: Field, symbols: String },
    Email { field: Field },
    Forbidden { field: Field, word: &'static str },
    Missing { charc: &'static Named },
    Unknown { id: u64 },
    Twice { charc: &'static Named },
    NotStrings { charc: &'static Named },
    NotNumber { charc: &'static Named },
    TooMany { charc: &'static Named, max: usize },
    VendorCodeLong { chars: usize },
    VendorCodeUsed,
    Dimensions,
    Weight,
    BarcodeInvalid { sku: String },
    BarcodeUsed { sku: String },
    SizeTwice { size: String },
    Price,
    ShopFull { max: usize },
    Scripted(String),
}

/// A characteristic, for its name in either language.
pub(crate) type Named = Charc;

impl PartialEq for Charc {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl CardError {
    /// As the seller reads it.
    pub(crate) fn text(&self, locale: Locale) -> String {
        match locale {
            Locale::Ru => self.russian(),
            Locale::En => self.english(),
        }
    }

    fn russian(&self) -> String {
        let name = |field: &Field| field.name(Locale::Ru);
        match self {
            Self::TooLong { field, chars, max } => {
                format!("Поле {} не должно превышать {max} символов, сейчас {chars}", name(field))
            }
            Self::Symbols { field, symbols } => {
                format!("Поле {} не должно содержать запрещенные символы: {symbols}", name(field))
            }
            Self::Email { field } => format!("Запрещено использовать E-Mail в поле {}", name(field)),
            Self::Forbidden { field, word } => format!("Поле {} содержит запрещенное слово: {word}", name(field)),
            Self::Missing { charc } => format!("Не заполнена обязательная характеристика: {}", charc.name.ru),
            Self::Unknown { id } => format!("Характеристика {id} не найдена у предмета"),
            Self::Twice { charc } => format!("Характеристика {} указана несколько раз", charc.name.ru),
            Self::NotStrings { charc } => {
                format!("Характеристика {} должна быть массивом строк", charc.name.ru)
            }
            Self::NotNumber { charc } => format!("Характеристика {} должна быть числом", charc.name.ru),
            Self::TooMany { charc, max } => {
                format!("Характеристика {}: максимальное количество значений {max}", charc.name.ru)
            }
            Self::VendorCodeLong { chars } => {
                format!("Артикул продавца не должен превышать {VENDOR_CODE_CHARS_MAX} символа, сейчас {chars}")
            }
            Self::VendorCodeUsed => "Артикул продавца используется в другой карточке".to_owned(),
            Self::Dimensions => format!("Габариты должны быть целыми числами от 0 до {DIMENSION_CM_MAX} см"),
            Self::Weight => "Вес должен быть от 0 до 1000 кг, не более трех знаков после запятой".to_owned(),
            Self::BarcodeInvalid { sku } => format!("Некорректный баркод: {sku}"),
            Self::BarcodeUsed { sku } => format!("Неуникальный баркод: {sku}"),
            Self::SizeTwice { size } => format!("Размер указан несколько раз: {size}"),
            Self::Price => format!("Цена не должна превышать {PRICE_MAX}"),
            Self::ShopFull { max } => format!("Превышен лимит карточек: {max}"),
            Self::Scripted(text) => text.clone(),
        }
    }

    fn english(&self) -> String {
        let name = |field: &Field| field.name(Locale::En);
        match self {
            Self::TooLong { field, chars, max } => {
                format!("The {} field must not be longer than {max} characters, it has {chars}", name(field))
            }
            Self::Symbols { field, symbols } => {
                format!("The {} field must not contain forbidden characters: {symbols}", name(field))
            }
            Self::Email { field } => format!("An e-mail address is forbidden in the {} field", name(field)),
            Self::Forbidden { field, word } => format!("The {} field contains a forbidden word: {word}", name(field)),
            Self::Missing { charc } => format!("The required characteristic is not filled: {}", charc.name.en),
            Self::Unknown { id } => format!("The category has no characteristic {id}"),
            Self::Twice { charc } => format!("The characteristic {} is given more than once", charc.name.en),
            Self::NotStrings { charc } => {
                format!("The characteristic {} must be an array of strings", charc.name.en)
            }
            Self::NotNumber { charc } => format!("The characteristic {} must be a number", charc.name.en),
            Self::TooMany { charc, max } => format!("The characteristic {} takes {max} values at most", charc.name.en),
            Self::VendorCodeLong { chars } => {
                format!("The vendor code must not be longer than {VENDOR_CODE_CHARS_MAX} characters, it has {chars}")
            }
            Self::VendorCodeUsed => "The vendor code is used in another card".to_owned(),
            Self::Dimensions => format!("Dimensions must be whole numbers from 0 to {DIMENSION_CM_MAX} cm"),
            Self::Weight => "The weight must be from 0 to 1000 kg with at most three decimals".to_owned(),
            Self::BarcodeInvalid { sku } => format!("Invalid barcode: {sku}"),
            Self::BarcodeUsed { sku } => format!("The barcode is not unique: {sku}"),
            Self::SizeTwice { size } => format!("The size is given more than once: {size}"),
            Self::Price => format!("The price must not be above {PRICE_MAX}"),
            Self::ShopFull { max } => format!("The limit of cards is reached: {max}"),
            Self::Scripted(text) => text.clone(),
        }
    }
}

impl Shop {
    /// Everything that is wrong with a card; `nm` is the one that it would replace.
    pub(super) fn card_errors(&self, nm: Option<u64>, subject_id: u64, draft: &Draft) -> Vec<CardError> {
        let Some(subject) = subject(subject_id) else { return vec![CardError::Unknown { id: subject_id }] };
        let mut errors = word_errors(subject, draft);
        errors.extend(charc_errors(subject, draft));
        errors.extend(size_errors(draft));
        errors.extend(self.barcode_errors(nm, draft));
        let chars = draft.vendor_code.chars().count();
        errors.extend((chars > VENDOR_CODE_CHARS_MAX).then_some(CardError::VendorCodeLong { chars }));
        let used = |card: &super::Card| Some(card.nm) != nm && card.draft.vendor_code == draft.vendor_code;
        errors.extend(self.cards.iter().any(used).then_some(CardError::VendorCodeUsed));
        let full = nm.is_none() && self.cards.len() >= self.bounds.cards_max;
        errors.extend(full.then_some(CardError::ShopFull { max: self.bounds.cards_max }));
        errors
    }

    fn barcode_errors(&self, nm: Option<u64>, draft: &Draft) -> Vec<CardError> {
        let others = self.cards.iter().filter(|card| Some(card.nm) != nm);
        let mut seen: HashSet<&str> =
            others.flat_map(|card| &card.draft.sizes).flat_map(|size| &size.skus).map(String::as_str).collect();
        let mut errors = Vec::new();
        for sku in draft.sizes.iter().flat_map(|size| &size.skus) {
            if !is_barcode(sku) {
                errors.push(CardError::BarcodeInvalid { sku: sku.clone() });
            } else if !seen.insert(sku) {
                errors.push(CardError::BarcodeUsed { sku: sku.clone() });
            }
        }
        errors
    }
}

fn word_errors(subject: &Subject, draft: &Draft) -> Vec<CardError> {
    let fields = [
        (Field::Title, &draft.title, TITLE_CHARS_MAX),
        (Field::Description, &draft.description, subject.description_chars_max),
    ];
    let mut errors = Vec::new();
    for (field, text, max) in fields {
        let chars = text.chars().count();
        errors.extend((chars > max).then_some(CardError::TooLong { field, chars, max }));
        let symbols: Vec<String> = text.chars().filter(|c| is_forbidden(*c)).map(String::from).collect();
        errors.extend((!symbols.is_empty()).then(|| CardError::Symbols { field, symbols: symbols.join(" ") }));
        errors.extend(text.split_whitespace().any(is_email).then_some(CardError::Email { field }));
        let lower = text.to_lowercase();
        let words: HashSet<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
        let found = FORBIDDEN_WORDS.iter().filter(|word| words.contains(*word));
        errors.extend(found.map(|word| CardError::Forbidden { field, word }));
    }
    errors
}

/// Pictures and control characters; line ends are allowed.
fn is_forbidden(c: char) -> bool {
    let picture = matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0xFE0F);
    picture || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn is_email(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.trim_end_matches('.').contains('.'))
}

fn charc_errors(subject: &'static Subject, draft: &Draft) -> Vec<CardError> {
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for filled in &draft.characteristics {
        match subject.charc(filled.id) {
            None => errors.push(CardError::Unknown { id: filled.id }),
            Some(charc) if !seen.insert(filled.id) => errors.push(CardError::Twice { charc }),
            Some(charc) => errors.extend(value_error(charc, &filled.value)),
        }
    }
    let filled = |charc: &Charc| draft.characteristics.iter().any(|one| one.id == charc.id && !is_empty(&one.value));
    let missing = subject.charcs.iter().filter(|charc| charc.required && !filled(charc));
    errors.extend(missing.map(|charc| CardError::Missing { charc }));
    errors
}

fn value_error(charc: &'static Charc, value: &Value) -> Option<CardError> {
    match charc.kind {
        Kind::Number { .. } => (!value.is_number()).then_some(CardError::NotNumber { charc }),
        Kind::Strings { max, .. } => match value.as_array() {
            Some(values) if values.iter().all(is_value) => {
                (max > 0 && values.len() > max).then_some(CardError::TooMany { charc, max })
            }
            _ => Some(CardError::NotStrings { charc }),
        },
    }
}

fn is_value(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty() && text.chars().count() <= VALUE_CHARS_MAX)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn size_errors(draft: &Draft) -> Vec<CardError> {
    let mut errors = Vec::new();
    if let Some(dimensions) = draft.dimensions {
        let sides = [dimensions.length, dimensions.width, dimensions.height];
        let outside = sides.iter().any(|side| !(0..=DIMENSION_CM_MAX).contains(side));
        errors.extend(outside.then_some(CardError::Dimensions));
        let grams = dimensions.weight_brutto * 1_000.0;
        let exact = (grams - grams.round()).abs() < 1e-6;
        let weighs = (0.0..=WEIGHT_KG_MAX).contains(&dimensions.weight_brutto);
        errors.extend((!weighs || !exact).then_some(CardError::Weight));
    }
    let dear = draft.sizes.iter().any(|size| size.price.is_some_and(|price| price > PRICE_MAX));
    errors.extend(dear.then_some(CardError::Price));
    let mut seen = HashSet::new();
    let twice = draft.sizes.iter().filter(|size| !seen.insert(&size.tech));
    errors.extend(twice.map(|size| CardError::SizeTwice { size: size.tech.clone() }));
    errors
}

/// Digits, 8 to 14 of them. Of the 13 of EAN-13 the last must check the others.
fn is_barcode(sku: &str) -> bool {
    let digits = (8..=14).contains(&sku.len()) && sku.bytes().all(|byte| byte.is_ascii_digit());
    digits && (sku.len() != 13 || sku.ends_with(char::from(b'0' + check_digit(&sku[..12]))))
}

/// The last digit of EAN-13 for the first twelve.
pub(crate) fn check_digit(twelve: &str) -> u8 {
    let weighted = twelve.bytes().enumerate().map(|(at, byte)| {
        let weight = if at % 2 == 0 { 1 } else { 3 };
        u32::from(byte - b'0') * weight
    });
    u8::try_from((10 - weighted.sum::<u32>() % 10) % 10).unwrap_or(0)
}
