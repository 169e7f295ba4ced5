//! The answer in words, in both languages, as Markdown.

mod missing;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::{
    csv::Csv,
    forecast::{self, Forecast},
    ledger::{Change, Numbers},
    period::Period,
    ranks::{Ranked, Reason},
    report::{Funnel, Query, Report, Sales, Source, Steps, Stock},
    when::Refusal,
};
use crate::agents::{
    concierge::plain,
    language::{
        Language::{self, English, Russian},
        capital,
    },
    pricing::money::{self, Currency},
};

/// So many products with their stock are told; the rest is in the table.
const STOCK_LINES_MAX: usize = 8;

const MONTHS: [(&str, &str); 12] = [
    ("January", "января"),
    ("February", "февраля"),
    ("March", "марта"),
    ("April", "апреля"),
    ("May", "мая"),
    ("June", "июня"),
    ("July", "июля"),
    ("August", "августа"),
    ("September", "сентября"),
    ("October", "октября"),
    ("November", "ноября"),
    ("December", "декабря"),
];

/// Writes an answer.
pub fn write(report: &Report, csv: &[(Source, Csv)], language: Language) -> String {
    let writer = Writer { language };
    let mut parts = vec![writer.head(report)];
    if csv.is_empty() {
        parts.extend(report.sales.as_ref().map(|sales| writer.sales(sales)));
        parts.extend(report.stock.as_ref().map(|stock| writer.stock(stock)));
        parts.extend(report.funnel.as_ref().map(|funnel| writer.funnel(funnel)));
        parts.extend(report.queries.as_deref().map(|queries| writer.queries(queries)));
    }
    for (source, table) in csv {
        let more = if table.left_out > 0 {
            let (english, russian) = ("rows left out", "строк не вошло");
            format!(" ({}: {})", writer.pick(english, russian), table.left_out)
        } else {
            String::new()
        };
        parts.push(format!("{}{more}:\n\n{}", capital(writer.source(*source)), table.block));
    }
    parts.extend(writer.missing(report));
    parts.join("\n\n") + "\n"
}

/// Says why a period is not answered.
pub fn refuse(refusal: &Refusal, language: Language) -> String {
    let writer = Writer { language };
    let date = |day: &NaiveDate| writer.date(*day);
    match (refusal, language) {
        (Refusal::Future(from), English) => {
            format!("{} lies in the future: nothing was sold there yet. Name days up to today.\n", date(from))
        }
        (Refusal::Future(from), Russian) => {
            format!("{} ещё не наступило: продаж там пока нет. Назовите дни не позже сегодняшнего.\n", date(from))
        }
        (Refusal::Reversed(from, to), English) => {
            format!("The period begins on {} and ends on {}, before that. Please swap them.\n", date(from), date(to))
        }
        (Refusal::Reversed(from, to), Russian) => {
            format!(
                "Период начинается {} и кончается {}, раньше начала. Поменяйте даты местами.\n",
                date(from),
                date(to)
            )
        }
        (Refusal::TooOld { from, oldest }, English) => format!(
            "You ask from {} on, but the marketplace keeps these reports only since {}. Name later days.\n",
            date(from),
            date(oldest)
        ),
        (Refusal::TooOld { from, oldest }, Russian) => format!(
            "Нужны данные с {}, но маркетплейс хранит эти отчёты только с {}. Назовите более поздние дни.\n",
            date(from),
            date(oldest)
        ),
        (Refusal::NoSuchDay(said), English) => {
            format!("{} is not a day of the calendar. Name days like 15 November or 15.11.2026.\n", plain(said))
        }
        (Refusal::NoSuchDay(said), Russian) => {
            format!("Дня {} нет в календаре. Назовите дни, например 15 ноября или 15.11.2026.\n", plain(said))
        }
    }
}

/// The language of an answer.
struct Writer {
    language: Language,
}

impl Writer {
    fn pick<'a>(&self, english: &'a str, russian: &'a str) -> &'a str {
        match self.language {
            English => english,
            Russian => russian,
        }
    }

