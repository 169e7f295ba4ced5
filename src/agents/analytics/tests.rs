//! The answer in words and as data, from reports of a small shop. It is Saturday, 28 November 2026.

use rust_decimal::Decimal;
use serde_json::json;

use super::{
    ask, csv,
    ledger::Ledger,
    period::{Period, back},
    report::{self, Data, Report, Source, Why},
    table, text, when,
    when::Refusal,
};
use crate::{
    agents::language::Language::{self, English, Russian},
    tools::wildberries::{FunnelNumbers, FunnelProduct, Sale, SearchText, Stock},
};

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn today() -> chrono::NaiveDate {
    day("2026-11-28")
}

fn sale(nm_id: u64, code: &str, srid: String, sale_id: Option<String>, date: String, price: i64) -> Sale {
    let price_with_disc = Some(Decimal::from(price));
    Sale { nm_id, supplier_article: code.to_owned(), srid, sale_id, date, price_with_disc, ..Sale::default() }
}

/// Mugs are ordered twice a day, lamps once every day until the 15th.
fn data() -> Data {
    let mut ledger = Ledger::default();
    for ago in 1..=56 {
        let date = back(today(), ago).to_string();
        let mug = |at: u32| sale(1, "MUG_1", format!("m{ago}.{at}"), None, date.clone(), 500);
        ledger.add_orders(&[mug(0), mug(1)]);
        ledger.add_sales(&[sale(1, "MUG_1", format!("m{ago}.0"), Some(format!("S{ago}")), date.clone(), 500)]);
        if date.as_str() <= "2026-11-15" {
            ledger.add_orders(&[sale(2, "LAMP", format!("l{ago}"), None, date.clone(), 2_000)]);
        }
    }
    let stock =
        |nm_id, code: &str, quantity| Stock { nm_id, supplier_article: code.to_owned(), quantity, ..Stock::default() };
    ledger.add_stocks(&[stock(1, "MUG_1", 12), stock(1, "MUG_1", 8), stock(2, "LAMP", 0), stock(3, "NEW", 40)]);
    let mut product = FunnelProduct::default();
    product.product.nm_id = 1;
    let steps = |open_count, cart_count, order_count| FunnelNumbers {
        open_count,
        cart_count,
        order_count,
        ..FunnelNumbers::default()
    };
    product.statistic.selected = steps(400, 40, 14);
    product.statistic.past = Some(steps(200, 40, 7));
    let mut query = SearchText { text: "*mug* <b>".to_owned(), ..SearchText::default() };
    query.orders.current = Some(5.into());
    query.open_card.current = Some(90.into());
    let came = vec![Source::Orders, Source::Sales, Source::Stocks, Source::Funnel, Source::Queries];
    Data { ledger, came, missing: Vec::new(), funnel: vec![product], queries: vec![query.clone(), query] }
}

fn made(message: &str, data: &Data) -> Report {
    report::make(&ask::read(message, None, today()).unwrap(), data, today())
}

#[track_caller]
fn check(message: &str, language: Language, parts: &[&str]) {
    let said = text::write(&made(message, &data()), &[], language).replace('\u{a0}', " ");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
}

#[test]
fn sales_are_told_with_their_change_and_the_products_behind_it() {
    check(
        "sales last week",
        English,
        &[
            "**16–22 November 2026**. In brackets: against 9–15 November 2026.",
            "- Orders: 14 (−33.3%) for 7,000 ₽ (−66.7%), 500 ₽ each on average; cancelled: 0",
            "- Bought: 7 for 3,500 ₽; returned: 0 for 0 ₽; revenue: 3,500 ₽ (as before)",
            "- Kept by buyers: 100% (before: 100%)",
            "- Best:\n  - MUG\\_1 (1): 7,000 ₽ (as before), 100% of all orders",
            "- Need a look:\n  - LAMP (2): 0 ₽, sold out\n  - NEW (3): 0 ₽, no orders, with 40 in stock",
        ],
    );
    check(
        "продажи за прошлую неделю",
        Russian,
        &[
            "**16–22 ноября 2026**. В скобках — сравнение с 9–15 ноября 2026.",
            "- Заказы: 14 (−33,3%) на 7 000 ₽ (−66,7%), в среднем 500 ₽ за штуку; отменено: 0",
            "- Выкуплено: 7 на 3 500 ₽; возвращено: 0 на 0 ₽; выручка: 3 500 ₽ (как раньше)",
            "- Лучшие:\n  - MUG\\_1 (1): 7 000 ₽ (как раньше), 100% всех заказов",
            "LAMP (2): 0 ₽, закончился",
        ],
    );
}

#[test]
fn stock_is_told_with_the_day_on_which_it_ends() {
    check(
        "stock",
        English,
        &[
            "**Stock**: 60",
            "- LAMP (2): sold out",
            "- MUG\\_1 (1): 20 left, ends about 7 December 2026 (in 10 days)",
            "- 1 without a forecast: not enough data (7 orders in 14 days are needed)",
        ],
    );
    check(
        "остатки",
        Russian,
        &[
            "**Остатки**: 60",
            "осталось 20, закончится около 7 декабря 2026 (через 10 дн.)",
            "без прогноза: мало данных",
        ],
    );
}

