//! The words and signs around the digits of a number: thousands, per cent, currencies, pieces.

use super::{
    lexicon::{self, matches},
    money::{Currency, Unit},
};

/// What follows the digits of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suffix {
    /// How many bytes belong to the number.
    pub bytes: usize,
    /// How many times a thousand, for `k`, `тыс`, `млн`.
    pub thousands: Option<u32>,
    /// The unit.
    pub unit: Option<Unit>,
    /// The unit is a hundredth of the currency's: `50 коп`.
    pub hundredths: bool,
}

/// Reads what follows the digits of a number.
pub fn suffix(after: &str) -> Suffix {
    let mut suffix = Suffix::default();
    if let Some((word, bytes)) = word(after)
        && lexicon::THOUSAND_ROUBLES.contains(&word.to_lowercase().as_str())
    {
        return Suffix { bytes, thousands: Some(1), unit: Some(Unit::Money(Some(Currency::Rub))), hundredths: false };
    }
    if let Some((power, bytes)) = thousands(after) {
        suffix.thousands = Some(power);
        suffix.bytes = bytes;
    }
    let Some((unit, bytes)) = unit(&after[suffix.bytes..]) else { return suffix };
    let word = after[suffix.bytes..suffix.bytes + bytes].trim().to_lowercase();
    suffix.hundredths = lexicon::HUNDREDTHS.iter().any(|pattern| matches(pattern, &word));
    suffix.unit = Some(unit);
    suffix.bytes += bytes;
    suffix
}

/// The currency that stands right before a number (`$20`, `USD 20`), and its bytes with the space between.
pub fn currency_before(before: &str) -> Option<(Currency, usize)> {
    let trimmed = before.trim_end_matches(lexicon::SPACES);
    let near = before[trimmed.len()..].chars().count() <= 1;
    if let Some((currency, sign)) = lexicon::SIGNS.iter().find(|(_, sign)| near && trimmed.ends_with(sign)) {
        return Some((*currency, before.len() - trimmed.len() + sign.len()));
    }
    let trimmed = trimmed.strip_suffix('.').unwrap_or(trimmed);
    let at = trimmed.rfind(|c: char| !c.is_alphabetic()).map_or(0, |at| at + char_len(trimmed, at));
    let word = trimmed[at..].to_lowercase();
    let currency = currency(&word).filter(|_| near)?;
    Some((currency, before.len() - at))
}

/// `k`, `тыс.`, `т.р`, `млн`: the power of a thousand and the bytes up to its end.
fn thousands(after: &str) -> Option<(u32, usize)> {
    let (word, end) = word(after)?;
    let word = word.to_lowercase();
    let dotted = after[end..].starts_with('.') && lexicon::ABBREVIATED.contains(&word.as_str());
    let touches = end == word.len() || dotted;
    let fits = |(pattern, _, must_touch): &&(&str, u32, bool)| matches(pattern, &word) && (touches || !must_touch);
    let (_, power, _) = lexicon::THOUSANDS.iter().find(fits)?;
    Some((*power, end + usize::from(dotted)))
}

fn unit(after: &str) -> Option<(Unit, usize)> {
    let spaces = after.len() - after.trim_start_matches(lexicon::SPACES).len();
    let rest = &after[spaces..];
    let first = rest.chars().next()?;
    if matches!(first, '%' | '％') {
        return Some((Unit::Percent, spaces + first.len_utf8()));
    }
    if let Some((currency, sign)) = lexicon::SIGNS.iter().find(|(_, sign)| rest.starts_with(sign)) {
        // `60 $20` is two amounts: a sign that touches the next digits is theirs.
        let theirs = spaces > 0 && rest[sign.len()..].starts_with(|c: char| c.is_ascii_digit());
        return (!theirs).then(|| (Unit::Money(Some(*currency)), spaces + sign.len()));
    }
    let (word, end) = word(after)?;
    Some((unit_word(&word.to_lowercase())?, end))
}

fn unit_word(word: &str) -> Option<Unit> {
    let is = |patterns: &[&str]| patterns.iter().any(|pattern| matches(pattern, word));
    if is(lexicon::PERCENT) {
        Some(Unit::Percent)
    } else if is(lexicon::PIECES) {
        Some(Unit::Pieces)
    } else if is(lexicon::THINGS) {
        Some(Unit::Things)
    } else if is(lexicon::HUNDREDTHS) {
        Some(Unit::Money(None))
    } else {
        currency(word).map(|currency| Unit::Money(Some(currency)))
    }
}

fn currency(word: &str) -> Option<Currency> {
    lexicon::CURRENCIES
        .iter()
        .find(|(_, patterns)| patterns.iter().any(|pattern| matches(pattern, word)))
        .map(|(c, _)| *c)
}

/// The word that follows, after at most two spaces, and where it ends.
fn word(after: &str) -> Option<(&str, usize)> {
    let rest = after.trim_start_matches(lexicon::SPACES);
    let start = after.len() - rest.len();
    let width = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    (width > 0 && after[..start].chars().count() <= 2).then(|| (&rest[..width], start + width))
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}
