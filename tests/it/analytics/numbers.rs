//! Numbers that are those of the shop.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Asked, REPORTS, ask_through};

/// Counts and sums of the last week, from the shop's own rows.
async fn counted(asked: &Asked) -> (Value, Value) {
    let (mut orders, mut order_sum, mut cancelled) = (0, Decimal::ZERO, 0);
    let (mut sales, mut returns, mut revenue) = (0, 0, Decimal::ZERO);
    let price = |row: &Value| row["priceWithDisc"].to_string().parse::<Decimal>().unwrap();
    for day in asked.last_week() {
        for row in asked.rows("orders", day).await {
            (orders, order_sum) = (orders + 1, order_sum + price(&row));
            cancelled += u32::from(row["isCancel"] == true);
        }
        for row in asked.rows("sales", day).await {
            let is_return = row["saleID"].as_str().unwrap().starts_with('R');
            (sales, returns) = (sales + u32::from(!is_return), returns + u32::from(is_return));
            revenue += price(&row);
        }
    }
    let ordered = json!({ "orders": orders, "orderSum": format!("{order_sum:.2}"), "cancelled": cancelled });
    (ordered, json!({ "sales": sales, "returns": returns, "revenue": format!("{revenue:.2}") }))
}

fn part(totals: &Value, names: [&str; 3]) -> Value {
    names.into_iter().map(|name| (name.to_owned(), totals[name].clone())).collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test]
async fn last_weeks_numbers_are_those_of_the_shop() {
    let mut asked = ask_through(REPORTS).await;
    let turn = asked.say("Show the sales of last week").await;
    let (ordered, sold) = counted(&asked).await;
    let totals = &turn.state()["sales"]["totals"];
    assert!(totals["orders"].as_u64().unwrap() > 100, "{totals}");
    assert_eq!(part(totals, ["orders", "orderSum", "cancelled"]), ordered);
    assert_eq!(part(totals, ["sales", "returns", "revenue"]), sold);
    assert_eq!(turn.state()["period"]["from"], json!(asked.last_week()[0]));
    assert_eq!(turn.calls(), ["orders", "sales", "stocks"]);
    assert!(turn.said().contains(&format!("- Orders: {}", ordered["orders"])), "{}", turn.said());
    let results: Vec<usize> =
        turn.0.iter().filter(|event| event["type"] == "tool_result").map(|event| event.to_string().len()).collect();
    assert!(results.iter().all(|bytes| *bytes < 5_000), "the log keeps digests: {results:?}");
}

#[tokio::test]
async fn what_was_read_a_moment_ago_is_answered_again_as_csv_and_in_russian() {
    let mut asked = ask_through(REPORTS).await;
    let first = asked.say("Продажи за прошлую неделю").await;
    let thanked = asked.say("Спасибо!").await;
    assert!(thanked.said().starts_with("Пожалуйста!"), "{}", thanked.said());
    let csv = asked.say("в csv, пожалуйста").await;
    assert_eq!(csv.calls(), Vec::<&str>::new());
    let rows = first.state()["sales"]["products"].as_array().unwrap().len();
    let said = csv.said();
    let block = said.split("```csv\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(block.lines().count(), rows + 1, "{said}");
    assert!(first.said().contains("**Продажи**") && first.said().contains("Лучшие"), "{}", first.said());
}

#[tokio::test]
async fn stock_the_funnel_and_queries_are_answered_each_from_its_report() {
    let mut asked = ask_through(REPORTS).await;
    let stock = asked.say("When does the stock run out?").await;
    assert_eq!(stock.calls(), ["orders", "stocks"]);
    let products = stock.state()["stock"]["products"].as_array().unwrap();
    let left: i64 = products.iter().map(|product| product["left"].as_i64().unwrap()).sum();
    assert_eq!(stock.state()["stock"]["left"], left);
    assert!(products.iter().any(|product| product["forecast"] == "gone"));
    // The shop was seeded with goods that last for five days at today's pace.
    assert!(products.iter().any(|product| product["forecast"] == "ends"), "{products:?}");
    let funnel = asked.say("the funnel of last week").await;
    assert_eq!(funnel.calls(), ["funnel"]);
    let totals = &funnel.state()["funnel"]["totals"];
    let (ordered, _) = counted(&asked).await;
    assert_eq!(totals["orders"], ordered["orders"]);
    let queries = asked.say("and the search queries").await;
    assert_eq!(queries.calls(), ["funnel", "search_texts"]);
    assert!(!queries.state()["queries"].as_array().unwrap().is_empty(), "{}", queries.state());
}
