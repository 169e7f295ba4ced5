//! `product/search-texts`: what people looked for before they came to a card.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Figures, Period, dynamics, percent, refused};
use crate::{
    calls::{Answer, Request},
    catalog::{Locale, subject},
    seed,
    shop::{Card, Shop},
};

const NM_IDS_MAX: usize = 50;
const TEXTS_MAX: u64 = 100;
const TOPS: &[&str] = &["openCard", "addToCart", "openToCart", "orders", "cartToOrder"];
const FIELDS: &[&str] = &["avgPosition", "openCard", "addToCart", "openToCart", "orders", "cartToOrder", "visibility"];

pub(in crate::calls) fn search_texts(shop: &Shop, request: &Request<'_>) -> Answer {
    match items(shop, request) {
        Ok(items) => Answer::ok(json!({ "data": { "items": items } })),
        Err(detail) => refused(&detail),
    }
}

struct Asked {
    current: Period,
    past: Period,
    nm_ids: Vec<u64>,
    top: String,
    field: String,
    ascending: bool,
    limit: usize,
}

impl Asked {
    fn read(request: &Request<'_>) -> Result<Self, String> {
        let body = request.json().filter(Value::is_object).ok_or("invalid: currentPeriod (field required)")?;
        let current = Period::read(&body, "currentPeriod", request.now)?;
        let past = match &body["pastPeriod"] {
            Value::Null => current.before(),
            _ => Period::read(&body, "pastPeriod", request.now)?,
        };
        let nm_ids = body["nmIds"].as_array().ok_or("invalid: nmIds (field required)")?;
        if nm_ids.len() > NM_IDS_MAX {
            return Err(format!("invalid: nmIds (at most {NM_IDS_MAX})"));
        }
        let limit = body["limit"].as_u64().filter(|limit| (1..=TEXTS_MAX).contains(limit));
        let limit = limit.ok_or_else(|| format!("invalid: limit (field required, 1 to {TEXTS_MAX})"))?;
        if body["includeSubstitutedSKUs"] == false && body["includeSearchTexts"] == false {
            return Err("invalid: includeSubstitutedSKUs and includeSearchTexts (not both false)".to_owned());
        }
        Ok(Self {
            current,
            past,
            nm_ids: nm_ids.iter().filter_map(Value::as_u64).collect(),
            top: one_of(&body["topOrderBy"], "topOrderBy", TOPS)?,
            field: one_of(&body["orderBy"]["field"], "orderBy.field", FIELDS)?,
            ascending: one_of(&body["orderBy"]["mode"], "orderBy.mode", &["asc", "desc"])? == "asc",
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
        })
    }
}

fn one_of(value: &Value, name: &str, known: &[&str]) -> Result<String, String> {
    let value = value.as_str().ok_or_else(|| format!("invalid: {name} (field required)"))?;
    if known.contains(&value) {
        Ok(value.to_owned())
    } else {
        Err(format!("invalid: {name} ({value} is not one of {})", known.join(", ")))
    }
}

fn items(shop: &Shop, request: &Request<'_>) -> Result<Vec<Value>, String> {
    let asked = Asked::read(request)?;
    let mut all = Vec::new();
    for nm in &asked.nm_ids {
        let Some(card) = shop.card(*nm) else { continue };
        let mut texts = texts(shop, card, &asked, request.now);
        texts.sort_by_key(|text| std::cmp::Reverse(text.key(&asked.top)));
        texts.truncate(asked.limit);
        all.extend(texts.into_iter().map(|text| (text.key(&asked.field), text.shown(card))));
    }
    all.sort_by_key(|(key, _)| *key);
    if !asked.ascending {
        all.reverse();
    }
    Ok(all.into_iter().map(|(_, shown)| shown).collect())
}

/// One query and how the card did under it.
struct Text {
    words: String,
    position: i64,
    frequency: i64,
    current: Figures,
    past: Figures,
}

/// The share of a card's visitors that each query brought. Together they stay below a hundred: some come by themselves.
const SHARES: [i64; 5] = [34, 22, 14, 9, 6];

fn texts(shop: &Shop, card: &Card, asked: &Asked, now: DateTime<Utc>) -> Vec<Text> {
    let Some(subject) = subject(card.subject).filter(|_| card.demand.is_some()) else { return Vec::new() };
    let (current, past) = (Figures::of(shop, card, asked.current, now), Figures::of(shop, card, asked.past, now));
    let own = format!("{} {}", subject.name.ru, card.draft.brand).to_lowercase();
    let all = subject.searches.iter().map(|text| (*text).to_owned()).chain([own]);
    let mut random = seed::random(shop.seed, card.nm + 2, 0);
    all.zip(SHARES)
        .map(|(words, share)| Text {
            words,
            position: random.i64(2..40) + (34 - share) / 4,
            frequency: current.opens * share / 4 + random.i64(20..400),
            current: part(&current, share),
            past: part(&past, share),
        })
        .collect()
}

fn part(all: &Figures, share: i64) -> Figures {
    let of = |number: i64| number * share / 100;
    Figures { opens: of(all.opens), carts: of(all.carts), orders: of(all.orders), ..*all }
}

impl Text {
    fn key(&self, field: &str) -> i64 {
        let Figures { opens, carts, orders, .. } = self.current;
        match field {
            "openCard" => opens,
            "addToCart" => carts,
            "openToCart" => percent(carts, opens),
            "orders" => orders,
            "cartToOrder" => percent(orders, carts),
            "visibility" => visibility(self.position),
            _ => self.position,
        }
    }

    fn shown(&self, card: &Card) -> Value {
        let Self { current: now, past, .. } = self;
        let both = |now: i64, past: i64| json!({ "current": now, "dynamics": dynamics(now, past) });
        let ranked = |now: i64, past: i64| json!({ "current": now, "dynamics": dynamics(now, past), "percentile": visibility(self.position) });
        let price = card.discounted();
        json!({
            "text": self.words,
            "nmId": card.nm,
            "subjectName": card.subject_name(Locale::Ru),
            "brandName": card.draft.brand,
            "vendorCode": card.draft.vendor_code,
            "name": card.draft.title,
            "isCardRated": true,
            "rating": 9,
            "feedbackRating": 4.6,
            "price": { "minPrice": price, "maxPrice": price },
            "frequency": both(self.frequency, self.frequency),
            "weekFrequency": self.frequency * 7 / now.days.max(1),
            "medianPosition": both(self.position, self.position),
            "avgPosition": both(self.position, self.position),
            "openCard": ranked(now.opens, past.opens),
            "addToCart": ranked(now.carts, past.carts),
            "openToCart": ranked(percent(now.carts, now.opens), percent(past.carts, past.opens)),
            "orders": ranked(now.orders, past.orders),
            "cartToOrder": ranked(percent(now.orders, now.carts), percent(past.orders, past.carts)),
            "visibility": both(visibility(self.position), visibility(self.position)),
        })
    }
}

/// Percent of the searchers who see a place of the list.
const fn visibility(position: i64) -> i64 {
    if position >= 50 { 1 } else { 100 - position * 2 + 1 }
}
