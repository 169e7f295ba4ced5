//! The marketplace as a source: the seller's cards of the same subject, and what buyers searched for before they came to them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    Language, OwnCard, SearchText, SourceError,
    source::{KeywordQuery, KeywordSource},
    words::pieces,
};
use crate::tools::{
    ToolContext,
    wildberries::{
        self, Card, CardsQuery, Locale, Period, SearchTextsQuery, Shop, WildberriesClient, WildberriesError,
    },
};

/// So many pages of a hundred cards are looked through, those changed last first: a shop may have thousands.
const PAGES_MAX: u32 = 5;
/// As many articles as one search report takes.
const ARTICLES_MAX: usize = 50;
/// The days of a search report, the last one yesterday: long enough for a season, short enough for the present one.
const REPORT_DAYS: u64 = 30;
/// The part of the time after which nothing is waited for, so that the marketplace's own words (who is refused, until when)
/// come before the time is up.
const WAIT_SHARE: f64 = 0.8;

/// Reads a shop through a client of the marketplace: its tokens, its limits.
#[derive(Debug)]
pub struct ShopSource(WildberriesClient);

impl ShopSource {
    /// A source that asks through this client.
    pub fn new(client: WildberriesClient) -> Self {
        Self(client)
    }

    fn shop(&self, context: &ToolContext) -> Result<Shop, SourceError> {
        let shop = self.0.shop(&context.tenant).map_err(failed)?;
        Ok(shop.until(Instant::now() + context.time_max.mul_f64(WAIT_SHARE)))
    }
}

#[async_trait]
impl KeywordSource for ShopSource {
    async fn own_cards(&self, query: &KeywordQuery, context: &ToolContext) -> Result<Vec<OwnCard>, SourceError> {
        let shop = self.shop(context)?;
        let wanted = Wanted::of(query);
        let mut asked = CardsQuery { locale: Some(wanted.locale), ..CardsQuery::default() };
        let mut found = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = match shop.cards_list(&asked).await {
                Ok(page) => page,
                // What the pages before had is more than nothing.
                Err(_) if !found.is_empty() => break,
                Err(error) => return Err(failed(error)),
            };
            found.extend(page.cards.into_iter().filter(|card| wanted.is_like(card)).map(own));
            asked.cursor = page.cursor;
            if asked.cursor.is_none() || found.len() >= ARTICLES_MAX {
                break;
            }
        }
        Ok(found)
    }

    async fn search_texts(&self, cards: &[OwnCard], context: &ToolContext) -> Result<Vec<SearchText>, SourceError> {
        let nm_ids: Vec<u64> = cards.iter().filter_map(|card| card.article).take(ARTICLES_MAX).collect();
        if nm_ids.is_empty() {
            return Ok(Vec::new());
        }
        let shop = self.shop(context)?;
        let Some(period) = days_before(shop.today()) else { return Ok(Vec::new()) };
        let query = SearchTextsQuery { period, past_period: None, nm_ids, top_by: None, limit: None };
        let rows = shop.search_texts(&query).await.map_err(failed)?;
        Ok(rows.into_iter().map(row).collect())
    }
}

/// The days of the report.
fn days_before(today: NaiveDate) -> Option<Period> {
    let day = |back: u64| today.checked_sub_days(Days::new(back)).map(|day| day.to_string());
    Some(Period { start: day(REPORT_DAYS)?, end: day(1)? })
}

/// By the stems of what is sold; cards are like it that share one of them.
struct Wanted {
    stems: BTreeSet<String>,
    locale: Locale,
}

impl Wanted {
    /// The subject alone where it is known: in a title stand colours and materials, which cards of other subjects have too.
    fn of(query: &KeywordQuery) -> Self {
        let text = query.subject.as_deref().or(query.title.as_deref()).unwrap_or_default();
        let locale = match Language::of(std::iter::once(text)) {
            Language::Russian => Locale::Ru,
            Language::English => Locale::En,
        };
        Self { stems: stems(text), locale }
    }

