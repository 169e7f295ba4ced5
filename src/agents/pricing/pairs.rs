//! The cheapest set of pairs of a cue and a value that do not cross.

use rust_decimal::Decimal;

use super::{
    facts::{self, Fact, Item, Placed, Strength},
    lexicon,
    money::{Kind, Unit},
    words::{Break, Token, Words},
};

/// How many items a pair may span.
const SPAN_MAX: usize = 6;
/// How many words may stand between a cue and its number.
const WORDS_MAX: usize = 6;
/// A percentage or an amount of money that belongs to nothing is unlikely.
const LOOSE_UNIT: u32 = 20;
/// A bare number may well be of something else.
const LOOSE_BARE: u32 = 8;
/// A fact that is named and has no value.
const LONELY_CUE: u32 = 5;
/// A bare number of hundred or more that is to be a percentage.
const ODD_PERCENT: u32 = 9;
/// A wanted profit that stands behind `at`.
const AT_PRICE: u32 = 8;

/// The pairs: each fact with the number or the zero that gives it, in the order of the text.
pub fn best(words: &Words, items: &[Placed]) -> Vec<(Fact, Item)> {
    // cheapest[k]: what the first k items cost at least, and where the pair that ends with item k begins.
    let mut cheapest: Vec<(u32, Option<usize>)> = vec![(0, None)];
    for end in 0..items.len() {
        let mut choice = (cheapest[end].0 + alone(words, &items[end]), None);
        let mut between = 0;
        for begin in (end.saturating_sub(SPAN_MAX)..end).rev() {
            if let Some(price) = together(words, &items[begin], &items[end]) {
                let total = cheapest[begin].0 + between + price;
                choice = choice.min_by_total((total, Some(begin)));
            }
            between += alone(words, &items[begin]);
        }
        cheapest.push(choice);
    }
    collect(items, &cheapest)
}

trait Cheaper {
    fn min_by_total(self, other: Self) -> Self;
}

impl Cheaper for (u32, Option<usize>) {
    fn min_by_total(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }
}

fn collect(items: &[Placed], cheapest: &[(u32, Option<usize>)]) -> Vec<(Fact, Item)> {
    let mut pairs = Vec::new();
    let mut end = items.len();
    while end > 0 {
        match cheapest[end].1 {
            None => end -= 1,
            Some(begin) => {
                match (items[begin].item, items[end - 1].item) {
                    (Item::Cue(fact, _), value) | (value, Item::Cue(fact, _)) => pairs.push((fact, value)),
                    _ => {}
                }
                end = begin;
            }
        }
    }
    pairs.reverse();
    pairs
}

fn alone(words: &Words, placed: &Placed) -> u32 {
    match placed.item {
        Item::Cue(_, Strength::Strong) => LONELY_CUE,
        Item::Cue(..) | Item::Zero(_) => 0,
        Item::Number(index) => match words.numbers[index].unit {
            Unit::Percent | Unit::Money(_) => LOOSE_UNIT,
            Unit::Bare => LOOSE_BARE,
            Unit::Pieces | Unit::Things => 0,
        },
    }
}

/// What it costs to take two items for a pair; none where they cannot be one.
fn together(words: &Words, one: &Placed, two: &Placed) -> Option<u32> {
    match (one.item, two.item) {
        (Item::Cue(fact, strength), Item::Number(index)) => {
            let price = value_price(words, fact, strength, index)?;
            let asked = if asks_at_price(words, fact, one, two) { AT_PRICE } else { 0 };
            Some(price + asked + distance(words, one, two, true)?)
        }
        (Item::Number(index), Item::Cue(fact, strength)) if strength != Strength::Preposition => {
            Some(1 + value_price(words, fact, strength, index)? + distance(words, one, two, false)?)
        }
        (Item::Zero(_), Item::Cue(fact, Strength::Strong)) | (Item::Cue(fact, Strength::Strong), Item::Zero(true)) => {
            let near = two.first - one.last <= 2 && facts::only_glue(words, one.last + 1, two.first);
            (near && !matches!(fact, Fact::Cost | Fact::Price | Fact::Buyout)).then_some(2)
        }
        _ => None,
    }
}

/// `what profit at 1500`, `what profit at the price of 1500`: the number is the price, not the profit.
fn asks_at_price(words: &Words, fact: Fact, cue: &Placed, number: &Placed) -> bool {
    let between = cue.last + 1..number.first;
    let at = !between.is_empty() && words.phrase_at(number.first - 1, lexicon::AT).is_some();
    let price = between.into_iter().any(|place| words.phrase_at(place, lexicon::PRICE).is_some());
    (at || price) && matches!(fact, Fact::Margin | Fact::Profit)
}

fn value_price(words: &Words, fact: Fact, strength: Strength, index: usize) -> Option<u32> {
    let number = &words.numbers[index];
    if !fact.fits(number.unit) {
        return None;
    }
    let odd = number.unit == Unit::Bare
        && fact.kind() == Kind::Percent
        && !matches!(fact, Fact::Markup | Fact::Roi)
        && number.value >= Decimal::ONE_HUNDRED;
    let unsure = match strength {
        Strength::Strong => 0,
        Strength::Weak => 3,
        Strength::Preposition => 4,
    };
    Some(unsure + if odd { ODD_PERCENT } else { 0 })
}

/// How far two items are from each other; none where a break keeps them apart.
fn distance(words: &Words, one: &Placed, two: &Placed, cue_first: bool) -> Option<u32> {
    let (from, to) = (one.last + 1, two.first);
    let between = words.tokens[from..to].iter().filter(|token| !matches!(token, Token::Break(_))).count();
    let glued = match (one.item, two.item) {
        (Item::Number(index), _) | (_, Item::Number(index)) => words.numbers[index].glued,
        _ => false,
    };
    if between > WORDS_MAX || (glued && to > from) || (is_preposition(one) && to > from) {
        return None;
    }
    let apart = match facts::break_in(words, from, to) {
        None => 0,
        Some(Break::Soft) => 2,
        Some(found) if cue_first && stands_alone(words, two) && to - from == 1 => {
            if found == Break::Comma {
                4
            } else {
                3
            }
        }
        Some(_) => return None,
    };
    Some(1 + apart + u32::try_from(between).unwrap_or(u32::MAX))
}

fn is_preposition(placed: &Placed) -> bool {
    matches!(placed.item, Item::Cue(_, Strength::Preposition))
}

/// Whether an item has its line, or its place between two commas, for itself: `Commission\n15%`.
fn stands_alone(words: &Words, placed: &Placed) -> bool {
    matches!(words.tokens.get(placed.last + 1), None | Some(Token::Break(Break::Comma | Break::Hard)))
}
