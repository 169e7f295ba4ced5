//! The calls: which there are, and how each is answered from the shop. Pure; HTTP lies above.

mod analytics;
mod content;
mod prices;
mod reports;
mod tariffs;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    catalog::Locale,
    limits::Category,
    shop::{MediaFile, Refusal, Shop},
};

/// A call of the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Parents,
    Subjects,
    Charcs { subject: u64 },
    Colors,
    Kinds,
    Countries,
    Seasons,
    Vat,
    Tnved,
    Brands,
    CardList,
    CardUpload,
    CardJoin,
    CardUpdate,
    CardErrors,
    CardLimits,
    Barcodes,
    MediaSave,
    MediaFile,
    PriceUpload,
    PriceTask,
    PriceTaskGoods,
    Goods,
    GoodsOf,
    Quarantine,
    Commission,
    Box,
    Funnel,
    SearchTexts,
    Sales,
    Orders,
    Stocks,
}

const CHARCS: &str = "/content/v2/object/charcs/";

impl Call {
    /// Every call but `charcs`, whose path has a number: method, path, category of its limit.
    const TABLE: &[(Self, &'static str, &'static str, Category)] = &[
        (Self::Parents, "GET", "/content/v2/object/parent/all", Category::Content),
        (Self::Subjects, "GET", "/content/v2/object/all", Category::Content),
        (Self::Colors, "GET", "/content/v2/directory/colors", Category::Content),
        (Self::Kinds, "GET", "/content/v2/directory/kinds", Category::Content),
        (Self::Countries, "GET", "/content/v2/directory/countries", Category::Content),
        (Self::Seasons, "GET", "/content/v2/directory/seasons", Category::Content),
        (Self::Vat, "GET", "/content/v2/directory/vat", Category::Content),
        (Self::Tnved, "GET", "/content/v2/directory/tnved", Category::Content),
        (Self::Brands, "GET", "/api/content/v1/brands", Category::Brands),
        (Self::CardList, "POST", "/content/v2/get/cards/list", Category::Content),
        (Self::CardUpload, "POST", "/content/v2/cards/upload", Category::Upload),
        (Self::CardJoin, "POST", "/content/v2/cards/upload/add", Category::UploadAdd),
        (Self::CardUpdate, "POST", "/content/v2/cards/update", Category::Update),
        (Self::CardErrors, "POST", "/content/v2/cards/error/list", Category::CardErrors),
        (Self::CardLimits, "GET", "/content/v2/cards/limits", Category::Content),
        (Self::Barcodes, "POST", "/content/v2/barcodes", Category::Content),
        (Self::MediaSave, "POST", "/content/v3/media/save", Category::Content),
        (Self::MediaFile, "POST", "/content/v3/media/file", Category::Content),
        (Self::PriceUpload, "POST", "/api/v2/upload/task", Category::Prices),
        (Self::PriceTask, "GET", "/api/v2/history/tasks", Category::Prices),
        (Self::PriceTaskGoods, "GET", "/api/v2/history/goods/task", Category::Prices),
        (Self::Goods, "GET", "/api/v2/list/goods/filter", Category::Prices),
        (Self::GoodsOf, "POST", "/api/v2/list/goods/filter", Category::Prices),
        (Self::Quarantine, "GET", "/api/v2/quarantine/goods", Category::Prices),
        (Self::Commission, "GET", "/api/v1/tariffs/commission", Category::Commission),
        (Self::Box, "GET", "/api/v1/tariffs/box", Category::Box),
        (Self::Funnel, "POST", "/api/analytics/v3/sales-funnel/products", Category::Funnel),
        (Self::SearchTexts, "POST", "/api/v2/search-report/product/search-texts", Category::SearchTexts),
        (Self::Sales, "GET", "/api/v1/supplier/sales", Category::Sales),
        (Self::Orders, "GET", "/api/v1/supplier/orders", Category::Orders),
        (Self::Stocks, "GET", "/api/v1/supplier/stocks", Category::Stocks),
    ];

    /// The call of a method and a path.
    pub(crate) fn find(method: &str, path: &str) -> Option<Self> {
        if let Some(subject) = path.strip_prefix(CHARCS) {
            return (method == "GET").then_some(Self::Charcs { subject: subject.parse().ok()? });
        }
        Self::TABLE.iter().find(|row| row.1 == method && row.2 == path).map(|row| row.0)
    }

    /// The path, with the place of its number.
    pub(crate) fn path(self) -> &'static str {
        Self::TABLE.iter().find(|row| row.0 == self).map_or("/content/v2/object/charcs/{subjectId}", |row| row.2)
    }

    pub(crate) fn category(self) -> Category {
        Self::TABLE.iter().find(|row| row.0 == self).map_or(Category::Content, |row| row.3)
    }
}

/// What a call brings with it.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) call: Call,
    pub(crate) query: &'a BTreeMap<String, String>,
    pub(crate) body: &'a [u8],
    /// With `media/file` only.
    pub(crate) file: Option<&'a MediaFile>,
    pub(crate) now: DateTime<Utc>,
    /// Instead of the shop's usual delay.
    pub(crate) work_delay: Option<TimeDelta>,
}

/// What comes back.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) const fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }
}

impl Request<'_> {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn locale(&self) -> Locale {
        Locale::of(self.query("locale"))
    }

    /// A number of the query, `default` if it is absent; none if it is not a number.
    fn number(&self, name: &str, default: u64) -> Option<u64> {
        self.query(name).map_or(Some(default), |value| value.parse().ok())
    }

    /// When work that is queued now will be done.
    fn due(&self, shop: &Shop) -> DateTime<Utc> {
        self.now.checked_add_signed(self.work_delay.unwrap_or(shop.work_delay)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body).ok()
    }
}

/// Answers a call.
pub(crate) fn answer(shop: &mut Shop, request: &Request<'_>) -> Answer {
    match request.call {
        Call::PriceUpload | Call::PriceTask | Call::PriceTaskGoods | Call::Goods | Call::GoodsOf | Call::Quarantine => {
            prices::answer(shop, request)
        }
        Call::Commission => tariffs::commission(request),
        Call::Box => tariffs::boxes(request),
        Call::Funnel => analytics::funnel(shop, request),
        Call::SearchTexts => analytics::search_texts(shop, request),
        Call::Sales | Call::Orders | Call::Stocks => reports::answer(shop, request),
        Call::Brands => content::brands(request),
        Call::CardList => content::card_list(shop, request),
        _ => content::answer(shop, request),
    }
}

/// The envelope of content methods.
fn envelope(outcome: Result<Value, Refusal>) -> Answer {
    match outcome {
        Ok(data) => Answer::ok(json!({ "data": data, "error": false, "errorText": "", "additionalErrors": null })),
        Err(Refusal { status, text, more }) => {
            Answer { status, body: json!({ "data": null, "error": true, "errorText": text, "additionalErrors": more }) }
        }
    }
}

/// A day of a query or a body.
fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_found_by_its_own_method_only() {
        for (call, method, path, _) in Call::TABLE {
            assert_eq!(Call::find(method, path), Some(*call), "{method} {path}");
            // Prices of all are asked for by GET, of some by POST.
            let other = if *method == "GET" { "POST" } else { "GET" };
            let is_both = matches!(call, Call::Goods | Call::GoodsOf);
            assert_eq!(Call::find(other, path).is_some(), is_both, "{other} {path}");
        }
        assert_eq!(Call::find("GET", "/content/v2/object/charcs/105"), Some(Call::Charcs { subject: 105 }));
        assert_eq!(Call::find("GET", "/content/v2/object/charcs/abc"), None);
    }
}
