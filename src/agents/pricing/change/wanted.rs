//! `Set the price of 12345678 to 1990`: which product, which price, which discount. Pure.

use rust_decimal::Decimal;

/// How much of a message is read; a change is said in a sentence.
const READ_BYTES_MAX: usize = 1024;
/// The highest price, in whole roubles: more is a slip of the hand.
pub const PRICE_MAX: u64 = 100_000_000;
/// The highest discount that the marketplace takes, in per cent.
pub const DISCOUNT_MAX: u64 = 95;
/// With fewer digits a number is no article.
const ARTICLE_DIGITS_MIN: usize = 6;
/// The longest text that is quoted or searched for, in characters.
const WORD_CHARS_MAX: usize = 75;

const VERBS: [&str; 27] = [
    "set",
    "change",
    "raise",
    "lower",
    "increase",
    "reduce",
    "cut",
    "make",
    "update",
    "поставь",
    "поставьте",
    "установи",
    "установите",
    "измени",
    "измените",
    "поменяй",
    "поменяйте",
    "смени",
    "смените",
    "сделай",
    "сделайте",
    "подними",
    "поднимите",
    "снизь",
    "снизьте",
    "понизь",
    "назначь",
];
const PRICES: [&str; 3] = ["price", "цену", "цена"];
const TO: [&str; 7] = ["to", "at", "на", "до", "=", "равной", "в"];
const DISCOUNTS: [&str; 4] = ["discount", "скидку", "скидка", "скидкой"];
const ARTICLES: [&str; 8] = ["article", "артикул", "артикула", "артикулу", "артикулом", "nmid", "sku", "item"];

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The product, as the user names it: the marketplace's article or the seller's own code.
    pub article: Option<String>,
    /// The price before the discount, in whole roubles.
    pub price: Option<u64>,
    /// The discount in per cent.
    pub discount: Option<u64>,
}

/// Why nothing can be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not a whole price above zero.
    #[error("`{0}` is no price: it must be a whole number of roubles from 1 to {PRICE_MAX}")]
    Price(String),
    /// The account is in roubles.
    #[error("`{0}` is in another currency than the account, which is in roubles")]
    Currency(String),
    /// Not a discount.
    #[error("`{0}` is no discount: it must be a whole number of per cent from 0 to {DISCOUNT_MAX}")]
    Discount(String),
}

/// What a message wants changed; none where it does not ask for a change of a price.
pub fn read(message: &str) -> Option<Result<Wanted, Unfit>> {
    let message = &message[..message.floor_char_boundary(READ_BYTES_MAX)];
    let words = Words::of(message);
    let verb = words.position(0, &VERBS)?;
    let priced = words.position(verb, &PRICES);
    let discounted = words.position(verb, &DISCOUNTS);
    let (price, price_at) = match priced.and_then(|at| words.amount(at, discounted)) {
        Some((said, at)) => (Some(said), at),
        None => (None, Vec::new()),
    };
    let (discount, discount_at) = match discounted.and_then(|at| words.discount(at)) {
        Some((said, at)) => (Some(said), Some(at)),
        None => (None, None),
    };
    if price.is_none() && discount.is_none() {
        return None;
    }
    let taken = |at: usize| price_at.contains(&at) || discount_at == Some(at);
    let article = words.article(taken);
    let wanted = || {
        let price = price.as_deref().map(whole_price).transpose()?;
        let discount = discount.as_deref().map(whole_discount).transpose()?;
        Ok(Wanted { article, price, discount })
    };
    Some(wanted())
}

struct Words {
    /// As they were written, without the punctuation around them.
    said: Vec<String>,
    small: Vec<String>,
}

impl Words {
    fn of(message: &str) -> Self {
        let around =
            |c: char| matches!(c, ',' | '.' | ';' | ':' | '!' | '?' | '"' | '«' | '»' | '(' | ')' | '`' | '\'');
        let said: Vec<String> = message
            .split(char::is_whitespace)
            .map(|word| word.trim_matches(around).chars().take(WORD_CHARS_MAX).collect::<String>())
            .filter(|word| !word.is_empty())
            .collect();
        let small = said.iter().map(|word| word.to_lowercase()).collect();
        Self { said, small }
    }

    fn position(&self, from: usize, words: &[&str]) -> Option<usize> {
        (from..self.small.len()).find(|at| words.contains(&self.small[*at].as_str()))
    }

