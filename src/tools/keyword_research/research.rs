//! The pure core: what is known of a product in, keywords out. The same in any order of its lists.

use std::cmp::Reverse;

use serde::Serialize;

use super::{
    collect::{Candidate, Origin, Request, candidates},
    forbidden::{self, Reason},
    score::{Reference, score},
    words::{Language, Phrase},
};

/// How many of those that were left out are named.
const LEFT_OUT_MAX: usize = 20;

/// A phrase to use in a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Keyword {
    /// In lower case, in the form that is searched for most.
    pub phrase: String,
    /// Of 100; `score.rs` has the formula.
    pub score: f64,
    /// Where it was found, the best first.
    pub sources: Vec<Origin>,
    /// Searches in the period of the report, of all its forms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<u64>,
    /// Why it has this score, in words.
    pub why: String,
}

/// A phrase that may not be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// As it was found.
    pub phrase: String,
    /// Why.
    pub reason: Reason,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Research {
    /// Of the keywords.
    pub language: Language,
    /// The best first.
    pub keywords: Vec<Keyword>,
    /// What was searched for most of what may not be used.
    pub left_out: Vec<LeftOut>,
}

/// Finds keywords. Takes time by the length of the texts, so not on a thread that must answer.
pub fn research(request: &Request) -> Research {
    let reference = Reference::of(request);
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for (stems, candidate) in candidates(request) {
        let shown = candidate.shown().to_owned();
        match refusal(&stems, &candidate, &reference) {
            None if is_wanted(&candidate, &shown, request.language) => {
                kept.push(keyword(&stems, &candidate, &reference));
            }
            None => {}
            // Of what others write only a part is about this; that is no news.
            Some(Reason::Unrelated) if !candidate.origins.contains(&Origin::SearchReport) => {}
            Some(reason) => left_out.push((Reverse(candidate.frequency()), LeftOut { phrase: shown, reason })),
        }
    }
    kept.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.phrase.cmp(&other.phrase)));
    kept.truncate(request.limit);
    left_out.sort_unstable();
    left_out.truncate(LEFT_OUT_MAX);
    let left_out = left_out.into_iter().map(|(_, left_out)| left_out).collect();
    Research { language: request.language, keywords: kept, left_out }
}

/// A search report and competitors' texts are about other things too. Where nothing is known of the product, all is
/// about it.
fn refusal(stems: &[String], candidate: &Candidate, reference: &Reference) -> Option<Reason> {
    let phrase = Phrase { shown: String::new(), stems: stems.to_vec(), is_marked: candidate.is_marked };
    let is_unrelated =
        !reference.is_empty() && !candidate.origins.contains(&Origin::BundledList) && reference.known(stems) == 0;
    forbidden::reason(&phrase).or(is_unrelated.then_some(Reason::Unrelated))
}

/// What buyers write is taken in any language; of the rest, what has a word of the one that is asked for.
fn is_wanted(candidate: &Candidate, shown: &str, language: Language) -> bool {
    candidate.origins.contains(&Origin::SearchReport) || language.has(shown)
}

fn keyword(stems: &[String], candidate: &Candidate, reference: &Reference) -> Keyword {
    let frequency = candidate.origins.contains(&Origin::SearchReport).then(|| candidate.frequency());
    Keyword {
        phrase: candidate.shown().to_owned(),
        score: score(stems, candidate, reference),
        sources: candidate.origins.iter().copied().collect(),
        frequency,
        why: why(stems, candidate, reference),
    }
}

fn why(stems: &[String], candidate: &Candidate, reference: &Reference) -> String {
    let frequency = candidate.frequency();
    let searched = (frequency > 0).then(|| format!("searched {frequency} times"));
    let known = format!("{} of {} words are in what is sold", reference.known(stems), stems.len());
    let mentioned = (candidate.mentions > 0).then(|| format!("{} mentions in texts", candidate.mentions));
    let listed = candidate.origins.contains(&Origin::BundledList).then(|| "usual for the category".to_owned());
    searched.into_iter().chain([known]).chain(mentioned).chain(listed).collect::<Vec<_>>().join("; ")
}
