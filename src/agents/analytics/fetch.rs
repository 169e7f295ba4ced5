//! Reads what a question needs: each report through a tool that changes nothing, and what fails is said, not fatal.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use protocol::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    ask::{Question, Topic},
    forecast,
    ledger::Ledger,
    period::{Period, back},
    report::{self, Data, Source, Why},
    shelf::{Counted, Shelf},
    when,
};
use crate::{
    agent::{EventSink, SinkClosed, Turn},
    agents::marketplace::{self, Desk},
    tools::{
        ToolBox,
        wildberries::{FunnelProduct, Operation, Sale, SearchText, Stock},
    },
};

/// So many pages of a report are read at most; one a minute is allowed, and a page has tens of thousands of rows.
const PAGES_MAX: usize = 2;
/// So many products one request for search queries may name.
const QUERY_PRODUCTS_MAX: usize = 50;
/// So many products one page of the funnel has at most.
const FUNNEL_PRODUCTS_MAX: usize = 1000;
/// Stocks changed since then: all of them.
const STOCKS_SINCE: &str = "2019-06-20";

/// What reading needs.
#[derive(Clone, Copy)]
pub(super) struct Fetch<'a> {
    pub(super) toolbox: &'a ToolBox,
    pub(super) turn: &'a Turn,
    pub(super) sink: &'a EventSink,
    pub(super) shelf: &'a Shelf,
    pub(super) now: Timestamp,
    pub(super) today: NaiveDate,
    /// The day by the marketplace's own clock.
    pub(super) marketplace_today: NaiveDate,
}

/// A page of rows.
#[derive(Deserialize)]
struct Page<T> {
    rows: Vec<T>,
    next: Option<String>,
}

/// What came of a report: rows, and why there are not more.
struct Read<T> {
    rows: Option<Vec<T>>,
    trouble: Option<Why>,
}

/// Whether any report can be read at all.
pub(super) fn can_read(toolbox: &ToolBox) -> bool {
    let reports = [Operation::Orders, Operation::Sales, Operation::Stocks, Operation::Funnel, Operation::SearchTexts];
    reports.into_iter().any(|operation| marketplace::reader(toolbox, operation).is_some())
}

