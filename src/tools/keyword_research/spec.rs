//! What a keyword tool says of itself, and its arguments.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{KeywordQuery, Request, SearchText, words::Language};
use crate::tools::{Effect, ToolSpec};

/// Keywords of an answer where a call names no number.
const LIMIT_DEFAULT: usize = 30;
/// The most keywords of an answer.
const LIMIT_MAX: usize = 100;

const OWN_WORDS: &str = "Finds keywords for a product card in Russian or English: from search reports, the seller's own cards, \
    competitors' texts and the product's own, and from a list of usual phrases where nothing else is known. Forms of one \
    phrase are one keyword. Answers with `keywords` (phrase, score of 100, sources, why), the best first, and `leftOut`: \
    claims, names of others and what is not about the product. Use the best in the title and the rest in the description.";

pub(super) fn spec(name: &str, description: Option<String>) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: description.unwrap_or_else(|| OWN_WORDS.to_owned()),
        parameters: parameters(),
        effect: Effect::Pure,
    }
}

fn parameters() -> Value {
    let text = |chars: u32, words: &str| json!({"type": "string", "maxLength": chars, "description": words});
    let texts = |items: u32, chars: u32, words: &str| {
        let item = json!({"type": "string", "maxLength": chars});
        json!({"type": "array", "items": item, "maxItems": items, "description": words})
    };
    json!({
        "type": "object",
        "properties": {
            "subject": text(200, "What it is, in the marketplace's word: платья, mugs"),
            "title": text(500, "The title of the card"),
            "description": text(10_000, "The description of the card"),
            "texts": texts(20, 5000, "What else is known of it: characteristics, the seller's words"),
            "competitors": texts(30, 1000, "Titles or descriptions of competitors' cards"),
            "searchTexts": {
                "type": "array",
                "maxItems": 2000,
                "description": "Rows of a search report",
                "items": {
                    "type": "object",
                    "properties": {
                        "phrase": {"type": "string", "maxLength": 200},
                        "frequency": {"type": "integer", "minimum": 0, "maximum": 9_000_000_000_000_000_u64},
                    },
                    "required": ["phrase", "frequency"],
                    "additionalProperties": false,
                },
            },
            "language": {"type": "string", "enum": ["ru", "en"], "description": "Left out: that of the texts"},
            "limit": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
        },
        "additionalProperties": false,
    })
}

/// The arguments of a call, as the schema lets them through.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    subject: String,
    title: String,
    description: String,
    texts: Vec<String>,
    competitors: Vec<String>,
    search_texts: Vec<Row>,
    language: Option<Language>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Row {
    phrase: String,
    frequency: u64,
}

impl Arguments {
    pub(super) fn query(&self) -> KeywordQuery {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        KeywordQuery { subject: given(&self.subject), title: given(&self.title) }
    }

    /// Without what the source knows.
    pub(super) fn into_request(self) -> Request {
        let own = [&self.subject, &self.title, &self.description].into_iter().chain(&self.texts);
        let language = self.language.unwrap_or_else(|| Language::of(own.map(String::as_str)));
        let searches = self.search_texts.into_iter();
        Request {
            language,
            subject: self.subject,
            title: self.title,
            description: self.description,
            texts: self.texts,
            competitors: self.competitors,
            searches: searches.map(|row| SearchText { phrase: row.phrase, frequency: row.frequency }).collect(),
            cards: Vec::new(),
            limit: self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX),
        }
    }
}
