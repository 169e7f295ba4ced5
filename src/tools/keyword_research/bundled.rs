//! The list that comes with the server, for where nothing else is known.

use std::{collections::BTreeSet, sync::LazyLock};

use super::words::{Language, Phrase};

/// How much of a category a text must tell to be of it: one of its words counts [`WORD_POINTS`], one of its phrases one.
const POINTS_MIN: usize = 3;
/// What a word of the category's own counts.
const WORD_POINTS: usize = 3;

/// A category of goods.
#[derive(Debug)]
struct Category {
    #[cfg_attr(not(test), expect(dead_code, reason = "tests say by it which category is wrong"))]
    name: &'static str,
    words: BTreeSet<String>,
    russian: Vec<Phrase>,
    english: Vec<Phrase>,
}

impl Category {
    fn phrases(&self, language: Language) -> &[Phrase] {
        match language {
            Language::Russian => &self.russian,
            Language::English => &self.english,
        }
    }

    /// How much the stems of a text tell of this category.
    fn points(&self, stems: &BTreeSet<&str>, language: Language) -> usize {
        let is_told = |stem: &String| stems.contains(stem.as_str());
        let words = self.words.iter().filter(|stem| is_told(stem)).count();
        let phrases = self.phrases(language).iter().filter(|phrase| phrase.stems.iter().any(is_told)).count();
        words * WORD_POINTS + phrases
    }
}

static CATEGORIES: LazyLock<Vec<Category>> = LazyLock::new(|| {
    let text = include_str!("bundled.txt");
    text.split("\n== ").skip(1).filter_map(category).collect()
});

/// One category of the file.
fn category(text: &'static str) -> Option<Category> {
    let (head, phrases) = text.split_once('\n')?;
    let (name, words) = head.split_once(':')?;
    let of = |mark: &str| {
        let line = phrases.lines().find_map(|line| line.strip_prefix(mark)).unwrap_or_default();
        line.split(';').filter_map(Phrase::whole).collect()
    };
    let words = words.split([',', '/']).filter_map(Phrase::whole).flat_map(|phrase| phrase.stems).collect();
    Some(Category { name, words, russian: of("ru:"), english: of("en:") })
}

/// The phrases of the category that a text tells most of; none where it tells too little.
pub(super) fn phrases(stems: &BTreeSet<&str>, language: Language) -> &'static [Phrase] {
    // The first of equals, so that the answer is always the same.
    let by_points = CATEGORIES.iter().rev().map(|category| (category.points(stems, language), category));
    let best = by_points.max_by_key(|(points, _)| *points).filter(|(points, _)| *points >= POINTS_MIN);
    best.map_or(&[], |(_, category)| category.phrases(language))
}

#[cfg(test)]
mod tests {
    use super::{super::forbidden::reason, *};

    #[test]
    fn every_category_has_fifteen_good_phrases_in_each_language() {
        assert!(CATEGORIES.len() >= 15, "{}", CATEGORIES.len());
        for category in CATEGORIES.iter() {
            for language in [Language::Russian, Language::English] {
                let phrases = category.phrases(language);
                assert_eq!(phrases.len(), 15, "{} {language:?}", category.name);
                let mut seen = BTreeSet::new();
                for phrase in phrases {
                    assert!(seen.insert(&phrase.stems), "{}: `{}` is there twice", category.name, phrase.shown);
                    assert!(reason(phrase).is_none() && language.has(&phrase.shown), "{phrase:?}");
                }
            }
        }
    }

    #[track_caller]
    fn check(text: &str, language: Language, expected: &str) {
        let stems = Phrase::whole(text).unwrap().stems;
        let found = phrases(&stems.iter().map(String::as_str).collect(), language);
        assert_eq!(found.first().map_or("", |phrase| phrase.shown.as_str()), expected, "{text}");
    }

    #[test]
    fn a_text_finds_its_category() {
        check("Платье красное", Language::Russian, "платье женское летнее");
        check("Кружки с котом", Language::Russian, "кружка керамическая");
        check("sneakers", Language::English, "white sneakers women");
        check("a leash for a puppy", Language::English, "cat bed");
        check("квантовый генератор", Language::Russian, "");
    }
}
