//! Dialogues over several messages, as data.

use proptest::prelude::*;

use super::*;
use crate::agents::{language::Language, pricing::text};

/// Plays a dialogue: each reply must hold its texts, with `¬` before one that it must not hold.
#[track_caller]
fn play(language: Language, talk: &[(&str, &[&str])]) -> State {
    let mut state = State::default();
    for (message, expected) in talk {
        let (now, reply) = answer(&state, message);
        let text = text::write(&reply, &now, language).replace('\u{a0}', " ");
        for needle in *expected {
            match needle.strip_prefix('¬') {
                Some(absent) => assert!(!text.contains(absent), "{message}\nmust not say {absent}:\n{text}"),
                None => assert!(text.contains(needle), "{message}\nmust say {needle}:\n{text}"),
            }
        }
        state = now;
    }
    state
}

#[track_caller]
fn english(talk: &[(&str, &[&str])]) {
    play(Language::English, talk);
}

#[track_caller]
fn russian(talk: &[(&str, &[&str])]) {
    play(Language::Russian, talk);
}

#[test]
fn bare_answers_go_to_what_was_asked() {
    english(&[
        ("hi, what price should I set?", &["unit cost, commission, logistics, tax, target margin", "for example"]),
        ("cost 500 rub", &["unit cost 500 ₽", "**Still missing:** commission,", "What commission"]),
        ("15%", &["commission 15%", "**Still missing:** logistics, tax", "What does logistics cost"]),
        ("60", &["logistics 60 ₽", "What tax"]),
        ("no", &["tax 0%", "What margin"]),
        ("25", &["**Price: 933.34 ₽** for a margin of 25%", "**Break-even: 658.83 ₽.**"]),
    ]);
    russian(&[
        ("себестоимость 500 рублей", &["себестоимость 500 ₽", "Какая комиссия"]),
        ("15%", &["комиссия 15%", "Сколько стоит логистика"]),
        ("60 руб", &["логистика 60 ₽", "Какой налог"]),
        ("не плачу", &["налог 0%", "Какую маржу"]),
        ("300 рублей", &["чтобы с единицы оставалось 300 ₽"]),
    ]);
}

#[test]
fn an_answer_in_another_unit_goes_to_the_question_that_it_fits() {
    english(&[
        ("commission 15%, tax 6%", &["What does one unit cost"]),
        ("25%", &["target margin 25%", "¬unit cost 25"]),
        ("$10", &["unit cost $10", "logistics"]),
    ]);
}

#[test]
fn several_bare_numbers_go_to_the_questions_in_their_order() {
    english(&[("500, 15%, 60, 6%, 25%", &["**Price: 1,037.04**", "**Break-even: 708.87.**"])]);
    russian(&[
        ("себестоимость 500, комиссия 15", &["Не хватает:** логистика, налог, желаемая маржа"]),
        ("60, 6%, 25%", &["1 037,04"]),
    ]);
    russian(&[("себестоимость 500, комиссия 15", &[]), ("6%, 60, 25%, 7, 8", &["Непонятно, к чему относится 6%"])]);
}

#[test]
fn a_correction_replaces_what_was_said() {
    english(&[
        ("cost 500, commission 15%, logistics 60, tax 6%, margin 25%", &["1,037.04"]),
        ("no, the commission is 17%", &["**Price: 1,076.93**", "| Commission | 183.07 | 17% |"]),
        ("I want to earn 300 per unit", &["keeps you 300 per unit", "¬margin of 25%"]),
        ("commission 17, sorry, commission 16%", &["| 16% |"]),
    ]);
    russian(&[
        ("себестоимость 500, комиссия 15%, логистика 60, налог 6%, маржа 25%", &["1 037,04"]),
        ("нет, комиссия 17%", &["1 076,93"]),
        ("логистики нет, налог тоже не плачу", &["| Логистика | 0,00 |", "| Налог | 0,00 |"]),
    ]);
}

#[test]
fn a_given_price_is_looked_at() {
    english(&[
        (
            "cost 500 rub, commission 15%, logistics 60, tax 6%, I sell at 1,500",
            &["At **1,500 ₽** you keep **625 ₽**", "**41.7%**", "708.87"],
        ),
        ("what about 600?", &["At **600 ₽** you lose **86 ₽** on each unit (14.3% of the price)", "| **Loss** |"]),
        ("margin 25%", &["**Price: 1,037.04 ₽**", "At **600 ₽** you lose"]),
    ]);
    russian(&[
        (
            "закупка 500р, комиссия 15, логистика 60, налог 6, продаю за 1500, какая маржа?",
            &["При цене **1 500 ₽** остаётся **625 ₽** с единицы, маржа **41,7%**"],
        ),
        ("а за 600?", &["При цене **600 ₽** убыток **86 ₽**"]),
    ]);
}

