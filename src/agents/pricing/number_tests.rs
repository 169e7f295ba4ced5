//! Numbers in every spelling that sellers use.

use proptest::prelude::*;

use super::*;
use crate::agents::{language::Language, pricing::money};

/// Shows what was read as `500 RUB`, `15%`, `7`, `100 things`, with `..20` for a range and `(glued)`.
fn show(number: &Number) -> String {
    let unit = match number.unit {
        Unit::Bare => String::new(),
        Unit::Percent => "%".to_owned(),
        Unit::Pieces => " pieces".to_owned(),
        Unit::Things => " things".to_owned(),
        Unit::Money(None) => " money".to_owned(),
        Unit::Money(Some(currency)) => format!(" {}", currency.code()),
    };
    let range = number.up_to.map_or_else(String::new, |high| format!("..{}", high.normalize()));
    let glued = if number.glued { " (glued)" } else { "" };
    format!("{}{range}{unit}{glued}", number.value.normalize())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let shown: Vec<String> = read(text).iter().map(show).collect();
    assert_eq!(shown.join("; "), expected, "{text}");
}

#[test]
fn powers_of_ten_are_one_number() {
    for (text, expected) in [
        ("1e3", "1000"),
        ("1.5E+2 руб", "150 RUB"),
        ("5e-1", "0.5"),
        ("1e400", "79228162514264337593543950335"),
        ("1e99999999999999999999", "79228162514264337593543950335"),
        ("9e28", "79228162514264337593543950335"),
        ("1e-400", "0"),
        ("0e400", "0"),
        ("2e", "2 (glued)"),
        ("3em", "3 (glued)"),
    ] {
        check(text, expected);
    }
}

#[test]
fn thousands_and_decimals_are_told_apart() {
    for (text, expected) in [
        ("1500", "1500"),
        ("1 500", "1500"),
        ("1\u{a0}500", "1500"),
        ("1\u{202f}500,50", "1500.5"),
        ("1,500.50", "1500.5"),
        ("1.500,50", "1500.5"),
        ("1,500", "1500"),
        ("1.500", "1500"),
        ("1'500.50", "1500.5"),
        ("1 234 567,8", "1234567.8"),
        ("1,234,567", "1234567"),
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("0,125", "0.125"),
        ("0.5", "0.5"),
        ("1234,567", "1234.567"),
        ("7,125%", "7.125%"),
        ("007", "7"),
        ("99999999999999999999999999999999999", "79228162514264337593543950335"),
        ("1500.", "1500"),
        ("500, 15", "500; 15"),
        ("500,15,60,6,25", "500; 15; 60; 6; 25"),
        ("12.05.2024", ""),
        ("15 500", "15500"),
        ("500 15 60", "500; 15; 60"),
    ] {
        check(text, expected);
    }
}

#[test]
fn units_stand_before_or_after_with_or_without_a_space() {
    for (text, expected) in [
        ("1500р", "1500 RUB"),
        ("1500 р.", "1500 RUB"),
        ("60₽", "60 RUB"),
        ("60 ₽", "60 RUB"),
        ("500 руб.", "500 RUB"),
        ("500рублей", "500 RUB"),
        ("500 RUB", "500 RUB"),
        ("RUB 500", "500 RUB"),
        ("$20", "20 USD"),
        ("$ 20.99", "20.99 USD"),
        ("20$", "20 USD"),
        ("20 dollars", "20 USD"),
        ("€15,50", "15.5 EUR"),
        ("15 евро", "15 EUR"),
        ("35 юаней", "35 CNY"),
        ("15%", "15%"),
        ("15 %", "15%"),
        ("15 процентов", "15%"),
        ("15 percent", "15%"),
        ("6проц", "6%"),
        ("60 $20", "60; 20 USD"),
        ("100 шт по 500 р", "100 pieces; 500 RUB"),
        ("500 руб 50 коп", "500.5 RUB"),
    ] {
        check(text, expected);
    }
}

#[test]
fn thousands_are_spelled_in_many_ways() {
    for (text, expected) in [
        ("1.5k", "1500"),
        ("1,5к", "1500"),
        ("1,5 тыс", "1500"),
        ("1,5 тыс. руб.", "1500 RUB"),
        ("2 тысячи рублей", "2000 RUB"),
        ("5 т.р.", "5000 RUB"),
        ("5т.р", "5000 RUB"),
        ("5тр", "5000 RUB"),
        ("1.250k", "1250"),
        ("0,5 млн", "500000"),
        ("2k rub", "2000 RUB"),
        ("$1.2k", "1200 USD"),
        ("15 к 20", "15; 20"),
    ] {
        check(text, expected);
    }
}

#[test]
fn minus_signs_ranges_and_articles_are_seen() {
    for (text, expected) in [
        ("-15%", "-15%"),
        ("комиссия −15%", "-15%"),
        ("комиссия – 15%", "15%"),
        ("комиссия -15%, логистика -60", "15%; 60"),
        ("логистика-60", "60"),
        ("15-20%", "15..20%"),
        ("60–80 руб", "60..80 RUB"),
        ("WB123456", "123456 (glued)"),
        ("15pro", "15 (glued)"),
        ("комиссия15%", "15% (glued)"),
    ] {
        check(text, expected);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic_and_spans_stay_in_order(text in "\\PC*") {
        let mut end = 0;
        for number in read(&text) {
            prop_assert!(number.span.start >= end && number.span.end <= text.len());
            end = number.span.end;
        }
    }

    #[test]
    fn number_like_texts_are_read_without_a_panic(text in "[0-9 .,'’%₽$кkтыср\u{a0}\\-–]{0,40}") {
        read(&text);
    }

    #[test]
    fn an_amount_that_was_written_is_read_back(units in 0_i64..=1_000_000_000_000, scale in 0_u32..=4, russian in any::<bool>(), sign in 0_usize..4) {
        let language = if russian { Language::Russian } else { Language::English };
        let currency = [None, Some(Currency::Rub), Some(Currency::Usd), Some(Currency::Kzt)][sign];
        let value = Decimal::new(units, scale);
        for text in [money::money(value, currency, language), money::cents(value, currency, language)] {
            let read = read(&text);
            prop_assert_eq!(read.len(), 1, "{}", text);
            prop_assert_eq!(read[0].value, value, "{}", text);
            prop_assert_eq!(read[0].unit, currency.map_or(Unit::Bare, |currency| Unit::Money(Some(currency))));
        }
        let text = money::percent(value, language);
        prop_assert_eq!(read(&text)[0].value, value, "{}", text);
    }
}
