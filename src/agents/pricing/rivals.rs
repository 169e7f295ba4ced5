//! What competitors ask for, as the seller tells it, and what that means for a price. Pure.
//!
//! The marketplace publishes nothing of what others ask for, so it is known only where the seller says so.

use rust_decimal::Decimal;

use super::{
    facts::{Fact, Strength},
    lexicon,
    money::{Amount, Currency, Unit, half_up},
    number::{self, Number},
    quote::Quote,
    words::{Break, Token, Words},
};

/// So many bytes before a number tell what it is: to look further for each of many numbers would take too long.
const BEFORE_BYTES: usize = 48;
/// So many prices are kept; whoever has more has a report of them.
pub const RIVALS_MAX: usize = 50;
/// Words for competitors, by their beginnings.
const CUES: [&str; 3] = ["competitor", "конкурент", "rival"];
/// Words between a price and its competitors, where the price stands first: `900 у конкурентов`.
const BETWEEN: [&str; 14] =
    ["at", "from", "by", "the", "my", "our", "with", "у", "от", "наших", "моих", "is", "are", "рублей"];
/// Words of the seller's own.
const MINE: [&str; 9] = ["i", "my", "our", "we", "мой", "моя", "мое", "наша", "наш"];
/// Words between one price and the next.
const AND: [&str; 5] = ["and", "or", "и", "или", "а"];

/// What a text says of competitors.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Their prices, in the order of the text; checked by nobody yet.
    pub prices: Vec<Number>,
    /// The text without them.
    pub rest: String,
}

/// Reads the prices of competitors; none where a text names none.
pub fn read(text: &str) -> Option<Told> {
    let (from, to) = cue(text)?;
    let (first, last) = sentence(text, from, to);
    let numbers = number::read(text);
    let fits = |number: &&Number| {
        let inside = number.span.start >= first && number.span.end <= last;
        inside && matches!(number.unit, Unit::Bare | Unit::Money(_)) && !is_bracketed(text, to, number)
    };
    let all: Vec<&Number> = numbers.iter().filter(fits).collect();
    let behind = behind(text, to, &all);
    let (prices, span) = if behind.is_empty() {
        let before = before(text, from, &all);
        let start = before.first()?.span.start;
        (before, start..to)
    } else {
        let end = behind.last()?.span.end;
        let start = count_before(text, from, &numbers).unwrap_or(from);
        (behind, start..end)
    };
    // The end of a sentence in its place keeps what stands around it apart.
    let rest = format!("{};{}", &text[..span.start], &text[span.end..]);
    Some(Told { prices: prices.into_iter().cloned().collect(), rest })
}

/// `competitors (5): 900, 950`: how many, and no price.
fn is_bracketed(text: &str, to: usize, number: &Number) -> bool {
    let inside = |gap: &str| gap.trim() == "(";
    number.span.start >= to
        && inside(&text[to..number.span.start])
        && text[number.span.end..].trim_start().starts_with(')')
}

/// `3 competitors sell at …`: where the number of them begins, so that it is no price either.
fn count_before(text: &str, from: usize, numbers: &[Number]) -> Option<usize> {
    let is_count = |number: &&Number| {
        number.span.end <= from
            && text[number.span.end..from].chars().all(char::is_whitespace)
            && !matches!(number.unit, Unit::Money(_) | Unit::Percent)
    };
    numbers.iter().rfind(is_count).map(|number| number.span.start)
}

