//! The user's choice among categories: what is shown, and which one an answer means. Pure.

use super::{
    category::{NAME_CHARS_MAX, searches, stems, words},
    draft::{Draft, Subject},
    yes_no,
};

/// How many categories are shown at once.
pub const PICKS_MAX: usize = 5;

/// The categories that are shown now, with their numbers.
pub fn shown(draft: &Draft) -> impl Iterator<Item = (usize, &Subject)> {
    (1..).zip(&draft.candidates).skip(draft.candidates_passed).take(PICKS_MAX)
}

/// Whether there are more behind those that are shown.
pub fn has_more(draft: &Draft) -> bool {
    draft.candidates.len() > draft.candidates_passed + PICKS_MAX
}

/// Shows the next ones, or the first again behind the last; whether there were more.
pub fn more(draft: &mut Draft) -> bool {
    let has_more = has_more(draft);
    draft.candidates_passed = if has_more { draft.candidates_passed + PICKS_MAX } else { 0 };
    has_more
}

/// Looks for other words; what was found before can be picked still.
pub fn look_again(draft: &mut Draft, name: &str) {
    draft.category_said = Some(name.trim().chars().take(NAME_CHARS_MAX).collect());
    draft.category_unclear = draft.category_unclear.saturating_add(1);
    draft.candidates_passed = 0;
    draft.searches = Some(searches(name));
}

/// Places in the list as answers name them: whole words, and what Russian ones begin with before one of [`ENDINGS`].
const PLACES: [(&[&str], &[&str]); PICKS_MAX] = [
    (&["first", "1st"], &["перв"]),
    (&["second", "2nd"], &["втор"]),
    (&["third", "3rd"], &["трет"]),
    (&["fourth", "4th"], &["четверт", "четвёрт"]),
    (&["fifth", "5th"], &["пят"]),
];
/// Of one: `вторые` are no place.
const ENDINGS: &[&str] =
    &["ый", "ий", "ой", "ая", "ья", "ое", "ье", "ую", "ью", "ого", "ьего", "ому", "ьему", "ей", "ьей", "ым", "ьим"];
/// What may stand behind a place; any other word is what is first or second, as in `first aid`.
const BEHIND: &[&str] = &[
    "one",
    "of",
    "in",
    "on",
    "from",
    "please",
    "option",
    "category",
    "is",
    "i",
    "и",
    "из",
    "в",
    "по",
    "пожалуйста",
    "категория",
    "категорию",
    "вариант",
    "подходит",
    "будет",
    "думаю",
    "наверное",
];
/// The most words of an answer that names a place: `let it be the first one`.
const PLACE_WORDS_MAX: usize = 6;

/// The candidate that an answer names: by its number in the list, its place, its name, or a part of it.
pub fn pick(draft: &Draft, answer: &str) -> Option<Subject> {
    let said = answer.trim().trim_matches(['.', '!', ')', '№', '#', '«', '»', '"', ' ']).to_lowercase();
    if let Some(number) = number(&said) {
        return draft.candidates.get(number.checked_sub(1)?).cloned();
    }
    if draft.candidates.len() == 1 && yes_no::is_yes(&said) {
        return draft.candidates.first().cloned();
    }
    let same = draft.candidates.iter().find(|subject| subject.name.to_lowercase() == said);
    same.cloned().or_else(|| by_part(draft, &said)).or_else(|| place(draft, &said))
}

/// A number that is all of an answer, or stands behind the word for it.
fn number(said: &str) -> Option<usize> {
    let words: Vec<&str> = words(said).collect();
    match words.as_slice() {
        [number] | ["number" | "no" | "номер" | "option" | "вариант", number] => number.parse().ok(),
        _ => None,
    }
}

