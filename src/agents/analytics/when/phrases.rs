//! The ways to name a period, each tried at a place of the message.

use chrono::NaiveDate;

use super::{
    Refusal, ahead, back,
    calendar::{self, Unit, end_of, start_of},
    edge::{self, Edge},
    tokens::Token,
};

const FROM: [&str; 8] = ["from", "since", "between", "starting", "с", "со", "от", "начиная"];
const TO: [&str; 8] = ["to", "till", "until", "through", "and", "по", "до", "и"];
const BEFORE_MAY: [&str; 12] =
    ["in", "for", "since", "from", "to", "and", "last", "this", "during", "through", "until", "till"];
const LAST: [&str; 13] = [
    "last",
    "past",
    "previous",
    "прошлый",
    "прошлую",
    "прошлой",
    "прошлая",
    "прошлого",
    "прошлом",
    "последний",
    "последнюю",
    "последние",
    "последних",
];
const LAST_BUT_ONE: [&str; 6] =
    ["позапрошлый", "позапрошлая", "позапрошлую", "позапрошлой", "позапрошлого", "позапрошлом"];
const THIS: [&str; 11] =
    ["this", "current", "этот", "эту", "этой", "эта", "этом", "этого", "текущий", "текущую", "текущей"];
const NEXT: [&str; 7] = ["next", "coming", "следующий", "следующую", "следующей", "следующем", "будущий"];
const ROLLING: [&str; 3] = ["for", "over", "за"];

type Days = Result<(NaiveDate, NaiveDate), Refusal>;

pub(super) struct Reader {
    pub(super) tokens: Vec<Token>,
    pub(super) today: NaiveDate,
}

impl Reader {
    /// The period that begins at this token.
    pub(super) fn at(&self, at: usize) -> Option<Days> {
        self.range(at)
            .or_else(|| self.relative(at))
            .or_else(|| self.last(at))
            .or_else(|| self.quarter(at))
            .or_else(|| self.alone(at))
            .or_else(|| self.year(at))
            .or_else(|| self.counted(at))
    }

    fn word(&self, at: usize) -> Option<&str> {
        self.tokens.get(at)?.word()
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        self.word(at).is_some_and(|word| words.contains(&word))
    }

    fn unit(&self, at: usize) -> Option<Unit> {
        calendar::unit(self.word(at)?)
    }

    /// `from 1 to 15 November`, `с 1 по 15 ноября`, `1-15 ноября`, `since Monday`, `с начала месяца`.
    fn range(&self, at: usize) -> Option<Days> {
        let named = self.is(at, &FROM);
        let mut first = at + usize::from(named);
        // `starting from`, `начиная с`.
        first += usize::from(named && self.is(first, &FROM));
        if named && let Some(days) = self.to_date_since(first) {
            return Some(days);
        }
        let (from, after) = self.edge(first)?;
        let joined = matches!(self.tokens.get(after), Some(Token::Dash)) || self.is(after, &TO);
        if let Some((to, _)) = self.edge(after + 1).filter(|_| joined)
            && (named || from.is_whole() || to.is_whole())
        {
            return Some(self.all_of(first, after + 2).unwrap_or_else(|| edge::between(from, to, self.today)));
        }
        (named && from.is_whole()).then(|| from.days(self.today).map(|(start, _)| (start, self.today.max(start))))
    }

    /// Of two dates one may not be in the calendar.
    fn all_of(&self, from: usize, to: usize) -> Option<Days> {
        let tokens = self.tokens.get(from..to.min(self.tokens.len()))?;
        tokens.iter().find_map(|token| match token {
            Token::Date(None, said) => Some(Err(Refusal::NoSuchDay(said.clone()))),
            _ => None,
        })
    }

    fn to_date_since(&self, at: usize) -> Option<Days> {
        if !self.is(at, &["начала", "beginning", "start"]) {
            return None;
        }
        let unit = (at + 1..at + 6).find_map(|at| self.unit(at)).filter(|unit| *unit != Unit::Day)?;
        Some(Ok((start_of(unit, self.today), self.today)))
    }

