//! Categories, directories, cards, barcodes, media.

use serde_json::{Value, json};

use super::{Answer, Call, Request, envelope};
use crate::{
    catalog::{self, BRANDS, COLORS, COUNTRIES, KINDS, Kind, Locale, PARENTS, SEASONS, SUBJECTS, VAT, Words},
    shop::{Card, Refusal, Shop, stamp},
};

const SUBJECTS_MAX: u64 = 1_000;
const CARDS_MAX: usize = 100;
const BATCHES_MAX: usize = 100;
const BARCODES_MAX: u64 = 5_000;
const FREE_LIMITS: usize = 1_500;

pub(super) fn answer(shop: &mut Shop, request: &Request<'_>) -> Answer {
    let locale = request.locale();
    let due = request.due(shop);
    let queued = |()| Value::Null;
    let outcome = match request.call {
        Call::Parents => Ok(parents(locale)),
        Call::Subjects => subjects(request),
        Call::Charcs { subject } => charcs(subject, locale),
        Call::Colors => Ok(pairs(COLORS, "parentName", locale)),
        Call::Countries => Ok(pairs(COUNTRIES, "fullName", locale)),
        Call::Kinds => Ok(names(KINDS, locale)),
        Call::Seasons => Ok(names(SEASONS, locale)),
        Call::Vat => Ok(names(VAT, locale)),
        Call::Tnved => tnved(request),
        Call::CardUpload => return accepted(shop.upload_cards(request.body, due).map(queued)),
        Call::CardJoin => return accepted(shop.join_cards(request.body, due).map(queued)),
        Call::CardUpdate => return accepted(shop.update_cards(request.body, due).map(queued)),
        Call::CardErrors => card_errors(shop, request),
        Call::CardLimits => Ok(limits(shop)),
        Call::Barcodes => barcodes(shop, request),
        Call::MediaSave => shop.save_links(request.body, request.now).map(|()| json!({})),
        Call::MediaFile => match request.file {
            Some(file) => shop.save_file(file, request.now).map(|()| json!({})),
            None => Err(Refusal::bad("uploadfile is required")),
        },
        _ => Err(Refusal::new(404, "path not found")),
    };
    envelope(outcome)
}

/// Card methods that queue say `{}` where the others say `null`.
fn accepted(outcome: Result<Value, Refusal>) -> Answer {
    let mut answer = envelope(outcome);
    if answer.body["additionalErrors"].is_null() {
        answer.body["additionalErrors"] = json!({});
    }
    answer
}

fn parents(locale: Locale) -> Value {
    let shown =
        |parent: &catalog::Parent| json!({ "id": parent.id, "name": parent.name.of(locale), "isVisible": true });
    PARENTS.iter().map(shown).collect()
}

fn subjects(request: &Request<'_>) -> Result<Value, Refusal> {
    let bad = |name: &str| Refusal::bad(format!("invalid value of {name}"));
    let limit = request.number("limit", 30).filter(|limit| *limit <= SUBJECTS_MAX).ok_or_else(|| bad("limit"))?;
    let offset = request.number("offset", 0).ok_or_else(|| bad("offset"))?;
    let parent = request.number("parentID", 0).ok_or_else(|| bad("parentID"))?;
    let wanted = request.query("name").unwrap_or_default().to_lowercase();
    let locale = request.locale();
    let fits = |subject: &&catalog::Subject| {
        let names = [subject.name.ru, subject.name.en];
        (parent == 0 || subject.parent == parent) && names.iter().any(|name| name.to_lowercase().contains(&wanted))
    };
    let shown = |subject: &catalog::Subject| {
        json!({
            "subjectID": subject.id,
            "parentID": subject.parent,
            "subjectName": subject.name.of(locale),
            "parentName": subject.parent_name(locale),
        })
    };
    Ok(SUBJECTS.iter().filter(fits).skip(index(offset)).take(index(limit)).map(shown).collect())
}

fn charcs(subject: u64, locale: Locale) -> Result<Value, Refusal> {
    let subject = known(subject)?;
    let shown = |charc: &catalog::Charc| {
        let (kind, max) = match charc.kind {
            Kind::Strings { max, .. } => (1, max),
            Kind::Number { .. } => (4, 0),
        };
        json!({
            "charcID": charc.id,
            "subjectName": subject.name.of(locale),
            "subjectID": subject.id,
            "name": charc.name.of(locale),
            "required": charc.required,
            "unitName": charc.unit,
            "maxCount": max,
            "popular": charc.popular,
            "charcType": kind,
        })
    };
    Ok(subject.charcs.iter().map(shown).collect())
}

fn known(subject: u64) -> Result<&'static catalog::Subject, Refusal> {
    let unknown = || Refusal::bad("This category does not exist").with(json!({ "id": subject.to_string() }));
    catalog::subject(subject).ok_or_else(unknown)
}

fn pairs(list: &[(Words, Words)], second: &str, locale: Locale) -> Value {
    list.iter().map(|(name, more)| json!({ "name": name.of(locale), second: more.of(locale) })).collect()
}

fn names(list: &[Words], locale: Locale) -> Value {
    list.iter().map(|name| name.of(locale)).collect()
}

fn tnved(request: &Request<'_>) -> Result<Value, Refusal> {
    let subject = request.number("subjectID", 0).ok_or_else(|| Refusal::bad("invalid value of subjectID"))?;
    let search = request.query("search").unwrap_or_default();
    let codes = known(subject)?.tnved.iter().filter(|(code, _)| code.contains(search));
    Ok(codes.map(|(code, kiz)| json!({ "tnved": code, "isKiz": kiz })).collect())
}

