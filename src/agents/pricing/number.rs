//! Numbers in running text: where they stand, what they are worth, and which unit goes with them.
//!
//! Reads `1 500`, `1,500.50`, `1.500,50`, `1500р`, `$20`, `1.5k`, `1,5 тыс. руб.`, `15 %`, `15 процентов`. What looks
//! like a number and is none for a price (a date, an article such as `WB123`, `100 шт`) is either left out or marked.

use std::ops::Range;

use rust_decimal::Decimal;

use super::{
    money::{Currency, Unit},
    unit::{self, Suffix},
};

/// The most digits after the point that are kept.
const SCALE_MAX: u32 = 4;

/// A number of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Where it stands, with its unit, in bytes.
    pub span: Range<usize>,
    /// Its value; negative after a minus sign. [`Decimal::MAX`] stands for everything that is too large to hold.
    pub value: Decimal,
    /// What it counts.
    pub unit: Unit,
    /// The upper end, where it was written as a range: `15-20%`.
    pub up_to: Option<Decimal>,
    /// A letter touches it: part of an article or model (`A4`, `15pro`), unless that letter begins a known word.
    pub glued: bool,
}

/// All numbers of a text, in order.
pub fn read(text: &str) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + offset;
        let digits = Digits::read(text, start);
        at = digits.end;
        let floor = numbers.last().map_or(0, |number| number.span.end);
        for part in digits.parts(text) {
            at = at.max(push(&mut numbers, text, floor, part));
        }
    }
    without_dashes(numbers)
}

/// Adds the number whose digits are `part`; answers where its unit ends.
fn push(numbers: &mut Vec<Number>, text: &str, floor: usize, part: Part) -> usize {
    let (power, power_bytes) = power_of_ten(&text[part.span.end..]);
    let digits_end = part.span.end + power_bytes;
    let suffix = unit::suffix(&text[digits_end..]);
    let end = digits_end + suffix.bytes;
    if join_kopecks(numbers, &part, end, &suffix) {
        return end;
    }
    let prefix = Prefix::read(text, floor, part.span.start);
    let unit = suffix.unit.or(prefix.currency.map(|currency| Unit::Money(Some(currency)))).unwrap_or(Unit::Bare);
    let exact = matches!(unit, Unit::Percent) || suffix.thousands.is_some();
    let value = scaled(times_ten(part.value(exact), power), suffix.thousands);
    let glued = prefix.glued || (suffix.bytes == 0 && text[end..].starts_with(char::is_alphabetic));
    let number =
        Number { span: prefix.start..end, value: if prefix.minus { -value } else { value }, unit, up_to: None, glued };
    if prefix.range && join_range(numbers, &number) {
        return end;
    }
    numbers.push(number);
    end
}

/// `1e400` of `1e400`: the power and its bytes. Whoever writes so means a number, and not the 1 in front of it.
fn power_of_ten(after: &str) -> (i32, usize) {
    let none = (0, 0);
    let Some(rest) = after.strip_prefix(['e', 'E']) else { return none };
    let digits = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let width = digits_end(digits, 0);
    if width == 0 || digits[width..].starts_with(char::is_alphanumeric) {
        return none;
    }
    let signed = &rest[..rest.len() - digits.len() + width];
    let far = if signed.starts_with('-') { i32::MIN } else { i32::MAX };
    (signed.parse().unwrap_or(far), 1 + signed.len())
}

/// [`Decimal::MAX`] for what is too large to hold, zero for what is too small.
fn times_ten(value: Decimal, power: i32) -> Decimal {
    const HELD_MAX: i32 = 28;
    match power {
        0 => value,
        power if value.is_zero() || power < -HELD_MAX => Decimal::ZERO,
        power if power > HELD_MAX => Decimal::MAX,
        power => {
            let ten = (0..power.unsigned_abs()).fold(Decimal::ONE, |ten, _| ten * Decimal::TEN);
            if power > 0 { value.checked_mul(ten).unwrap_or(Decimal::MAX) } else { value / ten }
        }
    }
}

/// `500 руб 50 коп` is one amount.
fn join_kopecks(numbers: &mut [Number], part: &Part, end: usize, suffix: &Suffix) -> bool {
    let Some(last) = numbers.last_mut().filter(|_| suffix.hundredths) else { return false };
    let near = part.span.start.saturating_sub(last.span.end) <= 2;
    let value = part.value(false);
    if !near || !matches!(last.unit, Unit::Money(_)) || value >= Decimal::ONE_HUNDRED {
        return false;
    }
    last.value = last.value.saturating_add(value / Decimal::ONE_HUNDRED);
    last.span.end = end;
    true
}

/// `15-20%` is one number with two ends.
fn join_range(numbers: &mut [Number], high: &Number) -> bool {
    let Some(low) = numbers.last_mut() else { return false };
    low.up_to = Some(high.value.abs());
    low.span.end = high.span.end;
    if low.unit == Unit::Bare {
        low.unit = high.unit;
    }
    true
}

