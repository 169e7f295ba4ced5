//! Cards: accepted at once, looked at later, there or rejected; paging.

use std::{collections::HashSet, time::Duration};

use serde_json::{Value, json};

use crate::kit::{Kit, LATER, check_fields, mug, start, start_with, upload};

const UPLOAD: &str = "/content/v2/cards/upload";

async fn publish(kit: &Kit, card: &Value) {
    let got = kit.post(UPLOAD, &upload(std::slice::from_ref(card))).await;
    assert_eq!(got.body, json!({ "data": null, "error": false, "errorText": "", "additionalErrors": {} }));
    kit.advance(LATER);
}

#[tokio::test]
async fn a_card_appears_only_after_it_was_looked_at() {
    let kit = start().await;
    let got = kit.post(UPLOAD, &upload(&[mug("new-1")])).await;
    assert_eq!(got.status, 200);
    assert!(kit.found("new-1").await.is_empty());
    kit.advance(Duration::from_millis(1_999));
    assert!(kit.found("new-1").await.is_empty());
    kit.advance(Duration::from_millis(1));
    let cards = kit.found("new-1").await;
    assert_eq!(cards.len(), 1);
    assert_eq!(cards[0]["subjectName"], "Кружки");
    assert_eq!(cards[0]["sizes"][0]["skus"][0].as_str().unwrap().len(), 13);
    assert_eq!(kit.sandbox.shop().effects(UPLOAD), 1);
    assert!(kit.errors("ru").await.is_empty());
}

#[tokio::test]
async fn a_card_is_shown_with_the_described_fields() {
    let kit = start().await;
    let cards = kit.found("SB-105-01").await;
    check_fields(
        &cards[0],
        &[
            "nmID",
            "imtID",
            "nmUUID",
            "subjectID",
            "subjectName",
            "vendorCode",
            "brand",
            "title",
            "description",
            "needKiz",
            "photos",
            "dimensions",
            "characteristics",
            "sizes",
            "tags",
            "createdAt",
            "updatedAt",
        ],
    );
    check_fields(&cards[0]["photos"][0], &["big", "c246x328", "c516x688", "square", "tm"]);
    check_fields(&cards[0]["sizes"][0], &["chrtID", "techSize", "wbSize", "skus"]);
    check_fields(&cards[0]["dimensions"], &["length", "width", "height", "weightBrutto", "isValid"]);
    check_fields(&cards[0]["characteristics"][0], &["id", "name", "value"]);
}

/// Where a card is broken, with what, and what is said about it in Russian and in English.
fn broken() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    vec![
        (
            "/title",
            json!("к".repeat(61)),
            "Поле Наименование не должно превышать 60 символов, сейчас 61",
            "The Title field must not be longer than 60 characters, it has 61",
        ),
        (
            "/description",
            json!("о".repeat(2_001)),
            "Поле Описание не должно превышать 2000 символов, сейчас 2001",
            "The Description field must not be longer than 2000 characters, it has 2001",
        ),
        (
            "/title",
            json!("Кружка 😈"),
            "Поле Наименование не должно содержать запрещенные символы: 😈",
            "The Title field must not contain forbidden characters: 😈",
        ),
        (
            "/description",
            json!("Пишите на me@shop.ru"),
            "Запрещено использовать E-Mail в поле Описание",
            "An e-mail address is forbidden in the Description field",
        ),
        (
            "/title",
            json!("Кружка ХИТ продаж"),
            "Поле Наименование содержит запрещенное слово: хит",
            "The Title field contains a forbidden word: хит",
        ),
        (
            "/sizes/0/skus",
            json!(["2000000000001"]),
            "Некорректный баркод: 2000000000001",
            "Invalid barcode: 2000000000001",
        ),
    ]
}

/// The same for what is measured and chosen.
fn misfilled() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    vec![
        (
            "/characteristics/2/value",
            json!([]),
            "Не заполнена обязательная характеристика: Материал посуды",
            "The required characteristic is not filled: Tableware material",
        ),
        (
            "/characteristics/1/value",
            json!("350"),
            "Характеристика Объем должна быть числом",
            "The characteristic Volume must be a number",
        ),
        (
            "/characteristics/0/value",
            json!("синий"),
            "Характеристика Цвет должна быть массивом строк",
            "The characteristic Color must be an array of strings",
        ),
        (
            "/characteristics/2/value",
            json!(["керамика", "фарфор", "стекло"]),
            "Характеристика Материал посуды: максимальное количество значений 2",
            "The characteristic Tableware material takes 2 values at most",
        ),
        (
            "/dimensions/length",
            json!(-1),
            "Габариты должны быть целыми числами от 0 до 1000 см",
            "Dimensions must be whole numbers from 0 to 1000 cm",
        ),
        (
            "/dimensions/weightBrutto",
            json!(0.4567),
            "Вес должен быть от 0 до 1000 кг, не более трех знаков после запятой",
            "The weight must be from 0 to 1000 kg with at most three decimals",
        ),
    ]
}

