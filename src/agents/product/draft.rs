//! A listing as far as it is: what the user said, what the marketplace asks, and what came of it. One JSON document, kept in
//! the state of the run and in the conversation's data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::compose::Texts;
use crate::agents::language::Language;

/// A listing that is being made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Draft {
    /// The language of the card, `en` or `ru`: that of the first message.
    pub language: String,
    /// The seller's code, derived once: an upload that is repeated finds its card by it.
    pub vendor_code: String,
    /// What it is, in the seller's words.
    pub product: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The price in whole roubles.
    pub price: Option<u64>,
    /// Sizes, as the maker names them.
    pub sizes: Vec<String>,
    /// What was said under a name: `color`, `composition`, `country`, `gender`, `season`, or the name of a characteristic.
    pub said: BTreeMap<String, String>,
    /// With the packing, in cm: length, width, height.
    pub dimensions: Option<[u32; 3]>,
    /// With the packing, in grams.
    pub weight_g: Option<u32>,
    /// Links.
    pub photos: Vec<String>,
    /// Of the sizes, in their order.
    pub barcodes: Vec<String>,
    /// Texts of the user's about it, which keywords come from.
    pub texts: Vec<String>,
    /// The title, where the user gave one.
    pub title: Option<String>,
    /// The description, where the user gave one.
    pub description: Option<String>,
    /// What a model wrote.
    pub written: Option<Written>,
    /// The category.
    pub subject: Option<Subject>,
    /// Categories that it may be, the likeliest first.
    pub candidates: Vec<Subject>,
    /// How many of them were shown before those that are shown now.
    pub candidates_passed: usize,
    /// What the user called the category, where that was said.
    pub category_said: Option<String>,
    /// Answers in a row that named no category.
    pub category_unclear: u32,
    /// Parts of names that categories are still to be looked for by; none before the first search.
    pub searches: Option<Vec<String>>,
    /// What cards of the category say; none before they were read.
    pub charcs: Option<Vec<Charc>>,
    /// Their values, by id.
    pub values: BTreeMap<u64, Value>,
    /// What buyers search by, the best first; none before the search.
    pub keywords: Option<Vec<String>>,
    /// What was found about the photos; none before they were looked at.
    pub photo_notes: Option<Vec<String>>,
    /// Uploads whose rejection was taken into account.
    pub ignore_batches: Vec<String>,
    /// It was sent.
    pub is_sent: bool,
    /// The article of the card.
    pub nm_id: Option<u64>,
}

/// What a model wrote, and from which facts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Written {
    /// The mark of the facts.
    pub of: String,
    /// What keeps the rules; none where nothing did.
    pub texts: Option<Texts>,
    /// How often it was asked.
    pub tries: u32,
    /// What was wrong the last time, in words for the model.
    pub wrong: Vec<String>,
}

/// A category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The name of the one above.
    pub parent: String,
}

/// A characteristic of the category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Charc {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether a card must have it.
    pub required: bool,
    /// Its unit.
    pub unit: String,
    /// How many values it takes; 0: any number.
    pub max_count: u32,
    /// Whether it is a number; else it is a list of texts.
    pub is_number: bool,
}

impl Draft {
    /// Nothing but a language and a code.
    pub fn new(language: Language, vendor_code: String) -> Self {
        Self { language: code(language).to_owned(), vendor_code, ..Self::default() }
    }

    /// As it is stored; nothing where it is not one of ours.
    pub fn read(value: &Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok().filter(|draft: &Self| !draft.vendor_code.is_empty())
    }

    /// To be stored.
    pub fn document(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(document)) => document,
            // A struct of texts and numbers is an object.
            _ => Map::new(),
        }
    }

    /// The language of the card.
    pub fn language(&self) -> Language {
        if self.language == "ru" { Language::Russian } else { Language::English }
    }

    /// What a text of the card calls it.
    pub fn name(&self) -> &str {
        self.product.as_deref().unwrap_or_default()
    }

    /// Another product is another category; what was worked out of it goes.
    pub fn forget_category(&mut self) {
        self.subject = None;
        self.candidates.clear();
        self.candidates_passed = 0;
        self.category_said = None;
        self.category_unclear = 0;
        self.searches = None;
        self.charcs = None;
        self.values.clear();
        self.keywords = None;
    }
}

/// The word for a language in `user.language`.
pub fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Russian => "ru",
    }
}

/// The language that `user.language` names.
pub fn language(user: &Value) -> Language {
    if user["language"] == "ru" { Language::Russian } else { Language::English }
}
