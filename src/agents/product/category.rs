//! Which category a product belongs to: searched by the stems of its words, ranked, and picked by the user where it is not
//! clear. Pure.

use serde_json::Value;

use super::{
    draft::{Draft, Subject},
    facts,
};
use crate::tools::keyword_research;

/// How many words are searched by.
const SEARCHES_MAX: usize = 4;
/// How many found ones are kept until all searches are done.
const CANDIDATES_MAX: usize = 60;
/// How many ranked ones the user may look through.
const KEPT_MAX: usize = 25;
/// The longest name of a category that is kept, in characters.
pub(super) const NAME_CHARS_MAX: usize = 100;
/// By how much the first must lead to be chosen without a question.
const LEAD_MIN: f64 = 1.0;
/// Words that name no category.
const SMALL: &[&str] = &[
    "для",
    "без",
    "под",
    "при",
    "или",
    "the",
    "and",
    "for",
    "with",
    "from",
    "new",
    "новый",
    "новая",
    "новое",
    "большой",
    "маленький",
    "big",
    "small",
    "set",
    "набор",
    "please",
    "пожалуйста",
    "one",
    "category",
    "категория",
    "это",
    "вот",
];
/// Words behind which comes what a thing is for or of, not what it is.
const BEHIND: &[&str] =
    &["для", "из", "с", "со", "без", "под", "на", "в", "к", "от", "for", "of", "with", "from", "in", "on", "without"];
/// Materials that stand beside a noun in English and are no product.
const MATERIALS: &[&str] = &[
    "ceramic",
    "porcelain",
    "glass",
    "steel",
    "stainless",
    "wooden",
    "wood",
    "plastic",
    "silicone",
    "cotton",
    "linen",
    "leather",
    "wool",
    "silk",
    "metal",
];
/// What a Russian adjective ends with.
const ADJECTIVES: &[&str] =
    &["ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие", "ую", "юю", "ого", "его", "ых", "их", "ым", "им"];
/// Nouns that end so, too: `украшение`, `питание`.
const NOUNS: &[&str] = &["ение", "ание", "ения", "ания"];

/// The stem of a word as it is written.
pub fn stem(word: &str) -> String {
    keyword_research::stem(&word.to_lowercase().replace('ё', "е"))
}

/// The stems of the words of a text that may say what it is.
pub fn stems(text: &str) -> Vec<String> {
    stems_of(words(text))
}

pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn stems_of<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let says = |word: &&str| word.chars().count() > 2 && !SMALL.contains(&word.to_lowercase().as_str());
    let mut found = Vec::new();
    for stem in words.filter(says).map(stem) {
        if stem.chars().count() > 2 && !found.contains(&stem) {
            found.push(stem);
        }
    }
    found
}

/// The stems of the words that say what a thing is, without what it is like, of or for; all of them where there are no
/// others.
pub fn nouns(text: &str) -> Vec<String> {
    let is_behind = |word: &&str| BEHIND.contains(&word.to_lowercase().as_str());
    let head = words(text).enumerate().take_while(|(at, word)| *at == 0 || !is_behind(word)).map(|(_, word)| word);
    let found = stems_of(head.filter(|word| !is_quality(word)));
    if found.is_empty() { stems_of(words(text).filter(|word| !facts::is_colour(&word.to_lowercase()))) } else { found }
}

fn is_quality(word: &str) -> bool {
    let lower = word.to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| lower.ends_with(end));
    let is_adjective = lower.chars().count() > 4 && ends(ADJECTIVES) && !ends(NOUNS);
    is_adjective || MATERIALS.contains(&lower.as_str()) || facts::is_colour(&lower)
}

/// What categories are looked for by: what it is before what it is like.
pub fn searches(product: &str) -> Vec<String> {
    let nouns = nouns(product);
    let other = stems_of(words(product).filter(|word| !facts::is_colour(&word.to_lowercase())));
    let other: Vec<String> = other.into_iter().filter(|stem| !nouns.contains(stem)).collect();
    nouns.into_iter().chain(other).take(SEARCHES_MAX).collect()
}

/// Adds what a search found.
pub fn add(draft: &mut Draft, found: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().chars().take(NAME_CHARS_MAX).collect::<String>();
    for one in found.as_array().into_iter().flatten() {
        let Some(id) = one["subjectID"].as_u64() else { continue };
        let is_new = draft.candidates.iter().all(|subject| subject.id != id);
        if is_new && draft.candidates.len() < CANDIDATES_MAX {
            draft.candidates.push(Subject { id, name: text(&one["subjectName"]), parent: text(&one["parentName"]) });
        }
    }
}