    /// The price: behind the last `to` after the word `price` and before a discount, or right behind that word.
    fn amount(&self, price: usize, discount: Option<usize>) -> Option<(String, Vec<usize>)> {
        let end = discount.filter(|at| *at > price).unwrap_or(self.said.len());
        let is_article = |at: usize| at > 0 && ARTICLES.contains(&self.small[at - 1].as_str());
        let named = (price + 1..end).rev().find(|at| {
            TO.contains(&self.small[*at].as_str()) && at + 1 < end && !ARTICLES.contains(&self.small[at + 1].as_str())
        });
        let is_number = |at: &usize| *at < end && begins_number(&self.said[*at]) && !is_article(*at);
        let right_behind = Some(price + 1).filter(is_number);
        let is_product = |at: usize| looks_like_article(&self.said[at]) || !begins_number(&self.said[at]);
        let first = match (named.map(|at| at + 1), right_behind) {
            // `990 на MUG-01`: what stands behind `to` is the product.
            (Some(to), Some(behind)) if is_product(to) && !looks_like_article(&self.said[behind]) => behind,
            (Some(to), _) => to,
            (None, behind) => behind?,
        };
        // `на 12345678 990 рублей`: the first is the product.
        let is_amount = |at: usize| at < end && begins_number(&self.said[at]) && !self.said[at].ends_with('%');
        let first = if looks_like_article(&self.said[first]) && is_amount(first + 1) { first + 1 } else { first };
        // `на артикул` and `at the warehouse` are no prices; a word that stands for one (`to abc`) is quoted back.
        let mut at = vec![first];
        let mut said = self.said[first].clone();
        while let Some(next) = self.said.get(at[at.len() - 1] + 1).filter(|next| groups(&said, next)) {
            said.push_str(next);
            at.push(at[at.len() - 1] + 1);
        }
        if let Some(unit) = self.small.get(at[at.len() - 1] + 1).filter(|word| is_currency(word)) {
            said = format!("{said} {unit}");
            at.push(at[at.len() - 1] + 1);
        }
        Some((said, at))
    }

    /// The discount: right before the word (`20% discount`), or else the next number behind it.
    fn discount(&self, word: usize) -> Option<(String, usize)> {
        let after = (word + 1..self.said.len().min(word + 4)).find(|at| begins_number(&self.said[*at]));
        let before = word.checked_sub(1).filter(|at| self.said[*at].ends_with('%'));
        let at = before.or(after)?;
        Some((self.said[at].clone(), at))
    }

    fn article(&self, taken: impl Fn(usize) -> bool) -> Option<String> {
        let named = (0..self.said.len()).find(|at| ARTICLES.contains(&self.small[*at].as_str()));
        let named = named.map(|at| at + 1).filter(|at| *at < self.said.len() && !taken(*at));
        let looks = || (0..self.said.len()).find(|at| !taken(*at) && looks_like_article(&self.said[*at]));
        named.or_else(looks).map(|at| self.said[at].clone())
    }
}

fn begins_number(word: &str) -> bool {
    word.trim_start_matches(['-', '−', '$', '€', '₽', '+']).starts_with(|c: char| c.is_ascii_digit())
}

/// `1 990`: the next word is a group of three digits.
fn groups(said: &str, next: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    next.len() == 3 && is_digits(next) && is_digits(said) && said.len() < ARTICLE_DIGITS_MIN
}

fn is_currency(word: &str) -> bool {
    is_rouble(word) || is_foreign(word)
}

fn is_rouble(word: &str) -> bool {
    matches!(
        word,
        "₽" | "р"
            | "руб"
            | "рублей"
            | "рубля"
            | "рубль"
            | "rub"
            | "rur"
            | "roubles"
            | "rubles"
            | "rouble"
            | "ruble"
    )
}

fn is_foreign(word: &str) -> bool {
    matches!(
        word,
        "$" | "€" | "£" | "usd" | "eur" | "dollars" | "euros" | "euro" | "долларов" | "евро" | "юаней" | "тенге"
    )
}

fn looks_like_article(word: &str) -> bool {
    let (letters, digits) = (word.chars().any(char::is_alphabetic), word.chars().filter(char::is_ascii_digit).count());
    let is_code = word.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
    (!letters && digits >= ARTICLE_DIGITS_MIN && digits == word.len()) || (letters && digits > 0 && is_code)
}

