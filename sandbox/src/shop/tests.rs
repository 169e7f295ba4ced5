//! Whatever a seller sends, the shop answers, and stays one that can be shown.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Shop;
use crate::options::SandboxOptions;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_773_824_400, 0).unwrap()
}

fn shop() -> Shop {
    Shop::open(&SandboxOptions::new(Arc::new(now)), now())
}

/// Values that fit nowhere, and numbers at the ends of what JSON can carry.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,80}".prop_map(Value::from),
        proptest::collection::vec(".{0,8}", 0..4).prop_map(Value::from),
        Just(json!({})),
    ]
}

const CARD_PLACES: &[&str] = &[
    "/0/subjectID",
    "/0/variants",
    "/0/variants/0/vendorCode",
    "/0/variants/0/title",
    "/0/variants/0/description",
    "/0/variants/0/dimensions",
    "/0/variants/0/dimensions/length",
    "/0/variants/0/dimensions/weightBrutto",
    "/0/variants/0/characteristics/0/id",
    "/0/variants/0/characteristics/0/value",
    "/0/variants/0/sizes/0/price",
    "/0/variants/0/sizes/0/skus",
    "/0/variants/0/sizes/0/techSize",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_card_with_anything_anywhere_is_refused_rejected_or_there(
        changes in proptest::collection::vec((proptest::sample::select(CARD_PLACES), odd()), 1..4),
    ) {
        let mut body = json!([{ "subjectID": 1229, "variants": [{
            "vendorCode": "odd", "title": "t", "description": "d",
            "dimensions": { "length": 1, "width": 1, "height": 1, "weightBrutto": 0.1 },
            "characteristics": [{ "id": 14_177_449, "value": ["синий"] }, { "id": 15_010, "value": ["керамика"] }],
            "sizes": [{ "techSize": "0", "price": 5, "skus": [] }],
        }] }]);
        for (place, value) in changes {
            if let Some(old) = body.pointer_mut(place) {
                *old = value;
            }
        }
        let mut shop = shop();
        let accepted = shop.upload_cards(body.to_string().as_bytes(), now()).is_ok();
        shop.settle(now() + TimeDelta::seconds(1));
        let (cards, rejected) = (shop.cards.len() - 20, shop.batches.len());
        prop_assert_eq!(usize::from(accepted), cards + rejected);
        prop_assert!(shop.state().is_object());
    }

    #[test]
    fn prices_stay_whole_and_above_a_third_whatever_is_uploaded(price in odd(), discount in odd()) {
        let mut shop = shop();
        let (nm, before) = (shop.cards[0].nm, shop.cards[0].discounted());
        let body = json!({ "data": [{ "nmID": nm, "price": price, "discount": discount }] });
        // A refusal is an answer too; what counts is what is set afterwards.
        shop.upload_prices(body.to_string().as_bytes(), now(), now()).ok();
        shop.settle(now());
        prop_assert!(shop.cards[0].discounted() * 3 > before && shop.cards[0].discount <= 95);
    }
}

#[test]
fn a_price_beyond_all_prices_is_rejected_with_its_card() {
    let mut shop = shop();
    let body = json!([{ "subjectID": 788, "variants": [{
        "vendorCode": "dear",
        "characteristics": [
            { "id": 14_177_451, "value": ["Россия"] },
            { "id": 15_030, "value": ["3+"] },
            { "id": 15_031, "value": 40 },
        ],
        "sizes": [{ "price": u64::MAX }],
    }] }]);
    shop.upload_cards(body.to_string().as_bytes(), now()).unwrap();
    shop.settle(now());
    let errors = shop.state()["errors"][0]["errors"]["dear"].clone();
    assert_eq!(errors, json!(["Цена не должна превышать 1000000000"]));
}
