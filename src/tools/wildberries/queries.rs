//! What the reading methods are asked: as callers write it, with the rules of the description.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{check, error::WildberriesError};

type Checked = Result<(), WildberriesError>;

/// Arguments that can be checked before they are sent.
pub(super) trait Query {
    /// Everything that the marketplace would refuse, and what it would misunderstand.
    fn check(&self, _today: NaiveDate) -> Checked {
        Ok(())
    }
}

/// The language of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[expect(missing_docs, reason = "each variant is the language of that code")]
pub enum Locale {
    Ru,
    En,
    Zh,
}

impl Locale {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

/// No arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}
impl Query for Nothing {}

/// Only a language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocaleQuery {
    /// The language of names; the marketplace's own is ru.
    pub locale: Option<Locale>,
}
impl Query for LocaleQuery {}

/// Subjects (categories that cards belong to).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CategoriesQuery {
    /// Part of the name.
    pub name: Option<String>,
    /// Only those of this parent category.
    #[serde(rename = "parentID")]
    pub parent_id: Option<u64>,
    /// How many; 1 to 1000, 30 by default.
    pub limit: Option<u64>,
    /// How many to leave out first.
    pub offset: Option<u64>,
    /// The language of names; the marketplace's own is ru.
    pub locale: Option<Locale>,
}
impl Query for CategoriesQuery {
    fn check(&self, _: NaiveDate) -> Checked {
        self.name.as_deref().map_or(Ok(()), |name| check::length("name", name, 1, 200))?;
        self.limit.map_or(Ok(()), |limit| check::between("limit", limit, 1, 1000))
    }
}

/// Characteristics of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CharacteristicsQuery {
    /// The subject, as `categories` names it.
    #[serde(rename = "subjectID")]
    pub subject_id: u64,
    /// The language of names; the marketplace's own is ru.
    pub locale: Option<Locale>,
}
impl Query for CharacteristicsQuery {}

/// A list of allowed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[expect(missing_docs, reason = "each variant is the directory of that name")]
pub enum DirectoryName {
    Colors,
    Kinds,
    Countries,
    Seasons,
    Vat,
    Tnved,
}

/// The values of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectoryQuery {
    /// Which one.
    pub directory: DirectoryName,
    /// `tnved` alone: the subject; required there.
    #[serde(rename = "subjectID")]
    pub subject_id: Option<u64>,
    /// `tnved` alone: the first digits of a code.
    pub search: Option<u64>,
    /// The language of names; the marketplace's own is ru.
    pub locale: Option<Locale>,
}
impl Query for DirectoryQuery {
    fn check(&self, _: NaiveDate) -> Checked {
        if self.directory == DirectoryName::Tnved && self.subject_id.is_none() {
            let rule = "the directory `tnved` needs it; `categories` names subjects";
            return Err(WildberriesError::argument(super::error::ArgumentCode::BadShape, "subjectID", "missing", rule));
        }
        Ok(())
    }
}

/// Brands of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrandsQuery {
    /// The subject, as `categories` names it.
    #[serde(rename = "subjectID")]
    pub subject_id: u64,
    /// `next` of the answer before.
    pub next: Option<u64>,
}
impl Query for BrandsQuery {}

/// Cards of the shop, those changed last first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardsQuery {
    /// A vendor code, an article (nmID) or a barcode.
    pub search: Option<String>,
    /// How many; 1 to 100, 100 by default.
    pub limit: Option<u64>,
    /// `cursor` of the answer before.
    pub cursor: Option<CardsCursor>,
    /// The language of names; the marketplace's own is ru.
    pub locale: Option<Locale>,
}

/// Where a list of cards goes on. The marketplace answers it with more in it, or with less where there are no cards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(inline)]
pub struct CardsCursor {
    /// When the last card was changed.
    pub updated_at: String,
    /// The article of the last card.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
}
impl Query for CardsQuery {
    fn check(&self, _: NaiveDate) -> Checked {
        self.search.as_deref().map_or(Ok(()), |text| check::length("search", text, 1, 200))?;
        self.limit.map_or(Ok(()), |limit| check::between("limit", limit, 1, 100))
    }
}

/// Prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricesQuery {
    /// Only of these articles, at most 1000; left out: of all, by limit and offset.
    #[serde(default, rename = "nmIDs")]
    pub nm_ids: Vec<u64>,
    /// How many; 1 to 1000, 100 by default.
    pub limit: Option<u64>,
    /// How many to leave out first.
    pub offset: Option<u64>,
}
impl Query for PricesQuery {
    fn check(&self, _: NaiveDate) -> Checked {
        check::count("nmIDs", self.nm_ids.len(), 0, 1000)?;
        check::distinct("nmIDs", self.nm_ids.iter())?;
        self.limit.map_or(Ok(()), |limit| check::between("limit", limit, 1, 1000))
    }
}

/// What became of an upload of prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    /// The id that `price_upload` answered.
    #[serde(rename = "uploadID")]
    pub upload_id: u64,
    /// Goods alone: how many; 1 to 1000, 100 by default.
    pub limit: Option<u64>,
    /// Goods alone: how many to leave out first.
    pub offset: Option<u64>,
}
impl Query for UploadQuery {
    fn check(&self, _: NaiveDate) -> Checked {
        self.limit.map_or(Ok(()), |limit| check::between("limit", limit, 1, 1000))
    }
}

/// Prices in quarantine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarantineQuery {
    /// How many; 1 to 1000, 100 by default.
    pub limit: Option<u64>,
    /// How many to leave out first.
    pub offset: Option<u64>,
}
impl Query for QuarantineQuery {
    fn check(&self, _: NaiveDate) -> Checked {
        self.limit.map_or(Ok(()), |limit| check::between("limit", limit, 1, 1000))
    }
}

/// Tariffs of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoxTariffsQuery {
    /// The day, like 2025-12-31. It may lie ahead: tariffs are announced.
    pub date: String,
}
impl Query for BoxTariffsQuery {
    fn check(&self, _: NaiveDate) -> Checked {
        check::date("date", &self.date).map(drop)
    }
}
