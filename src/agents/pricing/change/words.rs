//! A change of a price in words, in both languages.

use super::{
    judge::{Change, Fate, Priced, Verdict},
    wanted::{DISCOUNT_MAX, PRICE_MAX, Unfit, Wanted},
};
use crate::agents::{
    concierge::plain,
    language::Language::{self, English, Russian},
    pricing::money::{self, Currency},
};

/// Why nothing can be changed so.
pub fn unfit(unfit: &Unfit, language: Language) -> String {
    match (unfit, language) {
        (Unfit::Price(said), English) => format!(
            "{} is no price: it must be a whole number of roubles from 1 to {PRICE_MAX}. Nothing was changed.",
            plain(said)
        ),
        (Unfit::Price(said), Russian) => {
            format!("{} — это не цена: нужно целое число рублей от 1 до {PRICE_MAX}. Ничего не изменено.", plain(said))
        }
        (Unfit::Currency(said), English) => {
            format!("The prices of the account are in roubles, and {} is not. Name it in roubles.", plain(said))
        }
        (Unfit::Currency(said), Russian) => {
            format!("Цены в кабинете в рублях, а {} — нет. Назовите цену в рублях.", plain(said))
        }
        (Unfit::Discount(said), English) => format!(
            "{} is no discount: it must be a whole number of per cent from 0 to {DISCOUNT_MAX}. Nothing was changed.",
            plain(said)
        ),
        (Unfit::Discount(said), Russian) => format!(
            "{} — это не скидка: нужно целое число процентов от 0 до {DISCOUNT_MAX}. Ничего не изменено.",
            plain(said)
        ),
    }
}

/// Which product is meant was not said.
pub fn which(language: Language) -> &'static str {
    match language {
        English => "Of which product? Name its article, like: set the price of 12345678 to 1990.",
        Russian => "Какого товара? Назовите артикул, например: поставь цену 1990 на артикул 12345678.",
    }
}

/// The products could not be read to their end.
pub fn too_many(language: Language) -> &'static str {
    match language {
        English => "The shop has too many products to look through. Name the marketplace's own article, a number.",
        Russian => "В магазине слишком много товаров. Назовите артикул маркетплейса — число.",
    }
}

/// Why nothing will be changed; none where it can be asked for.
pub fn nothing(verdict: &Verdict, wanted: &Wanted, language: Language) -> Option<String> {
    let article = plain(wanted.article.as_deref().unwrap_or_default());
    Some(match (verdict, language) {
        (Verdict::Change(_), _) => return None,
        (Verdict::Unknown, English) => {
            format!("There is no product {article} with a price in the shop. Nothing was changed.")
        }
        (Verdict::Unknown, Russian) => format!("Товара {article} с ценой в магазине нет. Ничего не изменено."),
        (Verdict::BySize, English) => {
            format!("The sizes of {article} have prices of their own; change them in the seller's account.")
        }
        (Verdict::BySize, Russian) => {
            format!("У размеров товара {article} разные цены; измените их в кабинете продавца.")
        }
        (Verdict::Same(priced), English) => {
            format!("{article} costs {} already: nothing to change.", shown(*priced, English))
        }
        (Verdict::Same(priced), Russian) => format!("{article} уже стоит {}: менять нечего.", shown(*priced, Russian)),
    })
}

/// The question before a change.
pub fn question(change: &Change, language: Language) -> String {
    let name = format!("{} ({})", plain(&change.vendor_code), change.nm_id);
    let (before, after) = (shown(change.before, language), shown(change.after, language));
    let text = match language {
        English => format!("Change the price of {name} from {before} to {after}?"),
        Russian => format!("Изменить цену {name} с {before} на {after}?"),
    };
    if !change.is_quarantined {
        return text;
    }
    let warning = match language {
        English => {
            "Careful: buyers would pay a third or less of today's price, and the marketplace puts such a price into \
             quarantine until you confirm it in the seller's account."
        }
        Russian => {
            "Осторожно: покупатель заплатит треть сегодняшней цены или меньше, и маркетплейс отправит такую цену в карантин, \
             пока вы не подтвердите её в кабинете."
        }
    };
    format!("{text} {warning}")
}

/// What became of it.
pub fn fate(fate: &Fate, language: Language) -> String {
    match (fate, language) {
        (Fate::Done, English) => "Done: the new price is set.".to_owned(),
        (Fate::Done, Russian) => "Готово: новая цена установлена.".to_owned(),
        (Fate::Refused(why), English) => format!("The marketplace did not set the price: {}.", plain(why)),
        (Fate::Refused(why), Russian) => format!("Маркетплейс не установил цену: {}.", plain(why)),
        (Fate::Pending, English) => {
            "The change is with the marketplace, which has not decided yet. Look at the price in a few minutes."
                .to_owned()
        }
        (Fate::Pending, Russian) => {
            "Изменение у маркетплейса, решения пока нет. Проверьте цену через несколько минут.".to_owned()
        }
    }
}

/// `990 ₽`, `990 ₽ with a discount of 20% (792 ₽)`.
fn shown(priced: Priced, language: Language) -> String {
    let rub = |value| money::money(value, Some(Currency::Rub), language);
    if priced.discount == 0 {
        return rub(priced.price);
    }
    let paid = rub(money::half_up(priced.paid(), 2));
    match language {
        English => format!("{} with a discount of {}% ({paid})", rub(priced.price), priced.discount),
        Russian => format!("{} со скидкой {}% ({paid})", rub(priced.price), priced.discount),
    }
}