#[test]
fn markup_is_counted_on_the_cost_and_margin_on_the_price() {
    let known = "cost 500, commission 15%, logistics 60, tax 6%, ";
    english(&[(
        &format!("{known}markup 50%"),
        &["**Price: 750** is the cost plus 50% markup", "| **Profit** | **32.50** | **4.3%** |"],
    )]);
    english(&[(&format!("{known}markup 10%"), &["**Price: 550**", "does not cover the fees", "**−125.50**"])]);
    english(&[(&format!("{known}ROI 100%"), &["returns 100% of the cost", "| **Profit** | **500.01** |"])]);
}

#[test]
fn further_costs_are_counted_in() {
    russian(&[
        ("себестоимость 500 руб, комиссия 15%, логистика 60, налог 6%, маржа 20%", &["949,16 ₽"]),
        ("реклама 5%, упаковка 20, эквайринг 1,5%", &["| Упаковка | 20,00 ₽ |", "| Реклама |", "| Эквайринг |"]),
        ("процент выкупа 40%", &["| Логистика | 150,00 ₽ |", "логистика 60 ₽ ÷ 40%"]),
        ("возвраты 10%", &["| Логистика | 66,67 ₽ |"]),
    ]);
}

#[test]
fn what_cannot_be_gets_a_clear_answer() {
    english(&[
        ("cost $4.20, commission 15%, shipping $1.10, no tax, margin 30%", &["**Price: $9.64**"]),
        ("commission 120%", &["Commission 120% would take the whole price", "¬**Price:"]),
        ("commission -5%", &["Commission can’t be negative: −5%", "dash"]),
        ("tax 5-7%", &["Tax is a range: 5% to 7%"]),
        ("buyout 0%", &["Buyout rate 0% does not work"]),
        ("cost 99999999999999999", &["looks too large"]),
        ("cost 5 rub", &["the rest is in dollars", "exchange rate"]),
        ("price 0", &["above zero"]),
        ("7%", &["could not tell what 7% is"]),
        ("commission 15%, commission 17%", &["two values", "15% and 17%"]),
        ("margin 90%", &["commission 15% + target margin 90% = **105%**", "below 85%"]),
        ("30%", &["**Price: $9.64**"]),
    ]);
    russian(&[
        (
            "себестоимость 500 руб, комиссия 150%, логистика 60",
            &["Комиссия 150% — это вся цена целиком", "Какая комиссия"],
        ),
        ("15", &["комиссия 15%"]),
        ("налог 6%, маржа 80%", &["комиссия 15% + налог 6% + желаемая маржа 80% = **101%**", "меньше 79%"]),
        ("логистика 5$", &["а остальное в рублях", "курса я не знаю"]),
    ]);
}

#[test]
fn a_refused_correction_leaves_the_rest_as_it_was() {
    let state = play(
        Language::English,
        &[("cost 500, commission 15%, tax 6%", &[]), ("commission 150%, logistics 60", &["Commission 150%"])],
    );
    assert_eq!(state.facts[&Fact::Commission], Amount::percent(15.into()));
    assert_eq!(state.facts[&Fact::Logistics], Amount::money(60.into(), None));
}

#[test]
fn all_amounts_given_anew_may_be_in_another_currency() {
    let state = play(
        Language::English,
        &[
            ("cost 500 rub, logistics 60 rub", &[]),
            ("cost $5, logistics $1", &["unit cost $5, logistics $1", "¬roubles"]),
        ],
    );
    assert_eq!(state.currency(), Some(crate::agents::pricing::money::Currency::Usd));
}

#[test]
fn another_product_begins_anew() {
    for (clear, language, says) in [
        ("other product", Language::English, "Starting over."),
        ("start over", Language::English, "Starting over."),
        ("clear", Language::English, "Starting over."),
        ("давай сначала", Language::Russian, "Начинаем заново."),
        ("заново", Language::Russian, "Начинаем заново."),
        ("сбрось всё", Language::Russian, "Начинаем заново."),
        ("давай другой товар", Language::Russian, "Начинаем заново."),
    ] {
        let state = play(language, &[("cost 500, commission 15%", &[]), (clear, &[says])]);
        assert!(state.facts.is_empty(), "{clear}");
    }
    russian(&[
        ("себестоимость 500", &[]),
        ("другой товар: закупка 300", &["Начинаем заново.", "себестоимость 300", "¬500."]),
    ]);
}

#[test]
fn thanks_are_answered_without_a_calculation() {
    let known = "cost 500, commission 15%, logistics 60, tax 6%, margin 25%";
    english(&[
        (known, &[]),
        ("thanks!", &["You are welcome", "¬|"]),
        ("thanks, and the commission is 17%", &["**Price:"]),
    ]);
    russian(&[("спасибо", &["Пожалуйста!"])]);
}

#[test]
fn a_message_beside_the_point_gets_the_last_answer_in_short() {
    let known = "cost 500, commission 15%, logistics 60, tax 6%, margin 25%";
    english(&[(known, &[]), ("is that good?", &["**Price: 1,037.04**", "708.87", "To change something", "¬|"])]);
    russian(&[(known, &[]), ("это нормально?", &["Чтобы что-то поменять", "¬|"]), ("какая цена?", &["| Комиссия |"])]);
}

