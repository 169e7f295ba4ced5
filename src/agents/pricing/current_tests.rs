//! Today's price, as data.

use super::*;
use crate::{
    agents::pricing::{dialogue, dialogue::Body, state::State},
    tools::wildberries::GoodsSize,
};

fn goods(nm_id: u64, code: &str, prices: &[u64], discount: u64) -> Goods {
    let size = |price: &u64| GoodsSize { price: Some((*price).into()), ..GoodsSize::default() };
    Goods {
        nm_id,
        vendor_code: code.to_owned(),
        sizes: prices.iter().map(size).collect(),
        currency_iso_code4217: "RUB".to_owned(),
        discount,
        ..Goods::default()
    }
}

fn current(prices: &[u64], discount: u64) -> Current {
    find("7", &[goods(7, "mug-red", prices, discount)]).unwrap()
}

/// The answer to all facts in one message.
fn quote(message: &str) -> Quote {
    match dialogue::answer(&State::default(), message).1.body {
        Body::Priced(quote) => *quote,
        other => panic!("{message}: {other:?}"),
    }
}

const ALL: &str = "cost 500 rub, commission 15%, logistics 60, tax 6%, margin 25%";

#[test]
fn a_product_is_found_by_its_article_then_by_the_sellers_code() {
    let all = [goods(7, "8", &[100], 0), goods(8, "Mug-Red", &[200], 0), goods(9, "123456", &[300], 0)];
    let price = |said: &str| find(said, &all).map(|found| found.price.0.to_string());
    assert_eq!(price("8").as_deref(), Some("200"));
    assert_eq!(price("mug-red").as_deref(), Some("200"));
    assert_eq!(price("123456").as_deref(), Some("300"));
    assert_eq!(price("10"), None);
    assert_eq!(find("7", &[goods(7, "x", &[], 0)]), None);
}

#[test]
fn what_a_product_costs_is_said_in_both_languages() {
    let said = |looked: &Looked, language| say("123", looked, language).replace('\u{a0}', " ");
    let found = |prices, discount| Looked::Found(Box::new(current(prices, discount)));
    assert_eq!(said(&found(&[990], 10), English), "mug-red (7) costs **891 ₽** (990 ₽ with a discount of 10%) now.");
    assert_eq!(said(&found(&[990], 250), English), "mug-red (7) costs **0 ₽** (990 ₽ with a discount of 100%) now.");
    assert_eq!(said(&found(&[990], 0), Russian), "mug-red (7) сейчас стоит **990 ₽**.");
    assert_eq!(
        said(&found(&[900, 1_200], 50), Russian),
        "mug-red (7) сейчас стоит **от 450 ₽ до 600 ₽** (цена от 900 ₽ до 1 200 ₽, скидка 50%)."
    );
    for language in [English, Russian] {
        assert!(said(&Looked::Unknown, language).contains("123"));
        assert!(said(&Looked::TooMany, language).contains("123"));
        assert!(said(&Looked::Trouble(Trouble::NotGranted), language).contains("`prices_get`"));
        let at = Trouble::RateLimited(Some("2026-11-28".to_owned()));
        assert!(said(&Looked::Trouble(at), language).contains("2026-11-28"));
    }
}

#[track_caller]
fn check(current: &Current, message: &str, language: Language, expected: &str) {
    assert_eq!(beside(current, &quote(message), language).replace('\u{a0}', " "), expected);
}

#[test]
fn a_worked_out_price_stands_beside_todays_with_the_change() {
    check(
        &current(&[1_600], 50),
        ALL,
        English,
        "mug-red costs **800 ₽** (1,600 ₽ with a discount of 50%) in the shop now. The worked-out price is 29.6% higher. \
         With the discount of 50% that is 2,075 ₽ before it.",
    );
    check(
        &current(&[2_000], 0),
        ALL,
        Russian,
        "mug-red сейчас стоит в магазине **2 000 ₽**. Посчитанная цена на 48,1% ниже.",
    );
    check(
        &current(&[600], 0),
        ALL,
        English,
        "mug-red costs **600 ₽** in the shop now. The worked-out price is 72.8% higher. Today's price is below break-even: \
         every sale loses money.",
    );
}

#[test]
fn a_price_in_quarantine_is_told_with_what_to_do() {
    let waiting = Current { waiting: Some((300.into(), 10)), ..current(&[1_000], 10) };
    let said = |language| say("7", &Looked::Found(Box::new(waiting.clone())), language).replace('\u{a0}', " ");
    assert!(said(English).ends_with(
        "now. A new price of 300 ₽ with a discount of 10% lies in quarantine: confirm it in the seller's account, or set another one."
    ));
    assert!(said(Russian).contains("Новая цена 300 ₽ со скидкой 10% лежит в карантине"));
}

#[test]
fn what_cannot_be_compared_is_not() {
    check(&current(&[900, 1_200], 0), ALL, English, "mug-red costs **900 ₽ to 1,200 ₽** in the shop now.");
    check(
        &current(&[900], 10),
        "cost $5, commission 15%, logistics $1, tax 6%, margin 25%",
        English,
        "mug-red costs **810 ₽** (900 ₽ with a discount of 10%) in the shop now. That is another currency, so I do not \
         compare them.",
    );
    let free = current(&[900], 100);
    assert_eq!((free.change(&quote(ALL)), free.before_discount(Decimal::ONE)), (None, None));
}
