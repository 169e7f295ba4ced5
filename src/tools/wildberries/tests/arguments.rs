//! Wrong arguments: each has its answer with a code, and nothing is sent.

use super::*;

#[track_caller]
fn check(arguments: Value, code: &str, says: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let market = Market::new(|request| panic!("sent: {}", line(request)));
    let refused = runtime.block_on(market.tool().call(arguments.clone(), &context())).unwrap_err();
    let ToolError::BadArguments(words) = &refused else { panic!("{arguments}: {refused}") };
    assert!(words.starts_with(&format!("{code}: ")) && words.contains(says), "{arguments}: {words}");
}

fn price(price: Value) -> Value {
    json!({"operation": "price_upload", "prices": [{"nmID": 7, "price": price}]})
}

fn discount(discount: Value) -> Value {
    json!({"operation": "price_upload", "prices": [{"nmID": 7, "discount": discount}]})
}

fn card(card: Value) -> Value {
    json!({"operation": "card_upload", "cards": [{"subjectID": 105, "variants": [card]}]})
}

fn funnel(start: &str, end: &str) -> Value {
    json!({"operation": "funnel", "period": {"start": start, "end": end}})
}

#[test]
fn a_price_is_a_whole_number_within_bounds() {
    for wrong in [
        json!("abc"),
        json!(-5),
        json!("1e400"),
        json!(1e300),
        json!(0),
        json!(999.5),
        json!("12,5"),
        json!("1 RUB"),
        json!(100_000_001),
        json!(true),
        json!([1]),
        json!(""),
    ] {
        check(price(wrong), "bad_price", "`prices[0].price`");
    }
    check(price(json!(-5)), "bad_price", "is `-5`; it must be a whole number from 1 to 100000000");
    check(price(Value::Null), "bad_shape", "needs a `price`, a `discount` or both");
    check(card(json!({"vendorCode": "a", "sizes": [{"price": "abc"}]})), "bad_price", "variants[0].sizes[0].price");
}

#[test]
fn a_discount_is_0_to_99_per_cent() {
    for wrong in [json!(100), json!(-1), json!("abc"), json!(30.5), json!("1e400")] {
        check(discount(wrong), "bad_discount", "from 0 to 99 per cent");
    }
}

#[test]
fn a_period_is_over_in_order_and_kept() {
    check(funnel("2025-12-08", "2025-12-11"), "period_in_future", "today is 2025-12-10 in Moscow");
    check(funnel("2099-01-01", "2099-01-31"), "period_in_future", "`period.start`");
    check(funnel("2025-12-08", "2025-12-01"), "period_reversed", "swap them");
    check(funnel("2024-01-01", "2025-12-01"), "period_too_long", "365 days");
    check(funnel("2025-02-30", "2025-03-01"), "bad_date", "2025-02-30");
    check(funnel("yesterday", "2025-03-01"), "bad_date", "like 2025-12-31");
    check(json!({"operation": "sales", "dateFrom": "2025-12-11"}), "period_in_future", "today is 2025-12-10");
    check(json!({"operation": "orders", "dateFrom": "2025-12-08 10:00"}), "bad_date", "dateFrom");
    check(json!({"operation": "tariffs_box", "date": "31.12.2025"}), "bad_date", "`date`");
}

#[test]
fn texts_of_a_card_have_their_lengths() {
    check(
        card(json!({"vendorCode": "a", "title": "я".repeat(300)})),
        "bad_length",
        "it has 300 characters and must have 1 to 60",
    );
    check(card(json!({"vendorCode": "a", "title": "  "})), "bad_length", "0 characters");
    check(card(json!({"vendorCode": "a", "description": "x".repeat(5001)})), "bad_length", "description");
    check(card(json!({"vendorCode": "x".repeat(73)})), "bad_length", "vendorCode");
    check(card(json!({"vendorCode": ""})), "bad_length", "vendorCode");
}

#[test]
fn lists_have_their_sizes_and_nothing_twice() {
    let twice = json!([{"subjectID": 1, "variants": [{"vendorCode": "a"}]}, {"subjectID": 1, "variants": [{"vendorCode": "a"}]}]);
    check(json!({"operation": "card_upload", "cards": twice}), "duplicate", "`vendorCode` is `a`");
    check(json!({"operation": "card_upload", "cards": []}), "bad_count", "1 to 30");
    check(json!({"operation": "price_upload", "prices": []}), "bad_count", "prices");
    let twice = json!([{"nmID": 7, "price": 1}, {"nmID": 7, "price": 2}]);
    check(json!({"operation": "price_upload", "prices": twice}), "duplicate", "nmID");
    let many: Vec<u64> = (0..51).collect();
    let period = json!({"start": "2025-12-01", "end": "2025-12-02"});
    check(json!({"operation": "search_texts", "period": period, "nmIDs": many}), "bad_count", "1 to 50");
    check(json!({"operation": "cards_list", "limit": 101}), "bad_number", "from 1 to 100");
    check(json!({"operation": "barcodes", "count": 5001}), "bad_number", "1 to 5000");
}

#[test]
fn links_and_files_are_looked_at() {
    for link in
        ["ftp://x/a.jpg", "not a link", "https://user:secret@x/a.jpg", "javascript:alert(1)", "file:///etc/passwd"]
    {
        check(json!({"operation": "media_save", "nmID": 7, "links": [link]}), "bad_link", "links[0]");
    }
    let file = |base64: &str| json!({"operation": "media_file", "nmID": 7, "photoNumber": 1, "base64": base64});
    check(file("%%%"), "bad_file", "base64");
    check(file("PGh0bWw+PGJvZHk+"), "bad_file", "it must be a JPG");
}

#[test]
fn an_argument_of_another_operation_or_an_unknown_one_is_told() {
    check(json!({"operation": "sales", "dateFrom": "2025-12-01", "nmIDs": [1]}), "bad_shape", "unknown field `nmIDs`");
    check(json!({"operation": "characteristics"}), "bad_shape", "missing field `subjectID`");
    check(json!({"operation": "characteristics", "subjectID": "x"}), "bad_shape", "`subjectID`");
    check(json!({"operation": "directory", "directory": "tnved"}), "bad_shape", "`categories` names subjects");
    check(json!({"operation": "cards_delete"}), "bad_shape", "this tool may do: categories, ");
    check(json!({}), "bad_shape", "`operation`");
}

#[tokio::test]
async fn a_tool_does_only_what_it_was_given() {
    let market = Market::new(|request| panic!("sent: {}", line(request)));
    let tool = WildberriesTool::new("wb", None, &[Operation::Sales, Operation::PricesGet], market.client());
    assert_eq!(tool.spec().effect, crate::tools::Effect::Pure);
    let refused = call(tool, price(json!(1))).await.unwrap_err();
    assert!(matches!(&refused, ToolError::BadArguments(words) if words.contains("price_upload")), "{refused}");
    let tool = WildberriesTool::new("wb", None, &[Operation::Sales, Operation::PriceUpload], market.client());
    assert_eq!(tool.spec().effect, crate::tools::Effect::Idempotent);
}
