//! Words and their stems, in both languages at once: each word is stemmed by its own script.

use std::{collections::HashSet, sync::LazyLock};

use frostem::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

/// The longest word, in characters; what is longer is no word.
const WORD_CHARS_MAX: usize = 40;
/// Content words of a phrase that is taken out of a text.
const NGRAM_WORDS_MAX: usize = 3;
/// Words that say nothing, of which a phrase may hold one between two others.
const STOP_WORDS: &str = "и в во на с со к ко о об от до по за из у для без под над при про через или а но не ни же ли бы \
    это этот эта эти тот та те то так как что чтобы который которая которые также еще уже очень более менее все весь вся \
    всех наш наша наши ваш ваша ваши мой моя мы вы он она они его ее их есть быть был была можно нужно если когда где там \
    тут здесь только даже свой своя свои себя вам нам вас нас будет \
    the a an and or but of in on at to for with without from by as is are be was were it its this that these those you \
    your our we they them their he she his her can will not no so very more most all any each also has have had do does";

/// What phrases are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant is the language of that name")]
pub enum Language {
    #[serde(rename = "ru")]
    Russian,
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// That of most letters; Russian where there are none, as on the marketplace.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut cyrillic, mut latin) = (0_usize, 0_usize);
        for c in texts.flat_map(str::chars) {
            cyrillic += usize::from(is_cyrillic(c));
            latin += usize::from(c.is_ascii_alphabetic());
        }
        if latin > cyrillic { Self::English } else { Self::Russian }
    }

    /// Whether a phrase has a word of this language.
    pub(super) fn has(self, phrase: &str) -> bool {
        phrase.chars().any(|c| match self {
            Self::Russian => is_cyrillic(c),
            Self::English => c.is_ascii_alphabetic(),
        })
    }
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё')
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case, with `е` for `ё`.
    pub(super) shown: String,
    pub(super) stem: String,
    pub(super) is_stop: bool,
    /// Written like a name: `iPhone`, or with ® or ™.
    pub(super) is_marked: bool,
}

impl Word {
    /// More than a number or a unit.
    fn says_something(&self) -> bool {
        !self.is_stop && self.shown.chars().filter(|c| c.is_alphabetic()).count() > 2
    }
}

/// A phrase and what makes it the same as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) shown: String,
    /// Of its content words, sorted, each once.
    pub(super) stems: Vec<String>,
    pub(super) is_marked: bool,
}

impl Phrase {
    /// All of a text as one phrase; none where it has no word that says something.
    pub(super) fn whole(text: &str) -> Option<Self> {
        let words: Vec<Word> = pieces(text).into_iter().flatten().collect();
        let from = words.iter().position(|word| !word.is_stop)?;
        let to = words.iter().rposition(|word| !word.is_stop)?;
        Self::of(words.get(from..=to)?)
    }

    fn of(words: &[Word]) -> Option<Self> {
        let content = || words.iter().filter(|word| !word.is_stop);
        if !content().any(Word::says_something) {
            return None;
        }
        let mut stems: Vec<String> = content().map(|word| word.stem.clone()).collect();
        stems.sort_unstable();
        stems.dedup();
        let shown = words.iter().map(|word| word.shown.as_str()).collect::<Vec<_>>().join(" ");
        Some(Self { shown, stems, is_marked: words.iter().any(|word| word.is_marked) })
    }
}

/// The phrases of one to three content words of a text. None goes over the end of a sentence or of a part of one. Words that
/// say nothing do not count, and stand only between two others: `платье для девочки` is what buyers write. Nor does a phrase
/// begin or end with a number or a unit.
pub(super) fn ngrams(text: &str) -> Vec<Phrase> {
    let pieces = pieces(text);
    pieces.iter().flat_map(|words| (0..words.len()).flat_map(|from| ngrams_from(&words[from..]))).collect()
}

