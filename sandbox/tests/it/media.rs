//! Pictures and films: by link, and by file.

use reqwest::Method;
use serde_json::json;

use crate::kit::{Got, Kit, got, start, start_with};

/// The beginning of a PNG of this size; nobody looks further.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes
}

async fn send(kit: &Kit, headers: &[(&str, &str)], part: &str, file: &[u8]) -> Got {
    let mut body =
        format!("--cut\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"a.png\"\r\n").into_bytes();
    body.extend(b"Content-Type: application/octet-stream\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--cut--\r\n");
    let mut request = kit.request(Method::POST, "/content/v3/media/file");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    got(request.header("Content-Type", "multipart/form-data; boundary=cut").body(body)).await
}

#[tokio::test]
async fn links_take_the_place_of_all_that_the_card_had() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[0];
    let links = json!(["https://shop.example/a.jpg", "https://shop.example/film.mp4", "https://shop.example/b.png"]);
    let answer = kit.post("/content/v3/media/save", &json!({ "nmId": nm, "data": links })).await;
    assert_eq!(answer.body, json!({ "data": {}, "error": false, "errorText": "", "additionalErrors": null }));
    let card = kit.found("SB-105-01").await.remove(0);
    assert_eq!(card["photos"].as_array().unwrap().len(), 2);
    assert_eq!((&card["photos"][0]["big"], &card["video"]), (&links[0], &links[1]));
    assert_eq!(kit.sandbox.shop().effects("/content/v3/media/save"), 1);
}

#[tokio::test]
async fn links_that_cannot_be_files_are_refused_and_change_nothing() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[0];
    let many: Vec<_> = (0..31).map(|at| format!("https://shop.example/{at}.jpg")).collect();
    for (body, status) in [
        (json!({ "data": [] }), 422),
        (json!({ "nmId": 1, "data": ["https://shop.example/a.jpg"] }), 400),
        (json!({ "nmId": nm }), 400),
        (json!({ "nmId": nm, "data": [5] }), 400),
        (json!({ "nmId": nm, "data": ["https://shop.example/a.jpg", "https://shop.example/page.html"] }), 409),
        (json!({ "nmId": nm, "data": ["ftp://shop.example/a.jpg"] }), 409),
        (json!({ "nmId": nm, "data": ["not a link"] }), 409),
        (json!({ "nmId": nm, "data": many }), 400),
        (json!({ "nmId": nm, "data": ["https://s.example/a.mp4", "https://s.example/b.mov"] }), 400),
    ] {
        let answer = kit.post("/content/v3/media/save", &body).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(true)), "{body}");
    }
    assert_eq!(kit.found("SB-105-01").await[0]["photos"].as_array().unwrap().len(), 3);
    assert_eq!(kit.sandbox.shop().effects("/content/v3/media/save"), 0);
}

#[tokio::test]
async fn a_file_goes_into_its_place_or_behind_the_last() {
    let kit = start().await;
    let nm = kit.sandbox.shop().nm_ids()[0].to_string();
    for (number, photos) in [("2", 3), ("4", 4), ("30", 5)] {
        let answer = send(&kit, &[("X-Nm-Id", &nm), ("X-Photo-Number", number)], "uploadfile", &png(900, 1_200)).await;
        assert_eq!((answer.status, &answer.body["error"]), (200, &json!(false)), "{}", answer.body);
        assert_eq!(kit.found("SB-105-01").await[0]["photos"].as_array().unwrap().len(), photos);
    }
    let film = send(&kit, &[("X-Nm-Id", &nm), ("X-Photo-Number", "1")], "uploadfile", b"\0\0\0\x18ftypmp42").await;
    assert_eq!(film.status, 200);
    assert!(kit.found("SB-105-01").await[0]["video"].is_string());
    assert_eq!(kit.sandbox.shop().effects("/content/v3/media/file"), 4);
}

#[tokio::test]
async fn a_file_that_is_no_fitting_picture_is_refused() {
    let kit = start_with(|options| {
        options.limit_interval_percent = 0;
        options.bounds.picture_bytes_max = 10_000;
        options.bounds.video_bytes_max = 20_000;
    })
    .await;
    let nm = kit.sandbox.shop().nm_ids()[0].to_string();
    let mut heavy = png(900, 1_200);
    heavy.resize(10_001, 0);
    let huge = vec![0; 20_001];
    let good = png(700, 900);
    let (card, first) = (("X-Nm-Id", nm.as_str()), ("X-Photo-Number", "1"));
    for (headers, part, file, status, text) in [
        (
            &[card, first][..],
            "uploadfile",
            &png(699, 900)[..],
            400,
            "Image resolution must be at least 700x900, it is 699x900",
        ),
        (&[card, first], "uploadfile", b"<html>not found</html>", 400, "Unsupported file format"),
        (&[card, first], "uploadfile", b"", 400, "Unsupported file format"),
        (&[card, first], "uploadfile", &heavy, 400, "The file must not be larger than 10000 bytes"),
        (&[card, first], "uploadfile", &huge, 413, ""),
        (&[card, first], "other", &good, 400, "uploadfile is required"),
        (&[card], "uploadfile", &good, 400, "X-Photo-Number must be from 1 to 30"),
        (&[card, ("X-Photo-Number", "31")], "uploadfile", &good, 400, "X-Photo-Number must be from 1 to 30"),
        (&[first], "uploadfile", &good, 400, "X-Nm-Id is required"),
        (&[("X-Nm-Id", "5"), first], "uploadfile", &good, 400, "Invalid nmId"),
    ] {
        let answer = send(&kit, headers, part, file).await;
        assert_eq!((answer.status, answer.body["errorText"].as_str().unwrap_or_default()), (status, text));
    }
    assert_eq!(kit.sandbox.shop().effects("/content/v3/media/file"), 0);
}
