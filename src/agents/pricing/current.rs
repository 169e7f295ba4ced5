//! What a product costs in the shop now, and how a worked-out price stands to it. Pure.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    money::{self, Currency},
    quote::Quote,
    rivals::above,
};
use crate::{
    agents::{
        concierge::plain,
        language::Language::{self, English, Russian},
        marketplace::Trouble,
    },
    tools::wildberries::Goods,
};

/// A product's price as the shop has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// The article.
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// Before the discount: of the cheapest size and of the dearest.
    pub price: (Decimal, Decimal),
    /// The discount, in per cent.
    pub discount: u64,
    /// With the discount: what buyers pay before what the marketplace itself takes off.
    pub paid: (Decimal, Decimal),
    /// A new price and discount that lie in quarantine, since they would have been a third of this or less.
    pub waiting: Option<(Decimal, u64)>,
    /// The currency of the account, as the marketplace writes it, like RUB.
    pub currency: String,
}

/// What came of looking for a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// It is there.
    Found(Box<Current>),
    /// No product of the shop has this article or this code.
    Unknown,
    /// The shop has more products than are looked through.
    TooMany,
    /// The prices cannot be read.
    Trouble(Trouble),
}

/// The product that this article or code names. Where one product has the number as its article and another as its code, the
/// article counts.
pub fn find(said: &str, goods: &[Goods]) -> Option<Current> {
    let small = said.to_lowercase();
    let by_article = goods.iter().find(|goods| goods.nm_id.to_string() == said);
    let found = by_article.or_else(|| goods.iter().find(|goods| goods.vendor_code.to_lowercase() == small))?;
    Current::of(found)
}

impl Current {
    /// None where no size has a price.
    fn of(goods: &Goods) -> Option<Self> {
        let ends = |prices: Vec<Decimal>| Some((*prices.iter().min()?, *prices.iter().max()?));
        let price = ends(goods.sizes.iter().filter_map(|size| size.price).collect())?;
        let told = ends(goods.sizes.iter().filter_map(|size| size.discounted_price).collect());
        // What the tool answers is not ours: no discount takes more than all.
        let discount = goods.discount.min(100);
        let rest = Decimal::ONE_HUNDRED.saturating_sub(discount.into());
        let cut = |price: Decimal| money::half_up(price.saturating_mul(rest) / Decimal::ONE_HUNDRED, 2);
        Some(Self {
            nm_id: goods.nm_id,
            vendor_code: goods.vendor_code.clone(),
            price,
            discount,
            paid: told.unwrap_or((cut(price.0), cut(price.1))),
            waiting: None,
            currency: goods.currency_iso_code4217.clone(),
        })
    }

    /// By how many per cent a worked-out price is above what is paid now; none where sizes differ, where the currencies do,
    /// or where nothing is paid.
    pub fn change(&self, quote: &Quote) -> Option<Decimal> {
        let is_one = self.paid.0 == self.paid.1;
        (is_one && self.is_of(quote)).then(|| above(quote.kept.price, self.paid.0)).flatten()
    }

    /// Whether the prices are in the currency of the sums; amounts without one are taken to be in the shop's.
    fn is_of(&self, quote: &Quote) -> bool {
        quote.currency.is_none_or(|currency| self.currency.is_empty() || currency.code() == self.currency)
    }

    /// The whole price before the discount that gives at least this one with it.
    fn before_discount(&self, paid: Decimal) -> Option<Decimal> {
        let rest = Decimal::ONE_HUNDRED.saturating_sub(self.discount.into());
        let price = paid.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(rest)?;
        Some(price.round_dp_with_strategy(0, RoundingStrategy::ToPositiveInfinity))
    }
}

/// Amounts in the currency of the account.
struct Shown<'a> {
    current: &'a Current,
    language: Language,
}

impl Shown<'_> {
    fn money(&self, value: Decimal) -> String {
        match Currency::of_code(&self.current.currency) {
            Some(currency) => money::money(value, Some(currency), self.language),
            None if self.current.currency.is_empty() => money::money(value, None, self.language),
            None => format!("{}\u{a0}{}", money::money(value, None, self.language), plain(&self.current.currency)),
        }
    }

    fn span(&self, (low, high): (Decimal, Decimal)) -> String {
        match (self.language, low == high) {
            (_, true) => self.money(low),
            (English, false) => format!("{} to {}", self.money(low), self.money(high)),
            (Russian, false) => format!("от {} до {}", self.money(low), self.money(high)),
        }
    }

    /// `3,893.50 ₽ (5,990 ₽ with a discount of 35%)`.
    fn price(&self) -> String {
        let (paid, price, discount) =
            (self.span(self.current.paid), self.span(self.current.price), self.current.discount);
        match (self.language, discount) {
            (_, 0) => format!("**{paid}**"),
            (English, _) => format!("**{paid}** ({price} with a discount of {discount}%)"),
            (Russian, _) => format!("**{paid}** (цена {price}, скидка {discount}%)"),
        }
    }
}

/// The answer to the question what a product costs.
pub fn say(said: &str, looked: &Looked, language: Language) -> String {
    let said = plain(said);
    match (looked, language) {
        (Looked::Found(current), _) => costs(current, language),
        (Looked::Unknown, English) => format!(
            "There is no product {said} with a price in the shop. Name its article (a number) or your own code as it stands \
             in the seller's account."
        ),
        (Looked::Unknown, Russian) => format!(
            "Товара {said} с ценой в магазине нет. Назовите артикул маркетплейса (число) или свой артикул продавца, как он \
             записан в кабинете."
        ),
        (Looked::TooMany, English) => format!(
            "The shop has too many products to look {said} up by your own code. Name the marketplace's article, a number."
        ),
        (Looked::TooMany, Russian) => format!(
            "В магазине слишком много товаров, чтобы найти {said} по артикулу продавца. Назовите артикул маркетплейса — число."
        ),
        (Looked::Trouble(trouble), _) => failed(trouble, language),
    }
}

