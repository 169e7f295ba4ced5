//! What the marketplace answers about sales, orders, stocks and searches. Money is decimal, and text in our JSON.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};

use super::{check::Period, money};

/// A product in the sales funnel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FunnelProduct {
    /// Which.
    pub product: FunnelGoods,
    /// Its numbers.
    pub statistic: FunnelStatistic,
}

/// Which product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FunnelGoods {
    /// The article.
    pub nm_id: u64,
    /// The title.
    pub title: String,
    /// The seller's own code.
    pub vendor_code: String,
    /// The brand.
    pub brand_name: String,
    /// The subject.
    pub subject_id: u64,
    /// Its name.
    pub subject_name: String,
    /// What buyers say of it, of 10.
    #[serde(deserialize_with = "money::read")]
    pub feedback_rating: Option<Decimal>,
    /// What is left of it.
    pub stocks: FunnelStocks,
}

/// What is left of a product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FunnelStocks {
    /// In the marketplace's warehouses.
    pub wb: u64,
    /// In the seller's.
    pub mp: u64,
    /// What it is worth.
    #[serde(deserialize_with = "money::read")]
    pub balance_sum: Option<Decimal>,
}

/// The numbers of a product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FunnelStatistic {
    /// In the period.
    pub selected: FunnelNumbers,
    /// In the period before.
    pub past: Option<FunnelNumbers>,
}

/// The numbers of a period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FunnelNumbers {
    /// The period.
    pub period: Option<Period>,
    /// The card was opened.
    pub open_count: u64,
    /// Put into the cart.
    pub cart_count: u64,
    /// Ordered.
    pub order_count: u64,
    /// For how much.
    #[serde(deserialize_with = "money::read")]
    pub order_sum: Option<Decimal>,
    /// Bought.
    pub buyout_count: u64,
    /// For how much.
    #[serde(deserialize_with = "money::read")]
    pub buyout_sum: Option<Decimal>,
    /// Cancelled and given back.
    pub cancel_count: u64,
    /// For how much.
    #[serde(deserialize_with = "money::read")]
    pub cancel_sum: Option<Decimal>,
    /// The average price.
    #[serde(deserialize_with = "money::read")]
    pub avg_price: Option<Decimal>,
    /// Orders a day.
    #[serde(deserialize_with = "money::read")]
    pub avg_orders_count_per_day: Option<Decimal>,
    /// Its part of all orders, in per cent.
    #[serde(deserialize_with = "money::read")]
    pub share_order_percent: Option<Decimal>,
    /// Put onto the wish list.
    pub add_to_wishlist: u64,
    /// Rates of the funnel, in per cent.
    #[serde(deserialize_with = "null")]
    pub conversions: Conversions,
}

/// Rates of the funnel, in per cent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Conversions {
    /// Opened, then put into the cart.
    #[serde(deserialize_with = "money::read")]
    pub add_to_cart_percent: Option<Decimal>,
    /// Put into the cart, then ordered.
    #[serde(deserialize_with = "money::read")]
    pub cart_to_order_percent: Option<Decimal>,
    /// Ordered, then bought.
    #[serde(deserialize_with = "money::read")]
    pub buyout_percent: Option<Decimal>,
}

/// A search query that led to a product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SearchText {
    /// The query.
    pub text: String,
    /// The article.
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// The title.
    pub name: String,
    /// The subject.
    pub subject_name: String,
    /// How often it was asked.
    pub frequency: Dynamic,
    /// How often in a week.
    pub week_frequency: u64,
    /// Where the product stood, on average.
    pub avg_position: Dynamic,
    /// Where it stood, in the middle.
    pub median_position: Dynamic,
    /// The card was opened.
    pub open_card: Dynamic,
    /// Put into the cart.
    pub add_to_cart: Dynamic,
    /// Ordered.
    pub orders: Dynamic,
    /// Seen, in per cent.
    pub visibility: Dynamic,
}

/// A number and its change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Dynamic {
    /// In the period.
    #[serde(deserialize_with = "money::read")]
    pub current: Option<Decimal>,
    /// Against the period before, in per cent.
    #[serde(deserialize_with = "money::read")]
    pub dynamics: Option<Decimal>,
    /// Against similar cards, in per cent: better than so many.
    #[serde(deserialize_with = "money::read")]
    pub percentile: Option<Decimal>,
}

/// A sale, an order, a return: one line is one piece.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sale {
    /// When.
    pub date: String,
    /// When this line was changed last; by Moscow.
    pub last_change_date: String,
    /// The warehouse.
    pub warehouse_name: String,
    /// The region.
    pub region_name: String,
    /// The seller's own code.
    pub supplier_article: String,
    /// The article.
    pub nm_id: u64,
    /// The barcode.
    pub barcode: String,
    /// The category.
    pub category: String,
    /// The subject.
    pub subject: String,
    /// The brand.
    pub brand: String,
    /// The maker's size.
    pub tech_size: String,
    /// The price without discounts.
    #[serde(deserialize_with = "money::read")]
    pub total_price: Option<Decimal>,
    /// The seller's discount, in per cent.
    #[serde(deserialize_with = "money::read")]
    pub discount_percent: Option<Decimal>,
    /// The marketplace's own discount, in per cent.
    #[serde(deserialize_with = "money::read")]
    pub spp: Option<Decimal>,
    /// What the seller gets; of sales alone.
    #[serde(deserialize_with = "money::read")]
    pub for_pay: Option<Decimal>,
    /// What the buyer pays.
    #[serde(deserialize_with = "money::read")]
    pub finished_price: Option<Decimal>,
    /// The price with the seller's discount.
    #[serde(deserialize_with = "money::read")]
    pub price_with_disc: Option<Decimal>,
    /// Begins with S for a sale and with R for a return; of sales alone.
    #[serde(rename = "saleID")]
    pub sale_id: Option<String>,
    /// Whether it was cancelled; of orders alone.
    pub is_cancel: bool,
    /// When it was cancelled; of orders alone.
    pub cancel_date: Option<String>,
    /// What ties order, sale and return together.
    pub srid: String,
}

/// What is left of a size in a warehouse.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Stock {
    /// When this line was changed last; by Moscow.
    pub last_change_date: String,
    /// The warehouse.
    pub warehouse_name: String,
    /// The seller's own code.
    pub supplier_article: String,
    /// The article.
    pub nm_id: u64,
    /// The barcode.
    pub barcode: String,
    /// What can be sold.
    pub quantity: i64,
    /// On the way to buyers.
    pub in_way_to_client: i64,
    /// On the way back.
    pub in_way_from_client: i64,
    /// All of it.
    pub quantity_full: i64,
    /// The category.
    pub category: String,
    /// The subject.
    pub subject: String,
    /// The brand.
    pub brand: String,
    /// The maker's size.
    pub tech_size: String,
    /// The price.
    #[serde(rename = "Price", deserialize_with = "money::read")]
    pub price: Option<Decimal>,
    /// The discount, in per cent.
    #[serde(rename = "Discount", deserialize_with = "money::read")]
    pub discount: Option<Decimal>,
}

/// `null` in place of nothing.
fn null<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}
