//! A card, as the shop holds it and as a seller sends it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::catalog::{Locale, subject};

/// A card of the seller.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub(crate) nm: u64,
    pub(crate) imt: u64,
    pub(crate) uuid: Uuid,
    pub(crate) subject: u64,
    pub(crate) draft: Draft,
    pub(crate) photos: Vec<String>,
    pub(crate) video: Option<String>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) price: u64,
    pub(crate) discount: u64,
    /// What people want of it; cards that were made since the start sell nothing yet.
    pub(crate) demand: Option<Demand>,
}

/// How a seeded card sells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    /// Orders a day on the day of the start.
    pub(crate) daily: f64,
    /// Growth over a hundred days, in percent; below zero it shrinks.
    pub(crate) trend_percent: f64,
    /// Of a hundred orders, how many are refused or brought back.
    pub(crate) returns_percent: u32,
    /// Pieces in stock at the start.
    pub(crate) stock: u32,
}

/// What a seller says about a card.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Draft {
    pub(crate) vendor_code: String,
    pub(crate) brand: String,
    pub(crate) title: String,
    pub(crate) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wholesale: Option<Wholesale>,
    pub(crate) dimensions: Option<Dimensions>,
    pub(crate) characteristics: Vec<Filled>,
    pub(crate) sizes: Vec<Size>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Wholesale {
    pub(crate) enabled: bool,
    pub(crate) quantum: u64,
}

/// With the packing: centimetres and kilograms.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Dimensions {
    pub(crate) length: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
    pub(crate) weight_brutto: f64,
}

/// A characteristic with its value: an array of strings or a number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Filled {
    pub(crate) id: u64,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Size {
    #[serde(rename = "chrtID", skip_serializing_if = "Option::is_none")]
    pub(crate) chrt: Option<u64>,
    #[serde(rename = "techSize")]
    pub(crate) tech: String,
    #[serde(rename = "wbSize")]
    pub(crate) wb: String,
    pub(crate) price: Option<u64>,
    pub(crate) skus: Vec<String>,
}

impl Card {
    /// What a buyer pays, in roubles, cut to a whole one.
    pub(crate) const fn discounted(&self) -> u64 {
        self.price * (100 - self.discount) / 100
    }

    /// The number of its first size, under which prices are kept.
    pub(crate) fn chrt(&self) -> u64 {
        self.draft.sizes.first().and_then(|size| size.chrt).unwrap_or(0)
    }

    /// Its first barcode.
    pub(crate) fn sku(&self) -> &str {
        self.draft.sizes.first().and_then(|size| size.skus.first()).map_or("", String::as_str)
    }

    /// Its first size's name.
    pub(crate) fn tech_size(&self) -> &str {
        self.draft.sizes.first().map_or("0", |size| &size.tech)
    }

    pub(crate) fn subject_name(&self, locale: Locale) -> &'static str {
        subject(self.subject).map_or("", |subject| subject.name.of(locale))
    }

    pub(crate) fn parent_name(&self, locale: Locale) -> &'static str {
        subject(self.subject).map_or("", |subject| subject.parent_name(locale))
    }

    /// As `get/cards/list` shows it.
    pub(crate) fn shown(&self, locale: Locale) -> Value {
        let known = subject(self.subject);
        let mut shown = json!({
            "nmID": self.nm,
            "imtID": self.imt,
            "nmUUID": self.uuid,
            "subjectID": self.subject,
            "subjectName": self.subject_name(locale),
            "vendorCode": self.draft.vendor_code,
            "brand": self.draft.brand,
            "title": self.draft.title,
            "description": self.draft.description,
            "needKiz": known.is_some_and(|subject| subject.tnved.iter().any(|(_, kiz)| *kiz)),
            "dimensions": self.dimensions(),
            "characteristics": self.characteristics(locale),
            "sizes": self.draft.sizes.iter().map(Size::shown).collect::<Vec<_>>(),
            "tags": [],
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
        });
        // What a card does not have is left out, as the marketplace does.
        if !self.photos.is_empty() {
            shown["photos"] = self.photos.iter().map(|link| photo(link)).collect();
        }
        if let Some(video) = &self.video {
            shown["video"] = json!(video);
        }
        if let Some(wholesale) = &self.draft.wholesale {
            shown["wholesale"] = json!(wholesale);
        }
        shown
    }

    fn dimensions(&self) -> Value {
        let Dimensions { length, width, height, weight_brutto } = self.draft.dimensions.unwrap_or_default();
        let valid = length > 0 && width > 0 && height > 0 && weight_brutto > 0.0;
        json!({ "length": length, "width": width, "height": height, "weightBrutto": weight_brutto, "isValid": valid })
    }

    fn characteristics(&self, locale: Locale) -> Value {
        let name =
            |id| subject(self.subject).and_then(|known| known.charc(id)).map_or("", |charc| charc.name.of(locale));
        let filled = self.draft.characteristics.iter();
        filled.map(|filled| json!({ "id": filled.id, "name": name(filled.id), "value": filled.value })).collect()
    }
}

impl Size {
    fn shown(&self) -> Value {
        json!({ "chrtID": self.chrt, "techSize": self.tech, "wbSize": self.wb, "skus": self.skus })
    }
}

/// One picture in the five sizes; a link of the seller's stands for all of them.
fn photo(link: &str) -> Value {
    let size = |size: &str| link.replace("/big/", &format!("/{size}/"));
    json!({
        "big": link,
        "c246x328": size("c246x328"),
        "c516x688": size("c516x688"),
        "square": size("square"),
        "tm": size("tm"),
    })
}

/// The time as content methods write it.
pub(crate) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
