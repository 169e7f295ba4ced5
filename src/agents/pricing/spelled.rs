//! Numbers in words: `fifteen percent`, `пятьсот рублей`, `полторы тысячи`.
//!
//! Small numbers are ordinary words (`one product`, `два магазина`), so below [`BARE_MIN`] a unit has to follow.

use rust_decimal::Decimal;

use super::{
    lexicon::{self, matches},
    money::Unit,
    number::Number,
    unit,
};

/// The smallest number in words that counts without a unit.
const BARE_MIN: Decimal = Decimal::from_parts(11, 0, 0, false, 0);
/// More words than this are no number.
const WORDS_MAX: usize = 12;

/// The numbers in words of `text`, whose first byte is the byte `offset` of the message.
pub fn read(text: &str, offset: usize) -> Vec<Number> {
    let words = words(text);
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let (length, value) = longest(&words[at..]);
        if let Some(value) = value {
            let (start, end) = (words[at].0, words[at + length - 1].0 + words[at + length - 1].1.len());
            let suffix = unit::suffix(&text[end..]);
            let unit = suffix.unit.unwrap_or(Unit::Bare);
            if unit != Unit::Bare || value >= BARE_MIN {
                let span = offset + start..offset + end + suffix.bytes;
                numbers.push(Number { span, value, unit, up_to: None, glued: false });
            }
        }
        at += length.max(1);
    }
    numbers
}

/// The words of a text with where they begin.
fn words(text: &str) -> Vec<(usize, &str)> {
    let starts = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    starts.map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word)).collect()
}

/// How many words from the first belong to one number, and its value.
fn longest(words: &[(usize, &str)]) -> (usize, Option<Decimal>) {
    let mut sum = Sum::default();
    let mut end = 0;
    let mut length = 0;
    for (index, (start, word)) in words.iter().take(WORDS_MAX).enumerate() {
        let near = index == 0 || start - end <= 1;
        let word_end = start + word.len();
        let lower = word.to_lowercase().replace('ё', "е");
        let Some(part) = part(&lower).filter(|_| near) else { break };
        if !sum.add(part) {
            break;
        }
        end = word_end;
        length = index + 1;
    }
    (length, (length > 0).then(|| sum.total + sum.group))
}

/// What a word adds to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A value below a hundred, or a Russian hundred.
    Value(u32),
    /// English `hundred`.
    Hundred,
    /// A thousand.
    Thousand,
    /// `полтора`.
    OneAndAHalf,
}

fn part(word: &str) -> Option<Part> {
    let fits = |patterns: &str| patterns.split(' ').any(|pattern| matches(pattern, word));
    lexicon::NUMBER_WORDS.iter().find(|(patterns, _)| fits(patterns)).map(|(_, part)| *part)
}

/// A number while it is read.
#[derive(Default)]
struct Sum {
    total: Decimal,
    group: Decimal,
    smallest: Option<u32>,
}

impl Sum {
    /// Takes a part in; `false` where it cannot follow, as the second `five` in `five five`.
    fn add(&mut self, part: Part) -> bool {
        match part {
            Part::Value(value) => {
                let magnitude = if value >= 100 {
                    100
                } else if value >= 20 {
                    10
                } else {
                    1
                };
                if self.smallest.is_some_and(|smallest| smallest <= magnitude) {
                    return false;
                }
                self.smallest = Some(magnitude);
                self.group += Decimal::from(value);
            }
            Part::OneAndAHalf if self.group.is_zero() => {
                self.smallest = Some(1);
                self.group = Decimal::new(15, 1);
            }
            Part::Hundred if self.group < Decimal::from(20) => {
                self.smallest = Some(100);
                self.group = self.group.max(Decimal::ONE) * Decimal::ONE_HUNDRED;
            }
            Part::Thousand if self.total.is_zero() => {
                self.smallest = None;
                self.total = if self.group.is_zero() { Decimal::ONE } else { self.group } * Decimal::ONE_THOUSAND;
                self.group = Decimal::ZERO;
            }
            Part::OneAndAHalf | Part::Hundred | Part::Thousand => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown: Vec<String> = read(text, 0)
            .iter()
            .map(|number| format!("{} `{}`", number.value.normalize(), &text[number.span.clone()]))
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn numbers_in_words_are_read_with_their_units() {
        check("fifteen percent", &["15 `fifteen percent`"]);
        check("twenty-five percent", &["25 `twenty-five percent`"]);
        check("five hundred rubles", &["500 `five hundred rubles`"]);
        check("a cost of fifteen hundred", &["1500 `fifteen hundred`"]);
        check("two thousand three hundred forty two", &["2342 `two thousand three hundred forty two`"]);
        check("пятнадцать процентов", &["15 `пятнадцать процентов`"]);
        check("пятьсот рублей", &["500 `пятьсот рублей`"]);
        check("полторы тысячи", &["1500 `полторы тысячи`"]);
        check("тысяча двести рублей", &["1200 `тысяча двести рублей`"]);
        check("за сто пятьдесят", &["150 `сто пятьдесят`"]);
        check("шесть процентов", &["6 `шесть процентов`"]);
    }

    #[test]
    fn ordinary_small_words_are_no_numbers() {
        for text in ["one product", "у меня два магазина", "the first", "сторона", "hundreds of orders", ""]
        {
            check(text, &[]);
        }
        check("fifteen sixty", &["15 `fifteen`", "60 `sixty`"]);
    }
}
