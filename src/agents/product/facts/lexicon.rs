//! The words that facts are found by.

use std::sync::LazyLock;

use regex::Regex;

use crate::agents::language::Language;

/// A word before a value.
pub(super) struct Label {
    /// Our name of the field.
    pub(super) field: &'static str,
    /// The value goes to the end of the line, whatever stands there.
    pub(super) takes_line: bool,
    compiled: LazyLock<Regex>,
}

impl Label {
    pub(super) fn regex(&self) -> &Regex {
        &self.compiled
    }
}

#[expect(clippy::expect_used, reason = "a test of this module compiles every pattern")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that a test compiles")
}

macro_rules! labels {
    ($($field:literal $line:literal $words:literal),* $(,)?) => {
        [$(Label {
            field: $field,
            takes_line: $line,
            compiled: LazyLock::new(|| pattern(concat!(
                r"(?i)(?:\b(?:change|set|make|поменяй|измени|замени|поставь|сделай)\s+)?(?:\b(?:the|its)\s+)?\b(?:", $words,
                r")\b\s*(?:\b(?:to|is|на|это)\b)?\s*[:=—–-]?"
            ))),
        }),*]
    };
}

/// The labels. Of two at one place the first counts.
pub(super) static LABELS: [Label; 13] = labels![
    "title" true r"title|название|заголовок|наименование",
    "description" true r"description|описание",
    "category" false r"category|категори[яюи]|предмет",
    "brand" false r"brand|бренд\p{L}{0,2}|марк[аоу]й?|торговая марка",
    "color" false r"colou?r|цвет\p{L}{0,2}",
    "composition" false r"composition|состав\p{L}?|material|материал\p{L}?|made of|made from",
    "country" false r"country(?: of origin)?|made in|страна(?: производства| производитель)?|произведено в|сделано в",
    "gender" false r"gender|пол|for men|for women",
    "season" false r"season|сезон",
    "sizes" false r"sizes?|размер(?:ы|ный ряд)?",
    "barcodes" false r"barcodes?|баркод\p{L}?|штрих-?код\p{L}?",
    "vendor_code" false r"vendor code|sku|артикул\p{L}?",
    "product" false r"product|товар",
];

/// How a message begins before it comes to the product.
static INTENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)^[\s,]*(?:(?:please|hi|hello|привет|здравствуйте|добрый\ день|пожалуйста)[\s,!.]*)*
        (?:(?:i(?:\ would|'d)?\ (?:want|like|need)(?:\ to)?|i\ am|i'm|я|мы|хочу|хотим|хотел(?:а|и)?\ бы|надо|нужно|помоги(?:те)?|(?:can|could)\ (?:you|i|we)|help\ me(?:\ to)?)(?:\s+|$))*
        (?:(?:sell(?:ing)?|list|create|make|publish|add|prepare|прода\p{L}+|созда\p{L}+|сдела\p{L}+|добав\p{L}+|заве\p{L}+|опубликова\p{L}+|опубликуй\p{L}*|выстав\p{L}+|размест\p{L}+|оформ\p{L}+|подготов\p{L}+)(?:\s*[:—–]\s*|\s+|$))?
        (?:на\ (?:продажу|маркетплейс)\s+)?
        (?:(?:a|an|the|my|our|new|нов\p{L}+|мо[йюяи])\s+)*
        (?:(?:product\ cards?|listings?|cards?|карточк\p{L}+|листинг\p{L}*|объявлени\p{L}+)\s*)?
        (?:(?:for|of|товара|для|на|про)\s+)?(?:(?:a|an|the|my|our|new)\s+)*[\s:—–-]*",
    )
});

pub(super) fn intent_end(text: &str) -> usize {
    INTENT.find(text).map_or(0, |found| found.end())
}

/// Verbs of orders, pronouns and courtesies: what a message wants of us, never what a product is. `set` and `card` are not
/// among them, since products are called so.
const ORDERS: &[&str] = &[
    "sell",
    "selling",
    "publish",
    "create",
    "want",
    "wants",
    "need",
    "would",
    "please",
    "thanks",
    "i",
    "i'm",
    "i'd",
    "me",
    "my",
    "we",
    "our",
    "you",
    "your",
    "let's",
    "let",
    "help",
    "could",
    "should",
    "хочу",
    "хотим",
    "хотел",
    "хотела",
    "хотели",
    "надо",
    "нужно",
    "продать",
    "продаю",
    "продаем",
    "продаём",
    "продам",
    "продавать",
    "продай",
    "продайте",
    "создай",
    "создайте",
    "создать",
    "сделай",
    "сделайте",
    "сделать",
    "опубликуй",
    "опубликуйте",
    "опубликовать",
    "выстави",
    "выставить",
    "размести",
    "разместить",
    "поменяй",
    "измени",
    "замени",
    "пожалуйста",
    "спасибо",
    "привет",
    "здравствуйте",
    "я",
    "мне",
    "мой",
    "моя",
    "моё",
    "мое",
    "мои",
    "мою",
    "мы",
    "наш",
    "наша",
    "наше",
    "наши",
    "вы",
    "ваш",
    "помоги",
    "помогите",
    "можно",
    "бы",
];

