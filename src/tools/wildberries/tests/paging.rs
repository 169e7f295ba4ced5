//! Long lists of statistics, by when a row was changed last.

use super::*;

/// Rows from `from` on, changed one second after the other, as the marketplace gives them: at most `most` of `all`.
fn rows(request: &Request, all: usize, most: usize) -> Value {
    let from = &request.query[0].1;
    let changed =
        |n: usize| format!("2025-12-0{}T{:02}:{:02}:{:02}", 1 + n / 86_400, n / 3600 % 24, n / 60 % 60, n % 60);
    let rows = (0..all).filter(|n| changed(*n) >= *from).take(most);
    rows.map(|n| json!({"srid": format!("s{n}"), "lastChangeDate": changed(n)})).collect()
}

#[tokio::test(start_paused = true)]
async fn a_short_answer_is_the_last_one() {
    let market = Market::new(|request| ok(rows(request, 5, 80_000)));
    let sales = market.shop().sales_since("2025-12-01", 10).await.unwrap();
    assert_eq!((sales.rows.len(), sales.next, market.heard().len()), (5, None, 1));
}

#[tokio::test(start_paused = true)]
async fn a_long_list_comes_with_where_it_goes_on_as_pages_come_once_a_minute() {
    let market = Market::new(|request| ok(rows(request, 50_000, 40_000)));
    let (shop, all) = (market.shop(), 50_000);
    let first = shop.sales_since("2025-12-01", 10).await.unwrap();
    assert_eq!((first.rows.len(), first.next.as_deref()), (40_000, Some("2025-12-01T11:06:39")));
    tokio::time::advance(Duration::from_mins(1)).await;
    let second = shop.sales_since(first.next.as_deref().unwrap(), 10).await.unwrap();
    assert_eq!((second.rows.len(), second.next), (all - 40_000 + 1, None));
    assert_eq!(second.rows[0].srid, "s39999");
}

#[tokio::test(start_paused = true)]
async fn whoever_can_wait_gets_all_pages_and_no_row_twice() {
    let market = Market::new(|request| ok(rows(request, 50_000, 40_000)));
    let limits = CallLimits { wait_max: Duration::from_mins(2), ..CallLimits::default() };
    let tokens = Tokens { for_others: Some(Secret::new("t")), ..Tokens::default() };
    let transport: Arc<dyn Transport> = Arc::<Market>::clone(&market);
    let client = WildberriesClient::new(transport, tokens, limits, Arc::default(), Arc::new(clock()));
    let orders = client.shop("t").unwrap().orders_since("2025-12-01", 10).await.unwrap();
    let names: std::collections::HashSet<&str> = orders.rows.iter().map(|row| row.srid.as_str()).collect();
    assert_eq!((orders.rows.len(), names.len(), orders.next), (50_000, 50_000, None));
    assert_eq!(market.times(), [0, 60_000]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_brings_nothing_new_is_the_end() {
    // A marketplace that does not heed `dateFrom`.
    let market = Market::new(|_| {
        let rows: Value =
            (0..30_000).map(|n| json!({"srid": format!("s{n}"), "lastChangeDate": "2025-12-01T00:00:00"})).collect();
        ok(rows)
    });
    let limits = CallLimits { wait_max: Duration::from_mins(2), ..CallLimits::default() };
    let tokens = Tokens { for_others: Some(Secret::new("t")), ..Tokens::default() };
    let transport: Arc<dyn Transport> = Arc::<Market>::clone(&market);
    let client = WildberriesClient::new(transport, tokens, limits, Arc::default(), Arc::new(clock()));
    let sales = client.shop("t").unwrap().sales_since("2025-12-01", 10).await.unwrap();
    assert_eq!((sales.rows.len(), sales.next, market.heard().len()), (30_000, None, 2));
}