    fn money(&self, value: Decimal) -> String {
        money::money(money::half_up(value, 0), Some(Currency::Rub), self.language)
    }

    fn count(&self, value: impl Into<Decimal>) -> String {
        money::money(value.into(), None, self.language)
    }

    fn share(&self, value: Decimal) -> String {
        money::share(value, self.language)
    }

    fn date(&self, day: NaiveDate) -> String {
        format!("{} {} {}", day.day(), self.month(day), day.year())
    }

    fn month(&self, day: NaiveDate) -> &'static str {
        let (english, russian) = MONTHS[day.month0() as usize];
        match self.language {
            English => english,
            Russian => russian,
        }
    }

    /// `16–22 November 2026`.
    fn days(&self, period: Period) -> String {
        let (from, to) = (period.from(), period.to());
        if from == to {
            return self.date(to);
        }
        if (from.year(), from.month()) == (to.year(), to.month()) {
            return format!("{}–{}", from.day(), self.date(to));
        }
        let first =
            if from.year() == to.year() { format!("{} {}", from.day(), self.month(from)) } else { self.date(from) };
        format!("{first} – {}", self.date(to))
    }

    fn change(&self, change: Change) -> String {
        match change {
            Change::None => self.pick("as before", "как раньше").to_owned(),
            Change::FromNothing => self.pick("none before", "раньше не было").to_owned(),
            Change::Percent(percent) if percent.is_sign_negative() => self.share(percent),
            Change::Percent(percent) => format!("+{}", self.share(percent)),
        }
    }

    /// ` (+12%)`, where there is something to compare with.
    fn against(&self, now: Decimal, before: Option<Decimal>) -> String {
        before.map_or_else(String::new, |before| format!(" ({})", self.change(Change::of(before, now))))
    }

    fn head(&self, report: &Report) -> String {
        let mut head = format!("**{}**", self.days(report.period));
        if report.is_running {
            head += self.pick(", today not over yet", ", сегодняшний день ещё идёт");
        }
        if let Some((before, _)) = report.sales.as_ref().and_then(|sales| sales.before.as_ref()) {
            head += self.pick(". In brackets: against ", ". В скобках — сравнение с ");
            head += &self.days(*before);
        }
        head + "."
    }
}

/// Sales.
impl Writer {
    fn sales(&self, sales: &Sales) -> String {
        let before = sales.before.as_ref().map(|(_, numbers)| numbers);
        let mut lines = vec![format!("**{}**", self.pick("Sales", "Продажи"))];
        if sales.has_orders {
            lines.push(self.orders(&sales.now, before));
        }
        if sales.has_sales {
            lines.push(self.bought(&sales.now, before));
        }
        if sales.has_orders && sales.has_sales {
            lines.extend(self.buyout(&sales.now, before));
        }
        if sales.has_orders && sales.now.orders == 0 {
            lines.push(self.pick("- Nothing was ordered in these days.", "- За эти дни заказов не было.").to_owned());
        }
        lines.extend(self.ranked(self.pick("Best", "Лучшие"), &sales.best));
        lines.extend(self.ranked(self.pick("Need a look", "Требуют внимания"), &sales.worst));
        if sales.before.is_none() {
            let (english, russian) = (
                "- The days before are not kept any more: no comparison.",
                "- Предыдущие дни уже не хранятся: сравнить не с чем.",
            );
            lines.push(self.pick(english, russian).to_owned());
        }
        lines.join("\n")
    }

    fn orders(&self, now: &Numbers, before: Option<&Numbers>) -> String {
        let count = self.against(now.orders.into(), before.map(|before| before.orders.into()));
        let sum = self.against(now.order_sum, before.map(|before| before.order_sum));
        let average = now.average_price().map_or_else(String::new, |price| match self.language {
            English => format!(", {} each on average", self.money(price)),
            Russian => format!(", в среднем {} за штуку", self.money(price)),
        });
        let (orders, order_sum) = (self.count(now.orders), self.money(now.order_sum));
        let cancelled = self.count(now.cancelled);
        match self.language {
            English => format!("- Orders: {orders}{count} for {order_sum}{sum}{average}; cancelled: {cancelled}"),
            Russian => format!("- Заказы: {orders}{count} на {order_sum}{sum}{average}; отменено: {cancelled}"),
        }
    }