/// Which words of a text want something of us. Some do so by their neighbours alone: `can you` and `would like`, but a
/// watering can, and a purse for change.
pub(super) fn orders(words: &[&str]) -> Vec<bool> {
    let bare: Vec<String> = words.iter().map(|word| bare(word)).collect();
    let is_order = |word: &str| ORDERS.contains(&word);
    let at = |at: usize| bare.get(at).map_or("", String::as_str);
    let wants = |here: usize| match (at(here), at(here + 1)) {
        ("can", next) => is_order(next),
        ("change", next) => matches!(next, "the" | "its" | "my"),
        ("like", _) => here > 0 && matches!(at(here - 1), "would" | "i'd" | "we'd"),
        (word, _) => is_order(word),
    };
    (0..words.len()).map(wants).collect()
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// Words around values: buyers search for none of them.
const AROUND_VALUES: &[&str] = &[
    "price",
    "prices",
    "rub",
    "rubs",
    "ruble",
    "rubles",
    "rouble",
    "roubles",
    "weigh",
    "weighs",
    "weight",
    "цена",
    "цену",
    "цене",
    "ценой",
    "цены",
    "руб",
    "рубль",
    "рубля",
    "рублю",
    "рубли",
    "рублей",
    "вес",
    "весит",
];
/// Beginnings of such words, long enough that no product is called so.
const BEGIN_AROUND_VALUES: &[&str] = &["dimension", "габарит", "barcode", "баркод", "артикул", "http"];
/// What stands around them in two words.
const PACKING: [[&str; 2]; 3] = [["с", "упаковкой"], ["with", "packing"], ["in", "packing"]];

/// Whether a phrase has a word of an order, or one that only stands around values.
pub fn is_stray(phrase: &str) -> bool {
    let words: Vec<&str> = phrase.split_whitespace().collect();
    let small: Vec<String> = words.iter().map(|word| bare(word)).collect();
    let is_around = |word: &String| {
        AROUND_VALUES.contains(&word.as_str()) || BEGIN_AROUND_VALUES.iter().any(|begin| word.starts_with(begin))
    };
    let has_packing = small.windows(2).any(|two| PACKING.iter().any(|packing| two == packing));
    orders(&words).contains(&true) || has_packing || small.iter().any(is_around)
}

/// Words that are said around facts and name no product.
const FILLERS: &[&str] = &[
    "and",
    "with",
    "yes",
    "no",
    "ok",
    "please",
    "price",
    "photo",
    "photos",
    "weight",
    "dimensions",
    "size",
    "и",
    "да",
    "нет",
    "фото",
    "цена",
    "вес",
    "габариты",
    "с упаковкой",
    "with packing",
    "packed",
    "в упаковке",
    "размер",
    "ссылка",
    "link",
];

pub(super) fn is_filler(part: &str) -> bool {
    let lower = part.to_lowercase();
    FILLERS.contains(&lower.as_str())
}

/// Beginnings of colours, and what a card calls them.
const COLOURS: &[(&str, &str)] = &[
    ("красн", "красный"),
    ("бордов", "бордовый"),
    ("черн", "черный"),
    ("чёрн", "черный"),
    ("бел", "белый"),
    ("син", "синий"),
    ("голуб", "голубой"),
    ("зелен", "зеленый"),
    ("зелён", "зеленый"),
    ("желт", "желтый"),
    ("жёлт", "желтый"),
    ("сер", "серый"),
    ("розов", "розовый"),
    ("бежев", "бежевый"),
    ("коричнев", "коричневый"),
    ("фиолетов", "фиолетовый"),
    ("оранжев", "оранжевый"),
    ("серебрист", "серебристый"),
    ("золотист", "золотистый"),
];
const COLOURS_ENGLISH: &[&str] = &[
    "red", "burgundy", "black", "white", "blue", "green", "yellow", "grey", "gray", "pink", "beige", "brown", "purple",
    "orange", "silver", "gold", "khaki",
];
/// What an adjective of a colour ends with; `сервиз` and `бельё` do not.
const ENDINGS: &[&str] = &["ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие", "ую", "юю", "ого", "его", "ых", "их"];

/// Whether a word, in lower case, is a colour in either language.
pub fn is_colour(word: &str) -> bool {
    [Language::English, Language::Russian].into_iter().any(|language| colour(word, language).is_some())
}

/// The first colour that is named among the words of a product.
pub(super) fn colour(product: &str, language: Language) -> Option<&'static str> {
    let lower = product.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    match language {
        Language::English => words.find_map(|word| COLOURS_ENGLISH.iter().copied().find(|colour| *colour == word)),
        Language::Russian => words.find_map(|word| {
            let is = |begin: &str| word.strip_prefix(begin).is_some_and(|end| ENDINGS.contains(&end));
            COLOURS.iter().find(|(begin, _)| is(begin)).map(|(_, name)| *name)
        }),
    }
}
