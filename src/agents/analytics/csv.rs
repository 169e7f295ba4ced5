//! The table as CSV, in a block of a message.

use rust_decimal::Decimal;

use super::report::{Report, Row, Source};

/// So many rows at most.
pub const ROWS_MAX: usize = 500;
/// So long at most, in bytes.
pub const CSV_BYTES_MAX: usize = 48 * 1024;

const SALES: [&str; 10] = [
    "nmID",
    "vendorCode",
    "subject",
    "orders",
    "orderSum",
    "cancelled",
    "sales",
    "returns",
    "revenue",
    "orderSumBefore",
];
const STOCK: [&str; 6] = ["nmID", "vendorCode", "left", "ordersADay", "forecast", "endsOn"];
const FUNNEL: [&str; 6] = ["nmID", "vendorCode", "views", "carts", "orders", "buyouts"];
const QUERIES: [&str; 3] = ["query", "orders", "opens"];

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    /// The block, with its fences.
    pub block: String,
    /// So many rows were left out.
    pub left_out: usize,
}

/// Each part of a report as a table of its own.
pub fn write(report: &Report) -> Vec<(Source, Csv)> {
    let mut tables = Vec::new();
    if let Some(sales) = &report.sales {
        let rows = sales.rows.iter().map(sales_row);
        tables.push((Source::Sales, table(&SALES, rows.collect())));
    }
    if let Some(stock) = &report.stock {
        let rows = stock.rows.iter().map(|row| {
            let (word, ends) = match row.forecast {
                super::forecast::Forecast::Gone => ("gone", String::new()),
                super::forecast::Forecast::Ends { on, .. } => ("ends", on.to_string()),
                super::forecast::Forecast::Lasts => ("lasts", String::new()),
                super::forecast::Forecast::NotEnough => ("not_enough_data", String::new()),
            };
            let daily = row.daily.map_or_else(String::new, |daily| daily.to_string());
            vec![row.nm_id.to_string(), guarded(&row.vendor_code), row.left.to_string(), daily, word.to_owned(), ends]
        });
        tables.push((Source::Stocks, table(&STOCK, rows.collect())));
    }
    if let Some(funnel) = &report.funnel {
        let rows = funnel.rows.iter().map(|(nm_id, vendor_code, steps)| {
            let counts = [steps.views, steps.carts, steps.orders, steps.buyouts].map(|count| count.to_string());
            [nm_id.to_string(), guarded(vendor_code)].into_iter().chain(counts).collect()
        });
        tables.push((Source::Funnel, table(&FUNNEL, rows.collect())));
    }
    if let Some(queries) = &report.queries {
        let rows = queries.iter().map(|one| vec![guarded(&one.text), one.orders.to_string(), one.opens.to_string()]);
        tables.push((Source::Queries, table(&QUERIES, rows.collect())));
    }
    tables
}

fn sales_row(row: &Row) -> Vec<String> {
    let sum = |value: Decimal| format!("{value:.2}");
    vec![
        row.nm_id.to_string(),
        guarded(&row.vendor_code),
        guarded(&row.subject),
        row.now.orders.to_string(),
        sum(row.now.order_sum),
        row.now.cancelled.to_string(),
        row.now.sales.to_string(),
        row.now.returns.to_string(),
        sum(row.now.revenue()),
        row.before.map_or_else(String::new, |before| sum(before.order_sum)),
    ]
}

/// A text that a spreadsheet does not take for a formula: a quote goes before what would begin one.
fn guarded(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let begins = clean.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if begins { format!("'{clean}") } else { clean }
}

fn table(head: &[&str], rows: Vec<Vec<String>>) -> Csv {
    let all = rows.len();
    let mut text = line(head.iter().copied());
    let mut written = 0;
    for row in rows.iter().take(ROWS_MAX) {
        let line = line(row.iter().map(String::as_str));
        if text.len() + line.len() > CSV_BYTES_MAX {
            break;
        }
        text += &line;
        written += 1;
    }
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    Csv { block: format!("{fence}csv\n{text}{fence}"), left_out: all - written }
}

/// One line with its end; fields are quoted where that is needed (RFC 4180).
fn line<'a>(fields: impl Iterator<Item = &'a str>) -> String {
    let mut writer = ::csv::WriterBuilder::new().from_writer(Vec::new());
    // Writing into memory cannot fail.
    writer.write_record(fields).ok();
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The longest run of backticks: a fence must be longer, or the text would close it.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, expected: &str) {
        let csv = table(&["a", "b"], vec![vec![guarded(field), "1".to_owned()]]);
        assert_eq!(csv.block.lines().nth(2), Some(expected), "{}", csv.block);
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        check("mug", "mug,1");
        check("mug, blue", "\"mug, blue\",1");
        check("a \"b\"", "\"a \"\"b\"\"\",1");
        check("two\nlines", "two lines,1");
        check("", ",1");
    }

    #[test]
    fn what_a_spreadsheet_would_take_for_a_formula_is_text() {
        check("=1+1", "'=1+1,1");
        check("+7 999", "'+7 999,1");
        check("-5", "'-5,1");
        check("@SUM(A1)", "'@SUM(A1),1");
        check("\t=1", "' =1,1");
        check("a=1", "a=1,1");
    }

    #[test]
    fn a_field_cannot_close_the_block() {
        let csv = table(&["a"], vec![vec!["```` out".to_owned()]]);
        assert_eq!(csv.block, "`````csv\na\n```` out\n`````");
    }

    #[test]
    fn rows_over_the_bound_are_left_out_and_counted() {
        let csv = table(&["a"], vec![vec!["x".to_owned()]; 700]);
        assert_eq!((csv.left_out, csv.block.lines().count()), (200, 503));
        let csv = table(&["a"], vec![vec!["x".repeat(20_000)]; 5]);
        assert_eq!(csv.left_out, 3);
        assert!(csv.block.len() < CSV_BYTES_MAX + 20);
    }
}