fn ngrams_from(words: &[Word]) -> Vec<Phrase> {
    let (mut found, mut content, mut stops) = (Vec::new(), 0, 0);
    for (at, word) in words.iter().enumerate() {
        stops = if word.is_stop { stops + 1 } else { 0 };
        content += usize::from(!word.is_stop);
        let begins_well = words.first().is_some_and(Word::says_something);
        if !begins_well || content > NGRAM_WORDS_MAX || stops > 1 {
            break;
        }
        if word.says_something() {
            found.extend(Phrase::of(&words[..=at]));
        }
    }
    found
}

/// The words of a text, by the parts of its sentences.
pub(super) fn pieces(text: &str) -> Vec<Vec<Word>> {
    let is_end = |c: char| ".,;:!?()[]{}/\\|•·–—\"«»\n\t".contains(c);
    text.split(is_end).map(words).filter(|words| !words.is_empty()).collect()
}

fn words(piece: &str) -> Vec<Word> {
    let is_inside = |c: char| c.is_alphanumeric() || "-'’®™".contains(c);
    piece.split(|c: char| !is_inside(c)).filter_map(word).collect()
}

fn word(written: &str) -> Option<Word> {
    let is_marked = written.contains(['®', '™']) || is_mixed(written);
    let trimmed = written.trim_matches(|c: char| !c.is_alphanumeric());
    let lower = trimmed.replace('’', "'").replace(['®', '™'], "").to_lowercase().replace('ё', "е");
    if lower.is_empty() || lower.chars().count() > WORD_CHARS_MAX {
        return None;
    }
    let is_stop = is_stop(&lower) || (lower.chars().count() == 1 && lower.chars().all(char::is_alphabetic));
    Some(Word { stem: stem(&lower), shown: lower, is_stop, is_marked })
}

/// A capital after a small letter, within Latin letters: `iPhone`, `MacBook`.
fn is_mixed(written: &str) -> bool {
    written.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn is_stop(lower: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP_WORDS.split_whitespace().collect());
    ALL.contains(lower)
}

/// The stem of a word in lower case, with `е` for `ё`, by its script: Russian or English (Snowball).
pub fn stem(lower: &str) -> String {
    let algorithm = if lower.chars().any(is_cyrillic) { Algorithm::Russian } else { Algorithm::English };
    Stemmer::new(algorithm).stem(lower).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(one: &str, other: &str, expected: bool) {
        let stems = |text| Phrase::whole(text).unwrap().stems;
        assert_eq!(stems(one) == stems(other), expected, "{:?} {:?}", stems(one), stems(other));
    }

    #[test]
    fn phrases_are_the_same_by_their_stems() {
        same("Платье летнее женское", "женские летние платья", true);
        same("платье для девочки", "платья девочкам", true);
        same("ёлка", "елки", true);
        same("running shoes", "Shoe for running", true);
        same("women's dress", "womens dresses", true);
        same("платье красное", "платье синее", false);
        same("usb кабель", "кабели USB", true);
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = ngrams(text).into_iter().map(|phrase| phrase.shown).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn phrases_of_a_text_keep_to_its_sentences_and_begin_and_end_with_words_that_say_something() {
        check("Платье для девочки.", &["платье", "платье для девочки", "девочки"]);
        check("Хлопок, лён", &["хлопок", "лен"]);
        check("it is the best of all", &["best"]);
        check("кружка 500 мл с крышкой", &["кружка", "крышкой"]);
        check("набор 12 кружек", &["набор", "набор 12 кружек", "кружек"]);
        check("и в на", &[]);
        check("", &[]);
    }

    #[test]
    fn the_language_is_that_of_most_letters() {
        for (texts, expected) in [
            (vec!["Платье", "dress"], Language::Russian),
            (vec!["summer dress", "хлопок"], Language::English),
            (vec![], Language::Russian),
        ] {
            assert_eq!(Language::of(texts.iter().copied()), expected, "{texts:?}");
        }
    }
}
