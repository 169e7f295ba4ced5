//! Which category a product belongs to: searched by the stems of its words, ranked, and picked by the user where it is not
//! clear. Pure.

use serde_json::Value;

use super::draft::{Draft, Subject};
use crate::tools::keyword_research;

/// How many words are searched by.
const SEARCHES_MAX: usize = 4;
/// How many categories the user picks among.
pub const PICKS_MAX: usize = 5;
/// How many found ones are kept until all searches are done.
const CANDIDATES_MAX: usize = 60;
/// The longest name of a category that is kept, in characters.
const NAME_CHARS_MAX: usize = 100;
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
];

/// The stem of a word as it is written.
pub fn stem(word: &str) -> String {
    keyword_research::stem(&word.to_lowercase().replace('ё', "е"))
}

/// The stems of the words of a text that may say what it is.
pub fn stems(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let says = |word: &&str| word.chars().count() > 2 && !SMALL.contains(&word.to_lowercase().as_str());
    let mut found = Vec::new();
    for stem in words.filter(says).map(stem) {
        if stem.chars().count() > 2 && !found.contains(&stem) {
            found.push(stem);
        }
    }
    found
}

/// What categories are looked for by.
pub fn searches(product: &str) -> Vec<String> {
    stems(product).into_iter().take(SEARCHES_MAX).collect()
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

/// Sorts the candidates, the likeliest first, and takes the first where it is clear.
pub fn settle(draft: &mut Draft, product: &str) {
    let wanted = stems(product);
    let score = |subject: &Subject| {
        let name = stems(&subject.name);
        let hits = count(name.iter().filter(|stem| wanted.contains(stem)).count());
        // Of two categories with as many hits the one with fewer other words is nearer.
        hits.mul_add(2.0, hits / count(name.len().max(1)))
    };
    let mut ranked: Vec<(f64, Subject)> =
        draft.candidates.drain(..).map(|subject| (score(&subject), subject)).collect();
    ranked.sort_by(|(one, first), (other, second)| other.total_cmp(one).then(first.id.cmp(&second.id)));
    let lead = match ranked.as_slice() {
        [(first, _), (second, _), ..] => first - second,
        [(first, _)] => *first,
        [] => 0.0,
    };
    draft.candidates = ranked.into_iter().map(|(_, subject)| subject).take(PICKS_MAX).collect();
    if lead >= LEAD_MIN {
        draft.subject = draft.candidates.first().cloned();
    }
}

#[expect(clippy::cast_precision_loss, reason = "words of a name are few")]
fn count(number: usize) -> f64 {
    number as f64
}

/// The candidate that an answer names: by its number in the list, or by its name.
pub fn pick(draft: &Draft, answer: &str) -> Option<Subject> {
    let said = answer.trim().trim_end_matches(['.', '!', ')']).to_lowercase();
    if let Ok(number) = said.parse::<usize>() {
        return draft.candidates.get(number.checked_sub(1)?).cloned();
    }
    let yes = ["да", "yes", "ok", "ок", "верно"];
    if draft.candidates.len() == 1 && yes.contains(&said.as_str()) {
        return draft.candidates.first().cloned();
    }
    draft.candidates.iter().find(|subject| subject.name.to_lowercase() == said).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(product: &str, found: &[&str], chosen: Option<&str>, first: Option<&str>) {
        let found: Value = (1..).zip(found).map(|(id, name)| json!({ "subjectID": id, "subjectName": name })).collect();
        let mut draft = Draft::default();
        add(&mut draft, &found);
        add(&mut draft, &found);
        settle(&mut draft, product);
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
    fn words_are_searched_by_their_stems() {
        assert_eq!(searches("красную керамическую кружку для чая"), ["красн", "керамическ", "кружк"]);
        assert_eq!(searches("Cotton T-shirts"), ["cotton", "shirt"]);
        assert_eq!(searches("из"), Vec::<String>::new());
    }

    #[test]
    fn an_answer_picks_by_number_or_name() {
        let subject = |id, name: &str| Subject { id, name: name.to_owned(), ..Subject::default() };
        let draft = Draft { candidates: vec![subject(7, "Кружки"), subject(8, "Кеды")], ..Draft::default() };
        let picked = |answer| pick(&draft, answer).map(|subject| subject.id);
        for (answer, expected) in [
            ("2", Some(8)),
            ("1.", Some(7)),
            ("кеды", Some(8)),
            ("0", None),
            ("3", None),
            ("да", None),
            ("нечто", None),
        ] {
            assert_eq!(picked(answer), expected, "{answer}");
        }
    }
}
