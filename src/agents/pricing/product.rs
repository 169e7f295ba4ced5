//! Which product of the shop a message names: the marketplace's article or the seller's own code. Pure.
//!
//! A number or a code is a product only where its place says so (`price of 12345678`, `артикул 500`, `for mug-red`), since a
//! message about prices is full of other numbers.

use std::ops::Range;

/// Fewer digits are an article only behind the word for it.
const ARTICLE_DIGITS_MIN: usize = 6;
/// So many digits right behind the word `price` are an article and no price.
const SURE_DIGITS_MIN: usize = 8;
/// More digits are no article.
const ARTICLE_DIGITS_MAX: usize = 12;
/// The shortest code that no word for it introduces, in characters.
const CODE_CHARS_MIN: usize = 3;
/// The longest code: the marketplace's own bound, in characters.
const CODE_CHARS_MAX: usize = 75;

const ARTICLES: [&str; 9] =
    ["article", "артикул", "артикула", "артикулу", "артикулом", "артикуле", "nmid", "sku", "арт"];
/// Words that a product may follow.
const BEFORE: [&str; 20] = [
    "of",
    "for",
    "does",
    "do",
    "is",
    "are",
    "product",
    "item",
    "у",
    "на",
    "для",
    "товар",
    "товара",
    "товару",
    "товаре",
    "про",
    "стоит",
    "стоят",
    "почем",
    "costs",
];
/// Words between those and the product that say nothing.
const GLUE: [&str; 12] = ["the", "my", "our", "a", "an", "мой", "моя", "наш", "сейчас", "now", "current", "№"];
/// So many of them in a row are skipped.
const GLUE_WORDS_MAX: usize = 4;
/// What is bought or sold for a number is sold for money.
const DEALS: [&str; 10] = ["sell", "sold", "buy", "bought", "pay", "прода", "купи", "закуп", "покуп", "выруч"];
/// Words of prices that are written like codes.
const NO_CODES: [&str; 9] =
    ["break-even", "break-evens", "mark-up", "mark-ups", "e-commerce", "self-employed", "all-in", "add-on", "pick-up"];
/// What ends so is a word of the sentence: `для какого-то`, `для чего-нибудь`.
const NO_CODE_ENDINGS: [&str; 4] = ["-то", "-нибудь", "-либо", "-таки"];
/// What is written like a code with its rate: `усн-6`.
const TAXES: [&str; 8] = ["усн", "ндс", "псн", "осно", "осн", "аусн", "нпд", "vat"];
/// Units that make money or an amount of the number before them.
const UNITS: [&str; 20] = [
    "₽",
    "р",
    "руб",
    "рублей",
    "рубля",
    "rub",
    "rubles",
    "roubles",
    "$",
    "usd",
    "dollars",
    "€",
    "eur",
    "euros",
    "долларов",
    "евро",
    "%",
    "percent",
    "процентов",
    "шт",
];
/// Words that ask what a product costs.
const ASKS: [&str; 14] = [
    "price",
    "prices",
    "cost",
    "costs",
    "much",
    "цена",
    "цену",
    "цены",
    "цене",
    "ценник",
    "стоит",
    "стоят",
    "стоимость",
    "почем",
];

/// A product that a message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As it was written.
    pub said: String,
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// The message asks for a price. Whether it asks for no more than that, its other numbers tell.
    pub asks: bool,
}

/// The product that a text names first.
pub fn named(text: &str) -> Option<Named> {
    let words = Words::of(text);
    let at = (0..words.small.len()).find(|at| words.is_product(*at))?;
    let (said, span) = words.said[at].clone();
    Some(Named { said, span, asks: words.small.iter().any(|word| ASKS.contains(&word.as_str())) })
}

/// The text with the end of a sentence in the place of the product, so that it is no number for anything.
pub fn without(text: &str, named: &Named) -> String {
    format!("{};{}", &text[..named.span.start], &text[named.span.end..])
}

struct Words {
    said: Vec<(String, Range<usize>)>,
    small: Vec<String>,
}

impl Words {
    fn of(text: &str) -> Self {
        let pieces = text.split(char::is_whitespace).scan(0, |at, piece| {
            let start = *at;
            *at += piece.len();
            *at += text[*at..].chars().next().map_or(0, char::len_utf8);
            Some((start, piece))
        });
        let around = |c: char| !c.is_alphanumeric() && !matches!(c, '₽' | '$' | '€' | '%' | '№' | '-' | '−');
        let said: Vec<_> = pieces
            .filter_map(|(start, piece)| {
                let inner = piece.trim_matches(around);
                let first = start + piece.find(inner).unwrap_or(0);
                (!inner.is_empty()).then(|| (inner.to_owned(), first..first + inner.len()))
            })
            .collect();
        let small = said.iter().map(|(word, _)| word.to_lowercase().replace('ё', "е")).collect();
        Self { said, small }
    }