#[tokio::test]
async fn each_broken_rule_is_said_in_the_reader_s_language_and_keeps_the_card_out() {
    let kit = start().await;
    for (at, (place, value, russian, english)) in broken().into_iter().chain(misfilled()).enumerate() {
        let code = format!("bad-{at}");
        let mut card = mug(&code);
        *card.pointer_mut(place).unwrap() = value;
        publish(&kit, &card).await;
        assert!(kit.found(&code).await.is_empty(), "{place}");
        let (ru, en) = (kit.errors("ru").await, kit.errors("en").await);
        assert_eq!(ru[0]["errors"][&code], json!([russian]), "{place}");
        assert_eq!(en[0]["errors"][&code], json!([english]), "{place}");
        assert_eq!(en[0]["subjects"][&code], json!({ "id": 1229, "name": "Mugs" }));
    }
    assert_eq!(kit.sandbox.shop().effects(UPLOAD), 0);
}

#[tokio::test]
async fn a_barcode_of_another_card_is_not_taken_again() {
    let kit = start().await;
    let taken = kit.found("SB-1229-14").await[0]["sizes"][0]["skus"][0].clone();
    let mut card = mug("double");
    card["sizes"][0]["skus"] = json!([taken]);
    publish(&kit, &card).await;
    let text = format!("Неуникальный баркод: {}", taken.as_str().unwrap());
    assert_eq!(kit.errors("ru").await[0]["errors"]["double"], json!([text]));
}

#[tokio::test]
async fn a_corrected_card_takes_its_errors_off_the_list() {
    let kit = start().await;
    let mut card = mug("twice");
    card["title"] = json!("Кружка топ");
    publish(&kit, &card).await;
    check_fields(&kit.errors("ru").await[0], &["batchUUID", "subjects", "brands", "vendorCodes", "errors"]);
    publish(&kit, &mug("twice")).await;
    assert!(kit.errors("ru").await.is_empty());
    assert_eq!(kit.found("twice").await.len(), 1);
}

#[tokio::test]
async fn what_can_be_seen_at_once_is_refused_at_once() {
    let kit = start().await;
    let variant = |code: &str| upload(&[mug(code)]);
    let mut nowhere = variant("a");
    nowhere[0]["subjectID"] = json!(342_342);
    for (body, text) in [
        (json!({}), "Invalid request format"),
        (json!([]), "Invalid request format"),
        (json!([{ "subjectID": 1229, "variants": [] }]), "Invalid request format"),
        (upload(&vec![mug("x"); 31]), "Invalid request format"),
        (variant(""), "A card cannot be created without a vendorCode"),
        (variant("SB-105-01"), "bad request; Unexpected the specified card's vendor code is used in other cards"),
        (nowhere, "This category does not exist"),
    ] {
        let got = kit.post(UPLOAD, &body).await;
        assert_eq!((got.status, got.body["errorText"].as_str().unwrap()), (400, text));
        check_fields(&got.body, &["data", "error", "errorText", "additionalErrors"]);
    }
}

#[tokio::test]
async fn the_same_card_sent_twice_before_it_was_looked_at_is_there_once() {
    let kit = start().await;
    kit.post(UPLOAD, &upload(&[mug("once")])).await;
    kit.post(UPLOAD, &upload(&[mug("once")])).await;
    kit.advance(LATER);
    assert_eq!(kit.found("once").await.len(), 1);
    assert_eq!(kit.errors("ru").await[0]["errors"]["once"], json!(["Артикул продавца используется в другой карточке"]));
    assert_eq!(kit.sandbox.shop().effects(UPLOAD), 1);
}

#[tokio::test]
async fn a_joined_card_has_the_imt_of_the_other() {
    let kit = start().await;
    let imt = kit.found("SB-1229-14").await[0]["imtID"].clone();
    let body = json!({ "imtID": imt, "cardsToAdd": [mug("joined")] });
    assert_eq!(kit.post("/content/v2/cards/upload/add", &body).await.status, 200);
    kit.advance(LATER);
    assert_eq!(kit.found("joined").await[0]["imtID"], imt);
    let unknown = json!({ "imtID": 1, "cardsToAdd": [mug("other")] });
    assert_eq!(kit.post("/content/v2/cards/upload/add", &unknown).await.status, 400);
}

#[tokio::test]
async fn an_update_writes_over_the_card_and_keeps_its_barcodes_and_photos() {
    let kit = start().await;
    let before = kit.found("SB-1229-14").await.remove(0);
    let mut update = mug("SB-1229-14");
    update["nmID"] = before["nmID"].clone();
    update["title"] = json!("Кружка зелёная");
    assert_eq!(kit.post("/content/v2/cards/update", &json!([update])).await.status, 200);
    kit.advance(LATER);
    let after = kit.found("SB-1229-14").await.remove(0);
    assert_eq!(after["title"], "Кружка зелёная");
    assert_eq!(
        (&after["sizes"], &after["photos"], &after["nmID"]),
        (&before["sizes"], &before["photos"], &before["nmID"])
    );
    assert_ne!(after["updatedAt"], before["updatedAt"]);
    let unknown = json!([{ "nmID": 1, "vendorCode": "x", "sizes": [] }]);
    assert_eq!(kit.post("/content/v2/cards/update", &unknown).await.status, 400);
}

