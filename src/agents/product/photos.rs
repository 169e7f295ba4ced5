//! What becomes of the photos of a listing once they were looked at: which links stay, and what the seller reads of each. Pure.
//!
//! A photo goes where the marketplace would refuse it, where there is none at the link, or where it repeats another one. One that
//! could only not be looked at stays: the marketplace may well reach what we do not.

mod words;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::agents::language::Language;

/// Why there is nothing to measure, where the marketplace could not take it either.
const NO_PHOTO: [&str; 8] =
    ["empty", "not_an_image", "unsupported", "truncated", "damaged", "too_large", "too_many_pixels", "too_much_memory"];
/// Answers of a server after which the marketplace gets nothing from it, either.
const GONE: [&str; 2] = ["404", "410"];
const NEAR_DUPLICATE: &str = "near_duplicate";

/// What came of looking at them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Links that are sent, in their order.
    pub kept: Vec<String>,
    /// At most one line for each link: those that are not sent, those that could not be looked at, and what may be better.
    pub lines: Vec<String>,
}

/// What is to be said of a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate<'a> {
    NotSent(Vec<&'a str>),
    Unseen(&'a str),
    Sent(Vec<&'a str>),
}

/// Judges links by the answer of `image_analysis`, which numbers them from 1 as they were given. One that it says nothing of
/// stays.
pub fn look(links: &[String], found: &Value, language: Language) -> Looked {
    let images: BTreeMap<u64, &Value> = numbered(&found["images"], "image").collect();
    let repeats: BTreeMap<u64, u64> = numbered(&found["duplicates"], "second")
        .filter_map(|(second, duplicate)| Some((second, duplicate["first"].as_u64()?)))
        .collect();
    let (mut kept, mut not_sent, mut unseen, mut sent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, link) in (1_u64..).zip(links) {
        let is_repeated = repeats.get(&number).is_none_or(|first| stands_for(*first, &kept, &repeats));
        let fate = images.get(&number).map_or(Fate::Sent(Vec::new()), |image| fate(image, is_repeated));
        if !matches!(fate, Fate::NotSent(_)) {
            kept.push(number);
        }
        match fate {
            Fate::NotSent(codes) => not_sent.push(words::not_sent(link, &codes, language)),
            Fate::Unseen(code) => unseen.push(words::unseen(link, code, language)),
            Fate::Sent(codes) if codes.is_empty() => {}
            Fate::Sent(codes) => sent.push(words::remark(link, &codes, language)),
        }
    }
    let of = |number: u64| usize::try_from(number).ok().and_then(|number| links.get(number.checked_sub(1)?)).cloned();
    Looked { kept: kept.into_iter().filter_map(of).collect(), lines: [not_sent, unseen, sent].concat() }
}

fn numbered<'a>(list: &'a Value, key: &'static str) -> impl Iterator<Item = (u64, &'a Value)> {
    list.as_array().into_iter().flatten().filter_map(move |one| Some((one[key].as_u64()?, one)))
}

/// Whether a photo is sent, or another one that looks like it.
fn stands_for(first: u64, kept: &[u64], repeats: &BTreeMap<u64, u64>) -> bool {
    kept.iter().any(|number| *number == first || repeats.get(number) == Some(&first))
}

fn fate(image: &Value, is_repeated: bool) -> Fate<'_> {
    if let Some(failure) = image.get("failure") {
        let code = failure["code"].as_str().unwrap_or_default();
        let message = failure["message"].as_str().unwrap_or_default();
        let is_gone = code == "http_status" && message.split(' ').any(|word| GONE.contains(&word));
        return match code {
            _ if is_gone => Fate::NotSent(vec!["gone"]),
            code if NO_PHOTO.contains(&code) => Fate::NotSent(vec![code]),
            code => Fate::Unseen(code),
        };
    }
    let findings = image["findings"].as_array().into_iter().flatten();
    let all: Vec<(&str, bool)> = findings
        .filter_map(|finding| Some((finding["code"].as_str()?, finding["severity"] == "error")))
        .filter(|(code, _)| *code != NEAR_DUPLICATE || is_repeated)
        .collect();
    let decides = |(code, is_error): &&(&str, bool)| *is_error || *code == NEAR_DUPLICATE;
    let against: Vec<&str> = all.iter().filter(decides).map(|(code, _)| *code).collect();
    if against.is_empty() {
        Fate::Sent(all.into_iter().map(|(code, _)| code).collect())
    } else {
        Fate::NotSent(against)
    }
}

#[cfg(test)]
mod tests;