fn costs(current: &Current, language: Language) -> String {
    let price = Shown { current, language }.price();
    let (code, nm_id) = (plain(&current.vendor_code), current.nm_id);
    let costs = match language {
        English => format!("{code} ({nm_id}) costs {price} now."),
        Russian => format!("{code} ({nm_id}) сейчас стоит {price}."),
    };
    let waits = waits(current, language);
    std::iter::once(costs).chain(waits).collect::<Vec<_>>().join(" ")
}

/// A new price that nobody sees yet, and what to do about it.
fn waits(current: &Current, language: Language) -> Option<String> {
    let (price, discount) = current.waiting?;
    let price = Shown { current, language }.money(price);
    Some(match language {
        English => format!(
            "A new price of {price} with a discount of {discount}% lies in quarantine: confirm it in the seller's account, or \
             set another one."
        ),
        Russian => format!(
            "Новая цена {price} со скидкой {discount}% лежит в карантине: подтвердите её в кабинете или поставьте другую."
        ),
    })
}

fn failed(trouble: &Trouble, language: Language) -> String {
    let (english, russian) = match trouble {
        Trouble::NotGranted => (
            "I cannot look into the shop: whoever runs this server can grant me a tool with the operation `prices_get`.",
            "Я не вижу цен магазина: администратор сервера может выдать мне инструмент с операцией `prices_get`.",
        ),
        Trouble::TokenRefused => (
            "The marketplace does not accept the token; an administrator can set another one.",
            "Маркетплейс не принимает токен; его может заменить администратор.",
        ),
        Trouble::RateLimited(Some(at)) => {
            return match language {
                English => format!("The marketplace takes no more questions just now; ask again after {}.", plain(at)),
                Russian => format!("Маркетплейс пока не принимает запросы; спросите снова после {}.", plain(at)),
            };
        }
        Trouble::RateLimited(None) => (
            "The marketplace takes no more questions just now; ask again in a minute.",
            "Маркетплейс пока не принимает запросы; спросите снова через минуту.",
        ),
        Trouble::TooLong | Trouble::Cut => (
            "The list of prices is longer than its tool may answer; an administrator can raise `result_bytes_max`.",
            "Список цен длиннее, чем может ответить инструмент; администратор может поднять `result_bytes_max`.",
        ),
        Trouble::TooOld | Trouble::Unavailable => (
            "The marketplace does not answer, so I do not know the price; ask again later.",
            "Маркетплейс не отвечает, поэтому цену не знаю; спросите позже.",
        ),
    };
    match language {
        English => english.to_owned(),
        Russian => russian.to_owned(),
    }
}

/// A worked-out price beside the one that the shop has.
pub fn beside(current: &Current, quote: &Quote, language: Language) -> String {
    let shown = Shown { current, language };
    let code = plain(&current.vendor_code);
    let now = match language {
        English => format!("{code} costs {} in the shop now.", shown.price()),
        Russian => format!("{code} сейчас стоит в магазине {}.", shown.price()),
    };
    let parts = [Some(now), compared(current, quote, language), listed(&shown, quote), loses(current, quote, language)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn compared(current: &Current, quote: &Quote, language: Language) -> Option<String> {
    if !current.is_of(quote) {
        let words = match language {
            English => "That is another currency, so I do not compare them.",
            Russian => "Это другая валюта, поэтому не сравниваю.",
        };
        return Some(words.to_owned());
    }
    let change = current.change(quote)?;
    let share = money::percent(change.abs().normalize(), language);
    Some(match (language, change.is_zero(), change.is_sign_negative()) {
        (English, true, _) => "The worked-out price is the same.".to_owned(),
        (English, _, false) => format!("The worked-out price is {share} higher."),
        (English, _, true) => format!("The worked-out price is {share} lower."),
        (Russian, true, _) => "Посчитанная цена такая же.".to_owned(),
        (Russian, _, false) => format!("Посчитанная цена на {share} выше."),
        (Russian, _, true) => format!("Посчитанная цена на {share} ниже."),
    })
}

/// What to set in the shop, which takes whole prices before the discount.
fn listed(shown: &Shown<'_>, quote: &Quote) -> Option<String> {
    let current = shown.current;
    if current.discount == 0 || !current.is_of(quote) {
        return None;
    }
    let price = shown.money(current.before_discount(quote.kept.price)?);
    Some(match shown.language {
        English => format!("With the discount of {}% that is {price} before it.", current.discount),
        Russian => format!("Со скидкой {}% это {price} до скидки.", current.discount),
    })
}

fn loses(current: &Current, quote: &Quote, language: Language) -> Option<String> {
    let is_loss = current.is_of(quote) && current.paid.0 < quote.break_even;
    is_loss.then(|| match language {
        English => "Today's price is below break-even: every sale loses money.".to_owned(),
        Russian => "Сегодняшняя цена ниже точки безубыточности: каждая продажа в минус.".to_owned(),
    })
}

#[cfg(test)]
#[path = "current_tests.rs"]
mod tests;
