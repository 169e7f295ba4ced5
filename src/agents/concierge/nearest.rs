//! Which agents come closest to a message that none of them recognised.

use std::collections::HashSet;

use crate::agent::Colleague;

/// The most agents that count as close.
const CLOSE_MAX: usize = 3;
/// Words share a meaning, as far as this goes, when they begin with the same letters: Russian words change at the end.
const STEM_CHARS: usize = 5;
/// Shorter words (`и`, `the`, `для`) say nothing.
const WORD_CHARS_MIN: usize = 4;
/// How many words of a message are looked at.
const WORDS_MAX: usize = 200;

/// The agents that share words with the message, best first; all of them, with `false`, where none does.
pub(super) fn by_likeness<'a>(message: &str, colleagues: &'a [Colleague]) -> (Vec<&'a Colleague>, bool) {
    let wanted = stems(message);
    let mut scored: Vec<(usize, &Colleague)> = colleagues
        .iter()
        .map(|colleague| (likeness(&wanted, colleague), colleague))
        .filter(|(score, _)| *score > 0)
        .collect();
    if scored.is_empty() {
        return (colleagues.iter().collect(), false);
    }
    scored.sort_by(|(one, a), (two, b)| {
        two.cmp(one).then(b.card.priority.cmp(&a.card.priority)).then_with(|| a.id.cmp(&b.id))
    });
    (scored.into_iter().take(CLOSE_MAX).map(|(_, colleague)| colleague).collect(), true)
}

fn likeness(wanted: &HashSet<String>, colleague: &Colleague) -> usize {
    let card = &colleague.card;
    let texts = [&card.name, &card.description].into_iter().chain(&card.intents).chain(&card.examples);
    let known: HashSet<String> = texts.flat_map(|text| stems(text)).collect();
    wanted.intersection(&known).count()
}

fn stems(text: &str) -> HashSet<String> {
    let lower = text.to_lowercase().replace('ё', "е");
    let words = lower.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() >= WORD_CHARS_MIN);
    words.take(WORDS_MAX).map(|word| word.chars().take(STEM_CHARS).collect()).collect()
}