    /// A day, a month, or only a number; and where it ends.
    fn edge(&self, at: usize) -> Option<(Edge, usize)> {
        let with_year = |edge: Edge, next: usize| match self.year_at(next) {
            Some((year, after)) => (Edge { year: Some(year), ..edge }, after),
            None => (edge, next),
        };
        let month = |day, month| Edge { day, month, ..Edge::default() };
        match self.tokens.get(at)? {
            Token::Date(date, _) => Some((Edge { exact: *date, ..Edge::exact(self.today) }, at + 1)),
            Token::DayMonth(day, number) => Some(with_year(month(Some(*day), Some(*number)), at + 1)),
            Token::Number(day @ 1..=31) => Some(match self.month(at + 1) {
                Some(number) => with_year(month(Some(*day), Some(number)), at + 2),
                None => (month(Some(*day), None), at + 1),
            }),
            _ => {
                if let Some(number) = self.month(at) {
                    let day = match self.tokens.get(at + 1) {
                        Some(Token::Number(day @ 1..=31)) => Some(*day),
                        _ => None,
                    };
                    return Some(with_year(month(day, Some(number)), at + 1 + usize::from(day.is_some())));
                }
                self.named_day(at).map(|day| (Edge::exact(day), at + 1))
            }
        }
    }

    fn named_day(&self, at: usize) -> Option<NaiveDate> {
        let word = self.word(at)?;
        match word {
            "today" | "сегодня" => Some(self.today),
            "yesterday" | "вчера" => Some(back(self.today, 1)),
            "позавчера" => Some(back(self.today, 2)),
            "tomorrow" | "завтра" => Some(ahead(self.today, 1)),
            _ => calendar::weekday(word).map(|weekday| edge::last_weekday(weekday, self.today)),
        }
    }

    fn month(&self, at: usize) -> Option<u32> {
        match self.tokens.get(at)? {
            Token::Word(word) => calendar::month(word),
            Token::PerhapsMay => {
                let after_number = at > 0 && matches!(self.tokens[at - 1], Token::Number(_));
                let named = at > 0 && self.is(at - 1, &BEFORE_MAY);
                let before_number = matches!(self.tokens.get(at + 1), Some(Token::Number(_)));
                (after_number || named || before_number).then_some(5)
            }
            _ => None,
        }
    }

    /// `2026`, `2026 года`; and where it ends.
    fn year_at(&self, at: usize) -> Option<(i32, usize)> {
        let Some(Token::Number(year @ 2000..=2100)) = self.tokens.get(at) else { return None };
        let more = usize::from(self.is(at + 1, &["г", "год", "года", "году"]));
        Some((i32::try_from(*year).ok()?, at + 1 + more))
    }

    /// `day before yesterday`, `this week`, `next month`, `week before last`, `month to date`, `за неделю`.
    fn relative(&self, at: usize) -> Option<Days> {
        let today = self.today;
        if self.is(at, &["day"]) && self.is(at + 1, &["before"]) && self.is(at + 2, &["yesterday"]) {
            return Some(Ok((back(today, 2), back(today, 2))));
        }
        if let Some(unit) = self.unit(at) {
            if self.is(at + 1, &["before"]) && self.is(at + 2, &["last"]) {
                return Some(Ok(self.ago(unit, 2)));
            }
            let to_date = self.is(at + 1, &["to"]) && self.is(at + 2, &["date"]);
            return to_date.then(|| Ok((start_of(unit, today), today)));
        }
        let unit = self.unit(at + 1)?;
        if self.is(at, &THIS) {
            return Some(Ok((start_of(unit, today), end_of(unit, today))));
        }
        if self.is(at, &NEXT) {
            return Some(Err(Refusal::Future(ahead(end_of(unit, today), 1))));
        }
        if self.is(at, &LAST_BUT_ONE) {
            return Some(Ok(self.ago(unit, 2)));
        }
        self.is(at, &ROLLING).then(|| Ok(self.rolling(unit, 1)))
    }

