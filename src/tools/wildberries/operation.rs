//! The operations that the tool has: what each does, what it may change, and what it is asked.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    cards::{CardUpdate, CardUpload},
    media::{BarcodesQuery, MediaFile, MediaSave},
    prices::PriceUpload,
    queries::{
        BoxTariffsQuery, BrandsQuery, CardsQuery, CategoriesQuery, CharacteristicsQuery, DirectoryQuery, LocaleQuery,
        Nothing, PricesQuery, QuarantineQuery, UploadQuery,
    },
    reports::{FunnelQuery, RowsQuery, SearchTextsQuery, StocksQuery},
};
pub use crate::config::WildberriesOperation as Operation;
use crate::tools::Effect;

/// What became of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct CardResultQuery {
    /// The seller's own code of the card.
    pub(super) vendor_code: String,
    /// Errors that were there before, as `card_upload` answered them.
    #[serde(default)]
    pub(super) ignore_batches: Vec<String>,
    /// How long to wait for a decision, in seconds; 0 to 300, 10 by default. The time of a call goes first.
    pub(super) wait_secs: Option<u64>,
}

/// What a call may change. Each change may be made again: it writes the same once more (`card_update`, media), reads first what
/// is so already (`price_upload`), or looks first for what it would make (`card_upload`).
pub(super) fn effect(operation: Operation) -> Effect {
    if operation.is_read() { Effect::Pure } else { Effect::Idempotent }
}

/// For a model: what it does.
pub(super) fn description(operation: Operation) -> &'static str {
    use Operation as O;
    match operation {
        O::Categories => "subjects that cards can be of, by part of their name",
        O::ParentCategories => "the categories above subjects",
        O::Characteristics => "what a card of a subject may and must say",
        O::Directory => "allowed values: colors, kinds, countries, seasons, vat, tnved",
        O::Brands => "the brands of a subject",
        O::CardsList => "the shop's cards, or those that a search finds",
        O::CardErrors => "what was wrong with uploads of cards, the newest first",
        O::CardsLimits => "how many cards may still be made",
        O::CardResult => {
            "what became of a card after card_upload or card_update: accepted, rejected with problems, or waiting"
        }
        O::PricesGet => "prices and discounts",
        O::PriceStatus => "what became of an upload of prices; null while it is not processed",
        O::PriceGoods => "what became of each article of an upload of prices",
        O::PriceQuarantine => "new prices that fell to a third or less and wait for the seller in quarantine",
        O::TariffsCommission => "what the marketplace takes of each sale, in per cent, by subject",
        O::TariffsBox => "what delivery and storage of boxes cost, by warehouse",
        O::Funnel => "opened, put into the cart, ordered and bought, by product and period",
        O::SearchTexts => "the search queries that led to products",
        O::Sales => "sales and returns since a day; one call a minute",
        O::Orders => "orders since a day; one call a minute",
        O::Stocks => "what is left in the marketplace's warehouses; one call a minute",
        O::Barcodes => "makes new barcodes",
        O::CardUpload => "makes cards; answers `queued`, then ask card_result",
        O::CardUpdate => "writes cards anew, whole; then ask card_result",
        O::MediaSave => "puts pictures behind links into the place of all that a card has",
        O::MediaFile => "puts one small file into a place of a card",
        O::PriceUpload => "sets prices and discounts; answers `queued`, then ask price_status",
    }
}