    fn bought(&self, now: &Numbers, before: Option<&Numbers>) -> String {
        let revenue = self.against(now.revenue(), before.map(Numbers::revenue));
        let (sales, returns) = (self.count(now.sales), self.count(now.returns));
        let (sales_sum, returns_sum) = (self.money(now.sales_sum), self.money(now.returns_sum));
        let sum = self.money(now.revenue());
        match self.language {
            English => format!(
                "- Bought: {sales} for {sales_sum}; returned: {returns} for {returns_sum}; revenue: {sum}{revenue}"
            ),
            Russian => format!(
                "- Выкуплено: {sales} на {sales_sum}; возвращено: {returns} на {returns_sum}; выручка: {sum}{revenue}"
            ),
        }
    }

    fn buyout(&self, now: &Numbers, before: Option<&Numbers>) -> Option<String> {
        let share = self.share(now.buyout()?);
        let past = before.and_then(Numbers::buyout).map_or_else(String::new, |past| match self.language {
            English => format!(" (before: {})", self.share(past)),
            Russian => format!(" (раньше: {})", self.share(past)),
        });
        Some(format!("- {}: {share}{past}", self.pick("Kept by buyers", "Процент выкупа")))
    }

    fn ranked(&self, title: &str, ranked: &[Ranked]) -> Option<String> {
        let named: Vec<String> = ranked.iter().map(|one| format!("  - {}", self.product(one))).collect();
        (!named.is_empty()).then(|| format!("- {title}:\n{}", named.join("\n")))
    }

    fn product(&self, ranked: &Ranked) -> String {
        let why = match (ranked.reason, self.language) {
            (Reason::Share(share), English) => format!("{} of all orders", self.share(share)),
            (Reason::Share(share), Russian) => format!("{} всех заказов", self.share(share)),
            (Reason::SoldOut, English) => "sold out".to_owned(),
            (Reason::SoldOut, Russian) => "закончился".to_owned(),
            (Reason::NoOrders(left), English) => format!("no orders, with {left} in stock"),
            (Reason::NoOrders(left), Russian) => format!("нет заказов, на складе {left} шт."),
            (Reason::Fell(percent), English) => format!("orders fell by {}", self.share(percent)),
            (Reason::Fell(percent), Russian) => format!("заказы упали на {}", self.share(percent)),
            (Reason::Cancelled(share), English) => format!("{} of its orders were cancelled", self.share(share)),
            (Reason::Cancelled(share), Russian) => format!("отменено {} заказов", self.share(share)),
        };
        let change = match ranked.change {
            Some(change) if matches!(ranked.reason, Reason::Share(_)) => format!(" ({})", self.change(change)),
            _ => String::new(),
        };
        format!("{}: {}{change}, {why}", named(ranked.nm_id, &ranked.vendor_code), self.money(ranked.now.order_sum))
    }
}

/// Stock.
impl Writer {
    fn stock(&self, stock: &Stock) -> String {
        let cover = stock.cover_days.map_or_else(String::new, |days| {
            let days = self.count(money::half_up(days, 0));
            match self.language {
                English => format!(", enough for about {days} days"),
                Russian => format!(", хватит примерно на {days} дн."),
            }
        });
        let left = self.count(stock.left);
        let mut lines = vec![format!("**{}**: {left}{cover}", self.pick("Stock", "Остатки"))];
        let lasts = |forecast: &Forecast| matches!(forecast, Forecast::Lasts | Forecast::NotEnough);
        let soon: Vec<_> = stock.rows.iter().filter(|row| !lasts(&row.forecast)).collect();
        for row in soon.iter().take(STOCK_LINES_MAX) {
            let name = named(row.nm_id, &row.vendor_code);
            lines.push(match (row.forecast, self.language) {
                (Forecast::Ends { on, days }, English) => {
                    format!("- {name}: {} left, ends about {} (in {days} days)", row.left, self.date(on))
                }
                (Forecast::Ends { on, days }, Russian) => {
                    format!("- {name}: осталось {}, закончится около {} (через {days} дн.)", row.left, self.date(on))
                }
                (_, English) => format!("- {name}: sold out"),
                (_, Russian) => format!("- {name}: закончился"),
            });
        }
        lines.extend(self.other_stock(stock, soon.len()));
        lines.join("\n")
    }

