//! Words of cards that are known in both languages: units, colours, materials and the like. Pure.
//!
//! A card keeps the values that the marketplace was given; what people read of it is in their own language where we know
//! the word.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::agents::language::Language;

/// Units: as a Russian and as an English card writes them.
const UNITS: &[(&str, &str)] = &[
    ("мл", "ml"),
    ("см", "cm"),
    ("мм", "mm"),
    ("кг", "kg"),
    ("шт", "pcs"),
    ("г/м2", "g/m²"),
    ("г", "g"),
    ("л", "l"),
    ("м", "m"),
    ("вт", "W"),
    ("ч", "h"),
    ("мин", "min"),
];
/// English units that stand after a number and mean nothing else there; `L` may be a size, `W` a model.
const SURE: &[&str] = &["ml", "cm", "mm", "kg", "pcs", "g"];
/// Values of characteristics, in Russian and in English.
const VALUES: &[(&str, &str)] = &[
    ("красный", "red"),
    ("бордовый", "burgundy"),
    ("черный", "black"),
    ("белый", "white"),
    ("синий", "blue"),
    ("голубой", "light blue"),
    ("зеленый", "green"),
    ("желтый", "yellow"),
    ("серый", "grey"),
    ("розовый", "pink"),
    ("бежевый", "beige"),
    ("коричневый", "brown"),
    ("фиолетовый", "purple"),
    ("оранжевый", "orange"),
    ("серебристый", "silver"),
    ("золотистый", "gold"),
    ("хаки", "khaki"),
    ("керамика", "ceramic"),
    ("фарфор", "porcelain"),
    ("стекло", "glass"),
    ("металл", "metal"),
    ("сталь", "steel"),
    ("нержавеющая сталь", "stainless steel"),
    ("пластик", "plastic"),
    ("силикон", "silicone"),
    ("дерево", "wood"),
    ("хлопок", "cotton"),
    ("лён", "linen"),
    ("лен", "linen"),
    ("шерсть", "wool"),
    ("шёлк", "silk"),
    ("шелк", "silk"),
    ("полиэстер", "polyester"),
    ("вискоза", "viscose"),
    ("эластан", "elastane"),
    ("кожа", "leather"),
    ("женский", "female"),
    ("мужской", "male"),
    ("унисекс", "unisex"),
    ("детский", "children"),
    ("девочки", "girls"),
    ("мальчики", "boys"),
    ("лето", "summer"),
    ("зима", "winter"),
    ("демисезон", "demi-season"),
    ("круглогодичный", "all year"),
    ("россия", "Russia"),
    ("беларусь", "Belarus"),
    ("казахстан", "Kazakhstan"),
    ("китай", "China"),
    ("турция", "Turkey"),
    ("узбекистан", "Uzbekistan"),
];

/// A number and a Russian unit; the longest unit of a place counts.
static RUSSIAN: LazyLock<Regex> = LazyLock::new(|| after_number("(?i)", UNITS.iter().map(|(russian, _)| *russian)));
/// In small letters alone: `5G` is a network, no weight.
static ENGLISH: LazyLock<Regex> = LazyLock::new(|| after_number("", SURE.iter().copied()));

#[expect(clippy::expect_used, reason = "a test of this module compiles both patterns")]
fn after_number(flags: &str, units: impl Iterator<Item = &'static str>) -> Regex {
    let units: Vec<String> = units.map(regex::escape).collect();
    Regex::new(&format!(r"{flags}(\d\s?)({})\b", units.join("|"))).expect("a pattern that a test compiles")
}

fn other<'a>(table: &'a [(&'a str, &'a str)], word: &str, language: Language) -> Option<&'a str> {
    let lower = word.trim().trim_end_matches('.').to_lowercase();
    match language {
        Language::English => table.iter().find(|(russian, _)| *russian == lower).map(|(_, english)| *english),
        Language::Russian => {
            table.iter().find(|(_, english)| english.to_lowercase() == lower).map(|(russian, _)| *russian)
        }
    }
}

/// A unit as a text in this language writes it; an unknown one stays.
pub fn unit(unit: &str, language: Language) -> &str {
    other(UNITS, unit, language).unwrap_or(unit)
}

/// Whether a word, in lower case, is a unit in either language.
pub fn is_unit(word: &str) -> bool {
    UNITS.iter().any(|(russian, english)| *russian == word || english.to_lowercase() == word)
}

/// A value as a text in this language has it; an unknown one stays.
pub fn word(value: &str, language: Language) -> String {
    other(VALUES, value, language).unwrap_or(value).to_owned()
}

/// A value as the card has it, with what it means to a reader of this language where that is another word.
pub fn explained(value: &str, language: Language) -> String {
    other(VALUES, value, language).map_or_else(|| value.to_owned(), |known| format!("{value} ({known})"))
}

/// A text with the units behind its numbers in this language.
pub fn units_in(text: &str, language: Language) -> String {
    let pattern = match language {
        Language::English => &RUSSIAN,
        Language::Russian => &ENGLISH,
    };
    pattern.replace_all(text, |found: &Captures<'_>| format!("{}{}", &found[1], unit(&found[2], language))).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Language::*, *};

    #[test]
    fn units_of_a_text_are_in_its_language() {
        for (text, language, expected) in [
            ("Red mug, 350 мл", English, "Red mug, 350 ml"),
            ("0,4кг и 12 см", English, "0,4kg и 12 cm"),
            ("Плотность 180 г/м2", English, "Плотность 180 g/m²"),
            ("Кружка 350 ml", Russian, "Кружка 350 мл"),
            ("Набор 6 pcs", Russian, "Набор 6 шт"),
            ("Футболка 42 L", Russian, "Футболка 42 L"),
            ("Роутер 5G", Russian, "Роутер 5G"),
            ("Телефон 5 G", Russian, "Телефон 5 G"),
            ("Чай 5 g", Russian, "Чай 5 г"),
            ("Чай 5g", Russian, "Чай 5г"),
            ("350 млечных", English, "350 млечных"),
            ("без чисел мл", English, "без чисел мл"),
        ] {
            assert_eq!(units_in(text, language), expected, "{text}");
        }
        assert_eq!((unit("шт.", English), unit("мл", Russian), unit("дптр", English)), ("pcs", "мл", "дптр"));
    }

    #[test]
    fn values_that_are_known_are_said_in_the_language_of_the_reader() {
        assert_eq!((word("Керамика", English), word("red", Russian)), ("ceramic".into(), "красный".into()));
        assert_eq!(
            (explained("белый", English), explained("белый", Russian)),
            ("белый (white)".into(), "белый".into())
        );
        assert_eq!(explained("крапчатый", English), "крапчатый");
    }
}
