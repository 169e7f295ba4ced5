//! The tool of the Wildberries marketplace: whose token, and what may be done with it.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{ByteSize, HttpUrl, HumanDuration, SANDBOX, Secret, models::HttpUrlError};

/// What the tool `wildberries_api` may do, and as whom.
#[derive(Debug, Clone)]
pub struct WildberriesTool {
    /// In place of all addresses of the marketplace: a sandbox.
    pub base_url: Option<MarketplaceUrl>,
    /// The token of all tenants that have none of their own.
    pub token: Option<Secret>,
    /// The tokens of tenants.
    pub tokens: BTreeMap<String, Secret>,
    /// What it may do.
    pub operations: Vec<WildberriesOperation>,
    /// How long a request may wait for its turn.
    pub wait_max: HumanDuration,
    /// The largest answer of the marketplace that is read.
    pub answer_bytes_max: ByteSize,
}

/// Where the marketplace is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MarketplaceUrl {
    /// In this process.
    Sandbox,
    /// At this address.
    At(HttpUrl),
}

impl TryFrom<String> for MarketplaceUrl {
    type Error = HttpUrlError;

    fn try_from(text: String) -> Result<Self, HttpUrlError> {
        if text == SANDBOX { Ok(Self::Sandbox) } else { text.parse().map(Self::At) }
    }
}

impl From<MarketplaceUrl> for String {
    fn from(url: MarketplaceUrl) -> Self {
        match url {
            MarketplaceUrl::Sandbox => SANDBOX.to_owned(),
            MarketplaceUrl::At(url) => url.as_url().to_string(),
        }
    }
}

impl JsonSchema for MarketplaceUrl {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "MarketplaceUrl".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(sandbox|https?://[^@?#]+)$",
            "x-expected": "`sandbox`, or an address that begins with `http://` or `https://`"
        })
    }
}

/// A call of the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "tools::wildberries says of each what it does")]
pub enum WildberriesOperation {
    Categories,
    ParentCategories,
    Characteristics,
    Directory,
    Brands,
    CardsList,
    CardErrors,
    CardsLimits,
    CardResult,
    PricesGet,
    PriceStatus,
    PriceGoods,
    PriceQuarantine,
    TariffsCommission,
    TariffsBox,
    Funnel,
    SearchTexts,
    Sales,
    Orders,
    Stocks,
    Barcodes,
    CardUpload,
    CardUpdate,
    MediaSave,
    MediaFile,
    PriceUpload,
}

impl WildberriesOperation {
    /// All of them, those that only read first.
    pub const ALL: [Self; 26] = [
        Self::Categories,
        Self::ParentCategories,
        Self::Characteristics,
        Self::Directory,
        Self::Brands,
        Self::CardsList,
        Self::CardErrors,
        Self::CardsLimits,
        Self::CardResult,
        Self::PricesGet,
        Self::PriceStatus,
        Self::PriceGoods,
        Self::PriceQuarantine,
        Self::TariffsCommission,
        Self::TariffsBox,
        Self::Funnel,
        Self::SearchTexts,
        Self::Sales,
        Self::Orders,
        Self::Stocks,
        Self::Barcodes,
        Self::CardUpload,
        Self::CardUpdate,
        Self::MediaSave,
        Self::MediaFile,
        Self::PriceUpload,
    ];

    /// Whether it changes nothing.
    pub fn is_read(self) -> bool {
        !matches!(
            self,
            Self::Barcodes
                | Self::CardUpload
                | Self::CardUpdate
                | Self::MediaSave
                | Self::MediaFile
                | Self::PriceUpload
        )
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Categories => "categories",
            Self::ParentCategories => "parent_categories",
            Self::Characteristics => "characteristics",
            Self::Directory => "directory",
            Self::Brands => "brands",
            Self::CardsList => "cards_list",
            Self::CardErrors => "card_errors",
            Self::CardsLimits => "cards_limits",
            Self::CardResult => "card_result",
            Self::PricesGet => "prices_get",
            Self::PriceStatus => "price_status",
            Self::PriceGoods => "price_goods",
            Self::PriceQuarantine => "price_quarantine",
            Self::TariffsCommission => "tariffs_commission",
            Self::TariffsBox => "tariffs_box",
            Self::Funnel => "funnel",
            Self::SearchTexts => "search_texts",
            Self::Sales => "sales",
            Self::Orders => "orders",
            Self::Stocks => "stocks",
            Self::Barcodes => "barcodes",
            Self::CardUpload => "card_upload",
            Self::CardUpdate => "card_update",
            Self::MediaSave => "media_save",
            Self::MediaFile => "media_file",
            Self::PriceUpload => "price_upload",
        }
    }

    /// Those that only read: what a tool may do that does not say.
    pub(super) fn reads() -> Vec<Self> {
        Self::ALL.into_iter().filter(|operation| operation.is_read()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_one_name_in_config_and_calls() {
        for operation in WildberriesOperation::ALL {
            assert_eq!(serde_json::to_value(operation).unwrap(), operation.as_str());
        }
    }
}
