//! The words of the calendar, in both languages.

use chrono::{Datelike, NaiveDate, Weekday};

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Beginnings of the names of months; English ones of three letters stand for themselves as well.
const MONTHS: [(&str, &[&str]); 12] = [
    ("jan", &["january", "январ"]),
    ("feb", &["february", "феврал"]),
    ("mar", &["march", "март"]),
    ("apr", &["april", "апрел"]),
    ("", &["мая", "май", "мае", "маем"]),
    ("jun", &["june", "июн"]),
    ("jul", &["july", "июл"]),
    ("aug", &["august", "август"]),
    ("sep", &["september", "sept", "сентябр"]),
    ("oct", &["october", "октябр"]),
    ("nov", &["november", "ноябр"]),
    ("dec", &["december", "декабр"]),
];
const WEEKDAYS: [&[&str]; 7] = [
    &["monday", "понедельник"],
    &["tuesday", "вторник"],
    &["wednesday", "сред"],
    &["thursday", "четверг"],
    &["friday", "пятниц"],
    &["saturday", "суббот"],
    &["sunday", "воскресень"],
];
const UNITS: [(Unit, &[&str]); 5] = [
    (Unit::Day, &["day", "days", "день", "дня", "дней", "сутки", "суток"]),
    (Unit::Week, &["week", "weeks", "неделя", "неделю", "недели", "неделе", "недель"]),
    (Unit::Month, &["month", "months", "месяц", "месяца", "месяце", "месяцев"]),
    (Unit::Quarter, &["quarter", "quarters", "квартал", "квартала", "квартале", "кварталов"]),
    (Unit::Year, &["year", "years", "год", "года", "году", "лет"]),
];
const NUMBERS: [&[&str]; 12] = [
    &["one", "один", "одну", "одна"],
    &["two", "два", "две", "пару", "couple"],
    &["three", "три"],
    &["four", "четыре"],
    &["five", "пять"],
    &["six", "шесть"],
    &["seven", "семь"],
    &["eight", "восемь"],
    &["nine", "девять"],
    &["ten", "десять"],
    &["eleven", "одиннадцать"],
    &["twelve", "двенадцать"],
];
const ORDINALS: [&[&str]; 4] = [
    &["first", "1st", "i", "первый", "первого", "первом"],
    &["second", "2nd", "ii", "второй", "второго", "втором"],
    &["third", "3rd", "iii", "третий", "третьего", "третьем"],
    &["fourth", "4th", "iv", "четвертый", "четвертого", "четвертом"],
];
/// `март` must not take `мартини`, `сред` not `средний`: what may follow the beginning of a Russian name.
const ENDINGS: [&str; 12] = ["", "а", "е", "у", "ом", "ь", "я", "ю", "ем", "ы", "ой", "и"];

fn begins(word: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| {
        word.strip_prefix(beginning)
            .is_some_and(|rest| rest.is_empty() || (!word.is_ascii() && ENDINGS.contains(&rest)))
    })
}

fn place<const N: usize>(lists: &[&[&str]; N], found: impl Fn(&[&str]) -> bool) -> Option<u32> {
    lists.iter().position(|list| found(list)).and_then(|at| u32::try_from(at + 1).ok())
}

/// The month of a name, 1 to 12. `may` alone is no month: it is a verb more often.
pub(super) fn month(word: &str) -> Option<u32> {
    let found = MONTHS.iter().position(|(short, names)| word == *short || begins(word, names))?;
    u32::try_from(found + 1).ok()
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let at = place(&WEEKDAYS, |names| begins(word, names))?;
    Weekday::try_from(u8::try_from(at - 1).ok()?).ok()
}

pub(super) fn unit(word: &str) -> Option<Unit> {
    UNITS.iter().find(|(_, words)| words.contains(&word)).map(|(unit, _)| *unit)
}

pub(super) fn number(word: &str) -> Option<u32> {
    place(&NUMBERS, |words| words.contains(&word))
}

pub(super) fn ordinal(word: &str) -> Option<u32> {
    place(&ORDINALS, |words| words.contains(&word))
}

/// The first day of the stretch that has this day.
pub(super) fn start_of(unit: Unit, day: NaiveDate) -> NaiveDate {
    let first = |month| NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day);
    match unit {
        Unit::Day => day,
        Unit::Week => super::back(day, day.weekday().num_days_from_monday()),
        Unit::Month => first(day.month()),
        Unit::Quarter => first((day.month() - 1) / 3 * 3 + 1),
        Unit::Year => first(1),
    }
}

/// The last day of the stretch that has this day.
pub(super) fn end_of(unit: Unit, day: NaiveDate) -> NaiveDate {
    let start = start_of(unit, day);
    let months = |count| {
        start.checked_add_months(chrono::Months::new(count)).map_or(NaiveDate::MAX, |next| super::back(next, 1))
    };
    match unit {
        Unit::Day => day,
        Unit::Week => super::ahead(start, 6),
        Unit::Month => months(1),
        Unit::Quarter => months(3),
        Unit::Year => months(12),
    }
}
