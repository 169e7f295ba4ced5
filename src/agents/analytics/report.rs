//! The answer as data: what was asked, from what there is. Pure.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{
    ask::{Question, Topic},
    forecast::{self, Forecast},
    ledger::{Ledger, Numbers},
    period::Period,
    ranks::{self, Ranked},
    when,
};
pub use crate::agents::marketplace::Trouble as Why;
use crate::tools::wildberries::{FunnelNumbers, FunnelProduct, SearchText};

/// So many search queries are shown.
pub const QUERIES_MAX: usize = 10;

/// A report of the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Orders, row by row.
    Orders,
    /// Sales and returns, row by row.
    Sales,
    /// What is left.
    Stocks,
    /// The funnel.
    Funnel,
    /// Search queries.
    Queries,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Data {
    /// Orders, sales and stocks.
    pub ledger: Ledger,
    /// The reports that came, whole or in part.
    pub came: Vec<Source>,
    /// What is missing, with its reason.
    pub missing: Vec<(Source, Why)>,
    /// The funnel.
    pub funnel: Vec<FunnelProduct>,
    /// Search queries.
    pub queries: Vec<SearchText>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Report {
    /// The days.
    pub period: Period,
    /// Whether the last of them is today, and not over.
    pub is_running: bool,
    /// Orders and sales.
    pub sales: Option<Sales>,
    /// What is left.
    pub stock: Option<Stock>,
    /// The funnel.
    pub funnel: Option<Funnel>,
    /// The queries that led to the most orders, the best first.
    pub queries: Option<Vec<Query>>,
    /// What could not be read.
    pub missing: Vec<(Source, Why)>,
    /// Rows that could not be counted.
    pub unread: u32,
}

/// Orders and sales.
#[derive(Debug, Clone)]
pub struct Sales {
    /// Whether orders are known; else those numbers say nothing.
    pub has_orders: bool,
    /// Whether sales are known; else those numbers say nothing.
    pub has_sales: bool,
    /// Of the period.
    pub now: Numbers,
    /// The days to compare with, and their numbers; none where they are not kept any more.
    pub before: Option<(Period, Numbers)>,
    /// The best products.
    pub best: Vec<Ranked>,
    /// The worst products.
    pub worst: Vec<Ranked>,
    /// Every product with numbers, those ordered for the most money first.
    pub rows: Vec<Row>,
}

/// A product of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The article.
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// The subject.
    pub subject: String,
    /// Of the period.
    pub now: Numbers,
    /// Of the period before.
    pub before: Option<Numbers>,
}

/// What is left.
#[derive(Debug, Clone)]
pub struct Stock {
    /// In all.
    pub left: i64,
    /// Days that all of it lasts at the pace of all products; none where no pace is known.
    pub cover_days: Option<Decimal>,
    /// Products, those that end first before the others.
    pub rows: Vec<Left>,
}

/// What is left of a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// The article.
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// Pieces.
    pub left: i64,
    /// Orders of an average day, to a tenth; none where there is too little to tell.
    pub daily: Option<Decimal>,
    /// When it ends.
    pub forecast: Forecast,
}

/// Counts of the funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Steps {
    /// The card was opened.
    pub views: u64,
    /// Put into the cart.
    pub carts: u64,
    /// Ordered.
    pub orders: u64,
    /// Bought.
    pub buyouts: u64,
}

/// The funnel.
#[derive(Debug, Clone)]
pub struct Funnel {
    /// Of the period.
    pub now: Steps,
    /// Of the period before.
    pub before: Option<Steps>,
    /// Products, those that were seen the most first.
    pub rows: Vec<(u64, String, Steps)>,
}

/// A search query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// In the buyers' words.
    pub text: String,
    /// Orders after it.
    pub orders: Decimal,
    /// Cards opened after it.
    pub opens: Decimal,
}

impl Steps {
    fn plus(self, numbers: &FunnelNumbers) -> Self {
        Self {
            views: self.views.saturating_add(numbers.open_count),
            carts: self.carts.saturating_add(numbers.cart_count),
            orders: self.orders.saturating_add(numbers.order_count),
            buyouts: self.buyouts.saturating_add(numbers.buyout_count),
        }
    }

    /// How many per cent of `whole` a part is.
    pub fn percent(part: u64, whole: u64) -> Option<Decimal> {
        (Decimal::from(part) * Decimal::ONE_HUNDRED).checked_div(whole.into())
    }
}

/// The days to compare with, where the marketplace keeps them still.
pub fn compared(period: Period, topic: Topic, today: NaiveDate) -> Option<Period> {
    when::kept(period.before(), today, topic.days_kept()).ok()
}

