//! The words that sellers use, in English and Russian, as data.
//!
//! A pattern is a lower-case word with `е` for `ё`; a `*` at its end takes any ending, which is how Russian cases and
//! English plurals are met. A phrase is several patterns with a space between; the longest phrase wins.

use super::{
    facts::{Cue, Fact, Strength},
    money::Currency,
};

/// Whether a lower-case word fits a pattern.
pub fn matches(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |stem| word.starts_with(stem))
}

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

/// Units of things that are no part of a price.
pub const THINGS: &[&str] = &[
    "шт",
    "штук*",
    "ед",
    "единиц*",
    "pcs",
    "pc",
    "pieces",
    "units",
    "items",
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
pub const SOFT: &[&str] = &["и", "and", "плюс", "plus", "а", "да", "but", "но"];

/// Words that say that the fact beside them is zero. `true` where they may follow it as well.
pub const ZERO: &[(&str, bool)] = &[
    ("no", false),
    ("without", false),
    ("zero", true),
    ("none", true),
    ("free", true),
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

/// Begins anew.
pub const CLEAR: &[&str] = &[
    "start over",
    "start again",
    "start anew",
    "reset",
    "clear",
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
    "сначала",
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

const fn strong(fact: Fact, phrases: &'static [&'static str]) -> Cue {
    Cue { fact, strength: Strength::Strong, phrases }
}

const fn weak(fact: Fact, phrases: &'static [&'static str]) -> Cue {
    Cue { fact, strength: Strength::Weak, phrases }
}

/// Which words name which fact.
pub const CUES: &[Cue] = &[
    strong(
        Fact::Cost,
        &[
            "себестоим*",
            "себестоймост*",
            "себистоимост*",
            "себе стоимост*",
            "себес*",
            "с/с",
            "сс",
            "закуп*",
            "закупочн* цен*",
            "покупаю",
            "покупаем",
            "купил*",
            "беру",
            "берем",
            "обходится",
            "обходятся",
            "обошел*",
            "обошл*",
            "производств*",
            "пошив*",
            "изготовлен*",
            "unit cost*",
            "cost price",
            "costs me",
            "cost me",
            "costs us",
            "cost of goods",
            "cogs",
            "purchase*",
            "purchase price",
            "purchase cost*",
            "production",
            "production cost*",
            "manufactur*",
            "buy",
            "buying",
            "bought",
            "стоит мне",
            "мне стоит",
            "цена закуп*",
            "цена покупки",
            "стоимость закуп*",
            "landed cost*",
        ],
    ),
    weak(Fact::Cost, &["cost", "costs", "стоимост*", "стоит", "трачу", "spend", "цена себестоим*"]),
    strong(
        Fact::Commission,
        &[
            "комисси*",
            "комиси*",
            "коммиси*",
            "комисс*",
            "комса",
            "комсу",
            "commission*",
            "comission*",
            "commision*",
            "comision*",
            "referral fee*",
            "marketplace fee*",
            "wb fee*",
        ],
    ),
    weak(
        Fact::Commission,
        &[
            "забирает",
            "забирают",
            "берет",
            "берут",
            "takes",
            "take",
            "charges",
            "fee",
            "fees",
            "удерж*",
            "вб",
            "wb",
            "wildberries",
        ],
    ),
    strong(
        Fact::Logistics,
        &[
            "логист*",
            "лагист*",
            "логитс*",
            "доставк*",
            "доставл*",
            "перевоз*",
            "logistic*",
            "deliver*",
            "shipping",
            "shipment*",
            "freight",
            "fulfillment",
            "fulfilment",
            "фулфилмент*",
            "ff",
            "фф",
        ],
    ),
    strong(Fact::Packaging, &["упаков*", "packag*", "packing", "коробк*", "пакет*"]),
    strong(
        Fact::Other,
        &["проч*", "остальн*", "other cost*", "other expense*", "хранени*", "storage", "доп расход*", "дополнительн*"],
    ),
    weak(Fact::Other, &["расход*", "затрат*", "expense*", "издерж*"]),
    strong(Fact::Acquiring, &["эквайринг*", "acquiring", "payment processing"]),
    strong(Fact::Tax, &["налог*", "tax", "taxes", "taxation", "усн", "упрощенк*", "нпд", "самозанят*", "аусн"]),
    // Often said of an amount (`без НДС`), so it is no more than a weak sign.
    weak(Fact::Tax, &["vat", "ндс"]),
    strong(
        Fact::Ads,
        &[
            "реклам*",
            "дрр",
            "продвижен*",
            "маркетинг*",
            "ad",
            "ads",
            "advert*",
            "promotion*",
            "marketing",
            "drr",
            "ppc",
        ],
    ),
    strong(
        Fact::Margin,
        &["марж*", "маржинальн* прибыл*", "рентабельн*", "margin*", "profit margin*", "profitability"],
    ),
    strong(Fact::Profit, &["прибыл*", "профит*", "заработ*", "зарабат*", "навар*", "profit*", "earn*", "чистыми"]),
    weak(Fact::Margin, &["хочу", "хотим", "хотел*", "want", "target", "цель"]),
    strong(Fact::Markup, &["наценк*", "накрут*", "markup*", "mark up", "mark-up"]),
    strong(Fact::Roi, &["roi", "рои", "окупаемост*"]),
    strong(Fact::Buyout, &["выкуп*", "процент* выкуп*", "buyout*", "buy out", "redemption"]),
    strong(Fact::Returns, &["возврат*", "процент* возврат*", "return", "returns", "return rate"]),
    strong(
        Fact::Price,
        &[
            "прода*",
            "цен* продаж*",
            "selling price*",
            "sell*",
            "sale price",
            "sales price",
            "retail price",
            "розниц*",
            "рознич*",
        ],
    ),
    weak(Fact::Price, &["цен*", "price*", "ценник*", "выставл*", "ставлю"]),
    Cue { fact: Fact::Price, strength: Strength::Preposition, phrases: &["at", "за", "по"] },
];