/// Brands have an envelope of their own: none.
pub(super) fn brands(request: &Request<'_>) -> Answer {
    let subject = request.query("subjectId").and_then(|subject| subject.parse().ok());
    match subject.map(catalog::subject) {
        None => problem(400, "subjectId is required"),
        Some(None) => problem(404, "subject not found"),
        Some(Some(_)) => {
            let shown = |(id, name): &(u64, &str)| json!({ "id": id, "logoUrl": "", "name": name });
            let brands: Vec<_> = BRANDS.iter().map(shown).collect();
            Answer::ok(json!({ "total": brands.len(), "brands": brands }))
        }
    }
}

fn problem(status: u16, detail: &str) -> Answer {
    Answer { status, body: json!({ "title": "bad request", "detail": detail, "status": status }) }
}

/// The list has no envelope when it is well: cards and the cursor for the next page.
pub(super) fn card_list(shop: &Shop, request: &Request<'_>) -> Answer {
    let settings = request.json().map(|body| body["settings"].clone());
    let Some(settings) = settings.filter(Value::is_object) else {
        return envelope(Err(Refusal::bad("Invalid request format")));
    };
    let (cursor, filter) = (&settings["cursor"], &settings["filter"]);
    let limit = cursor["limit"].as_u64().map_or(10, index);
    if limit == 0 || limit > CARDS_MAX {
        return envelope(Err(Refusal::bad(format!("limit must be from 1 to {CARDS_MAX}"))));
    }
    let ascending = settings["sort"]["ascending"].as_bool().unwrap_or(false);
    let mut cards: Vec<_> = shop.cards.iter().filter(|card| fits(card, filter)).collect();
    let key = |card: &Card| (stamp(card.updated), card.nm);
    cards.sort_by_key(|card| key(card));
    if !ascending {
        cards.reverse();
    }
    if let (Some(updated), Some(nm)) = (cursor["updatedAt"].as_str(), cursor["nmID"].as_u64()) {
        let seen = (updated.to_owned(), nm);
        cards.retain(|card| if ascending { key(card) > seen } else { key(card) < seen });
    }
    cards.truncate(limit);
    let mut next = json!({ "total": cards.len() });
    if let Some(last) = cards.last() {
        next["updatedAt"] = json!(stamp(last.updated));
        next["nmID"] = json!(last.nm);
    }
    let locale = request.locale();
    Answer::ok(json!({ "cards": cards.iter().map(|card| card.shown(locale)).collect::<Vec<_>>(), "cursor": next }))
}

fn fits(card: &Card, filter: &Value) -> bool {
    let among = |list: &Value, value: Value| list.as_array().is_none_or(|all| all.is_empty() || all.contains(&value));
    let photo = match filter["withPhoto"].as_i64().unwrap_or(0) {
        0 => card.photos.is_empty(),
        1 => !card.photos.is_empty(),
        _ => true,
    };
    let text = filter["textSearch"].as_str().unwrap_or_default();
    let skus = || card.draft.sizes.iter().flat_map(|size| &size.skus);
    let found = text.is_empty()
        || card.draft.vendor_code.contains(text)
        || card.nm.to_string() == text
        || skus().any(|sku| sku == text);
    let tagged = filter["tagIDs"].as_array().is_none_or(Vec::is_empty);
    photo
        && found
        && tagged
        && among(&filter["objectIDs"], json!(card.subject))
        && among(&filter["brands"], json!(card.draft.brand))
        && filter["imtID"].as_u64().is_none_or(|imt| imt == card.imt)
}

fn card_errors(shop: &Shop, request: &Request<'_>) -> Result<Value, Refusal> {
    let body = if request.body.is_empty() { Some(json!({})) } else { request.json() };
    let body = body.filter(Value::is_object).ok_or_else(|| Refusal::bad("Invalid request format"))?;
    let cursor = &body["cursor"];
    let limit = cursor["limit"].as_u64().map_or(BATCHES_MAX, index);
    if limit == 0 || limit > BATCHES_MAX {
        return Err(Refusal::bad(format!("limit must be from 1 to {BATCHES_MAX}")));
    }
    let ascending = body["order"]["ascending"].as_bool().unwrap_or(true);
    let mut batches: Vec<_> = shop.batches.iter().collect();
    if !ascending {
        batches.reverse();
    }
    let seen = cursor["batchUUID"].as_str().unwrap_or_default();
    if let Some(at) = batches.iter().position(|batch| batch.uuid.to_string() == seen) {
        batches.drain(..=at);
    }
    let next = batches.len() > limit;
    batches.truncate(limit);
    let mut after = json!({ "next": next, "updatedAt": "", "batchUUID": "" });
    if let Some(last) = batches.last() {
        after["updatedAt"] = json!(last.stamp());
        after["batchUUID"] = json!(last.uuid);
    }
    let locale = request.locale();
    Ok(json!({ "items": batches.iter().map(|batch| batch.shown(locale)).collect::<Vec<_>>(), "cursor": after }))
}

fn limits(shop: &Shop) -> Value {
    let paid = shop.bounds.cards_max.saturating_sub(FREE_LIMITS);
    json!({ "freeLimits": FREE_LIMITS.min(shop.bounds.cards_max), "paidLimits": paid })
}

fn barcodes(shop: &mut Shop, request: &Request<'_>) -> Result<Value, Refusal> {
    let count = request.json().and_then(|body| body["count"].as_u64());
    let count = count.filter(|count| (1..=BARCODES_MAX).contains(count));
    let count = count.ok_or_else(|| Refusal::bad(format!("count must be from 1 to {BARCODES_MAX}")))?;
    Ok((0..count).map(|_| shop.barcode()).collect())
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
