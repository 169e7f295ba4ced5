//! Competitors, products and wrong numbers in whole messages, as data.

use crate::agents::{
    language::Language::{self, English, Russian},
    pricing::{dialogue, state::State, text},
};

/// Plays messages one after the other: the last reply must hold these texts, with `¬` before one that it must not hold.
#[track_caller]
fn check(language: Language, messages: &[&str], expected: &[&str]) {
    let (mut state, mut said) = (State::default(), String::new());
    for message in messages {
        let (now, reply) = dialogue::answer(&state, message);
        said = text::write(&reply, &now, language).replace('\u{a0}', " ");
        state = now;
    }
    for part in expected {
        let (part, is_there) = part.strip_prefix('¬').map_or((*part, true), |part| (part, false));
        assert_eq!(said.contains(part), is_there, "{messages:?}: `{part}`\n{said}");
    }
}

const ALL: &str = "cost 500 rub, commission 15%, logistics 60, tax 6%, margin 25%";
const ALL_RUSSIAN: &str = "себестоимость 500 руб, комиссия 15%, логистика 60, налог 6%, маржа 25%";

#[test]
fn a_price_stands_beside_those_of_competitors() {
    let standing = "Competitors (3): the lowest **900 ₽**, the median **950 ₽**. Against the median your price is 9.2% higher, \
                    against the lowest 15.2% higher.";
    let told = format!("{ALL}. Competitors sell at 900, 950 and 1,020");
    check(English, &[&told], &["**Price: 1,037.04 ₽**", standing, "¬Careful"]);
    check(English, &[ALL, "competitors sell at 900, 950 and 1,020"], &["**Price: 1,037.04 ₽**", standing]);
    check(English, &["competitors sell at 900, 950 and 1,020", ALL], &["**Price: 1,037.04 ₽**", standing]);
    let standing = "Конкуренты (2): самая низкая **1 100 ₽**, медиана **1 150 ₽**. К медиане ваша цена на 9,8% ниже, к самой \
                    низкой — на 5,7% ниже.";
    check(Russian, &[ALL_RUSSIAN, "у конкурентов 1100 и 1200"], &["**Цена: 1 037,04 ₽**", standing, "¬Осторожно"]);
    check(Russian, &[ALL_RUSSIAN, "1037,04 у конкурентов"], &["У конкурента **1 037,04 ₽**: ваша цена такая же."]);
}

#[test]
fn what_competitors_ask_is_kept_until_it_is_told_anew_or_all_begins_anew() {
    check(English, &["competitors sell at 900", "competitors: 800, 850"], &["competitors’ prices 800, 850", "¬900"]);
    check(English, &[ALL, "competitors sell at 900", "margin 30%"], &["A competitor asks **900 ₽**"]);
    check(English, &[ALL, "competitors sell at 900", "other product", ALL], &["**Price:", "¬ompetitor"]);
    check(English, &[ALL], &["¬ompetitor"]);
}

#[test]
fn how_many_competitors_there_are_is_no_price() {
    check(English, &[ALL, "3 competitors sell at 900, 950"], &["Competitors (2): the lowest **900 ₽**"]);
    check(English, &[ALL, "competitors (5): 900, 950"], &["Competitors (2): the lowest **900 ₽**"]);
    check(Russian, &[ALL_RUSSIAN, "у 3 конкурентов 1100 и 1200"], &["Конкуренты (2): самая низкая **1 100 ₽**"]);
}

#[test]
fn what_competitors_ask_goes_with_its_product_and_its_currency() {
    let other = "what price for mug-blue: cost 500 rub, commission 15%, logistics 60, tax 6%, margin 25%";
    check(English, &["for mug-red competitors sell at 900", other], &["**Price:", "¬ompetitor"]);
    let dollars = "cost $5, commission 15%, logistics $1, tax 6%, margin 25%";
    check(English, &[ALL, "competitors sell at 900", dollars], &["**Price: $", "¬ompetitor"]);
}

#[test]
fn a_number_after_a_question_about_a_product_answers_no_question_that_was_not_shown() {
    check(English, &["what does 12345678 cost?", "1990"], &["¬unit cost 1,990"]);
}

#[test]
fn a_competitor_below_break_even_is_warned_of() {
    check(
        English,
        &[ALL, "competitors sell at 650 and 990"],
        &["Careful: 650 ₽ is below your break-even of 708.87 ₽; at that price each sale loses money."],
    );
    check(Russian, &[ALL_RUSSIAN, "конкуренты продают за 450"], &["Осторожно: 450 ₽ — ниже даже себестоимости"]);
}

#[test]
fn what_can_be_no_price_of_a_competitor_is_told() {
    let competitors = |said: &str| format!("competitors sell at {said}");
    for (said, part) in [
        ("-5", "A competitor’s price can’t be negative: −5"),
        ("0", "The price must be above zero."),
        ("1e400", "looks too large"),
        ("$20", "is $20, and the rest is in roubles"),
    ] {
        check(English, &[ALL, &competitors(said)], &[part, "Nothing else has changed", "¬ompetitors (", "¬ asks **"]);
    }
    check(Russian, &[ALL_RUSSIAN, "у конкурентов 20 долларов"], &["Цена конкурента — 20 $, а остальное в рублях"]);
    check(English, &[ALL, "competitors sell at abc"], &["¬ompetitors ("]);
}

#[test]
fn a_product_is_no_number_of_the_sums() {
    for message in [format!("for 12345678: {ALL}"), format!("What is the price of mug-01 with {ALL}?")] {
        check(English, &[&message], &["**Price: 1,037.04 ₽**", "¬could not tell", "¬12,345,678"]);
    }
    let message = format!("посчитай для артикула 500: {ALL_RUSSIAN}");
    check(Russian, &[&message], &["**Цена: 1 037,04 ₽**", "¬Непонятно"]);
}

#[test]
fn a_wrong_number_is_refused_with_its_name_and_what_to_do() {
    for (message, part) in [
        ("cost abc, commission 15%", "What does one unit cost you?"),
        ("cost -5, commission 15%", "Unit cost can’t be negative: −5"),
        ("cost 1e400, commission 15%", "looks too large. Please check the number."),
        ("cost 500, price 0", "The price must be above zero."),
        ("cost 500 rub, logistics $5", "Please send it in roubles: I do not know the exchange rate."),
        ("commission 100%", "would take the whole price"),
    ] {
        check(English, &[message], &[part]);
    }
    for (message, part) in [
        ("себестоимость абв, комиссия 15%", "Какая себестоимость единицы?"),
        ("себестоимость -5, комиссия 15%", "число меньше нуля не подходит"),
        ("себестоимость 1e400, комиссия 15%", "слишком большое число"),
        ("себестоимость 500, цена 0", "Цена должна быть больше нуля."),
        ("себестоимость 500 руб, логистика 5 долларов", "Пришлите эту сумму в рублях: курса я не знаю."),
        ("комиссия 100%", "вся цена целиком"),
    ] {
        check(Russian, &[message], &[part]);
    }
}
