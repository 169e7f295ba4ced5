//! Words of numbers and their units.

use crate::agents::pricing::{money::Currency, spelled::Part};

/// Words that numbers are made of, those of one value in one text.
pub const NUMBER_WORDS: &[(&str, Part)] = &[
    ("one один одна одну одного", Part::Value(1)),
    ("two два две двух", Part::Value(2)),
    ("three три трех", Part::Value(3)),
    ("four четыре четырех", Part::Value(4)),
    ("five пять пяти", Part::Value(5)),
    ("six шесть шести", Part::Value(6)),
    ("seven семь семи", Part::Value(7)),
    ("eight восемь восьми", Part::Value(8)),
    ("nine девять девяти", Part::Value(9)),
    ("ten десять десяти", Part::Value(10)),
    ("eleven одиннадцат*", Part::Value(11)),
    ("twelve двенадцат*", Part::Value(12)),
    ("thirteen тринадцат*", Part::Value(13)),
    ("fourteen четырнадцат*", Part::Value(14)),
    ("fifteen пятнадцат*", Part::Value(15)),
    ("sixteen шестнадцат*", Part::Value(16)),
    ("seventeen семнадцат*", Part::Value(17)),
    ("eighteen восемнадцат*", Part::Value(18)),
    ("nineteen девятнадцат*", Part::Value(19)),
    ("twenty двадцат*", Part::Value(20)),
    ("thirty тридцат*", Part::Value(30)),
    ("forty сорок сорока", Part::Value(40)),
    ("fifty пятьдесят пятидесяти", Part::Value(50)),
    ("sixty шестьдесят шестидесяти", Part::Value(60)),
    ("seventy семьдесят семидесяти", Part::Value(70)),
    ("eighty восемьдесят восьмидесяти", Part::Value(80)),
    ("ninety девяносто девяноста", Part::Value(90)),
    ("сто ста", Part::Value(100)),
    ("двести двухсот", Part::Value(200)),
    ("триста трехсот", Part::Value(300)),
    ("четыреста четырехсот", Part::Value(400)),
    ("пятьсот пятисот", Part::Value(500)),
    ("шестьсот шестисот", Part::Value(600)),
    ("семьсот семисот", Part::Value(700)),
    ("восемьсот восьмисот", Part::Value(800)),
    ("девятьсот девятисот", Part::Value(900)),
    ("hundred", Part::Hundred),
    ("thousand тысяч*", Part::Thousand),
    ("полтор*", Part::OneAndAHalf),
];

/// What may stand between a number and its unit.
pub const SPACES: &[char] = &[' ', '\u{a0}', '\u{202f}', '\u{2009}', '\t'];

/// Currency signs.
pub const SIGNS: &[(Currency, &str)] = &[
    (Currency::Rub, "₽"),
    (Currency::Usd, "$"),
    (Currency::Eur, "€"),
    (Currency::Gbp, "£"),
    (Currency::Cny, "¥"),
    (Currency::Kzt, "₸"),
];

/// Currency words.
pub const CURRENCIES: &[(Currency, &[&str])] = &[
    (Currency::Byn, &["byn", "бел", "белруб*"]),
    (Currency::Rub, &["rub", "rubs", "rur", "ruble*", "rouble*", "р", "руб", "рубл*", "рубас*", "рэ", "деревянн*"]),
    (Currency::Usd, &["usd", "dollar*", "buck", "bucks", "доллар*", "долл", "бакс*", "уе"]),
    (Currency::Eur, &["eur", "euro", "euros", "евро"]),
    (Currency::Gbp, &["gbp", "pound", "pounds", "фунт*"]),
    (Currency::Cny, &["cny", "rmb", "yuan*", "юан*"]),
    (Currency::Kzt, &["kzt", "tenge*", "тенге", "тг"]),
];

/// Words for a hundredth of a currency.
pub const HUNDREDTHS: &[&str] = &["коп", "копе*", "cent", "cents", "цент*"];

/// Words for per cent.
pub const PERCENT: &[&str] = &["процент*", "проц", "percent", "pct", "percents", "прц"];

/// Words for thousands and millions; `true` where the word must touch the digits (` к ` is a Russian preposition).
pub const THOUSANDS: &[(&str, u32, bool)] = &[
    ("k", 1, true),
    ("к", 1, true),
    ("т", 1, true),
    ("тыс", 1, false),
    ("тыщ*", 1, false),
    ("тысяч*", 1, false),
    ("тысч*", 1, false),
    ("thousand*", 1, false),
    ("млн", 2, false),
    ("миллион*", 2, false),
    ("million*", 2, false),
];

/// Thousands of roubles in one word.
pub const THOUSAND_ROUBLES: &[&str] = &["тр", "тыр"];

/// Of the words for thousands, the ones that a full stop may end.
pub const ABBREVIATED: &[&str] = &["т", "тыс", "млн"];

/// Units of the goods.
pub const PIECES: &[&str] =
    &["шт", "штук*", "штучк*", "ед", "единиц*", "pcs", "pc", "pieces", "units", "items", "пар", "пары"];

/// Units of things that are no part of a price.
pub const THINGS: &[&str] = &[
    "дн*",
    "день",
    "дней",
    "days",
    "day",
    "недел*",
    "week*",
    "месяц*",
    "мес",
    "month*",
    "год*",
    "лет",
    "year*",
    "час*",
    "hour*",
    "кг",
    "kg",
    "гр",
    "грамм*",
    "см",
    "cm",
    "мм",
    "mm",
    "мл",
    "ml",
    "литр*",
    "l",
    "л",
    "м",
    "раз",
    "раза",
    "times",
    "товар*",
    "products",
    "отзыв*",
    "заказ*",
    "orders",
    "продаж",
    "sales",
    "позици*",
    "артикул*",
    "sku",
    "карточ*",
];
