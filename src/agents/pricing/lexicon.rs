//! The words that sellers use, in English and Russian, as data.
//!
//! A pattern is a lower-case word with `е` for `ё`; a `*` at its end takes any ending, which is how Russian cases and
//! English plurals are met. A phrase is several patterns with a space between; the longest phrase wins.

mod cues;
mod units;

pub use self::{cues::CUES, units::*};

/// Whether a lower-case word fits a pattern.
pub fn matches(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |stem| word.starts_with(stem))
}

/// Words that stand between a number and its fact without meaning anything.
pub const GLUE: &[&str] = &[
    "is",
    "are",
    "of",
    "the",
    "my",
    "our",
    "a",
    "an",
    "about",
    "around",
    "for",
    "per",
    "at",
    "rate",
    "will",
    "be",
    "it",
    "me",
    "to",
    "with",
    "have",
    "in",
    "its",
    "you",
    "на",
    "по",
    "за",
    "в",
    "у",
    "мне",
    "меня",
    "мой",
    "моя",
    "мое",
    "наш*",
    "примерно",
    "около",
    "где",
    "то",
    "составля*",
    "будет",
    "равн*",
    "сейчас",
    "это",
    "до",
    "с",
    "со",
    "от",
    "ее",
    "стала",
    "тоже",
    "также",
    "also",
    "too",
    "теперь",
    "now",
    "one",
    "each",
    "товар*",
    "ozon",
    "озон*",
    "маркетплейс*",
    "marketplace*",
    "product*",
];

/// Words between two facts that separate less than a comma does.
pub const SOFT: &[&str] = &["и", "and", "плюс", "plus", "а", "да", "but", "но", "or", "или"];

/// Words that say that the fact beside them is zero. `true` where they may follow it as well.
pub const ZERO: &[(&str, bool)] = &[
    ("no", false),
    ("without", false),
    ("zero", true),
    ("none", true),
    ("free", true),
    ("remove", false),
    ("drop", false),
    ("skip", false),
    ("exclude", false),
    ("убери", false),
    ("убрать", false),
    ("исключи", false),
    ("без", false),
    ("нет", true),
    ("нету", true),
    ("ноль", true),
    ("нол*", true),
    ("нулев*", true),
    ("бесплатн*", true),
    ("отсутств*", true),
    ("не плач*", true),
    ("не плат*", true),
    ("не учитыва*", true),
    ("не считай*", true),
    ("don't pay", false),
    ("do not pay", false),
    ("за счет покупател*", true),
    ("за счет клиент*", true),
    ("paid by the buyer", true),
    ("paid by the customer", true),
];

/// A whole message that says no.
pub const NO: &[&str] = &[
    "no",
    "none",
    "nope",
    "nothing",
    "zero",
    "нет",
    "нету",
    "ноль",
    "не плачу",
    "без него",
    "без нее",
    "no its free",
    "free",
    "бесплатно",
];

/// What stands before a number that no longer counts: `комиссия не 15, а 17`.
pub const DENIED: &[&str] = &["не", "not", "instead of", "rather than", "вместо"];

/// Between two numbers, the first of which no longer counts: `с 15 до 17`.
pub const CHANGED_TO: &[&str] = &["до", "to"];

/// Before the two numbers of a change.
pub const CHANGED_FROM: &[&str] = &["с", "со"];

/// Before the two numbers of a range, or of a change where [`CHANGES`] says so.
pub const RANGE_FROM: &[&str] = &["от", "from", "between"];

/// Says that a number was changed.
pub const CHANGES: &[&str] = &[
    "chang*",
    "rais*",
    "lower*",
    "went",
    "increas*",
    "decreas*",
    "reduc*",
    "drop*",
    "grew",
    "поменя*",
    "измен*",
    "подня*",
    "сниз*",
    "вырос*",
    "упал*",
];

/// Before a price that is asked about.
pub const AT: &[&str] = &["at", "за", "при"];

/// A price, in whatever form.
pub const PRICE: &[&str] = &["price*", "цен*"];

/// Says that the user does not know a number.
pub const UNSURE: &[&str] = &[
    "don't know",
    "dont know",
    "do not know",
    "no idea",
    "not sure",
    "не знаю",
    "незнаю",
    "без понятия",
    "понятия не имею",
    "не уверен*",
    "хз",
];

/// Says that an amount is for a single piece.
pub const EACH: &[&str] =
    &["each", "apiece", "a piece", "per", "кажд*", "штук*", "шт", "за шт", "за штук*", "за единиц*"];

/// Between a number of pieces and what they cost together.
pub const IN_ALL: &[&str] = &["за", "for"];

/// A tax that is not on the price.
pub const TAX_ON_PROFIT: &[&str] = &[
    "доход* минус расход*",
    "доход* расход*",
    "дмр",
    "income minus expense*",
    "tax on profit*",
    "налог* на прибыль",
    "profit tax",
    "corporate tax",
    "corporate income tax",
];

/// Begins anew.
pub const CLEAR: &[&str] = &[
    "start over",
    "start again",
    "start anew",
    "reset",
    "clear all",
    "clear everything",
    "from scratch",
    "other product",
    "another product",
    "different product",
    "new product",
    "next product",
    "another item",
    "other item",
    "new item",
    "заново",
    "начн* сначала",
    "начать сначала",
    "давай* сначала",
    "все сначала",
    "сбрось*",
    "сброс*",
    "очист*",
    "обнул*",
    "с нуля",
    "друг* товар*",
    "нов* товар*",
    "следующ* товар*",
    "еще один товар",
    "друг* издели*",
    "друг* позици*",
    "нов* расчет*",
    "друг* расчет*",
];

/// Begins anew, where the message says nothing else.
pub const CLEAR_ALONE: &[&str] = &["clear", "сначала", "restart", "again"];

/// Says that what follows replaces what was said before it.
pub const CORRECTION: &[&str] = &[
    "no",
    "sorry",
    "actually",
    "rather",
    "mean",
    "correction",
    "instead",
    "oops",
    "нет",
    "точнее",
    "вернее",
    "то есть",
    "ошиб*",
    "ой",
    "простите",
    "извин*",
    "исправ*",
    "поправ*",
    "а не",
];

/// Thanks.
pub const THANKS: &[&str] = &["thanks", "thank you", "thx", "спасибо*", "благодар*", "спс", "пасиб*"];
