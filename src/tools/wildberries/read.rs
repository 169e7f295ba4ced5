//! The reading methods: each a request as described, and an answer with a shape.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    answers_content::{Brands, CardErrors, CardLimits, CardsPage, Charc, ParentCategory, Subject},
    answers_reports::{FunnelProduct, SearchText},
    answers_trade::{BoxTariffs, Commission, Goods, PriceTask, PricedGoods},
    check,
    client::{Shop, Sort},
    error::WildberriesError,
    family::{Family, Host},
    queries::{
        BoxTariffsQuery, BrandsQuery, CardsCursor, CardsQuery, CategoriesQuery, CharacteristicsQuery, DirectoryName,
        DirectoryQuery, Locale, LocaleQuery, PricesQuery, Query, UploadQuery,
    },
    reply::Envelope,
    reports::{FunnelQuery, SearchTextsQuery},
    transport::{Body, Request},
};

/// Of all prices by GET, of some by POST.
const PRICES: &str = "/api/v2/list/goods/filter";
/// How many cards one page has.
const CARDS_PAGE: u64 = 100;

type Answer<T> = Result<T, WildberriesError>;
type Pairs = Vec<(&'static str, String)>;

pub(super) fn get(host: Host, path: impl Into<String>, query: Pairs) -> Request {
    Request { host, path: path.into(), query, headers: Vec::new(), body: None }
}

pub(super) fn post(host: Host, path: &str, body: &Value) -> Request {
    let body = Body { content_type: "application/json".to_owned(), bytes: body.to_string().into() };
    Request { host, path: path.to_owned(), query: Vec::new(), headers: Vec::new(), body: Some(body) }
}

pub(super) fn pairs<const N: usize>(pairs: [(&'static str, Option<String>); N]) -> Pairs {
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn number(number: Option<u64>) -> Option<String> {
    number.map(|number| number.to_string())
}

fn locale(locale: Option<Locale>) -> Option<String> {
    locale.map(|locale| locale.as_str().to_owned())
}

impl Shop {
    pub(super) fn checked(&self, query: &impl Query) -> Answer<()> {
        query.check(check::today(self.now()))
    }

    /// What is in the envelope of an answer; nothing is the default.
    pub(super) async fn opened<T: DeserializeOwned + Default>(&self, family: Family, request: Request) -> Answer<T> {
        let envelope: Envelope<T> = self.ask(family, Sort::Read, request).await?;
        Ok(envelope.opened()?.unwrap_or_default())
    }

    /// Subjects that cards can be of.
    pub async fn categories(&self, query: &CategoriesQuery) -> Answer<Vec<Subject>> {
        self.checked(query)?;
        let pairs = pairs([
            ("name", query.name.clone()),
            ("parentID", number(query.parent_id)),
            ("limit", number(query.limit)),
            ("offset", number(query.offset)),
            ("locale", locale(query.locale)),
        ]);
        self.opened(Family::Content, get(Host::Content, "/content/v2/object/all", pairs)).await
    }

    /// The categories above subjects.
    pub async fn parent_categories(&self, query: &LocaleQuery) -> Answer<Vec<ParentCategory>> {
        let pairs = pairs([("locale", locale(query.locale))]);
        self.opened(Family::Content, get(Host::Content, "/content/v2/object/parent/all", pairs)).await
    }

    /// The characteristics that a card of a subject may and must have.
    pub async fn characteristics(&self, query: &CharacteristicsQuery) -> Answer<Vec<Charc>> {
        let path = format!("/content/v2/object/charcs/{}", query.subject_id);
        let pairs = pairs([("locale", locale(query.locale))]);
        self.opened(Family::Content, get(Host::Content, path, pairs)).await
    }

    /// The values that a characteristic may have, each as the marketplace writes it.
    pub async fn directory(&self, query: &DirectoryQuery) -> Answer<Vec<Value>> {
        self.checked(query)?;
        let name = match query.directory {
            DirectoryName::Colors => "colors",
            DirectoryName::Kinds => "kinds",
            DirectoryName::Countries => "countries",
            DirectoryName::Seasons => "seasons",
            DirectoryName::Vat => "vat",
            DirectoryName::Tnved => "tnved",
        };
        let pairs = pairs([
            ("subjectID", number(query.subject_id)),
            ("search", number(query.search)),
            ("locale", locale(query.locale)),
        ]);
        self.opened(Family::Content, get(Host::Content, format!("/content/v2/directory/{name}"), pairs)).await
    }

    /// The brands of a subject.
    pub async fn brands(&self, query: &BrandsQuery) -> Answer<Brands> {
        let pairs = pairs([("subjectId", number(Some(query.subject_id))), ("next", number(query.next))]);
        self.ask(Family::Brands, Sort::Read, get(Host::Content, "/api/content/v1/brands", pairs)).await
    }

    /// How many cards may be made.
    pub async fn cards_limits(&self) -> Answer<CardLimits> {
        self.opened(Family::Content, get(Host::Content, "/content/v2/cards/limits", Vec::new())).await
    }

    /// A page of the shop's cards, those changed last first.
    pub async fn cards_list(&self, query: &CardsQuery) -> Answer<CardsPage> {
        self.checked(query)?;
        let limit = query.limit.unwrap_or(CARDS_PAGE);
        let mut settings = json!({
            "sort": {"ascending": false},
            // Else only cards without pictures would be found.
            "filter": {"withPhoto": -1},
            "cursor": {"limit": limit},
        });
        if let Some(text) = &query.search {
            settings["filter"]["textSearch"] = text.as_str().into();
        }
        if let Some(CardsCursor { updated_at, nm_id }) = &query.cursor {
            settings["cursor"]["updatedAt"] = updated_at.as_str().into();
            settings["cursor"]["nmID"] = (*nm_id).into();
        }
        let mut request = post(Host::Content, "/content/v2/get/cards/list", &json!({"settings": settings}));
        request.query = pairs([("locale", locale(query.locale))]);
        let mut page: CardsPage = self.ask(Family::Content, Sort::Read, request).await?;
        let is_last = (page.cards.len() as u64) < limit;
        page.cursor = page.cursor.filter(|_| !is_last);
        Ok(page)
    }

    /// Uploads with errors, the newest first; at most `pages_max` pages of 100.
    pub async fn card_errors(&self, pages_max: u32) -> Answer<Vec<CardErrors>> {
        let mut batches = Vec::new();
        let mut cursor = json!({"limit": 100});
        for _ in 0..pages_max {
            let body = json!({"cursor": cursor, "order": {"ascending": false}});
            let request = post(Host::Content, "/content/v2/cards/error/list", &body);
            let page: ErrorsPage = self.opened(Family::CardErrors, request).await?;
            batches.extend(page.items);
            if !page.cursor.next {
                break;
            }
            cursor = json!({"limit": 100, "updatedAt": page.cursor.updated_at, "batchUUID": page.cursor.batch_uuid});
        }
        Ok(batches)
    }

    /// Prices and discounts.
    pub async fn prices_get(&self, query: &PricesQuery) -> Answer<Vec<Goods>> {
        self.checked(query)?;
        let request = if query.nm_ids.is_empty() {
            let pairs = pairs([("limit", number(query.limit.or(Some(100)))), ("offset", number(query.offset))]);
            get(Host::Prices, PRICES, pairs)
        } else {
            post(Host::Prices, PRICES, &json!({"nmList": query.nm_ids}))
        };
        Ok(self.opened::<GoodsList>(Family::Prices, request).await?.list_goods)
    }

    /// What became of an upload of prices; none while it was not processed.
    pub async fn price_status(&self, query: &UploadQuery) -> Answer<Option<PriceTask>> {
        self.checked(query)?;
        let pairs = pairs([("uploadID", number(Some(query.upload_id)))]);
        self.opened(Family::Prices, get(Host::Prices, "/api/v2/history/tasks", pairs)).await
    }

    /// What became of each article of an upload of prices.
    pub async fn price_goods(&self, query: &UploadQuery) -> Answer<Vec<PricedGoods>> {
        self.checked(query)?;
        let pairs = pairs([
            ("uploadID", number(Some(query.upload_id))),
            ("limit", number(query.limit.or(Some(100)))),
            ("offset", number(query.offset)),
        ]);
        let request = get(Host::Prices, "/api/v2/history/goods/task", pairs);
        Ok(self.opened::<HistoryGoods>(Family::Prices, request).await?.history_goods.unwrap_or_default())
    }

    /// What the marketplace takes of each sale, by subject.
    pub async fn tariffs_commission(&self, query: &LocaleQuery) -> Answer<Vec<Commission>> {
        let pairs = pairs([("locale", locale(query.locale))]);
        let request = get(Host::Common, "/api/v1/tariffs/commission", pairs);
        Ok(self.ask::<Report>(Family::Commission, Sort::Read, request).await?.report)
    }

    /// Delivery and storage of boxes, by warehouse.
    pub async fn tariffs_box(&self, query: &BoxTariffsQuery) -> Answer<BoxTariffs> {
        self.checked(query)?;
        let request = get(Host::Common, "/api/v1/tariffs/box", vec![("date", query.date.clone())]);
        Ok(self.ask::<BoxAnswer>(Family::BoxTariffs, Sort::Read, request).await?.response.data)
    }

    /// The sales funnel of products.
    pub async fn funnel(&self, query: &FunnelQuery) -> Answer<Vec<FunnelProduct>> {
        self.checked(query)?;
        let mut body = json!({
            "selectedPeriod": query.period,
            "nmIds": query.nm_ids,
            "skipDeletedNm": true,
            "limit": query.limit.unwrap_or(50),
            "offset": query.offset.unwrap_or(0),
        });
        if let Some(past) = &query.past_period {
            body["pastPeriod"] = json!(past);
        }
        let request = post(Host::Analytics, "/api/analytics/v3/sales-funnel/products", &body);
        Ok(self.opened::<Products>(Family::Funnel, request).await?.products)
    }

    /// The search queries that led to products.
    pub async fn search_texts(&self, query: &SearchTextsQuery) -> Answer<Vec<SearchText>> {
        self.checked(query)?;
        let mut body = json!({
            "currentPeriod": query.period,
            "nmIds": query.nm_ids,
            "topOrderBy": query.top_by.unwrap_or(super::reports::TopBy::Orders),
            "orderBy": {"field": "openCard", "mode": "desc"},
            "limit": query.limit.unwrap_or(30),
        });
        if let Some(past) = &query.past_period {
            body["pastPeriod"] = json!(past);
        }
        let request = post(Host::Analytics, "/api/v2/search-report/product/search-texts", &body);
        Ok(self.opened::<Items>(Family::SearchTexts, request).await?.items)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorsPage {
    items: Vec<CardErrors>,
    cursor: ErrorsCursor,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ErrorsCursor {
    next: bool,
    updated_at: String,
    #[serde(rename = "batchUUID")]
    batch_uuid: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoodsList {
    list_goods: Vec<Goods>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HistoryGoods {
    history_goods: Option<Vec<PricedGoods>>,
}

#[derive(Deserialize)]
struct Report {
    report: Vec<Commission>,
}

#[derive(Deserialize)]
struct BoxAnswer {
    response: BoxData,
}

#[derive(Deserialize)]
struct BoxData {
    data: BoxTariffs,
}

#[derive(Default, Deserialize)]
struct Products {
    products: Vec<FunnelProduct>,
}

#[derive(Default, Deserialize)]
struct Items {
    items: Vec<SearchText>,
}