/// Sorts the candidates, the likeliest first, and takes the first where it is clear: a category that has no noun of the
/// product is no rival, however many of its adjectives it shares, and one with a noun that nobody said (`bed linen sets` of
/// `chess sets`) is asked about.
pub fn settle(draft: &mut Draft) {
    let called = draft.category_said.clone().unwrap_or_else(|| draft.name().to_owned());
    let nouns = keys(nouns(&called));
    let wanted = keys(stems(&format!("{called} {}", draft.name())));
    let ranked = |subject: Subject| {
        let name = keys(stems(&subject.name));
        let hits = count(name.iter().filter(|stem| wanted.contains(stem)).count());
        // Of two categories with as many hits the one with fewer other words is nearer.
        let score = hits.mul_add(2.0, hits / count(name.len().max(1)));
        let is_named = keys(self::nouns(&subject.name)).iter().all(|stem| wanted.contains(stem));
        ((name.iter().any(|stem| nouns.contains(stem)), is_named), score, subject)
    };
    let mut ranked: Vec<((bool, bool), f64, Subject)> = draft.candidates.drain(..).map(ranked).collect();
    ranked.sort_by(|(one, first, a), (other, second, b)| {
        other.0.cmp(&one.0).then(second.total_cmp(first)).then(a.id.cmp(&b.id))
    });
    let is_clear = match ranked.as_slice() {
        [((true, is_named), first, _), ((true, _), second, _), ..] => *is_named && first - second >= LEAD_MIN,
        [((is_near, is_named), ..), ..] => *is_near && *is_named,
        [] => false,
    };
    draft.candidates = ranked.into_iter().map(|(.., subject)| subject).take(KEPT_MAX).collect();
    if is_clear && let Some(first) = draft.candidates.first().cloned() {
        choose(draft, first);
    }
}

/// Stems as they are compared: without the vowel that comes and goes in `чехол`, `чехлы`.
pub(super) fn keys(stems: Vec<String>) -> Vec<String> {
    let key = |stem: String| {
        let mut chars: Vec<char> = stem.chars().collect();
        let at = chars.len().saturating_sub(2);
        let is_fleeting =
            chars.len() > 3 && matches!(chars[at], 'о' | 'е') && matches!(chars[at + 1], 'к' | 'л' | 'н' | 'ц' | 'р');
        if is_fleeting {
            chars.remove(at);
        }
        chars.into_iter().collect()
    };
    stems.into_iter().map(key).collect()
}

/// Takes this one.
pub fn choose(draft: &mut Draft, subject: Subject) {
    draft.subject = Some(subject);
    draft.category_unclear = 0;
}

#[expect(clippy::cast_precision_loss, reason = "words of a name are few")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(product: &str, found: &[&str], chosen: Option<&str>, first: Option<&str>) {
        let found: Value = (1..).zip(found).map(|(id, name)| json!({ "subjectID": id, "subjectName": name })).collect();
        let mut draft = Draft { product: Some(product.to_owned()), ..Draft::default() };
        add(&mut draft, &found);
        add(&mut draft, &found);
        settle(&mut draft);
        assert_eq!(draft.subject.as_ref().map(|subject| subject.name.as_str()), chosen, "{product}");
        assert_eq!(draft.candidates.first().map(|subject| subject.name.as_str()), first, "{product}");
    }

    #[test]
    fn the_category_is_taken_where_it_is_clear() {
        check("красную керамическую кружку", &["Кружки", "Кружки пивные"], None, Some("Кружки"));
        check("кружка пивная", &["Кружки", "Кружки пивные"], Some("Кружки пивные"), Some("Кружки пивные"));
        check("red ceramic mug", &["Phone cases", "Mugs"], Some("Mugs"), Some("Mugs"));
        check("electric kettle", &["Electric kettles", "Kettles"], Some("Electric kettles"), Some("Electric kettles"));
        check("штука", &["Кружки", "Платья"], None, Some("Кружки"));
        check("thing", &[], None, None);
    }

    #[test]
    fn a_category_that_shares_only_what_it_is_like_is_no_rival() {
        let linen = "Комплекты постельного белья";
        check("кружка керамическая белая", &[linen, "Кружки"], Some("Кружки"), Some("Кружки"));
        check(
            "чехол для белого телефона",
            &["Телефоны", "Чехлы для телефонов"],
            Some("Чехлы для телефонов"),
            Some("Чехлы для телефонов"),
        );
        check("cotton dress", &["Cotton wool", "Dresses"], Some("Dresses"), Some("Dresses"));
        check("cotton", &["Cotton wool", "Dresses"], None, Some("Cotton wool"));
        check("chess sets", &["Bed linen sets"], None, Some("Bed linen sets"));
        check("wooden toy", &["Toys"], Some("Toys"), Some("Toys"));
        check("белая", &[linen, "Кружки"], None, Some(linen));
    }

    #[test]
    fn words_are_searched_by_their_stems_what_it_is_first() {
        assert_eq!(searches("красную керамическую кружку для чая"), ["кружк", "керамическ"]);
        assert_eq!(searches("Cotton T-shirts"), ["shirt", "cotton"]);
        assert_eq!(searches("из"), Vec::<String>::new());
    }
}
