//! `sales-funnel/products`: from opening a card to keeping the goods, against the period before.

use serde_json::{Value, json};

use super::{Figures, Period, dynamics, percent, refused, wanted};
use crate::{
    calls::{Answer, Request, reports::on_hand},
    catalog::Locale,
    shop::{Card, Shop},
};

const LIMIT_MAX: u64 = 1_000;
const NM_IDS_MAX: usize = 1_000;

/// The fields that can be sorted by.
const FIELDS: &[&str] = &[
    "openCard",
    "addToCart",
    "orderCount",
    "orderSum",
    "buyoutCount",
    "buyoutSum",
    "cancelCount",
    "cancelSum",
    "avgPrice",
    "stockWbQty",
    "addToWishlist",
    "shareOrderPercent",
];

pub(in crate::calls) fn funnel(shop: &Shop, request: &Request<'_>) -> Answer {
    match products(shop, request) {
        Ok(products) => Answer::ok(json!({ "data": { "products": products, "currency": "RUB" } })),
        Err(detail) => refused(&detail),
    }
}

struct Row<'a> {
    card: &'a Card,
    stock: i64,
    selected: Figures,
    past: Figures,
}

fn products(shop: &Shop, request: &Request<'_>) -> Result<Vec<Value>, String> {
    let body = request.json().filter(Value::is_object).ok_or("invalid: selectedPeriod (field required)")?;
    let selected = Period::read(&body, "selectedPeriod", request.now)?;
    let past =
        if body["pastPeriod"].is_null() { selected.before() } else { Period::read(&body, "pastPeriod", request.now)? };
    let limit = body["limit"].as_u64().unwrap_or(50);
    if limit > LIMIT_MAX || body["nmIds"].as_array().is_some_and(|ids| ids.len() > NM_IDS_MAX) {
        return Err(format!("invalid: limit and nmIds (at most {LIMIT_MAX})"));
    }
    let mut rows: Vec<_> = shop
        .cards
        .iter()
        .filter(|card| fits(card, &body))
        .map(|card| Row {
            card,
            stock: on_hand(shop, card, request.now).map_or(0, i64::from),
            selected: Figures::of(shop, card, selected, request.now),
            past: Figures::of(shop, card, past, request.now),
        })
        .collect();
    sort(&mut rows, &body["orderBy"])?;
    let all = (rows.iter().map(|row| row.selected.orders).sum(), rows.iter().map(|row| row.past.orders).sum());
    let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page = rows.iter().skip(index(body["offset"].as_u64().unwrap_or(0))).take(index(limit));
    Ok(page.map(|row| row.shown((selected, past), all)).collect())
}

fn fits(card: &Card, body: &Value) -> bool {
    // No card has tags here.
    body["tagIds"].as_array().is_none_or(Vec::is_empty)
        && wanted(body, "nmIds", &json!(card.nm))
        && wanted(body, "brandNames", &json!(card.draft.brand))
        && wanted(body, "subjectIds", &json!(card.subject))
}

fn sort(rows: &mut [Row<'_>], order: &Value) -> Result<(), String> {
    let field = order["field"].as_str().unwrap_or("openCard");
    if !FIELDS.contains(&field) {
        return Err(format!("invalid: orderBy.field ({field}: not one that the sandbox sorts by, take openCard)"));
    }
    rows.sort_by_key(|row| row.key(field));
    if order["mode"].as_str() != Some("asc") {
        rows.reverse();
    }
    Ok(())
}

impl Row<'_> {
    fn key(&self, field: &str) -> i64 {
        let figures = &self.selected;
        match field {
            "addToCart" => figures.carts,
            "orderCount" | "shareOrderPercent" => figures.orders,
            "orderSum" => figures.order_sum,
            "buyoutCount" => figures.buyouts,
            "buyoutSum" => figures.buyout_sum,
            "cancelCount" => figures.cancels,
            "cancelSum" => figures.cancel_sum,
            "avgPrice" => average(figures),
            "stockWbQty" => self.stock,
            "addToWishlist" => figures.wishes,
            _ => figures.opens,
        }
    }

    fn shown(&self, periods: (Period, Period), all_orders: (i64, i64)) -> Value {
        let Self { card, selected, past, .. } = self;
        json!({
            "product": {
                "nmId": card.nm,
                "title": card.draft.title,
                "vendorCode": card.draft.vendor_code,
                "brandName": card.draft.brand,
                "subjectId": card.subject,
                "subjectName": card.subject_name(Locale::Ru),
                "tags": [],
                "productRating": rating(card, 9),
                "feedbackRating": rating(card, 7),
                "stocks": {
                    "wb": self.stock,
                    "mp": 0,
                    "balanceSum": self.stock * i64::try_from(card.discounted()).unwrap_or(0),
                },
            },
            "statistic": {
                "selected": figures(selected, periods.0, all_orders.0),
                "past": figures(past, periods.1, all_orders.1),
                "comparison": comparison(selected, past, all_orders),
            },
        })
    }
}