/// The first word for competitors, in bytes.
fn cue(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    for word in text.split(|c: char| !c.is_alphabetic()) {
        let small = word.to_lowercase();
        if CUES.iter().any(|cue| small.starts_with(cue)) {
            return Some((at, at + word.len()));
        }
        at += word.len();
        at += text[at..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

/// The sentence around a place.
fn sentence(text: &str, from: usize, to: usize) -> (usize, usize) {
    let is_end = |(at, c): &(usize, char)| match c {
        '\n' | ';' | '!' | '?' => true,
        '.' => text[at + 1..].chars().next().is_none_or(char::is_whitespace),
        _ => false,
    };
    let first = text[..from].char_indices().rfind(is_end).map_or(0, |(at, _)| at + 1);
    let last = text[to..].char_indices().map(|(at, c)| (to + at, c)).find(is_end).map_or(text.len(), |(at, _)| at);
    (first, last)
}

/// `competitors sell at 900, 950 and 1,020`: up to the first word that is no part of the list.
fn behind<'a>(text: &str, to: usize, all: &[&'a Number]) -> Vec<&'a Number> {
    let mut found: Vec<&Number> = Vec::new();
    for number in all.iter().filter(|number| number.span.start >= to).take(RIVALS_MAX) {
        let joins = match found.last() {
            None => !leads_elsewhere(&text[to..number.span.start]),
            Some(before) => is_list(&text[before.span.end..number.span.start]),
        };
        if !joins {
            break;
        }
        found.push(number);
    }
    found
}

/// `900 и 950 у конкурентов`.
fn before<'a>(text: &str, from: usize, all: &[&'a Number]) -> Vec<&'a Number> {
    let mut found: Vec<&Number> = Vec::new();
    for number in all.iter().rev().filter(|number| number.span.end <= from).take(RIVALS_MAX) {
        let joins = match found.first() {
            None => is_between(&text[number.span.end..from]),
            Some(next) => {
                is_list(&text[number.span.end..next.span.start])
                    && !names_fact(right_before(text, number.span.start), Strength::Weak)
            }
        };
        if !joins {
            break;
        }
        found.insert(0, number);
    }
    found
}

/// Whether a number behind these words is something else than what competitors ask for: `competitors sell well, my cost is 500`.
fn leads_elsewhere(text: &str) -> bool {
    let words = Words::read(text);
    let is_mine = |token: &Token| matches!(token, Token::Word(word) if MINE.contains(&word.as_str()));
    let turns = |token: &Token| matches!(token, Token::Break(found) if *found > Break::Soft) || is_mine(token);
    words.tokens.iter().any(turns) || names_fact(text, Strength::Strong)
}

/// The words between a number and the one before it.
fn right_before(text: &str, at: usize) -> &str {
    let near = &text[text.ceil_char_boundary(at.saturating_sub(BEFORE_BYTES))..at];
    near.rsplit(|c: char| c.is_ascii_digit() || c == '%').next().unwrap_or(near)
}

/// A word that means another fact than a price, at least so surely.
fn names_fact(text: &str, least: Strength) -> bool {
    let words = Words::read(text);
    lexicon::CUES.iter().any(|cue| cue.fact != Fact::Price && cue.strength >= least && words.has(cue.phrases))
}

fn is_list(gap: &str) -> bool {
    gap.split(|c: char| !c.is_alphabetic()).all(|word| word.is_empty() || AND.contains(&word.to_lowercase().as_str()))
}

fn is_between(gap: &str) -> bool {
    let words = Words::read(gap);
    let is_glue = |token: &Token| matches!(token, Token::Word(word) if BETWEEN.contains(&word.as_str()));
    !words.tokens.is_empty() && words.tokens.iter().all(is_glue)
}

/// The prices of competitors beside a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// How many.
    pub count: usize,
    /// The lowest.
    pub lowest: Decimal,
    /// The one in the middle; of an even number, the mean of the two there.
    pub median: Decimal,
    /// How much the price is above the median, in per cent; below it, negative.
    pub above_median: Option<Decimal>,
    /// The same of the lowest.
    pub above_lowest: Option<Decimal>,
    /// The lowest does not cover what a sale costs.
    pub loses: bool,
    /// The lowest does not even cover the goods.
    pub below_cost: bool,
}

/// Compares a price with those of competitors, as far as they are in its currency.
pub fn compare(quote: &Quote, rivals: &[Amount]) -> Option<Market> {
    let same = |one: Option<Currency>| one.is_none() || quote.currency.is_none() || one == quote.currency;
    let mut prices: Vec<Decimal> = rivals.iter().filter(|rival| same(rival.currency)).map(|one| one.value).collect();
    prices.sort_unstable();
    let lowest = *prices.first()?;
    let median = median(&prices)?;
    let price = quote.kept.price;
    let cost = quote.rows.iter().find(|row| row.fact == Fact::Cost).map(|row| row.money);
    Some(Market {
        count: prices.len(),
        lowest,
        median,
        above_median: above(price, median),
        above_lowest: above(price, lowest),
        loses: lowest < quote.break_even,
        below_cost: cost.is_some_and(|cost| lowest < cost),
    })
}

