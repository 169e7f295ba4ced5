//! Periods as people name them, in English and Russian: `last week`, `за март`, `с 1 по 15 ноября`, `Q3`.
//!
//! A week goes from Monday to Sunday. `last 30 days` and `за неделю` are whole days and end yesterday; `this month` and
//! `since Monday` end today. A month, a quarter or a day of a month without a year is the last one that has begun. Pure.

mod calendar;
mod edge;
mod phrases;
mod tokens;

use chrono::NaiveDate;

pub use super::period::{Period, ahead, back};

/// What a message says about the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// Nothing.
    Nothing,
    /// These days; they end today at the latest.
    Period(Period),
    /// Something that cannot be answered.
    Refused(Refusal),
}

/// Why there is no answer for a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has not begun.
    #[error("the period begins on {0}, which lies in the future")]
    Future(NaiveDate),
    /// Its end is before its beginning.
    #[error("the period begins on {0} and ends on {1}, before that")]
    Reversed(NaiveDate, NaiveDate),
    /// The marketplace does not keep so much.
    #[error("the period begins on {from}, and the marketplace keeps nothing before {oldest}")]
    TooOld {
        /// The first day that was asked for.
        from: NaiveDate,
        /// The first day that there is.
        oldest: NaiveDate,
    },
    /// A day that is not in the calendar.
    #[error("`{0}` is no day of the calendar")]
    NoSuchDay(String),
}

/// Reads the first period that a message names.
pub fn read(text: &str, today: NaiveDate) -> Spoken {
    let reader = phrases::Reader { tokens: tokens::tokens(text), today };
    let found = (0..reader.tokens.len()).find_map(|at| reader.at(at));
    match found.map(|days| days.and_then(|(from, to)| settled(from, to, today))) {
        None => Spoken::Nothing,
        Some(Ok(period)) => Spoken::Period(period),
        Some(Err(refusal)) => Spoken::Refused(refusal),
    }
}

fn settled(from: NaiveDate, to: NaiveDate, today: NaiveDate) -> Result<Period, Refusal> {
    let period = Period::new(from, to).ok_or(Refusal::Reversed(from, to))?;
    period.until(today).ok_or(Refusal::Future(from))
}

/// A period, where so many days are kept that it can be answered.
///
/// # Errors
/// [`Refusal::TooOld`].
pub fn kept(period: Period, today: NaiveDate, days_kept: u32) -> Result<Period, Refusal> {
    let oldest = back(today, days_kept);
    if period.from() < oldest {
        return Err(Refusal::TooOld { from: period.from(), oldest });
    }
    Ok(period)
}

#[cfg(test)]
mod tests;
