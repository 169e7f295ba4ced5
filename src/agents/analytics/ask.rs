//! What a message asks for: which numbers, of which days, in which form.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::when::{self, Period, Refusal, Spoken, back};

/// How much of a message is read: a question takes a few dozen words, and reading must never take long.
pub const READ_BYTES_MAX: usize = 8 * 1024;
/// So many days are reported on where neither this message nor one before names a period.
const DAYS_USUAL: u32 = 7;

/// A part of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Orders, sales, returns, the best and the worst products.
    Sales,
    /// What is left, and for how long.
    Stock,
    /// Views, carts, orders and what becomes of one into the next.
    Funnel,
    /// What buyers searched for.
    Queries,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sales, Self::Stock, Self::Funnel, Self::Queries];

    /// For so many days the marketplace keeps what the topic is made of.
    pub fn days_kept(self) -> u32 {
        match self {
            Self::Sales | Self::Stock => 90,
            Self::Funnel | Self::Queries => 365,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The days.
    pub period: Period,
    /// The parts.
    pub topics: BTreeSet<Topic>,
    /// As CSV.
    #[serde(skip)]
    pub is_csv: bool,
}

/// Beginnings of words, in both languages. A word that ends with `!` stands for itself alone.
const WORDS: [(Option<Topic>, &[&str]); 5] = [
    (
        Some(Topic::Sales),
        &[
            "sale",
            "sell",
            "sold!",
            "order",
            "revenue",
            "turnover",
            "earn",
            "return",
            "best",
            "worst",
            "buyout",
            "продаж",
            "прода",
            "заказ",
            "выручк",
            "оборот",
            "возврат",
            "выкуп",
            "лучш",
            "худш",
            "доход",
        ],
    ),
    (
        Some(Topic::Stock),
        &[
            "stock",
            "inventor",
            "left!",
            "remain",
            "run!",
            "runs!",
            "supply",
            "остат",
            "остал",
            "сток",
            "запас",
            "закончит",
            "заканчива",
            "кончит",
            "хват",
            "склад",
        ],
    ),
    (
        Some(Topic::Funnel),
        &["funnel", "conversion", "view", "cart", "воронк", "конверс", "корзин", "просмотр", "переход"],
    ),
    (Some(Topic::Queries), &["search", "quer", "keyword", "запрос", "поиск", "ищут", "ищет", "искал", "ключев"]),
    (
        None,
        &[
            "all!",
            "everything",
            "number",
            "report",
            "analytic",
            "statistic",
            "stats!",
            "figure",
            "overview",
            "все!",
            "всё!",
            "аналитик",
            "отчет",
            "отчёт",
            "показател",
            "статистик",
            "цифр",
            "итог",
            "сводк",
        ],
    ),
];

/// Reads a message. What it leaves open is as in the question before; a topic that is named is asked for anew.
///
/// # Errors
/// A [`Refusal`] where the period cannot be answered.
pub fn read(message: &str, before: Option<&Question>, today: NaiveDate) -> Result<Question, Refusal> {
    let message = &message[..message.floor_char_boundary(READ_BYTES_MAX)];
    let words: Vec<String> = message.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let named = topics(&words);
    let is_csv = words.iter().any(|word| matches!(word.as_str(), "csv" | "цсв" | "excel" | "эксель"));
    let said = match when::read(message, today) {
        Spoken::Refused(refusal) => return Err(refusal),
        Spoken::Period(period) => Some(period),
        Spoken::Nothing => None,
    };
    let usual = || Period::ending(back(today, 1), DAYS_USUAL);
    let period = said.or(before.map(|before| before.period)).unwrap_or_else(usual);
    let topics = if named.is_empty() { before.map_or_else(all, |before| before.topics.clone()) } else { named };
    // Of parts that are kept for shorter, the rest is answered without; where none is left, that is said.
    let kept = topics.iter().map(|topic| topic.days_kept()).max().unwrap_or(0);
    when::kept(period, today, kept)?;
    Ok(Question { period, topics, is_csv })
}

fn all() -> BTreeSet<Topic> {
    Topic::ALL.into()
}

fn topics(words: &[String]) -> BTreeSet<Topic> {
    let mut found = BTreeSet::new();
    for (topic, patterns) in WORDS {
        if words.iter().any(|word| patterns.iter().any(|pattern| fits(pattern, word))) {
            match topic {
                Some(topic) => _ = found.insert(topic),
                // "The report of sales" is about sales; only a word like that alone means everything.
                None if found.is_empty() => return all(),
                None => {}
            }
        }
    }
    found
}

fn fits(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('!').map_or_else(|| word.starts_with(pattern), |whole| word == whole)
}

#[cfg(test)]
mod tests {
    use Topic::*;

    use super::*;

    fn today() -> NaiveDate {
        "2026-11-28".parse().unwrap()
    }

    #[track_caller]
    fn check(message: &str, topics: &[Topic], is_csv: bool) {
        let question = read(message, None, today()).unwrap();
        assert_eq!((question.topics, question.is_csv), (topics.iter().copied().collect(), is_csv), "{message}");
    }

    #[test]
    fn what_is_named_is_what_is_asked() {
        check("How did we sell last week?", &[Sales], false);
        check("Сколько заказов и возвратов за прошлую неделю?", &[Sales], false);
        check("What is left in stock?", &[Stock], false);
        check("Когда закончатся остатки?", &[Stock], false);
        check("Show the funnel", &[Funnel], false);
        check("Какая конверсия в корзину", &[Funnel], false);
        check("Top search queries", &[Queries], false);
        check("по каким запросам нас находят", &[Queries], false);
        check("Что ищут покупатели?", &[Queries], false);
        check("What do buyers search for?", &[Queries], false);
        check("sales and stock as csv", &[Sales, Stock], true);
        check("отчёт о продажах в csv", &[Sales], true);
        check("Покажи все цифры", &Topic::ALL, false);
        check("last week's numbers", &Topic::ALL, false);
        check("hello", &Topic::ALL, false);
    }

    #[test]
    fn what_is_left_open_is_as_before() {
        let first = read("sales of last week", None, today()).unwrap();
        let csv = read("as csv, please", Some(&first), today()).unwrap();
        assert_eq!(csv, Question { is_csv: true, ..first.clone() });
        let other = read("and the funnel?", Some(&first), today()).unwrap();
        assert_eq!((other.period, other.topics), (first.period, [Funnel].into()));
        let none = read("sales", None, today()).unwrap().period;
        assert_eq!((none.days(), none.to()), (7, "2026-11-27".parse().unwrap()));
    }

    #[test]
    fn a_period_that_no_part_of_the_answer_is_kept_for_is_refused() {
        let refused = |message| matches!(read(message, None, today()), Err(Refusal::TooOld { .. }));
        assert!(refused("sales in March"));
        assert!(!refused("the funnel in March"));
        assert!(!refused("all numbers of March"));
        assert!(refused("all numbers of 2024 год"));
    }
}