    fn other_stock(&self, stock: &Stock, soon: usize) -> Vec<String> {
        let more = soon.saturating_sub(STOCK_LINES_MAX);
        let count = |wanted: Forecast| stock.rows.iter().filter(|row| row.forecast == wanted).count();
        let (lasting, unknown) = (count(Forecast::Lasts), count(Forecast::NotEnough));
        let ahead = forecast::AHEAD_DAYS_MAX;
        let lines = match self.language {
            English => [
                (more, format!("- {more} more end within {ahead} days: see the table")),
                (lasting, format!("- {lasting} last for more than {ahead} days")),
                (
                    unknown,
                    format!(
                        "- {unknown} without a forecast: not enough data ({} orders in {} days are needed)",
                        forecast::ORDERS_MIN,
                        forecast::DAYS_MIN
                    ),
                ),
            ],
            Russian => [
                (more, format!("- Ещё {more} закончатся за {ahead} дн.: смотрите таблицу")),
                (lasting, format!("- {lasting} хватит больше чем на {ahead} дн.")),
                (
                    unknown,
                    format!(
                        "- {unknown} без прогноза: мало данных (нужно {} заказов за {} дн.)",
                        forecast::ORDERS_MIN,
                        forecast::DAYS_MIN
                    ),
                ),
            ],
        };
        lines.into_iter().filter(|(count, _)| *count > 0).map(|(_, line)| line).collect()
    }
}

/// The funnel and search queries.
impl Writer {
    fn funnel(&self, funnel: &Funnel) -> String {
        let Funnel { now, before, .. } = funnel;
        let line = |english, russian, of: fn(&Steps) -> u64, whole: Option<fn(&Steps) -> u64>| {
            let change = self.against(of(now).into(), before.as_ref().map(|before| of(before).into()));
            let rate = whole.and_then(|whole| Steps::percent(of(now), whole(now)));
            let rate = rate.map_or_else(String::new, |rate| match self.language {
                English => format!(", {} of the step before", self.share(rate)),
                Russian => format!(", {} от предыдущего шага", self.share(rate)),
            });
            format!("- {}: {}{change}{rate}", self.pick(english, russian), self.count(of(now)))
        };
        let lines = [
            format!("**{}**", self.pick("Funnel", "Воронка")),
            line("Cards opened", "Просмотры карточек", |steps| steps.views, None),
            line("Put into the cart", "В корзину", |steps| steps.carts, Some(|steps| steps.views)),
            line("Ordered", "Заказы", |steps| steps.orders, Some(|steps| steps.carts)),
            line("Bought", "Выкупы", |steps| steps.buyouts, Some(|steps| steps.orders)),
        ];
        lines.join("\n")
    }

    fn queries(&self, queries: &[Query]) -> String {
        let title = self.pick("Search queries", "Поисковые запросы");
        if queries.is_empty() {
            return format!("**{title}**: {}", self.pick("none in these days", "за эти дни их нет"));
        }
        let lines = queries.iter().map(|query| {
            let (orders, opens) = (self.count(query.orders), self.count(query.opens));
            match self.language {
                English => format!("- {}: {orders} orders, {opens} cards opened", plain(&query.text)),
                Russian => format!("- {}: заказов {orders}, переходов {opens}", plain(&query.text)),
            }
        });
        format!("**{title}**\n{}", lines.collect::<Vec<_>>().join("\n"))
    }
}

fn named(nm_id: u64, vendor_code: &str) -> String {
    if vendor_code.trim().is_empty() { nm_id.to_string() } else { format!("{} ({nm_id})", plain(vendor_code)) }
}