    fn is_product(&self, at: usize) -> bool {
        let word = &self.small[at];
        let is_unit = |at: usize| self.small.get(at).is_some_and(|word| UNITS.contains(&word.as_str()));
        if word.chars().count() > CODE_CHARS_MAX || is_unit(at + 1) {
            return false;
        }
        if is_unmistakable(word) {
            return true;
        }
        let Some(before) = (0..at).rev().take(GLUE_WORDS_MAX + 1).find(|at| !GLUE.contains(&self.small[*at].as_str()))
        else {
            return false;
        };
        let before_word = self.small[before].as_str();
        if ARTICLES.contains(&before_word) {
            return is_named(&self.said[at].0);
        }
        let is_deal =
            (before.saturating_sub(2)..=before).any(|at| DEALS.iter().any(|deal| self.small[at].starts_with(deal)));
        if BEFORE.contains(&before_word) {
            return !is_deal && (has_digits(word, ARTICLE_DIGITS_MIN) || is_code(word));
        }
        ASKS.contains(&before_word) && (has_digits(word, SURE_DIGITS_MIN) || is_code(word))
    }
}

fn has_digits(word: &str, min: usize) -> bool {
    (min..=ARTICLE_DIGITS_MAX).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit())
}

/// Behind the word for it anything is a code that does not look like the next word of the sentence.
fn is_named(said: &str) -> bool {
    let is_shouted = said.chars().count() > 1 && said.chars().all(|c| c.is_uppercase() || !c.is_alphabetic());
    let is_digits = has_digits(said, 1);
    is_digits || is_shouted && said.chars().all(is_code_char) || is_code(&said.to_lowercase())
}

/// `mug-red`, `mug01`: letters with a digit or something between them.
fn is_code(word: &str) -> bool {
    let begins = word.starts_with(char::is_alphabetic) && word.ends_with(char::is_alphanumeric);
    let joins = word.chars().any(|c| c.is_ascii_digit() || matches!(c, '-' | '_'));
    begins
        && joins
        && word.chars().count() >= CODE_CHARS_MIN
        && word.chars().all(is_code_char)
        && !NO_CODES.contains(&word)
        && !NO_CODE_ENDINGS.iter().any(|ending| word.ends_with(ending))
}

/// `sb-105-01`: a code wherever it stands.
fn is_unmistakable(word: &str) -> bool {
    let is_tax = word.split('-').next().is_some_and(|first| TAXES.contains(&first));
    is_code(word) && word.contains('-') && word.chars().any(|c| c.is_ascii_digit()) && !is_tax
}

fn is_code_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        let shown = named(message).map_or_else(String::new, |named| {
            assert_eq!(&message[named.span.clone()], named.said, "{message}");
            format!("{}{}", named.said, if named.asks { "?" } else { "" })
        });
        assert_eq!(shown, expected, "{message}");
    }

    #[test]
    fn a_product_is_read_where_its_place_says_so() {
        check("what does 123456 cost?", "123456?");
        check("how much is MUG-01 now?", "MUG-01?");
        check("price of mug-red?", "mug-red?");
        check("What is the current price of the 12345678?", "12345678?");
        check("сколько стоит 123456?", "123456?");
        check("Почём SB-1229-14?", "SB-1229-14?");
        check("какая цена у товара кружка-красная", "кружка-красная?");
        check("цена 12345678?", "12345678?");
        check("what price for 12345678: cost 500, margin 25%", "12345678?");
        check("посчитай для артикула 500: себестоимость 300", "500");
        check("what does article MUG cost?", "MUG?");
        check("What price gives SB-105-01 a 25% margin?", "SB-105-01?");
        check("SB-105-01: cost 500, margin 25%", "SB-105-01?");
    }

    #[test]
    fn numbers_of_a_calculation_are_no_products() {
        for message in [
            "",
            "cost 500, commission 15%, logistics 60, tax 6%, margin 25%",
            "I sell it for 1500000",
            "price 150000",
            "цена 150000?",
            "что если продавать за 1500000",
            "закупил на 1000000",
            "what is the price for 1000000 roubles",
            "the article costs 500",
            "what is the break-even price",
            "price of break-even?",
            "сколько стоит логистика за 2 л",
            "сколько стоит 500?",
            "What price gives a 25% margin?",
            "маржа 25% для товара за 500 руб",
            "себестоимость 500, налог УСН-6",
            "5-10 pieces, cost 500",
        ] {
            check(message, "");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_what_is_named_is_in_it(text in any::<String>()) {
            if let Some(named) = named(&text) {
                prop_assert_eq!(&text[named.span.clone()], &named.said);
                prop_assert!(!without(&text, &named).is_empty());
            }
        }
    }
}
