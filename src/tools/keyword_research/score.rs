//! How good a keyword is, of 100:
//!
//! `100 × length × (0.5 searches + 0.3 relevance + 0.1 origin + 0.1 mentions)`
//!
//! - *searches*: `ln(1 + n) / ln(1 + 100,000)`, at most 1. By the logarithm, since searches of phrases differ by powers of
//!   ten and the first hundred say more than the next. Against a fixed number, so that the score of one phrase hangs on no
//!   other. Half of all: what buyers are known to write goes before what might be.
//! - *relevance*: the mean, over the words of the phrase, of the weight of the best field that has the word's stem: 1 in the
//!   subject, 0.9 in the title, 0.6 in other texts, 0.5 in the description. Keywords that are not about the product bring
//!   buyers who leave.
//! - *origin*: 1 from a search report, 0.7 from the seller's own cards, 0.5 from competitors or the text, 0.3 from the
//!   bundled list: how sure it is that buyers write so.
//! - *mentions*: `ln(1 + n) / ln(1 + 10)`, at most 1: what many texts repeat is what the thing is called.
//! - *length*: 1 for two or three words, 0.85 for one, which everybody has and which tells little, 0.9 for more, which few
//!   write.

use std::collections::BTreeMap;

use super::{
    collect::{Candidate, Origin, Request},
    words::pieces,
};

/// As many searches are as good as any number of them.
const SEARCHES_FULL: f64 = 100_000.0;
/// As many mentions are as good as any number of them.
const MENTIONS_FULL: f64 = 10.0;
const SUBJECT: f64 = 1.0;
const TITLE: f64 = 0.9;
const TEXTS: f64 = 0.6;
const DESCRIPTION: f64 = 0.5;

/// What is sold: the stems of its texts, each with the weight of the best field that has it.
#[derive(Debug, Default)]
pub(super) struct Reference(BTreeMap<String, f64>);

impl Reference {
    pub(super) fn of(request: &Request) -> Self {
        let mut reference = Self::default();
        reference.take(&request.subject, SUBJECT);
        reference.take(&request.title, TITLE);
        request.texts.iter().for_each(|text| reference.take(text, TEXTS));
        reference.take(&request.description, DESCRIPTION);
        reference
    }

    fn take(&mut self, text: &str, weight: f64) {
        for word in pieces(text).into_iter().flatten().filter(|word| !word.is_stop) {
            let best = self.0.entry(word.stem).or_insert(weight);
            *best = best.max(weight);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of these stems it has.
    pub(super) fn known(&self, stems: &[String]) -> usize {
        stems.iter().filter(|stem| self.0.contains_key(*stem)).count()
    }

    fn relevance(&self, stems: &[String]) -> f64 {
        let (sum, count) = stems
            .iter()
            .fold((0.0, 0.0), |(sum, count), stem| (sum + self.0.get(stem).copied().unwrap_or(0.0), count + 1.0));
        if count > 0.0 { sum / count } else { 0.0 }
    }
}

/// The score of a candidate, of 100, with one decimal.
pub(super) fn score(stems: &[String], candidate: &Candidate, reference: &Reference) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "its logarithm is taken")]
    let searches = logarithmic(candidate.frequency() as f64, SEARCHES_FULL);
    let mentions = logarithmic(f64::from(candidate.mentions), MENTIONS_FULL);
    let origin = candidate.origins.iter().map(|origin| trust(*origin)).fold(0.0, f64::max);
    let sum = 0.5 * searches + 0.3 * reference.relevance(stems) + 0.1 * origin + 0.1 * mentions;
    (1000.0 * length(stems.len()) * sum).round() / 10.0
}

fn logarithmic(count: f64, full: f64) -> f64 {
    (count.ln_1p() / full.ln_1p()).min(1.0)
}

fn trust(origin: Origin) -> f64 {
    match origin {
        Origin::SearchReport => 1.0,
        Origin::OwnCards => 0.7,
        Origin::Competitors | Origin::Text => 0.5,
        Origin::BundledList => 0.3,
    }
}

fn length(words: usize) -> f64 {
    match words {
        2 | 3 => 1.0,
        0 | 1 => 0.85,
        _ => 0.9,
    }
}
