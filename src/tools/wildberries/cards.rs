//! Cards as they are sent, and the rules that they must keep.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    check::{self, Given},
    error::WildberriesError,
    queries::Query,
};

/// The longest title, in characters.
pub const TITLE_CHARS_MAX: usize = 60;
/// The longest description, in characters; what a category allows may be less.
pub const DESCRIPTION_CHARS_MAX: usize = 5000;
/// The longest vendor code, in characters.
pub const VENDOR_CODE_CHARS_MAX: usize = 72;
/// So many cards one upload by us makes, of all groups together. The marketplace takes 3000, but each is looked for by name.
const CARDS_MAX: usize = 30;
/// So many cards one edit may change.
const UPDATES_MAX: usize = 100;

type Checked = Result<(), WildberriesError>;

/// Cards to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardUpload {
    /// Groups of cards; the cards of one group are merged into one with variants. At most 30 cards in all.
    pub cards: Vec<CardGroup>,
}

/// Cards of one subject that are shown as variants of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct CardGroup {
    /// The subject, as `categories` names it.
    #[serde(rename = "subjectID")]
    pub subject_id: u64,
    /// 1 to 30 cards.
    pub variants: Vec<NewCard>,
}

/// A card to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(inline)]
pub struct NewCard {
    /// The seller's own code, 1 to 72 characters: by it a card is found, so no two cards have the same.
    pub vendor_code: String,
    /// 1 to 60 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 1 to 5000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The brand, as `brands` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// With the packing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Dimensions>,
    /// Left out for goods without sizes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<NewSize>,
    /// As `characteristics` names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub characteristics: Vec<Characteristic>,
}

/// A card with its packing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(inline)]
pub struct Dimensions {
    /// In cm.
    pub length: u32,
    /// In cm.
    pub width: u32,
    /// In cm.
    pub height: u32,
    /// In kg, with at most three digits after the point.
    pub weight_brutto: f64,
}

/// A size of a card to make.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(inline)]
pub struct NewSize {
    /// Of a size that is there already: its id.
    #[serde(rename = "chrtID", skip_serializing_if = "Option::is_none")]
    pub chrt_id: Option<u64>,
    /// The maker's size: XL, 45.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tech_size: Option<String>,
    /// The Russian size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wb_size: Option<String>,
    /// The price, a whole number.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_number")]
    pub price: Option<Given>,
    /// Barcodes; left out: the marketplace makes one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skus: Vec<String>,
}

/// A characteristic of a card to make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Characteristic {
    /// Its id.
    pub id: u64,
    /// A list of texts, or a number.
    pub value: Value,
}

/// Cards to change. What a card does not name is lost, so it must be whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardUpdate {
    /// 1 to 100 cards.
    pub cards: Vec<ChangedCard>,
}

/// A card as it shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(inline)]
pub struct ChangedCard {
    /// Its article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// 1 to 60 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// 1 to 5000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// With the packing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<Dimensions>,
    /// Its sizes with `chrtID` and `skus`, as `cards_list` shows them.
    pub sizes: Vec<NewSize>,
    /// All of its characteristics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub characteristics: Vec<Characteristic>,
}

impl CardUpload {
    /// The vendor codes of all cards.
    pub fn vendor_codes(&self) -> Vec<&str> {
        self.cards.iter().flat_map(|group| &group.variants).map(|card| card.vendor_code.as_str()).collect()
    }
}

impl Query for CardUpload {
    fn check(&self, _: NaiveDate) -> Checked {
        let codes = self.vendor_codes();
        check::count("cards", codes.len(), 1, CARDS_MAX)?;
        check::distinct("vendorCode", codes.into_iter())?;
        for (at, group) in self.cards.iter().enumerate() {
            check::count(&format!("cards[{at}].variants"), group.variants.len(), 1, CARDS_MAX)?;
            for (nth, card) in group.variants.iter().enumerate() {
                let words = Words { title: &card.title, description: &card.description, brand: &card.brand };
                words.check(&format!("cards[{at}].variants[{nth}]"), &card.vendor_code, &card.sizes)?;
            }
        }
        Ok(())
    }
}

impl Query for CardUpdate {
    fn check(&self, _: NaiveDate) -> Checked {
        check::count("cards", self.cards.len(), 1, UPDATES_MAX)?;
        check::distinct("nmID", self.cards.iter().map(|card| card.nm_id))?;
        for (at, card) in self.cards.iter().enumerate() {
            let words = Words { title: &card.title, description: &card.description, brand: &card.brand };
            words.check(&format!("cards[{at}]"), &card.vendor_code, &card.sizes)?;
        }
        Ok(())
    }
}

/// What a buyer reads.
struct Words<'a> {
    title: &'a Option<String>,
    description: &'a Option<String>,
    brand: &'a Option<String>,
}

impl Words<'_> {
    fn check(&self, place: &str, vendor_code: &str, sizes: &[NewSize]) -> Checked {
        check::length(&format!("{place}.vendorCode"), vendor_code, 1, VENDOR_CODE_CHARS_MAX)?;
        let rules = [
            ("title", self.title, TITLE_CHARS_MAX),
            ("description", self.description, DESCRIPTION_CHARS_MAX),
            ("brand", self.brand, 100),
        ];
        for (name, text, max) in rules {
            text.as_deref().map_or(Ok(()), |text| check::length(&format!("{place}.{name}"), text, 1, max))?;
        }
        for (at, size) in sizes.iter().enumerate() {
            let field = format!("{place}.sizes[{at}].price");
            size.price.as_ref().map_or(Ok(0), |price| check::price(&field, price))?;
        }
        Ok(())
    }
}

/// The marketplace wants a number. What is none was refused before.
#[expect(clippy::ref_option, reason = "this is how serde calls it")]
fn as_number<S: serde::Serializer>(given: &Option<Given>, to: S) -> Result<S::Ok, S::Error> {
    match given.as_ref().map(|given| check::price("price", given)) {
        Some(Ok(price)) => to.serialize_u64(price),
        Some(Err(error)) => Err(serde::ser::Error::custom(error)),
        None => to.serialize_none(),
    }
}
