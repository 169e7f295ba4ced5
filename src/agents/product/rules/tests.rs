//! The rules as data.

use serde_json::json;

use super::*;

fn good() -> Draft {
    Draft {
        vendor_code: "sb-1".to_owned(),
        price: Some(900),
        dimensions: Some([10, 10, 12]),
        weight_g: Some(400),
        ..Draft::default()
    }
}

#[track_caller]
fn check_codes(draft: &Draft, title: &str, description: &str, expected: &[(Code, &str)]) {
    for language in [Language::English, Language::Russian] {
        let found = check(draft, title, description, language);
        let codes: Vec<(Code, &str)> = found.iter().map(|finding| (finding.code, finding.field.as_str())).collect();
        assert_eq!(codes, expected, "{title}");
        for finding in found {
            assert!(finding.words.contains(&finding.value) && finding.words.contains(": "), "{}", finding.words);
        }
    }
}

#[test]
fn a_good_card_has_nothing_wrong() {
    check_codes(&good(), "Ceramic mug, red", "A mug.\nFor tea.", &[]);
    check_codes(&good(), &"я".repeat(60), &"a".repeat(5000), &[]);
}

#[test]
fn texts_keep_to_lengths_words_and_characters() {
    check_codes(&good(), &"a".repeat(300), "", &[(Code::TitleTooLong, "title")]);
    check_codes(&good(), " ", "", &[(Code::TitleEmpty, "title")]);
    check_codes(&good(), "Mug", &"я".repeat(5001), &[(Code::DescriptionTooLong, "description")]);
    check_codes(&good(), "Хит: кружка", "", &[(Code::ForbiddenWord, "title")]);
    check_codes(&good(), "Хитон", "топор", &[]);
    check_codes(
        &good(),
        "Mug 🔥",
        "a\u{7}",
        &[(Code::ForbiddenCharacters, "title"), (Code::ForbiddenCharacters, "description")],
    );
    check_codes(&good(), "Mug", "write to a@b.ru", &[(Code::Contact, "description")]);
    check_codes(&good(), "Mug", "see https://b.ru", &[(Code::Contact, "description")]);
}

#[test]
fn numbers_keep_to_bounds() {
    check_codes(
        &Draft { dimensions: Some([0, 1, 1]), ..good() },
        "Mug",
        "",
        &[(Code::DimensionsOutOfBounds, "dimensions")],
    );
    check_codes(
        &Draft { dimensions: Some([1, 1, 1001]), ..good() },
        "Mug",
        "",
        &[(Code::DimensionsOutOfBounds, "dimensions")],
    );
    check_codes(&Draft { weight_g: Some(1_000_001), ..good() }, "Mug", "", &[(Code::WeightOutOfBounds, "weight")]);
    check_codes(&Draft { vendor_code: "x".repeat(73), ..good() }, "Mug", "", &[(Code::VendorCodeLength, "vendorCode")]);
}

#[test]
fn barcodes_and_sizes_are_each_there_once() {
    let with = |barcodes: &[&str], sizes: &[&str]| Draft {
        barcodes: barcodes.iter().map(ToString::to_string).collect(),
        sizes: sizes.iter().map(ToString::to_string).collect(),
        ..good()
    };
    check_codes(&with(&["4006381333931"], &[]), "Mug", "", &[]);
    check_codes(&with(&["4006381333932"], &[]), "Mug", "", &[(Code::BarcodeInvalid, "barcodes")]);
    check_codes(&with(&["12a"], &[]), "Mug", "", &[(Code::BarcodeInvalid, "barcodes")]);
    check_codes(&with(&["12345678", "12345678"], &["S", "M"]), "Mug", "", &[(Code::BarcodeTwice, "barcodes")]);
    check_codes(&with(&["12345678", "12345679"], &[]), "Mug", "", &[(Code::BarcodesTooMany, "barcodes")]);
    check_codes(&with(&[], &["S", "S"]), "Mug", "", &[(Code::SizeTwice, "sizes")]);
}

#[test]
fn characteristics_keep_to_type_and_number() {
    let list = Charc { id: 1, name: "Color".into(), required: true, max_count: 2, ..Charc::default() };
    let number = Charc { id: 2, name: "Volume".into(), is_number: true, ..Charc::default() };
    let with = |values: &[(u64, Value)]| Draft {
        charcs: Some(vec![list.clone(), number.clone()]),
        values: values.iter().cloned().collect(),
        ..good()
    };
    check_codes(&with(&[]), "Mug", "", &[(Code::CharacteristicMissing, "Color")]);
    check_codes(&with(&[(1, json!(["red"])), (2, json!(350))]), "Mug", "", &[]);
    check_codes(&with(&[(1, json!(["a", "b", "c"]))]), "Mug", "", &[(Code::CharacteristicTooMany, "Color")]);
    check_codes(
        &with(&[(1, json!(["a"])), (2, json!("big"))]),
        "Mug",
        "",
        &[(Code::CharacteristicNotNumber, "Volume")],
    );
    check_codes(&with(&[(1, json!(["a".repeat(256)]))]), "Mug", "", &[(Code::CharacteristicTooLong, "Color")]);
}

#[test]
fn a_number_is_no_colour_and_no_gender() {
    let charc = |name: &str| Charc { id: 1, name: name.to_owned(), ..Charc::default() };
    for (name, value, expected) in [
        ("Color", "1", Some(Code::CharacteristicNotWord)),
        ("Цвет", "белый", None),
        ("Цвет", "№ 5", Some(Code::CharacteristicNotWord)),
        ("Set size", "1", None),
        ("Пол", "1", Some(Code::CharacteristicNotWord)),
    ] {
        let found = check_value(&charc(name), &json!([value]), Language::English).map(|finding| finding.code);
        assert_eq!(found, expected, "{name}: {value}");
    }
}
