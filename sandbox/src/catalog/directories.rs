//! Directories, warehouses, brands, and the words that no card may use.

use super::Words;

/// A warehouse of the marketplace and what it asks for a box.
#[derive(Debug)]
pub(crate) struct Warehouse {
    pub(crate) name: &'static str,
    pub(crate) okrug: &'static str,
    pub(crate) region: &'static str,
    /// Percent of the base tariff of logistics.
    pub(crate) logistics_percent: u32,
    /// Percent of the base tariff of storage.
    pub(crate) storage_percent: u32,
    /// Of a hundred orders, how many it sends.
    pub(crate) share: u32,
}

macro_rules! warehouse {
    ($name:literal, $okrug:literal, $region:literal, $logistics:literal, $storage:literal, $share:literal) => {
        Warehouse {
            name: $name,
            okrug: $okrug,
            region: $region,
            logistics_percent: $logistics,
            storage_percent: $storage,
            share: $share,
        }
    };
}

pub(crate) const WAREHOUSES: &[Warehouse] = &[
    warehouse!("Коледино", "Центральный федеральный округ", "Московская", 160, 115, 34),
    warehouse!("Электросталь", "Центральный федеральный округ", "Московская", 145, 110, 22),
    warehouse!("Казань", "Приволжский федеральный округ", "Республика Татарстан", 125, 105, 15),
    warehouse!("Краснодар", "Южный федеральный округ", "Краснодарский край", 135, 120, 12),
    warehouse!("Санкт-Петербург Уткина Заводь", "Северо-Западный федеральный округ", "Санкт-Петербург", 120, 100, 10),
    warehouse!("Новосибирск", "Сибирский федеральный округ", "Новосибирская область", 110, 95, 7),
];

macro_rules! words {
    ($($ru:literal / $en:literal),* $(,)?) => { &[$(Words { ru: $ru, en: $en }),*] };
}

/// Colours with their parents.
pub(crate) const COLORS: &[(Words, Words)] = &[
    (Words { ru: "белый", en: "white" }, Words { ru: "белый", en: "white" }),
    (Words { ru: "молочный", en: "milky" }, Words { ru: "белый", en: "white" }),
    (Words { ru: "черный", en: "black" }, Words { ru: "черный", en: "black" }),
    (Words { ru: "графитовый", en: "graphite" }, Words { ru: "серый", en: "grey" }),
    (Words { ru: "серый", en: "grey" }, Words { ru: "серый", en: "grey" }),
    (Words { ru: "синий", en: "blue" }, Words { ru: "синий", en: "blue" }),
    (Words { ru: "темно-синий", en: "dark blue" }, Words { ru: "синий", en: "blue" }),
    (Words { ru: "голубой", en: "light blue" }, Words { ru: "голубой", en: "light blue" }),
    (Words { ru: "красный", en: "red" }, Words { ru: "красный", en: "red" }),
    (Words { ru: "бордовый", en: "burgundy" }, Words { ru: "красный", en: "red" }),
    (Words { ru: "зеленый", en: "green" }, Words { ru: "зеленый", en: "green" }),
    (Words { ru: "хаки", en: "khaki" }, Words { ru: "зеленый", en: "green" }),
    (Words { ru: "бежевый", en: "beige" }, Words { ru: "бежевый", en: "beige" }),
    (Words { ru: "коричневый", en: "brown" }, Words { ru: "коричневый", en: "brown" }),
    (Words { ru: "розовый", en: "pink" }, Words { ru: "розовый", en: "pink" }),
    (Words { ru: "персиковый мелок", en: "peach chalk" }, Words { ru: "оранжевый", en: "orange" }),
    (Words { ru: "желтый", en: "yellow" }, Words { ru: "желтый", en: "yellow" }),
];

pub(crate) const KINDS: &[Words] = words![
    "Мужской" / "Male",
    "Женский" / "Female",
    "Унисекс" / "Unisex",
    "Детский" / "Children",
    "Мальчики" / "Boys",
    "Девочки" / "Girls",
];

pub(crate) const SEASONS: &[Words] =
    words!["круглогодичный" / "all year", "лето" / "summer", "зима" / "winter", "демисезон" / "demi-season",];

/// Countries: the short name, and the full one.
pub(crate) const COUNTRIES: &[(Words, Words)] = &[
    (Words { ru: "Россия", en: "Russia" }, Words { ru: "Российская Федерация", en: "Russian Federation" }),
    (Words { ru: "Беларусь", en: "Belarus" }, Words { ru: "Республика Беларусь", en: "Republic of Belarus" }),
    (Words { ru: "Казахстан", en: "Kazakhstan" }, Words { ru: "Республика Казахстан", en: "Republic of Kazakhstan" }),
    (
        Words { ru: "Китай", en: "China" },
        Words { ru: "Китайская Народная Республика", en: "People's Republic of China" },
    ),
    (Words { ru: "Турция", en: "Turkey" }, Words { ru: "Турецкая Республика", en: "Republic of Turkey" }),
    (Words { ru: "Узбекистан", en: "Uzbekistan" }, Words { ru: "Республика Узбекистан", en: "Republic of Uzbekistan" }),
];

pub(crate) const VAT: &[Words] = words!["0" / "0", "10" / "10", "20" / "20", "Без НДС" / "Without VAT", "13" / "13"];

/// Brands, each open to every subject.
pub(crate) const BRANDS: &[(u64, &str)] = &[
    (9_007_101, "Северный Шаг"),
    (9_007_102, "Тихий Дом"),
    (9_007_103, "Лён и Хлопок"),
    (9_007_104, "Kettlewell"),
    (9_007_105, "Мишка Тёпа"),
    (9_007_106, "Norvik"),
];

/// In lower case; a card that has one of them as a whole word is refused.
pub(crate) const FORBIDDEN_WORDS: &[&str] = &[
    "wildberries",
    "вайлдберриз",
    "ozon",
    "озон",
    "скидка",
    "распродажа",
    "дешево",
    "реплика",
    "replica",
    "подделка",
    "хит",
    "топ",
    "бестселлер",
    "whatsapp",
    "telegram",
];
