//! What competitors ask for, in words, beside a worked-out price.

use rust_decimal::Decimal;

use super::{
    money::{self, Amount},
    quote::Quote,
    rivals::{self, Market},
    text::Writer,
};
use crate::agents::language::Language::{English, Russian};

impl Writer {
    /// The prices that were told, in a list; none where there are none.
    pub(super) fn rivals(&self, rivals: &[Amount]) -> Option<String> {
        let shown: Vec<String> = rivals.iter().map(|one| self.amount(one)).collect();
        let name = self.pick("competitors’ prices", "цены конкурентов");
        (!shown.is_empty()).then(|| format!("{name} {}", shown.join(", ")))
    }

    /// How a price stands to theirs, with a warning where theirs would lose money.
    pub(super) fn market(&self, quote: &Quote, rivals: &[Amount]) -> Option<String> {
        let market = rivals::compare(quote, rivals)?;
        let money = |value: Decimal| money::money(value.normalize(), quote.currency, self.language);
        let mut parts = vec![self.standing(&market, &money)];
        if market.loses {
            parts.push(self.loss(&market, &money(market.lowest), &money(quote.break_even)));
        }
        Some(parts.join(" "))
    }

    fn standing(&self, market: &Market, money: &dyn Fn(Decimal) -> String) -> String {
        let (lowest, median) = (money(market.lowest), money(market.median));
        let lowest_part = self.above(market.above_lowest);
        if market.count == 1 {
            return match self.language {
                English => format!("A competitor asks **{lowest}**: your price is {lowest_part}."),
                Russian => format!("У конкурента **{lowest}**: ваша цена {lowest_part}."),
            };
        }
        let (count, median_part) = (market.count, self.above(market.above_median));
        match self.language {
            English => format!(
                "Competitors ({count}): the lowest **{lowest}**, the median **{median}**. Against the median your price is \
                 {median_part}, against the lowest {lowest_part}."
            ),
            Russian => format!(
                "Конкуренты ({count}): самая низкая **{lowest}**, медиана **{median}**. К медиане ваша цена {median_part}, к \
                 самой низкой — {lowest_part}."
            ),
        }
    }

    fn above(&self, share: Option<Decimal>) -> String {
        let share = share.unwrap_or_default();
        let shown = money::percent(share.abs().normalize(), self.language);
        match (self.language, share.is_zero(), share.is_sign_negative()) {
            (English, true, _) => "the same".to_owned(),
            (English, _, false) => format!("{shown} higher"),
            (English, _, true) => format!("{shown} lower"),
            (Russian, true, _) => "такая же".to_owned(),
            (Russian, _, false) => format!("на {shown} выше"),
            (Russian, _, true) => format!("на {shown} ниже"),
        }
    }

    fn loss(&self, market: &Market, lowest: &str, even: &str) -> String {
        match (self.language, market.below_cost) {
            (English, true) => {
                format!("Careful: {lowest} is below even your unit cost; at that price each sale loses money.")
            }
            (English, false) => {
                format!("Careful: {lowest} is below your break-even of {even}; at that price each sale loses money.")
            }
            (Russian, true) => {
                format!("Осторожно: {lowest} — ниже даже себестоимости, при такой цене каждая продажа в минус.")
            }
            (Russian, false) => {
                format!(
                    "Осторожно: {lowest} — ниже точки безубыточности {even}, при такой цене каждая продажа в минус."
                )
            }
        }
    }
}

#[cfg(test)]
#[path = "market_tests.rs"]
mod tests;