#[tokio::test]
async fn the_cursor_leads_through_all_cards_once() {
    let kit = start().await;
    for ascending in [false, true] {
        let (mut seen, mut cursor) = (HashSet::new(), json!({ "limit": 7 }));
        loop {
            let body = json!({ "settings": {
                "sort": { "ascending": ascending }, "filter": { "withPhoto": -1 }, "cursor": cursor,
            } });
            let got = kit.post("/content/v2/get/cards/list", &body).await.body;
            for card in got["cards"].as_array().unwrap() {
                assert!(seen.insert(card["nmID"].as_u64().unwrap()), "twice: {card}");
            }
            if got["cursor"]["total"].as_u64().unwrap() < 7 {
                break;
            }
            cursor = json!({ "limit": 7, "updatedAt": got["cursor"]["updatedAt"], "nmID": got["cursor"]["nmID"] });
        }
        assert_eq!(seen.len(), 20);
    }
}

#[tokio::test]
async fn the_list_is_filtered_as_described() {
    let kit = start().await;
    let count = async |filter: Value| {
        let body = json!({ "settings": { "cursor": { "limit": 100 }, "filter": filter } });
        kit.post("/content/v2/get/cards/list", &body).await.body["cards"].as_array().unwrap().len()
    };
    assert_eq!(count(json!({ "withPhoto": 0 })).await, 0);
    assert_eq!(count(json!({ "withPhoto": 1 })).await, 20);
    assert_eq!(count(json!({ "withPhoto": -1, "objectIDs": [1229, 788] })).await, 4);
    assert_eq!(count(json!({ "withPhoto": -1, "brands": ["Kettlewell"] })).await, 2);
    assert_eq!(count(json!({ "withPhoto": -1, "textSearch": "SB-69-" })).await, 2);
    assert_eq!(count(json!({ "withPhoto": -1, "tagIDs": [1] })).await, 0);
    assert_eq!(
        kit.post("/content/v2/get/cards/list", &json!({ "settings": { "cursor": { "limit": 101 } } })).await.status,
        400
    );
    assert_eq!(kit.post("/content/v2/get/cards/list", &json!([])).await.status, 400);
}

#[tokio::test]
async fn errors_are_paged_by_batch() {
    let kit = start().await;
    for at in 0..5 {
        let mut card = mug(&format!("e{at}"));
        card["title"] = json!("Кружка топ");
        publish(&kit, &card).await;
    }
    let unsorted = kit.post("/content/v2/cards/error/list", &json!({})).await.body;
    assert_eq!(unsorted["data"]["items"][0]["vendorCodes"], json!(["e0"]));
    let (mut seen, mut cursor) = (Vec::new(), json!({ "limit": 2 }));
    loop {
        let body = json!({ "cursor": cursor, "order": { "ascending": true } });
        let data = kit.post("/content/v2/cards/error/list", &body).await.body["data"].clone();
        check_fields(&data["cursor"], &["next", "updatedAt", "batchUUID"]);
        let codes =
            data["items"].as_array().unwrap().iter().map(|item| item["vendorCodes"][0].as_str().unwrap().to_owned());
        seen.extend(codes);
        if data["cursor"]["next"] == false {
            break;
        }
        let after = &data["cursor"];
        cursor = json!({ "limit": 2, "updatedAt": after["updatedAt"], "batchUUID": after["batchUUID"] });
    }
    assert_eq!(seen, ["e0", "e1", "e2", "e3", "e4"]);
}

#[tokio::test]
async fn a_full_shop_and_a_full_queue_say_so() {
    let kit = start_with(|options| {
        options.limit_interval_percent = 0;
        options.bounds.cards_max = 20;
        options.bounds.queue_max = 2;
    })
    .await;
    for code in ["q1", "q2"] {
        assert_eq!(kit.post(UPLOAD, &upload(&[mug(code)])).await.status, 200);
    }
    assert_eq!(kit.post(UPLOAD, &upload(&[mug("q3")])).await.status, 429);
    kit.advance(LATER);
    assert_eq!(kit.errors("ru").await[0]["errors"]["q2"], json!(["Превышен лимит карточек: 20"]));
}

#[tokio::test]
async fn a_body_above_ten_megabytes_is_refused() {
    let kit = start().await;
    let mut card = mug("huge");
    card["description"] = json!("x".repeat(11 << 20));
    let got = kit.post(UPLOAD, &upload(&[card])).await;
    assert_eq!((got.status, got.body["title"].as_str()), (413, Some("request body too long")));
}
