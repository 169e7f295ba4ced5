//! What a product is called: in the form of a title, whatever form the sentence had it in, and in its colour of today. Pure.
//!
//! Rules of endings, not a dictionary: they know what Russian does to feminine words behind `продать`, and adjectives of
//! colour. Deliberately absent: animate masculine words (`плюшевого мишку` stays), which no ending tells from others.

use super::facts::colour_of;
use crate::agents::language::{self, Language};

/// Words that end like a feminine one of another case and never change.
const UNCHANGED: [&str; 10] =
    ["меню", "рагу", "тату", "фондю", "барбекю", "кенгуру", "какаду", "интервью", "ревю", "шоу"];
/// Adjectives behind `продать`, and how a title has them.
const ACCUSATIVE: [(&str, &str); 2] = [("ую", "ая"), ("юю", "яя")];
/// Endings of adjectives: masculine hard, masculine soft, the same for feminine, neuter and plural.
const MASCULINE: [&str; 3] = ["ый", "ий", "ой"];
const OTHER_GENDERS: [(&str, &str); 3] = [("ая", "яя"), ("ое", "ее"), ("ые", "ие")];

/// `красную керамическую кружку для чая` as a title has it: `красная керамическая кружка для чая`. Adjectives at the
/// beginning and the word behind them change, the rest stays.
pub fn nominative(product: &str) -> String {
    let mut words: Vec<String> = product.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        let Some((stem, ending)) = ACCUSATIVE.iter().find_map(|(from, to)| Some((word.strip_suffix(from)?, *to)))
        else {
            if let Some(noun) = noun(word) {
                *word = noun;
            }
            break;
        };
        *word = format!("{stem}{ending}");
    }
    words.join(" ")
}

fn noun(word: &str) -> Option<String> {
    if UNCHANGED.contains(&word.to_lowercase().as_str()) || word.chars().count() < 4 {
        return None;
    }
    let hard = word.strip_suffix('у').map(|stem| format!("{stem}а"));
    hard.or_else(|| word.strip_suffix('ю').map(|stem| format!("{stem}я")))
}

/// The product in another colour: its word of colour changes where it has one such word, and goes where the new colour has no
/// form beside it or is said in another language. A product with none, or with several (`red and black mug`), stays as it is;
/// so do words of another language.
pub fn recoloured(product: &str, colour: &str, language: Language) -> String {
    let of = |word: &str| colour_of("color", word, language).filter(|_| word.chars().all(char::is_alphanumeric));
    let words: Vec<&str> = product.split(' ').collect();
    let named: Vec<(usize, String)> = words.iter().enumerate().filter_map(|(at, word)| Some((at, of(word)?))).collect();
    let [(at, old)] = named.as_slice() else { return product.to_owned() };
    if old == colour {
        return product.to_owned();
    }
    let new = match language {
        _ if language::of(colour).is_some_and(|of| of != language) => None,
        Language::English => Some(colour.to_owned()),
        Language::Russian => declined(colour, words[*at]),
    };
    let (before, behind) = (&words[..*at], &words[at + 1..]);
    let words: Vec<&str> = before.iter().copied().chain(new.as_deref()).chain(behind.iter().copied()).collect();
    if words.is_empty() { product.to_owned() } else { words.join(" ") }
}

/// A colour in the gender and number of another adjective.
fn declined(colour: &str, like: &str) -> Option<String> {
    let (stem, masculine) = MASCULINE.iter().find_map(|ending| Some((colour.strip_suffix(ending)?, *ending)))?;
    let is_soft = masculine == "ий" && stem.ends_with('н');
    if MASCULINE.iter().any(|ending| like.ends_with(ending)) {
        return Some(colour.to_owned());
    }
    let (hard, soft) = OTHER_GENDERS.iter().find(|(hard, soft)| like.ends_with(hard) || like.ends_with(soft))?;
    Some(format!("{stem}{}", if is_soft { soft } else { hard }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_behind_a_verb_becomes_a_title() {
        for (said, named) in [
            ("красную керамическую кружку", "красная керамическая кружка"),
            ("синюю сумку для ноутбука", "синяя сумка для ноутбука"),
            ("простыню на резинке", "простыня на резинке"),
            ("детскую футболку", "детская футболка"),
            ("кружку", "кружка"),
            ("чехол для телефона", "чехол для телефона"),
            ("наволочка на подушку", "наволочка на подушку"),
            ("красные кружки", "красные кружки"),
            ("меню для кафе", "меню для кафе"),
            ("red mug", "red mug"),
            ("", ""),
        ] {
            assert_eq!(nominative(said), named);
        }
    }

    #[test]
    fn a_new_colour_stands_where_the_old_one_stood() {
        use Language::{English, Russian};
        for (product, colour, language, expected) in [
            ("red ceramic mug", "white", English, "white ceramic mug"),
            ("red ceramic mug", "red", English, "red ceramic mug"),
            ("ceramic mug", "white", English, "ceramic mug"),
            ("красная керамическая кружка", "белый", Russian, "белая керамическая кружка"),
            ("красная кружка", "синий", Russian, "синяя кружка"),
            ("красный чехол", "голубой", Russian, "голубой чехол"),
            ("красное полотенце", "синий", Russian, "синее полотенце"),
            ("красные носки", "черный", Russian, "черные носки"),
            ("красная кружка", "хаки", Russian, "кружка"),
            ("красная кружка", "turquoise", Russian, "кружка"),
            ("red mug", "бирюзовый", English, "mug"),
            ("red and black mug", "white", English, "red and black mug"),
            ("красно-белая кружка", "синий", Russian, "красно-белая кружка"),
            ("red кружка", "синий", Russian, "red кружка"),
            ("красная red кружка", "синий", Russian, "синяя red кружка"),
            ("красная", "хаки", Russian, "красная"),
        ] {
            assert_eq!(recoloured(product, colour, language), expected, "{product} {colour}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_lost_or_made_whatever_was_said(product in "\\PC{0,60}") {
            proptest::prop_assert_eq!(nominative(&product).split(' ').count(), product.split(' ').count());
        }
    }
}