/// Makes the answer.
pub fn make(question: &Question, data: &Data, today: NaiveDate) -> Report {
    let has = |source| data.came.contains(&source);
    let asks = |topic| question.topics.contains(&topic);
    let period = question.period;
    let mut report = Report {
        period,
        is_running: period.has(today),
        sales: None,
        stock: None,
        funnel: None,
        queries: None,
        missing: data.missing.clone(),
        unread: data.ledger.unread,
    };
    if asks(Topic::Sales) && (has(Source::Orders) || has(Source::Sales)) {
        report.sales = Some(sales(&data.ledger, period, today, has(Source::Orders), has(Source::Sales)));
    }
    if asks(Topic::Stock) && has(Source::Stocks) {
        report.stock = Some(stock(&data.ledger, today));
    }
    if asks(Topic::Funnel) && has(Source::Funnel) {
        report.funnel = Some(funnel(&data.funnel, compared(period, Topic::Funnel, today).is_some()));
    }
    if asks(Topic::Queries) && has(Source::Queries) {
        report.queries = Some(queries(&data.queries));
    }
    report
}

fn sales(ledger: &Ledger, period: Period, today: NaiveDate, has_orders: bool, has_sales: bool) -> Sales {
    let before = compared(period, Topic::Sales, today);
    let (best, worst) = if has_orders {
        let best = ranks::best(ledger, period, before);
        let worst = ranks::worst(ledger, period, before, &best);
        (best, worst)
    } else {
        (Vec::new(), Vec::new())
    };
    let rows = ledger.products.iter().map(|(nm_id, product)| Row {
        nm_id: *nm_id,
        vendor_code: product.vendor_code.clone(),
        subject: product.subject.clone(),
        now: product.of(period),
        before: before.map(|before| product.of(before)),
    });
    let is_empty = |numbers: &Numbers| *numbers == Numbers::default();
    let mut rows: Vec<Row> =
        rows.filter(|row| !is_empty(&row.now) || row.before.is_some_and(|before| !is_empty(&before))).collect();
    rows.sort_by_key(|row| (std::cmp::Reverse((row.now.order_sum, row.now.sales_sum)), row.nm_id));
    Sales {
        has_orders,
        has_sales,
        now: ledger.of(period),
        before: before.map(|before| (before, ledger.of(before))),
        best,
        worst,
        rows,
    }
}

fn stock(ledger: &Ledger, today: NaiveDate) -> Stock {
    let (mut left, mut level, mut rows) = (0_i64, 0.0, Vec::new());
    for (nm_id, product) in &ledger.products {
        let Some(pieces) = product.stock else { continue };
        let pace = forecast::pace(&product.days, today);
        left = left.saturating_add(pieces);
        level += pace.map_or(0.0, |pace| pace.level);
        rows.push(Left {
            nm_id: *nm_id,
            vendor_code: product.vendor_code.clone(),
            left: pieces,
            daily: pace.and_then(|pace| tenth(pace.level)),
            forecast: forecast::forecast(pieces, pace.as_ref(), today),
        });
    }
    rows.sort_by_key(|row| (urgency(&row.forecast), row.left, row.nm_id));
    let cover_days = tenth(level).and_then(|level| Decimal::from(left).checked_div(level));
    Stock { left, cover_days, rows }
}

fn tenth(number: f64) -> Option<Decimal> {
    Decimal::try_from(number).ok().map(|number| number.round_dp(1))
}

fn urgency(forecast: &Forecast) -> u32 {
    match forecast {
        Forecast::Gone => 0,
        Forecast::Ends { days, .. } => *days,
        Forecast::Lasts => u32::MAX - 1,
        Forecast::NotEnough => u32::MAX,
    }
}

fn funnel(products: &[FunnelProduct], is_compared: bool) -> Funnel {
    let sum = |steps: Steps, product: &FunnelProduct| steps.plus(&product.statistic.selected);
    let past = |steps: Steps, product: &FunnelProduct| match &product.statistic.past {
        Some(numbers) => steps.plus(numbers),
        None => steps,
    };
    let has_past = is_compared && products.iter().any(|product| product.statistic.past.is_some());
    let mut rows: Vec<(u64, String, Steps)> = products
        .iter()
        .map(|one| (one.product.nm_id, one.product.vendor_code.clone(), sum(Steps::default(), one)))
        .collect();
    rows.sort_by_key(|(nm, _, steps)| (std::cmp::Reverse(steps.views), *nm));
    let before = has_past.then(|| products.iter().fold(Steps::default(), past));
    Funnel { now: products.iter().fold(Steps::default(), sum), before, rows }
}

/// One query may have led to several products.
fn queries(texts: &[SearchText]) -> Vec<Query> {
    let mut sums = std::collections::BTreeMap::<&str, (Decimal, Decimal)>::new();
    for text in texts {
        let (orders, opens) = sums.entry(text.text.as_str()).or_default();
        *orders = orders.saturating_add(text.orders.current.unwrap_or_default());
        *opens = opens.saturating_add(text.open_card.current.unwrap_or_default());
    }
    let mut found: Vec<Query> =
        sums.into_iter().map(|(text, (orders, opens))| Query { text: text.to_owned(), orders, opens }).collect();
    found.sort_by(|one, other| {
        (other.orders, other.opens).cmp(&(one.orders, one.opens)).then_with(|| one.text.cmp(&other.text))
    });
    found.truncate(QUERIES_MAX);
    found
}
