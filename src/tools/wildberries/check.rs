//! Arguments before anything is sent: pure, each with its code.

use chrono::{Days, Duration, NaiveDate, NaiveDateTime};
use protocol::Timestamp;
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{
    error::{ArgumentCode as Code, WildberriesError},
    money,
};

/// The highest price, in whole units of the account's currency. The marketplace names none; this one is a slip of the hand.
pub const PRICE_MAX: u64 = 100_000_000;
/// The highest discount, in per cent.
pub const DISCOUNT_MAX: u64 = 99;
/// Moscow, by whose days the marketplace counts, is so many hours ahead of UTC, all the year.
const MOSCOW_HOURS: i64 = 3;

type Checked<T> = Result<T, WildberriesError>;

/// A number as a caller gave it, number or text, not yet looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Given(String);

impl From<Decimal> for Given {
    fn from(number: Decimal) -> Self {
        Self(number.normalize().to_string())
    }
}

impl From<u64> for Given {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(from)? {
            Value::String(text) => Self(text),
            other => Self(other.to_string()),
        })
    }
}

impl JsonSchema for Given {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Given".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Bounds are not here but in `whole`, so that a model and a Rust caller get the same answer to a wrong one.
        json_schema!({ "type": ["integer", "number", "string"] })
    }
}

impl Given {
    /// The whole number between these, both included.
    fn whole(&self, (code, field): (Code, &str), min: u64, max: u64, unit: &str) -> Checked<u64> {
        let number = money::decimal(self.0.trim()).filter(Decimal::is_integer).and_then(|n| u64::try_from(n).ok());
        number.filter(|number| (min..=max).contains(number)).ok_or_else(|| {
            let rule = format!("it must be a whole number from {min} to {max}{unit}");
            WildberriesError::argument(code, field, &self.0, rule)
        })
    }
}

/// A price in whole units of the account's currency.
pub(super) fn price(field: &str, given: &Given) -> Checked<u64> {
    given.whole((Code::BadPrice, field), 1, PRICE_MAX, ", in the currency of the account")
}

/// A discount in per cent.
pub(super) fn discount(field: &str, given: &Given) -> Checked<u64> {
    given.whole((Code::BadDiscount, field), 0, DISCOUNT_MAX, " per cent")
}

/// A number between these, both included.
pub(super) fn between(field: &str, number: u64, min: u64, max: u64) -> Checked<()> {
    if (min..=max).contains(&number) {
        return Ok(());
    }
    let rule = format!("it must be from {min} to {max}");
    Err(WildberriesError::argument(Code::BadNumber, field, &number.to_string(), rule))
}

/// How many of something one request carries.
pub(super) fn count(field: &str, count: usize, min: usize, max: usize) -> Checked<()> {
    if (min..=max).contains(&count) {
        return Ok(());
    }
    let rule = format!("it must have {min} to {max}; split them over several calls");
    Err(WildberriesError::argument(Code::BadCount, field, &format!("a list of {count}"), rule))
}

/// A text of so many characters.
pub(super) fn length(field: &str, text: &str, min: usize, max: usize) -> Checked<()> {
    let chars = text.trim().chars().count();
    if (min..=max).contains(&chars) {
        return Ok(());
    }
    let rule = format!("it has {chars} characters and must have {min} to {max}");
    Err(WildberriesError::argument(Code::BadLength, field, text, rule))
}

/// Nothing stands twice.
pub(super) fn distinct<T: Ord + ToString>(field: &str, items: impl Iterator<Item = T>) -> Checked<()> {
    let mut seen = std::collections::BTreeSet::new();
    for item in items {
        let words = item.to_string();
        if !seen.insert(item) {
            return Err(WildberriesError::argument(Code::Duplicate, field, &words, "it stands there more than once"));
        }
    }
    Ok(())
}

/// A link that leads to a file.
pub(super) fn link(field: &str, text: &str) -> Checked<()> {
    let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if url.is_some_and(|url| url.username().is_empty() && url.password().is_none()) && text.len() <= 2048 {
        return Ok(());
    }
    let rule = "it must be an http or https address that leads to the file itself, without a password";
    Err(WildberriesError::argument(Code::BadLink, field, text, rule))
}

/// The day in Moscow.
pub(super) fn today(now: Timestamp) -> NaiveDate {
    (now.to_datetime().naive_utc() + Duration::hours(MOSCOW_HOURS)).date()
}

/// A day: `2025-12-31`.
pub(super) fn date(field: &str, text: &str) -> Checked<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    day.ok_or_else(|| {
        WildberriesError::argument(Code::BadDate, field, text, "it must be a day of the calendar like 2025-12-31")
    })
}

/// A moment in the past: a day, or a day with a time by Moscow (`2025-12-31T10:00:00`, `…Z`, `…+03:00`).
pub(super) fn moment(field: &str, text: &str, today: NaiveDate) -> Checked<()> {
    let with_time = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|time| time.date());
    let with_zone = || chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.date_naive());
    let day = date(field, text).ok().or_else(with_time).or_else(with_zone).ok_or_else(|| {
        let rule = "it must be a day like 2025-12-31, or a day with a time like 2025-12-31T10:00:00";
        WildberriesError::argument(Code::BadDate, field, text, rule)
    })?;
    not_after(field, text, day, today)
}

/// A period that is over or under way, in the right order, of at most `days_max` days that begin at most `days_back` ago.
pub(super) fn period(field: &str, period: &Period, today: NaiveDate, days_back: u64) -> Checked<()> {
    let (from, to) = (format!("{field}.start"), format!("{field}.end"));
    let (start, end) = (date(&from, &period.start)?, date(&to, &period.end)?);
    if end < start {
        let rule = format!("it must not be before `{from}` ({start}); swap them");
        return Err(WildberriesError::argument(Code::PeriodReversed, to, &period.end, rule));
    }
    not_after(&from, &period.start, start, today)?;
    not_after(&to, &period.end, end, today)?;
    if start < today - Days::new(days_back) {
        let rule =
            format!("the marketplace keeps {days_back} days, so it must be {} or later", today - Days::new(days_back));
        return Err(WildberriesError::argument(Code::PeriodTooLong, from, &period.start, rule));
    }
    Ok(())
}

fn not_after(field: &str, text: &str, day: NaiveDate, today: NaiveDate) -> Checked<()> {
    if day <= today {
        return Ok(());
    }
    let rule = format!("it must not lie in the future: today is {today} in Moscow");
    Err(WildberriesError::argument(Code::PeriodInFuture, field, text, rule))
}

/// Days, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first day: `2025-12-01`.
    pub start: String,
    /// The last day: `2025-12-31`.
    pub end: String,
}
