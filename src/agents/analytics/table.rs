//! The answer as JSON, within the bound of what a run may publish.

use protocol::event::JsonObject;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    forecast::Forecast,
    ledger::Numbers,
    period::Period,
    report::{Report, Source, Steps, Why},
};

/// So many rows each list has at most.
const ROWS_MAX: usize = 200;
/// What is published is at most so long, in bytes of JSON: below what a run may publish.
pub const TABLE_BYTES_MAX: usize = 60 * 1024;
/// The longest text of a shop that is published, in characters.
const TEXT_CHARS_MAX: usize = 100;

/// The answer as data. Where it would be too long, rows are left out, and `leftOut` says how many.
pub fn publish(report: &Report) -> JsonObject {
    let mut rows_max = ROWS_MAX;
    loop {
        let table = table(report, rows_max);
        let bytes = Value::Object(table.clone()).to_string().len();
        if bytes <= TABLE_BYTES_MAX || rows_max == 0 {
            return table;
        }
        rows_max /= 2;
    }
}

fn table(report: &Report, rows_max: usize) -> JsonObject {
    let mut table = JsonObject::new();
    table.insert("period".to_owned(), days(report.period));
    table.insert("isRunning".to_owned(), report.is_running.into());
    let parts = [
        ("sales", sales(report, rows_max)),
        ("stock", stock(report, rows_max)),
        ("funnel", funnel(report, rows_max)),
        ("queries", queries(report, rows_max)),
    ];
    table.extend(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))));
    if !report.missing.is_empty() {
        let missing = report.missing.iter().map(|(source, why)| json!({"report": name(*source), "reason": word(why)}));
        table.insert("missing".to_owned(), missing.collect());
    }
    table
}

fn list<T>(rows: &[T], rows_max: usize, shown: impl Fn(&T) -> Value) -> (Value, usize) {
    (rows.iter().take(rows_max).map(shown).collect(), rows.len().saturating_sub(rows_max))
}

fn days(period: Period) -> Value {
    json!({"from": period.from(), "to": period.to(), "days": period.days()})
}

fn sum(value: Decimal) -> String {
    format!("{value:.2}")
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect()
}

fn numbers(numbers: &Numbers) -> Value {
    json!({
        "orders": numbers.orders,
        "orderSum": sum(numbers.order_sum),
        "cancelled": numbers.cancelled,
        "sales": numbers.sales,
        "salesSum": sum(numbers.sales_sum),
        "returns": numbers.returns,
        "returnsSum": sum(numbers.returns_sum),
        "revenue": sum(numbers.revenue()),
        "averagePrice": numbers.average_price().map(sum),
        "buyoutPercent": numbers.buyout().map(sum),
    })
}

fn sales(report: &Report, rows_max: usize) -> Option<Value> {
    let sales = report.sales.as_ref()?;
    let (rows, left_out) = list(&sales.rows, rows_max, |row| {
        json!({
            "nmID": row.nm_id,
            "vendorCode": short(&row.vendor_code),
            "orders": row.now.orders,
            "orderSum": sum(row.now.order_sum),
            "sales": row.now.sales,
            "returns": row.now.returns,
            "revenue": sum(row.now.revenue()),
            "orderSumBefore": row.before.map(|before| sum(before.order_sum)),
        })
    });
    let before = sales.before.as_ref().map(|(period, past)| json!({"period": days(*period), "totals": numbers(past)}));
    Some(json!({"totals": numbers(&sales.now), "before": before, "products": rows, "leftOut": left_out}))
}

fn stock(report: &Report, rows_max: usize) -> Option<Value> {
    let stock = report.stock.as_ref()?;
    let (rows, left_out) = list(&stock.rows, rows_max, |row| {
        let (state, ends) = match row.forecast {
            Forecast::Gone => ("gone", None),
            Forecast::Ends { on, .. } => ("ends", Some(on)),
            Forecast::Lasts => ("lasts", None),
            Forecast::NotEnough => ("not_enough_data", None),
        };
        json!({
            "nmID": row.nm_id,
            "vendorCode": short(&row.vendor_code),
            "left": row.left,
            "ordersADay": row.daily.map(|daily| daily.to_string()),
            "forecast": state,
            "endsOn": ends,
        })
    });
    let cover = stock.cover_days.map(|days| format!("{days:.1}"));
    Some(json!({"left": stock.left, "coverDays": cover, "products": rows, "leftOut": left_out}))
}

fn steps(steps: Steps) -> Value {
    let percent = |part, whole| Steps::percent(part, whole).map(sum);
    json!({
        "views": steps.views,
        "carts": steps.carts,
        "orders": steps.orders,
        "buyouts": steps.buyouts,
        "viewToCartPercent": percent(steps.carts, steps.views),
        "cartToOrderPercent": percent(steps.orders, steps.carts),
    })
}

fn funnel(report: &Report, rows_max: usize) -> Option<Value> {
    let funnel = report.funnel.as_ref()?;
    let (rows, left_out) = list(&funnel.rows, rows_max, |(nm_id, vendor_code, own)| {
        json!({
            "nmID": nm_id, "vendorCode": short(vendor_code), "views": own.views, "carts": own.carts, "orders": own.orders,
        })
    });
    let before = funnel.before.map(steps);
    Some(json!({"totals": steps(funnel.now), "before": before, "products": rows, "leftOut": left_out}))
}

fn queries(report: &Report, rows_max: usize) -> Option<Value> {
    let (rows, _) = list(
        report.queries.as_ref()?,
        rows_max,
        |query| json!({"text": short(&query.text), "orders": query.orders.to_string(), "opens": query.opens.to_string()}),
    );
    Some(rows)
}

/// The stable name of a report.
pub fn name(source: Source) -> &'static str {
    match source {
        Source::Orders => "orders",
        Source::Sales => "sales",
        Source::Stocks => "stocks",
        Source::Funnel => "funnel",
        Source::Queries => "search_texts",
    }
}

/// The stable word of a reason.
pub fn word(why: &Why) -> &'static str {
    match why {
        Why::NotGranted => "not_granted",
        Why::TokenRefused => "token_refused",
        Why::RateLimited(_) => "rate_limited",
        Why::TooLong => "too_long",
        Why::Cut => "cut",
        Why::TooOld => "too_old",
        Why::Unavailable => "unavailable",
    }
}
