//! Numbers that can be none: each has its answer, in sums and in changes, in both languages.

use super::{ALL, ALL_RUSSIAN, Talk, UPLOAD};

#[tokio::test]
async fn a_wrong_number_in_a_sum_is_named_with_what_to_do() {
    let mut talk = Talk::open().await;
    talk.say(ALL).await;
    for (message, part) in [
        ("cost abc, commission 15%", "What does one unit cost you?"),
        ("cost -5, commission 15%", "Unit cost can’t be negative: −5"),
        ("cost 1e400, commission 15%", "looks too large"),
        ("cost 500, price 0", "The price must be above zero."),
        ("cost 500 rub, commission 15%, logistics $5", "I do not know the exchange rate"),
        ("себестоимость абв, комиссия 15%", "Какая себестоимость единицы?"),
        ("себестоимость -5, комиссия 15%", "число меньше нуля не подходит"),
        ("себестоимость 1e400, комиссия 15%", "слишком большое число"),
        ("себестоимость 500, цена 0", "Цена должна быть больше нуля."),
        ("себестоимость 500 руб, комиссия 15%, логистика 5 долларов", "курса я не знаю"),
    ] {
        talk.say("other product").await;
        talk.say(message).await.has(&[part]);
    }
}

#[tokio::test]
async fn a_wrong_price_of_a_competitor_is_named_and_compared_with_nothing() {
    let mut talk = Talk::open().await;
    talk.say(ALL).await;
    for (said, part) in [("-5", "negative"), ("1e400", "too large"), ("0", "above zero"), ("$20", "in roubles")] {
        let answer = talk.say(&format!("competitors sell at {said}")).await;
        answer.has(&[part, "¬ompetitors ("]);
    }
    talk.say(ALL_RUSSIAN).await;
    talk.say("у конкурентов 20 долларов").await.has(&["Цена конкурента — 20 $, а остальное в рублях"]);
}

#[tokio::test]
async fn a_wrong_price_or_discount_asks_for_no_approval_in_russian_either() {
    let mut talk = Talk::open().await;
    let nm = talk.nm;
    for (message, part) in [
        (format!("Поставь цену на {nm} до abc"), "это не цена"),
        (format!("Измени цену артикула {nm} до -5"), "это не цена"),
        (format!("Измени цену артикула {nm} до 1e400"), "это не цена"),
        (format!("Измени цену артикула {nm} до 0"), "это не цена"),
        (format!("Измени цену артикула {nm} до 20 долларов"), "Цены в кабинете в рублях"),
        (format!("Поставь скидку 96% на {nm}"), "это не скидка"),
        (format!("Set the price of {nm} to 0"), "0 is no price"),
        (format!("Set a 99% discount for {nm}"), "is no discount: it must be a whole number of per cent from 0 to 95"),
    ] {
        let said = talk.say(&message).await;
        said.has(&[part]);
        assert!(!said.asks(), "{message}");
    }
    assert_eq!(talk.sandbox.shop().effects(UPLOAD), 0);
}
