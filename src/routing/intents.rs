//! The agents' intents, compiled once: from a message's words to points for each agent.
//!
//! An intent is a word or a phrase. It matches whole words: "product" is not found in "production". A trailing `*` on a
//! word stands for any ending ("цен*" finds "цена" and "ценой"), because Russian inflects.

use std::{collections::HashMap, sync::Arc};

use protocol::AgentId;

use super::{
    card::AgentCard,
    examples::{Example, Likeness},
    fold::{is_unspaced, words},
};

/// Points for an intent that matches.
const INTENT_POINTS: u32 = 10;
/// Points for each further word of a phrase: a phrase says more than a word.
const FURTHER_WORD_POINTS: u32 = 5;

/// Points for each agent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scores(HashMap<AgentId, u32>);

impl Scores {
    /// The points of an agent; 0 where nothing matched.
    pub fn of(&self, id: &AgentId) -> u32 {
        self.0.get(id).copied().unwrap_or(0)
    }
}

/// A word of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    text: String,
    any_ending: bool,
}

impl Pattern {
    fn matches(&self, word: &str) -> bool {
        if self.any_ending { word.starts_with(&self.text) } else { word == self.text }
    }
}

/// One intent of one agent.
#[derive(Debug, Clone)]
struct Phrase {
    agent: usize,
    /// Never empty.
    patterns: Vec<Pattern>,
    points: u32,
}

/// All agents' intents and examples, compiled.
#[derive(Debug, Default)]
pub struct RouteIndex {
    agents: Vec<(AgentId, Vec<Example>)>,
    phrases: Vec<Phrase>,
    /// Places of the phrases whose first word is whole, by that word.
    by_word: HashMap<String, Vec<usize>>,
    /// Places of the phrases whose first word is open at its end, by its first character.
    open: HashMap<char, Vec<usize>>,
}

impl RouteIndex {
    /// Compiles the cards of all agents.
    pub fn new(cards: impl IntoIterator<Item = (AgentId, Arc<AgentCard>)>) -> Self {
        let mut index = Self::default();
        for (id, card) in cards {
            let agent = index.agents.len();
            index.agents.push((id, card.examples.iter().map(|text| Example::new(text)).collect()));
            for intent in &card.intents {
                index.add(agent, intent);
            }
        }
        index
    }

    fn add(&mut self, agent: usize, intent: &str) {
        let patterns: Vec<Pattern> = intent.split_whitespace().flat_map(patterns).collect();
        let Some((first, first_char)) = patterns.first().and_then(|first| Some((first, first.text.chars().next()?)))
        else {
            return;
        };
        let same = |known: &usize| self.phrases[*known].agent == agent && self.phrases[*known].patterns == patterns;
        let places = if first.any_ending {
            self.open.entry(first_char).or_default()
        } else {
            self.by_word.entry(first.text.clone()).or_default()
        };
        if !places.iter().any(same) {
            places.push(self.phrases.len());
            let points = points(&patterns);
            self.phrases.push(Phrase { agent, patterns, points });
        }
    }

    /// Points of each agent for a message: each distinct intent counts once.
    pub fn score(&self, message: &str) -> Scores {
        let words = words(message);
        let mut points = vec![0u32; self.agents.len()];
        let mut found = vec![false; self.phrases.len()];
        for at in 0..words.len() {
            let whole = self.by_word.get(&words[at]).into_iter().flatten();
            let open = words[at].chars().next().and_then(|first| self.open.get(&first)).into_iter().flatten();
            for place in whole.chain(open) {
                let phrase = &self.phrases[*place];
                if !found[*place] && starts_at(&words[at..], phrase) {
                    found[*place] = true;
                    points[phrase.agent] = points[phrase.agent].saturating_add(phrase.points);
                }
            }
        }
        let likeness = Likeness::of(message);
        let scored = self.agents.iter().zip(points);
        let sum = |points: u32, examples: &[Example]| points.saturating_add(likeness.points(examples));
        Scores(scored.map(|((id, examples), points)| (id.clone(), sum(points, examples))).collect())
    }
}

/// What a phrase is worth. Characters of a script without spaces that stand together are one word.
fn points(patterns: &[Pattern]) -> u32 {
    let further = patterns.windows(2).filter(|two| !(is_unspaced(&two[0].text) && is_unspaced(&two[1].text))).count();
    INTENT_POINTS.saturating_add(u32::try_from(further).unwrap_or(u32::MAX).saturating_mul(FURTHER_WORD_POINTS))
}

/// The patterns of one blank-separated piece of an intent.
fn patterns(piece: &str) -> Vec<Pattern> {
    let any_ending = piece.ends_with('*');
    let mut found: Vec<Pattern> = words(piece).into_iter().map(|text| Pattern { text, any_ending: false }).collect();
    if let Some(last) = found.last_mut() {
        last.any_ending = any_ending;
    }
    found
}

fn starts_at(words: &[String], phrase: &Phrase) -> bool {
    words.len() >= phrase.patterns.len()
        && phrase.patterns.iter().zip(words).all(|(pattern, word)| pattern.matches(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(intents: &[&str], message: &str, expected: u32) {
        let id: AgentId = "a".parse().unwrap();
        let intents = intents.iter().map(ToString::to_string).collect();
        let card = AgentCard { intents, ..AgentCard::default() };
        assert_eq!(RouteIndex::new([(id.clone(), Arc::new(card))]).score(message).of(&id), expected, "{message}");
    }

    #[test]
    fn an_intent_matches_whole_words_in_any_case_and_script() {
        check(&["product"], "our production line", 0);
        check(&["product"], "PRODUCT!", 10);
        check(&["product"], "the product, the product", 10);
        check(&["product", "Product", "PRODUCT "], "the product", 10);
        check(&["цена"], "Какая ЦЕНА?", 10);
        check(&["цена"], "оценка", 0);
        check(&["价格"], "价格 是 多少", 10);
        check(&["价格"], "这个价格是多少？", 10);
        check(&["价格"], "这个价是多少", 0);
        check(&["ราคา"], "ขอราคาหน่อย", 10);
        check(&[], "anything", 0);
    }

    #[test]
    fn a_star_stands_for_any_ending() {
        check(&["цен*"], "по какой ценой", 10);
        check(&["цен*"], "оценка", 0);
        check(&["cost* of"], "costs of goods", 15);
        check(&["*"], "anything", 0);
    }

    #[test]
    fn a_phrase_counts_more_than_a_word_and_bridges_punctuation() {
        check(&["break even"], "Where do I break-even?", 15);
        check(&["break-even"], "where do I break even", 15);
        check(&["break even", "margin"], "break even and margin", 25);
        check(&["break even"], "break it even more", 0);
    }
}