#[test]
fn the_funnel_and_the_queries_are_told_and_what_a_shop_writes_is_no_markup() {
    check(
        "funnel and search queries of last week",
        English,
        &[
            "- Cards opened: 400 (+100%)",
            "- Put into the cart: 40 (as before), 10% of the step before",
            "- Ordered: 14 (+100%), 35% of the step before",
            "- \\*mug\\* \\<b\\>: 10 orders, 180 cards opened",
        ],
    );
    check("воронка", Russian, &["**Воронка**", "- Просмотры карточек: 400 (+100%)"]);
}

#[test]
fn only_what_is_asked_is_answered() {
    let said = text::write(&made("stock", &data()), &[], English);
    assert!(!said.contains("Orders") && !said.contains("Funnel"), "{said}");
    let published = table::publish(&made("stock", &data()));
    assert_eq!(published.keys().collect::<Vec<_>>(), ["isRunning", "period", "stock"]);
}

#[test]
fn what_is_missing_is_said_and_the_rest_answered() {
    let mut data = data();
    data.came.retain(|source| *source != Source::Sales);
    data.missing =
        vec![(Source::Sales, Why::TokenRefused), (Source::Funnel, Why::RateLimited(Some("10:00".to_owned())))];
    let report = made("sales last week", &data);
    let said = text::write(&report, &[], English);
    assert!(said.contains("- Orders: 14") && !said.contains("Bought"), "{said}");
    assert!(said.contains("- Sales: the marketplace does not accept the token"), "{said}");
    assert!(said.contains("- Funnel: too many requests just now; ask again after 10:00"), "{said}");
    let missing = &table::publish(&report)["missing"];
    assert_eq!(missing[0], json!({"report": "sales", "reason": "token_refused"}));
}

#[test]
fn today_is_said_to_be_under_way_and_days_that_are_gone_are_not_compared_with() {
    check("sales today", English, &["**28 November 2026**, today not over yet."]);
    let report = made("с 1 сентября по 20 октября продажи", &data());
    let said = text::write(&report, &[], Russian);
    assert!(said.contains("сравнить не с чем"), "{said}");
    assert_eq!(table::publish(&report)["sales"]["before"], json!(null));
}

#[test]
fn the_table_is_data() {
    let published = table::publish(&made("sales last week", &data()));
    assert_eq!(published["period"], json!({"from": "2026-11-16", "to": "2026-11-22", "days": 7}));
    let sales = &published["sales"];
    assert_eq!((&sales["totals"]["orders"], &sales["totals"]["orderSum"]), (&json!(14), &json!("7000.00")));
    assert_eq!(sales["before"]["totals"]["orderSum"], "21000.00");
    assert_eq!(sales["products"][0]["vendorCode"], "MUG_1");
    assert_eq!(sales["products"].as_array().unwrap().len(), 2);
}

#[test]
fn a_large_shop_is_published_within_the_bound_and_says_what_is_left_out() {
    let mut data = data();
    for nm_id in 10..2_000 {
        let code = "я".repeat(90);
        data.ledger.add_orders(&[sale(nm_id, &code, format!("x{nm_id}"), None, "2026-11-20".to_owned(), 1)]);
    }
    let published = table::publish(&made("sales, stock, funnel last week", &data));
    let bytes = serde_json::Value::Object(published.clone()).to_string().len();
    assert!(bytes <= table::TABLE_BYTES_MAX, "{bytes}");
    let shown = published["sales"]["products"].as_array().unwrap().len();
    assert!(shown > 20, "{shown}");
    assert_eq!(published["sales"]["leftOut"], json!(1_992 - shown));
}

#[test]
fn csv_has_a_head_and_a_row_for_each_product() {
    let report = made("sales last week as csv", &data());
    let said = text::write(&report, &csv::write(&report), English);
    assert!(said.contains("Sales:\n\n```csv\nnmID,vendorCode,subject,orders,"), "{said}");
    assert!(said.contains("\n1,MUG_1,,14,7000.00,0,7,0,3500.00,7000.00\n"), "{said}");
    assert!(!said.contains("**Sales**"), "{said}");
}

#[test]
fn a_period_without_an_answer_is_explained() {
    let refused = |message| match when::read(message, today()) {
        when::Spoken::Refused(refusal) => refusal,
        other => panic!("{message}: {other:?}"),
    };
    for (refusal, english, russian) in [
        (refused("next week"), "30 November 2026 lies in the future", "30 ноября 2026 ещё не наступило"),
        (refused("с 15 по 1 ноября"), "Please swap them", "Поменяйте даты местами"),
        (refused("31 ноября"), "31.11.2026 is not a day of the calendar", "Дня 31.11.2026 нет"),
        (
            Refusal::TooOld { from: day("2026-03-01"), oldest: day("2026-08-30") },
            "only since 30 August 2026",
            "только с 30 августа 2026",
        ),
    ] {
        assert!(text::refuse(&refusal, English).contains(english), "{refusal}");
        assert!(text::refuse(&refusal, Russian).contains(russian), "{refusal}");
    }
}

#[test]
fn a_year_is_in_every_date_of_a_period_over_its_end() {
    let mut report = made("sales", &data());
    report.period = Period::new(day("2025-12-20"), day("2026-01-05")).unwrap();
    assert!(text::write(&report, &[], English).starts_with("**20 December 2025 – 5 January 2026**"));
    report.period = Period::new(day("2026-10-20"), day("2026-11-05")).unwrap();
    assert!(text::write(&report, &[], English).starts_with("**20 October – 5 November 2026**"));
}
