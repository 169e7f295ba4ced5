//! One end of a range, or a day or month by itself: what is said of it, and what follows from the rest.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{
    Refusal, back,
    calendar::{self, Unit},
};

/// What is said of a day or of a month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) exact: Option<NaiveDate>,
    pub(super) day: Option<u32>,
    pub(super) month: Option<u32>,
    pub(super) year: Option<i32>,
}

type Days = Result<(NaiveDate, NaiveDate), Refusal>;

impl Edge {
    pub(super) fn exact(day: NaiveDate) -> Self {
        Self { exact: Some(day), ..Self::default() }
    }

    /// Enough to stand by itself.
    pub(super) fn is_whole(self) -> bool {
        self.exact.is_some() || self.month.is_some()
    }

    /// The days that it names; a month or a day of one without a year is the last one that has begun.
    pub(super) fn days(self, today: NaiveDate) -> Days {
        if let Some(day) = self.exact {
            return Ok((day, day));
        }
        let with_year = |year| Self { year: Some(year), ..self };
        if let Some(year) = self.year {
            return self.of_year(year);
        }
        let this = with_year(today.year()).days(today);
        match this {
            Ok((from, _)) if from <= today => this,
            _ => with_year(today.year() - 1).days(today).or(this),
        }
    }

    fn of_year(self, year: i32) -> Days {
        let month = self.month.unwrap_or(1);
        let day = self.day.unwrap_or(1);
        let no_such = || Refusal::NoSuchDay(format!("{day:02}.{month:02}.{year}"));
        let first = NaiveDate::from_ymd_opt(year, month, day).ok_or_else(no_such)?;
        Ok((first, if self.day.is_some() { first } else { calendar::end_of(Unit::Month, first) }))
    }
}

/// From one end to the other. What one does not say the other does: `1 to 15 November`.
pub(super) fn between(from: Edge, to: Edge, today: NaiveDate) -> Days {
    let month = from.month.or(to.month).or_else(|| {
        // `from 1 to 15`: this month, or the last one where that day has not come yet.
        let last = back(calendar::start_of(Unit::Month, today), 1);
        Some(if from.day.is_some_and(|day| day > today.day()) { last.month() } else { today.month() })
    });
    let (mut from, mut to) = (from, to);
    from.month = from.month.or(to.month).or(month);
    to.month = to.month.or(from.month);
    from.year =
        from.year.or_else(|| to.year.filter(|_| from.month <= to.month)).or_else(|| to.year.map(|year| year - 1));
    let (start, _) = from.days(today)?;
    if to.year.is_some() || to.exact.is_some() {
        return to.days(today).map(|(_, end)| (start, end));
    }
    // `15 December to 10 January` goes over the end of the year.
    let wraps = i32::from(from.exact.is_none() && to.month < from.month);
    let end = |year| Edge { year: Some(year), ..to }.days(today).map(|(_, end)| end);
    let last = end(start.year() + wraps)?;
    if wraps == 1 && last > today && from.year.is_none() {
        let from = Edge { year: Some(start.year() - 1), ..from };
        return Ok((from.days(today)?.0, end(start.year())?));
    }
    Ok((start, last))
}

/// The last such day before today.
pub(super) fn last_weekday(weekday: Weekday, today: NaiveDate) -> NaiveDate {
    let yesterday = back(today, 1);
    let ago = (7 + yesterday.weekday().num_days_from_monday() - weekday.num_days_from_monday()) % 7;
    back(yesterday, ago)
}