fn median(sorted: &[Decimal]) -> Option<Decimal> {
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some(half_up(low.checked_add(*high)? / Decimal::TWO, 2))
}

/// By how many per cent one is above the other, to a tenth; none where the other is nothing.
pub fn above(one: Decimal, other: Decimal) -> Option<Decimal> {
    let share = one.checked_sub(other)?.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(other)?;
    Some(half_up(share, 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, prices: &[&str], rest: &str) {
        let told = read(text);
        let shown: Vec<String> =
            told.iter().flat_map(|told| &told.prices).map(|one| one.value.normalize().to_string()).collect();
        assert_eq!(shown, prices, "{text}");
        assert_eq!(told.map_or_else(|| text.to_owned(), |told| told.rest), rest, "{text}");
    }

    #[test]
    fn prices_of_competitors_are_read_in_both_languages_and_leave_the_rest() {
        check("competitors sell at 900, 950 and 1,020", &["900", "950", "1020"], ";");
        check("cost 500, competitors: $20, $25. Margin 25%", &["20", "25"], "cost 500, ;. Margin 25%");
        check("у конкурентов 900, 950 и 1020", &["900", "950", "1020"], "у ;");
        check("Конкуренты продают за 900 руб, налог 6%", &["900"], ";, налог 6%");
        check("900 и 950 у конкурентов, маржа 25%", &["900", "950"], ";, маржа 25%");
        check("налог 6%, 900 и 950 у конкурентов", &["900", "950"], "налог 6%, ;");
        check("cost 500, 900 у конкурентов", &["900"], "cost 500, ;");
        check("a competitor asks 990", &["990"], "a ;");
        check("конкуренты берут по 1 020 ₽", &["1020"], ";");
    }

    #[test]
    fn what_is_no_price_of_a_competitor_stays_where_it_is() {
        for text in [
            "",
            "cost 500, commission 15%",
            "competitors?",
            "competitors take 15%",
            "cost 500, competitors?",
            "competitors sell well, my cost is 500",
            "competitors: my cost is 500",
            "competitors sell at abc",
            "competitors are many. price 900",
        ] {
            check(text, &[], text);
        }
    }

    #[test]
    fn of_very_many_prices_so_many_are_read_and_the_rest_stays() {
        for text in ["1, ".repeat(2_500) + "2 у конкурентов", "competitors ask ".to_owned() + &"1, ".repeat(2_500)]
        {
            assert_eq!(read(&text).unwrap().prices.len(), RIVALS_MAX);
        }
    }

    #[test]
    fn the_middle_of_prices_is_their_median() {
        let of = |prices: &[i64]| median(&prices.iter().map(|price| Decimal::from(*price)).collect::<Vec<_>>());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[900]), Some(900.into()));
        assert_eq!(of(&[900, 950]), Some(925.into()));
        assert_eq!(of(&[900, 950, 2_000]), Some(950.into()));
    }

    #[test]
    fn a_change_is_told_against_the_other() {
        assert_eq!(above(110.into(), 100.into()), Some(10.into()));
        assert_eq!(above(100.into(), 300.into()), Some(Decimal::new(-667, 1)));
        assert_eq!(above(100.into(), Decimal::ZERO), None);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>(), tail in any::<String>()) {
            read(&text);
            read(&format!("{text} competitors {tail} 900 {text}"));
        }

        #[test]
        fn the_lowest_is_no_more_than_the_median(mut cents in prop::collection::vec(1_i64..1_000_000_000, 1..60)) {
            cents.sort_unstable();
            let prices: Vec<Decimal> = cents.iter().map(|cents| Decimal::new(*cents, 2)).collect();
            let median = median(&prices).unwrap();
            prop_assert!(prices[0] <= median && median <= prices[prices.len() - 1]);
        }
    }
}
