//! Prices as people write them: whole roubles, one currency.

use std::sync::LazyLock;

use regex::Regex;

use super::rules::{Code, Finding};
use crate::agents::language::Language;

/// The highest price that the marketplace takes, in roubles.
pub const PRICE_MAX: u64 = 100_000_000;
/// The longest text of a value that is repeated to the user, in characters.
const SHOWN_CHARS_MAX: usize = 40;

const ROUBLES: &str = r"₽|руб\p{L}*\.?|рр?\b\.?|rub\p{L}*|roubles?\b|rur\b";
const OTHERS: &str = r"\$|€|£|¥|usd\b|eur\b|долл\p{L}*|бакс\p{L}*|dollars?\b|euros?\b|евро\b|тенге\b|kzt\b|byn\b|юан\p{L}*|yuan\b|cny\b|gbp\b";
const NUMBER: &str = r"[-−+]?\d[\d\u{a0}\u{202f} ]*(?:[.,]\d+)?(?:[eе]\+?\d+)?";

#[expect(clippy::expect_used, reason = "a test of this module compiles every pattern")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that a test compiles")
}

static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:price|цен[аыу]|ценой|стоимость|стоит|costs?)\b\s*(?:to\b|is\b|на\b|до\b|по\b|за\b)?\s*[:=—–]?\s*(?P<value>[^;\n]{0,60})",
    )
});
static MONEY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r"(?i)(?P<before>[$€£¥])?\s*(?P<number>{NUMBER})\s*(?P<after>{ROUBLES}|{OTHERS})?"))
});
static PAID: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"(?i)(?:[$€£¥]\s*{NUMBER}|{NUMBER}\s*(?:{ROUBLES}|{OTHERS}))")));
static OTHER: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){OTHERS}")));
static ROUBLE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i){ROUBLES}")));

/// A price that was found, or why it is none, and where in the text it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced {
    /// Whole roubles.
    pub price: Result<u64, Finding>,
    /// Where, in bytes.
    pub span: (usize, usize),
}

/// The price of a text: after its label or before its currency; where it was asked for, any number.
pub fn price(text: &str, is_asked: bool, language: Language) -> Option<Priced> {
    if let Some(found) = LABELLED.captures(text) {
        let (whole, value) = (found.get(0)?, found.name("value")?);
        let money = MONEY.find(value.as_str()).filter(|money| value.as_str()[..money.start()].trim().is_empty());
        let (shown, end) = if let Some(money) = money {
            (money.as_str(), value.start() + money.end())
        } else {
            let word = value.as_str().split([',', '.']).next().unwrap_or_default();
            (word, value.start() + word.len())
        };
        return Some(Priced { price: read(shown, text, language), span: (whole.start(), end) });
    }
    if let Some(found) = PAID.find(text) {
        return Some(Priced { price: read(found.as_str(), text, language), span: (found.start(), found.end()) });
    }
    is_asked.then(|| Priced { price: read(text.trim(), text, language), span: (0, text.len()) })
}

/// One amount. `text` is all that was said: a second currency in it makes the amount doubtful.
fn read(shown: &str, text: &str, language: Language) -> Result<u64, Finding> {
    let bad = |code: Code| {
        let value: String = shown.trim().chars().take(SHOWN_CHARS_MAX).collect();
        Err(Finding::new(code, "price", value, language))
    };
    let others: std::collections::BTreeSet<String> =
        OTHER.find_iter(text).map(|found| found.as_str().to_lowercase()).collect();
    if !others.is_empty() && (ROUBLE.is_match(text) || others.len() > 1) {
        return bad(Code::CurrencyMix);
    }
    if !others.is_empty() {
        return bad(Code::CurrencyOther);
    }
    let Some(found) = MONEY.captures(shown) else { return bad(Code::PriceNotNumber) };
    let number = found.name("number").map_or("", |number| number.as_str());
    let compact: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    let compact = compact.replace('−', "-").replace(['е', 'Е'], "e").replace(',', ".");
    let Ok(value) = compact.parse::<f64>() else { return bad(Code::PriceNotNumber) };
    if !value.is_finite() {
        return bad(Code::PriceTooHigh);
    }
    if value <= 0.0 {
        return bad(Code::PriceNotPositive);
    }
    if value.fract() != 0.0 {
        return bad(Code::PriceNotWhole);
    }
    #[expect(clippy::cast_precision_loss, reason = "100 million is exact")]
    if value > PRICE_MAX as f64 {
        return bad(Code::PriceTooHigh);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, positive and bounded")]
    Ok(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_asked: bool, expected: Option<Result<u64, Code>>) {
        let found = price(text, is_asked, Language::English).map(|priced| priced.price.map_err(|finding| finding.code));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_price_is_read_in_whole_roubles_as_people_write_it() {
        check("a mug, price 900, red", false, Some(Ok(900)));
        check("цена: 1 200 руб., вес 300 г", false, Some(Ok(1200)));
        check("кружка за 900 р", false, Some(Ok(900)));
        check("cost 1\u{a0}500 rubles", false, Some(Ok(1500)));
        check("change the price to 950", false, Some(Ok(950)));
        check("поменяй цену на 950 ₽", false, Some(Ok(950)));
        check("900", true, Some(Ok(900)));
        check("900.00", true, Some(Ok(900)));
        check("a mug of 350 ml", false, None);
    }

    #[test]
    fn what_is_no_price_says_why() {
        check("price abc", false, Some(Err(Code::PriceNotNumber)));
        check("abc", true, Some(Err(Code::PriceNotNumber)));
        check("price -5", false, Some(Err(Code::PriceNotPositive)));
        check("−5", true, Some(Err(Code::PriceNotPositive)));
        check("0 rub", false, Some(Err(Code::PriceNotPositive)));
        check("1e400", true, Some(Err(Code::PriceTooHigh)));
        check("price 1e400", false, Some(Err(Code::PriceTooHigh)));
        check("цена 99999999999", false, Some(Err(Code::PriceTooHigh)));
        check("price 99.90", false, Some(Err(Code::PriceNotWhole)));
        check("price $10", false, Some(Err(Code::CurrencyOther)));
        check("900 rub or 10 $", false, Some(Err(Code::CurrencyMix)));
        check("10 долларов или 9 евро", true, Some(Err(Code::CurrencyMix)));
    }
}