#[test]
fn who_does_not_know_a_number_may_guess() {
    english(&[("cost 500", &["¬rough"]), ("i don't know the commission", &["A rough number will do"])]);
    russian(&[("себестоимость 500", &[]), ("комиссию не знаю", &["примерная цифра", "Какая комиссия"])]);
}

#[test]
fn a_margin_of_the_whole_price_may_be_a_markup() {
    english(&[("margin 100%", &["write “markup 100%”"])]);
    russian(&[("маржа 150%", &["напишите «наценка 150%»"])]);
}

#[test]
fn a_tax_on_profit_is_named_as_what_it_is_not() {
    russian(&[
        ("себестоимость 500, налог 15% (УСН доходы минус расходы)", &["Налог считаю от всей цены", "Какая комиссия"]),
        ("комиссия 15, логистика 60, маржа 25", &["**Цена:", "¬Налог считаю"]),
    ]);
    english(&[("tax 15% on profit, income minus expenses", &["tax from the whole price", "What does one unit cost"])]);
}

#[test]
fn only_the_beginning_of_a_long_message_is_read() {
    let long = format!("себестоимость 500 {} комиссия 15%", "я".repeat(READ_BYTES_MAX));
    russian(&[(&long, &["прочитано только начало", "себестоимость 500", "¬комиссия 15%."])]);
    english(&[("cost 500", &["¬beginning"])]);
}

#[test]
fn nothing_at_all_costs_nothing() {
    english(&[(
        "cost 0, no commission, no logistics, no tax, margin 0%",
        &["**Price: 0**", "| **Price** | **0.00** | — |"],
    )]);
}

#[test]
fn the_whole_answer_reads_well() {
    let (now, reply) = answer(&State::default(), "cost 500 rub, commission 15%, logistics 60, tax 6%, margin 25%");
    assert_eq!(text::write(&reply, &now, Language::English).replace('\u{a0}', " "), ENGLISH);
    assert_eq!(text::write(&reply, &now, Language::Russian).replace('\u{a0}', " "), RUSSIAN);
}

const ENGLISH: &str = "**Price: 1,037.04 ₽** for a margin of 25%.

| | Per unit | Share of price |
|:---|---:|---:|
| Unit cost | 500.00 ₽ | 48.2% |
| Logistics | 60.00 ₽ | 5.8% |
| Commission | 155.56 ₽ | 15% |
| Tax | 62.22 ₽ | 6% |
| **Profit** | **259.26 ₽** | **25%** |
| **Price** | **1,037.04 ₽** | 100% |

**Break-even: 708.87 ₽.** Below that, every sale loses money.

A neater price is 1,039 ₽: profit 260.81 ₽, margin 25.1%.

_Commission, tax and margin are shares of the price. Prices are rounded up to 0.01._";

const RUSSIAN: &str = "**Цена: 1 037,04 ₽** при марже 25%.

| | На единицу | Доля цены |
|:---|---:|---:|
| Себестоимость | 500,00 ₽ | 48,2% |
| Логистика | 60,00 ₽ | 5,8% |
| Комиссия | 155,56 ₽ | 15% |
| Налог | 62,22 ₽ | 6% |
| **Прибыль** | **259,26 ₽** | **25%** |
| **Цена** | **1 037,04 ₽** | 100% |

**Точка безубыточности: 708,87 ₽.** Ниже неё каждая продажа в минус.

Красивая цена — 1 039 ₽: прибыль 260,81 ₽, маржа 25,1%.

_Комиссия, налог и маржа считаются от цены. Цены округлены вверх до 0,01._";

proptest! {
    #[test]
    fn no_dialogue_panics_and_every_state_can_be_stored(
        messages in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![
            "cost ", "комиссия ", "логистика ", "tax ", "маржа ", "markup ", "roi ", "выкуп ", "цена ", "15%", " 500 ", "99.9999%", "0.01",
            "999 999 999 999 ", " 99,5% ", "-7", "5-7%", ", ", "\n", "нет ", "без ", "$", "₽", "заново ", "спасибо", "0",
        ]), 0..12), 1..6)
    ) {
        let mut state = State::default();
        for message in messages {
            let (now, reply) = answer(&state, &message.concat());
            text::write(&reply, &now, Language::Russian);
            text::write(&reply, &now, Language::English);
            let stored = serde_json::to_value(&now).unwrap();
            prop_assert_eq!(serde_json::from_value::<State>(stored).unwrap(), now.clone());
            if let Body::Priced(quote) = reply.body {
                let rows: Decimal = quote.rows.iter().map(|row| row.money).sum();
                if quote.rows.iter().any(|row| row.fact.kind() == Kind::Percent) {
                    prop_assert_eq!(rows + quote.kept.profit, quote.kept.price);
                }
            }
            state = now;
        }
    }
}
