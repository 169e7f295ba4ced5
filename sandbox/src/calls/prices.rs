//! Prices: uploads, what came of them, and what is set.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::{Answer, Call, Request};
use crate::shop::{PriceTask, Refusal, Shop};

const PAGE_MAX: u64 = 1_000;

pub(super) fn answer(shop: &mut Shop, request: &Request<'_>) -> Answer {
    let outcome = match request.call {
        Call::PriceUpload => return upload(shop, request),
        Call::PriceTask => task(shop, request),
        Call::PriceTaskGoods => task_goods(shop, request),
        Call::GoodsOf => goods_of(shop, request),
        Call::Quarantine => quarantine(shop, request),
        _ => goods(shop, request),
    };
    envelope(outcome)
}

/// Like that of content methods, without `additionalErrors`.
fn envelope(outcome: Result<Value, Refusal>) -> Answer {
    match outcome {
        Ok(data) => Answer::ok(json!({ "data": data, "error": false, "errorText": "" })),
        Err(Refusal { status, text, .. }) => {
            Answer { status, body: json!({ "data": null, "error": true, "errorText": text }) }
        }
    }
}

fn upload(shop: &mut Shop, request: &Request<'_>) -> Answer {
    let due = request.due(shop);
    match shop.upload_prices(request.body, request.now, due) {
        Ok((id, false)) => envelope(Ok(json!({ "id": id, "alreadyExists": false }))),
        Ok((id, true)) => Answer {
            status: 208,
            body: json!({
                "data": { "id": id, "alreadyExists": true }, "error": false, "errorText": "This task already exists",
            }),
        },
        Err(refusal) => envelope(Err(refusal)),
    }
}

fn invalid() -> Refusal {
    Refusal::bad("Invalid request parameters")
}

/// An upload that is unknown or still waits has no data.
fn task(shop: &Shop, request: &Request<'_>) -> Result<Value, Refusal> {
    let id = request.number("uploadID", 0).filter(|id| *id > 0).ok_or_else(invalid)?;
    Ok(shop.done_task(id).map_or(Value::Null, shown))
}

fn shown(task: &PriceTask) -> Value {
    let time = |time: chrono::DateTime<chrono::Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({
        "uploadID": task.id,
        "status": task.status(),
        "uploadDate": time(task.uploaded),
        "activationDate": time(task.done.unwrap_or(task.uploaded)),
        "overAllGoodsNumber": task.changes.len(),
        "successGoodsNumber": task.changes.len() - task.failed(),
    })
}

fn page(request: &Request<'_>) -> Result<(usize, usize), Refusal> {
    let limit = request.number("limit", 0).filter(|limit| (1..=PAGE_MAX).contains(limit)).ok_or_else(invalid)?;
    let offset = request.number("offset", 0).ok_or_else(invalid)?;
    let index = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Ok((index(offset), index(limit)))
}

fn task_goods(shop: &Shop, request: &Request<'_>) -> Result<Value, Refusal> {
    let id = request.number("uploadID", 0).filter(|id| *id > 0).ok_or_else(invalid)?;
    let (offset, limit) = page(request)?;
    let changes = shop.done_task(id).map_or(&[][..], |task| &task.changes);
    let shown = changes.iter().skip(offset).take(limit).map(|change| {
        let card = shop.card(change.nm);
        json!({
            "nmID": change.nm,
            "vendorCode": card.map_or("", |card| &card.draft.vendor_code),
            "sizeID": card.map_or(0, crate::shop::Card::chrt),
            "techSizeName": card.map_or("", crate::shop::Card::tech_size),
            "price": change.price.or_else(|| card.map(|card| card.price)),
            "currencyIsoCode4217": "RUB",
            "discount": change.discount.or_else(|| card.map(|card| card.discount)),
            "clubDiscount": null,
            "status": if change.error.is_some() { 3 } else { 2 },
            "errorText": change.error.unwrap_or_default(),
        })
    });
    Ok(json!({ "uploadID": id, "historyGoods": shown.collect::<Vec<_>>() }))
}

fn goods(shop: &Shop, request: &Request<'_>) -> Result<Value, Refusal> {
    let (offset, limit) = page(request)?;
    let wanted = request.number("filterNmID", 0).ok_or_else(invalid)?;
    let cards = shop.cards.iter().filter(|card| wanted == 0 || card.nm == wanted).skip(offset).take(limit);
    Ok(json!({ "listGoods": cards.map(Shop::goods).collect::<Vec<_>>() }))
}

/// What waits for the seller: buyers still pay the old price.
fn quarantine(shop: &Shop, request: &Request<'_>) -> Result<Value, Refusal> {
    let (offset, limit) = page(request)?;
    let shown = shop.quarantined().into_iter().skip(offset).take(limit).filter_map(|change| {
        let card = shop.card(change.nm)?;
        let (price, discount) = (change.price.unwrap_or(card.price), change.discount.unwrap_or(card.discount));
        Some(json!({
            "nmID": change.nm,
            "sizeID": null,
            "techSizeName": "",
            "currencyIsoCode4217": "RUB",
            "newPrice": price,
            "oldPrice": card.price,
            "newDiscount": discount,
            "oldDiscount": card.discount,
            "priceDiff": diff((price, discount), (card.price, card.discount)),
        }))
    });
    Ok(json!({ "quarantineGoods": shown.collect::<Vec<_>>() }))
}

/// The first price with its discount less the second with its.
fn diff(new: (u64, u64), old: (u64, u64)) -> f64 {
    let hundredths =
        |(price, discount): (u64, u64)| u32::try_from(price * (100 - discount)).map_or(f64::MAX, f64::from);
    (hundredths(new) - hundredths(old)) / 100.0
}

/// The prices of some articles; those that the seller does not have are left out.
fn goods_of(shop: &Shop, request: &Request<'_>) -> Result<Value, Refusal> {
    let body = request.json().unwrap_or_default();
    let wanted: Option<Vec<u64>> = body["nmList"].as_array().and_then(|list| list.iter().map(Value::as_u64).collect());
    let fits = |wanted: &Vec<u64>| u64::try_from(wanted.len()).is_ok_and(|count| (1..=PAGE_MAX).contains(&count));
    let wanted = wanted.filter(fits).ok_or_else(invalid)?;
    let cards = shop.cards.iter().filter(|card| wanted.contains(&card.nm));
    Ok(json!({ "listGoods": cards.map(Shop::goods).collect::<Vec<_>>() }))
}
