//! Sales, orders and stocks, row by row.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{Answer, Call, Request, day};
use crate::{
    catalog::{Locale, WAREHOUSES, subject},
    seed::{self, MOSCOW, Order},
    shop::{Card, Shop},
};

const ORDERS_KEPT: TimeDelta = TimeDelta::days(90);
const ROWS_MAX: usize = 80_000;

pub(super) fn answer(shop: &Shop, request: &Request<'_>) -> Answer {
    let from = match request.query("dateFrom").map(moscow) {
        None => return refused(json!(["dateFrom: field required"])),
        Some(None) => return refused(json!("dateFrom: Value not validated")),
        Some(Some(from)) => from,
    };
    let whole_day = match request.query("flag") {
        None | Some("0") => false,
        Some("1") => true,
        Some(_) => return refused(json!("flag: Value not validated")),
    };
    let rows = match request.call {
        Call::Stocks => stocks(shop, from, request.now),
        call => movements(shop, call, from, whole_day, request.now),
    };
    Answer::ok(Value::Array(rows))
}

fn refused(errors: Value) -> Answer {
    Answer { status: 400, body: json!({ "errors": errors }) }
}

/// A day, or a day with a time, in Moscow.
fn moscow(text: &str) -> Option<DateTime<Utc>> {
    let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0);
    let local =
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().or_else(|| day(text).and_then(midnight));
    match local {
        Some(local) => local.and_utc().checked_sub_signed(MOSCOW),
        None => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
    }
}

