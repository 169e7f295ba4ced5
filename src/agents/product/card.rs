//! The card as it is sent: what the approval is for. Pure.

use serde_json::{Map, Value, json};

use super::{compose::Texts, draft::Draft};

/// The argument `cards` of the upload: one card, under the code that the draft has once and for all.
pub fn cards(draft: &Draft, texts: &Texts) -> Value {
    let mut card = json!({ "vendorCode": draft.vendor_code, "title": texts.title, "description": texts.description });
    if let Some(brand) = &draft.brand {
        card["brand"] = json!(brand);
    }
    if let (Some([length, width, height]), Some(grams)) = (draft.dimensions, draft.weight_g) {
        let weight = f64::from(grams) / 1000.0;
        card["dimensions"] = json!({ "length": length, "width": width, "height": height, "weightBrutto": weight });
    }
    card["sizes"] = sizes(draft);
    let values = draft.values.iter().filter(|(_, value)| !value.is_null());
    card["characteristics"] = values.map(|(id, value)| json!({ "id": id, "value": value })).collect();
    let subject = draft.subject.as_ref().map_or(0, |subject| subject.id);
    json!([{ "subjectID": subject, "variants": [card] }])
}

/// One without a name where there are no sizes.
fn sizes(draft: &Draft) -> Value {
    let names: Vec<Option<&String>> =
        if draft.sizes.is_empty() { vec![None] } else { draft.sizes.iter().map(Some).collect() };
    let size = |(at, name): (usize, Option<&String>)| {
        let mut size = Map::new();
        if let Some(name) = name {
            size.insert("techSize".to_owned(), json!(name));
            size.insert("wbSize".to_owned(), json!(name));
        }
        size.insert("price".to_owned(), json!(draft.price));
        if let Some(barcode) = draft.barcodes.get(at) {
            size.insert("skus".to_owned(), json!([barcode]));
        }
        Value::Object(size)
    };
    names.into_iter().enumerate().map(size).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::draft::Subject, *};

    #[test]
    fn a_card_has_what_the_draft_says() {
        let draft = Draft {
            vendor_code: "sb-1".into(),
            price: Some(900),
            dimensions: Some([12, 9, 10]),
            weight_g: Some(400),
            sizes: vec!["S".into(), "M".into()],
            barcodes: vec!["12345678".into()],
            subject: Some(Subject { id: 7, ..Subject::default() }),
            values: [(1, json!(["red"]))].into(),
            ..Draft::default()
        };
        let texts = Texts { title: "T".into(), description: "D".into() };
        let card = json!({
            "vendorCode": "sb-1", "title": "T", "description": "D",
            "dimensions": { "length": 12, "width": 9, "height": 10, "weightBrutto": 0.4 },
            "sizes": [
                { "techSize": "S", "wbSize": "S", "price": 900, "skus": ["12345678"] },
                { "techSize": "M", "wbSize": "M", "price": 900 }
            ],
            "characteristics": [{ "id": 1, "value": ["red"] }]
        });
        assert_eq!(cards(&draft, &texts), json!([{ "subjectID": 7, "variants": [card] }]));
        let bare = Draft { price: Some(5), ..Draft::default() };
        assert_eq!(cards(&bare, &texts)[0]["variants"][0]["sizes"], json!([{ "price": 5 }]));
    }
}
