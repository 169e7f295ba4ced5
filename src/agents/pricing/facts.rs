//! Which number of a text is which fact.
//!
//! Words name facts (cues), numbers give values, and people write either first. So all pairs of a cue and a number near
//! it are weighed at once, and the cheapest set of pairs that do not cross is taken: `cost 500, 15% commission and 60 for
//! delivery` needs that, where "the nearest word" would pair 15 % with the cost.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    lexicon,
    money::{Amount, Kind, Unit},
    number::Number,
    pairs,
    words::{Break, Token, Words},
};

/// What a number can say about a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// What one unit costs to buy or to make.
    Cost,
    /// Delivery of one unit.
    Logistics,
    /// Packaging of one unit.
    Packaging,
    /// Storage and whatever else one unit costs.
    Other,
    /// The marketplace's commission.
    Commission,
    /// Taking the payment.
    Acquiring,
    /// Tax on the price.
    Tax,
    /// Advertising.
    Ads,
    /// The share of orders that customers keep.
    Buyout,
    /// The share of orders that come back: what [`Fact::Buyout`] leaves.
    Returns,
    /// Wanted profit, as a share of the price.
    Margin,
    /// Wanted profit for one unit, in money.
    Profit,
    /// What is put on top of the cost, as a share of the cost.
    Markup,
    /// Wanted profit, as a share of the cost.
    Roi,
    /// A price to look at.
    Price,
}

impl Fact {
    /// The facts that state a goal; a new one replaces the one before.
    pub const GOALS: [Self; 4] = [Self::Margin, Self::Profit, Self::Markup, Self::Roi];

    /// What a number without a unit means for this fact.
    pub fn kind(self) -> Kind {
        match self {
            Self::Cost | Self::Logistics | Self::Packaging | Self::Other | Self::Profit | Self::Price => Kind::Money,
            _ => Kind::Percent,
        }
    }

    /// Whether it can be given in this kind of amount.
    pub fn takes(self, kind: Kind) -> bool {
        match self {
            Self::Cost | Self::Price => kind == Kind::Money,
            Self::Buyout | Self::Returns | Self::Markup | Self::Roi => kind == Kind::Percent,
            _ => true,
        }
    }

    /// Whether a number with this unit can be this fact.
    pub fn fits(self, unit: Unit) -> bool {
        match unit {
            Unit::Bare => true,
            Unit::Percent => self.takes(Kind::Percent),
            Unit::Money(_) => self.takes(Kind::Money),
            Unit::Pieces | Unit::Things => false,
        }
    }

    /// The number as this fact's amount.
    pub fn amount(self, number: &Number) -> Amount {
        match number.unit {
            Unit::Percent => Amount::percent(number.value),
            Unit::Money(currency) => Amount::money(number.value, currency),
            Unit::Bare | Unit::Pieces | Unit::Things => {
                Amount { value: number.value, kind: self.kind(), currency: None }
            }
        }
    }
}

/// How surely a word names a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// `at 1500`: only where nothing else wants the number.
    Preposition,
    /// A general word, such as `price` or `cost`, that gives way to a special one beside it.
    Weak,
    /// It means this fact and no other.
    Strong,
}

/// Words that name a fact.
#[derive(Debug, Clone, Copy)]
pub struct Cue {
    /// The fact.
    pub fact: Fact,
    /// How surely.
    pub strength: Strength,
    /// The words: see [`lexicon`].
    pub phrases: &'static [&'static str],
}

/// One fact as a text gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Which.
    pub fact: Fact,
    /// How much.
    pub amount: Amount,
    /// The upper end, where it was written as a range.
    pub up_to: Option<Decimal>,
}

/// What a text says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The facts, in the order of the text.
    pub given: Vec<Given>,
    /// Numbers that nothing names.
    pub loose: Vec<Number>,
    /// Whether it speaks of any fact at all.
    pub on_topic: bool,
}

/// Something in a text that may belong to a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item {
    /// A word that names a fact.
    Cue(Fact, Strength),
    /// A number, by its place.
    Number(usize),
    /// A word that says zero; `true` where it may follow its fact.
    Zero(bool),
}

/// An item and the tokens that it covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// What.
    pub item: Item,
    /// Its first token.
    pub first: usize,
    /// Its last token.
    pub last: usize,
}

/// Reads the facts of a text.
pub fn read(words: &Words) -> Reading {
    let items = items(words);
    let mut reading = Reading {
        on_topic: items
            .iter()
            .any(|placed| matches!(placed.item, Item::Cue(_, strength) if strength > Strength::Preposition)),
        ..Reading::default()
    };
    let pairs = pairs::best(words, &items);
    let named = |index: usize| pairs.iter().any(|(_, value)| *value == Item::Number(index));
    let loose = words.tokens.iter().filter_map(|token| match token {
        Token::Number(index) if !named(*index) && counts(&words.numbers[*index]) => Some(words.numbers[*index].clone()),
        _ => None,
    });
    reading.loose = loose.collect();
    let given = pairs.iter().map(|(fact, value)| match value {
        Item::Number(index) => given(*fact, &words.numbers[*index]),
        _ => zero(*fact),
    });
    reading.given = given.collect();
    reading
}