fn place(draft: &Draft, said: &str) -> Option<Subject> {
    let words: Vec<&str> = said.split_whitespace().collect();
    let named: Vec<(usize, usize)> =
        words.iter().enumerate().filter_map(|(at, word)| Some((at, place_of(bare(word))?))).collect();
    let [(at, place)] = named.as_slice() else { return None };
    let ends = words[*at].ends_with([',', '.', ';', '!', ')', ':']);
    let is_alone = ends || words.get(at + 1).is_none_or(|next| BEHIND.contains(&bare(next)));
    let fits = is_alone && words.len() <= PLACE_WORDS_MAX;
    draft.candidates.get(draft.candidates_passed + place).filter(|_| fits).cloned()
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn place_of(word: &str) -> Option<usize> {
    let is_russian = |begin: &&str| word.strip_prefix(*begin).is_some_and(|ending| ENDINGS.contains(&ending));
    PLACES.iter().position(|(whole, begins)| whole.contains(&word) || begins.iter().any(is_russian))
}

/// The one whose name has just these words, or the only one that has them among others.
fn by_part(draft: &Draft, said: &str) -> Option<Subject> {
    let wanted = stems(said);
    if wanted.is_empty() {
        return None;
    }
    let names: Vec<(&Subject, Vec<String>)> =
        draft.candidates.iter().map(|subject| (subject, stems(&subject.name))).collect();
    let having: Vec<_> = names.iter().filter(|(_, name)| wanted.iter().all(|stem| name.contains(stem))).collect();
    let exact = having.iter().find(|(_, name)| name.len() == wanted.len());
    let only = having.first().filter(|_| having.len() == 1);
    exact.or(only).map(|(subject, _)| (*subject).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(names: &[&str], passed: usize, answer: &str) -> Option<u64> {
        let subject = |(id, name): (u64, &&str)| Subject { id, name: (*name).to_owned(), ..Subject::default() };
        let candidates = (1..).zip(names).map(subject).collect();
        let draft = Draft { candidates, candidates_passed: passed, ..Draft::default() };
        pick(&draft, answer).map(|subject| subject.id)
    }

    #[test]
    fn an_answer_picks_by_number_place_name_or_a_part_of_it() {
        let names = ["Кружки", "Кружки пивные", "Кеды"];
        for (answer, expected) in [
            ("2", Some(2)),
            ("1.", Some(1)),
            ("№ 3", Some(3)),
            ("номер 2", Some(2)),
            ("number 2", Some(2)),
            ("первая", Some(1)),
            ("the first", Some(1)),
            ("the second one, please", Some(2)),
            ("пусть будет третья", Some(3)),
            ("кеды", Some(3)),
            ("ну кружки же", Some(1)),
            ("пивные", Some(2)),
            ("0", None),
            ("4", None),
            ("да", None),
            ("нечто", None),
            ("первая или вторая", None),
        ] {
            assert_eq!(picked(&names, 0, answer), expected, "{answer}");
        }
        assert_eq!(picked(&["Кружки"], 0, "да"), Some(1));
        let names = ["Бинты", "Тарелки", "Аптечки первой помощи", "Ножи", "Ложки"];
        for (answer, expected) in [
            ("first aid kits", None),
            ("пятновыводители", None),
            ("вторые блюда", None),
            ("перваш", None),
            ("первой помощи", Some(3)),
            ("вторая, наверное", Some(2)),
            ("да, вторую пожалуйста", Some(2)),
            ("пятое", Some(5)),
            ("третьей", Some(3)),
            ("четвёртый вариант", Some(4)),
            ("I think the fourth", Some(4)),
            ("the second of them", Some(2)),
            ("2nd.", Some(2)),
        ] {
            assert_eq!(picked(&names, 0, answer), expected, "{answer}");
        }
        assert_eq!(picked(&["Bandages", "First aid kits"], 0, "first aid"), Some(2));
        assert_eq!(picked(&["A1", "B2", "C3", "D4", "E5", "F6"], 5, "the first"), Some(6));
    }

    #[test]
    fn more_categories_are_shown_five_at_a_time_and_then_the_first_again() {
        let subject = |id| Subject { id, ..Subject::default() };
        let mut draft = Draft { candidates: (1..=7).map(subject).collect(), ..Draft::default() };
        let numbers = |draft: &Draft| shown(draft).map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers(&draft), [1, 2, 3, 4, 5]);
        assert!(more(&mut draft));
        assert_eq!(numbers(&draft), [6, 7]);
        assert!(!more(&mut draft));
        assert_eq!(numbers(&draft), [1, 2, 3, 4, 5]);
    }
}