impl Fetch<'_> {
    /// Everything that the question needs.
    pub(super) async fn all(self, question: &Question) -> Result<Data, SinkClosed> {
        let mut data = Data::default();
        let asks = |topic| question.topics.contains(&topic);
        let (ledger, funnel) = futures::join!(self.ledger(question), async {
            if asks(Topic::Funnel) || asks(Topic::Queries) { Some(self.funnel(question.period).await) } else { None }
        });
        data.take_ledger(ledger?, question);
        if let Some(funnel) = funnel {
            let read = funnel?;
            if asks(Topic::Funnel) {
                data.note(Source::Funnel, read.rows.is_some(), read.trouble);
            }
            data.funnel = read.rows.unwrap_or_default();
        }
        if asks(Topic::Queries) {
            let read = self.queries(question.period, &data).await?;
            data.note(Source::Queries, read.rows.is_some(), read.trouble);
            data.queries = read.rows.unwrap_or_default();
        }
        Ok(data)
    }

    /// Orders, sales and stocks, as far as they are needed.
    async fn ledger(&self, question: &Question) -> Result<Data, SinkClosed> {
        let (sources, from) = self.needed(question);
        let mut data = Data::default();
        if sources.is_empty() {
            return Ok(data);
        }
        let tenant = self.turn.context.tenant();
        if let Some(counted) = self.shelf.find(tenant, &sources, from, self.now) {
            data.ledger = counted.ledger.clone();
            data.came = sources;
            return Ok(data);
        }
        let needs = |source| sources.contains(&source);
        let (orders, sales, stocks) = futures::join!(
            self.rows::<Sale>(Operation::Orders, from, needs(Source::Orders)),
            self.rows::<Sale>(Operation::Sales, from, needs(Source::Sales)),
            self.stocks(needs(Source::Stocks)),
        );
        let (orders, sales, stocks) = (orders?, sales?, stocks?);
        let mut ledger = Ledger::default();
        for (source, read, is_order) in [(Source::Orders, orders, true), (Source::Sales, sales, false)] {
            data.note(source, read.rows.is_some(), read.trouble);
            let rows = read.rows.unwrap_or_default();
            if is_order { ledger.add_orders(&rows) } else { ledger.add_sales(&rows) }
        }
        data.note(Source::Stocks, stocks.rows.is_some(), stocks.trouble);
        ledger.add_stocks(&stocks.rows.unwrap_or_default());
        if data.missing.is_empty() {
            self.shelf.put(tenant, Counted { at: self.now, from, sources, ledger: ledger.clone() });
        }
        data.ledger = ledger;
        Ok(data)
    }

    /// The reports of the ledger, and since when.
    fn needed(&self, question: &Question) -> (Vec<Source>, NaiveDate) {
        let (mut sources, mut from) = (BTreeSet::new(), self.marketplace_today);
        if question.topics.contains(&Topic::Sales)
            && when::kept(question.period, self.today, Topic::Sales.days_kept()).is_ok()
        {
            let first = report::compared(question.period, Topic::Sales, self.today).unwrap_or(question.period);
            from = from.min(first.from());
            // What is left tells why a product was not ordered.
            sources.extend([Source::Orders, Source::Sales, Source::Stocks]);
        }
        if question.topics.contains(&Topic::Stock) {
            from = from.min(back(self.today, forecast::HISTORY_DAYS));
            sources.extend([Source::Orders, Source::Stocks]);
        }
        (sources.into_iter().collect(), from)
    }

    async fn rows<T: DeserializeOwned>(
        &self,
        operation: Operation,
        from: NaiveDate,
        is_needed: bool,
    ) -> Result<Read<T>, SinkClosed> {
        let mut read = Read { rows: None, trouble: None };
        let mut next = is_needed.then(|| from.to_string());
        for _ in 0..PAGES_MAX {
            let Some(date_from) = next.take() else { return Ok(read) };
            match self.desk().read::<Page<T>>(operation, json!({ "dateFrom": date_from })).await? {
                Ok(page) => {
                    read.rows.get_or_insert_default().extend(page.rows);
                    next = page.next.filter(|next| *next != date_from);
                }
                Err(_) if read.rows.is_some() => next = Some(date_from),
                Err(trouble) => return Ok(Read { trouble: Some(trouble), ..read }),
            }
        }
        read.trouble = next.map(|_| Why::Cut);
        Ok(read)
    }

    async fn stocks(&self, is_needed: bool) -> Result<Read<Stock>, SinkClosed> {
        if !is_needed {
            return Ok(Read { rows: None, trouble: None });
        }
        let answer = self.desk().read::<Page<Stock>>(Operation::Stocks, json!({ "dateFrom": STOCKS_SINCE })).await?;
        Ok(match answer {
            Ok(page) => Read { rows: Some(page.rows), trouble: page.next.map(|_| Why::Cut) },
            Err(trouble) => Read { rows: None, trouble: Some(trouble) },
        })
    }

    async fn funnel(&self, period: Period) -> Result<Read<FunnelProduct>, SinkClosed> {
        let Some(arguments) = self.period_arguments(period, Topic::Funnel) else { return Ok(too_old()) };
        let mut arguments = arguments;
        arguments["limit"] = FUNNEL_PRODUCTS_MAX.into();
        Ok(match self.desk().read::<Vec<FunnelProduct>>(Operation::Funnel, arguments).await? {
            Ok(rows) => Read { trouble: (rows.len() >= FUNNEL_PRODUCTS_MAX).then_some(Why::Cut), rows: Some(rows) },
            Err(trouble) => Read { rows: None, trouble: Some(trouble) },
        })
    }

    async fn queries(&self, period: Period, data: &Data) -> Result<Read<SearchText>, SinkClosed> {
        let Some(arguments) = self.period_arguments(period, Topic::Queries) else { return Ok(too_old()) };
        let mut seen: Vec<(u64, u64)> =
            data.funnel.iter().map(|one| (one.statistic.selected.open_count, one.product.nm_id)).collect();
        if seen.is_empty() {
            seen = data.ledger.products.iter().map(|(nm, product)| (product.of(period).orders.into(), *nm)).collect();
        }
        seen.sort_unstable_by(|one, other| other.cmp(one));
        let nm_ids: Vec<u64> = seen.into_iter().take(QUERY_PRODUCTS_MAX).map(|(_, nm)| nm).collect();
        if nm_ids.is_empty() {
            // Without products there is nothing to ask for: that the funnel did not come is the reason, if it did not.
            let is_granted = marketplace::reader(self.toolbox, Operation::SearchTexts).is_some();
            let trouble = if is_granted { Why::Unavailable } else { Why::NotGranted };
            return Ok(Read { rows: None, trouble: Some(trouble) });
        }
        let mut arguments = arguments;
        arguments["nmIDs"] = nm_ids.into();
        Ok(match self.desk().read::<Vec<SearchText>>(Operation::SearchTexts, arguments).await? {
            Ok(rows) => Read { rows: Some(rows), trouble: None },
            Err(trouble) => Read { rows: None, trouble: Some(trouble) },
        })
    }

    /// The period and the one before, as far as they are kept and have begun where the marketplace is.
    fn period_arguments(&self, period: Period, topic: Topic) -> Option<serde_json::Value> {
        when::kept(period, self.today, topic.days_kept()).ok()?;
        let shown = |period: Period| json!({ "start": period.from().to_string(), "end": period.to().to_string() });
        let mut arguments = json!({ "period": shown(period.until(self.marketplace_today)?) });
        if let Some(before) = report::compared(period, topic, self.today) {
            arguments["pastPeriod"] = shown(before);
        }
        Some(arguments)
    }

    fn desk(&self) -> Desk<'_> {
        Desk { toolbox: self.toolbox, turn: self.turn, sink: self.sink }
    }
}

fn too_old<T>() -> Read<T> {
    Read { rows: None, trouble: Some(Why::TooOld) }
}

impl Data {
    fn note(&mut self, source: Source, came: bool, trouble: Option<Why>) {
        self.came.extend(came.then_some(source));
        self.missing.extend(trouble.map(|why| (source, why)));
    }

    /// What the ledger lacks counts only where it was asked for.
    fn take_ledger(&mut self, read: Data, question: &Question) {
        let (sales, stock) = (question.topics.contains(&Topic::Sales), question.topics.contains(&Topic::Stock));
        let is_asked = |source: Source| match source {
            Source::Stocks => stock,
            Source::Sales => sales,
            _ => true,
        };
        let missing = read.missing.into_iter().filter(|(source, _)| is_asked(*source));
        self.missing.extend(missing);
        self.ledger = read.ledger;
        if sales && read.came.is_empty() && self.missing.is_empty() {
            self.missing.push((Source::Sales, Why::TooOld));
        }
        self.came = read.came;
    }
}
