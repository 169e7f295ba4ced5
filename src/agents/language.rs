//! Which language a user writes.
//!
//! Two are known: English and Russian. The share of Cyrillic letters decides, so that a Russian sentence full of brand
//! names stays Russian. A message with next to no letters (`15%`, `ok`, `500 rub`) goes by what the user wrote before.

use protocol::event::Role;

use crate::agent::PastMessage;

/// A language that native agents speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// The default.
    English,
    /// Chosen where at least two letters of five are Cyrillic.
    Russian,
}

/// With fewer letters than this a message says nothing reliable: `ok`, `wb`, `rub`.
const LETTERS_MIN: usize = 4;

/// The language of a text; none where it has no letters.
pub fn of(text: &str) -> Option<Language> {
    let (cyrillic, letters) = count(text);
    (letters > 0).then(|| by_share(cyrillic, letters))
}

/// The language in which to answer `message`: its own, or that of the user's last message that shows one.
pub fn of_turn(message: &str, history: &[PastMessage]) -> Language {
    clear(message)
        .or_else(|| history.iter().rev().filter(|past| past.role == Role::User).find_map(|past| clear(&past.content)))
        .or_else(|| of(message))
        .unwrap_or(Language::English)
}

/// The language of a text that has enough letters to trust; one Cyrillic letter alone is a word like `р` or `к`.
fn clear(text: &str) -> Option<Language> {
    let (cyrillic, letters) = count(text);
    (letters >= LETTERS_MIN).then(|| by_share(cyrillic, letters))
}

fn by_share(cyrillic: usize, letters: usize) -> Language {
    if cyrillic * 5 >= letters * 2 { Language::Russian } else { Language::English }
}

fn count(text: &str) -> (usize, usize) {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    letters.fold((0, 0), |(cyrillic, all), c| (cyrillic + usize::from(is_cyrillic(c)), all + 1))
}

/// The words of a language.
pub fn pick(language: Language, english: &'static str, russian: &'static str) -> &'static str {
    if language == Language::Russian { russian } else { english }
}

/// A text with a capital at its beginning.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Whether a letter belongs to the Cyrillic block or its supplement.
fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

#[cfg(test)]
mod tests {
    use protocol::{Seq, TurnId};
    use uuid::Uuid;

    use super::{Language::*, *};

    fn past(role: Role, content: &str) -> PastMessage {
        PastMessage {
            id: protocol::MessageId(Uuid::nil()),
            seq: Seq(1),
            turn_id: TurnId(Uuid::nil()),
            role,
            agent_id: None,
            content: content.to_owned(),
        }
    }

    #[track_caller]
    fn check(message: &str, history: &[(Role, &str)], expected: Language) {
        let history: Vec<_> = history.iter().map(|(role, text)| past(*role, text)).collect();
        assert_eq!(of_turn(message, &history), expected, "{message}");
    }

    #[test]
    fn the_share_of_cyrillic_letters_decides() {
        for (message, expected) in [
            ("cost 500, commission 15%", English),
            ("себестоимость 500, комиссия 15%", Russian),
            ("Wildberries комиссия 15%", Russian),
            ("my price for «Кружка» on Wildberries", English),
            ("¿cuánto cuesta?", English),
            ("привет", Russian),
            ("да", Russian),
            ("", English),
        ] {
            check(message, &[], expected);
        }
    }

    #[test]
    fn a_message_without_letters_goes_by_what_the_user_wrote_before() {
        check("15%", &[(Role::User, "себестоимость 500"), (Role::Assistant, "And the commission?")], Russian);
        check("500 rub", &[(Role::User, "посчитай цену")], Russian);
        check("15%", &[(Role::User, "посчитай цену"), (Role::User, "count it"), (Role::User, "500")], English);
        check("500 р", &[], Russian);
        check("15%", &[], English);
    }
}
