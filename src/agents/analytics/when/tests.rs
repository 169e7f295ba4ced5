//! Periods in words, seen on Saturday, 28 November 2026.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-11-28")
}

/// `expected` is `FROM..TO`, one day, the beginning of a refusal, or nothing.
#[track_caller]
fn check(text: &str, expected: &str) {
    let shown = match read(text, today()) {
        Spoken::Nothing => String::new(),
        Spoken::Period(period) if period.days() == 1 => period.to().to_string(),
        Spoken::Period(period) => format!("{}..{}", period.from(), period.to()),
        Spoken::Refused(Refusal::Future(from)) => format!("future {from}"),
        Spoken::Refused(Refusal::Reversed(from, to)) => format!("reversed {from} {to}"),
        Spoken::Refused(Refusal::NoSuchDay(said)) => format!("no day {said}"),
        Spoken::Refused(other) => other.to_string(),
    };
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn days_and_weeks_by_their_distance_from_today() {
    for (text, expected) in [
        ("sales today", "2026-11-28"),
        ("продажи сегодня", "2026-11-28"),
        ("what did we sell yesterday?", "2026-11-27"),
        ("Сколько заказов вчера", "2026-11-27"),
        ("позавчера", "2026-11-26"),
        ("the day before yesterday", "2026-11-26"),
        ("last week", "2026-11-16..2026-11-22"),
        ("Show me the sales of the last week, please.", "2026-11-16..2026-11-22"),
        ("previous week", "2026-11-16..2026-11-22"),
        ("за прошлую неделю", "2026-11-16..2026-11-22"),
        ("на прошлой неделе", "2026-11-16..2026-11-22"),
        ("the week before last", "2026-11-09..2026-11-15"),
        ("позапрошлая неделя", "2026-11-09..2026-11-15"),
        ("на позапрошлой неделе", "2026-11-09..2026-11-15"),
        ("this week", "2026-11-23..2026-11-28"),
        ("на этой неделе", "2026-11-23..2026-11-28"),
        ("last Monday", "2026-11-23"),
        ("в понедельник", "2026-11-23"),
        ("on Saturday", "2026-11-21"),
        ("since Monday", "2026-11-23..2026-11-28"),
        ("с понедельника", "2026-11-23..2026-11-28"),
        ("со вторника по четверг", "2026-11-24..2026-11-26"),
    ] {
        check(text, expected);
    }
}

#[test]
fn so_many_whole_days_end_yesterday() {
    for (text, expected) in [
        ("last 30 days", "2026-10-29..2026-11-27"),
        ("последние 30 дней", "2026-10-29..2026-11-27"),
        ("за последние 7 дней", "2026-11-21..2026-11-27"),
        ("last 7 days", "2026-11-21..2026-11-27"),
        ("past 2 weeks", "2026-11-14..2026-11-27"),
        ("последние две недели", "2026-11-14..2026-11-27"),
        ("за последние три месяца", "2026-08-30..2026-11-27"),
        ("last couple of weeks", "2026-11-14..2026-11-27"),
        ("14 days", "2026-11-14..2026-11-27"),
        ("за 10 дней", "2026-11-18..2026-11-27"),
        ("за неделю", "2026-11-21..2026-11-27"),
        ("за последнюю неделю", "2026-11-21..2026-11-27"),
        ("за месяц", "2026-10-29..2026-11-27"),
        ("for the week", "2026-11-21..2026-11-27"),
        ("last 1 day", "2026-11-27"),
    ] {
        check(text, expected);
    }
}

#[test]
fn months_quarters_and_years() {
    for (text, expected) in [
        ("this month so far", "2026-11-01..2026-11-28"),
        ("month to date", "2026-11-01..2026-11-28"),
        ("с начала месяца", "2026-11-01..2026-11-28"),
        ("since the beginning of the month", "2026-11-01..2026-11-28"),
        ("в этом месяце", "2026-11-01..2026-11-28"),
        ("last month", "2026-10-01..2026-10-31"),
        ("за прошлый месяц", "2026-10-01..2026-10-31"),
        ("March", "2026-03-01..2026-03-31"),
        ("за март", "2026-03-01..2026-03-31"),
        ("в марте", "2026-03-01..2026-03-31"),
        ("sales in May", "2026-05-01..2026-05-31"),
        ("may I see the sales?", ""),
        ("за май", "2026-05-01..2026-05-31"),
        ("Dec", "2025-12-01..2025-12-31"),
        ("за декабрь", "2025-12-01..2025-12-31"),
        ("ноябрь", "2026-11-01..2026-11-28"),
        ("last November", "2025-11-01..2025-11-30"),
        ("February 2024", "2024-02-01..2024-02-29"),
        ("за февраль 2024 года", "2024-02-01..2024-02-29"),
        ("Q3", "2026-07-01..2026-09-30"),
        ("Q4", "2026-10-01..2026-11-28"),
        ("q1 2025", "2025-01-01..2025-03-31"),
        ("the third quarter", "2026-07-01..2026-09-30"),
        ("за 3 квартал", "2026-07-01..2026-09-30"),
        ("в третьем квартале 2025", "2025-07-01..2025-09-30"),
        ("3-й квартал", "2026-07-01..2026-09-30"),
        ("last quarter", "2026-07-01..2026-09-30"),
        ("прошлый квартал", "2026-07-01..2026-09-30"),
        ("this year", "2026-01-01..2026-11-28"),
        ("с начала года", "2026-01-01..2026-11-28"),
        ("за 2025 год", "2025-01-01..2025-12-31"),
        ("in 2025", "2025-01-01..2025-12-31"),
        ("from March to May", "2026-03-01..2026-05-31"),
        ("с марта по май", "2026-03-01..2026-05-31"),
    ] {
        check(text, expected);
    }
}

#[test]
fn dates_and_ranges() {
    for (text, expected) in [
        ("с 1 по 15 ноября", "2026-11-01..2026-11-15"),
        ("from 1 to 15 November", "2026-11-01..2026-11-15"),
        ("from November 1 to 15", "2026-11-01..2026-11-15"),
        ("from the 1st to the 15th of November", "2026-11-01..2026-11-15"),
        ("1-15 ноября", "2026-11-01..2026-11-15"),
        ("1–15 November", "2026-11-01..2026-11-15"),
        ("с 1-го по 15-е ноября", "2026-11-01..2026-11-15"),
        ("с 25 октября по 3 ноября", "2026-10-25..2026-11-03"),
        ("between October 25 and November 3", "2026-10-25..2026-11-03"),
        ("01.11.2026 - 15.11.2026", "2026-11-01..2026-11-15"),
        ("01.11-15.11", "2026-11-01..2026-11-15"),
        ("2026-11-01 to 2026-11-15", "2026-11-01..2026-11-15"),
        ("с 15 декабря по 10 января", "2025-12-15..2026-01-10"),
        ("с 1 по 15", "2026-11-01..2026-11-15"),
        ("с 20 по 30", "2026-11-20..2026-11-28"),
        ("15 ноября", "2026-11-15"),
        ("November 15", "2026-11-15"),
        ("15.11", "2026-11-15"),
        ("15.11.26", "2026-11-15"),
        ("since November 10", "2026-11-10..2026-11-28"),
        ("с 10 ноября", "2026-11-10..2026-11-28"),
        ("1 декабря", "2025-12-01"),
        ("from yesterday to today", "2026-11-27..2026-11-28"),
        ("30 ноября 2025 года", "2025-11-30"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_cannot_be_a_period_is_said() {
    for (text, expected) in [
        ("tomorrow", "future 2026-11-29"),
        ("next week", "future 2026-11-30"),
        ("на следующей неделе", "future 2026-11-30"),
        ("next month", "future 2026-12-01"),
        ("за март 2027", "future 2027-03-01"),
        ("2026-12-01 to 2026-12-31", "future 2026-12-01"),
        ("с 15 по 1 ноября", "reversed 2026-11-15 2026-11-01"),
        ("2026-11-15 to 2026-11-01", "reversed 2026-11-15 2026-11-01"),
        ("31 ноября", "no day 31.11.2026"),
        ("2026-02-30", "no day 2026-02-30"),
        ("from 2026-02-30 to 2026-03-02", "no day 2026-02-30"),
        ("99.99", "no day 99.99.2026"),
    ] {
        check(text, expected);
    }
}

#[test]
fn numbers_and_words_without_a_time_name_no_period() {
    for text in [
        "",
        "sales",
        "top 5 products",
        "show 3 best",
        "остатки на складе",
        "как дела",
        "12345678",
        "second best",
        "мартини",
    ] {
        check(text, "");
    }
}

#[test]
fn more_than_is_kept_is_refused_with_the_first_day_that_there_is() {
    let period = Period::new(day("2026-03-01"), day("2026-03-31")).unwrap();
    let refusal = Refusal::TooOld { from: day("2026-03-01"), oldest: day("2026-08-30") };
    assert_eq!(kept(period, today(), 90), Err(refusal));
    assert_eq!(kept(period, today(), 365), Ok(period));
}

proptest! {
    #[test]
    fn a_period_never_ends_in_the_future(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "с", "по", "from", "to", "last", "week", "30", "days", "ноября", "Q3", "2026", "31", "may", "-", "15.11",
                "2026-02-30", "прошлый", "год", "понедельник", "next", "4294967295", "0",
            ]),
            0..8,
        ),
        offset in 0_u32..2_000,
    ) {
        let today = ahead(day("2024-02-27"), offset);
        if let Spoken::Period(period) = read(&words.join(" "), today) {
            prop_assert!(period.from() <= period.to() && period.to() <= today);
        }
    }
}
