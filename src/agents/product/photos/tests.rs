//! Answers of the tool as data: which links stay, and what is said of the others.

use std::time::Duration;

use serde_json::json;

use super::{Language::*, *};
use crate::tools::{http::DownloadError, image_analysis::ImageFailure};

fn failed(number: u64, failure: &ImageFailure) -> Value {
    json!({ "image": number, "accepted": false, "failure": {
        "code": failure.code(), "message": failure.to_string(), "nextStep": failure.next_step() } })
}

fn found(number: u64, codes: &[(&str, &str)]) -> Value {
    let finding = |(code, severity): &(&str, &str)| json!({ "code": code, "severity": severity, "nextStep": "do so" });
    let is_accepted = codes.iter().all(|(_, severity)| *severity != "error");
    json!({ "image": number, "accepted": is_accepted, "findings": codes.iter().map(finding).collect::<Vec<_>>() })
}

fn looked(images: &[Value], duplicates: Value, language: Language) -> (String, Vec<String>) {
    let links: Vec<String> = (1..=images.len()).map(|number| format!("https://a.example/{number}.jpg")).collect();
    let Looked { kept, lines } = look(&links, &json!({ "images": images, "duplicates": duplicates }), language);
    let numbers = kept.iter().filter_map(|link| link.strip_prefix("https://a.example/")?.strip_suffix(".jpg"));
    (numbers.collect::<Vec<_>>().join(" "), lines)
}

#[track_caller]
fn check_failure(failure: &ImageFailure, stays: bool, line: &str) {
    let (kept, lines) = looked(&[failed(1, failure)], json!([]), English);
    assert_eq!(kept, if stays { "1" } else { "" }, "{failure:?}");
    assert_eq!(lines, [format!("{line} ({})", failure.code())], "{failure:?}");
    assert!(words::is_known(failure.code()), "{failure:?}");
}

#[test]
fn a_photo_that_could_not_be_looked_at_stays_and_what_is_no_photo_goes() {
    use DownloadError::{NotAllowed, Status, TooLarge, Unreachable};
    use ImageFailure::Download;
    let unseen = |words: &str| format!("could not be looked at: https://a.example/1.jpg — {words}");
    let not_sent = |words: &str| format!("not sent: https://a.example/1.jpg — {words}");
    let allow = unseen("the server may not open this site; ask the operator to allow it");
    check_failure(&Download(NotAllowed("`a.example` is not allowed".into())), true, &allow);
    check_failure(&Download(Unreachable("no answer".into())), true, &unseen("the site does not answer"));
    let refused = unseen("the site does not give out the file; open the link without being signed in");
    check_failure(&Download(Status(503)), true, &refused);
    check_failure(&Download(Status(403)), true, &refused);
    check_failure(&Download(Status(404)), false, &not_sent("there is nothing at this link"));
    check_failure(&Download(Status(410)), false, &not_sent("there is nothing at this link"));
    let late = ImageFailure::TimedOut(Duration::from_secs(404));
    check_failure(&late, true, &unseen("the file did not come in time"));
    check_failure(&ImageFailure::DecoderFailed, true, &unseen("the file could not be read; export it again"));
    let large = not_sent("the file is too large; save it as JPEG at quality 85 to 90");
    check_failure(&Download(TooLarge(404)), false, &large);
    check_failure(&ImageFailure::Empty, false, &not_sent("the file is empty"));
    check_failure(&ImageFailure::Truncated, false, &not_sent("the file is cut off; upload it again"));
    let damaged = ImageFailure::Damaged("no head".into());
    check_failure(&damaged, false, &not_sent("the file is damaged; upload it again"));
    let page = not_sent("there is no image at this link; send a link straight to the file");
    check_failure(&ImageFailure::NotAnImage("a page"), false, &page);
    let unsupported = ImageFailure::Unsupported("TIFF".into());
    check_failure(&unsupported, false, &not_sent("save it as JPEG, PNG or WebP in sRGB"));
    let pixels = not_sent("too many pixels; 900×1200 to 2250×3000 are enough");
    check_failure(&ImageFailure::TooManyPixels { width: 9, height: 9 }, false, &pixels);
    let memory = not_sent("it takes too much memory; 900×1200 to 2250×3000 pixels are enough");
    check_failure(&ImageFailure::TooMuchMemory, false, &memory);
}

#[test]
fn each_link_has_one_line_and_those_that_are_not_sent_come_first() {
    let images = [
        found(1, &[("ratio", "warning"), ("uneven_background", "advice")]),
        failed(2, &ImageFailure::TimedOut(Duration::from_secs(9))),
        found(3, &[("too_small", "error"), ("too_heavy", "error"), ("blurry", "warning")]),
        found(4, &[]),
        found(5, &[("near_duplicate", "warning")]),
    ];
    let duplicates = json!([{ "first": 4, "second": 5, "distance": 2 }]);
    let (kept, lines) = looked(&images, duplicates.clone(), Russian);
    assert_eq!(kept, "1 2 4");
    let expected = [
        "не отправлено: https://a.example/3.jpg — слишком маленькое для маркетплейса; снимите с большим разрешением \
         (too_small); слишком тяжёлое для маркетплейса; сохраните в JPEG с качеством 85–90 (too_heavy)",
        "не отправлено: https://a.example/5.jpg — повторяет другое фото; покажите другую сторону или деталь (near_duplicate)",
        "посмотреть не удалось: https://a.example/2.jpg — файл не пришёл вовремя (timed_out)",
        "https://a.example/1.jpg — не 3:4; обрежьте, например до 900×1200 (ratio); неровный фон; для первого фото лучше \
         однотонный светлый (uneven_background)",
    ];
    assert_eq!(lines, expected);
    let (_, english) = looked(&images, duplicates, English);
    assert!(english.iter().chain(&lines).all(|line| !line.contains("do so")), "{english:?}");
    assert!(english[0].starts_with("not sent: https://a.example/3.jpg — too small for the marketplace"), "{english:?}");
}

#[test]
fn a_photo_that_repeats_one_that_is_not_sent_stays() {
    let twin = ("near_duplicate", "warning");
    let duplicates = json!([{ "first": 1, "second": 2 }, { "first": 1, "second": 3 }]);
    let images = [found(1, &[("too_small", "error")]), found(2, &[twin]), found(3, &[twin])];
    assert_eq!(looked(&images, duplicates, English).0, "2");
    let images = [found(1, &[]), found(2, &[twin])];
    assert_eq!(looked(&images, json!(null), English).0, "1");
}

#[test]
fn findings_have_words_in_both_languages_and_a_new_code_stands_alone() {
    let codes = ["too_small", "too_heavy", "animated", "low_quality", "cmyk", "ratio", "transparent", "blurry"];
    for code in codes.into_iter().chain(["too_dark", "too_bright", "uneven_background", "near_duplicate"]) {
        assert!(words::is_known(code), "{code}");
    }
    assert_eq!(
        looked(&[found(1, &[("too_green", "advice")])], json!([]), English).1,
        ["https://a.example/1.jpg — too_green"]
    );
}

#[test]
fn an_answer_of_any_shape_keeps_what_it_says_nothing_of() {
    let links = ["https://a.example/1.jpg".to_owned()];
    for answer in
        [json!(null), json!([]), json!({ "images": 5 }), json!({ "images": [{ "image": "1" }, { "image": 7 }] })]
    {
        assert_eq!(look(&links, &answer, English), Looked { kept: links.to_vec(), lines: Vec::new() }, "{answer}");
    }
}
