//! What the marketplace answers about categories and cards. What it leaves out is empty; what it adds is not read.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::queries::CardsCursor;

/// A subject: what a card is of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Subject {
    /// Its id.
    #[serde(rename = "subjectID")]
    pub subject_id: u64,
    /// Its parent category.
    #[serde(rename = "parentID")]
    pub parent_id: u64,
    /// Its name.
    pub subject_name: String,
    /// The name of its parent category.
    pub parent_name: String,
}

/// A parent category.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ParentCategory {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether buyers see it.
    pub is_visible: bool,
}

/// A characteristic that cards of a subject may have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Charc {
    /// Its id.
    #[serde(rename = "charcID")]
    pub charc_id: u64,
    /// The subject.
    #[serde(rename = "subjectID")]
    pub subject_id: u64,
    /// The name of the subject.
    pub subject_name: String,
    /// Its name.
    pub name: String,
    /// Whether a card must have it.
    pub required: bool,
    /// Its unit.
    pub unit_name: String,
    /// How many values it may have; 0: no bound.
    pub max_count: u32,
    /// Whether it is one of the popular ones.
    pub popular: bool,
    /// 0: not used, 1: a list of texts, 4: a number.
    pub charc_type: u32,
}

/// A brand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Brand {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// Brands of a subject.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Brands {
    /// They.
    pub brands: Vec<Brand>,
    /// For the next page; none on the last.
    pub next: Option<u64>,
    /// How many there are.
    pub total: u64,
}

/// How many cards may be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CardLimits {
    /// Free of charge.
    pub free_limits: i64,
    /// Paid for.
    pub paid_limits: i64,
}

/// A card of the shop.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Card {
    /// Its article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// The group that it is merged into.
    #[serde(rename = "imtID")]
    pub imt_id: u64,
    /// Its subject.
    #[serde(rename = "subjectID")]
    pub subject_id: u64,
    /// The name of its subject.
    pub subject_name: String,
    /// The seller's own code.
    pub vendor_code: String,
    /// Its brand.
    pub brand: String,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Its pictures.
    #[serde(deserialize_with = "null")]
    pub photos: Vec<Photo>,
    /// Its video.
    #[serde(deserialize_with = "null")]
    pub video: String,
    /// With its packing, in cm and kg.
    #[serde(deserialize_with = "null")]
    pub dimensions: Value,
    /// Its characteristics.
    #[serde(deserialize_with = "null")]
    pub characteristics: Vec<CardCharc>,
    /// Its sizes.
    #[serde(deserialize_with = "null")]
    pub sizes: Vec<CardSize>,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub updated_at: String,
}

/// A picture of a card.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Photo {
    /// 900 by 1200 pixels.
    pub big: String,
    /// 75 by 100 pixels.
    pub tm: String,
}

/// A characteristic of a card.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CardCharc {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its value: a list of texts or a number.
    pub value: Value,
}

/// A size of a card.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CardSize {
    /// Its id.
    #[serde(rename = "chrtID")]
    pub chrt_id: u64,
    /// The maker's size.
    pub tech_size: String,
    /// The Russian size.
    pub wb_size: String,
    /// Its barcodes.
    #[serde(deserialize_with = "null")]
    pub skus: Vec<String>,
}

/// Some cards of the shop.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CardsPage {
    /// They.
    pub cards: Vec<Card>,
    /// Where to go on; none on the last page.
    pub cursor: Option<CardsCursor>,
}

/// What was wrong with the cards of one upload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CardErrors {
    /// The upload.
    #[serde(rename = "batchUUID")]
    pub batch_uuid: String,
    /// The cards.
    #[serde(deserialize_with = "null")]
    pub vendor_codes: Vec<String>,
    /// What is wrong, by vendor code.
    #[serde(deserialize_with = "null")]
    pub errors: BTreeMap<String, Vec<String>>,
}

/// `null` in place of nothing.
fn null<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}