/// Several numbers with a minus in one message are a list with dashes: `комиссия -15%, логистика -60`.
fn without_dashes(mut numbers: Vec<Number>) -> Vec<Number> {
    if numbers.iter().filter(|number| number.value.is_sign_negative()).count() > 1 {
        for number in &mut numbers {
            number.value = number.value.abs();
        }
    }
    numbers
}

fn scaled(value: Decimal, thousands: Option<u32>) -> Decimal {
    let factor = Decimal::from(1000_u64.pow(thousands.unwrap_or(0)));
    value.checked_mul(factor).unwrap_or(Decimal::MAX).round_dp(SCALE_MAX)
}

/// What stands right before the digits.
struct Prefix {
    start: usize,
    currency: Option<Currency>,
    minus: bool,
    range: bool,
    glued: bool,
}

impl Prefix {
    fn read(text: &str, floor: usize, digits: usize) -> Self {
        let before = &text[floor..digits];
        let (before, currency) = match unit::currency_before(before) {
            Some((currency, bytes)) => (&before[..before.len() - bytes], Some(currency)),
            None => (before, None),
        };
        let start = floor + before.len();
        let range = floor > 0 && matches!(before, "-" | "–" | "—" | "−");
        let bare = before.strip_suffix(['-', '−']);
        let minus =
            bare.is_some_and(|rest| rest.is_empty() && floor == 0 || rest.ends_with([' ', '\n', '\t', '(', ':']));
        let glued = currency.is_none() && before.ends_with(char::is_alphabetic);
        Self { start, currency, minus: minus && !range, range, glued }
    }
}

/// Digits with the separators between them, before anybody knows what the separators mean.
struct Digits {
    start: usize,
    end: usize,
    separators: Vec<char>,
}

/// One number's digits, with separators that make sense together.
struct Part {
    span: Range<usize>,
    groups: Vec<String>,
    separators: Vec<char>,
}

impl Digits {
    fn read(text: &str, start: usize) -> Self {
        let mut found = Self { start, end: digits_end(text, start), separators: Vec::new() };
        let first = found.end - start;
        while let Some(separator) = text[found.end..].chars().next() {
            let next = found.end + separator.len_utf8();
            let next_end = digits_end(text, next);
            let width = next_end - next;
            let goes_on = match plain(separator) {
                ' ' => width == 3 && first <= 3 && found.separators.iter().all(|known| *known == ' '),
                '.' | ',' | '\'' => width > 0,
                _ => false,
            };
            if !goes_on {
                break;
            }
            found.separators.push(plain(separator));
            found.end = next_end;
        }
        found
    }

    /// The numbers in it: one as a rule; several for `500,15,60`; none for a date or a version.
    fn parts(&self, text: &str) -> Vec<Part> {
        let whole = Part::of(text, self.start..self.end);
        if whole.makes_sense() {
            return vec![whole];
        }
        let mut at = self.start;
        let pieces = text[self.start..self.end].split(',').map(|piece| {
            let span = at..at + piece.len();
            at = span.end + 1;
            Part::of(text, span)
        });
        pieces.filter(Part::makes_sense).collect()
    }
}

impl Part {
    fn of(text: &str, span: Range<usize>) -> Self {
        let raw = &text[span.clone()];
        let groups = raw.split(|c: char| !c.is_ascii_digit()).map(str::to_owned).collect();
        let separators = raw.chars().filter(|c| !c.is_ascii_digit()).map(plain).collect();
        Self { span, groups, separators }
    }

    fn makes_sense(&self) -> bool {
        match self.separators.split_last() {
            None => true,
            Some((last, [])) => *last != '\'' || self.are_thousands(1),
            Some((last, before)) if before.iter().all(|c| c == last) => *last == ' ' || self.are_thousands(1),
            Some((last, before)) => {
                before.iter().all(|c| *c == before[0]) && matches!(last, '.' | ',') && self.are_thousands(2)
            }
        }
    }

    /// Whether the groups after the first, without the last `less - 1`, have three digits.
    fn are_thousands(&self, less: usize) -> bool {
        let inner = &self.groups[1..=self.groups.len() - less];
        self.groups[0].len() <= 3 && !self.groups[0].starts_with('0') && inner.iter().all(|group| group.len() == 3)
    }

    /// `exact`: a percentage or a count of thousands, where `1,125` can only be a fraction.
    fn value(&self, exact: bool) -> Decimal {
        let fraction = match self.separators.split_last() {
            None | Some((' ' | '\'', _)) => false,
            Some((_, [])) => exact || !self.are_thousands(1),
            Some((last, before)) => before[0] != *last,
        };
        let mut digits = self.groups.concat();
        if fraction {
            digits.insert(digits.len() - self.groups.last().map_or(0, String::len), '.');
        }
        digits.parse().map_or(Decimal::MAX, |value: Decimal| value.round_dp(SCALE_MAX))
    }
}

fn digits_end(text: &str, start: usize) -> usize {
    text[start..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |offset| start + offset)
}

/// All the spaces that people put between thousands are one, and so are the apostrophes.
fn plain(separator: char) -> char {
    match separator {
        '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
        '’' => '\'',
        other => other,
    }
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