/// The JSON Schema of its arguments, without `operation`: an object.
pub(super) fn schema(operation: Operation) -> Value {
    use Operation as O;
    match operation {
        O::Categories => of::<CategoriesQuery>(),
        O::ParentCategories | O::TariffsCommission => of::<LocaleQuery>(),
        O::Characteristics => of::<CharacteristicsQuery>(),
        O::Directory => of::<DirectoryQuery>(),
        O::Brands => of::<BrandsQuery>(),
        O::CardsList => of::<CardsQuery>(),
        O::CardErrors | O::CardsLimits => of::<Nothing>(),
        O::CardResult => of::<CardResultQuery>(),
        O::PricesGet => of::<PricesQuery>(),
        O::PriceStatus | O::PriceGoods => of::<UploadQuery>(),
        O::PriceQuarantine => of::<QuarantineQuery>(),
        O::TariffsBox => of::<BoxTariffsQuery>(),
        O::Funnel => of::<FunnelQuery>(),
        O::SearchTexts => of::<SearchTextsQuery>(),
        O::Sales | O::Orders => of::<RowsQuery>(),
        O::Stocks => of::<StocksQuery>(),
        O::Barcodes => of::<BarcodesQuery>(),
        O::CardUpload => of::<CardUpload>(),
        O::CardUpdate => of::<CardUpdate>(),
        O::MediaSave => of::<MediaSave>(),
        O::MediaFile => of::<MediaFile>(),
        O::PriceUpload => of::<PriceUpload>(),
    }
}

fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        // A tool's schema is read by models, and many of them follow no reference.
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(top) = schema.as_object_mut() {
        top.remove("title");
        top.remove("description");
    }
    schema
}

/// The schema of a tool with these operations: `operation`, and the arguments of all of them. Which arguments go with which
/// operation is checked by the call: providers of models refuse a choice of schemas (`oneOf`) at the top.
pub(super) fn parameters(operations: &[Operation]) -> Value {
    let names: Vec<&str> = operations.iter().map(|operation| operation.as_str()).collect();
    let mut properties = Map::new();
    properties.insert("operation".to_owned(), serde_json::json!({"type": "string", "enum": names}));
    for operation in operations {
        let Value::Object(own) = schema(*operation) else { continue };
        let Some(Value::Object(own)) = own.get("properties").cloned() else { continue };
        for (name, schema) in own {
            merge(&mut properties, name, schema, *operation);
        }
    }
    serde_json::json!({
        "type": "object",
        "properties": properties,
        "required": ["operation"],
        "additionalProperties": false,
    })
}

/// Adds an argument of an operation. What two operations ask differently under one name, the call alone checks.
fn merge(properties: &mut Map<String, Value>, name: String, mut schema: Value, operation: Operation) {
    let says = |schema: &Value| schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = format!("{}: {}", operation.as_str(), says(&schema));
    let Some(present) = properties.get_mut(&name) else {
        schema["description"] = own.into();
        properties.insert(name, schema);
        return;
    };
    let both = format!("{}; {own}", says(present));
    let bare = |schema: &Value| {
        let mut bare = schema.clone();
        bare.as_object_mut().map(|fields| fields.remove("description"));
        bare
    };
    if bare(present) == bare(&schema) {
        present["description"] = both.into();
    } else {
        *present = serde_json::json!({"description": both});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_schema_of_its_own_without_references() {
        for operation in Operation::ALL {
            let schema = schema(operation);
            assert_eq!(schema["type"], "object", "{operation:?}");
            assert_eq!(schema["additionalProperties"], false, "{operation:?}");
            assert!(!schema.to_string().contains("$ref"), "{operation:?}: {schema}");
        }
    }

    #[test]
    fn the_schema_of_the_tool_names_what_is_allowed_and_nothing_else() {
        let reads = parameters(&[Operation::Sales, Operation::CardsLimits]);
        assert_eq!(reads["properties"]["operation"]["enum"], serde_json::json!(["sales", "cards_limits"]));
        let names: Vec<&String> = reads["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["dateFrom", "operation", "wholeDay"]);
        let all = parameters(&Operation::ALL);
        assert!(all["properties"]["subjectID"]["description"].as_str().unwrap().contains("brands: "), "{all}");
        assert!(all["properties"]["prices"]["items"]["properties"]["nmID"].is_object(), "{all}");
    }

    #[test]
    fn only_reads_are_pure() {
        let changes: Vec<&str> =
            Operation::ALL.iter().filter(|o| effect(**o) != Effect::Pure).map(|o| o.as_str()).collect();
        assert_eq!(changes, ["barcodes", "card_upload", "card_update", "media_save", "media_file", "price_upload"]);
    }
}