fn whole_price(said: &str) -> Result<u64, Unfit> {
    let small = said.to_lowercase();
    let plain = small.trim_matches(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '−'));
    let around: Vec<&str> = small.split(plain).map(str::trim).filter(|rest| !rest.is_empty()).collect();
    if !plain.is_empty() && around.iter().any(|rest| is_foreign(rest)) {
        return Err(Unfit::Currency(said.to_owned()));
    }
    let is_plain = around.iter().all(|rest| is_rouble(rest.trim_end_matches('.')));
    let price = whole(plain).filter(|price| is_plain && (1..=PRICE_MAX).contains(price));
    price.ok_or_else(|| Unfit::Price(said.to_owned()))
}

fn whole_discount(said: &str) -> Result<u64, Unfit> {
    let discount = whole(said.trim_end_matches('%')).filter(|discount| *discount <= DISCOUNT_MAX);
    discount.ok_or_else(|| Unfit::Discount(said.to_owned()))
}

/// A whole number that is not below zero; `990,00` is one, `1e400` and `99.5` are none.
fn whole(text: &str) -> Option<u64> {
    let number: Decimal = text.replace(',', ".").parse().ok()?;
    if number.is_integer() { u64::try_from(number).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(message: &str) -> String {
        match read(message) {
            None => String::new(),
            Some(Err(unfit)) => unfit.to_string(),
            Some(Ok(Wanted { article, price, discount })) => {
                let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
                format!("{} {} {}", article.as_deref().unwrap_or("?"), number(price), number(discount))
            }
        }
    }

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(shown(message), expected, "{message}");
    }

    #[test]
    fn product_price_and_discount_are_read_in_both_languages() {
        check("Set the price of 12345678 to 1990", "12345678 1990 -");
        check("set the price of article MUG to 990", "MUG 990 -");
        check("Please change price of MUG-01 to 1 990 ₽.", "MUG-01 1990 -");
        check("lower the price of 12345678 to 990 with a discount of 20%", "12345678 990 20");
        check("set a 20% discount for 12345678", "12345678 - 20");
        check("Поставь цену на 12345678 990 рублей", "12345678 990 -");
        check("Поставь цену 990 на артикул 12345678", "12345678 990 -");
        check("Поставь цену 5490 на SB-105-01", "SB-105-01 5490 -");
        check("Поставь цену 1 990 руб на 12345678", "12345678 1990 -");
        check("Поставь цену 990 на кружку", "? 990 -");
        check("Измени цену 990 на 1490 для MUG-01", "MUG-01 1490 -");
        check("Установи цену товара MUG-01 на 1990 руб", "MUG-01 1990 -");
        check("измени цену артикула 12345678 до 1 490 и скидку 15%", "12345678 1490 15");
        check("set the price of 12345678 to 1000000 20% discount", "12345678 1000000 20");
        check("сделай скидку 30% на 12345678", "12345678 - 30");
        check("set the price to 990", "? 990 -");
        check("set the price of 12345678 to 990,00", "12345678 990 -");
    }

    #[test]
    fn a_price_that_is_none_is_quoted_back() {
        let price =
            |said: &str| format!("`{said}` is no price: it must be a whole number of roubles from 1 to {PRICE_MAX}");
        for said in ["abc", "-5", "0", "1e400", "99.5", "100000001", "99999999999999999999999999999999"] {
            check(&format!("set the price of 12345678 to {said}"), &price(said));
        }
        for (said, quoted) in [("$20", "$20"), ("20 USD", "20 usd"), ("20 долларов", "20 долларов"), ("€20", "€20")]
        {
            let expected = format!("`{quoted}` is in another currency than the account, which is in roubles");
            check(&format!("set the price of 12345678 to {said}"), &expected);
        }
        for said in ["96%", "-1%", "12.5%"] {
            let expected = format!("`{said}` is no discount: it must be a whole number of per cent from 0 to 95");
            check(&format!("set the price of 12345678 to 990 discount {said}"), &expected);
        }
    }

    #[test]
    fn a_question_about_a_price_is_no_change() {
        for message in [
            "",
            "What price gives me a 25% margin?",
            "Какую цену поставить: себестоимость 500, комиссия 15%?",
            "cost 500, commission 15%, logistics 60, tax 6%, margin 25%",
            "set the table",
            "What is the price of 12345678?",
        ] {
            check(message, "");
        }
    }
}
