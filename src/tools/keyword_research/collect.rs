//! Candidates, gathered from everywhere; the same phrase in other forms is one candidate.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    OwnCard, SearchText, bundled,
    words::{Language, Phrase, ngrams},
};

/// The longest phrase of a search report that is taken, in content words.
const PHRASE_WORDS_MAX: usize = 8;

/// Where a candidate was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Buyers searched for it.
    SearchReport,
    /// The seller's other cards have it.
    OwnCards,
    /// Competitors' texts have it.
    Competitors,
    /// The texts of this product have it.
    Text,
    /// The list that comes with the server.
    BundledList,
}

/// What keywords are for, and what there is to learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Of the keywords.
    pub language: Language,
    /// What it is.
    pub subject: String,
    /// The title of the card.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Whatever else is known of the product.
    pub texts: Vec<String>,
    /// Titles or descriptions of competitors.
    pub competitors: Vec<String>,
    /// Rows of a search report.
    pub searches: Vec<SearchText>,
    /// The seller's other cards.
    pub cards: Vec<OwnCard>,
    /// How many keywords are wanted.
    pub limit: usize,
}

/// A phrase in all its forms, with what was seen of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidate {
    /// Each form with the most that it was searched for.
    forms: BTreeMap<String, u64>,
    pub(super) origins: BTreeSet<Origin>,
    /// How often texts have it.
    pub(super) mentions: u32,
    pub(super) is_marked: bool,
}

impl Candidate {
    /// The form that was searched for most; of equals the first by alphabet.
    pub(super) fn shown(&self) -> &str {
        let best = self.forms.iter().rev().max_by_key(|(_, frequency)| **frequency);
        best.map_or("", |(form, _)| form.as_str())
    }

    /// The searches of all its forms. A form that two rows have counts once: reports tell it for each product.
    pub(super) fn frequency(&self) -> u64 {
        self.forms.values().fold(0, |sum, frequency| sum.saturating_add(*frequency))
    }
}

/// By their stems.
pub(super) type Candidates = BTreeMap<Vec<String>, Candidate>;

/// Everything that may be a keyword. The bundled list is asked only where neither searches nor cards are there.
pub(super) fn candidates(request: &Request) -> Candidates {
    let mut all = Candidates::new();
    for row in &request.searches {
        let phrase = Phrase::whole(&row.phrase).filter(|phrase| phrase.stems.len() <= PHRASE_WORDS_MAX);
        add(&mut all, phrase, Origin::SearchReport, row.frequency);
    }
    let cards = request.cards.iter().flat_map(|card| {
        [&card.title, &card.description].into_iter().chain(&card.characteristics).map(|text| (Origin::OwnCards, text))
    });
    let own = [&request.subject, &request.title, &request.description].into_iter().chain(&request.texts);
    let own = own.map(|text| (Origin::Text, text));
    let competitors = request.competitors.iter().map(|text| (Origin::Competitors, text));
    for (origin, text) in cards.chain(own).chain(competitors) {
        for phrase in ngrams(text) {
            add(&mut all, Some(phrase), origin, 0);
        }
    }
    if request.searches.is_empty() && request.cards.is_empty() {
        let stems: BTreeSet<String> = all.keys().flatten().cloned().collect();
        let list = bundled::phrases(&stems.iter().map(String::as_str).collect(), request.language);
        for phrase in list {
            add(&mut all, Some(phrase.clone()), Origin::BundledList, 0);
        }
    }
    all
}

fn add(all: &mut Candidates, phrase: Option<Phrase>, origin: Origin, frequency: u64) {
    let Some(phrase) = phrase else { return };
    let candidate = all.entry(phrase.stems).or_default();
    let most = candidate.forms.entry(phrase.shown).or_default();
    *most = frequency.max(*most);
    candidate.origins.insert(origin);
    let is_mention = !matches!(origin, Origin::SearchReport | Origin::BundledList);
    candidate.mentions = candidate.mentions.saturating_add(u32::from(is_mention));
    candidate.is_marked |= phrase.is_marked;
}