    /// The whole stretch that was so many before this one.
    fn ago(&self, unit: Unit, times: u32) -> (NaiveDate, NaiveDate) {
        let day = (0..times).fold(self.today, |day, _| back(start_of(unit, day), 1));
        (start_of(unit, day), day)
    }

    /// So many whole days that end yesterday.
    fn rolling(&self, unit: Unit, times: u32) -> (NaiveDate, NaiveDate) {
        let yesterday = back(self.today, 1);
        let days = match unit {
            Unit::Day => 1,
            Unit::Week => 7,
            Unit::Month => 30,
            Unit::Quarter => 91,
            Unit::Year => 365,
        };
        (back(yesterday, times.saturating_mul(days).saturating_sub(1)), yesterday)
    }

    /// `last week`, `last 30 days`, `последние две недели`, `last Friday`, `last November`.
    fn last(&self, at: usize) -> Option<Days> {
        if !self.is(at, &LAST) {
            return None;
        }
        // `last couple of weeks`.
        let next = at + 1;
        if let Some(times) = self.tokens.get(next).and_then(Token::count) {
            let unit = self.unit(next + 1).or_else(|| self.unit(next + 2))?;
            return Some(Ok(self.rolling(unit, times.max(1))));
        }
        if let Some(unit) = self.unit(next) {
            let is_rolling = self.word(at).is_some_and(|word| word.starts_with("последн"));
            return Some(Ok(if is_rolling { self.rolling(unit, 1) } else { self.ago(unit, 1) }));
        }
        if let Some(month) = self.month(next) {
            let before = back(start_of(Unit::Month, self.today), 1);
            return Some(Edge { month: Some(month), ..Edge::default() }.days(before));
        }
        self.named_day(next).map(|day| Ok((day, day)))
    }

    /// `Q3`, `Q3 2026`, `third quarter`, `3 квартал`.
    fn quarter(&self, at: usize) -> Option<Days> {
        let is_unit = |at| self.unit(at) == Some(Unit::Quarter);
        let (number, next) = match self.tokens.get(at)? {
            Token::Quarter(number) => (*number, at + 1 + usize::from(is_unit(at + 1))),
            Token::Number(number @ 1..=4) if is_unit(at + 1) => (*number, at + 2),
            Token::Word(word) if is_unit(at + 1) => (calendar::ordinal(word)?, at + 2),
            _ => return None,
        };
        let year = self.year_at(next).map(|(year, _)| year);
        let first = Edge { month: Some(number * 3 - 2), year, ..Edge::default() };
        Some(first.days(self.today).map(|(start, _)| (start, end_of(Unit::Quarter, start))))
    }

    /// A day or a month by itself.
    fn alone(&self, at: usize) -> Option<Days> {
        if let Token::Date(None, said) = self.tokens.get(at)? {
            return Some(Err(Refusal::NoSuchDay(said.clone())));
        }
        let (edge, _) = self.edge(at)?;
        edge.is_whole().then(|| edge.days(self.today))
    }

    /// `30 days`, `две недели`.
    fn counted(&self, at: usize) -> Option<Days> {
        let times = self.tokens.get(at)?.count().filter(|times| *times > 0)?;
        let unit = self.unit(at + 1)?;
        let ahead = at > 0 && self.is(at - 1, &["in", "через", "next", "следующие", "на"]);
        (!ahead).then(|| Ok(self.rolling(unit, times)))
    }

    /// `2025 год`, `in 2025`.
    fn year(&self, at: usize) -> Option<Days> {
        let (year, after) = self.year_at(at)?;
        let named = after > at + 1 || (at > 0 && self.is(at - 1, &["in", "for", "за", "в", "year"]));
        let first = NaiveDate::from_ymd_opt(year, 1, 1).filter(|_| named)?;
        Some(Ok((first, end_of(Unit::Year, first))))
    }
}