    /// Where nothing is known of the product, every card of the shop may be like it.
    fn is_like(&self, card: &Card) -> bool {
        let shares = |text: &str| stems(text).iter().any(|stem| self.stems.contains(stem));
        self.stems.is_empty() || shares(&card.subject_name) || shares(&card.title)
    }
}

fn stems(text: &str) -> BTreeSet<String> {
    pieces(text).into_iter().flatten().filter(|word| !word.is_stop).map(|word| word.stem).collect()
}

fn own(card: Card) -> OwnCard {
    OwnCard {
        article: Some(card.nm_id),
        title: card.title,
        description: card.description,
        characteristics: card.characteristics.into_iter().flat_map(|charc| texts(charc.value)).collect(),
    }
}

/// The texts of a value; numbers are no words.
fn texts(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.into_iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn row(row: wildberries::SearchText) -> SearchText {
    let searches = row.frequency.current.unwrap_or_default().max(Decimal::ZERO);
    SearchText { phrase: row.text, frequency: searches.to_u64().unwrap_or(0) }
}

fn failed(error: WildberriesError) -> SourceError {
    match error {
        WildberriesError::NoToken(_)
        | WildberriesError::TokenRefused { .. }
        | WildberriesError::AccessDenied { .. } => SourceError::Refused(error.to_string()),
        other => SourceError::Unavailable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(subject: Option<&str>, title: Option<&str>, card: (&str, &str), expected: bool) {
        let query = KeywordQuery { subject: subject.map(str::to_owned), title: title.map(str::to_owned) };
        let card = Card { subject_name: card.0.to_owned(), title: card.1.to_owned(), ..Card::default() };
        assert_eq!(Wanted::of(&query).is_like(&card), expected, "{query:?} {card:?}");
    }

    #[test]
    fn cards_of_the_same_subject_are_learnt_from_in_any_case_and_number() {
        check(Some("Кружки"), None, ("Кружки", "Большая"), true);
        check(Some("Кружки"), None, ("Посуда", "Кружка керамическая"), true);
        check(Some("mugs"), None, ("Mugs", "Кружка керамическая"), true);
        check(Some("Кружки"), Some("Кружка красная"), ("Платья", "Платье красное"), false);
        check(None, Some("Кружка красная"), ("Кружки", "Синяя"), true);
        check(Some("Кружки"), None, ("Чайники", "Чайник"), false);
        check(None, None, ("Чайники", "Чайник"), true);
    }

    #[test]
    fn names_are_asked_for_in_the_language_of_the_product() {
        let locale =
            |subject: &str| Wanted::of(&KeywordQuery { subject: Some(subject.to_owned()), title: None }).locale;
        assert_eq!((locale("Кружки"), locale("mugs")), (Locale::Ru, Locale::En));
    }

    #[test]
    fn a_card_brings_its_texts_and_a_row_its_searches() {
        let card: Card = serde_json::from_value(json!({
            "nmID": 7, "title": "Кружка", "description": "Для чая",
            "characteristics": [{"name": "Цвет", "value": ["белый", "синий"]}, {"name": "Вес", "value": 300}],
        }))
        .unwrap();
        let own = own(card);
        assert_eq!((own.article, own.characteristics), (Some(7), vec!["белый".to_owned(), "синий".to_owned()]));
        let told = |frequency: Value| {
            row(serde_json::from_value(json!({"text": "кружка", "frequency": frequency})).unwrap()).frequency
        };
        assert_eq!(told(json!({"current": 120})), 120);
        assert_eq!(told(json!({"current": 12.7})), 12);
        assert_eq!((told(json!({"current": -1})), told(json!({}))), (0, 0));
    }

    #[test]
    fn the_report_is_of_thirty_days_up_to_yesterday() {
        let period = days_before("2025-12-10".parse().unwrap()).unwrap();
        assert_eq!((period.start.as_str(), period.end.as_str()), ("2025-11-10", "2025-12-09"));
    }
}