/// The number as this fact; wanted profit is [`Fact::Margin`] in per cent and [`Fact::Profit`] in money.
pub fn given(fact: Fact, number: &Number) -> Given {
    let amount = fact.amount(number);
    let fact = match (fact, amount.kind) {
        (Fact::Margin, Kind::Money) => Fact::Profit,
        (Fact::Profit, Kind::Percent) => Fact::Margin,
        (fact, _) => fact,
    };
    Given { fact, amount, up_to: number.up_to }
}

fn zero(fact: Fact) -> Given {
    Given { fact, amount: Amount { value: Decimal::ZERO, kind: fact.kind(), currency: None }, up_to: None }
}

/// Whether a number that nothing names is worth a question.
fn counts(number: &Number) -> bool {
    !number.glued && !matches!(number.unit, Unit::Pieces | Unit::Things)
}

fn items(words: &Words) -> Vec<Placed> {
    let mut found: Vec<Placed> = Vec::new();
    let mut at = 0;
    while at < words.tokens.len() {
        let next = match &words.tokens[at] {
            Token::Number(index) => Some(Placed { item: Item::Number(*index), first: at, last: at }),
            Token::Word(_) => longer(cue_at(words, at), zero_at(words, at)),
            Token::Break(_) => None,
        };
        at = next.map_or(at, |placed| placed.last) + 1;
        if let Some(placed) = next {
            join(&mut found, placed, words);
        }
    }
    share_zeros(words, &mut found);
    found
}

fn longer(one: Option<Placed>, other: Option<Placed>) -> Option<Placed> {
    [one, other].into_iter().flatten().min_by_key(|placed| std::cmp::Reverse(placed.last))
}

/// `без налога и комиссии`: what denies the first of two facts denies the second.
fn share_zeros(words: &Words, found: &mut Vec<Placed>) {
    for at in (2..found.len()).rev() {
        let [zero, one, two] = [found[at - 2], found[at - 1], found[at]];
        let facts = matches!((zero.item, one.item, two.item), (Item::Zero(_), Item::Cue(..), Item::Cue(..)));
        let joined = two.first - one.last == 2 && break_in(words, one.last + 1, two.first) == Some(Break::Soft);
        if facts && joined && zero.last + 1 == one.first {
            let between = one.last + 1;
            found.insert(at, Placed { item: Item::Zero(false), first: between, last: between });
        }
    }
}

fn cue_at(words: &Words, at: usize) -> Option<Placed> {
    let fitting = lexicon::CUES.iter().filter_map(|cue| Some((words.phrase_at(at, cue.phrases)?, cue)));
    let (length, cue) = fitting.max_by_key(|(length, cue)| (*length, cue.strength))?;
    Some(Placed { item: Item::Cue(cue.fact, cue.strength), first: at, last: at + length - 1 })
}

fn zero_at(words: &Words, at: usize) -> Option<Placed> {
    let fitting = lexicon::ZERO.iter().filter_map(|(phrase, after)| Some((words.phrase_at(at, &[phrase])?, *after)));
    let (length, after) = fitting.max()?;
    Some(Placed { item: Item::Zero(after), first: at, last: at + length - 1 })
}

/// Adds an item. Of two cues side by side that speak of one thing (`delivery cost`, `tax USN`) one remains.
fn join(found: &mut Vec<Placed>, placed: Placed, words: &Words) {
    let beside = found.last().copied().filter(|before| only_glue(words, before.last + 1, placed.first));
    if let (Some(Placed { item: Item::Cue(one, strong), first, .. }), Item::Cue(other, strength)) =
        (beside, placed.item)
        && strong.min(strength) > Strength::Preposition
        && (one == other || strong != strength)
    {
        let item = if strong >= strength { Item::Cue(one, strong) } else { Item::Cue(other, strength) };
        found.pop();
        // The joined cue stands where its words stand, so the number is as near as it is to the nearer of them.
        found.push(Placed { item, first, last: placed.last });
        return;
    }
    found.push(placed);
}

/// Whether the tokens of a range are all words without a meaning of their own.
pub fn only_glue(words: &Words, from: usize, to: usize) -> bool {
    words.tokens[from..to].iter().all(|token| matches!(token, Token::Word(word) if is_glue(word)))
}

/// Whether a word means nothing by itself.
pub fn is_glue(word: &str) -> bool {
    lexicon::GLUE.iter().any(|pattern| lexicon::matches(pattern, word))
}

/// The strongest break in a range of tokens.
pub fn break_in(words: &Words, from: usize, to: usize) -> Option<Break> {
    let breaks = words.tokens[from..to].iter().filter_map(|token| match token {
        Token::Break(found) => Some(*found),
        _ => None,
    });
    breaks.max()
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
