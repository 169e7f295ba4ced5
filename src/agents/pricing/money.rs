//! Amounts: currencies, units, and how they are written for people.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::agents::language::Language;

/// The currencies that sellers on these marketplaces count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Russian rouble.
    Rub,
    /// US dollar.
    Usd,
    /// Euro.
    Eur,
    /// Pound sterling.
    Gbp,
    /// Chinese yuan.
    Cny,
    /// Kazakh tenge.
    Kzt,
    /// Belarusian rouble.
    Byn,
}

impl Currency {
    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Rub => "RUB",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
            Self::Cny => "CNY",
            Self::Kzt => "KZT",
            Self::Byn => "BYN",
        }
    }

    /// The currency of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        let all = [Self::Rub, Self::Usd, Self::Eur, Self::Gbp, Self::Cny, Self::Kzt, Self::Byn];
        all.into_iter().find(|currency| currency.code() == code)
    }

    /// The sign, as it stands beside an amount.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Rub => "₽",
            Self::Usd => "$",
            Self::Eur => "€",
            Self::Gbp => "£",
            Self::Cny => "¥",
            Self::Kzt => "₸",
            Self::Byn => "Br",
        }
    }

    /// English puts these signs before the amount.
    fn leads(self) -> bool {
        matches!(self, Self::Usd | Self::Eur | Self::Gbp | Self::Cny)
    }
}

/// What a number in a text counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// It does not say.
    Bare,
    /// Per cent.
    Percent,
    /// Money, in this currency if it says so.
    Money(Option<Currency>),
    /// Pieces of the goods.
    Pieces,
    /// Days, kilograms, orders: nothing that makes a price.
    Things,
}

/// What an amount is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Money for one unit of the goods.
    Money,
    /// Per cent, as a rule of the price.
    Percent,
}

/// A value with what it is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Money, or per cent (`15` for 15 %).
    pub value: Decimal,
    /// Which of the two.
    pub kind: Kind,
    /// The currency of money, where it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

impl Amount {
    /// So many per cent.
    pub fn percent(value: Decimal) -> Self {
        Self { value, kind: Kind::Percent, currency: None }
    }

    /// So much money.
    pub fn money(value: Decimal, currency: Option<Currency>) -> Self {
        Self { value, kind: Kind::Money, currency }
    }

    /// As people write it; money without a currency of its own gets `currency`.
    pub fn show(&self, language: Language, currency: Option<Currency>) -> String {
        match self.kind {
            Kind::Percent => percent(self.value, language),
            Kind::Money => money(self.value, self.currency.or(currency), language),
        }
    }
}

/// `1 037,04 ₽`, `$1,037.04`, `-5`: whole amounts without decimals, others with two or more.
pub fn money(value: Decimal, currency: Option<Currency>, language: Language) -> String {
    signed(value, &number(value.abs(), 0, 2, language), currency, language)
}

/// The same with at least two decimals always: for columns.
pub fn cents(value: Decimal, currency: Option<Currency>, language: Language) -> String {
    signed(value, &number(value.abs(), 2, 2, language), currency, language)
}

fn signed(value: Decimal, digits: &str, currency: Option<Currency>, language: Language) -> String {
    let minus = if value.is_sign_negative() && !value.is_zero() { "−" } else { "" };
    match currency {
        None => format!("{minus}{digits}"),
        Some(currency) if language == Language::English && currency.leads() => {
            format!("{minus}{}{digits}", currency.sign())
        }
        Some(currency) => format!("{minus}{digits}\u{a0}{}", currency.sign()),
    }
}

/// `15%`, `7,5%`: without needless zeros.
pub fn percent(value: Decimal, language: Language) -> String {
    let minus = if value.is_sign_negative() && !value.is_zero() { "−" } else { "" };
    format!("{minus}{}%", number(value.abs(), 0, 0, language))
}

/// A share of a price, to a tenth of a per cent.
pub fn share(value: Decimal, language: Language) -> String {
    percent(half_up(value, 1), language)
}

/// Rounds a half away from zero, as people do.
pub fn half_up(value: Decimal, scale: u32) -> Decimal {
    value.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero)
}

/// Digits in the language's own grouping, with `whole_scale` decimals for a whole number and at least `scale_min` for
/// others; never exactly three, which would read as thousands.
fn number(value: Decimal, whole_scale: u32, scale_min: u32, language: Language) -> String {
    let plain = value.normalize();
    let scale = match plain.scale() {
        0 => whole_scale,
        3 => 4,
        scale => scale.max(scale_min),
    };
    let digits = format!("{plain:.*}", usize::try_from(scale).unwrap_or(0));
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let (group, point) = match language {
        Language::English => (",", "."),
        Language::Russian => ("\u{a0}", ","),
    };
    let whole = grouped(whole, group);
    if fraction.is_empty() { whole } else { format!("{whole}{point}{fraction}") }
}

fn grouped(digits: &str, separator: &str) -> String {
    let head = digits.len() % 3;
    let mut groups: Vec<&str> = Vec::new();
    if head > 0 {
        groups.push(&digits[..head]);
    }
    groups.extend((head..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    groups.join(separator)
}
