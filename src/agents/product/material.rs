//! What a product is made of, where its name says so: `ceramic mug`, `кружка из керамики`. Pure.

use super::category::words;
use crate::agents::language::Language;

/// What a card calls it in Russian and in English, how Russian adjectives and nouns of it begin, and its English words.
type Material = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

/// More special ones first: `stainless steel` is no mere steel.
const MATERIALS: &[Material] = &[
    ("нержавеющая сталь", "stainless steel", &["нержавеющ"], &["stainless"]),
    ("сталь", "steel", &["стальн", "стали"], &["steel"]),
    ("керамика", "ceramic", &["керамич", "керамик"], &["ceramic", "ceramics"]),
    ("фарфор", "porcelain", &["фарфор"], &["porcelain"]),
    ("стекло", "glass", &["стеклянн", "стекла"], &["glass"]),
    ("металл", "metal", &["металлическ", "металла"], &["metal"]),
    ("пластик", "plastic", &["пластиков", "пластика", "пластмасс"], &["plastic"]),
    ("силикон", "silicone", &["силикон"], &["silicone"]),
    ("дерево", "wood", &["деревянн", "дерева"], &["wooden", "wood"]),
    ("хлопок", "cotton", &["хлопков", "хлопчат", "хлопка"], &["cotton"]),
    ("лён", "linen", &["льнян", "льна"], &["linen"]),
    ("шерсть", "wool", &["шерстян", "шерсти"], &["wool", "woollen", "woolen"]),
    ("шёлк", "silk", &["шелков", "шелка"], &["silk"]),
    ("кожа", "leather", &["кожан", "кожи"], &["leather"]),
];
/// Behind these stands something else than the product: `чехол для стеклянной банки`.
const BESIDE: [&str; 12] = ["для", "с", "со", "под", "на", "от", "for", "with", "on", "without", "без", "in"];
/// What is like a material is not of it.
const LIKE: [&str; 6] = ["под", "like", "look", "style", "faux", "искусственн"];

/// What the name of a product says that it is made of, in the words of a card; none where it says nothing, or that it only
/// looks so.
pub fn material(product: &str, language: Language) -> Option<&'static str> {
    let small: Vec<String> = words(product).map(|word| word.to_lowercase().replace('ё', "е")).collect();
    if small.iter().any(|word| LIKE.iter().any(|like| word.starts_with(like))) {
        return None;
    }
    let own: Vec<&str> = small.iter().map(String::as_str).take_while(|word| !BESIDE.contains(word)).collect();
    let is_of = |(_, _, russian, english): &&Material| match language {
        Language::Russian => own.iter().any(|word| russian.iter().any(|begin| word.starts_with(begin))),
        Language::English => own.iter().any(|word| english.contains(word)),
    };
    let (russian, english, ..) = MATERIALS.iter().find(is_of)?;
    Some(if language == Language::Russian { russian } else { english })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(product: &str, language: Language, expected: &str) {
        assert_eq!(material(product, language).unwrap_or_default(), expected, "{product}");
    }

    #[test]
    fn what_it_is_made_of_is_read_out_of_its_name() {
        use Language::{English, Russian};
        check("red ceramic mug", English, "ceramic");
        check("stainless steel bottle", English, "stainless steel");
        check("wooden toy with plastic wheels", English, "wood");
        check("cup for a glass table", English, "");
        check("faux leather bag", English, "");
        check("wood look phone case", English, "");
        check("mug", English, "");
        check("красная керамическая кружка", Russian, "керамика");
        check("кружка из керамики", Russian, "керамика");
        check("шёлковый платок", Russian, "шёлк");
        check("хлопковая футболка", Russian, "хлопок");
        check("чехол для стеклянной банки", Russian, "");
        check("сумка из искусственной кожи", Russian, "");
        check("панель под дерево", Russian, "");
        check("", Russian, "");
    }
}