fn stamp(time: DateTime<Utc>) -> String {
    (time + MOSCOW).format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Orders, or sales and returns: what changed since `from`, or what happened on its day.
fn movements(shop: &Shop, call: Call, from: DateTime<Utc>, whole_day: bool, now: DateTime<Utc>) -> Vec<Value> {
    let mut rows: Vec<(DateTime<Utc>, Value)> = Vec::new();
    let kept = shop.orders.iter().filter(|order| order.at <= now && order.at > now - ORDERS_KEPT);
    for order in kept {
        let Some(card) = shop.card(order.nm) else { continue };
        if call == Call::Orders {
            let changed = order.changed(now);
            if wanted(order.at, changed, from, whole_day) {
                rows.push((changed, ordered(order, card, now)));
            }
            continue;
        }
        let events = [(order.bought(now), false), (order.returned(now), true)];
        for (at, back) in events.into_iter().filter_map(|(at, back)| Some((at?, back))) {
            if wanted(at, at, from, whole_day) {
                rows.push((at, sold(order, card, at, back)));
            }
        }
    }
    rows.sort_by_key(|(changed, _)| *changed);
    if !whole_day {
        rows.truncate(ROWS_MAX);
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// `from` is given to the second, and so is what it is compared with.
fn wanted(happened: DateTime<Utc>, changed: DateTime<Utc>, from: DateTime<Utc>, whole_day: bool) -> bool {
    if whole_day { seed::day_of(happened) == seed::day_of(from) } else { changed.timestamp() >= from.timestamp() }
}

fn common(order: &Order, card: &Card, happened: DateTime<Utc>, changed: DateTime<Utc>) -> Value {
    let region = &WAREHOUSES[order.region];
    #[expect(clippy::cast_precision_loss, reason = "a price in roubles is far below 2^52")]
    let paid = order.paid() as f64;
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let finished = paid * (100 - order.spp) as f64 / 100.0;
    json!({
        "date": stamp(happened),
        "lastChangeDate": stamp(changed),
        "warehouseName": WAREHOUSES[order.warehouse].name,
        "warehouseType": "Склад WB",
        "countryName": "Россия",
        "oblastOkrugName": region.okrug,
        "regionName": region.region,
        "supplierArticle": card.draft.vendor_code,
        "nmId": card.nm,
        "barcode": card.sku(),
        "category": card.parent_name(Locale::Ru),
        "subject": card.subject_name(Locale::Ru),
        "brand": card.draft.brand,
        "techSize": card.tech_size(),
        "incomeID": 0,
        "isSupply": false,
        "isRealization": true,
        "totalPrice": order.price,
        "discountPercent": order.discount,
        "spp": order.spp,
        "finishedPrice": finished.round(),
        "priceWithDisc": paid,
        "sticker": "",
        "gNumber": format!("{:020}", order.number),
        "srid": format!("sb{:018}.0.0", order.number),
    })
}

fn ordered(order: &Order, card: &Card, now: DateTime<Utc>) -> Value {
    let mut row = common(order, card, order.at, order.changed(now));
    let cancelled = order.cancelled(now);
    row["isCancel"] = json!(cancelled.is_some());
    // The marketplace's way to write "never".
    row["cancelDate"] = json!(cancelled.map_or_else(|| "0001-01-01T00:00:00".to_owned(), stamp));
    row
}

/// A sale, or a return with its sums below zero.
fn sold(order: &Order, card: &Card, at: DateTime<Utc>, back: bool) -> Value {
    let mut row = common(order, card, at, at);
    let sign = if back { -1.0 } else { 1.0 };
    let commission = subject(card.subject).map_or(0.0, |subject| subject.commission);
    #[expect(clippy::cast_precision_loss, reason = "a price in roubles is far below 2^52")]
    let for_pay = order.paid() as f64 * (100.0 - commission) / 100.0;
    row["paymentSaleAmount"] = json!(0);
    row["forPay"] = json!(sign * (for_pay * 100.0).round() / 100.0);
    for sum in ["finishedPrice", "priceWithDisc"] {
        row[sum] = json!(sign * row[sum].as_f64().unwrap_or(0.0));
    }
    row["saleID"] = json!(format!("{}{}", if back { "R" } else { "S" }, order.number));
    row
}

fn stocks(shop: &Shop, from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Value> {
    // The marketplace counts every half an hour.
    let counted = DateTime::from_timestamp(now.timestamp().div_euclid(1_800) * 1_800, 0).unwrap_or(now);
    if counted < from {
        return Vec::new();
    }
    let rows =
        shop.cards.iter().flat_map(|card| (0..WAREHOUSES.len()).filter_map(move |at| stock(shop, card, at, now)));
    rows.map(|mut row| {
        row["lastChangeDate"] = json!(stamp(counted));
        row
    })
    .collect()
}

/// A card in one warehouse; none if it has never been there.
fn stock(shop: &Shop, card: &Card, warehouse: usize, now: DateTime<Utc>) -> Option<Value> {
    let left = on_hand(shop, card, now)?;
    // The first warehouse has what does not divide.
    let shares: u32 = WAREHOUSES.iter().map(|warehouse| warehouse.share).sum();
    let part = |at: usize| left * WAREHOUSES[at].share / shares;
    let rest = left - (0..WAREHOUSES.len()).map(part).sum::<u32>();
    let quantity = part(warehouse) + if warehouse == 0 { rest } else { 0 };
    let mine = || {
        let recent = shop.orders.iter().rev().take_while(|order| order.at > now - TimeDelta::days(20));
        recent.filter(|order| order.nm == card.nm && order.warehouse == warehouse && order.at <= now)
    };
    let to_client = mine().filter(|order| order.changed(now) == order.at).count();
    let back =
        |order: &&Order| matches!(order.outcome, seed::Outcome::Returned { .. }) && order.returned(now).is_none();
    let from_client = mine().filter(back).filter(|order| order.bought(now).is_some()).count();
    Some(json!({
        "lastChangeDate": "",
        "warehouseName": WAREHOUSES[warehouse].name,
        "supplierArticle": card.draft.vendor_code,
        "nmId": card.nm,
        "barcode": card.sku(),
        "quantity": quantity,
        "inWayToClient": to_client,
        "inWayFromClient": from_client,
        "quantityFull": usize::try_from(quantity).unwrap_or(0) + to_client + from_client,
        "category": card.parent_name(Locale::Ru),
        "subject": card.subject_name(Locale::Ru),
        "brand": card.draft.brand,
        "techSize": card.tech_size(),
        "Price": card.price,
        "Discount": card.discount,
        "isSupply": true,
        "isRealization": false,
        "SCCode": "",
    }))
}

/// Pieces left in all warehouses; none for a card that was never delivered.
pub(super) fn on_hand(shop: &Shop, card: &Card, now: DateTime<Utc>) -> Option<u32> {
    let since = shop.orders.iter().rev().take_while(|order| order.at > shop.opened);
    let sold = since.filter(|order| order.nm == card.nm && order.at <= now).count();
    Some(card.demand?.stock.saturating_sub(u32::try_from(sold).unwrap_or(u32::MAX)))
}