/// From 4.0 to 5.0, by the card's number.
fn rating(card: &Card, of: u64) -> f64 {
    4.0 + f64::from(u32::try_from(card.nm % of).unwrap_or(0)) / 10.0
}

const fn average(figures: &Figures) -> i64 {
    if figures.orders == 0 { 0 } else { figures.order_sum / figures.orders }
}

/// Orders a day, to a hundredth.
fn a_day(orders: i64, days: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let hundredths = (orders * 100) as f64 / days.max(1) as f64;
    hundredths.round() / 100.0
}

fn conversions(figures: &Figures) -> Value {
    json!({
        "addToCartPercent": percent(figures.carts, figures.opens),
        "cartToOrderPercent": percent(figures.orders, figures.carts),
        "buyoutPercent": percent(figures.buyouts, figures.buyouts + figures.cancels),
    })
}

/// Of buyers in the club there is one in five.
fn club(figures: &Figures) -> Value {
    let (orders, buyouts, cancels) = (figures.orders / 5, figures.buyouts / 5, figures.cancels / 5);
    json!({
        "orderCount": orders,
        "orderSum": figures.order_sum / 5,
        "buyoutSum": figures.buyout_sum / 5,
        "buyoutCount": buyouts,
        "cancelSum": figures.cancel_sum / 5,
        "cancelCount": cancels,
        "avgPrice": average(figures),
        "buyoutPercent": percent(buyouts, buyouts + cancels),
        "avgOrderCountPerDay": a_day(orders, figures.days),
    })
}

fn figures(figures: &Figures, period: Period, all_orders: i64) -> Value {
    json!({
        "period": period.shown(),
        "openCount": figures.opens,
        "cartCount": figures.carts,
        "orderCount": figures.orders,
        "orderSum": figures.order_sum,
        "buyoutCount": figures.buyouts,
        "buyoutSum": figures.buyout_sum,
        "cancelCount": figures.cancels,
        "cancelSum": figures.cancel_sum,
        "avgPrice": average(figures),
        "avgOrdersCountPerDay": a_day(figures.orders, figures.days),
        "shareOrderPercent": percent(figures.orders, all_orders),
        "addToWishlist": figures.wishes,
        "timeToReady": { "days": 1, "hours": 8, "mins": 34 },
        "localizationPercent": 46,
        "wbClub": club(figures),
        "conversions": conversions(figures),
    })
}

fn comparison(now: &Figures, past: &Figures, all_orders: (i64, i64)) -> Value {
    let share = dynamics(percent(now.orders, all_orders.0), percent(past.orders, all_orders.1));
    let pace = dynamics(now.orders * past.days, past.orders * now.days);
    json!({
        "openCountDynamic": dynamics(now.opens, past.opens),
        "cartCountDynamic": dynamics(now.carts, past.carts),
        "orderCountDynamic": dynamics(now.orders, past.orders),
        "orderSumDynamic": dynamics(now.order_sum, past.order_sum),
        "buyoutCountDynamic": dynamics(now.buyouts, past.buyouts),
        "buyoutSumDynamic": dynamics(now.buyout_sum, past.buyout_sum),
        "cancelCountDynamic": dynamics(now.cancels, past.cancels),
        "cancelSumDynamic": dynamics(now.cancel_sum, past.cancel_sum),
        "avgOrdersCountPerDayDynamic": pace,
        "avgPriceDynamic": dynamics(average(now), average(past)),
        "shareOrderPercentDynamic": share,
        "addToWishlistDynamic": dynamics(now.wishes, past.wishes),
        "timeToReadyDynamic": { "days": 0, "hours": 0, "mins": 0 },
        "localizationPercentDynamic": 0,
        "wbClubDynamic": {
            "orderCount": dynamics(now.orders / 5, past.orders / 5),
            "orderSum": dynamics(now.order_sum / 5, past.order_sum / 5),
            "buyoutSum": dynamics(now.buyout_sum / 5, past.buyout_sum / 5),
            "buyoutCount": dynamics(now.buyouts / 5, past.buyouts / 5),
            "cancelSum": dynamics(now.cancel_sum / 5, past.cancel_sum / 5),
            "cancelCount": dynamics(now.cancels / 5, past.cancels / 5),
            "avgPrice": dynamics(average(now), average(past)),
            "buyoutPercent": 0,
            "avgOrderCountPerDay": pace,
        },
        "conversions": {
            "addToCartPercent": percent(now.carts, now.opens) - percent(past.carts, past.opens),
            "cartToOrderPercent": percent(now.orders, now.carts) - percent(past.orders, past.carts),
            "buyoutPercent": percent(now.buyouts, now.buyouts + now.cancels)
                - percent(past.buyouts, past.buyouts + past.cancels),
        },
    })
}
