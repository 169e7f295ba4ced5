//! What the marketplace answers about prices and tariffs. Money is decimal, and text in our JSON.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use super::money;

/// The prices of one article.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Goods {
    /// The article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// The sizes with their prices.
    pub sizes: Vec<GoodsSize>,
    /// The currency, like RUB.
    pub currency_iso_code4217: String,
    /// The discount, in per cent.
    pub discount: u64,
    /// The discount of the club, in per cent.
    pub club_discount: Option<u64>,
    /// Whether sizes have prices of their own.
    pub editable_size_price: bool,
}

/// The price of a size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GoodsSize {
    /// The size.
    #[serde(rename = "sizeID")]
    pub size_id: u64,
    /// Its price without discounts.
    #[serde(deserialize_with = "money::read")]
    pub price: Option<Decimal>,
    /// With the discount.
    #[serde(deserialize_with = "money::read")]
    pub discounted_price: Option<Decimal>,
    /// With the discount of the club as well.
    #[serde(deserialize_with = "money::read")]
    pub club_discounted_price: Option<Decimal>,
    /// The maker's size.
    pub tech_size_name: String,
}

/// What became of an upload of prices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PriceTask {
    /// Its id.
    #[serde(rename = "uploadID")]
    pub upload_id: u64,
    /// 3: done, 4: cancelled, 5: done in part, 6: every article has an error; 0: not processed yet.
    pub status: u32,
    /// When it was made.
    pub upload_date: Option<String>,
    /// When it went to work.
    pub activation_date: Option<String>,
    /// How many articles.
    pub over_all_goods_number: u64,
    /// How many of them without an error.
    pub success_goods_number: u64,
}

/// What became of one article of an upload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PricedGoods {
    /// The article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// The price.
    #[serde(deserialize_with = "money::read")]
    pub price: Option<Decimal>,
    /// The currency, like RUB.
    pub currency_iso_code4217: String,
    /// The discount, in per cent.
    pub discount: Option<u64>,
    /// 2: done, 3: it has an error.
    pub status: u32,
    /// What is wrong.
    #[serde(deserialize_with = "null")]
    pub error_text: String,
}

/// A new price that waits in quarantine, since it fell to a third or less.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct QuarantinedGoods {
    /// The article.
    #[serde(rename = "nmID")]
    pub nm_id: u64,
    /// The currency, like RUB.
    pub currency_iso_code4217: String,
    /// The price that waits, before the discount.
    #[serde(deserialize_with = "money::read")]
    pub new_price: Option<Decimal>,
    /// The price that buyers see, before the discount.
    #[serde(deserialize_with = "money::read")]
    pub old_price: Option<Decimal>,
    /// The discount that waits, in per cent.
    pub new_discount: Option<u64>,
    /// The discount that buyers get, in per cent.
    pub old_discount: Option<u64>,
    /// The new price with its discount, less the old one with its.
    #[serde(deserialize_with = "money::read")]
    pub price_diff: Option<Decimal>,
}

/// What the marketplace takes of a sale, in per cent of the price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Commission {
    /// The subject.
    #[serde(rename = "subjectID")]
    pub subject_id: u64,
    /// Its name.
    pub subject_name: String,
    /// Its parent category.
    #[serde(rename = "parentID")]
    pub parent_id: u64,
    /// The name of that.
    pub parent_name: String,
    /// Sold from the marketplace's warehouse.
    #[serde(deserialize_with = "money::read")]
    pub paid_storage_kgvp: Option<Decimal>,
    /// Sold from the seller's warehouse (FBS).
    #[serde(deserialize_with = "money::read")]
    pub kgvp_marketplace: Option<Decimal>,
    /// Delivered by the seller (DBS).
    #[serde(deserialize_with = "money::read")]
    pub kgvp_supplier: Option<Decimal>,
    /// Delivered by the seller within hours.
    #[serde(deserialize_with = "money::read")]
    pub kgvp_supplier_express: Option<Decimal>,
    /// Fetched by the buyer.
    #[serde(deserialize_with = "money::read")]
    pub kgvp_pickup: Option<Decimal>,
    /// Booked.
    #[serde(deserialize_with = "money::read")]
    pub kgvp_booking: Option<Decimal>,
}

/// Tariffs for goods in boxes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BoxTariffs {
    /// When the next ones begin.
    pub dt_next_box: String,
    /// Until when these hold.
    pub dt_till_max: String,
    /// By warehouse.
    pub warehouse_list: Vec<BoxTariff>,
}

/// Tariffs of a warehouse.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct BoxTariff {
    /// Its name.
    pub warehouse_name: String,
    /// Its region.
    pub geo_name: String,
    /// Delivery, the first litre.
    #[serde(deserialize_with = "money::read")]
    pub box_delivery_base: Option<Decimal>,
    /// Delivery, each further litre.
    #[serde(deserialize_with = "money::read")]
    pub box_delivery_liter: Option<Decimal>,
    /// The coefficient in these, in per cent.
    #[serde(deserialize_with = "money::read")]
    pub box_delivery_coef_expr: Option<Decimal>,
    /// Delivery from the seller's warehouse, the first litre.
    #[serde(deserialize_with = "money::read")]
    pub box_delivery_marketplace_base: Option<Decimal>,
    /// Delivery from the seller's warehouse, each further litre.
    #[serde(deserialize_with = "money::read")]
    pub box_delivery_marketplace_liter: Option<Decimal>,
    /// The coefficient in these, in per cent.
    #[serde(deserialize_with = "money::read")]
    pub box_delivery_marketplace_coef_expr: Option<Decimal>,
    /// Storage a day, the first litre.
    #[serde(deserialize_with = "money::read")]
    pub box_storage_base: Option<Decimal>,
    /// Storage a day, each further litre.
    #[serde(deserialize_with = "money::read")]
    pub box_storage_liter: Option<Decimal>,
    /// The coefficient in these, in per cent.
    #[serde(deserialize_with = "money::read")]
    pub box_storage_coef_expr: Option<Decimal>,
}

/// `null` in place of nothing.
fn null<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}
