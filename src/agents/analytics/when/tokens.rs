//! A message as words, numbers and dates.

use chrono::NaiveDate;

use super::calendar;

/// How many words are read: a period is named in the first few, and reading must never take long.
const WORDS_MAX: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A whole date, or one that is not in the calendar.
    Date(Option<NaiveDate>, String),
    /// `15.11`: a day and a month.
    DayMonth(u32, u32),
    Number(u32),
    Quarter(u32),
    Dash,
    Word(String),
    /// `May`: a month where a preposition or a number is beside it.
    PerhapsMay,
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for raw in text.split(char::is_whitespace).take(WORDS_MAX) {
        let word = raw.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '–' | '—'));
        let word = word.to_lowercase().replace('ё', "е");
        // `from the 1st of May` is `from 1st May`.
        if !matches!(word.as_str(), "" | "the" | "of") {
            read(&word, &mut found);
        }
    }
    found
}

fn read(word: &str, found: &mut Vec<Token>) {
    if let Some(token) = date(word) {
        found.push(token);
        return;
    }
    let is_dash = |c: char| matches!(c, '-' | '–' | '—' | '…');
    let parts: Vec<&str> = word.split(is_dash).collect();
    if let [number, "го" | "е" | "ое" | "й" | "ый" | "ой"] = parts[..]
        && let Ok(number) = number.parse()
    {
        found.push(Token::Number(number));
        return;
    }
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            found.push(Token::Dash);
        }
        if !part.is_empty() {
            found.push(date(part).unwrap_or_else(|| single(part)));
        }
    }
}

fn single(word: &str) -> Token {
    let bare = ["st", "nd", "rd", "th", "го"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    if let Ok(number) = bare.parse() {
        return Token::Number(number);
    }
    let quarter = word.strip_prefix(['q', 'к']).or_else(|| word.strip_suffix(['q', 'к']));
    if let Some(number @ 1..=4) = quarter.and_then(|number| number.parse().ok()) {
        return Token::Quarter(number);
    }
    if word == "may" { Token::PerhapsMay } else { Token::Word(word.to_owned()) }
}

/// `2026-11-15`, `15.11.2026`, `15.11.26`, `15/11/2026`, `15.11`.
fn date(word: &str) -> Option<Token> {
    let numbers = |by: char| -> Option<Vec<u32>> { word.split(by).map(|part| part.parse().ok()).collect() };
    let whole = |year: u32, month, day| {
        let year = if year < 100 { 2000 + year } else { year };
        let date = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
        Some(Token::Date(date.filter(|_| year < 3000), word.to_owned()))
    };
    if let Some([year @ 1000..=9999, month, day]) = numbers('-').as_deref() {
        return whole(*year, *month, *day);
    }
    match numbers('.').or_else(|| numbers('/')).as_deref() {
        Some([day, month, year]) => whole(*year, *month, *day),
        Some([day, month]) if word.contains('.') => Some(Token::DayMonth(*day, *month)),
        _ => None,
    }
}

impl Token {
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::PerhapsMay => Some("may"),
            _ => None,
        }
    }

    pub(super) fn count(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Word(word) => calendar::number(word),
            _ => None,
        }
    }
}
