//! Words that have no place among the keywords of a card: claims, prices, and the names of others.

use std::{collections::HashSet, sync::LazyLock};

use super::words::{Phrase, stem};

/// Claims that need proof or that advertising law forbids, words about price and delivery, which the marketplace itself
/// shows, and words for goods that are not what they seem.
const CLAIMS: &str = "лучший лучшая самый номер1 №1 хит гарантия гарантированный бесплатно бесплатный скидка распродажа \
    акция дешево дешевый недорого недорогой выгодно уникальный эксклюзивный реплика копия подделка оригинал лечебный \
    лечит вылечит чудо best cheap cheapest sale discount guaranteed guarantee replica fake counterfeit copy original \
    exclusive unique bestseller hit miracle cure cures";

/// Names of others that sellers use most, in both scripts. It cannot be whole; what is written like a name is left out
/// too.
const NAMES: &str = "nike найк adidas адидас puma пума reebok рибок gucci гуччи prada прада chanel шанель dior диор zara зара \
    uniqlo lacoste лакост crocs крокс apple айфон iphone ipad airpods аирподс macbook samsung самсунг xiaomi сяоми huawei \
    хуавей honor redmi sony playstation xbox nintendo dyson дайсон lego лего barbie барби disney дисней marvel марвел \
    pokemon покемон hello-kitty labubu лабубу ikea икея tefal тефаль stanley gillette pampers памперс huggies loreal \
    maybelline nivea garnier levis левайс converse vans timberland ugg угги rolex ролекс casio bosch makita lenovo asus jbl";

/// Why a phrase was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It claims what must be proved, or speaks of the price.
    Forbidden,
    /// It names somebody else's goods, or is written like a name.
    Trademark,
    /// None of its words is in what is sold.
    Unrelated,
}

/// Why a phrase may not be used; none for one that may.
pub(super) fn reason(phrase: &Phrase) -> Option<Reason> {
    static CLAIM_STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| stems(CLAIMS));
    static NAME_STEMS: LazyLock<HashSet<String>> = LazyLock::new(|| stems(NAMES));
    let has = |list: &HashSet<String>| phrase.stems.iter().any(|stem| list.contains(stem));
    if has(&CLAIM_STEMS) {
        return Some(Reason::Forbidden);
    }
    (phrase.is_marked || has(&NAME_STEMS)).then_some(Reason::Trademark)
}

fn stems(words: &str) -> HashSet<String> {
    words.split_whitespace().map(stem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(phrase: &str, expected: Option<Reason>) {
        assert_eq!(reason(&Phrase::whole(phrase).unwrap()), expected, "{phrase}");
    }

    #[test]
    fn claims_and_names_are_left_out_in_any_form() {
        for claim in
            ["лучшее платье", "самая теплая куртка", "скидки на обувь", "cheap dress", "best mug", "копии часов"]
        {
            check(claim, Some(Reason::Forbidden));
        }
        for name in
            ["кроссовки Найк", "чехол на айфон", "Nike shoes", "чехол для iPhone", "UltraSoft плед", "крем Чудесин®"]
        {
            check(name, Some(Reason::Trademark));
        }
        for fine in
            ["платье летнее", "лучи солнца", "water bottle", "топор туристический", "USB кабель", "копилка детская"]
        {
            check(fine, None);
        }
    }
}
