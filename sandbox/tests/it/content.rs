//! Categories, directories, brands, barcodes, limits of cards.

use serde_json::json;

use crate::kit::{check_fields, start};

#[tokio::test]
async fn categories_are_found_by_a_part_of_their_name_in_either_language() {
    let kit = start().await;
    for (query, expected) in [
        ("name=кружк", vec!["Кружки"]),
        ("name=MUG&locale=en", vec!["Mugs"]),
        ("name=mug", vec!["Кружки"]),
        ("parentID=629&locale=en", vec!["Sneakers", "Canvas shoes"]),
        ("limit=1&offset=1", vec!["Кеды"]),
        ("name=нет", vec![]),
    ] {
        let data = kit.data(&format!("/content/v2/object/all?{query}")).await;
        let names: Vec<_> = data.as_array().unwrap().iter().map(|one| one["subjectName"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    let got = kit.get("/content/v2/object/all").await;
    check_fields(&got.body, &["data", "error", "errorText", "additionalErrors"]);
    check_fields(&got.body["data"][0], &["subjectID", "parentID", "subjectName", "parentName"]);
    assert_eq!(kit.get("/content/v2/object/all?limit=1001").await.status, 400);
    let parents = kit.data("/content/v2/object/parent/all?locale=en").await;
    assert_eq!(parents[0], json!({ "id": 306, "name": "Clothing", "isVisible": true }));
}

#[tokio::test]
async fn a_category_says_what_must_be_filled_and_with_what() {
    let kit = start().await;
    let data = kit.data("/content/v2/object/charcs/1229?locale=en").await;
    let volume = data.as_array().unwrap().iter().find(|charc| charc["charcID"] == 15_001).unwrap();
    assert_eq!(
        *volume,
        json!({
            "charcID": 15_001, "subjectName": "Mugs", "subjectID": 1229, "name": "Volume", "required": false,
            "unitName": "мл", "maxCount": 0, "popular": true, "charcType": 4,
        })
    );
    let unknown = kit.get("/content/v2/object/charcs/7").await;
    assert_eq!((unknown.status, &unknown.body["error"]), (400, &json!(true)));
    assert_eq!(kit.get("/content/v2/object/charcs/x").await.status, 404);
}

#[tokio::test]
async fn directories_answer_in_the_described_shapes() {
    let kit = start().await;
    for (path, first) in [
        ("colors?locale=en", json!({ "name": "white", "parentName": "white" })),
        ("kinds", json!("Мужской")),
        ("countries", json!({ "name": "Россия", "fullName": "Российская Федерация" })),
        ("seasons?locale=en", json!("all year")),
        ("vat?locale=ru", json!("0")),
        ("tnved?subjectID=105", json!({ "tnved": "6404110000", "isKiz": true })),
        ("tnved?subjectID=105&search=6403", json!({ "tnved": "6403990000", "isKiz": true })),
    ] {
        assert_eq!(kit.data(&format!("/content/v2/directory/{path}")).await[0], first, "{path}");
    }
    let brands = kit.get("/api/content/v1/brands?subjectId=105").await;
    check_fields(&brands.body, &["brands", "total"]);
    check_fields(&brands.body["brands"][0], &["id", "logoUrl", "name"]);
    assert_eq!(kit.get("/api/content/v1/brands").await.status, 400);
    assert_eq!(kit.get("/api/content/v1/brands?subjectId=7").await.status, 404);
}

#[tokio::test]
async fn barcodes_are_new_and_valid_and_as_many_as_asked_for() {
    let kit = start().await;
    let got = kit.post("/content/v2/barcodes", &json!({ "count": 500 })).await;
    let mut codes: Vec<_> = got.body["data"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(codes.iter().all(|code| code.len() == 13 && code.bytes().all(|byte| byte.is_ascii_digit())));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 500);
    for bad in [json!({ "count": 0 }), json!({ "count": 5_001 }), json!({}), json!([])] {
        assert_eq!(kit.post("/content/v2/barcodes", &bad).await.status, 400, "{bad}");
    }
    let limits = kit.data("/content/v2/cards/limits").await;
    assert_eq!(limits, json!({ "freeLimits": 1_500, "paidLimits": 10 }));
}

#[tokio::test]
async fn a_path_or_method_that_is_not_described_is_not_found() {
    let kit = start().await;
    assert_eq!(kit.get("/content/v2/cards/upload").await.status, 404);
    assert_eq!(kit.post("/nowhere", &json!({})).await.status, 404);
}
